//! A call tree in an answer: its heaviest frames, and a handle for each branch that was summed up.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use hotlist_analyze::View;
use hotlist_report::{FlameFrame, FlameGraph, FlameKind, Shape};
use hotlist_session::Question;
use rmcp::schemars::JsonSchema;
use serde::Serialize;

use crate::about::{Basis, ask};
use crate::branches::Branch;
use crate::budget::Room;
use crate::desk::Desk;
use crate::kept_trees::TreeKey;
use crate::quote::{quoted, shown};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::shelf::Opened;
use crate::values::Values;

/// Of a chain of frames with equal weights, so many names are told; the others are counted.
const CHAIN: usize = 5;

/// A frame, or a chain of frames of which each calls only the next one.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub(crate) struct TreeRow {
    /// How many rows are above it.
    pub(crate) depth: usize,
    /// The callers between it and the row above, which weigh the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) through: Vec<String>,
    pub(crate) function: String,
    pub(crate) cum: String,
    pub(crate) cum_percent: f64,
    /// Own weight, where it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) flat: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) flat_percent: Option<f64>,
    /// What is below it and has no row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) more: Option<More>,
}

/// Frames that were summed up.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub(crate) struct More {
    /// How many, without those below them.
    pub(crate) frames: usize,
    pub(crate) cum: String,
    pub(crate) cum_percent: f64,
    /// The handle under which `tree` shows them.
    pub(crate) branch: String,
}

/// Rows of a tree.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) rows: Vec<TreeRow>,
    /// What is beside the uppermost rows and has none.
    pub(crate) more: Option<More>,
    /// The branches of the handles, in the order in which they were given out.
    pub(crate) branches: Vec<Branch>,
}

/// How many frames of a tree are looked at for its rows, in turn: those that were shown already may weigh more than those
/// that are wanted.
const FRAMES: [usize; 3] = [1_000, 10_000, 100_000];

/// Asks for the tree of a branch, for an answer of at most `rows` rows.
pub(crate) fn grow(
    desk: &Desk,
    opened: &Opened,
    request: &Request,
    branch: &Branch,
    rows: usize,
) -> Result<(Basis, Arc<FlameGraph>), Refusal> {
    let mut question = Question::new(const { &hotlist_report::FLAMEGRAPH }, None, &branch.options.view)?;
    question.options.flame.frames_only = true;
    question.options.flame.pivot.clone_from(&branch.pivot);
    question.options.flame.path.clone_from(&branch.path);
    let mut frames = FRAMES.into_iter();
    loop {
        let count = frames.next();
        question.options.node_count = count.unwrap_or(FRAMES[FRAMES.len() - 1]).max(2 * rows);
        let (basis, graph) = graph(desk, opened, request, branch, &question)?;
        if count.is_none() || !CallTree::new(&graph, &basis.values, branch).lacks_frames() {
            return Ok((basis, graph));
        }
    }
}

/// The answer to `question` about a branch's tree, which is kept.
fn graph(
    desk: &Desk,
    opened: &Opened,
    request: &Request,
    branch: &Branch,
    question: &Question,
) -> Result<(Basis, Arc<FlameGraph>), Refusal> {
    let key = TreeKey::new(branch, question.options.node_count);
    let known = opened.trees().get(&key);
    if let Some(graph) = known {
        let mut notes = Vec::new();
        let look = |view: &View<'_>| Ok(Basis::new(opened, request, question, view));
        let mut basis = opened.session.look(question, &mut notes, look)?;
        basis.warn(&notes);
        return Ok((basis, graph));
    }
    let (basis, graph) = ask(desk, opened, request, question, |shape| match shape {
        Shape::Flame(graph) => Some(Arc::new(graph.clone())),
        _ => None,
    })?;
    opened.trees().add(key, Arc::clone(&graph));
    Ok((basis, graph))
}

/// A flame graph from which rows are taken.
#[derive(Debug)]
pub(crate) struct CallTree<'s> {
    graph: &'s FlameGraph,
    values: &'s Values,
    /// What is looked at.
    branch: &'s Branch,
    /// The frame whose callees are wanted.
    tip: usize,
    /// For each frame those below it that are places, the heaviest first.
    below: Vec<Vec<usize>>,
    /// For each frame how many were summed up below it, and what they weigh.
    others: Vec<(usize, i64)>,
}

