//! The keys.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{line, more, wrapped};
use crate::app::App;
use crate::cells::fit;
use crate::keys::{ALL, Group, MOUSE};

/// Columns of the names of keys, with what is around them.
const NAMES: usize = 23;

pub(super) fn draw(app: &mut App, buffer: &mut Buffer, area: Rect) {
    let mut entries: Vec<(String, String)> = Vec::new();
    for group in Group::ALL {
        entries.push((group.title().to_owned(), String::new()));
        let bindings = ALL.iter().filter(|binding| binding.group == group);
        entries.extend(bindings.map(|binding| (binding.name.to_owned(), binding.meaning.to_owned())));
        entries.push(Default::default());
    }
    entries.push(("Mouse".to_owned(), String::new()));
    entries.extend(MOUSE.map(|(what, meaning)| (what.to_owned(), meaning.to_owned())));
    let room = usize::from(area.width).saturating_sub(NAMES + 1).max(1);
    let lines: Vec<(String, String)> =
        entries.into_iter().flat_map(|(name, meaning)| in_lines(name, &meaning, room)).collect();
    let height = usize::from(area.height);
    let top = app.help.unwrap_or(0).min(lines.len().saturating_sub(height));
    app.help = Some(top);
    for (row, (name, meaning)) in lines.iter().enumerate().skip(top).take(height) {
        let at = u16::try_from(row - top).unwrap_or(u16::MAX);
        if meaning.is_empty() && !name.starts_with(' ') {
            line(buffer, area, at, &[(format!(" {name}"), app.theme.title())]);
        } else {
            let name = format!("   {:<19} ", fit(name, 19));
            line(buffer, area, at, &[(name, app.theme.key()), (meaning.clone(), Style::new())]);
        }
    }
    more(app, buffer, area, top, lines.len());
}

/// A name and its meaning in as many lines as either takes.
fn in_lines(name: String, meaning: &str, room: usize) -> Vec<(String, String)> {
    if meaning.is_empty() {
        return vec![(name, String::new())];
    }
    let (mut names, mut meanings) = (wrapped(&name, NAMES - 4), wrapped(meaning, room));
    let count = names.len().max(meanings.len());
    // A line that goes on has a name of spaces, which no heading has.
    names.resize(count, " ".to_owned());
    meanings.resize(count, String::new());
    names.into_iter().zip(meanings).collect()
}
