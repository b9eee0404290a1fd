//! Tags with what their values weigh.

use hotlist_profile::unit::percentage;
use hotlist_report::Tags;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::table::more;
use super::{line, note};
use crate::app::{App, Tab};
use crate::cells::{bar, plain};

const BAR: usize = 12;

pub(super) fn draw(app: &mut App, tags: &Tags, buffer: &mut Buffer, area: Rect) {
    if tags.keys.is_empty() {
        note(app, "the samples have no tags", buffer, area);
        return;
    }
    let count = tags.keys.iter().map(|key| key.values.len() + 1).sum();
    let mut scroll = app.rows[Tab::Tags as usize];
    scroll.scroll(area.height.into(), count);
    app.rows[Tab::Tags as usize] = scroll;
    let (format, total) = (&tags.header.format, tags.header.total);
    let mut row = 0;
    for key in &tags.keys {
        let values = key.values.iter().map(|value| (false, &value.value, value.weight, key.total));
        for (is_key, text, weight, whole) in std::iter::once((true, &key.key, key.total, total)).chain(values)
        {
            if row >= scroll.top && row < scroll.top + usize::from(area.height) {
                let at = u16::try_from(row - scroll.top).unwrap_or(u16::MAX);
                let share = if whole == 0 { 0.0 } else { weight as f64 / whole as f64 };
                let style = match is_key {
                    _ if app.is_match(text) => app.theme.matched(),
                    true => app.theme.title(),
                    false => Style::new(),
                };
                let gauge = match app.theme.has_colours() {
                    true => bar(share, BAR),
                    false => format!("{:<BAR$}", "#".repeat((share.abs().min(1.0) * BAR as f64) as usize)),
                };
                let gauge = if is_key { " ".repeat(BAR) } else { gauge };
                let indent = if is_key { "" } else { "  " };
                line(
                    buffer,
                    area,
                    at,
                    &[
                        (format!("{:>12} ", format.label(weight)), Style::new()),
                        (
                            format!("{:>6}  ", percentage(weight, whole).trim()),
                            app.theme.heat(share, weight < 0),
                        ),
                        (format!("{gauge}  "), app.theme.bar(share, weight < 0)),
                        (format!("{indent}{}", plain(text)), style),
                    ],
                );
                if row == scroll.selected {
                    buffer.set_style(Rect { y: area.y + at, height: 1, ..area }, app.theme.selected());
                }
            }
            row += 1;
        }
    }
    more(app, buffer, area, scroll.top, count);
}
