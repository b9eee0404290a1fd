//! Where the difference of a function comes from: the ways to it, and callers that weigh the same as before.

use rustc_hash::FxHashMap;

use crate::comparison::CallPath;
use crate::matrix::Side;
use crate::run::{Keys, WeighedRun};

/// Ways shown for a function.
const MOST_PATHS: usize = 3;
/// Frames of a way that are told apart, the function included.
const LONGEST_PATH: usize = 8;

/// What samples of one function say of its callers.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    paths: Vec<CallPath>,
    /// By row of the caller, the part of the function's weight that comes through it.
    callers: FxHashMap<usize, f64>,
}

impl Trace {
    pub(crate) fn into_paths(self) -> Vec<CallPath> {
        self.paths
    }

    /// Which part of the function's weight comes through `row`.
    pub(crate) fn part_through(&self, row: usize) -> f64 {
        self.callers.get(&row).copied().unwrap_or(0.0)
    }
}

/// Traces the functions in `wanted`, all in one walk over each run. `scale` tells for each run what a value is worth in a mean
/// run of its side, in the sample unit.
pub(crate) fn trace(
    runs: &[&WeighedRun<'_>],
    sides: &[Side],
    scale: &[f64],
    keys: &Keys,
    wanted: &[usize],
) -> FxHashMap<usize, Trace> {
    #[derive(Default)]
    struct Sums {
        paths: FxHashMap<Vec<usize>, [f64; 2]>,
        callers: FxHashMap<usize, f64>,
        all: f64,
    }
    let mut sums: FxHashMap<usize, Sums> = wanted.iter().map(|&row| (row, Sums::default())).collect();
    for (index, run) in runs.iter().enumerate() {
        let side = usize::from(sides[index] == Side::New);
        run.walk(|_, measure, stack| {
            let Some(sum) = sums.get_mut(&stack[0]) else { return };
            let value = measure.value * scale[index];
            sum.all += value;
            // One frame more than is shown tells whether there are further callers.
            let path = &stack[..stack.len().min(LONGEST_PATH + 1)];
            match sum.paths.get_mut(path) {
                Some(values) => values[side] += value,
                None => {
                    let mut values = [0.0; 2];
                    values[side] = value;
                    sum.paths.insert(path.to_vec(), values);
                }
            }
            for (place, &caller) in stack.iter().enumerate().skip(1) {
                if !stack[1..place].contains(&caller) && caller != stack[0] {
                    *sum.callers.entry(caller).or_default() += value;
                }
            }
        });
    }
    sums.into_iter()
        .map(|(row, sum)| {
            let mut callers = sum.callers;
            callers.values_mut().for_each(|through| *through /= sum.all);
            (row, Trace { paths: heaviest(sum.paths, keys), callers })
        })
        .collect()
}

/// The ways that changed most, and among equals the heavier, then by name.
fn heaviest(paths: FxHashMap<Vec<usize>, [f64; 2]>, keys: &Keys) -> Vec<CallPath> {
    // Ways that differ beyond what is shown are one.
    let mut shown: FxHashMap<(Vec<usize>, bool), [f64; 2]> = FxHashMap::default();
    for (mut path, values) in paths {
        let cut = path.len() > LONGEST_PATH;
        path.truncate(LONGEST_PATH);
        let sums = shown.entry((path, cut)).or_default();
        (sums[0], sums[1]) = (sums[0] + values[0], sums[1] + values[1]);
    }
    let mut paths: Vec<CallPath> = shown
        .into_iter()
        .map(|((path, cut), [base, new])| CallPath {
            functions: path.iter().map(|&row| keys.name(row).to_owned()).collect(),
            cut,
            base,
            new,
        })
        .collect();
    let change = |path: &CallPath| (path.new - path.base).abs();
    paths.sort_by(|a, b| {
        change(b)
            .total_cmp(&change(a))
            .then_with(|| b.new.total_cmp(&a.new))
            .then_with(|| a.functions.cmp(&b.functions))
    });
    paths.truncate(MOST_PATHS);
    paths
}
