//! Tables: the heaviest places, and callers and callees.

use hotlist_profile::unit::percentage;
use hotlist_render::short_name;
use hotlist_report::{Header, InlineMark, Neighbour, Neighbours, Sort, Table};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::{line, put};
use crate::app::{App, Tab};
use crate::cells::{bar, fit, plain};
use crate::keys::Command;

/// Columns of numbers before the names.
const NUMBERS: usize = 38;

/// How wide bars are on a screen of this width.
fn bar_width(width: usize) -> usize {
    match width {
        0..60 => 0,
        60..100 => 6,
        _ => 10,
    }
}

pub(super) fn draw_top(app: &mut App, table: &Table, buffer: &mut Buffer, area: Rect) {
    let width = usize::from(area.width);
    let bar_width = bar_width(width);
    let mark = |sort: Sort| if app.options.sort == sort { "▼" } else { " " };
    let heading = format!(
        "{:>9}{} {:>6}  {:>9}{} {:>6}  {}name",
        "flat",
        mark(Sort::Flat),
        "flat%",
        "cum",
        mark(Sort::Cum),
        "cum%",
        " ".repeat(if bar_width > 0 { bar_width + 1 } else { 0 })
    );
    line(buffer, area, 0, &[(fit(&heading, width), app.theme.dim())]);
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let mut rows = app.rows[Tab::Top as usize];
    rows.scroll(body.height.into(), table.rows.len());
    app.rows[Tab::Top as usize] = rows;
    let is_comparison = is_comparison(table);
    for (row, place) in table.rows.iter().enumerate().skip(rows.top).take(body.height.into()) {
        let at = u16::try_from(row - rows.top).unwrap_or(u16::MAX);
        let inline = match place.inline {
            InlineMark::Never => "",
            InlineMark::Partial => " (partial-inline)",
            InlineMark::Always => " (inline)",
        };
        let mut parts = numbers(app, &table.header, place.flat, place.cum, is_comparison);
        if bar_width > 0 {
            let shown = if app.options.sort == Sort::Cum { place.cum } else { place.flat };
            let share = share(shown, table.header.total);
            let has_colours = app.theme.has_colours();
            let gauge = if has_colours { bar(share, bar_width) } else { plain_bar(share, bar_width) };
            parts.push((format!("{gauge} "), app.theme.bar(share, is_comparison)));
        }
        let style = if app.is_match(&place.place.label) { app.theme.matched() } else { Style::new() };
        let room = room(width, &parts);
        parts.push((name(&place.place.label, inline, room, rows.shift), style));
        line(buffer, body, at, &parts);
        if row == rows.selected {
            select(app, buffer, body, at);
            if bar_width > 0 {
                // Bars keep their ground.
                let bar = Rect {
                    x: body.x + NUMBERS as u16,
                    y: body.y + at,
                    width: bar_width as u16 + 1,
                    height: 1,
                };
                buffer.set_style(bar.intersection(body), Style::new().remove_modifier(Modifier::REVERSED));
            }
        }
    }
    more(app, buffer, body, rows.top, table.rows.len());
}

/// In a comparison there are weights of both signs, or the first ones are negative.
fn is_comparison(table: &Table) -> bool {
    table.rows.iter().any(|row| row.flat < 0 || row.cum < 0)
}

fn share(value: i64, total: i64) -> f64 {
    if total == 0 { 0.0 } else { value as f64 / total as f64 }
}

/// A bar for terminals without colours, on which blocks would be glaring.
fn plain_bar(share: f64, width: usize) -> String {
    let filled = (share.abs().clamp(0.0, 1.0) * width as f64).round() as usize;
    format!("{:<width$}", "#".repeat(filled))
}

fn numbers(app: &App, header: &Header, flat: i64, cum: i64, is_comparison: bool) -> Vec<(String, Style)> {
    let (format, total) = (&header.format, header.total);
    let heat = |value: i64| app.theme.heat(share(value, total), is_comparison);
    vec![
        (format!("{:>10}", fit(&format.label(flat), 10)), Style::new()),
        (format!(" {:>6}", percentage(flat, total).trim()), heat(flat)),
        (format!("  {:>10}", fit(&format.label(cum), 10)), Style::new()),
        (format!(" {:>6}  ", percentage(cum, total).trim()), heat(cum)),
    ]
}

/// The columns that are left behind `parts`, without the one of scroll marks.
fn room(width: usize, parts: &[(String, Style)]) -> usize {
    width.saturating_sub(1 + parts.iter().map(|(text, _)| text.width()).sum::<usize>())
}

/// The name of a place as far as there is room: the whole of it, or the short form, whose end says most.
fn name(label: &str, remark: &str, room: usize, shift: usize) -> String {
    let whole = plain(label) + remark;
    if shift > 0 || whole.width() <= room {
        return shifted(&whole, shift);
    }
    fit(&(plain(&short_name(label)) + remark), room)
}

