//! How much runs of the same code differ, learned from all rows.
//!
//! With three runs a side, four degrees of freedom tell little about the variance of one function. Most
//! functions of a program vary alike, so each row is moved towards what all of them show, the more the alike they
//! are. The method is that of edgeR and limma (Robinson and Smyth 2007; Smyth 2004; Phipson et al. 2016), with a
//! variance that grows by sampling noise and by a common relative noise between runs:
//! `mean · (1 + kappa · mean) · s`, where `s` is drawn from a scaled inverse chi squared distribution.

use crate::distribution::{f_quantile, trigamma, trigamma_inverse};
use crate::matrix::{Matrix, Side};
use crate::numbers::{median, quantile, variance};

/// A row teaches others when it has this many counts for each run.
const TEACHING_COUNTS: f64 = 5.0;
/// With fewer teaching rows each row stands for itself.
const FEWEST_TEACHERS: usize = 8;
/// Rows that vary more than this part of what the others lead to expect are judged by themselves.
const ODD: f64 = 0.01;
/// Prior degrees of freedom whose quantiles are looked through; the last stands for "all alike".
const PRIORS: [f64; 14] = [1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 64.0, 128.0, ALIKE];
const ALIKE: f64 = 1e6;

/// What kind of weights are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WeightKind {
    /// Of functions by themselves: rows are nearly independent.
    Flat,
    /// With what they call: rows contain one another, so less can be learned from many of them.
    Cum,
}

impl WeightKind {
    /// The most that is believed of other rows, in degrees of freedom.
    fn most_prior(self) -> f64 {
        match self {
            WeightKind::Flat => 200.0,
            WeightKind::Cum => 20.0,
        }
    }
}

/// The noise of each row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dispersion {
    /// Variance over mean, for each row; 1 is the noise of sampling alone.
    pub(crate) noise: Vec<f64>,
    /// Degrees of freedom with which that is known.
    pub(crate) freedom: Vec<f64>,
    /// The common relative variance between runs.
    pub(crate) kappa: f64,
}

/// Whether the noise of sampling is known, so that no row can have less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Floor {
    /// Counts of samples.
    Sampling,
    /// Values whose sampling noise cannot be computed, such as delays.
    Unknown,
}

/// Quantiles of F for each of [`PRIORS`], which depend on the number of runs alone.
pub(crate) struct PriorTable {
    freedom: f64,
    /// The logarithm of the 80 % quantile over the median; falls as priors grow.
    gaps: [f64; PRIORS.len()],
}

impl PriorTable {
    pub(crate) fn new(freedom: usize) -> PriorTable {
        let freedom = freedom as f64;
        let gap = |prior| (f_quantile(freedom, prior, 0.8) / f_quantile(freedom, prior, 0.5)).ln();
        PriorTable { freedom, gaps: if freedom > 0.0 { PRIORS.map(gap) } else { [0.0; PRIORS.len()] } }
    }
}

/// Learns the noise from runs of both sides; `exposures` says how much each run had to do.
///
/// There has to be a degree of freedom.
pub(crate) fn learn(
    matrix: &Matrix,
    exposures: &[f64],
    kind: WeightKind,
    floor: Floor,
    priors: &PriorTable,
) -> Dispersion {
    let (rows, runs, freedom) = (matrix.rows(), matrix.runs(), matrix.freedom() as f64);
    let side_exposure = |side| -> f64 {
        exposures.iter().zip(matrix.sides()).filter(|(_, s)| **s == side).map(|(e, _)| e).sum()
    };
    let rates = [Side::Base, Side::New].map(|side| {
        let exposure = side_exposure(side);
        matrix.pooled(side).into_iter().map(|sum| sum / exposure).collect::<Vec<f64>>()
    });
    let mut means = vec![0.0; rows];
    // Pearson's statistic between runs, over its degrees of freedom.
    let mut pearson = vec![0.0; rows];
    for run in 0..runs {
        let rates = &rates[usize::from(matrix.sides()[run] == Side::New)];
        for (row, &count) in matrix.run(run).iter().enumerate() {
            let expected = rates[row] * exposures[run];
            means[row] += expected / runs as f64;
            if expected > 0.0 {
                pearson[row] += (count - expected).powi(2) / expected.max(1e-9) / freedom;
            }
        }
    }
    let (base, new) = (matrix.pooled(Side::Base), matrix.pooled(Side::New));
    let teaches: Vec<bool> =
        (0..rows).map(|row| base[row] + new[row] >= TEACHING_COUNTS * runs as f64).collect();
    let teachers = teaches.iter().filter(|teaches| **teaches).count();
    let mut kappa = 0.0;
    let (mut noise, mut known) = (pearson.clone(), vec![freedom; rows]);
    if teachers >= FEWEST_TEACHERS {
        kappa = common_noise(&means, &pearson, &teaches, freedom);
        let expected: Vec<f64> = means.iter().map(|mean| 1.0 + kappa * mean).collect();
        let ratios: Vec<f64> = pearson.iter().zip(&expected).map(|(phi, v)| phi / v).collect();
        // Rows ruled by noise between runs and rows ruled by sampling may scatter differently.
        for heavy in [true, false] {
            let is_in = |row: usize| (kappa * means[row] > 0.5) == heavy;
            let own: Vec<usize> = (0..rows).filter(|&row| teaches[row] && is_in(row)).collect();
            let taught_by = match own.len() >= FEWEST_TEACHERS {
                true => own,
                false => (0..rows).filter(|&row| teaches[row]).collect(),
            };
            let prior = fit_prior(taught_by.iter().map(|&row| ratios[row]).collect(), priors);
            let scale = if floor == Floor::Sampling { prior.scale.max(1.0) } else { prior.scale };
            let prior_freedom = prior.freedom.min(kind.most_prior());
            let odd = scale * f_quantile(freedom, prior_freedom, 1.0 - ODD / teachers as f64);
            for row in (0..rows).filter(|&row| is_in(row)) {
                let ratio = ratios[row];
                noise[row] =
                    (prior_freedom * scale + freedom * ratio) / (prior_freedom + freedom) * expected[row];
                known[row] = prior_freedom + freedom;
                if ratio > odd {
                    noise[row] = noise[row].max(pearson[row]);
                    known[row] = freedom;
                }
            }
        }
    }
    if floor == Floor::Sampling {
        noise.iter_mut().for_each(|noise| *noise = noise.max(1.0));
    }
    Dispersion { noise, freedom: known, kappa }
}

