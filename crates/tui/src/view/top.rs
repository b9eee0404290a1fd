//! The heaviest places.

use hotlist_render::short_name;
use hotlist_report::{Compared, InlineMark, Sort, Table};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::numbers::{Numbers, relative};
use super::{below_heading, line, more, select, visible};
use crate::app::App;
use crate::cells::{fit, plain};
use crate::tab::Tab;

/// Columns of numbers before the bars and names; those of the own weight and of both weights come first.
const NUMBERS: u16 = 38;
const FLAT: u16 = 19;
/// The same where both sides of a comparison are told.
const NUMBERS_OF_SIDES: u16 = 52;
const FLAT_OF_SIDES: u16 = 10;
const CUM_OF_SIDES: u16 = 20;
/// Both sides leave no room for bars on screens that are narrower.
const ROOM_FOR_SIDES_AND_BARS: u16 = 120;

/// Whether the rows tell both sides of a comparison.
fn has_sides(table: &Table) -> bool {
    table.rows.iter().any(|row| row.compared.is_some())
}

/// The columns up to which a click at the heading sorts by own weight, and by weight with callees.
pub(crate) fn sort_columns(table: &Table) -> (u16, u16) {
    if has_sides(table) { (FLAT_OF_SIDES, CUM_OF_SIDES) } else { (FLAT, NUMBERS) }
}

/// How wide bars are on a screen of this width.
fn bar_width(width: u16) -> u16 {
    match width {
        0..60 => 0,
        60..90 => 6,
        _ => 10,
    }
}

pub(super) fn draw(app: &mut App, table: &Table, buffer: &mut Buffer, area: Rect) {
    let has_sides = has_sides(table);
    let numbers_width = if has_sides { NUMBERS_OF_SIDES } else { NUMBERS };
    let bar_width = if has_sides && area.width < ROOM_FOR_SIDES_AND_BARS { 0 } else { bar_width(area.width) };
    heading(app, has_sides, bar_width, buffer, area);
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
        let mut parts = match &place.compared {
            Some(sides) => columns_of_sides(&numbers, place.flat, place.cum, sides),
            None => columns(&numbers, place.flat, place.cum),
        };
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
            let bar = Rect { x: body.x + numbers_width, y: body.y + at, width: bar_width + 1, height: 1 };
            if bar_width > 0 {
                buffer.set_style(bar.intersection(body), Style::new().remove_modifier(Modifier::REVERSED));
            }
        }
    }
    more(app, buffer, body, scroll.top, table.rows.len());
}

fn heading(app: &App, has_sides: bool, bar_width: u16, buffer: &mut Buffer, area: Rect) {
    let mark = |sort: Sort| if app.options.sort == sort { "▼" } else { " " };
    let (flat, cum) = (mark(Sort::Flat), mark(Sort::Cum));
    let bar = " ".repeat(if bar_width > 0 { usize::from(bar_width) + 1 } else { 0 });
    let heading = match has_sides {
        true => {
            format!(
                "{:>9}{flat}{:>9}{cum} {:>9} {:>9}  {:>8}  {bar}name",
                "flat", "cum", "before", "after", "change"
            )
        }
        false => {
            format!("{:>9}{flat} {:>6}  {:>9}{cum} {:>6}  {bar}name", "flat", "flat%", "cum", "cum%")
        }
    };
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

/// How own weight and weight with callees have changed, what the latter was and is, and how much that is of what it was.
fn columns_of_sides(numbers: &Numbers<'_>, flat: i64, cum: i64, sides: &Compared) -> Vec<(String, Style)> {
    let (before, after) = (sides.before_cum, sides.after_cum);
    vec![
        (format!("{:>9} ", fit(&numbers.weight(flat), 9)), numbers.heat(flat)),
        (format!("{:>9} ", fit(&numbers.weight(cum), 9)), numbers.heat(cum)),
        (format!(" {:>9}", fit(&numbers.amount(before), 9)), Style::new()),
        (format!(" {:>9}", fit(&numbers.amount(after), 9)), Style::new()),
        (format!("  {:>8}  ", fit(&relative(before, after), 8)), numbers.heat(after.saturating_sub(before))),
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
