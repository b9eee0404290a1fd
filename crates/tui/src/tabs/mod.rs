//! What each view asks, what its rows are, and what Enter does there: a file for each.

mod assembly;
mod callers;
pub(crate) mod flame;
pub(crate) mod source;
pub(crate) mod tags;
mod top;
pub(crate) mod verdicts;

use crate::app::App;
use crate::content::Content;
use crate::query::Topic;
use crate::search::Search;
use crate::tab::Tab;

/// What a view asks; nothing while it lacks a place to ask about.
pub(crate) fn topic(app: &App, tab: Tab) -> Option<Topic> {
    match tab {
        Tab::Flame => Some(flame::topic(app)),
        Tab::Top => Some(Topic::Top(app.changes)),
        Tab::Callers => callers::topic(app),
        Tab::Source => source::topic(app),
        Tab::Assembly => assembly::topic(app),
        Tab::Tags => Some(Topic::Tags),
        Tab::Verdicts => Some(verdicts::topic(app)),
    }
}

/// What the rows of a content say, for searching. A row that is not for searching says nothing.
fn texts(content: &Content) -> Vec<String> {
    match content {
        Content::Flame(graph) => flame::texts(graph),
        Content::Top(table) => top::texts(table),
        Content::Callers(neighbours) => callers::texts(neighbours),
        Content::Source(listing) => source::texts(listing),
        Content::Text(lines) => lines.clone(),
        Content::Tags(tags) => tags::texts(tags),
        Content::Verdicts(rows) => verdicts::texts(rows),
        Content::Facts(_) | Content::Matches(_) | Content::Weights { .. } | Content::Failed(_) => Vec::new(),
    }
}

/// How many rows a list has.
pub(crate) fn count(content: &Content) -> usize {
    match content {
        Content::Top(table) => table.rows.len(),
        Content::Callers(neighbours) => callers::count(neighbours),
        Content::Source(listing) => source::count(listing),
        Content::Text(lines) => lines.len(),
        Content::Tags(tags) => tags::count(tags),
        Content::Verdicts(rows) => rows.rows.len(),
        Content::Facts(_)
        | Content::Flame(_)
        | Content::Matches(_)
        | Content::Weights { .. }
        | Content::Failed(_) => 0,
    }
}

/// The rows that match `search`, in the order in which they are visited, and whether there are others
/// that are not rows themselves; `weight` is that of all matches, when it is known.
pub(crate) fn hits(content: &Content, search: &Search, weight: Option<i64>) -> (Vec<usize>, bool) {
    let texts = texts(content);
    let rows = (0..texts.len()).filter(|&row| !texts[row].is_empty() && search.is_match(&texts[row]));
    match content {
        Content::Flame(graph) => flame::hits(graph, rows.collect(), weight),
        _ => (rows.collect(), false),
    }
}

/// The selected row of the current view, as `texts` numbers them.
pub(crate) fn selected_row(app: &App) -> usize {
    match app.current().as_deref() {
        Some(Content::Flame(graph)) => flame::selected(app, graph),
        _ => app.scrolls[app.tab as usize].selected,
    }
}

/// Selects a row of the current view, as `texts` numbers them.
pub(crate) fn select_row(app: &mut App, row: usize) {
    match app.current().as_deref() {
        Some(Content::Flame(graph)) => flame::select(app, graph, row),
        _ => app.scrolls[app.tab as usize].selected = row,
    }
}

/// What Enter does.
pub(crate) fn enter(app: &mut App) {
    match app.tab {
        Tab::Flame => flame::enter(app),
        Tab::Top | Tab::Verdicts => top::enter(app),
        Tab::Callers => callers::enter(app),
        Tab::Tags => tags::enter(app),
        Tab::Source | Tab::Assembly => {}
    }
}

/// What Backspace does.
pub(crate) fn back(app: &mut App) {
    match app.tab {
        Tab::Flame => {
            app.flame.zoom.pop();
        }
        Tab::Callers => callers::back(app),
        Tab::Top | Tab::Source | Tab::Assembly | Tab::Tags | Tab::Verdicts => {}
    }
}

/// Lets the chosen place follow the selection of the current view, and the selections of the flame graph
/// and of top follow the chosen place.
pub(crate) fn choose(app: &mut App) {
    let content = app.content(app.tab);
    let chosen = match content.as_deref() {
        Some(Content::Flame(graph)) => flame::chosen(app, graph),
        Some(Content::Top(table)) => top::chosen(app, table),
        Some(Content::Callers(neighbours)) => callers::chosen(app, neighbours),
        Some(Content::Verdicts(rows)) => verdicts::chosen(app, rows),
        _ => None,
    };
    if chosen.is_some() {
        app.chosen = chosen;
    }
    if let Some(Content::Flame(graph)) = app.content(Tab::Flame).as_deref() {
        app.hottest = flame::hottest(graph);
        if app.tab != Tab::Flame {
            flame::follow(app, graph);
        }
    }
    if app.tab != Tab::Top
        && let Some(Content::Top(table)) = app.content(Tab::Top).as_deref()
    {
        top::follow(app, table);
    }
}
