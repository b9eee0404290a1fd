//! The calls of a view as a tree of frames, the heaviest ones only, as flame graphs show them.
//!
//! A profile of a million samples has millions of frames in its call tree, and a picture has room for
//! some thousands. So the tree grows from its root, always at the heaviest frame that it could take in
//! next, and stops when it has as many frames as were asked for. What is below a frame and not taken in
//! is summed up beside those of its callees that were, so that sums are exact at every frame. Stacks
//! are walked only as far as the tree grows.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::Range;

use hotlist_profile::StackId;

use crate::model::node::NodeTable;
use crate::model::node_id::NodeId;
use crate::model::sides::Sides;
use crate::model::stack_weights::stack_sides;
use crate::passes::expansion::{Ahead, Below, Cursor, Expansions, Growth, Sorter, Walk, expand_ahead};

/// Which tree is wanted.
#[derive(Clone, Debug, Default)]
pub struct FlameSpec {
    /// From which end of the stacks the tree grows.
    pub growth: Growth,
    /// Whether direct recursion is one frame: a frame takes in those that it calls and that are the same place.
    pub collapse: bool,
    /// The frame that every stack begins with, where one is given: stacks without it are left out, of
    /// the others only the part beyond its occurrence nearest to the root counts, so that the trees of
    /// its callees and of its callers have equal sums.
    pub pivot: Option<NodeId>,
    /// The way from the root to the frame whose tree is wanted. The frames on the way are part of the
    /// answer; where no such frame exists the tree ends before it.
    pub path: Vec<NodeId>,
    /// How many frames the tree may have, those on the path and the root not counted.
    pub frames: usize,
    /// For each node, whether it is looked for: then what is summed up tells how much of it goes through one of
    /// these. Empty for none.
    pub marked: Vec<bool>,
}

/// A frame of a [`Flame`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub kind: FrameKind,
    /// The row of the frame above; the root's own row for the root.
    pub parent: usize,
    /// How many frames are above.
    pub depth: usize,
    /// What stops here.
    pub flat: Sides,
    /// What comes by here.
    pub cum: Sides,
    /// Whether the function was inlined into its caller wherever it occurs here.
    pub inline: bool,
}

/// What a [`Frame`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// What all stacks begin with; not a place of the program.
    Root,
    /// A place of the program.
    Place(NodeId),
    /// Stands for this number of frames that were not taken in, with all that is below them.
    Others(usize),
}

/// A call tree that has grown as far as was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flame {
    /// The frames, each before those below it; the heaviest of those below a frame come first, what was
    /// summed up comes last. The first is the root.
    pub frames: Vec<Frame>,
    /// How much of what was summed up goes through a marked node: rows of the frames with weights above zero.
    pub marked: Vec<(usize, Sides)>,
}

/// A frame that the tree could take in, or has taken in.
struct Candidate {
    node: Option<NodeId>,
    parent: Option<usize>,
    cum: Sides,
    flat: Sides,
    inline: bool,
    /// Its stacks, as a range of the cursors.
    stacks: Range<usize>,
    /// What is below it, where that was found ahead: a row of the expansions.
    ahead: Option<usize>,
}

/// The order in which the tree grows: the heaviest first, then the one that was found first.
#[derive(PartialEq, Eq)]
struct Rank {
    size: i64,
    row: usize,
}

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> Ordering {
        self.size.cmp(&other.size).then(other.row.cmp(&self.row))
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Grows the call tree of the view.
///
/// Means are not divided: they cannot be added up from callees to callers, so the sums of the
/// values are shown.
pub fn flame(table: &NodeTable<'_, '_>, spec: &FlameSpec) -> Flame {
    /// Below this number of stacks nothing is found ahead: it would gain nothing.
    const WORTHWHILE: usize = 10_000;
    grow(table, spec, WORTHWHILE)
}

/// Grows the tree, looking ahead where there are at least `worthwhile` stacks.
fn grow(table: &NodeTable<'_, '_>, spec: &FlameSpec, worthwhile: usize) -> Flame {
    let mut grower = Grower::new(table, spec);
    let mut ranks: BinaryHeap<Rank> = BinaryHeap::new();
    let mut taken = vec![0];
    let mut path = spec.path.iter().copied();
    let mut tip = 0;
    if path.len() == 0 {
        grower.look_ahead(tip, spec.frames, worthwhile);
    }
    grower.expand(tip);
    while let Some(step) = path.next() {
        let Some(next) = grower.callees(tip).find(|&row| grower.candidates[row].node == Some(step)) else {
            break;
        };
        taken.push(next);
        if path.len() == 0 {
            grower.look_ahead(next, spec.frames, worthwhile);
        }
        grower.expand(next);
        tip = next;
    }
    let push = |ranks: &mut BinaryHeap<Rank>, grower: &Grower<'_, '_, '_>, row: usize| {
        ranks.extend(grower.callees(row).map(|row| Rank { size: grower.candidates[row].cum.size(), row }));
    };
    push(&mut ranks, &grower, tip);
    for _ in 0..spec.frames {
        let Some(Rank { row, .. }) = ranks.pop() else { break };
        taken.push(row);
        grower.expand(row);
        push(&mut ranks, &grower, row);
    }
    grower.finish(&taken, &spec.marked)
}

