//! Source code of the function of the chosen place.

use hotlist_report::{ListedLine, Listing, Routine};

use crate::app::App;
use crate::query::Topic;
use crate::settings::exact;

pub(super) fn topic(app: &App) -> Option<Topic> {
    Some(Topic::Source(exact(&app.subject()?.name)))
}

/// A row of the view.
pub(crate) enum Row<'l> {
    /// The name of a function, with its weights.
    Routine(&'l Routine),
    /// Why there is no code.
    Error(String),
    Line(&'l ListedLine),
}

/// The rows of a listing.
pub(crate) fn rows(listing: &Listing) -> impl Iterator<Item = Row<'_>> {
    listing.routines.iter().flat_map(|routine| {
        let reason = match (&routine.file, &routine.error) {
            (None, _) => Some("the profile names no source file".to_owned()),
            (_, Some(error)) => Some(error.clone()),
            _ => None,
        };
        std::iter::once(Row::Routine(routine))
            .chain(reason.map(Row::Error))
            .chain(routine.lines.iter().map(Row::Line))
    })
}

pub(super) fn count(listing: &Listing) -> usize {
    rows(listing).count()
}

pub(super) fn texts(listing: &Listing) -> Vec<String> {
    rows(listing)
        .map(|row| match row {
            Row::Routine(routine) => routine.name.clone(),
            Row::Error(text) => text,
            Row::Line(line) => line.text.clone(),
        })
        .collect()
}
