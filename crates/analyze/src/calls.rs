//! Finding the calls of stacks.

use hotlist_profile::LocationId;

use crate::call::Width;
use crate::location_set::LocationSet;
use crate::node::{NodeId, NodeTable};

/// Between which nodes of a table edges are needed, by their rows in it.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    /// All edges.
    All,
    /// Edges into the marked nodes.
    Into(Vec<bool>),
    /// Edges into the marked nodes or out of them.
    Touching(Vec<bool>),
}

/// Kept nodes numbered densely, and for each location what is to be passed there.
///
/// That is a row of codes, the outermost first: the slot of a kept node, with the top bit set unless it was
/// inlined, or [`DROPPED`](Self::DROPPED) for any number of nodes that are left out. Nearly all locations
/// have one or two.
pub(crate) struct Plan<W: Width> {
    kept: Vec<NodeId>,
    /// The codes of each location, or [`LONGER`](Self::LONGER) and a row of `longer`.
    entries: Vec<[W::Half; 2]>,
    longer: Vec<W::Half>,
    /// Where the rows of `longer` begin, and where the last one ends.
    bounds: Vec<usize>,
    /// For each slot which edges are wanted, unless all are.
    wanted: Vec<u8>,
    way: Way,
}

/// Edges into a node are wanted.
const INTO: u8 = 1;
/// Edges out of a node are wanted.
const OUT_OF: u8 = 2;

/// Which frames of a stack are looked at.
enum Way {
    /// All of them.
    All,
    /// All of them, if one is at these locations.
    Meeting(LocationSet),
    /// Those at these locations, which are few. What lies between them counts as left out.
    Few(LocationSet),
    /// Those into which a call may be wanted, and from each outwards to the next one with a kept node.
    Near { wanted: LocationSet, kept: LocationSet },
}

impl<W: Width> Plan<W> {
    /// Nodes that are left out. Greater than every slot.
    const DROPPED: u64 = W::SLOT;
    /// No slot either: where the way into a stack begins.
    const OUTSIDE: u64 = W::SLOT - 1;
    /// There is nothing more at a location.
    const ABSENT: u64 = W::MARK | Self::DROPPED;
    /// There are more codes than two.
    const LONGER: u64 = W::MARK | Self::OUTSIDE;

    /// A plan for the nodes of `table` that are `kept`. `None` when they, or the locations with several of
    /// them, are too many for this width.
    pub(crate) fn new(table: &NodeTable<'_, '_>, kept: &[bool], wanted: &Wanted) -> Option<Self> {
        let ids: Vec<NodeId> = table.ids().filter(|node| kept[node.index()]).collect();
        if ids.len() as u64 >= Self::OUTSIDE {
            return None;
        }
        let mut slots = vec![Self::DROPPED; table.len()];
        for (slot, node) in ids.iter().enumerate() {
            slots[node.index()] = slot as u64;
        }
        let mut plan = Plan {
            entries: Vec::with_capacity(table.view().profile().locations.len()),
            longer: Vec::new(),
            bounds: vec![0],
            wanted: Vec::new(),
            way: Way::All,
            kept: ids,
        };
        let mut codes = Vec::new();
        for location in table.view().profile().locations.ids() {
            codes.clear();
            for (position, node) in table.nodes(location).iter().rev().enumerate() {
                let slot = slots[node.index()];
                if slot != Self::DROPPED {
                    codes.push(if position == 0 { slot | W::MARK } else { slot });
                } else if codes.last() != Some(&Self::DROPPED) {
                    codes.push(Self::DROPPED);
                }
            }
            plan.add(&codes)?;
        }
        plan.choose_way(table, wanted);
        Some(plan)
    }

    /// Adds what is to be passed at the next location.
    fn add(&mut self, codes: &[u64]) -> Option<()> {
        let entry = match *codes {
            [] => [Self::ABSENT, Self::ABSENT],
            [only] => [only, Self::ABSENT],
            [outer, inner] => [outer, inner],
            _ => {
                let row = self.bounds.len() as u64 - 1;
                if row > W::SLOT {
                    return None;
                }
                self.longer.extend(codes.iter().map(|&code| W::half(code)));
                self.bounds.push(self.longer.len());
                [Self::LONGER, row]
            }
        };
        self.entries.push(entry.map(W::half));
        Some(())
    }

