//! Edges between the places that a report shows.

use hotlist_profile::LocationId;
use rustc_hash::FxHashMap;

use crate::node::{HIDDEN, NodeId, NodeTable, SEVERAL};
use crate::weigh::{StackWeights, Weight};

/// Which edges a report needs; the others are not computed.
#[derive(Debug, Clone)]
pub enum Interest {
    /// All of them.
    All,
    /// Those that tell whether a node was inlined: all that lead to nodes into which an inlined call
    /// may lead that is not too light to be kept.
    Inlining,
    /// Those that begin or end at nodes marked here.
    Touching(Vec<bool>),
    /// None.
    Nothing,
}

/// An edge between places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connection {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) weight: Weight,
    pub(crate) residual: bool,
    pub(crate) inline: bool,
}

/// Between which nodes of a table edges are needed: those into some, or out of some, or all.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    All,
    /// Nodes by their rows in the table.
    Marked {
        into: Vec<bool>,
        out_of: Option<Vec<bool>>,
    },
}

/// Weighs the edges between the `kept` nodes, sorted by caller and callee.
///
/// Where nodes between two kept ones are left out, the edge across is residual. A stack counts once
/// for each edge, and a node that calls itself has no edge.
pub(crate) fn connect(
    table: &NodeTable<'_, '_>,
    stacks: &StackWeights,
    kept: &[bool],
    wanted: &Wanted,
) -> Vec<Connection> {
    let plan = Plan::new(table, kept, wanted);
    let view = table.view();
    let cost = view.profile().stacks.frame_count();
    let parts = view.threads().split(stacks.len(), cost, |rows| {
        let mut found = Found::new(plan.kept.len());
        for (stack, weight) in stacks.active(rows) {
            found.begin(stack.raw() + 1, weight);
            let frames = view.frames(stack);
            for (position, &location) in frames.iter().enumerate().rev() {
                if let Some(hot) = &plan.hot {
                    if !hot[location.index()] {
                        continue;
                    }
                    (found.parent, found.residual) = plan.caller(table, &frames[position + 1..]);
                }
                match plan.steps[location.index()] {
                    HIDDEN => {}
                    DROPPED => found.residual = true,
                    SEVERAL => {
                        let nodes = table.nodes(location);
                        for (position, node) in nodes.iter().enumerate().rev() {
                            let inline = position + 1 != nodes.len();
                            match plan.slots[node.index()] {
                                DROPPED => found.residual = true,
                                slot => found.step(&plan, slot, inline),
                            }
                        }
                    }
                    slot => found.step(&plan, slot, false),
                }
            }
        }
        found.edges
    });
    merge(parts)
}

fn merge(parts: Vec<Vec<Tally>>) -> Vec<Connection> {
    let mut all: Vec<Connection> = parts.into_iter().flatten().map(|edge| edge.connection).collect();
    all.sort_by_key(|edge| (edge.from, edge.to));
    all.dedup_by(|next, first| {
        let same = (next.from, next.to) == (first.from, first.to);
        if same {
            first.weight += next.weight;
            first.residual |= next.residual;
            first.inline &= next.inline;
        }
        same
    });
    all
}

/// A node that is left out.
const DROPPED: u32 = u32::MAX - 2;

/// Kept nodes numbered densely, and for each location what to do at it.
struct Plan {
    kept: Vec<NodeId>,
    slots: Vec<u32>,
    /// For each location a slot, or one of the special values.
    steps: Vec<u32>,
    /// For each slot whether edges into it, and out of it, are wanted.
    into: Vec<bool>,
    out_of: Vec<bool>,
    /// Where only edges into some nodes are wanted, the locations that have such nodes. The frames in
    /// between need not be looked at.
    hot: Option<Vec<bool>>,
}

