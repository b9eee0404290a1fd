//! Edges between the places that a report shows.

use crate::node::{NodeId, NodeTable};
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
    let values = weigh_calls(table, stacks, &plan, |weight| weight.value);
    let divisors =
        table.view().value().mean.then(|| weigh_calls(table, stacks, &plan, |weight| weight.divisor));
    values
        .iter()
        .enumerate()
        .map(|(row, tally)| Connection {
            from: plan.kept[tally.edge.from()],
            to: plan.kept[tally.edge.to()],
            weight: Weight {
                value: tally.sum,
                // Both passes see the same calls.
                divisor: divisors.as_ref().map_or(0, |divisors| divisors[row].sum),
            },
            residual: tally.residual,
            inline: tally.inline,
        })
        .collect()
}

/// Sums one part of the weights for each edge, sorted by edge.
fn weigh_calls(
    table: &NodeTable<'_, '_>,
    stacks: &StackWeights,
    plan: &Plan,
    part: impl Fn(Weight) -> i64 + Sync,
) -> Vec<Tally> {
    let view = table.view();
    let cost = view.profile().stacks.frame_count();
    let parts = view.threads().split(stacks.len(), cost, |rows| {
        let mut edges = Edges::default();
        let mut calls = Calls::new(table, plan);
        for (stack, weight) in stacks.active(rows) {
            let weight = part(weight);
            let mark = stack.raw() + 1;
            calls.of(view.frames(stack), |call| {
                let tally = edges.get(call.edge);
                // What a stack says again about an edge is passed over, marks included.
                if tally.last != mark {
                    tally.last = mark;
                    tally.sum += weight;
                    tally.residual |= call.residual;
                    tally.inline &= call.inline;
                }
            });
        }
        edges.tallies
    });
    // Slots are numbered in the order of their nodes.
    let mut all: Vec<Tally> = parts.into_iter().flatten().filter(|tally| tally.last != FREE).collect();
    all.sort_unstable_by_key(|tally| tally.edge);
    all.dedup_by(|next, first| {
        let same = next.edge == first.edge;
        if same {
            first.sum += next.sum;
            first.residual |= next.residual;
            first.inline &= next.inline;
        }
        same
    });
    all
}

/// What to do at a location, beside going to the slot of its only node: nothing, to note that a node is
/// left out, or to look into a group. Slots are below all of these.
const HIDDEN: u32 = u32::MAX;
const DROPPED: u32 = u32::MAX - 1;
const GROUPS: u32 = 1 << 31;

/// Kept nodes numbered densely, and for each location what to do at it.
struct Plan {
    kept: Vec<NodeId>,
    /// For each location a slot, or one of the special values.
    steps: Vec<u32>,
    /// For each node of the groups its slot, or that it is left out.
    grouped: Vec<u32>,
    /// Unless all edges are wanted, for each slot whether those into it are, and those out of it.
    wanted: Option<Vec<(bool, bool)>>,
}

impl Plan {
    fn new(table: &NodeTable<'_, '_>, kept: &[bool], wanted: &Wanted) -> Self {
        let ids: Vec<NodeId> = table.ids().filter(|node| kept[node.index()]).collect();
        let mut slots = vec![DROPPED; table.len()];
        for (slot, node) in ids.iter().enumerate() {
            slots[node.index()] = slot as u32;
        }
        let grouped: Vec<u32> = table.all_grouped().iter().map(|node| slots[node.index()]).collect();
        let step = |location: LocationId| {
            let step = table.step(location);
            match (step.node(), step.as_group()) {
                (Some(node), _) => slots[node],
                (None, None) => HIDDEN,
                (None, Some(group)) => {
                    let all_dropped = grouped[table.group_range(group)].iter().all(|&slot| slot == DROPPED);
                    if all_dropped { DROPPED } else { GROUPS | group as u32 }
                }
            }
        };
        let steps = table.view().profile().locations.ids().map(step).collect();
        let wanted = match wanted {
            Wanted::All => None,
            Wanted::Marked { into, out_of } => {
                let is_marked = |marked: &[bool], node: &NodeId| marked[node.index()];
                let marks =
                    |node| (is_marked(into, node), out_of.as_ref().is_some_and(|m| is_marked(m, node)));
                Some(ids.iter().map(marks).collect())
            }
        };
        Plan { kept: ids, steps, grouped, wanted }
    }
}

/// A caller and a callee, by their slots: the caller in the upper half, the callee in the lower one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct EdgeKey(u64);

impl EdgeKey {
    fn new(from: u32, to: u32) -> Self {
        EdgeKey(u64::from(from) << 32 | u64::from(to))
    }

    fn from(self) -> usize {
        (self.0 >> 32) as usize
    }

    fn to(self) -> usize {
        self.0 as u32 as usize
    }
}

/// A kept node in a stack.
#[derive(Debug, Clone, Copy, Default)]
struct Visit {
    slot: u32,
    /// How many nodes that are not hidden are before it.
    order: u32,
    inline: bool,
}