struct Grower<'g, 'v, 'p> {
    walk: Walk<'g, 'v, 'p>,
    sorter: Sorter,
    cursors: Vec<Cursor>,
    candidates: Vec<Candidate>,
    /// The callees of each candidate that was expanded, as a range of the candidates.
    expanded: Vec<Range<usize>>,
    /// Expansions that were made ahead.
    ahead: Expansions,
}

impl<'g, 'v, 'p> Grower<'g, 'v, 'p> {
    fn new(table: &'g NodeTable<'v, 'p>, spec: &FlameSpec) -> Self {
        let view = table.view();
        let FlameSpec { growth, collapse, .. } = *spec;
        let walk = Walk { table, frames: view.profile().stacks.all_frames(), growth, collapse };
        let weights = stack_sides(view);
        let pivot = spec.pivot.map(|pivot| (pivot, table.locations(|node| node == pivot)));
        let cost = match pivot {
            None => weights.len(),
            Some(_) => view.profile().stacks.frame_count(),
        };
        let parts = view.threads().split(weights.len(), cost, |rows| {
            let mut cum = Sides::default();
            let mut cursors = Vec::with_capacity(if pivot.is_some() { 0 } else { rows.len() });
            for row in rows.filter(|&row| weights[row].size() != 0) {
                let stack = StackId::new(row);
                let Range { start, end } = view.frame_range(stack);
                let start = Cursor { start, end, inline: 0, weight: 0 };
                let start = match &pivot {
                    None => Some(start),
                    Some((_, at)) if !at.meets(view.frames(stack)) => None,
                    Some((pivot, _)) => walk.find(start, *pivot),
                };
                // A stack of which nothing is in view is no part of any report either.
                let is_visible = |cursor: Cursor| {
                    if view.hides_frames() { walk.step(cursor).is_some() } else { cursor.start < cursor.end }
                };
                if let Some(cursor) = start.filter(|&cursor| is_visible(cursor)) {
                    let Sides { plus, minus } = weights[row];
                    cum += weights[row];
                    let sides = [plus, -minus].into_iter().filter(|&weight| weight != 0);
                    cursors.extend(sides.map(|weight| Cursor { weight, ..cursor }));
                }
            }
            (cum, cursors)
        });
        drop(weights);
        let mut cum = Sides::default();
        let mut cursors = Vec::new();
        for (part_cum, part) in parts {
            cum += part_cum;
            if cursors.is_empty() { cursors = part } else { cursors.extend(part) }
        }
        let root = Candidate {
            node: None,
            parent: None,
            cum,
            flat: Sides::default(),
            inline: false,
            stacks: 0..cursors.len(),
            ahead: None,
        };
        Grower {
            walk,
            sorter: Sorter::new(table.len()),
            cursors,
            candidates: vec![root],
            expanded: std::iter::once(0..0).collect(),
            ahead: Expansions::new(),
        }
    }

    /// The candidates below one that was expanded.
    fn callees(&self, row: usize) -> Range<usize> {
        self.expanded[row].clone()
    }

