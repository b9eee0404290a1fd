//! The test of each row, its interval, and the smallest change that could have been seen.
//!
//! Given how much a function has on both sides together, the part that falls on the new side is binomial, with a
//! variance that is [`noise`](Dispersion::noise) times as large. The test is the score test of that part with t in
//! place of normal quantiles; the interval inverts it (Wilson 1927), so test and interval agree, also at zero counts.

use crate::dispersion::Dispersion;
use crate::distribution::{t_cdf, t_quantile, t_two_sided};
use crate::matrix::{Matrix, Side};

/// What the test says of one row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Score {
    /// Effective counts of a mean run of the base, and of the new side.
    pub(crate) base: f64,
    pub(crate) new: f64,
    /// New over base, by exposure. Infinite where the base has none.
    pub(crate) ratio: f64,
    /// The ends of the confidence interval of the ratio; the upper one may be infinite.
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// The two-sided probability of such a difference without a change.
    pub(crate) p: f64,
    /// The statistic behind it; positive when the new side has more.
    pub(crate) z: f64,
    pub(crate) freedom: f64,
    pub(crate) noise: f64,
    /// The smallest relative increase that would be seen in four of five such comparisons.
    pub(crate) detectable: f64,
}

/// Ratios from here on are infinite: nothing on the base side.
const INFINITE: f64 = 1e11;

/// How much there was to do on each side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exposure {
    pub(crate) base: f64,
    pub(crate) new: f64,
    pub(crate) mean: f64,
}

impl Exposure {
    pub(crate) fn of(matrix: &Matrix, exposures: &[f64]) -> Exposure {
        let side = |side| {
            exposures.iter().zip(matrix.sides()).filter(|(_, s)| **s == side).map(|(e, _)| *e).sum::<f64>()
        };
        Exposure {
            base: side(Side::Base),
            new: side(Side::New),
            mean: exposures.iter().sum::<f64>() / exposures.len() as f64,
        }
    }

    /// The part that falls on the new side when rates are `ratio` to 1.
    fn part(self, ratio: f64) -> f64 {
        self.new * ratio / (self.base + self.new * ratio)
    }
}

/// The statistic for the hypothesis that rates are `ratio` to 1.
pub(crate) fn statistic(base: f64, new: f64, noise: f64, exposure: Exposure, ratio: f64) -> f64 {
    let n = (base + new) / noise;
    let expected = exposure.part(ratio);
    (new / (base + new) - expected) / (expected * (1.0 - expected) / n).sqrt()
}

/// The one-sided probability of such an increase when rates are at most `ratio` to 1.
pub(crate) fn one_sided(score: &Score, pooled: (f64, f64), exposure: Exposure, ratio: f64) -> f64 {
    t_cdf(score.freedom, -statistic(pooled.0, pooled.1, score.noise, exposure, ratio))
}

/// The smallest relative increase that four of five comparisons would show at confidence `1 - alpha`, where both sides
/// would have these counts without a change.
pub(crate) fn detectable(base: f64, new: f64, noise: f64, freedom: f64, alpha: f64) -> f64 {
    seen(alpha, freedom, noise * (1.0 / base + 1.0 / new))
}

/// The same for a difference of logarithms with this variance.
pub(crate) fn seen(alpha: f64, freedom: f64, variance: f64) -> f64 {
    let t = t_quantile(freedom, 1.0 - alpha / 2.0) + t_quantile(freedom, 0.8);
    (t * variance.sqrt()).exp_m1()
}

/// Scores every row at confidence `1 - alpha`.
pub(crate) fn score(matrix: &Matrix, exposures: &[f64], dispersion: &Dispersion, alpha: f64) -> Vec<Score> {
    let exposure = Exposure::of(matrix, exposures);
    let (base, new) = (matrix.pooled(Side::Base), matrix.pooled(Side::New));
    let one = |row: usize| {
        let (a, b) = (base[row], new[row]);
        let (noise, freedom) = (dispersion.noise[row], dispersion.freedom[row]);
        let (n, part) = ((a + b) / noise, b / (a + b));
        let t = t_quantile(freedom, 1.0 - alpha / 2.0);
        let centre = (part + t * t / 2.0 / n) / (1.0 + t * t / n);
        let half = t / (1.0 + t * t / n) * (part * (1.0 - part) / n + t * t / 4.0 / n / n).sqrt();
        let odds = |part: f64| part / (1.0 - part).max(1e-12) * exposure.base / exposure.new;
        let finite = |ratio: f64| if ratio > INFINITE { f64::INFINITY } else { ratio };
        let z = statistic(a, b, noise, exposure, 1.0);
        // What the sides have where nothing changed.
        let expected = |side: f64| (a + b) * side / (exposure.base + exposure.new);
        Score {
            base: a / exposure.base * exposure.mean,
            new: b / exposure.new * exposure.mean,
            ratio: finite(b / exposure.new / (a / exposure.base).max(1e-12)),
            low: odds((centre - half).max(0.0)),
            high: finite(odds((centre + half).min(1.0))),
            p: t_two_sided(freedom, z),
            z,
            freedom,
            noise,
            detectable: detectable(expected(exposure.base), expected(exposure.new), noise, freedom, alpha),
        }
    };
    (0..matrix.rows()).map(one).collect()
}