impl<'s> CallTree<'s> {
    /// What was summed up under `branch`.
    pub(crate) fn new(graph: &'s FlameGraph, values: &'s Values, branch: &'s Branch) -> CallTree<'s> {
        let mut below = vec![Vec::new(); graph.frames.len()];
        let mut others = vec![(0, 0); graph.frames.len()];
        for (row, frame) in graph.frames.iter().enumerate() {
            match frame.kind {
                FlameKind::Root => {}
                FlameKind::Place(_) => below[frame.parent].push(row),
                FlameKind::Others(count) => others[frame.parent] = (count, frame.cum.net()),
            }
        }
        let mut tip = 0;
        for id in &branch.path {
            let is_next = |&&row: &&usize| match graph.frames[row].kind {
                FlameKind::Place(place) => graph.places[place].id == *id,
                _ => false,
            };
            let Some(&next) = below[tip].iter().find(is_next) else { break };
            tip = next;
        }
        CallTree { graph, values, branch, tip, below, others }
    }

    /// How many rows there are at most.
    pub(crate) fn len(&self) -> usize {
        self.graph.frames.len()
    }

    /// Whether callees are wanted of which the graph has only the sum.
    pub(crate) fn lacks_frames(&self) -> bool {
        self.below[self.tip].len() <= self.branch.skip && self.others[self.tip].0 > 0
    }

    /// The rows of the heaviest frames; `handle` names the branch that comes after so many others.
    pub(crate) fn rows(&self, room: Room, handle: impl Fn(usize) -> String) -> Rows {
        let mut writer = Writer {
            tree: self,
            taken: self.heaviest(room.rows),
            name: room.name,
            handle,
            rows: Rows::default(),
        };
        writer.write();
        writer.rows
    }

    /// The frames of so many rows: the heaviest that can be reached from the tip over frames that are taken too.
    fn heaviest(&self, count: usize) -> Vec<bool> {
        let mut taken = vec![false; self.graph.frames.len()];
        let rank = |row: usize| (self.graph.frames[row].cum.size(), Reverse(row));
        let mut next: BinaryHeap<(i64, Reverse<usize>)> =
            self.wanted(self.tip).iter().map(|&row| rank(row)).collect();
        let mut rows = 0;
        while let Some(&(_, Reverse(row))) = next.peek() {
            // A chain is one row, however long it is.
            let is_new = !self.continues(row);
            if is_new && rows == count {
                break;
            }
            rows += usize::from(is_new);
            taken[row] = true;
            next.pop();
            next.extend(self.below[row].iter().map(|&row| rank(row)));
        }
        taken
    }

    /// Whether all of the weight of the frame above comes from this one, which is then told in the same row.
    fn continues(&self, row: usize) -> bool {
        let above = self.frame(row).parent;
        above != self.tip
            && self.below[above].len() == 1
            && self.others[above].0 == 0
            && self.frame(above).cum == self.frame(row).cum
    }

    /// The frames below one that may have rows.
    fn wanted(&self, row: usize) -> &[usize] {
        let skip = if row == self.tip { self.branch.skip } else { 0 };
        self.below[row].get(skip..).unwrap_or_default()
    }

    fn frame(&self, row: usize) -> &FlameFrame {
        &self.graph.frames[row]
    }

    /// What the frames from the root to `row` are called, as `longest` bytes each, and the ids of their places.
    fn way(&self, row: usize, longest: usize) -> (Vec<String>, Vec<usize>) {
        let (mut names, mut path) = (Vec::new(), Vec::new());
        let mut row = row;
        while row != 0 {
            if let FlameKind::Place(place) = self.frame(row).kind {
                names.push(shown(&self.graph.places[place].place.label, longest));
                path.push(self.graph.places[place].id);
            }
            row = self.frame(row).parent;
        }
        names.reverse();
        path.reverse();
        (names, path)
    }
}

struct Writer<'t, 's, H> {
    tree: &'t CallTree<'s>,
    taken: Vec<bool>,
    name: usize,
    handle: H,
    rows: Rows,
}

impl<H: Fn(usize) -> String> Writer<'_, '_, H> {
    fn write(&mut self) {
        let tree = self.tree;
        self.rows.more = self.more(tree.tip);
        // What is yet to be written, the next one last. Trees can be deep, so this is no recursion.
        let mut pending: Vec<(usize, usize)> = self.below(tree.tip).map(|row| (row, 0)).collect();
        pending.reverse();
        while let Some((mut row, depth)) = pending.pop() {
            let mut through = Vec::new();
            while let Some(next) = self.only_callee(row) {
                through.push(shown(&tree.graph.label(tree.frame(row)), self.name));
                row = next;
            }
            let frame = *tree.frame(row);
            // Where callers stand below, it would be what begins here.
            let flat = Some(frame.flat.net()).filter(|&flat| flat != 0 && !tree.graph.inverted);
            let more = self.more(row);
            self.rows.rows.push(TreeRow {
                depth,
                through: shortened(through),
                function: shown(&tree.graph.label(&frame), self.name),
                cum: tree.values.text(frame.cum.net()),
                cum_percent: tree.values.percent(frame.cum.net()),
                flat: flat.map(|flat| tree.values.text(flat)),
                flat_percent: flat.map(|flat| tree.values.percent(flat)),
                more,
            });
            let first = pending.len();
            pending.extend(self.below(row).map(|row| (row, depth + 1)));
            pending[first..].reverse();
        }
    }

