//! Edges between the places that a report shows.

use crate::location_set::LocationSet;
use crate::node::{NodeId, NodeTable};
use crate::weigh::{StackWeights, Weight};
use hotlist_profile::LocationId;
use rustc_hash::FxHashSet;

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
) -> impl Iterator<Item = Connection> + use<> {
    let plan = Plan::new(table, kept, wanted);
    let values = weigh_calls(table, stacks, &plan, |weight| weight.value);
    let divisors =
        table.view().value().mean.then(|| weigh_calls(table, stacks, &plan, |weight| weight.divisor));
    values.into_iter().enumerate().map(move |(row, tally)| Connection {
        from: plan.kept[tally.call.from()],
        to: plan.kept[tally.call.to()],
        weight: Weight {
            value: tally.sum,
            // Both passes see the same calls.
            divisor: divisors.as_ref().map_or(0, |divisors| divisors[row].sum),
        },
        residual: tally.call.is_residual(),
        inline: tally.call.is_inline(),
    })
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
        let mut seen = Seen::new(plan.kept.len());
        for (stack, weight) in stacks.active(rows) {
            let weight = part(weight);
            seen.begin(stack.raw() + 1);
            calls.of(view.frames(stack), |calls, extent| {
                // What a stack says again about an edge is passed over, marks included.
                if extent == Extent::Whole && seen.are_all_new(calls) {
                    calls.iter().for_each(|call| edges.add(call, weight));
                } else {
                    calls.iter().filter(|call| seen.is_new(call)).for_each(|call| edges.add(call, weight));
                }
            });
        }
        edges.sorted()
    });
    parts.into_iter().reduce(merged).unwrap_or_default()
}

/// Two lists of edges, each sorted and without repetitions, as one such list.
fn merged(left: Vec<Tally>, right: Vec<Tally>) -> Vec<Tally> {
    let mut all = Vec::with_capacity(left.len() + right.len());
    let mut right = right.into_iter().peekable();
    for mut tally in left {
        while let Some(lesser) = right.next_if(|other| other.call.edge() < tally.call.edge()) {
            all.push(lesser);
        }
        if let Some(same) = right.next_if(|other| other.call.edge() == tally.call.edge()) {
            tally.sum += same.sum;
            tally.call = tally.call.with_marks_of(same.call);
        }
        all.push(tally);
    }
    all.extend(right);
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
    /// Which edges are wanted, unless all are.
    wanted: Option<Marks>,
    /// Where the kept nodes are, if those are so few that frames are better looked for than passed one by one.
    few: Option<LocationSet>,
}

/// Which edges are wanted.
struct Marks {
    /// For each slot whether edges into it are wanted, and those out of it.
    slots: Vec<(bool, bool)>,
    /// Where a wanted edge may begin or end.
    locations: LocationSet,
    /// Whether any edge is wanted for where it begins.
    with_callees: bool,
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
                let marks = |node: &NodeId| {
                    (is_marked(into, node), out_of.as_ref().is_some_and(|marked| is_marked(marked, node)))
                };
                let slots: Vec<(bool, bool)> = ids.iter().map(marks).collect();
                let is_wanted = |node: NodeId| kept[node.index()] && marks(&node) != (false, false);
                let locations = LocationSet::of_nodes(table, is_wanted);
                Some(Marks { slots, locations, with_callees: out_of.is_some() })
            }
        };
        // Frames that were passed over have to be known as such, hidden ones do not count.
        let are_few = wanted.is_none() && ids.len() < table.len() / 16 && !table.view().hides_frames();
        let few = are_few.then(|| LocationSet::of_nodes(table, |node| kept[node.index()]));
        Plan { kept: ids, steps, grouped, wanted, few }
    }

    /// Whether a location stands for a kept node.
    #[inline]
    fn keeps(&self, location: LocationId) -> bool {
        self.steps[location.index()] < DROPPED
    }
}

/// A call from one kept node to another, in one number: the callee's slot in the lower half and the
/// caller's in the upper one, and at the top of each half a mark.
///
/// The marks say what an edge is once any of its calls is: residual, and not inlined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Call(u64);

