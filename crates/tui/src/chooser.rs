//! Choosing among several profiles: which one is shown, and what it is compared with.

use hotlist_session::Selection;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

use crate::app::{App, Effect};
use crate::keys::{self, Command};
use crate::scroll::Scroll;

/// Rows that the wheel and page keys move.
const PAGE: isize = 10;

/// Opens the list of profiles; its first row stands for all together.
pub(crate) fn open(app: &mut App) {
    if app.names.is_empty() {
        return app.say("there is one profile: name several on the command line to choose among them");
    }
    let selected = app.selection.profile.map_or(0, |profile| profile + 1);
    app.chooser = Some(Scroll { selected, ..Scroll::default() });
}

/// How many rows the list has.
pub(crate) fn count(app: &App) -> usize {
    app.names.len() + 1
}

/// Does what a key asks for while the list is shown.
pub(crate) fn key_pressed(app: &mut App, key: KeyEvent) -> Effect {
    let count = count(app);
    let Some(scroll) = &mut app.chooser else { return Effect::Draw };
    let row = scroll.selected;
    if key.code == KeyCode::Char('c') && key.modifiers.is_empty() {
        compare(app, row);
        return Effect::Draw;
    }
    match keys::command(key) {
        Some(Command::Up) => scroll.step(-1, count),
        Some(Command::Down) => scroll.step(1, count),
        Some(Command::PageUp) => scroll.step(-PAGE, count),
        Some(Command::PageDown) => scroll.step(PAGE, count),
        Some(Command::First) => scroll.selected = 0,
        Some(Command::Last) => scroll.selected = count - 1,
        Some(Command::Enter) => show(app, row),
        Some(Command::Suspend) => return Effect::Suspend,
        Some(Command::Redraw) => return Effect::Redraw,
        Some(_) => app.chooser = None,
        None => {}
    }
    Effect::Draw
}

/// Shows the profile of a row, compared with what it is compared with by now.
pub(crate) fn show(app: &mut App, row: usize) {
    app.chooser = None;
    let selection = match row.checked_sub(1) {
        None => Selection::default(),
        profile => Selection { profile, base: app.selection.base.filter(|base| Some(*base) != profile) },
    };
    app.select_profile(selection);
}

/// Compares what is shown with the profile of a row, or with nothing where that is so already.
fn compare(app: &mut App, row: usize) {
    app.chooser = None;
    let base = row.checked_sub(1).filter(|base| app.selection.base != Some(*base));
    let is_other = |profile: &usize| Some(*profile) != base;
    // All together compared with one of them would say little.
    let profile = match base {
        None => app.selection.profile,
        Some(_) => app.selection.profile.filter(is_other).or_else(|| (0..app.names.len()).find(is_other)),
    };
    app.select_profile(Selection { profile, base });
}
