//! The heaviest places.

use hotlist_render::short_name;
use hotlist_report::{InlineMark, Sort, Table};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::numbers::Numbers;
use super::{below_heading, line, more, select, visible};
use crate::app::App;
use crate::cells::{fit, plain};
use crate::tab::Tab;

/// Columns of numbers before the bars and names.
const NUMBERS: u16 = 38;

/// How wide bars are on a screen of this width.
fn bar_width(width: u16) -> u16 {
    match width {
        0..60 => 0,
        60..90 => 6,
        _ => 10,
    }
}

pub(super) fn draw(app: &mut App, table: &Table, buffer: &mut Buffer, area: Rect) {
    let bar_width = bar_width(area.width);
    heading(app, bar_width, buffer, area);
    let body = below_heading(area);
    let visible = visible(app, Tab::Top, table.rows.len(), body);
    let scroll = app.scrolls[Tab::Top as usize];
    let numbers = Numbers::new(app, &table.header);
    for (row, at) in visible {
        let place = &table.rows[row];
        let inline = match place.inline {
            InlineMark::Never => "",
            InlineMark::Partial => " (partial-inline)",
            InlineMark::Always => " (inline)",
        };
        let mut parts = columns(&numbers, place.flat, place.cum);
        if bar_width > 0 {
            let shown = if app.options.sort == Sort::Cum { place.cum } else { place.flat };
            let (bar, style) = numbers.bar(shown, table.header.total, bar_width.into());
            parts.push((format!("{bar} "), style));
        }
        let style = if app.is_match(&place.place.label) { app.theme.matched() } else { Style::new() };
        let room = room(area.width, &parts);
        parts.push((name(&place.place.label, inline, room, scroll.shift), style));
        line(buffer, body, at, &parts);
        if row == scroll.selected {
            select(app, buffer, body, at);
            // Bars keep their ground.
            let bar = Rect { x: body.x + NUMBERS, y: body.y + at, width: bar_width + 1, height: 1 };
            if bar_width > 0 {
                buffer.set_style(bar.intersection(body), Style::new().remove_modifier(Modifier::REVERSED));
            }
        }
    }
    more(app, buffer, body, scroll.top, table.rows.len());
}

fn heading(app: &App, bar_width: u16, buffer: &mut Buffer, area: Rect) {
    let mark = |sort: Sort| if app.options.sort == sort { "▼" } else { " " };
    let heading = format!(
        "{:>9}{} {:>6}  {:>9}{} {:>6}  {}name",
        "flat",
        mark(Sort::Flat),
        "flat%",
        "cum",
        mark(Sort::Cum),
        "cum%",
        " ".repeat(if bar_width > 0 { usize::from(bar_width) + 1 } else { 0 })
    );
    line(buffer, area, 0, &[(fit(&heading, area.width.into()), app.theme.dim())]);
}

/// Own weight and weight with callees, each with its share.
pub(super) fn columns(numbers: &Numbers<'_>, flat: i64, cum: i64) -> Vec<(String, Style)> {
    vec![
        (format!("{:>10}", fit(&numbers.weight(flat), 10)), Style::new()),
        (format!(" {:>6}", numbers.share(flat)), numbers.heat(flat)),
        (format!("  {:>10}", fit(&numbers.weight(cum), 10)), Style::new()),
        (format!(" {:>6}  ", numbers.share(cum)), numbers.heat(cum)),
    ]
}

/// The columns that are left behind `parts`, without the one of scroll marks.
pub(super) fn room(width: u16, parts: &[(String, Style)]) -> usize {
    usize::from(width).saturating_sub(1 + parts.iter().map(|(text, _)| text.width()).sum::<usize>())
}

/// The name of a place as far as there is room: the whole of it, or the short form, whose end says most.
/// The first `shift` characters are left out.
pub(super) fn name(label: &str, remark: &str, room: usize, shift: usize) -> String {
    let whole = plain(label) + remark;
    if shift > 0 || whole.width() <= room {
        return whole.chars().skip(shift).collect();
    }
    fit(&(plain(&short_name(label)) + remark), room)
}
