//! Callers and callees of a place.

use hotlist_report::{Neighbour, Neighbours};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::numbers::Numbers;
use super::top::{columns, name, room};
use super::{below_heading, line, more, select, visible};
use crate::app::App;
use crate::cells::fit;
use crate::tab::Tab;

pub(super) fn draw(app: &mut App, neighbours: &Neighbours, buffer: &mut Buffer, area: Rect) {
    let Some(entry) = neighbours.entries.first() else { return };
    let count = entry.callers.len() + 1 + entry.callees.len();
    let heading =
        format!("{:>10} {:>6}  {:>10} {:>6}  {}", "flat", "flat%", "cum", "cum%", "callers, place, callees");
    line(buffer, area, 0, &[(fit(&heading, area.width.into()), app.theme.dim())]);
    let body = below_heading(area);
    let visible = visible(app, Tab::Callers, count, body);
    let scroll = app.scrolls[Tab::Callers as usize];
    let numbers = Numbers::new(app, &neighbours.header);
    for (row, at) in visible {
        let mut parts;
        let (label, remark, style) = if row == entry.callers.len() {
            parts = columns(&numbers, entry.flat, entry.cum);
            (&entry.place.label, "", app.theme.title())
        } else {
            let (arrow, other) = match row.checked_sub(entry.callers.len() + 1) {
                None => ("◀ ", &entry.callers[row]),
                Some(callee) => ("▶ ", &entry.callees[callee]),
            };
            parts = share_of_calls(app, &numbers, arrow, other, entry.cum);
            let style = if app.is_match(&other.place.label) { app.theme.matched() } else { Style::new() };
            (&other.place.label, if other.inline { " (inline)" } else { "" }, style)
        };
        let room = room(area.width, &parts);
        parts.push((name(label, remark, room, scroll.shift), style));
        line(buffer, body, at, &parts);
        if row == scroll.selected {
            select(app, buffer, body, at);
        }
    }
    more(app, buffer, body, scroll.top, count);
}

/// The weight of calls and its share of the place's own.
fn share_of_calls(
    app: &App,
    numbers: &Numbers<'_>,
    arrow: &str,
    other: &Neighbour,
    whole: i64,
) -> Vec<(String, Style)> {
    vec![
        (format!("{:>30}", fit(&numbers.weight(other.weight), 10)), Style::new()),
        (format!(" {:>6}", numbers.share_of(other.weight, whole)), numbers.heat_of(other.weight, whole)),
        (format!("  {arrow}"), app.theme.dim()),
    ]
}