/// No call at all; slots are smaller.
const FREE: Call = Call(u64::MAX);

impl Call {
    const RESIDUAL: u64 = 1 << 63;
    const NOT_INLINE: u64 = 1 << 31;

    #[inline]
    fn new(from: u32, to: u32, is_residual: bool, is_inline: bool) -> Self {
        let marks = u64::from(is_residual) << 63 | u64::from(!is_inline) << 31;
        Call(u64::from(from) << 32 | u64::from(to) | marks)
    }

    /// The call without its marks.
    #[inline]
    fn edge(self) -> u64 {
        self.0 & !(Call::RESIDUAL | Call::NOT_INLINE)
    }

    #[inline]
    fn with_marks_of(self, other: Call) -> Self {
        Call(self.0 | other.0 & (Call::RESIDUAL | Call::NOT_INLINE))
    }

    fn from(self) -> usize {
        (self.edge() >> 32) as usize
    }

    #[inline]
    fn to(self) -> usize {
        self.edge() as u32 as usize
    }

    fn is_residual(self) -> bool {
        self.0 & Call::RESIDUAL != 0
    }

    fn is_inline(self) -> bool {
        self.0 & Call::NOT_INLINE == 0
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

/// Whether calls are all that a stack has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Part,
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
    /// How many nodes that are not hidden the stack has had so far.
    order: u32,
    /// The kept nodes of a part of a stack, of which `visited` hold.
    visits: [Visit; MOST],
    visited: usize,
    /// Whether the calls are those of the whole stack.
    extent: Extent,
    /// The calls, of which `found` hold.
    calls: [Call; 2 * MOST],
    found: usize,
    /// Room for the positions of the frames that matter.
    positions: Vec<u32>,
}

impl<'t, 'v, 'p> Calls<'t, 'v, 'p> {
    fn new(table: &'t NodeTable<'v, 'p>, plan: &'t Plan) -> Self {
        Calls {
            table,
            plan,
            order: 0,
            visits: [Visit::default(); MOST],
            visited: 0,
            extent: Extent::Whole,
            calls: [FREE; 2 * MOST],
            found: 0,
            positions: Vec::new(),
        }
    }

    /// Gives the wanted calls of a stack to `take`, the outermost first.
    #[inline]
    fn of(&mut self, frames: &[LocationId], mut take: impl FnMut(&[Call], Extent)) {
        (self.order, self.visited, self.extent, self.found) = (0, 0, Extent::Whole, 0);
        match (&self.plan.wanted, &self.plan.few) {
            (None, None) => {
                // What to do at each is looked up first: one wait for all of them, where each would be waited
                // for as soon as the processor has foreseen it wrongly.
                let mut steps = [HIDDEN; MOST];
                for frames in frames.rchunks(MOST) {
                    let steps = &mut steps[..frames.len()];
                    let look_up =
                        |(step, location): (&mut u32, &LocationId)| *step = self.plan.steps[location.index()];
                    steps.iter_mut().zip(frames).for_each(look_up);
                    steps.iter().rev().for_each(|&step| self.pass_step(step, &mut take));
                }
            }
            (None, Some(few)) => {
                let mut room = std::mem::take(&mut self.positions);
                let mut last = frames.len();
                for &position in few.positions(frames, &mut room).iter().rev() {
                    let position = position as usize;
                    // Whatever lies between counts as one node.
                    self.order = self.order.wrapping_add(u32::from(position + 1 != last));
                    self.pass(frames[position], &mut take);
                    last = position;
                }
                self.positions = room;
            }
            (Some(marks), _) => {
                let mut room = std::mem::take(&mut self.positions);
                self.pass_near(frames, marks.locations.positions(frames, &mut room), marks, &mut take);
                self.positions = room;
            }
        }
        self.connect(&mut take);
        take(&self.calls[..self.found], self.extent);
    }

