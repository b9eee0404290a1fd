//! The flame graph.

use std::cmp::Reverse;

use hotlist_report::{FlameGraph, FlameKind};

use crate::app::App;
use crate::chosen::Chosen;
use crate::content::Content;
use crate::geometry::{self, Bar};
use crate::query::Topic;
use crate::tab::Tab;

/// Deeper frames are not gone to with one key.
const DEEPEST: usize = 10_000;

pub(super) fn topic(app: &App) -> Topic {
    Topic::Flame(app.flame.zoom.clone())
}

pub(super) fn texts(graph: &FlameGraph) -> Vec<String> {
    let text = |kind: &FlameKind| match kind {
        FlameKind::Place(place) => graph.places[*place].place.label.clone(),
        FlameKind::Root | FlameKind::Others(_) => String::new(),
    };
    graph.frames.iter().map(|frame| text(&frame.kind)).collect()
}

/// The matches among the frames from top to bottom and from left to right, and whether frames that are
/// summed up must hide more of them.
pub(super) fn hits(graph: &FlameGraph, mut rows: Vec<usize>, weight: Option<i64>) -> (Vec<usize>, bool) {
    let starts = geometry::starts(graph);
    rows.sort_by(|&a, &b| {
        graph.frames[a].depth.cmp(&graph.frames[b].depth).then(starts[a].total_cmp(&starts[b]))
    });
    let mut is_match = vec![false; graph.frames.len()];
    rows.iter().for_each(|&row| is_match[row] = true);
    // A match below another one adds nothing to the weight of all.
    let mut is_below = vec![false; graph.frames.len()];
    let mut sum = 0i64;
    for (row, frame) in graph.frames.iter().enumerate().skip(1) {
        is_below[row] = is_below[frame.parent] || is_match[frame.parent];
        if is_match[row] && !is_below[row] {
            sum = sum.saturating_add(frame.cum.net());
        }
    }
    (rows, weight.is_some_and(|weight| weight != sum))
}

/// The row of the selected frame.
pub(crate) fn selected(app: &App, graph: &FlameGraph) -> usize {
    geometry::find(graph, &app.flame.cursor)
}

/// Selects a frame, and shows everything where it is not below the one that is zoomed to.
pub(super) fn select(app: &mut App, graph: &FlameGraph, row: usize) {
    app.flame.cursor = geometry::path(graph, row);
    app.flame.follow = true;
    if !app.flame.cursor.starts_with(&app.flame.zoom) {
        app.flame.zoom.clear();
    }
}

pub(super) fn enter(app: &mut App) {
    app.flame.zoom.clone_from(&app.flame.cursor);
    app.flame.top = 0;
}

fn place_of(graph: &FlameGraph, row: usize) -> Option<Chosen> {
    match graph.frames.get(row)?.kind {
        FlameKind::Place(place) => Some(Chosen::from(&graph.places[place].place)),
        FlameKind::Root | FlameKind::Others(_) => None,
    }
}

pub(super) fn chosen(app: &App, graph: &FlameGraph) -> Option<Chosen> {
    place_of(graph, selected(app, graph))
}

/// The place of the frame with the greatest flat weight.
pub(super) fn hottest(graph: &FlameGraph) -> Option<Chosen> {
    let is_place = |row: &usize| matches!(graph.frames[*row].kind, FlameKind::Place(_));
    let rows = (0..graph.frames.len()).filter(is_place);
    place_of(graph, rows.max_by_key(|&row| (graph.frames[row].flat.size(), Reverse(row)))?)
}

/// Selects the heaviest frame of the chosen place, unless the selected one is of that place.
pub(super) fn follow(app: &mut App, graph: &FlameGraph) {
    let Some(label) = app.chosen.as_ref().map(|chosen| &chosen.label) else { return };
    let Some(place) = graph.places.iter().position(|place| place.place.label == *label) else { return };
    let is_here = |row: &usize| graph.frames[*row].kind == FlameKind::Place(place);
    if is_here(&selected(app, graph)) {
        return;
    }
    let rows = (0..graph.frames.len()).filter(is_here);
    if let Some(row) = rows.max_by_key(|&row| (graph.frames[row].cum.size(), Reverse(row))) {
        select(app, graph, row);
    }
}

/// Calls `take` with the flame graph on the screen and where its frames are.
fn with_bars<R>(app: &App, take: impl FnOnce(&FlameGraph, &[Bar]) -> R) -> Option<R> {
    let content = app.newest(Tab::Flame).0?;
    let Content::Flame(graph) = &*content else { return None };
    let width = app.layout().pane(Tab::Flame).width;
    let bars = geometry::bars(graph, geometry::find(graph, &app.flame.zoom), width.into());
    Some(take(graph, &bars))
}

/// To the caller.
pub(crate) fn go_up(app: &mut App) {
    app.flame.cursor.pop();
}

/// To the heaviest callee; whether there is one.
pub(crate) fn go_down(app: &mut App) -> bool {
    let below = with_bars(app, |graph, bars| {
        let at = selected(app, graph);
        let child = bars.iter().find(|bar| {
            let frame = &graph.frames[bar.frame];
            frame.parent == at && bar.frame != 0 && matches!(frame.kind, FlameKind::Place(_))
        });
        child.map(|child| geometry::path(graph, child.frame))
    });
    match below.flatten() {
        Some(path) => {
            app.flame.cursor = path;
            true
        }
        None => false,
    }
}

/// To the next frame on the right, or with `by` below zero on the left.
pub(crate) fn go_sideways(app: &mut App, by: isize) {
    let beside = with_bars(app, |graph, bars| {
        let at = selected(app, graph);
        let here = bars.iter().find(|bar| bar.frame == at)?;
        let is_place = |bar: &&Bar| matches!(graph.frames[bar.frame].kind, FlameKind::Place(_));
        let mut level: Vec<_> = bars.iter().filter(|bar| bar.depth == here.depth).filter(is_place).collect();
        level.sort_by_key(|bar| bar.start);
        let next = match by {
            1.. => level.iter().find(|bar| bar.start >= here.end),
            _ => level.iter().rev().find(|bar| bar.end <= here.start),
        };
        next.map(|next| geometry::path(graph, next.frame))
    });
    if let Some(path) = beside.flatten() {
        app.flame.cursor = path;
    }
}

/// Up or down by several frames.
pub(crate) fn jump(app: &mut App, by: isize) {
    match by {
        isize::MIN => app.flame.cursor.clear(),
        up if up < 0 => {
            let depth = app.flame.cursor.len().saturating_sub(up.unsigned_abs());
            app.flame.cursor.truncate(depth);
        }
        down => {
            let _ = (0..down.unsigned_abs().min(DEEPEST)).all(|_| go_down(app));
        }
    }
}

/// Selects the frame at a cell of the pane; whether it was selected already.
pub(crate) fn click(app: &mut App, column: usize, row: usize) -> bool {
    let depth = row + app.flame.top;
    let is_here = |bar: &&Bar| bar.depth == depth && (bar.start..bar.end).contains(&column);
    let path =
        with_bars(app, |graph, bars| bars.iter().find(is_here).map(|bar| geometry::path(graph, bar.frame)));
    let Some(path) = path.flatten() else { return false };
    let is_selected = app.flame.cursor == path;
    app.flame.cursor = path;
    is_selected
}
