//! What every place weighs by itself (flat) and with everything it called (cum).

use std::ops::AddAssign;
use std::sync::Arc;

use hotlist_profile::{LocationId, StackId};

use crate::location_set::LocationSet;
use crate::node::{NodeId, NodeTable, Step};
use crate::sides::Sides;
use crate::view::View;

/// A sum of values, and of the values they are divided by when means are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Sum of values.
    pub value: i64,
    /// Sum of divisors; 0 when there is nothing to divide by.
    pub divisor: i64,
}

impl Weight {
    /// What is shown: the sum, or the mean where there is a divisor.
    pub fn shown(self) -> i64 {
        if self.divisor == 0 { self.value } else { self.value.wrapping_div(self.divisor) }
    }

    /// Whether neither part is other than zero.
    pub fn is_zero(self) -> bool {
        self.value == 0 && self.divisor == 0
    }
}

impl AddAssign for Weight {
    fn add_assign(&mut self, other: Weight) {
        // Only sums over several places can leave 64 bits, since a view refuses larger totals.
        self.value = self.value.saturating_add(other.value);
        self.divisor = self.divisor.saturating_add(other.divisor);
    }
}

/// The weights of the stacks of a view: samples that share a stack are one from here on.
#[derive(Debug)]
pub(crate) struct StackWeights {
    values: Vec<i64>,
    /// Only where means are asked for.
    divisors: Option<Vec<i64>>,
    /// Stacks with a selected sample that is not zero. Their sum may be zero all the same.
    active: Vec<bool>,
}

impl StackWeights {
    pub(crate) fn of(view: &View<'_>) -> Self {
        let profile = view.profile();
        let count = profile.stacks.len();
        let mut values = vec![0i64; count];
        let mut divisors = view.value().mean.then(|| vec![0i64; count]);
        let mut active = vec![false; count];
        for sample in view.samples() {
            let (value, divisor) = view.weight(sample);
            if value != 0 || divisor != 0 {
                let stack = profile.samples.stack(sample).index();
                values[stack] += value;
                if let Some(divisors) = &mut divisors {
                    divisors[stack] += divisor;
                }
                active[stack] = true;
            }
        }
        StackWeights { values, divisors, active }
    }

    /// The same with the values above zero as values, and the sizes of those below zero as divisors.
    fn by_side(view: &View<'_>) -> Self {
        let sides = stack_sides(view);
        StackWeights {
            active: sides.iter().map(|sides| sides.size() != 0).collect(),
            values: sides.iter().map(|sides| sides.plus).collect(),
            divisors: Some(sides.iter().map(|sides| sides.minus).collect()),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.active.len()
    }

    /// The active stacks among `rows`, with their weights.
    pub(crate) fn active(
        &self,
        rows: std::ops::Range<usize>,
    ) -> impl Iterator<Item = (StackId, Weight)> + '_ {
        rows.filter(|&row| self.active[row]).map(|row| {
            let divisor = self.divisors.as_ref().map_or(0, |divisors| divisors[row]);
            (StackId::new(row), Weight { value: self.values[row], divisor })
        })
    }
}

/// What each stack of a view weighs.
pub(crate) fn stack_sides(view: &View<'_>) -> Vec<Sides> {
    let samples = &view.profile().samples;
    let mut weights = vec![Sides::default(); view.profile().stacks.len()];
    for sample in view.samples() {
        weights[samples.stack(sample).index()] += Sides::of(view.weight(sample).0);
    }
    weights
}

/// Flat and cum of every node of a table, for each side of a comparison. Means are not divided.
#[derive(Debug, Clone)]
pub struct SideWeights {
    flat: Vec<Sides>,
    cum: Vec<Sides>,
}

impl SideWeights {
    /// What `node` weighs where it is the leaf.
    pub fn flat(&self, node: NodeId) -> Sides {
        self.flat[node.index()]
    }

    /// What `node` weighs wherever it occurs, each stack once.
    pub fn cum(&self, node: NodeId) -> Sides {
        self.cum[node.index()]
    }
}

