//! Effective counts of all functions, before the light ones are put together.

use crate::effective::{Measure, Sampling};
use crate::matrix::{Matrix, Side};
use crate::run::WeighedRun;

/// The least unit of heap profiles, as a part of a run's total: without sampling noise, counts would have no bound.
const LEAST_UNIT: f64 = 1e-6;

/// Counts by run and key.
#[derive(Debug)]
pub(crate) struct Counts {
    by_run: Vec<Vec<f64>>,
    sides: Vec<Side>,
    unit: f64,
}

impl Counts {
    /// The value that one effective count stands for, the same for all runs.
    pub(crate) fn unit(runs: &[WeighedRun<'_>]) -> f64 {
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
        runs: &'r [WeighedRun<'v>],
        sides: &[Side],
        keys: usize,
        unit: f64,
        measures: impl Fn(&'r WeighedRun<'v>) -> &'r [Measure],
    ) -> Counts {
        let counts = |run| {
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

    /// Whether some function has weight on both sides.
    pub(crate) fn have_common_rows(&self) -> bool {
        let has = |side, key: usize| {
            self.by_run.iter().zip(&self.sides).any(|(counts, other)| *other == side && counts[key] > 0.0)
        };
        (0..self.by_run[0].len()).any(|key| has(Side::Base, key) && has(Side::New, key))
    }

    /// The keys that have `least` counts in all runs together, whichever side they are on.
    pub(crate) fn rows_of_at_least(&self, least: f64) -> Vec<usize> {
        (0..self.by_run[0].len()).filter(|&key| self.pooled(key) >= least).collect()
    }

    /// A matrix of `keys`, with one more row for all others where `with_rest` is set and they have any.
    pub(crate) fn matrix(&self, keys: &[usize], with_rest: bool) -> Matrix {
        let rest =
            |counts: &[f64]| counts.iter().sum::<f64>() - keys.iter().map(|&key| counts[key]).sum::<f64>();
        let is_in: Vec<bool> = {
            let mut is_in = vec![false; self.by_run[0].len()];
            keys.iter().for_each(|&key| is_in[key] = true);
            is_in
        };
        let has_rest = with_rest
            && self
                .by_run
                .iter()
                .any(|counts| counts.iter().zip(&is_in).any(|(count, is_in)| !is_in && *count > 0.0));
        let mut cells = Vec::with_capacity(self.by_run.len() * (keys.len() + 1));
        for counts in &self.by_run {
            cells.extend(keys.iter().map(|&key| counts[key]));
            if has_rest {
                cells.push(rest(counts).max(0.0));
            }
        }
        Matrix::new(cells, keys.len() + usize::from(has_rest), self.sides.clone())
    }
}
