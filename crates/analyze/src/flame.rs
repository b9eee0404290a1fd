//! The calls of a view as a tree of frames, the heaviest ones only, as flame graphs show them.
//!
//! A profile of a million samples has millions of frames in its call tree, and a picture has room for
//! some thousands. So the tree grows from its root, always at the heaviest frame that it could take in
//! next, and stops when it has as many frames as were asked for. What is below a frame and not taken in
//! is summed up beside those of its callees that were, so that sums are exact at every frame. Stacks
//! are walked only as far as the tree grows.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::{AddAssign, Range};

use hotlist_profile::{LocationId, StackId};

use crate::node::{NodeId, NodeTable};

/// From which end of the stacks a tree grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Growth {
    /// From the roots: below a frame are its callees.
    #[default]
    Callees,
    /// From the leaves: below a frame are its callers.
    Callers,
}

/// Which tree is wanted.
#[derive(Clone, Debug, Default)]
pub struct FlameSpec {
    /// From which end of the stacks the tree grows.
    pub growth: Growth,
    /// The frame that every stack begins with, where one is given: stacks without it are left out, of
    /// the others only the part beyond its occurrence nearest to the root counts, so that the trees of
    /// its callees and of its callers have equal sums.
    pub pivot: Option<NodeId>,
    /// The way from the root to the frame whose tree is wanted. The frames on the way are part of the
    /// answer; where no such frame exists the tree ends before it.
    pub path: Vec<NodeId>,
    /// How many frames the tree may have, those on the path and the root not counted.
    pub frames: usize,
}

/// A sum of samples, by their sign. Samples below zero come from the base of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sides {
    /// The sum of the values above zero.
    pub plus: i64,
    /// The sum of the values below zero, without their sign.
    pub minus: i64,
}

impl Sides {
    /// The sum of all values.
    pub fn net(self) -> i64 {
        self.plus - self.minus
    }

    /// The sum of all values without their signs, which is how wide a frame is drawn.
    pub fn size(self) -> i64 {
        self.plus + self.minus
    }
}

impl AddAssign for Sides {
    fn add_assign(&mut self, other: Sides) {
        // A view refuses profiles in which the sum of all absolute values needs more than 64 bits.
        self.plus += other.plus;
        self.minus += other.minus;
    }
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
    /// So many frames that were not taken in, with all that is below them.
    Others(usize),
}

/// A call tree that has grown as far as was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flame {
    /// The frames, each before those below it; the heaviest of those below a frame come first, what was
    /// summed up comes last. The first is the root.
    pub frames: Vec<Frame>,
}

/// A stack on its way into the tree, with all that is needed to take it further: the stacks of a frame
/// lie side by side, but what they point to is spread over memory.
#[derive(Clone, Copy)]
struct Cursor<'p> {
    /// The locations that are still to come, leaf first.
    rest: &'p [LocationId],
    /// How many nodes of the next location are in the tree already.
    inline: u32,
    weight: Sides,
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

impl NodeTable<'_, '_> {
    /// Grows the call tree of the view.
    ///
    /// Means are not divided: they cannot be added up from callees to callers, so the sums of the
    /// values are shown.
    pub fn flame(&self, spec: &FlameSpec) -> Flame {
        let mut grower = Grower::new(self, spec);
        let mut ranks: BinaryHeap<Rank> = BinaryHeap::new();
        let mut taken = vec![0];
        let mut path = spec.path.iter().copied();
        let mut tip = 0;
        grower.expand(tip);
        for step in path.by_ref() {
            let Some(next) = grower.callees(tip).find(|&row| grower.candidates[row].node == Some(step))
            else {
                break;
            };
            taken.push(next);
            grower.expand(next);
            tip = next;
        }
        let push = |ranks: &mut BinaryHeap<Rank>, grower: &Grower<'_, '_, '_>, row: usize| {
            ranks
                .extend(grower.callees(row).map(|row| Rank { size: grower.candidates[row].cum.size(), row }));
        };
        push(&mut ranks, &grower, tip);
        for _ in 0..spec.frames {
            let Some(Rank { row, .. }) = ranks.pop() else { break };
            taken.push(row);
            grower.expand(row);
            push(&mut ranks, &grower, row);
        }
        grower.finish(&taken)
    }
}