/// `text` without so many columns at its beginning.
fn shifted(text: &str, shift: usize) -> String {
    match text.char_indices().nth(shift) {
        Some((at, _)) => text[at..].to_owned(),
        None if shift == 0 => text.to_owned(),
        None => String::new(),
    }
}

fn select(app: &App, buffer: &mut Buffer, area: Rect, row: u16) {
    buffer.set_style(Rect { y: area.y + row, height: 1, ..area }, app.theme.selected());
}

pub(super) fn draw_callers(app: &mut App, neighbours: &Neighbours, buffer: &mut Buffer, area: Rect) {
    let Some(entry) = neighbours.entries.first() else { return };
    let header = &neighbours.header;
    let height = usize::from(area.height).saturating_sub(1);
    let count = entry.callers.len() + 1 + entry.callees.len();
    let mut rows = app.rows[Tab::Callers as usize];
    rows.scroll(height, count);
    app.rows[Tab::Callers as usize] = rows;
    let heading =
        format!("{:>10} {:>6}  {:>10} {:>6}  {}", "flat", "flat%", "cum", "cum%", "callers, place, callees");
    line(buffer, area, 0, &[(fit(&heading, area.width.into()), app.theme.dim())]);
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let is_comparison = entry.flat < 0 || entry.cum < 0;
    for row in (0..count).skip(rows.top).take(height) {
        let at = u16::try_from(row - rows.top).unwrap_or(u16::MAX);
        if row == entry.callers.len() {
            let mut parts = numbers(app, header, entry.flat, entry.cum, is_comparison);
            let room = room(area.width.into(), &parts);
            parts.push((name(&entry.place.label, "", room, rows.shift), app.theme.title()));
            line(buffer, body, at, &parts);
        } else {
            let (arrow, other) = if row < entry.callers.len() {
                ("◀ ", &entry.callers[row])
            } else {
                ("▶ ", &entry.callees[row - entry.callers.len() - 1])
            };
            neighbour(app, header, arrow, other, entry.cum, rows.shift, buffer, body, at);
        }
        if row == rows.selected {
            select(app, buffer, body, at);
        }
    }
    more(app, buffer, body, rows.top, count);
}

#[expect(clippy::too_many_arguments, reason = "a row with everything that is in it")]
fn neighbour(
    app: &App,
    header: &Header,
    arrow: &str,
    other: &Neighbour,
    whole: i64,
    shift: usize,
    buffer: &mut Buffer,
    area: Rect,
    row: u16,
) {
    let part = share(other.weight, whole);
    let inline = if other.inline { " (inline)" } else { "" };
    let style = if app.is_match(&other.place.label) { app.theme.matched() } else { Style::new() };
    let mut parts = vec![
        (format!("{:>30}", fit(&header.format.label(other.weight), 10)), Style::new()),
        (format!(" {:>6}", percentage(other.weight, whole).trim()), app.theme.heat(part, other.weight < 0)),
        (format!("  {arrow}"), app.theme.dim()),
    ];
    let room = room(area.width.into(), &parts);
    parts.push((name(&other.place.label, inline, room, shift), style));
    line(buffer, area, row, &parts);
}

/// What the status line says about the chosen place.
pub(super) fn status(app: &App) -> Vec<(String, Style, bool)> {
    let Some(chosen) = &app.chosen else { return Vec::new() };
    let mut parts = vec![(format!(" {}", plain(&chosen.label)), app.theme.title(), false)];
    if !chosen.location.is_empty() && !chosen.label.contains(&chosen.location) {
        parts.push((format!("  {}", plain(&chosen.location)), app.theme.dim(), true));
    }
    parts
}

/// Selects the row at a cell; opens it when it is selected already.
pub(super) fn click(app: &mut App, column: usize, row: usize) {
    let has_heading = matches!(app.tab, Tab::Top | Tab::Callers);
    if has_heading && row == 0 {
        let sort = if column < NUMBERS / 2 { Sort::Flat } else { Sort::Cum };
        if app.tab == Tab::Top && column < NUMBERS {
            app.change(|options| options.sort = sort);
        }
        return;
    }
    let at = app.rows[app.tab as usize].top + row - usize::from(has_heading);
    if at >= app.count() {
        return;
    }
    let rows = &mut app.rows[app.tab as usize];
    if rows.selected == at {
        app.command(Command::Enter);
    } else {
        rows.selected = at;
    }
}

/// Draws a scroll mark at the right where there is more than fits.
pub(super) fn more(app: &App, buffer: &mut Buffer, area: Rect, top: usize, count: usize) {
    let at = usize::from(area.width).saturating_sub(1);
    if top > 0 {
        put(buffer, area, at, 0, "▲", app.theme.key());
    }
    if count > top + usize::from(area.height) && area.height > 0 {
        put(buffer, area, at, area.height - 1, "▼", app.theme.key());
    }
}
