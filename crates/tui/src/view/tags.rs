//! Tags with what their values weigh.

use hotlist_report::Tags;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::numbers::Numbers;
use super::{line, more, note, select, visible};
use crate::app::App;
use crate::cells::plain;
use crate::tab::Tab;
use crate::tabs;

const BAR: usize = 12;

pub(super) fn draw(app: &mut App, tags: &Tags, buffer: &mut Buffer, area: Rect) {
    if tags.keys.is_empty() {
        note(app, "the samples have no tags", buffer, area);
        return;
    }
    let count = tabs::tags::count(tags);
    let visible: Vec<(usize, u16)> = visible(app, Tab::Tags, count, area).collect();
    let scroll = app.scrolls[Tab::Tags as usize];
    let numbers = Numbers::new(app, &tags.header);
    let total = tags.header.total;
    let rows = tags.keys.iter().flat_map(|key| {
        let values = key.values.iter().map(|value| (Level::Value, &value.value, value.weight, key.total));
        std::iter::once((Level::Key, &key.key, key.total, total)).chain(values)
    });
    for ((row, at), (level, text, weight, whole)) in visible.into_iter().zip(rows.skip(scroll.top)) {
        let style = match level {
            _ if app.is_match(text) => app.theme.matched(),
            Level::Key => app.theme.title(),
            Level::Value => Style::new(),
        };
        let (bar, bar_style) = match level {
            Level::Key => (" ".repeat(BAR), Style::new()),
            Level::Value => numbers.bar(weight, whole, BAR),
        };
        let indent = if level == Level::Key { "" } else { "  " };
        let text: String = plain(text).chars().skip(scroll.shift).collect();
        line(
            buffer,
            area,
            at,
            &[
                (format!("{:>12} ", numbers.weight(weight)), Style::new()),
                (format!("{:>6}  ", numbers.share_of(weight, whole)), numbers.heat_of(weight, whole)),
                (format!("{bar}  "), bar_style),
                (format!("{indent}{text}"), style),
            ],
        );
        if row == scroll.selected {
            select(app, buffer, area, at);
        }
    }
    more(app, buffer, area, scroll.top, count);
}

/// Whether a row is that of a key or of one of its values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Key,
    Value,
}
