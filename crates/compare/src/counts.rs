//! Effective counts of all functions, before the light ones are put together.

use crate::effective::{Measure, Sampling};
use crate::matrix::{Matrix, Side};
use crate::run::WeighedRun;

/// The least unit of heap profiles, as a part of a run's total: without sampling noise, counts would have no bound.
const LEAST_UNIT: f64 = 1e-6;

/// Rows need this many counts of all runs together.
pub(crate) const FEWEST_COUNTS: f64 = 20.0;

/// Counts by run and key.
#[derive(Debug)]
pub(crate) struct Counts {
    by_run: Vec<Vec<f64>>,
    sides: Vec<Side>,
    unit: f64,
}

impl Counts {
    /// The value that one effective count stands for, the same for all runs.
    pub(crate) fn unit(runs: &[&WeighedRun<'_>]) -> f64 {
        let sum = |part: fn(&Measure) -> f64| runs.iter().flat_map(|run| &run.flat).map(part).sum::<f64>();
        let values = sum(|measure| measure.value);
        match runs[0].sampling() {
            Sampling::Counted { .. } => 1.0,
            Sampling::Heap { .. } => {
                let mean = values / runs.len() as f64;
                (sum(|measure| measure.variance) / values).max(mean * LEAST_UNIT)
            }
            // Whatever it is, a thousand counts a run keep the numbers in the range that the method was tried in.
            Sampling::Unknown => values / runs.len() as f64 / 1000.0,
        }
    }

    pub(crate) fn new<'r, 'v: 'r>(
        runs: &[&'r WeighedRun<'v>],
        sides: &[Side],
        keys: usize,
        unit: f64,
        measures: impl Fn(&'r WeighedRun<'v>) -> &'r [Measure],
    ) -> Counts {
        let counts = |&run: &&'r WeighedRun<'v>| {
            let mut counts = vec![0.0; keys];
            for (count, measure) in counts.iter_mut().zip(measures(run)) {
                *count = measure.value / unit;
            }
            counts
        };
        Counts { by_run: runs.iter().map(counts).collect(), sides: sides.to_vec(), unit }
    }

    /// How many counts a value of one is.
    pub(crate) fn per_value(&self) -> f64 {
        1.0 / self.unit
    }

    pub(crate) fn total(&self) -> f64 {
        self.by_run.iter().flatten().sum()
    }

    /// What all runs have in `key`.
    pub(crate) fn pooled(&self, key: usize) -> f64 {
        self.by_run.iter().map(|counts| counts[key]).sum()
    }

    /// The part of each side, base first, that is in functions which both sides have.
    pub(crate) fn in_common(&self) -> [f64; 2] {
        let (mut common, mut all) = ([0.0; 2], [0.0; 2]);
        for key in 0..self.by_run[0].len() {
            let sums = [Side::Base, Side::New].map(|side| {
                let of_side = self.by_run.iter().zip(&self.sides).filter(|(_, other)| **other == side);
                of_side.map(|(counts, _)| counts[key]).sum::<f64>()
            });
            for side in [0, 1] {
                all[side] += sums[side];
                common[side] += if sums[1 - side] > 0.0 { sums[side] } else { 0.0 };
            }
        }
        [common[0] / all[0], common[1] / all[1]]
    }

    /// Whether any run of a side has counts of `key`.
    pub(crate) fn has(&self, side: Side, key: usize) -> bool {
        self.by_run.iter().zip(&self.sides).any(|(counts, other)| *other == side && counts[key] > 0.0)
    }

    /// The keys that have `least` counts in all runs together, whichever side they are on.
    pub(crate) fn rows_of_at_least(&self, least: f64) -> Vec<usize> {
        (0..self.by_run[0].len()).filter(|&key| self.pooled(key) >= least).collect()
    }

    /// A matrix of `keys`, with one more row for all others where `with_rest` is set and they have enough.
    pub(crate) fn matrix(&self, keys: &[usize], with_rest: bool) -> Matrix {
        let mut is_in = vec![false; self.by_run[0].len()];
        keys.iter().for_each(|&key| is_in[key] = true);
        let rest = |counts: &[f64]| -> f64 {
            counts.iter().zip(&is_in).filter(|(_, is_in)| !**is_in).map(|(count, _)| count).sum()
        };
        let has_rest =
            with_rest && self.by_run.iter().map(|counts| rest(counts)).sum::<f64>() >= FEWEST_COUNTS;
        let mut cells = Vec::with_capacity(self.by_run.len() * (keys.len() + 1));
        for counts in &self.by_run {
            cells.extend(keys.iter().map(|&key| counts[key]));
            if has_rest {
                cells.push(rest(counts));
            }
        }
        Matrix::new(cells, keys.len() + usize::from(has_rest), self.sides.clone())
    }
}