    /// Makes the expansions ahead that a tree of `frames` frames below a candidate needs, as far as that can be
    /// foreseen: a frame that weighs more than its share is likely to be taken in.
    fn look_ahead(&mut self, row: usize, frames: usize, worthwhile: usize) {
        let candidate = &mut self.candidates[row];
        if candidate.stacks.len() < worthwhile {
            return;
        }
        let share = candidate.cum.size() as u64 / (frames as u64).max(1);
        let heavy = i64::try_from(share).unwrap_or(i64::MAX);
        let threads = self.walk.table.view().threads();
        let cursors = &mut self.cursors[candidate.stacks.clone()];
        let ahead = Ahead { heavy, most: frames };
        self.ahead = expand_ahead(self.walk, &mut self.sorter, threads, cursors, ahead);
        candidate.ahead = Some(0);
    }

    /// Finds what is below a candidate: sorts its stacks by their next frame.
    fn expand(&mut self, row: usize) {
        let candidate = &mut self.candidates[row];
        let stacks = candidate.stacks.clone();
        let expansion = match candidate.ahead {
            Some(ahead) => std::mem::take(&mut self.ahead[ahead]),
            None => self.sorter.expand(self.walk, &mut self.cursors[stacks.clone()]),
        };
        candidate.flat = expansion.flat;
        let first = self.candidates.len();
        let mut start = stacks.start;
        for Below { node, cum, inline, stacks, ahead } in expansion.below {
            self.candidates.push(Candidate {
                node: Some(node),
                parent: Some(row),
                cum,
                flat: Sides::default(),
                inline,
                stacks: start..start + stacks,
                ahead,
            });
            self.expanded.push(0..0);
            start += stacks;
        }
        self.expanded[row] = first..self.candidates.len();
    }

    /// The frames that were taken in, in order, with what was not taken in below each of them.
    fn finish(&self, taken: &[usize], marked: &[bool]) -> Flame {
        let mut marks = Vec::new();
        let mut below: Vec<Vec<usize>> = vec![Vec::new(); taken.len()];
        let mut rank = vec![None; self.candidates.len()];
        for (index, &row) in taken.iter().enumerate() {
            rank[row] = Some(index);
            if let Some(parent) = self.candidates[row].parent.and_then(|parent| rank[parent]) {
                below[parent].push(row);
            }
        }
        for rows in &mut below {
            rows.sort_by_key(|&row| Rank { size: self.candidates[row].cum.size(), row });
        }
        let mut frames = Vec::with_capacity(taken.len() * 2);
        // What is yet to be written, the next one last. Trees can be deep, so this is no recursion.
        let mut pending = vec![(0usize, 0usize, 0usize)];
        while let Some((row, parent, depth)) = pending.pop() {
            let candidate = &self.candidates[row];
            let Some(index) = rank[row] else {
                // Reached through its first sibling: all that was not taken in below the parent.
                let mut others = Frame {
                    kind: FrameKind::Others(0),
                    parent,
                    depth,
                    flat: Sides::default(),
                    cum: Sides::default(),
                    inline: false,
                };
                let (mut count, mut found) = (0, Sides::default());
                for row in self.callees(candidate.parent.unwrap_or(0)).filter(|&row| rank[row].is_none()) {
                    others.cum += self.candidates[row].cum;
                    count += 1;
                    if !marked.is_empty() {
                        found += self.marked(row, marked);
                    }
                }
                others.kind = FrameKind::Others(count);
                if found.size() != 0 {
                    marks.push((frames.len(), found));
                }
                frames.push(others);
                continue;
            };
            let place = frames.len();
            frames.push(Frame {
                kind: candidate.node.map_or(FrameKind::Root, FrameKind::Place),
                parent,
                depth,
                flat: candidate.flat,
                cum: candidate.cum,
                inline: candidate.inline,
            });
            if let Some(left_out) = self.callees(row).find(|&row| rank[row].is_none()) {
                pending.push((left_out, place, depth + 1));
            }
            pending.extend(below[index].iter().map(|&row| (row, place, depth + 1)));
        }
        Flame { frames, marked: marks }
    }

