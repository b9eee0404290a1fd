//! The keys.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::line;
use super::table::more;
use crate::app::App;
use crate::cells::fit;
use crate::keys::{ALL, Group, MOUSE};

pub(super) fn draw(app: &mut App, buffer: &mut Buffer, area: Rect) {
    let mut lines: Vec<(String, String)> = Vec::new();
    for group in Group::ALL {
        lines.push((group.title().to_owned(), String::new()));
        let bindings = ALL.iter().filter(|binding| binding.group == group);
        lines.extend(bindings.map(|binding| (binding.name.to_owned(), binding.meaning.to_owned())));
        lines.push(Default::default());
    }
    lines.push(("Mouse".to_owned(), String::new()));
    lines.extend(MOUSE.map(|(what, meaning)| (what.to_owned(), meaning.to_owned())));
    let height = usize::from(area.height);
    let top = app.help.unwrap_or(0).min(lines.len().saturating_sub(height));
    app.help = Some(top);
    for (row, (name, meaning)) in lines.iter().enumerate().skip(top).take(height) {
        let at = u16::try_from(row - top).unwrap_or(u16::MAX);
        if meaning.is_empty() {
            line(buffer, area, at, &[(format!(" {name}"), app.theme.title())]);
        } else {
            let room = usize::from(area.width).saturating_sub(23);
            let name = format!("   {:<19} ", fit(name, 19));
            line(buffer, area, at, &[(name, app.theme.key()), (fit(meaning, room), Style::new())]);
        }
    }
    more(app, buffer, area, top, lines.len());
}
