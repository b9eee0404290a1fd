//! How much each run had to do, measured by what did not change.
//!
//! Comparing shares makes every other function look faster when one gets slower; comparing runs takes a slow
//! machine for a slow program. The rows that do not differ between the sides are a ruler for both.

use crate::dispersion::Dispersion;
use crate::distribution::t_two_sided;
use crate::matrix::{Matrix, Side};
use crate::score::{Exposure, statistic};

/// Rows that differ more clearly than this are no part of the ruler.
const CHANGED: f64 = 0.05;
/// No score below this is as clear as [`CHANGED`], whatever the degrees of freedom.
const LEAST_SCORE: f64 = 1.959;
/// The ruler has at least this part of all counts.
const LEAST_PART: f64 = 0.4;
const MOST_ROUNDS: usize = 60;

/// The rows that serve as a ruler.
#[derive(Clone, Debug)]
pub(crate) struct Anchor {
    /// What each run has in these rows.
    pub(crate) exposures: Vec<f64>,
    /// Whether more rows differ than can be left out.
    pub(crate) exhausted: bool,
}

/// Finds the rows that do not differ, leaving out the clearest difference first. `noise` tells how noisy rows are when
/// runs had to do as much as it is given.
pub(crate) fn anchor(matrix: &Matrix, noise: impl Fn(&[f64]) -> Dispersion) -> Anchor {
    let everything = vec![true; matrix.rows()];
    let total: f64 = matrix.totals(&everything).iter().sum();
    let (base, new) = (matrix.pooled(Side::Base), matrix.pooled(Side::New));
    let mut keep = everything;
    for _ in 0..MOST_ROUNDS {
        let exposures = matrix.totals(&keep);
        let dispersion = noise(&exposures);
        let exposure = Exposure::of(matrix, &exposures);
        let score = |row: usize| statistic(base[row], new[row], dispersion.noise[row], exposure, 1.0).abs();
        let clearest = (0..matrix.rows())
            .filter(|&row| keep[row])
            .map(|row| (row, score(row)))
            .filter(|&(row, z)| z > LEAST_SCORE && t_two_sided(dispersion.freedom[row], z) <= CHANGED)
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let Some((row, _)) = clearest else { return Anchor { exposures, exhausted: false } };
        let kept: f64 = exposures.iter().sum();
        if kept - base[row] - new[row] < LEAST_PART * total {
            return Anchor { exposures, exhausted: true };
        }
        keep[row] = false;
    }
    Anchor { exposures: matrix.totals(&keep), exhausted: true }
}
