//! Checks of the runs themselves: their order in time, and runs unlike the others of their side.

use crate::comparison::RunOrder;
use crate::matrix::{Matrix, Side};
use crate::numbers::median;

/// A run is an outlier when half of its functions are further from the other runs than this many standard
/// deviations of sampling.
const OUTLYING: f64 = 3.0;
/// Rows with fewer counts a run say little about that.
const FEWEST_COUNTS: f64 = 20.0;
/// With fewer runs on a side none can be told from the others.
const FEWEST_RUNS: usize = 3;

/// How the times of the runs lie; 0 is unknown.
pub(crate) fn order(times: &[i64], sides: &[Side]) -> RunOrder {
    if times.contains(&0) {
        return RunOrder::Unknown;
    }
    let of = |side| times.iter().zip(sides).filter(move |(_, s)| **s == side).map(|(time, _)| *time);
    let ends = |side| (of(side).min(), of(side).max());
    match (ends(Side::Base), ends(Side::New)) {
        ((Some(base_first), Some(base_last)), (Some(new_first), Some(new_last))) => {
            if base_last < new_first || new_last < base_first {
                RunOrder::Blocked
            } else {
                RunOrder::Interleaved
            }
        }
        _ => RunOrder::Unknown,
    }
}

/// The runs that differ from the others of their side in most functions.
pub(crate) fn outliers(matrix: &Matrix, exposures: &[f64]) -> Vec<bool> {
    let is_outlier = |run: usize| {
        let side = matrix.sides()[run];
        let others: Vec<usize> =
            (0..matrix.runs()).filter(|&other| other != run && matrix.sides()[other] == side).collect();
        if others.len() + 1 < FEWEST_RUNS {
            return false;
        }
        let exposure: f64 = others.iter().map(|&other| exposures[other]).sum();
        let scores: Vec<f64> = (0..matrix.rows())
            .filter_map(|row| {
                let pooled: f64 = others.iter().map(|&other| matrix.run(other)[row]).sum();
                let share = exposures[run] / exposure;
                let expected = pooled * share;
                let variance = expected * (1.0 + share);
                (expected >= FEWEST_COUNTS).then(|| (matrix.run(run)[row] - expected).abs() / variance.sqrt())
            })
            .collect();
        !scores.is_empty() && median(scores) > OUTLYING
    };
    (0..matrix.runs()).map(is_outlier).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Side::{Base, New};

    #[test]
    fn blocks_are_told_from_turns() {
        let sides = [Base, Base, New, New];
        assert_eq!(order(&[1, 2, 3, 4], &sides), RunOrder::Blocked);
        assert_eq!(order(&[3, 4, 1, 2], &sides), RunOrder::Blocked);
        assert_eq!(order(&[1, 4, 2, 3], &sides), RunOrder::Interleaved);
        assert_eq!(order(&[1, 2, 0, 4], &sides), RunOrder::Unknown);
    }
}