    fn choose_way(&mut self, table: &NodeTable<'_, '_>, wanted: &Wanted) {
        let mut mark = |marked: &[bool], mark: u8| {
            let marks = self.kept.iter().map(|node| if marked[node.index()] { mark } else { 0 });
            self.wanted = marks.collect();
        };
        match wanted {
            Wanted::All => {}
            Wanted::Into(marked) => mark(marked, INTO),
            Wanted::Touching(marked) => mark(marked, INTO | OUT_OF),
        }
        let kept = || self.locations(table, |_| true);
        let marked = || self.locations(table, |slot| self.wanted[slot] != 0);
        self.way = match wanted {
            // Frames that were passed over have to be known as such, hidden ones do not count.
            Wanted::All if self.kept.len() < table.len() / 16 && !table.view().hides_frames() => {
                Way::Few(kept())
            }
            Wanted::All => Way::All,
            Wanted::Into(_) => Way::Near { wanted: marked(), kept: kept() },
            Wanted::Touching(_) => Way::Meeting(marked()),
        };
    }

    /// Where the kept nodes are for whose slots `chosen` holds.
    fn locations(&self, table: &NodeTable<'_, '_>, chosen: impl Fn(usize) -> bool) -> LocationSet {
        let is_chosen = |&code: &W::Half| {
            let slot = (W::half_bits(code) & W::SLOT) as usize;
            slot < self.kept.len() && chosen(slot)
        };
        LocationSet::new(table.view().profile(), |location| {
            let entry = &self.entries[location.index()];
            self.longer_row(*entry).unwrap_or(entry).iter().any(is_chosen)
        })
    }

    /// The codes of a location that has more than two.
    #[inline(always)]
    fn longer_row(&self, entry: [W::Half; 2]) -> Option<&[W::Half]> {
        let [first, row] = entry.map(W::half_bits);
        let row = row as usize;
        (first == Self::LONGER).then(|| &self.longer[self.bounds[row]..self.bounds[row + 1]])
    }

    /// The kept nodes by their slots.
    pub(crate) fn kept(&self) -> &[NodeId] {
        &self.kept
    }
}

/// How many frames of a stack are looked at together.
const MOST: usize = 128;
/// Room for the codes of so many frames: with one for what lies between them, up to three for each.
const ROOM: usize = 4 * MOST;

/// Finds the calls of stacks.
///
/// The loops write every candidate and then move on or not, rather than branch: what a frame is cannot
/// be foreseen, and a wrong guess costs more than the rest of the work on it.
pub(crate) struct Calls<'t, W: Width> {
    plan: &'t Plan<W>,
    path: Path<'t, W>,
    /// Codes of frames that are next to each other, the outermost first.
    codes: [W::Half; ROOM],
    /// Room for the positions of the frames that matter.
    positions: Vec<u32>,
}

impl<'t, W: Width> Calls<'t, W> {
    pub(crate) fn new(plan: &'t Plan<W>) -> Self {
        let path = Path { wanted: &plan.wanted, from: 0, gap: 0, calls: [W::edge(0); ROOM] };
        Calls { plan, path, codes: [W::half(0); ROOM], positions: Vec::new() }
    }

    /// Gives the wanted calls of a stack to `take`, the outermost first.
    #[inline]
    pub(crate) fn of(&mut self, frames: &[LocationId], mut take: impl FnMut(&[W::Edge])) {
        self.path.begin();
        match &self.plan.way {
            Way::All => self.pass_all::<false>(frames, &mut take),
            Way::Meeting(wanted) => {
                if wanted.meets(frames) {
                    self.pass_all::<true>(frames, &mut take);
                }
            }
            Way::Few(locations) => {
                let mut room = std::mem::take(&mut self.positions);
                let mut last = frames.len() as u32;
                for positions in locations.positions(frames, &mut room).rchunks(MOST) {
                    let steps = positions.iter().rev().map(|&position| {
                        let is_next = position + 1 == std::mem::replace(&mut last, position);
                        (frames[position as usize], !is_next)
                    });
                    self.pass::<false>(steps, &mut take);
                }
                self.positions = room;
            }
            Way::Near { wanted, kept } => {
                let mut room = std::mem::take(&mut self.positions);
                for positions in wanted.positions_with_next(kept, frames, &mut room).rchunks(MOST) {
                    let steps = positions.iter().rev().map(|&position| (frames[position as usize], false));
                    self.pass::<true>(steps, &mut take);
                }
                self.positions = room;
            }
        }
    }

