//! Where the frames of a flame graph stand on the screen.

use hotlist_report::{FlameGraph, FlameKind};

/// A frame on the screen: a row of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bar {
    /// Its row in the graph.
    pub(crate) frame: usize,
    /// How many rows are above.
    pub(crate) depth: usize,
    /// Its first column.
    pub(crate) start: usize,
    /// The column behind its last one.
    pub(crate) end: usize,
}

/// The frames that are at least half a cell wide, when `zoomed` and those above it take the whole
/// width. They come in the order of the graph: each before those below it.
pub(crate) fn bars(graph: &FlameGraph, zoomed: usize, width: usize) -> Vec<Bar> {
    let frames = &graph.frames;
    let Some(root) = frames.get(zoomed) else { return Vec::new() };
    let mut is_above = vec![false; frames.len()];
    let mut row = zoomed;
    while row != 0 {
        row = frames[row].parent;
        is_above[row] = true;
    }
    let scale = width as f64 / root.cum.size().max(1) as f64;
    // For each frame, where its next child begins; none for frames that are not shown.
    let mut next: Vec<Option<f64>> = vec![None; frames.len()];
    let mut bars = Vec::new();
    for (row, frame) in frames.iter().enumerate() {
        let (start, end) = if is_above[row] || row == zoomed {
            (0.0, width as f64)
        } else {
            match next[frame.parent] {
                Some(start) if !is_above[frame.parent] => (start, start + frame.cum.size() as f64 * scale),
                _ => continue,
            }
        };
        if !is_above[row] && row != zoomed {
            next[frame.parent] = Some(end);
        }
        next[row] = Some(start);
        let (start, end) = (start.round() as usize, (end.round() as usize).min(width));
        if start < end {
            bars.push(Bar { frame: row, depth: frame.depth, start, end });
        }
    }
    bars
}

/// Where each frame begins, as a share of the width of the root.
pub(crate) fn starts(graph: &FlameGraph) -> Vec<f64> {
    let whole = graph.total().size().max(1) as f64;
    let mut starts = vec![0.0; graph.frames.len()];
    // For each frame, where its next child begins.
    let mut next = vec![0.0; graph.frames.len()];
    for (row, frame) in graph.frames.iter().enumerate().skip(1) {
        starts[row] = next[frame.parent];
        next[row] = starts[row];
        next[frame.parent] += frame.cum.size() as f64 / whole;
    }
    starts
}

/// The path to a frame, as ids of places from the root on. What was summed up has none.
pub(crate) fn path(graph: &FlameGraph, mut row: usize) -> Vec<usize> {
    let mut path = Vec::new();
    while row != 0 {
        let Some(frame) = graph.frames.get(row) else { break };
        if let FlameKind::Place(place) = frame.kind {
            path.push(graph.places[place].id);
        }
        row = frame.parent;
    }
    path.reverse();
    path
}

/// The frame that a path leads to, or as far as it goes.
pub(crate) fn find(graph: &FlameGraph, path: &[usize]) -> usize {
    let mut at = 0;
    let mut steps = path.iter();
    let mut wanted = steps.next();
    for (row, frame) in graph.frames.iter().enumerate().skip(1) {
        let Some(&id) = wanted else { break };
        if frame.parent == at
            && let FlameKind::Place(place) = frame.kind
            && graph.places[place].id == id
        {
            at = row;
            wanted = steps.next();
        }
    }
    at
}