    /// Passes only what matters for the calls at these positions: the frames at them, and beyond each as far
    /// as the next one with a kept node.
    #[inline]
    fn pass_near(
        &mut self,
        frames: &[LocationId],
        positions: &[u32],
        marks: &Marks,
        take: &mut impl FnMut(&[Call], Extent),
    ) {
        // Frames from here on were passed, or do not matter.
        let mut done = frames.len();
        for &position in positions.iter().rev() {
            let position = position as usize;
            if position >= done {
                continue;
            }
            let mut caller = position + 1;
            while caller < done && !self.plan.keeps(frames[caller]) {
                caller += 1;
            }
            if caller < done {
                self.connect(take);
                self.visited = 0;
                done = caller + 1;
            }
            frames[position..done].iter().rev().for_each(|&location| self.pass(location, take));
            done = position;
            while marks.with_callees && done > 0 {
                done -= 1;
                let location = frames[done];
                self.pass(location, take);
                if self.plan.keeps(location) && !marks.locations.contains(location) {
                    break;
                }
            }
        }
    }

    /// Notes the kept nodes of a location.
    #[inline(always)]
    fn pass(&mut self, location: LocationId, take: &mut impl FnMut(&[Call], Extent)) {
        self.pass_step(self.plan.steps[location.index()], take);
    }

    /// Notes the kept nodes of a location at which this is to be done.
    #[inline(always)]
    fn pass_step(&mut self, step: u32, take: &mut impl FnMut(&[Call], Extent)) {
        if (GROUPS..DROPPED).contains(&step) {
            let slots = &self.plan.grouped[self.table.group_range((step & !GROUPS) as usize)];
            for (position, &slot) in slots.iter().enumerate().rev() {
                self.visit(Visit { slot, order: self.order, inline: position + 1 != slots.len() }, take);
                self.order = self.order.wrapping_add(1);
            }
        } else {
            self.visit(Visit { slot: step, order: self.order, inline: false }, take);
            self.order = self.order.wrapping_add(u32::from(step != HIDDEN));
        }
    }

    /// Notes a node if it is kept.
    #[inline(always)]
    fn visit(&mut self, visit: Visit, take: &mut impl FnMut(&[Call], Extent)) {
        if self.visited == MOST {
            self.connect(take);
            // The next call begins where the last one ended.
            self.visits[0] = self.visits[MOST - 1];
            self.visited = 1;
        }
        self.visits[self.visited] = visit;
        self.visited += usize::from(visit.slot < DROPPED);
    }

    /// Notes the wanted calls between the nodes noted so far, and gives those before them to `take` where
    /// room is short.
    #[inline(always)]
    fn connect(&mut self, take: &mut impl FnMut(&[Call], Extent)) {
        if self.found + self.visited > self.calls.len() {
            self.extent = Extent::Part;
            take(&self.calls[..self.found], self.extent);
            self.found = 0;
        }
        for pair in self.visits[..self.visited].windows(2) {
            let [from, to] = [pair[0], pair[1]];
            let is_residual = to.order.wrapping_sub(from.order) > 1;
            self.calls[self.found] = Call::new(from.slot, to.slot, is_residual, to.inline);
            let is_wanted = match &self.plan.wanted {
                None => true,
                Some(marks) => marks.slots[to.slot as usize].0 | marks.slots[from.slot as usize].1,
            };
            self.found += usize::from(is_wanted & (from.slot != to.slot));
        }
    }
}

/// Which edges a stack has already.
struct Seen {
    mark: u32,
    /// For each slot the mark of the last stack in which it was called.
    last: Vec<u32>,
    edges: FxHashSet<u64>,
}

impl Seen {
    fn new(slots: usize) -> Self {
        Seen { mark: 0, last: vec![0; slots], edges: FxHashSet::default() }
    }

    /// Begins a stack; each needs a mark of its own other than zero.
    fn begin(&mut self, mark: u32) {
        self.mark = mark;
        if !self.edges.is_empty() {
            self.edges.clear();
        }
    }

    /// Whether none of the calls of a stack repeats an edge, since none repeats a callee.
    #[inline]
    fn are_all_new(&mut self, calls: &[Call]) -> bool {
        let mut repeated = false;
        for call in calls {
            let last = &mut self.last[call.to()];
            repeated |= *last == self.mark;
            *last = self.mark;
        }
        !repeated
    }