    #[inline]
    fn pass_all<const CHOOSY: bool>(&mut self, frames: &[LocationId], take: &mut impl FnMut(&[W::Edge])) {
        for frames in frames.rchunks(MOST) {
            self.pass::<CHOOSY>(frames.iter().rev().map(|&location| (location, false)), take);
        }
    }

    /// Passes up to [`MOST`] frames, and before some of them others that are left out.
    #[inline(always)]
    fn pass<const CHOOSY: bool>(
        &mut self,
        steps: impl Iterator<Item = (LocationId, bool)>,
        take: &mut impl FnMut(&[W::Edge]),
    ) {
        let plan = self.plan;
        let mut held = 0;
        for (location, is_after_others) in steps {
            self.codes[held % ROOM] = W::half(Plan::<W>::DROPPED);
            held += usize::from(is_after_others);
            let [outer, inner] = plan.entries[location.index()];
            if let Some(codes) = plan.longer_row([outer, inner]) {
                self.path.pass::<CHOOSY>(&self.codes[..held], take);
                codes.chunks(ROOM).for_each(|codes| self.path.pass::<CHOOSY>(codes, take));
                held = 0;
                continue;
            }
            for code in [outer, inner] {
                self.codes[held % ROOM] = code;
                held += usize::from(W::half_bits(code) != Plan::<W>::ABSENT);
            }
        }
        self.path.pass::<CHOOSY>(&self.codes[..held], take);
    }
}

/// The way from the outermost frame of a stack inwards.
struct Path<'t, W: Width> {
    /// For each slot which edges are wanted.
    wanted: &'t [u8],
    /// The kept node that was passed last, and a mark if others were since then.
    from: u64,
    gap: u64,
    calls: [W::Edge; ROOM],
}