    /// The frames below one that have rows, the heaviest first.
    fn below(&self, row: usize) -> impl Iterator<Item = usize> {
        self.tree.wanted(row).iter().copied().filter(|&row| self.taken[row])
    }

    /// The frame below `row`, where all of its weight comes from that one.
    fn only_callee(&self, row: usize) -> Option<usize> {
        self.below(row).next().filter(|&below| self.tree.continues(below))
    }

    /// What is below `row` and has no row, with a handle.
    fn more(&mut self, row: usize) -> Option<More> {
        let tree = self.tree;
        let (mut frames, mut cum) = tree.others[row];
        for &below in tree.wanted(row).iter().filter(|&&below| !self.taken[below]) {
            frames += 1;
            cum += tree.frame(below).cum.net();
        }
        if frames == 0 {
            return None;
        }
        let branch = (self.handle)(self.rows.branches.len());
        let (names, path) = tree.way(row, self.name);
        let before = if row == tree.tip { tree.branch.skip.min(tree.below[row].len()) } else { 0 };
        let skip = before + self.below(row).count();
        self.rows.branches.push(Branch { path, skip, names, ..tree.branch.clone() });
        Some(More { frames, cum: tree.values.text(cum), cum_percent: tree.values.percent(cum), branch })
    }
}

/// The first and the last names of a chain, with the number of those between them.
fn shortened(mut names: Vec<String>) -> Vec<String> {
    if names.len() > CHAIN {
        let left_out = names.len() - (CHAIN - 1);
        names.splice(2..2 + left_out, [format!("({left_out} more)")]);
    }
    names
}

/// The rows in lines, indented by their depth.
pub(crate) fn text(rows: &[TreeRow], more: Option<&More>) -> String {
    let mut text = String::new();
    // What was summed up stands below everything that belongs to the same frame.
    let mut pending: Vec<(usize, &More)> = Vec::new();
    for row in rows {
        while pending.last().is_some_and(|(depth, _)| *depth > row.depth) {
            if let Some((depth, more)) = pending.pop() {
                text += &summed(depth, more);
            }
        }
        text += &"  ".repeat(row.depth);
        for name in &row.through {
            text += &format!("{} > ", quoted(name));
        }
        text += &format!("{} {} {}%", quoted(&row.function), row.cum, row.cum_percent);
        if let (Some(flat), Some(percent)) = (&row.flat, row.flat_percent) {
            text += &format!(", itself {flat} {percent}%");
        }
        text.push('\n');
        pending.extend(row.more.as_ref().map(|more| (row.depth + 1, more)));
    }
    while let Some((depth, more)) = pending.pop() {
        text += &summed(depth, more);
    }
    if let Some(more) = more {
        text += &summed(0, more);
    }
    text
}

fn summed(depth: usize, more: &More) -> String {
    let More { frames, cum, cum_percent, branch } = more;
    format!("{}({frames} more) {cum} {cum_percent}% -> {branch}\n", "  ".repeat(depth))
}