/// The relative variance between runs that teaching rows have in common, robust against rows that do not share it.
fn common_noise(means: &[f64], pearson: &[f64], teaches: &[bool], freedom: f64) -> f64 {
    let rows: Vec<(f64, f64)> = (0..means.len())
        .filter(|&row| teaches[row])
        .map(|row| (means[row], (pearson[row] - 1.0) / means[row]))
        .collect();
    let mut kappa = median(rows.iter().map(|(_, excess)| *excess).collect()).max(0.0);
    for _ in 0..5 {
        let (mut sum, mut weights) = (0.0, 0.0);
        for &(mean, excess) in &rows {
            let expected = 1.0 + kappa * mean;
            if (excess - kappa).abs() <= 3.5 * (2.0 / freedom).sqrt() * expected / mean {
                let weight = (mean / expected).powi(2);
                sum += weight * excess;
                weights += weight;
            }
        }
        if weights > 0.0 {
            kappa = (sum / weights).max(0.0);
        }
    }
    kappa
}

struct Prior {
    scale: f64,
    freedom: f64,
}

/// Fits scale and degrees of freedom of the prior to ratios of observed to expected variance, by quantiles and then
/// by the moments of their logarithms without those that are odd. There has to be a ratio.
fn fit_prior(mut ratios: Vec<f64>, table: &PriorTable) -> Prior {
    ratios.sort_by(f64::total_cmp);
    let count = ratios.len() as f64;
    let freedom = table.freedom;
    let middle = quantile(&ratios, 0.5).max(1e-9);
    let gap = (quantile(&ratios, 0.8).max(middle) / middle).ln();
    let found = prior_of_gap(gap, &table.gaps).min(count * freedom / 2.0);
    let scale_of = |prior| middle / f_quantile(freedom, prior, 0.5);
    let prior = Prior { scale: scale_of(found), freedom: found };
    let odd = prior.scale * f_quantile(freedom, prior.freedom, 1.0 - ODD / count);
    let logs: Vec<f64> =
        ratios.iter().filter(|ratio| **ratio <= odd).map(|ratio| ratio.max(1e-3 * middle).ln()).collect();
    let excess = variance(&logs) - trigamma(freedom / 2.0);
    let by_moments = if excess > 0.0 { 2.0 * trigamma_inverse(excess) } else { ALIKE };
    if by_moments < prior.freedom {
        let freedom = by_moments.max(1.0);
        return Prior { scale: scale_of(freedom), freedom };
    }
    prior
}

/// The prior whose quantiles are as far apart as those observed, between two of the table by logarithms.
fn prior_of_gap(gap: f64, gaps: &[f64; PRIORS.len()]) -> f64 {
    let last = PRIORS.len() - 1;
    if gap <= gaps[last] {
        return ALIKE;
    }
    if gap >= gaps[0] {
        return PRIORS[0];
    }
    let above = gaps.iter().position(|other| *other <= gap).unwrap_or(last);
    let (low, high) = (above - 1, above);
    let part = (gaps[low] - gap) / (gaps[low] - gaps[high]);
    (PRIORS[low].ln() + part * (PRIORS[high].ln() - PRIORS[low].ln())).exp()
}