struct Grower<'g, 'v, 'p> {
    table: &'g NodeTable<'v, 'p>,
    growth: Growth,
    cursors: Vec<Cursor<'p>>,
    candidates: Vec<Candidate>,
    /// The callees of each candidate that was expanded, as a range of the candidates.
    expanded: Vec<Range<usize>>,
    /// For each node the candidate it became in the expansion under way, with the number of that.
    seen: Vec<(u32, u32)>,
    expansion: u32,
    /// Room for sorting cursors.
    unsorted: Vec<Cursor<'p>>,
    rows: Vec<u32>,
    next: Vec<Option<LocationId>>,
}

/// Stands for a stack that has no further frame.
const ENDS: u32 = u32::MAX;

impl<'g, 'v, 'p> Grower<'g, 'v, 'p> {
    fn new(table: &'g NodeTable<'v, 'p>, spec: &FlameSpec) -> Self {
        let view = table.view();
        let samples = &view.profile().samples;
        let mut weights = vec![Sides::default(); view.profile().stacks.len()];
        for sample in view.samples() {
            let (value, _) = view.weight(sample);
            let sides = Sides { plus: value.max(0), minus: value.min(0).saturating_neg() };
            weights[samples.stack(sample).index()] += sides;
        }
        let mut grower = Grower {
            table,
            growth: spec.growth,
            cursors: Vec::new(),
            candidates: Vec::new(),
            expanded: Vec::new(),
            seen: vec![(0, 0); table.len()],
            expansion: 0,
            unsorted: Vec::new(),
            rows: Vec::new(),
            next: Vec::new(),
        };
        let mut cum = Sides::default();
        for (row, weight) in weights.into_iter().enumerate().filter(|(_, weight)| weight.size() != 0) {
            let start = Cursor { rest: view.frames(StackId::new(row)), inline: 0, weight };
            let start = match spec.pivot {
                None => Some(start),
                Some(pivot) => grower.find(start, pivot),
            };
            // A stack of which nothing is in view is no part of any report either.
            if let Some(cursor) = start.filter(|&cursor| grower.step(cursor).is_some()) {
                cum += weight;
                grower.cursors.push(cursor);
            }
        }
        let stacks = 0..grower.cursors.len();
        grower.candidates.push(Candidate {
            node: None,
            parent: None,
            cum,
            flat: Sides::default(),
            inline: false,
            stacks,
        });
        grower.expanded.push(0..0);
        grower
    }

    /// The next location of a stack.
    #[inline]
    fn location(&self, cursor: Cursor<'p>) -> Option<LocationId> {
        match self.growth {
            Growth::Callers => cursor.rest.first().copied(),
            Growth::Callees => cursor.rest.last().copied(),
        }
    }