/// Flat and cum of every node of a table.
#[derive(Debug, Clone)]
pub struct Weights {
    flat: Vec<Weight>,
    cum: Vec<Weight>,
    groups: Vec<u64>,
}

impl Weights {
    /// What `node` weighs where it is the leaf.
    pub fn flat(&self, node: NodeId) -> Weight {
        self.flat[node.index()]
    }

    /// What `node` weighs wherever it occurs, each stack once.
    pub fn cum(&self, node: NodeId) -> Weight {
        self.cum[node.index()]
    }
}

impl Weights {
    /// An upper bound of the weight of all calls within a group of the table.
    pub(crate) fn group(&self, group: usize) -> u64 {
        self.groups[group]
    }
}

/// The sums of one pass.
struct Sums {
    flat: Vec<i64>,
    cum: Vec<i64>,
    /// For each group of the table the sizes of what it occurs in, each as often as it does.
    groups: Vec<u64>,
}

impl Sums {
    fn new(table: &NodeTable<'_, '_>) -> Self {
        let count = table.len();
        Sums { flat: vec![0; count], cum: vec![0; count], groups: vec![0; table.group_count()] }
    }

    fn add(&mut self, flat: Vec<i64>, cum: Vec<Cell>) {
        self.flat.iter_mut().zip(flat).for_each(|(sum, part)| *sum += part);
        self.cum.iter_mut().zip(cum).for_each(|(sum, part)| *sum += part.sum);
    }
}

/// A running sum and the stack that was last added to it.
#[derive(Clone, Copy, Default)]
struct Cell {
    sum: i64,
    last: u32,
}

impl Cell {
    /// Adds the weight of a stack unless it was added before; each stack has a mark of its own.
    #[inline(always)]
    fn add(&mut self, weight: i64, mark: u32) {
        // No branch: whether a place is on a stack twice cannot be foreseen.
        self.sum += weight & -i64::from(self.last != mark);
        self.last = mark;
    }
}

/// How many frames of a stack are looked at together.
const MOST: usize = 256;

impl NodeTable<'_, '_> {
    /// Weighs all nodes in one pass over the stacks, unless that was done for another question.
    pub fn weigh(&self) -> Arc<Weights> {
        match self.view().memo() {
            Some(memo) => memo.weights(self.key(), || self.weigh_all()),
            None => Arc::new(self.weigh_all()),
        }
    }

    /// Weighs only the nodes for which `chosen` holds; the weights of others are zero. Where they are few,
    /// that is much faster.
    ///
    /// # Panics
    /// When `chosen` is shorter than the table.
    pub fn weigh_chosen(&self, chosen: &[bool]) -> Weights {
        let locations = LocationSet::of_nodes(self, |node| chosen[node.index()]);
        self.weigh_by(|part| self.sum_chosen(chosen, &locations, part))
    }

    /// Weighs all nodes, for each side of a comparison.
    pub fn weigh_sides(&self) -> SideWeights {
        let stacks = StackWeights::by_side(self.view());
        let (plus, minus) =
            (self.sum(&stacks, |weight| weight.value), self.sum(&stacks, |weight| weight.divisor));
        let join = |plus: Vec<i64>, minus: Vec<i64>| {
            plus.into_iter().zip(minus).map(|(plus, minus)| Sides { plus, minus }).collect()
        };
        SideWeights { flat: join(plus.flat, minus.flat), cum: join(plus.cum, minus.cum) }
    }

    fn weigh_all(&self) -> Weights {
        self.weigh_by(|part| self.sum(self.stacks(), part))
    }

    /// Both parts of the weights, each from a pass of its own.
    fn weigh_by(&self, sum: impl Fn(fn(Weight) -> i64) -> Sums) -> Weights {
        let values = sum(|weight| weight.value);
        let divisors = self.view().value().mean.then(|| sum(|weight| weight.divisor));
        let join = |values: Vec<i64>, divisors: Option<Vec<i64>>| match divisors {
            None => values.into_iter().map(|value| Weight { value, divisor: 0 }).collect(),
            Some(divisors) => {
                values.into_iter().zip(divisors).map(|(value, divisor)| Weight { value, divisor }).collect()
            }
        };
        let (flat_divisors, cum_divisors) = divisors.map(|sums| (sums.flat, sums.cum)).unzip();
        Weights {
            flat: join(values.flat, flat_divisors),
            cum: join(values.cum, cum_divisors),
            groups: values.groups,
        }
    }

