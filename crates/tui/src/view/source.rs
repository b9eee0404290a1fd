//! Source code with heat, and reports as text.

use hotlist_report::Listing;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::numbers::Numbers;
use super::{Piece, line, more, put, select, visible};
use crate::app::App;
use crate::cells::plain;
use crate::tab::Tab;
use crate::tabs::source::{Row, rows};

pub(super) fn draw(app: &mut App, listing: &Listing, buffer: &mut Buffer, area: Rect) {
    let count = rows(listing).count();
    let weight = |row: &Row<'_>| match row {
        Row::Line(line) => line.cum.unsigned_abs().max(line.flat.unsigned_abs()),
        Row::Routine(_) | Row::Error(_) => 0,
    };
    if app.take_fresh_source() {
        // The first look goes to the hottest line.
        let hottest = rows(listing).enumerate().map(|(at, row)| (weight(&row), count - at));
        let scroll = &mut app.scrolls[Tab::Source as usize];
        scroll.selected = hottest.max().map_or(0, |(_, from_end)| count - from_end);
        scroll.top = scroll.selected.saturating_sub(usize::from(area.height) / 2);
    }
    let visible: Vec<(usize, u16)> = visible(app, Tab::Source, count, area).collect();
    let scroll = app.scrolls[Tab::Source as usize];
    let hottest = rows(listing).map(|row| weight(&row)).max().unwrap_or(0);
    let numbers = Numbers::new(app, &listing.header);
    for ((row, at), content) in visible.into_iter().zip(rows(listing).skip(scroll.top)) {
        let parts = parts(app, &numbers, &content, hottest, scroll.shift);
        line(buffer, area, at, &parts);
        if row == scroll.selected {
            select(app, buffer, area, at);
        }
    }
    more(app, buffer, area, scroll.top, count);
}

/// A row in pieces.
fn parts(
    app: &App,
    numbers: &Numbers<'_>,
    row: &Row<'_>,
    hottest: u64,
    shift: usize,
) -> Vec<(String, Style)> {
    match row {
        Row::Routine(routine) => {
            let file = routine.file.as_deref().unwrap_or_default();
            vec![
                (
                    format!("{:>9} {:>9} ", numbers.weight(routine.flat), numbers.weight(routine.cum)),
                    app.theme.title(),
                ),
                (format!("{:>6}  ", numbers.share(routine.cum)), numbers.heat(routine.cum)),
                (format!("{}  ", plain(&routine.name)), app.theme.title()),
                (plain(file), app.theme.dim()),
            ]
        }
        Row::Error(text) => vec![(format!("  {}", plain(text)), app.theme.error())],
        Row::Line(code) => {
            let number = |value: i64| if value == 0 { ".".to_owned() } else { numbers.weight(value) };
            // The heat of a line is its part of the hottest one.
            let heat = if hottest == 0 { 0.0 } else { code.cum.unsigned_abs() as f64 / hottest as f64 };
            let gauge = match (heat * 8.0).ceil() as usize {
                0 => " ",
                _ if !app.theme.has_colours() => ">",
                eighths => ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"][(eighths - 1).min(7)],
            };
            let text: String = plain(&code.text).chars().skip(shift).collect();
            let style = match code.cum {
                _ if app.is_match(&code.text) => app.theme.matched(),
                0 => app.theme.dim(),
                _ => Style::new(),
            };
            vec![
                (format!("{:>9} ", number(code.flat)), numbers.heat(code.flat)),
                (format!("{:>9} ", number(code.cum)), numbers.heat(code.cum)),
                (gauge.to_owned(), numbers.heat(code.cum)),
                (format!("{:>5} ", code.number), app.theme.dim()),
                (text, style),
            ]
        }
    }
}

/// What the status line says about the selected line.
pub(super) fn status(app: &App, listing: &Listing) -> Vec<Piece> {
    let selected = app.scrolls[Tab::Source as usize].selected;
    let mut routine_of = None;
    for (at, row) in rows(listing).enumerate().take(selected + 1) {
        match row {
            Row::Routine(routine) => routine_of = Some(routine),
            Row::Line(code) if at == selected => {
                let Some(routine) = routine_of else { break };
                let weight = Numbers::new(app, &listing.header).both(code.cum);
                let file = routine.found_at.as_ref().or(routine.file.as_ref()).cloned().unwrap_or_default();
                return vec![
                    Piece::new(format!(" line {}: {weight}  in ", code.number), Style::new()),
                    Piece::new(plain(&routine.name), app.theme.title()),
                    Piece::path(format!("  {}", plain(&file)), app.theme.dim()),
                ];
            }
            Row::Line(_) | Row::Error(_) => {}
        }
    }
    routine_of.map_or(Vec::new(), |routine| {
        vec![Piece::new(format!(" {}", plain(&routine.name)), app.theme.title())]
    })
}

/// A report as lines of text.
pub(super) fn draw_text(app: &mut App, lines: &[String], buffer: &mut Buffer, area: Rect) {
    let tab = app.tab;
    let visible = visible(app, tab, lines.len(), area);
    let scroll = app.scrolls[tab as usize];
    for (row, at) in visible {
        let text = &lines[row];
        let style = if app.is_match(text) { app.theme.matched() } else { Style::new() };
        let text: String = plain(text).chars().skip(scroll.shift).collect();
        put(buffer, area, 0, at, &text, style);
        if row == scroll.selected {
            select(app, buffer, area, at);
        }
    }
    more(app, buffer, area, scroll.top, lines.len());
}