/// A call in a stack, from one kept node to the next.
#[derive(Debug, Clone, Copy, Default)]
struct Call {
    edge: EdgeKey,
    residual: bool,
    inline: bool,
}

/// How many kept nodes of a stack are looked at together. Stacks can be longer.
const MOST: usize = 256;

/// Finds the calls of stacks.
///
/// The loops write every candidate and then move on or not, rather than branch: what a frame is cannot
/// be foreseen, and a wrong guess costs more than the rest of the work on it.
struct Calls<'t, 'v, 'p> {
    table: &'t NodeTable<'v, 'p>,
    plan: &'t Plan,
    /// The kept nodes of a part of a stack, of which `visited` hold.
    visits: [Visit; MOST],
    visited: usize,
    calls: [Call; MOST],
}

impl<'t, 'v, 'p> Calls<'t, 'v, 'p> {
    fn new(table: &'t NodeTable<'v, 'p>, plan: &'t Plan) -> Self {
        let (visits, calls) = ([Visit::default(); MOST], [Call::default(); MOST]);
        Calls { table, plan, visits, visited: 0, calls }
    }

    /// Gives the wanted calls of a stack to `take`, the outermost first.
    #[inline]
    fn of(&mut self, frames: &[LocationId], mut take: impl FnMut(&Call)) {
        self.visited = 0;
        let mut order = 0u32;
        for &location in frames.iter().rev() {
            let step = self.plan.steps[location.index()];
            if (GROUPS..DROPPED).contains(&step) {
                let slots = &self.plan.grouped[self.table.group_range((step & !GROUPS) as usize)];
                for (position, &slot) in slots.iter().enumerate().rev() {
                    self.visit(Visit { slot, order, inline: position + 1 != slots.len() }, &mut take);
                    order = order.wrapping_add(1);
                }
            } else {
                self.visit(Visit { slot: step, order, inline: false }, &mut take);
                order = order.wrapping_add(u32::from(step != HIDDEN));
            }
        }
        self.connect(&mut take);
    }

    /// Notes a node if it is kept.
    #[inline(always)]
    fn visit(&mut self, visit: Visit, take: &mut impl FnMut(&Call)) {
        if self.visited == MOST {
            self.connect(take);
            // The next call begins where the last one ended.
            self.visits[0] = self.visits[MOST - 1];
            self.visited = 1;
        }
        self.visits[self.visited] = visit;
        self.visited += usize::from(visit.slot < DROPPED);
    }

    /// Gives the wanted calls between the nodes noted so far to `take`.
    #[inline(always)]
    fn connect(&mut self, take: &mut impl FnMut(&Call)) {
        let mut found = 0;
        for pair in self.visits[..self.visited].windows(2) {
            let [from, to] = [pair[0], pair[1]];
            self.calls[found] = Call {
                edge: EdgeKey::new(from.slot, to.slot),
                residual: to.order.wrapping_sub(from.order) > 1,
                inline: to.inline,
            };
            let is_wanted = match &self.plan.wanted {
                None => true,
                Some(marks) => marks[to.slot as usize].0 | marks[from.slot as usize].1,
            };
            found += usize::from(is_wanted & (from.slot != to.slot));
        }
        self.calls[..found].iter().for_each(take);
    }
}

/// The sum for an edge, and the stack that was last added to it, so that a stack counts once.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    edge: EdgeKey,
    sum: i64,
    /// 0 in a place of the table that is free.
    last: u32,
    residual: bool,
    inline: bool,
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
    fn place(&self, edge: EdgeKey) -> usize {
        let mut place = (edge.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize;
        loop {
            let tally = &self.tallies[place];
            if tally.edge == edge || tally.last == FREE {
                return place;
            }
            place = (place + 1) & (self.tallies.len() - 1);
        }
    }

    #[inline]
    fn get(&mut self, edge: EdgeKey) -> &mut Tally {
        let place = self.place(edge);
        if self.tallies[place].last == FREE { self.add(edge) } else { &mut self.tallies[place] }
    }

    #[cold]
    fn add(&mut self, edge: EdgeKey) -> &mut Tally {
        // A quarter full at most: looking at a second place costs more than memory.
        if self.used * 4 >= self.tallies.len() {
            self.grow();
        }
        let place = self.place(edge);
        self.used += 1;
        self.tallies[place] = Tally { edge, last: NEW, inline: true, ..Tally::default() };
        &mut self.tallies[place]
    }

    fn grow(&mut self) {
        let larger = Edges::with_bits(64 - self.shift + 1);
        let old = std::mem::replace(self, larger);
        for tally in old.tallies.into_iter().filter(|tally| tally.last != FREE) {
            let place = self.place(tally.edge);
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
                    let tally = edges.get(EdgeKey::new(from, to));
                    tally.last = round;
                    tally.sum += i64::from(from * 50 + to);
                }
            }
        }
        assert_eq!(edges.used, 2500);
        for from in 0..50 {
            for to in 0..50 {
                assert_eq!(edges.get(EdgeKey::new(from, to)).sum, 3 * i64::from(from * 50 + to));
            }
        }
    }
}