    /// The sums of one part of the weights.
    fn sum(&self, stacks: &StackWeights, part: impl Fn(Weight) -> i64 + Sync) -> Sums {
        let view = self.view();
        let cost = view.profile().stacks.frame_count();
        let begin = || {
            let flat = vec![0i64; self.len()];
            (flat, vec![Cell::default(); self.len()], vec![0u64; self.group_count()])
        };
        type State = (Vec<i64>, Vec<Cell>, Vec<u64>);
        let work = |(flat, cum, groups): &mut State, rows| {
            let (mut ones, mut many) = ([0u32; MOST], [0u32; MOST]);
            for (stack, weight) in stacks.active(rows) {
                let weight = part(weight);
                // Row numbers are below 2^32 - 1, and 0 means "never".
                let mark = stack.raw() + 1;
                let frames = view.frames(stack);
                for frames in frames.chunks(MOST) {
                    // Which frames have several nodes cannot be foreseen, so they are put aside without a
                    // branch.
                    let (mut one_count, mut many_count) = (0, 0);
                    for &location in frames {
                        let step = self.step(location);
                        ones[one_count] = step.raw();
                        one_count += usize::from(step.node().is_some());
                        many[many_count] = step.raw();
                        many_count += usize::from(step.as_group().is_some());
                    }
                    ones[..one_count].iter().for_each(|&node| cum[node as usize].add(weight, mark));
                    for &step in &many[..many_count] {
                        let Some(group) = Step::from_raw(step).as_group() else { continue };
                        groups[group] = groups[group].saturating_add(weight.unsigned_abs());
                        self.group(group).iter().for_each(|node| cum[node.index()].add(weight, mark));
                    }
                }
                if let Some(leaf) = self.leaf(frames) {
                    flat[leaf.index()] += weight;
                }
            }
        };
        let parts = view.threads().share(stacks.len(), cost, begin, work, |state| state);
        let mut sums = Sums::new(self);
        for (flat, cum, groups) in parts {
            sums.add(flat, cum);
            sums.groups.iter_mut().zip(groups).for_each(|(sum, part)| *sum = sum.saturating_add(part));
        }
        sums
    }

    /// The sums of one part of the weights, of chosen nodes, which are at `locations`.
    fn sum_chosen(
        &self,
        chosen: &[bool],
        locations: &LocationSet,
        part: impl Fn(Weight) -> i64 + Sync,
    ) -> Sums {
        let (view, stacks) = (self.view(), self.stacks());
        let cost = view.profile().stacks.frame_count();
        let begin = || (vec![0i64; self.len()], vec![Cell::default(); self.len()]);
        let work = |(flat, cum): &mut (Vec<i64>, Vec<Cell>), rows| {
            let mut room = Vec::new();
            for (stack, weight) in stacks.active(rows) {
                let frames = view.frames(stack);
                let positions = locations.positions(frames, &mut room);
                if positions.is_empty() {
                    continue;
                }
                let (weight, mark) = (part(weight), stack.raw() + 1);
                for &position in positions {
                    let nodes = self.nodes(frames[position as usize]).iter();
                    nodes
                        .filter(|node| chosen[node.index()])
                        .for_each(|node| cum[node.index()].add(weight, mark));
                }
                if let Some(leaf) = self.leaf(frames).filter(|leaf| chosen[leaf.index()]) {
                    flat[leaf.index()] += weight;
                }
            }
        };
        let parts = view.threads().share(stacks.len(), cost, begin, work, |state| state);
        let mut sums = Sums::new(self);
        parts.into_iter().for_each(|(flat, cum)| sums.add(flat, cum));
        sums
    }

    /// The innermost node of a stack.
    #[inline]
    pub(crate) fn leaf(&self, frames: &[LocationId]) -> Option<NodeId> {
        frames.iter().find_map(|&location| self.nodes(location).first()).copied()
    }
}
