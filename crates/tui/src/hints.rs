//! The line of keys at the bottom of the screen.

use unicode_width::UnicodeWidthStr;

use crate::app::App;
use crate::keys::{self, Binding, Command, Group};
use crate::layout::WIDE;

/// A key on the line of hints.
#[derive(Debug, Clone)]
pub(crate) struct Hint {
    pub(crate) command: Command,
    /// The first column.
    pub(crate) start: usize,
    /// What to press.
    pub(crate) key: String,
    /// What it does.
    pub(crate) meaning: String,
}

impl Hint {
    fn new(binding: &Binding) -> Hint {
        let names = binding.name.split(", ");
        // Arrows and the like say more than the letters that do the same, but Backspace takes long.
        let key = names.min_by_key(|name| name.len() > 5).unwrap_or_default();
        Hint {
            command: binding.command,
            start: 0,
            key: format!(" {key}"),
            meaning: format!(" {} ", binding.hint),
        }
    }

    fn width(&self) -> usize {
        self.key.width() + self.meaning.width()
    }
}

/// The hints for the current view. How to get help and how to leave is always there; the others as far as there is
/// room, those that belong to this view first.
pub(crate) fn hints(app: &App, width: usize) -> Vec<Hint> {
    let hinted = keys::ALL.iter().filter(|binding| {
        let is_of_use = match binding.command {
            Command::Beside => width >= WIDE.into(),
            Command::NextChanges => app.facts.is_comparison,
            Command::Profiles => !app.names.is_empty(),
            _ => true,
        };
        is_of_use && !binding.hint.is_empty() && (binding.tabs.is_empty() || binding.tabs.contains(&app.tab))
    });
    let (always, mut others): (Vec<&Binding>, Vec<_>) =
        hinted.partition(|binding| binding.group == Group::Program);
    others.sort_by_key(|binding| binding.tabs.is_empty() && binding.group != Group::Searching);
    let mut last: Vec<Hint> = always.into_iter().map(Hint::new).collect();
    let room = width.saturating_sub(last.iter().map(Hint::width).sum());
    let mut hints = Vec::new();
    let mut at = 0;
    for mut hint in others.into_iter().map(Hint::new) {
        if at + hint.width() > room {
            break;
        }
        hint.start = at;
        at += hint.width();
        hints.push(hint);
    }
    at = room;
    for hint in &mut last {
        hint.start = at;
        at += hint.width();
    }
    hints.extend(last);
    hints
}

/// What a click at a column does.
pub(crate) fn command_at(app: &App, width: usize, column: usize) -> Option<Command> {
    let hints = hints(app, width);
    let hit = hints.iter().find(|hint| (hint.start..hint.start + hint.width()).contains(&column))?;
    Some(hit.command)
}