    /// How much of a candidate that was not expanded goes through a marked node, it or one below.
    fn marked(&self, row: usize, marked: &[bool]) -> Sides {
        let candidate = &self.candidates[row];
        let mut sum = Sides::default();
        // What was found ahead has been taken further already, so its frames are looked at one by one.
        let mut pending = vec![(candidate.node, candidate.cum, candidate.stacks.clone(), candidate.ahead)];
        while let Some((node, cum, stacks, ahead)) = pending.pop() {
            if node.is_some_and(|node| marked[node.index()]) {
                sum += cum;
                continue;
            }
            let Some(ahead) = ahead else {
                for &cursor in &self.cursors[stacks] {
                    if self.meets(cursor, marked) {
                        sum += Sides::of(cursor.weight);
                    }
                }
                continue;
            };
            let mut start = stacks.start;
            for below in &self.ahead[ahead].below {
                let stacks = start..start + below.stacks;
                start = stacks.end;
                pending.push((Some(below.node), below.cum, stacks, below.ahead));
            }
        }
        sum
    }

    /// Whether a marked node is still to come on a stack.
    fn meets(&self, mut cursor: Cursor, marked: &[bool]) -> bool {
        while let Some((node, _, after)) = self.walk.step(cursor) {
            if marked[node.index()] {
                return true;
            }
            cursor = after;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use hotlist_testkit::{Values, profiles};
    use proptest::prelude::*;

    use super::*;
    use crate::model::granularity::Detail;
    use crate::model::parallel::Threads;
    use crate::model::sample_value::SampleValue;
    use crate::model::view::View;

    #[test]
    fn direct_recursion_collapses_into_one_frame() {
        let mut builder = hotlist_profile::Builder::new(&[("samples", "count")]);
        let [main, fib, leaf] = ["main", "fib", "leaf"].map(|name| {
            let function = builder.named_function(name, "main.rs");
            builder.source_location(function, 1)
        });
        let profile = {
            builder.sample(&[leaf, fib, fib, fib, main], &[], &[2]).expect("frames are few");
            builder.sample(&[fib, fib, main], &[], &[3]).expect("frames are few");
            builder.sample(&[fib, leaf, fib, main], &[], &[5]).expect("frames are few");
            builder.finish()
        };
        let value = SampleValue { column: 0, mean: false };
        let view = View::new(&profile, value, Threads::ONE, &mut Vec::new()).expect("sums fit");
        let table = NodeTable::new(&view, Detail::default(), None);
        let frames = |growth, pivot| {
            let spec = FlameSpec { growth, pivot, collapse: true, frames: 100, ..FlameSpec::default() };
            let frames = flame(&table, &spec).frames.into_iter();
            let frame = |frame: Frame| match frame.kind {
                FrameKind::Place(node) => {
                    (table.info(node).name, frame.depth, frame.flat.plus, frame.cum.plus)
                }
                other => panic!("{other:?}"),
            };
            frames.skip(1).map(frame).collect::<Vec<_>>()
        };
        let frame = |name: &str, depth, flat, cum| (name.to_owned(), depth, flat, cum);
        let callees =
            [frame("main", 1, 0, 10), frame("fib", 2, 3, 10), frame("leaf", 3, 2, 7), frame("fib", 4, 5, 5)];
        assert_eq!(frames(Growth::Callees, None), callees);
        let pivot = table.ids().find(|&node| table.info(node).name == "fib");
        let below = [frame("fib", 1, 3, 10), frame("leaf", 2, 2, 7), frame("fib", 3, 5, 5)];
        assert_eq!(frames(Growth::Callees, pivot), below);
    }

    #[test]
    fn many_stacks_are_sorted_alike_on_any_number_of_threads() {
        let mut builder = hotlist_profile::Builder::new(&[("samples", "count")]);
        let ids: Vec<_> = (0..40)
            .map(|line| {
                let function = builder.named_function(&format!("f{}", line / 2), "main.rs");
                builder.source_location(function, line)
            })
            .collect();
        let mut state = 1u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize % below
        };
        for sample in 0..60_000 {
            let stack: Vec<_> = (0..random(9)).map(|_| ids[random(ids.len())]).collect();
            builder.sample(&stack, &[], &[1 - sample % 3]).expect("frames are few");
        }
        let profile = builder.finish();
        let flame = |threads, growth| {
            let value = SampleValue { column: 0, mean: false };
            let view = View::new(&profile, value, Threads::new(threads), &mut Vec::new()).expect("sums fit");
            let spec = FlameSpec { growth, frames: 500, ..FlameSpec::default() };
            flame(&NodeTable::new(&view, Detail::default(), None), &spec)
        };
        for growth in [Growth::Callees, Growth::Callers] {
            let alone = flame(1, growth);
            assert_eq!(
                alone.frames.iter().filter(|frame| matches!(frame.kind, FrameKind::Place(_))).count(),
                500
            );
            for threads in [2, 3] {
                assert_eq!(flame(threads, growth), alone);
            }
        }
    }

    proptest! {
        #[test]
        fn a_pivot_has_all_stacks_that_it_is_on(profile in profiles(Values::Any), callers: bool) {
            let value = SampleValue { column: 0, mean: false };
            let Ok(view) = View::new(&profile, value, Threads::ONE, &mut Vec::new()) else {
                return Ok(());
            };
            let table = NodeTable::new(&view, Detail::default(), None);
            let growth = if callers { Growth::Callers } else { Growth::Callees };
            for pivot in table.ids() {
                let mut expected = Sides::default();
                for sample in view.samples() {
                    let frames = view.frames(profile.samples.stack(sample));
                    if frames.iter().any(|&location| table.nodes(location).contains(&pivot)) {
                        expected += Sides::of(view.weight(sample).0);
                    }
                }
                let spec = FlameSpec { growth, pivot: Some(pivot), frames: 10, ..FlameSpec::default() };
                let flame = flame(&table, &spec);
                prop_assert_eq!(flame.frames[0].cum, expected);
                let below = flame.frames.get(1).map(|frame| (frame.kind, frame.cum));
                prop_assert_eq!(below, (expected.size() != 0).then_some((FrameKind::Place(pivot), expected)));
            }
        }

        #[test]
        fn marks_of_what_is_summed_up_are_those_of_its_frames(
            profile in profiles(Values::Any),
            frames in 0..6usize,
            callers: bool,
            wanted in 0..5usize,
            worthwhile in prop_oneof![Just(0usize), Just(usize::MAX)],
        ) {
            let value = SampleValue { column: 0, mean: false };
            let Ok(view) = View::new(&profile, value, Threads::new(2), &mut Vec::new()) else {
                return Ok(());
            };
            let table = NodeTable::new(&view, Detail::default(), None);
            let growth = if callers { Growth::Callers } else { Growth::Callees };
            let marked: Vec<bool> = table.ids().map(|node| node.index() % 5 == wanted).collect();
            let spec = |frames| FlameSpec { growth, frames, marked: marked.clone(), ..FlameSpec::default() };
            // Of each tree, what goes through a marked frame, each stack once.
            let whole = |flame: &Flame| {
                let mut sum = Sides::default();
                let mut under = vec![false; flame.frames.len()];
                for (row, frame) in flame.frames.iter().enumerate() {
                    let is_marked = matches!(frame.kind, FrameKind::Place(node) if marked[node.index()]);
                    let above = row > 0 && under[frame.parent];
                    under[row] = above || is_marked;
                    if is_marked && !above {
                        sum += frame.cum;
                    }
                    for (_, part) in flame.marked.iter().filter(|(other, _)| *other == row && !above) {
                        sum += *part;
                    }
                }
                sum
            };
            let all = whole(&grow(&table, &spec(usize::MAX), usize::MAX));
            prop_assert_eq!(whole(&grow(&table, &spec(frames), worthwhile)), all);
        }

        #[test]
        fn what_is_found_ahead_is_what_would_be_found(
            profile in profiles(Values::Any),
            frames in prop_oneof![0..40usize, Just(usize::MAX)],
            callers: bool,
            threads in 1..4usize,
        ) {
            let value = SampleValue { column: 0, mean: false };
            let Ok(view) = View::new(&profile, value, Threads::new(threads), &mut Vec::new()) else {
                return Ok(());
            };
            let table = NodeTable::new(&view, Detail::default(), None);
            let growth = if callers { Growth::Callers } else { Growth::Callees };
            let whole = FlameSpec { growth, frames, ..FlameSpec::default() };
            let way = flame(&table, &whole).frames.iter().find_map(|frame| match frame.kind {
                FrameKind::Place(node) => Some(vec![node]),
                _ => None,
            });
            let part = FlameSpec { path: way.unwrap_or_default(), ..whole.clone() };
            for spec in [whole, part] {
                prop_assert_eq!(grow(&table, &spec, 0), grow(&table, &spec, usize::MAX));
            }
        }
    }
}