impl<W: Width> Path<'_, W> {
    fn begin(&mut self) {
        (self.from, self.gap) = (Plan::<W>::OUTSIDE, 0);
    }

    /// Goes on along up to [`ROOM`] codes and gives the wanted calls to `take`.
    #[inline(always)]
    fn pass<const CHOOSY: bool>(&mut self, codes: &[W::Half], take: &mut impl FnMut(&[W::Edge])) {
        let (mut from, mut gap, mut found) = (self.from, self.gap, 0);
        for &code in codes {
            let code = W::half_bits(code);
            let slot = code & W::SLOT;
            let is_kept = slot != Plan::<W>::DROPPED;
            self.calls[found % ROOM] = W::edge((from | gap) << W::BITS | code);
            let mut is_call = is_kept & (slot != from) & (from != Plan::<W>::OUTSIDE);
            if CHOOSY {
                let marks = |slot: u64| self.wanted.get(slot as usize).copied().unwrap_or(0);
                is_call &= (marks(slot) & INTO | marks(from) & OUT_OF) != 0;
            }
            found += usize::from(is_call);
            from = if is_kept { slot } else { from };
            gap = if is_kept { 0 } else { W::MARK };
        }
        (self.from, self.gap) = (from, gap);
        take(&self.calls[..found]);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use hotlist_profile::{Builder, Line};

    use super::*;
    use crate::call::{Narrow, Wide};
    use crate::edges::Edges;
    use crate::granularity::Detail;
    use crate::parallel::Threads;
    use crate::view::{SampleValue, View};

    type Found = BTreeMap<(usize, usize), (i64, bool, bool)>;

    /// The edges by the rules, one frame after the other.
    fn by_rules(table: &NodeTable<'_, '_>, kept: &[bool], is_wanted: impl Fn(usize, usize) -> bool) -> Found {
        let mut found = Found::new();
        for stack in (0..table.view().profile().stacks.len()).map(hotlist_profile::StackId::new) {
            let mut seen = Vec::new();
            let (mut caller, mut gap) = (None, false);
            for &location in table.view().frames(stack).iter().rev() {
                for (depth, node) in table.nodes(location).iter().rev().map(|node| node.index()).enumerate() {
                    if !kept[node] {
                        gap = true;
                        continue;
                    }
                    let from = caller.replace(node);
                    let edge = from.map(|from| (from, node)).filter(|&(from, to)| from != to);
                    if let Some((from, to)) = edge.filter(|edge| !seen.contains(edge))
                        && is_wanted(from, to)
                    {
                        seen.push((from, to));
                        let (sum, residual, inline) = found.entry((from, to)).or_insert((0, false, true));
                        *sum += 1 + stack.index() as i64;
                        *residual |= gap;
                        *inline &= depth > 0;
                    }
                    gap = false;
                }
            }
        }
        found
    }

    fn by_plan<W: Width>(table: &NodeTable<'_, '_>, kept: &[bool], wanted: &Wanted) -> Found {
        let plan = Plan::<W>::new(table, kept, wanted).unwrap();
        let (mut calls, mut edges) = (Calls::new(&plan), Edges::<W>::default());
        for stack in (0..table.view().profile().stacks.len()).map(hotlist_profile::StackId::new) {
            let frames = table.view().frames(stack);
            calls.of(frames, |calls| edges.add(calls, 1 + stack.index() as i64, stack.raw() + 1));
        }
        let found = edges.sorted().into_iter().map(|tally| {
            let [from, to] = [tally.call.from(), tally.call.to()].map(|slot| plan.kept()[slot].index());
            ((from, to), (tally.sum, tally.call.is_residual(), tally.call.is_inline()))
        });
        found.collect()
    }

    #[test]
    fn all_ways_find_the_calls_of_the_rules() {
        let mut state = 1u64;
        let mut random = move |below: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % below
        };
        for (functions, frames) in [(5, 8), (60, 12), (400, 700)] {
            let mut builder = Builder::new(&[("samples", "count")]);
            let ids: Vec<_> =
                (0..functions).map(|row| builder.named_function(&format!("f{row}"), "")).collect();
            let locations: Vec<LocationId> = (0..functions * 2)
                .map(|_| {
                    let lines = match random(8) {
                        0 => 1 + random(6),
                        // More than are passed at once.
                        1 if random(30) == 0 => 2 * ROOM,
                        _ => 1,
                    };
                    let line = |function| Line { function, line: 0, column: 0 };
                    let lines: Vec<Line> = (0..lines).map(|_| line(ids[random(functions)])).collect();
                    builder.location(hotlist_profile::Location::default(), &lines)
                })
                .collect();
            for _ in 0..200 {
                let stack: Vec<_> = (0..random(frames)).map(|_| locations[random(locations.len())]).collect();
                builder.sample(&stack, &[], &[1]).unwrap();
            }
            let profile = builder.finish();
            let value = SampleValue { column: 0, mean: false };
            let view = View::new(&profile, value, Threads::ONE, &mut Vec::new()).unwrap();
            let table = NodeTable::new(&view, Detail::default(), None);
            for share in [1, 2, 20] {
                let mut choose =
                    |share: usize| (0..table.len()).map(|_| random(share) == 0).collect::<Vec<_>>();
                let (kept, marked) = (choose(share), choose(6));
                let check = |wanted: &Wanted, expected: Found| {
                    assert_eq!(by_plan::<Narrow>(&table, &kept, wanted), expected, "{wanted:?}");
                    assert_eq!(by_plan::<Wide>(&table, &kept, wanted), expected, "{wanted:?}");
                };
                check(&Wanted::All, by_rules(&table, &kept, |_, _| true));
                check(&Wanted::Into(marked.clone()), by_rules(&table, &kept, |_, to| marked[to]));
                let touching = by_rules(&table, &kept, |from, to| marked[from] || marked[to]);
                check(&Wanted::Touching(marked.clone()), touching);
            }
        }
    }

    #[test]
    fn a_plan_for_too_many_nodes_has_to_be_wide() {
        let mut builder = Builder::new(&[("samples", "count")]);
        let frames: Vec<LocationId> = (0..40_000)
            .map(|row| {
                let function = builder.named_function(&format!("f{row}"), "");
                builder.source_location(function, 1)
            })
            .collect();
        builder.sample(&frames, &[], &[1]).unwrap();
        let profile = builder.finish();
        let value = SampleValue { column: 0, mean: false };
        let view = View::new(&profile, value, Threads::ONE, &mut Vec::new()).unwrap();
        let table = NodeTable::new(&view, Detail::default(), None);
        let all = vec![true; table.len()];
        assert!(Plan::<Narrow>::new(&table, &all, &Wanted::All).is_none());
        assert_eq!(by_plan::<Wide>(&table, &all, &Wanted::All), by_rules(&table, &all, |_, _| true));
    }
}