impl Plan {
    fn new(table: &NodeTable<'_, '_>, kept: &[bool], wanted: &Wanted) -> Self {
        let ids: Vec<NodeId> = table.ids().filter(|node| kept[node.index()]).collect();
        let mut slots = vec![DROPPED; table.len()];
        for (slot, node) in ids.iter().enumerate() {
            slots[node.index()] = slot as u32;
        }
        let step = |location: LocationId| match table.single(location) {
            HIDDEN => HIDDEN,
            SEVERAL if table.nodes(location).iter().all(|node| slots[node.index()] == DROPPED) => DROPPED,
            SEVERAL => SEVERAL,
            node => slots[node as usize],
        };
        let steps = table.view().profile().locations.ids().map(step).collect();
        let by_slot = |marked: &[bool]| ids.iter().map(|node| marked[node.index()]).collect();
        let (into, out_of) = match wanted {
            Wanted::All => (vec![true; ids.len()], vec![true; ids.len()]),
            Wanted::Marked { into, out_of } => {
                let nothing = || vec![false; ids.len()];
                (by_slot(into), out_of.as_ref().map_or_else(nothing, |marked| by_slot(marked)))
            }
        };
        let hot = match wanted {
            Wanted::Marked { into, out_of: None } => {
                let is_hot = |&node: &NodeId| into[node.index()] && kept[node.index()];
                let locations = table.view().profile().locations.ids();
                Some(locations.map(|location| table.nodes(location).iter().any(is_hot)).collect())
            }
            _ => None,
        };
        Plan { kept: ids, slots, steps, into, out_of, hot }
    }

    /// The innermost kept node of `callers`, which begin with the innermost one, and whether others
    /// are passed over on the way to it.
    fn caller(&self, table: &NodeTable<'_, '_>, callers: &[LocationId]) -> (Option<u32>, bool) {
        let mut residual = false;
        for &location in callers {
            match self.steps[location.index()] {
                HIDDEN => {}
                DROPPED => residual = true,
                SEVERAL => {
                    for node in table.nodes(location) {
                        match self.slots[node.index()] {
                            DROPPED => residual = true,
                            slot => return (Some(slot), residual),
                        }
                    }
                }
                slot => return (Some(slot), residual),
            }
        }
        (None, residual)
    }
}

/// An edge, and the stack that was last added to it, so that a stack counts once.
struct Tally {
    connection: Connection,
    last: u32,
}

/// The edges met so far by one thread, and where it stands in a stack.
struct Found {
    edges: Vec<Tally>,
    index: EdgeIndex,
    mark: u32,
    weight: Weight,
    parent: Option<u32>,
    residual: bool,
}

/// Which edge joins two slots: a matrix where that is small, else a hash table.
enum EdgeIndex {
    Matrix { rows: Vec<u32>, width: usize },
    Table(FxHashMap<u64, u32>),
}

const MATRIX_WIDTH: usize = 1024;
const NO_EDGE: u32 = u32::MAX;

impl Found {
    fn new(kept: usize) -> Self {
        let index = if kept <= MATRIX_WIDTH {
            EdgeIndex::Matrix { rows: vec![NO_EDGE; kept * kept], width: kept }
        } else {
            EdgeIndex::Table(FxHashMap::default())
        };
        Found { edges: Vec::new(), index, mark: 0, weight: Weight::default(), parent: None, residual: false }
    }

    fn begin(&mut self, mark: u32, weight: Weight) {
        (self.mark, self.weight) = (mark, weight);
        (self.parent, self.residual) = (None, false);
    }

    #[inline]
    fn step(&mut self, plan: &Plan, slot: u32, inline: bool) {
        if let Some(parent) = self.parent
            && parent != slot
            && (plan.into[slot as usize] || plan.out_of[parent as usize])
        {
            self.edge(plan, parent, slot, inline);
        }
        self.parent = Some(slot);
        self.residual = false;
    }

    fn edge(&mut self, plan: &Plan, parent: u32, slot: u32, inline: bool) {
        let at = match &mut self.index {
            EdgeIndex::Matrix { rows, width } => &mut rows[parent as usize * *width + slot as usize],
            EdgeIndex::Table(table) => {
                table.entry(u64::from(parent) << 32 | u64::from(slot)).or_insert(NO_EDGE)
            }
        };
        if *at == NO_EDGE {
            let (from, to) = (plan.kept[parent as usize], plan.kept[slot as usize]);
            let weight = Weight::default();
            let connection = Connection { from, to, weight, residual: false, inline: true };
            *at = self.edges.len() as u32;
            self.edges.push(Tally { connection, last: 0 });
        }
        let edge = &mut self.edges[*at as usize];
        // What a stack says again about an edge is passed over, marks included.
        if edge.last != self.mark {
            edge.last = self.mark;
            edge.connection.weight += self.weight;
            edge.connection.residual |= self.residual;
            edge.connection.inline &= inline;
        }
    }
}
