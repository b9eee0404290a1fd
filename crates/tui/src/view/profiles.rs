//! The profiles among which people choose.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{line, more, select};
use crate::app::App;
use crate::cells::{fit, plain};
use crate::chooser;

/// Rows above the list.
pub(crate) const ABOVE: u16 = 2;
/// Columns before the names.
const ROLE: usize = 10;

pub(super) fn draw(app: &mut App, buffer: &mut Buffer, area: Rect) {
    let heading = " Enter shows one, c compares what is shown with it, Esc goes back";
    line(buffer, area, 0, &[(fit(heading, area.width.into()), app.theme.dim())]);
    let list = Rect { y: area.y + ABOVE, height: area.height.saturating_sub(ABOVE), ..area };
    let count = chooser::count(app);
    let Some(scroll) = &mut app.chooser else { return };
    scroll.follow(list.height.into(), count);
    let scroll = *scroll;
    let shown = app.selection.profile.map_or(0, |profile| profile + 1);
    let base = app.selection.base.map(|base| base + 1);
    for (row, at) in (scroll.top..count).zip(0..list.height) {
        let role = match row {
            row if Some(row) == base => "base",
            row if row == shown => "shown",
            _ => "",
        };
        let name = match row.checked_sub(1) {
            None => format!("all: {}", plain(&app.whole)),
            Some(profile) => plain(&app.names[profile]),
        };
        let name = fit(&name, usize::from(area.width).saturating_sub(ROLE + 1));
        line(buffer, list, at, &[(format!("{role:>8}  "), app.theme.key()), (name, Style::new())]);
        if row == scroll.selected {
            select(app, buffer, list, at);
        }
    }
    more(app, buffer, list, scroll.top, count);
}