    /// Whether the stack has not had this edge before.
    fn is_new(&mut self, call: &Call) -> bool {
        self.edges.insert(call.edge())
    }
}

/// An edge with its marks, and its sum.
#[derive(Debug, Clone, Copy)]
struct Tally {
    call: Call,
    sum: i64,
}

/// A hash table with open addressing whose entries are the edges themselves.
#[derive(Debug)]
struct Edges {
    tallies: Vec<Tally>,
    used: usize,
    /// 64 less the number of bits of a place.
    shift: u32,
}

impl Default for Edges {
    fn default() -> Self {
        Edges::with_bits(10)
    }
}

impl Edges {
    fn with_bits(bits: u32) -> Self {
        Edges { tallies: vec![Tally { call: FREE, sum: 0 }; 1 << bits], used: 0, shift: 64 - bits }
    }

    /// Where the edge is, or where it belongs.
    #[inline]
    fn place(&self, edge: u64) -> usize {
        let mut place = (edge.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize;
        loop {
            let call = self.tallies[place].call;
            if call.edge() == edge || call == FREE {
                return place;
            }
            place = (place + 1) & (self.tallies.len() - 1);
        }
    }

    #[inline]
    fn add(&mut self, call: &Call, weight: i64) {
        let place = self.place(call.edge());
        let tally = &mut self.tallies[place];
        if tally.call == FREE {
            self.insert(Tally { call: *call, sum: weight });
        } else {
            tally.call = tally.call.with_marks_of(*call);
            tally.sum += weight;
        }
    }

    #[cold]
    fn insert(&mut self, tally: Tally) {
        // Half full at most: a smaller table stays in the caches, a fuller one has more to look at.
        if self.used * 2 >= self.tallies.len() {
            self.grow();
        }
        let place = self.place(tally.call.edge());
        self.used += 1;
        self.tallies[place] = tally;
    }

    /// All edges, sorted by their nodes, whose order is that of the slots.
    fn sorted(self) -> Vec<Tally> {
        let mut tallies = self.tallies;
        tallies.retain(|tally| tally.call != FREE);
        tallies.shrink_to_fit();
        tallies.sort_unstable_by_key(|tally| tally.call.edge());
        tallies
    }

    fn grow(&mut self) {
        let larger = Edges::with_bits(64 - self.shift + 1);
        let old = std::mem::replace(self, larger);
        for tally in old.tallies.into_iter().filter(|tally| tally.call != FREE) {
            let place = self.place(tally.call.edge());
            self.tallies[place] = tally;
            self.used += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_edges_are_merged_in_order() {
        let tally = |from, is_residual, sum| Tally { call: Call::new(from, 7, is_residual, false), sum };
        let left = vec![tally(1, false, 10), tally(2, true, 20), tally(5, false, 50)];
        let right = vec![tally(0, false, 1), tally(2, false, 2), tally(5, true, 5), tally(6, false, 6)];
        let all: Vec<_> = merged(left, right)
            .iter()
            .map(|tally| (tally.call.from(), tally.call.is_residual(), tally.sum))
            .collect();
        assert_eq!(all, [(0, false, 1), (1, false, 10), (2, true, 22), (5, true, 55), (6, false, 6)]);
    }

    #[test]
    fn the_edge_table_grows_and_forgets_nothing() {
        let mut edges = Edges::with_bits(1);
        for round in 1..4 {
            for from in 0..50 {
                for to in 0..50 {
                    let call = Call::new(from, to, round == 2 && to == 7, round != 3);
                    edges.add(&call, i64::from(from * 50 + to));
                }
            }
        }
        assert_eq!(edges.used, 2500);
        for from in 0..50 {
            for to in 0..50 {
                let tally = edges.tallies[edges.place(Call::new(from, to, false, false).edge())];
                assert_eq!((tally.call.from(), tally.call.to()), (from as usize, to as usize));
                assert_eq!((tally.call.is_residual(), tally.call.is_inline()), (to == 7, false));
                assert_eq!(tally.sum, 3 * i64::from(from * 50 + to));
            }
        }
    }
}
