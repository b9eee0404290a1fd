//! What every place weighs by itself (flat) and with everything it called (cum).

use std::ops::AddAssign;

use hotlist_profile::StackId;

use crate::node::{NodeId, NodeTable};
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
    weights: Vec<Weight>,
    /// Stacks with a selected sample that is not zero. Their sum may be zero all the same.
    active: Vec<bool>,
}

impl StackWeights {
    pub(crate) fn of(view: &View<'_>) -> Self {
        let profile = view.profile();
        let mut weights = vec![Weight::default(); profile.stacks.len()];
        let mut active = vec![false; profile.stacks.len()];
        for sample in view.samples() {
            let (value, divisor) = view.weight(sample);
            if value != 0 || divisor != 0 {
                let stack = profile.samples.stack(sample).index();
                weights[stack] += Weight { value, divisor };
                active[stack] = true;
            }
        }
        StackWeights { weights, active }
    }

    pub(crate) fn len(&self) -> usize {
        self.active.len()
    }

    /// The active stacks among `rows`, with their weights.
    pub(crate) fn active(
        &self,
        rows: std::ops::Range<usize>,
    ) -> impl Iterator<Item = (StackId, Weight)> + '_ {
        rows.filter(|&row| self.active[row]).map(|row| (StackId::new(row), self.weights[row]))
    }
}

/// Flat and cum of every node of a table.
#[derive(Debug, Clone)]
pub struct Weights {
    flat: Vec<Weight>,
    cum: Vec<Weight>,
    inlined: Vec<u64>,
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
    /// An upper bound of the weight of all calls in which `node` was inlined.
    pub(crate) fn inlined(&self, node: NodeId) -> u64 {
        self.inlined[node.index()]
    }
}

/// The sums of one pass.
struct Sums {
    flat: Vec<i64>,
    cum: Vec<i64>,
    inlined: Vec<u64>,
}

/// A running sum and the stack that was last added to it.
#[derive(Clone, Copy, Default)]
struct Cell {
    sum: i64,
    last: u32,
}

impl NodeTable<'_, '_> {
    /// Weighs all nodes in one pass over the stacks.
    pub fn weigh(&self) -> Weights {
        self.weigh_stacks(&StackWeights::of(self.view()))
    }

    pub(crate) fn weigh_stacks(&self, stacks: &StackWeights) -> Weights {
        let values = self.sum(stacks, |weight| weight.value);
        let divisors = self.view().value().mean.then(|| self.sum(stacks, |weight| weight.divisor));
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
            inlined: values.inlined,
        }
    }

    /// The sums of one part of the weights.
    fn sum(&self, stacks: &StackWeights, part: impl Fn(Weight) -> i64 + Sync) -> Sums {
        let view = self.view();
        let cost = view.profile().stacks.frame_count();
        let parts = view.threads().split(stacks.len(), cost, |rows| {
            let mut flat = vec![0i64; self.len()];
            let mut cum = vec![Cell::default(); self.len()];
            let mut groups = vec![0u64; self.group_count()];
            for (stack, weight) in stacks.active(rows) {
                let weight = part(weight);
                // Row numbers are below 2^32 - 1, and 0 means "never".
                let mark = stack.raw() + 1;
                let mut add = |node: usize| {
                    let cell = &mut cum[node];
                    if cell.last != mark {
                        cell.last = mark;
                        cell.sum += weight;
                    }
                };
                let frames = view.frames(stack);
                for &location in frames {
                    let step = self.step(location);
                    if let Some(node) = step.node() {
                        add(node);
                    } else if let Some(group) = step.as_group() {
                        groups[group] = groups[group].saturating_add(weight.unsigned_abs());
                        self.group(group).iter().for_each(|node| add(node.index()));
                    }
                }
                if let Some(leaf) = frames.iter().find_map(|&location| self.nodes(location).first()) {
                    flat[leaf.index()] += weight;
                }
            }
            (flat, cum, groups)
        });
        let count = self.len();
        let mut sums = Sums { flat: vec![0; count], cum: vec![0; count], inlined: vec![0; count] };
        for (flat, cum, groups) in parts {
            sums.flat.iter_mut().zip(flat).for_each(|(sum, part)| *sum += part);
            sums.cum.iter_mut().zip(cum).for_each(|(sum, part)| *sum += part.sum);
            for (group, weight) in groups.into_iter().enumerate() {
                if let [inner @ .., _] = self.group(group) {
                    for node in inner {
                        let sum = &mut sums.inlined[node.index()];
                        *sum = sum.saturating_add(weight);
                    }
                }
            }
        }
        sums
    }
}
