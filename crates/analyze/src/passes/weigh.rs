//! What every place weighs by itself (flat) and with everything it called (cum).

use std::sync::Arc;

use crate::model::location_set::LocationSet;
use crate::model::node::NodeTable;
use crate::model::sides::Sides;
use crate::model::stack_weights::StackWeights;
use crate::model::step::Step;
use crate::model::weight::{SideWeights, Weight, Weights};

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
    /// Adds the weight of a stack unless it was added before; each stack has its own stamp.
    #[inline(always)]
    fn add(&mut self, weight: i64, stamp: u32) {
        // No branch: whether a place is on a stack twice cannot be foreseen.
        self.sum += weight & -i64::from(self.last != stamp);
        self.last = stamp;
    }
}

/// How many frames of a stack are looked at together.
const MOST: usize = 256;

/// Weighs all nodes in one pass over the stacks, unless that was done for another question.
pub fn weigh(table: &NodeTable<'_, '_>) -> Arc<Weights> {
    match table.view().memo() {
        Some(memo) => memo.weights(table.key(), || weigh_all(table)),
        None => Arc::new(weigh_all(table)),
    }
}

/// Weighs only the nodes for which `chosen` holds; the weights of others are zero. Where they are few,
/// that is much faster.
///
/// # Panics
/// When `chosen` is shorter than the table.
pub fn weigh_chosen(table: &NodeTable<'_, '_>, chosen: &[bool]) -> Weights {
    let locations = table.locations(|node| chosen[node.index()]);
    weigh_by(table, |part| sum_chosen(table, chosen, &locations, part))
}

/// Weighs all nodes, for each side of a comparison.
pub fn weigh_sides(table: &NodeTable<'_, '_>) -> SideWeights {
    let stacks = StackWeights::by_side(table.view());
    let (plus, minus) =
        (sum(table, &stacks, |weight| weight.value), sum(table, &stacks, |weight| weight.divisor));
    let join = |plus: Vec<i64>, minus: Vec<i64>| {
        plus.into_iter().zip(minus).map(|(plus, minus)| Sides { plus, minus }).collect()
    };
    SideWeights { flat: join(plus.flat, minus.flat), cum: join(plus.cum, minus.cum) }
}

fn weigh_all(table: &NodeTable<'_, '_>) -> Weights {
    weigh_by(table, |part| sum(table, table.stacks(), part))
}

/// Both parts of the weights, each from its own pass.
fn weigh_by(table: &NodeTable<'_, '_>, sum: impl Fn(fn(Weight) -> i64) -> Sums) -> Weights {
    let values = sum(|weight| weight.value);
    let divisors = table.view().value().mean.then(|| sum(|weight| weight.divisor));
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
fn sum(table: &NodeTable<'_, '_>, stacks: &StackWeights, part: impl Fn(Weight) -> i64 + Sync) -> Sums {
    let view = table.view();
    let cost = view.profile().stacks.frame_count();
    let begin = || {
        let flat = vec![0i64; table.len()];
        (flat, vec![Cell::default(); table.len()], vec![0u64; table.group_count()])
    };
    type State = (Vec<i64>, Vec<Cell>, Vec<u64>);
    let work = |(flat, cum, groups): &mut State, rows| {
        let (mut ones, mut many) = ([0u32; MOST], [0u32; MOST]);
        for (stack, weight) in stacks.active(rows) {
            let weight = part(weight);
            // Row numbers are below 2^32 - 1, and 0 means "never".
            let stamp = stack.raw() + 1;
            let frames = view.frames(stack);
            for frames in frames.chunks(MOST) {
                // Which frames have several nodes cannot be foreseen, so they are put aside without a
                // branch.
                let (mut one_count, mut many_count) = (0, 0);
                for &location in frames {
                    let step = table.step(location);
                    ones[one_count] = step.raw();
                    one_count += usize::from(step.node().is_some());
                    many[many_count] = step.raw();
                    many_count += usize::from(step.as_group().is_some());
                }
                ones[..one_count].iter().for_each(|&node| cum[node as usize].add(weight, stamp));
                for &step in &many[..many_count] {
                    let Some(group) = Step::from_raw(step).as_group() else { continue };
                    groups[group] = groups[group].saturating_add(weight.unsigned_abs());
                    table.group(group).iter().for_each(|node| cum[node.index()].add(weight, stamp));
                }
            }
            if let Some(leaf) = table.leaf(frames) {
                flat[leaf.index()] += weight;
            }
        }
    };
    let parts = view.threads().share(stacks.len(), cost, begin, work, |state| state);
    let mut sums = Sums::new(table);
    for (flat, cum, groups) in parts {
        sums.add(flat, cum);
        sums.groups.iter_mut().zip(groups).for_each(|(sum, part)| *sum = sum.saturating_add(part));
    }
    sums
}

/// The sums of one part of the weights, of chosen nodes, which are at `locations`.
fn sum_chosen(
    table: &NodeTable<'_, '_>,
    chosen: &[bool],
    locations: &LocationSet,
    part: impl Fn(Weight) -> i64 + Sync,
) -> Sums {
    let (view, stacks) = (table.view(), table.stacks());
    let cost = view.profile().stacks.frame_count();
    let begin = || (vec![0i64; table.len()], vec![Cell::default(); table.len()]);
    let work = |(flat, cum): &mut (Vec<i64>, Vec<Cell>), rows| {
        let mut room = Vec::new();
        for (stack, weight) in stacks.active(rows) {
            let frames = view.frames(stack);
            let positions = locations.positions(frames, &mut room);
            if positions.is_empty() {
                continue;
            }
            let (weight, stamp) = (part(weight), stack.raw() + 1);
            for &position in positions {
                let nodes = table.nodes(frames[position as usize]).iter();
                nodes
                    .filter(|node| chosen[node.index()])
                    .for_each(|node| cum[node.index()].add(weight, stamp));
            }
            if let Some(leaf) = table.leaf(frames).filter(|leaf| chosen[leaf.index()]) {
                flat[leaf.index()] += weight;
            }
        }
    };
    let parts = view.threads().share(stacks.len(), cost, begin, work, |state| state);
    let mut sums = Sums::new(table);
    parts.into_iter().for_each(|(flat, cum)| sums.add(flat, cum));
    sums
}
