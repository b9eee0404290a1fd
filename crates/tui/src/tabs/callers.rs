//! Callers and callees of a place: the callers, the place itself, the callees.

use hotlist_report::{Neighbour, Neighbours};

use crate::app::App;
use crate::chosen::Chosen;
use crate::content::Content;
use crate::query::Topic;
use crate::scroll::Scroll;
use crate::settings::exact;
use crate::tab::Tab;

pub(super) fn topic(app: &App) -> Option<Topic> {
    Some(Topic::Callers(exact(&app.subject()?.label)))
}

pub(super) fn texts(neighbours: &Neighbours) -> Vec<String> {
    let Some(entry) = neighbours.entries.first() else { return Vec::new() };
    let label = |other: &Neighbour| other.place.label.clone();
    let callers = entry.callers.iter().map(label);
    callers.chain([entry.place.label.clone()]).chain(entry.callees.iter().map(label)).collect()
}

pub(super) fn count(neighbours: &Neighbours) -> usize {
    neighbours.entries.first().map_or(0, |entry| entry.callers.len() + 1 + entry.callees.len())
}

pub(super) fn chosen(app: &App, neighbours: &Neighbours) -> Option<Chosen> {
    let label = &app.subject()?.label;
    let entry = neighbours.entries.iter().find(|entry| entry.place.label == *label)?;
    Some(Chosen::from(&entry.place))
}

/// Goes to the selected caller or callee.
pub(super) fn enter(app: &mut App) {
    let content = app.current();
    let Some(Content::Callers(neighbours)) = content.as_deref() else { return };
    let Some(entry) = neighbours.entries.first() else { return };
    let selected = app.scrolls[Tab::Callers as usize].selected;
    let next = match selected.checked_sub(entry.callers.len()) {
        None => entry.callers.get(selected),
        Some(below) => below.checked_sub(1).and_then(|callee| entry.callees.get(callee)),
    };
    if let Some(next) = next {
        app.visited.extend(app.chosen.replace(Chosen::from(&next.place)));
        app.scrolls[Tab::Callers as usize] = Scroll::default();
    }
}

/// Goes to the place before.
pub(super) fn back(app: &mut App) {
    if let Some(chosen) = app.visited.pop() {
        app.chosen = Some(chosen);
        app.scrolls[Tab::Callers as usize] = Scroll::default();
    }
}
