//! Source code with heat, and reports as text.

use hotlist_profile::unit::percentage;
use hotlist_report::{ListedLine, Listing, Routine};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::table::more;
use super::{line, put};
use crate::app::{App, Tab};
use crate::cells::{fit, plain};

/// A row of the view.
enum Row<'l> {
    /// The name of a function, with its weights.
    Routine(&'l Routine),
    /// Why there is no code.
    Error(String),
    Line(&'l ListedLine),
}

fn walk(listing: &Listing) -> impl Iterator<Item = Row<'_>> {
    listing.routines.iter().flat_map(|routine| {
        let reason = match (&routine.file, &routine.error) {
            (None, _) => Some("the profile names no source file".to_owned()),
            (_, Some(error)) => Some(error.clone()),
            _ => None,
        };
        std::iter::once(Row::Routine(routine))
            .chain(reason.map(Row::Error))
            .chain(routine.lines.iter().map(Row::Line))
    })
}

/// How many rows a listing has.
pub(crate) fn rows(listing: &Listing) -> usize {
    walk(listing).count()
}

/// What the rows say, for searching.
pub(crate) fn texts(listing: &Listing) -> Vec<String> {
    walk(listing)
        .map(|row| match row {
            Row::Routine(routine) => routine.name.clone(),
            Row::Error(text) => text,
            Row::Line(line) => line.text.clone(),
        })
        .collect()
}

pub(super) fn draw(app: &mut App, listing: &Listing, buffer: &mut Buffer, area: Rect) {
    let count = rows(listing);
    let mut scroll = app.rows[Tab::Source as usize];
    if app.take_fresh_source() {
        // The first look goes to the hottest line.
        let weight = |row: &Row<'_>| match row {
            Row::Line(line) => line.cum.unsigned_abs().max(line.flat.unsigned_abs()),
            _ => 0,
        };
        let hottest = walk(listing).enumerate().map(|(at, row)| (weight(&row), count - at));
        scroll.selected = hottest.max().map_or(0, |(_, from_end)| count - from_end);
        scroll.top = scroll.selected.saturating_sub(usize::from(area.height) / 2);
    }
    scroll.scroll(area.height.into(), count);
    app.rows[Tab::Source as usize] = scroll;
    let hottest = listing
        .routines
        .iter()
        .flat_map(|routine| &routine.lines)
        .map(|line| line.cum.unsigned_abs())
        .max()
        .unwrap_or(0);
    for (row, content) in walk(listing).enumerate().skip(scroll.top).take(area.height.into()) {
        let at = u16::try_from(row - scroll.top).unwrap_or(u16::MAX);
        draw_row(app, listing, &content, hottest, scroll.shift, buffer, area, at);
        if row == scroll.selected {
            buffer.set_style(Rect { y: area.y + at, height: 1, ..area }, app.theme.selected());
        }
    }
    more(app, buffer, area, scroll.top, count);
}

#[expect(clippy::too_many_arguments, reason = "a row with everything that is in it")]
fn draw_row(
    app: &App,
    listing: &Listing,
    row: &Row<'_>,
    hottest: u64,
    shift: usize,
    buffer: &mut Buffer,
    area: Rect,
    at: u16,
) {
    let (format, total) = (&listing.header.format, listing.header.total);
    let share = |value: i64| if total == 0 { 0.0 } else { value as f64 / total as f64 };
    match row {
        Row::Routine(routine) => {
            let file = routine.file.as_deref().unwrap_or_default();
            line(
                buffer,
                area,
                at,
                &[
                    (
                        format!("{:>9} {:>9} ", format.label(routine.flat), format.label(routine.cum)),
                        app.theme.title(),
                    ),
                    (
                        format!("{:>6}  ", percentage(routine.cum, total).trim()),
                        app.theme.heat(share(routine.cum), false),
                    ),
                    (format!("{}  ", plain(&routine.name)), app.theme.title()),
                    (plain(file), app.theme.dim()),
                ],
            );
        }
        Row::Error(text) => {
            line(
                buffer,
                area,
                at,
                &[(format!("  {}", fit(&plain(text), usize::from(area.width))), app.theme.error())],
            );
        }
        Row::Line(code) => {
            let number = |value: i64| if value == 0 { ".".to_owned() } else { format.label(value) };
            // The heat of a line is its part of the hottest one.
            let heat = if hottest == 0 { 0.0 } else { code.cum.unsigned_abs() as f64 / hottest as f64 };
            let gauge = match (heat * 8.0).ceil() as usize {
                0 => " ",
                _ if !app.theme.has_colours() => ">",
                eighths => ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"][(eighths - 1).min(7)],
            };
            let text = plain(&code.text);
            let text: String = text.chars().skip(shift).collect();
            let is_match = app.is_match(&code.text);
            let style = match code.cum {
                _ if is_match => app.theme.matched(),
                0 => app.theme.dim(),
                _ => Style::new(),
            };
            line(
                buffer,
                area,
                at,
                &[
                    (format!("{:>9} ", number(code.flat)), app.theme.heat(share(code.flat), code.flat < 0)),
                    (format!("{:>9} ", number(code.cum)), app.theme.heat(share(code.cum), code.cum < 0)),
                    (gauge.to_owned(), app.theme.heat(share(code.cum).max(0.01), false)),
                    (format!("{:>5} ", code.number), app.theme.dim()),
                    (text, style),
                ],
            );
        }
    }
}

/// What the status line says about the selected line.
pub(super) fn status(app: &App, listing: &Listing) -> Vec<(String, Style, bool)> {
    let selected = app.rows[Tab::Source as usize].selected;
    let mut routine_of = None;
    for (at, row) in walk(listing).enumerate().take(selected + 1) {
        if let Row::Routine(routine) = row {
            routine_of = Some(routine);
        }
        if at == selected
            && let (Row::Line(code), Some(routine)) = (&row, routine_of)
        {
            let total = listing.header.total;
            let text = format!(
                " line {}: {} {}  in ",
                code.number,
                listing.header.format.label(code.cum),
                percentage(code.cum, total).trim()
            );
            let file = routine.found_at.as_ref().or(routine.file.as_ref()).cloned().unwrap_or_default();
            return vec![
                (text, Style::new(), false),
                (plain(&routine.name), app.theme.title(), false),
                (format!("  {}", plain(&file)), app.theme.dim(), true),
            ];
        }
    }
    routine_of
        .map_or(Vec::new(), |routine| vec![(format!(" {}", plain(&routine.name)), app.theme.title(), false)])
}

/// A report as lines of text.
pub(super) fn draw_text(app: &mut App, lines: &[String], buffer: &mut Buffer, area: Rect) {
    let mut scroll = app.rows[app.tab as usize];
    scroll.scroll(area.height.into(), lines.len());
    app.rows[app.tab as usize] = scroll;
    for (row, text) in lines.iter().enumerate().skip(scroll.top).take(area.height.into()) {
        let at = u16::try_from(row - scroll.top).unwrap_or(u16::MAX);
        let style = if app.is_match(text) { app.theme.matched() } else { Style::new() };
        let text: String = plain(text).chars().skip(scroll.shift).collect();
        put(buffer, area, 0, at, &text, style);
        if row == scroll.selected {
            buffer.set_style(Rect { y: area.y + at, height: 1, ..area }, app.theme.selected());
        }
    }
    more(app, buffer, area, scroll.top, lines.len());
}
