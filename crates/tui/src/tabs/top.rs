//! The heaviest places.

use hotlist_report::Table;

use crate::app::App;
use crate::chosen::Chosen;
use crate::scroll::Scroll;
use crate::tab::Tab;

pub(super) fn texts(table: &Table) -> Vec<String> {
    table.rows.iter().map(|row| row.place.label.clone()).collect()
}

pub(super) fn enter(app: &mut App) {
    app.visited.clear();
    app.scrolls[Tab::Callers as usize] = Scroll::default();
    app.tab = Tab::Callers;
}

pub(super) fn chosen(app: &App, table: &Table) -> Option<Chosen> {
    let selected = app.scrolls[Tab::Top as usize].selected.min(table.rows.len().saturating_sub(1));
    table.rows.get(selected).map(|row| Chosen::from(&row.place))
}

/// Selects the chosen place where it is listed.
pub(super) fn follow(app: &mut App, table: &Table) {
    let Some(label) = app.chosen.as_ref().map(|chosen| &chosen.label) else { return };
    if let Some(row) = table.rows.iter().position(|row| row.place.label == *label) {
        app.scrolls[Tab::Top as usize].selected = row;
    }
}
