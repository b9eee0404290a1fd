//! Counts of runs by rows, and which side each run is on.

/// One of the two sets that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// What is compared with.
    Base,
    /// What is judged.
    New,
}

/// Effective counts of every run for every row, run after run.
///
/// A count is effective when its sampling variance equals its mean, as for samples of a clock
/// ([`effective`](crate::effective) says how other values become counts).
#[derive(Clone, Debug)]
pub(crate) struct Matrix {
    counts: Vec<f64>,
    rows: usize,
    sides: Vec<Side>,
}

impl Matrix {
    /// One row of numbers for each run; `counts` has `sides.len() * rows` of them.
    pub(crate) fn new(counts: Vec<f64>, rows: usize, sides: Vec<Side>) -> Matrix {
        assert_eq!(counts.len(), rows * sides.len(), "each run has a count for each row");
        Matrix { counts, rows, sides }
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// How many runs there are.
    pub(crate) fn runs(&self) -> usize {
        self.sides.len()
    }

    pub(crate) fn sides(&self) -> &[Side] {
        &self.sides
    }

    /// The counts of one run.
    pub(crate) fn run(&self, run: usize) -> &[f64] {
        &self.counts[run * self.rows..(run + 1) * self.rows]
    }

    /// Degrees of freedom between runs: one less than the runs of each side.
    pub(crate) fn freedom(&self) -> usize {
        self.runs().saturating_sub(2)
    }

    /// What the runs of `side` have in each row, added up.
    pub(crate) fn pooled(&self, side: Side) -> Vec<f64> {
        let mut sums = vec![0.0; self.rows];
        for run in (0..self.runs()).filter(|&run| self.sides[run] == side) {
            for (sum, count) in sums.iter_mut().zip(self.run(run)) {
                *sum += count;
            }
        }
        sums
    }

    /// The total of each run over the rows for which `keep` is set.
    pub(crate) fn totals(&self, keep: &[bool]) -> Vec<f64> {
        let total = |run| self.run(run).iter().zip(keep).filter(|(_, keep)| **keep).map(|(c, _)| c).sum();
        (0..self.runs()).map(total).collect()
    }
}
