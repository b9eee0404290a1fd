//! Edges between the places that a report shows.

use crate::node::{HIDDEN, NodeId, NodeTable, SEVERAL};
use crate::weigh::{StackWeights, Weight};
use hotlist_profile::LocationId;

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
        let mut found = Found::default();
        for (stack, weight) in stacks.active(rows) {
            let frames = view.frames(stack);
            if !plan.concerns(frames) {
                continue;
            }
            found.begin(stack.raw() + 1, weight);
            for (position, &location) in frames.iter().enumerate().rev() {
                if let Some(marked) = plan.sparse() {
                    if !marked[location.index()] {
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
        found.edges.tallies
    });
    merge(parts, &plan)
}

fn merge(parts: Vec<Vec<Tally>>, plan: &Plan) -> Vec<Connection> {
    let mut all: Vec<Tally> = parts.into_iter().flatten().filter(|tally| tally.last != 0).collect();
    // Slots are numbered in the order of their nodes.
    all.sort_unstable_by_key(|tally| tally.key);
    all.dedup_by(|next, first| {
        let same = next.key == first.key;
        if same {
            first.weight += next.weight;
            first.residual |= next.residual;
            first.inline &= next.inline;
        }
        same
    });
    all.into_iter()
        .map(|tally| Connection {
            from: plan.kept[(tally.key >> 32) as usize],
            to: plan.kept[tally.key as u32 as usize],
            weight: tally.weight,
            residual: tally.residual,
            inline: tally.inline,
        })
        .collect()
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
    /// Unless all edges are wanted, the locations with marked nodes.
    marked: Option<Vec<bool>>,
    /// Whether only edges into marked nodes are wanted and those are few: then the frames in between
    /// need not be looked at.
    is_sparse: bool,
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
        let marked: Option<Vec<bool>> = match wanted {
            Wanted::All => None,
            Wanted::Marked { into, out_of } => {
                let is_marked = |node: &NodeId| {
                    let row = node.index();
                    kept[row] && (into[row] || out_of.as_ref().is_some_and(|marked| marked[row]))
                };
                let locations = table.view().profile().locations.ids();
                Some(locations.map(|location| table.nodes(location).iter().any(is_marked)).collect())
            }
        };
        // Looking for the caller of each marked frame pays off only while they are few.
        let is_sparse = matches!(wanted, Wanted::Marked { out_of: None, .. })
            && marked
                .as_ref()
                .is_some_and(|m| m.iter().filter(|&&is_marked| is_marked).count() * 4 < m.len());
        Plan { kept: ids, slots, steps, into, out_of, marked, is_sparse }
    }

    /// Whether a stack has a marked node, or all are wanted.
    #[inline]
    fn concerns(&self, frames: &[LocationId]) -> bool {
        self.marked.as_ref().is_none_or(|marked| frames.iter().any(|location| marked[location.index()]))
    }

    #[inline]
    fn sparse(&self) -> Option<&[bool]> {
        if self.is_sparse { self.marked.as_deref() } else { None }
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

/// An edge between two slots, and the stack that was last added to it, so that a stack counts once.
/// Half a cache line, since finding and adding is all that the innermost loop does.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    /// The caller in the upper half, the callee in the lower one.
    key: u64,
    /// 0 in a place of the table that is free.
    last: u32,
    residual: bool,
    inline: bool,
    weight: Weight,
}

/// The edges met so far by one thread, and where it stands in a stack.
#[derive(Debug, Default)]
struct Found {
    edges: Edges,
    mark: u32,
    weight: Weight,
    parent: Option<u32>,
    residual: bool,
}

impl Found {
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
            let edge = self.edges.get(parent, slot);
            // What a stack says again about an edge is passed over, marks included.
            if edge.last != self.mark {
                edge.last = self.mark;
                edge.weight += self.weight;
                edge.residual |= self.residual;
                edge.inline &= inline;
            }
        }
        self.parent = Some(slot);
        self.residual = false;
    }
}

/// A hash table with open addressing whose entries are the edges themselves.
#[derive(Debug)]
struct Edges {
    tallies: Vec<Tally>,
    used: usize,
    /// 64 less the number of bits of a place.
    shift: u32,
}

/// What the stack marks of free places and new edges look like; a stack's own mark is never one.
const FREE: u32 = 0;
const NEW: u32 = u32::MAX;

impl Default for Edges {
    fn default() -> Self {
        Edges::with_bits(10)
    }
}

impl Edges {
    fn with_bits(bits: u32) -> Self {
        Edges { tallies: vec![Tally::default(); 1 << bits], used: 0, shift: 64 - bits }
    }

    /// Where the edge is, or where it belongs.
    #[inline]
    fn place(&self, key: u64) -> usize {
        let mut place = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize;
        loop {
            let tally = &self.tallies[place];
            if tally.key == key || tally.last == FREE {
                return place;
            }
            place = (place + 1) & (self.tallies.len() - 1);
        }
    }

    #[inline]
    fn get(&mut self, from: u32, to: u32) -> &mut Tally {
        let key = u64::from(from) << 32 | u64::from(to);
        let place = self.place(key);
        if self.tallies[place].last == FREE { self.add(key) } else { &mut self.tallies[place] }
    }

    #[cold]
    fn add(&mut self, key: u64) -> &mut Tally {
        // A quarter full at most: looking at a second place costs more than memory.
        if self.used * 4 >= self.tallies.len() {
            self.grow();
        }
        let place = self.place(key);
        self.used += 1;
        self.tallies[place] = Tally { key, last: NEW, inline: true, ..Tally::default() };
        &mut self.tallies[place]
    }

    fn grow(&mut self) {
        let larger = Edges::with_bits(64 - self.shift + 1);
        let old = std::mem::replace(self, larger);
        for tally in old.tallies.into_iter().filter(|tally| tally.last != FREE) {
            let place = self.place(tally.key);
            self.tallies[place] = tally;
            self.used += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edge_table_grows_and_forgets_nothing() {
        let mut edges = Edges::with_bits(1);
        for round in 1..4 {
            for from in 0..50 {
                for to in 0..50 {
                    let edge = edges.get(from, to);
                    edge.last = round;
                    edge.weight += Weight { value: i64::from(from * 50 + to), divisor: 0 };
                }
            }
        }
        assert_eq!(edges.used, 2500);
        for from in 0..50 {
            for to in 0..50 {
                assert_eq!(edges.get(from, to).weight.value, 3 * i64::from(from * 50 + to));
            }
        }
    }
}