    /// A cursor behind the next location.
    #[inline]
    fn skip(&self, cursor: Cursor<'p>) -> Cursor<'p> {
        let rest = match (self.growth, cursor.rest) {
            (Growth::Callers, [_, rest @ ..]) | (Growth::Callees, [rest @ .., _]) => rest,
            (_, []) => &[],
        };
        Cursor { rest, inline: 0, ..cursor }
    }

    /// The next frame of a stack, whether it was inlined into its caller, and the cursor behind it.
    fn step(&self, mut cursor: Cursor<'p>) -> Option<(NodeId, bool, Cursor<'p>)> {
        loop {
            let nodes = self.table.nodes(self.location(cursor)?);
            let position = cursor.inline as usize;
            if position < nodes.len() {
                // Nodes begin with the innermost one.
                let index = match self.growth {
                    Growth::Callers => position,
                    Growth::Callees => nodes.len() - 1 - position,
                };
                let after = if position + 1 == nodes.len() {
                    self.skip(cursor)
                } else {
                    Cursor { inline: cursor.inline + 1, ..cursor }
                };
                return Some((nodes[index], index + 1 != nodes.len(), after));
            }
            cursor = self.skip(cursor);
        }
    }

    /// [`step`](Self::step) with the next location at hand, short where it has one node.
    #[inline]
    fn step_from(
        &self,
        cursor: Cursor<'p>,
        location: Option<LocationId>,
    ) -> Option<(NodeId, bool, Cursor<'p>)> {
        match self.table.step(location?).node() {
            None => self.step(cursor),
            Some(node) => Some((NodeId::new(node), false, self.skip(cursor))),
        }
    }

    /// The cursor at the occurrence of `pivot` that is nearest to the root.
    fn find(&self, mut cursor: Cursor<'p>, pivot: NodeId) -> Option<Cursor<'p>> {
        let mut found = None;
        while let Some((node, _, after)) = self.step(cursor) {
            if node == pivot {
                found = Some(cursor);
                if self.growth == Growth::Callees {
                    break;
                }
            }
            cursor = after;
        }
        found
    }

    /// The candidates below one that was expanded.
    fn callees(&self, row: usize) -> Range<usize> {
        self.expanded[row].clone()
    }

    /// Finds what is below a candidate: sorts its stacks by their next frame.
    fn expand(&mut self, row: usize) {
        self.expansion += 1;
        let stacks = self.candidates[row].stacks.clone();
        let first = self.candidates.len();
        let mut flat = Sides::default();
        self.rows.clear();
        // What comes next is fetched for all first, so that many reads are under way at the same time.
        let mut next = std::mem::take(&mut self.next);
        next.clear();
        next.extend(self.cursors[stacks.clone()].iter().map(|&cursor| self.location(cursor)));
        for (at, &location) in stacks.clone().zip(&next) {
            let cursor = self.cursors[at];
            let weight = cursor.weight;
            let Some((node, inline, after)) = self.step_from(cursor, location) else {
                flat += weight;
                self.rows.push(ENDS);
                continue;
            };
            self.cursors[at] = after;
            let (expansion, mut candidate) = self.seen[node.index()];
            if expansion != self.expansion {
                candidate = self.candidates.len() as u32;
                self.seen[node.index()] = (self.expansion, candidate);
                self.candidates.push(Candidate {
                    node: Some(node),
                    parent: Some(row),
                    cum: Sides::default(),
                    flat: Sides::default(),
                    inline: true,
                    stacks: 0..0,
                });
                self.expanded.push(0..0);
            }
            let below = &mut self.candidates[candidate as usize];
            below.cum += weight;
            below.inline &= inline;
            below.stacks.end += 1;
            self.rows.push(candidate - first as u32);
        }
        self.next = next;
        self.candidates[row].flat = flat;
        self.expanded[row] = first..self.candidates.len();

        // A counting sort: stacks that end come last and are not looked at again.
        let mut start = stacks.start;
        let mut starts: Vec<usize> = Vec::with_capacity(self.candidates.len() - first);
        for below in &mut self.candidates[first..] {
            let count = below.stacks.end;
            below.stacks = start..start + count;
            starts.push(start);
            start += count;
        }
        self.unsorted.clear();
        self.unsorted.extend_from_slice(&self.cursors[stacks]);
        for (cursor, &group) in self.unsorted.iter().zip(&self.rows) {
            if let Some(place) = starts.get_mut(group as usize) {
                self.cursors[*place] = *cursor;
                *place += 1;
            }
        }
    }

    /// The frames that were taken in, in order, with what was not taken in below each of them.
    fn finish(&self, taken: &[usize]) -> Flame {
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
                let mut count = 0;
                for row in self.callees(candidate.parent.unwrap_or(0)).filter(|&row| rank[row].is_none()) {
                    others.cum += self.candidates[row].cum;
                    count += 1;
                }
                others.kind = FrameKind::Others(count);
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
        Flame { frames }
    }
}
