//! Distribution functions as the tests need them, exact enough far out.
//!
//! `statrs` has the functions themselves. Its inverses lose digits for very many degrees of freedom, where the
//! limits (normal, chi squared) take over here.

use statrs::distribution::{ChiSquared, ContinuousCDF, FisherSnedecor, Normal, StudentsT};

/// Degrees of freedom from which a distribution is taken for its limit.
const MANY: f64 = 1e5;

/// The probability that Student's t with `df` degrees of freedom is at most `t`.
pub(crate) fn t_cdf(df: f64, t: f64) -> f64 {
    if t.is_nan() {
        return f64::NAN;
    }
    if df >= MANY {
        return standard_normal().cdf(t);
    }
    StudentsT::new(0.0, 1.0, df).map_or(f64::NAN, |d| d.cdf(t))
}

/// The two-sided probability of a value as far out as `t`, exact in the tail.
pub(crate) fn t_two_sided(df: f64, t: f64) -> f64 {
    2.0 * t_cdf(df, -t.abs())
}

/// The value that Student's t with `df` degrees of freedom stays below with probability `p`.
pub(crate) fn t_quantile(df: f64, p: f64) -> f64 {
    if df >= MANY {
        return standard_normal().inverse_cdf(p);
    }
    StudentsT::new(0.0, 1.0, df).map_or(f64::NAN, |d| d.inverse_cdf(p))
}

/// The value that F with `d1` and `d2` degrees of freedom stays below with probability `p`.
pub(crate) fn f_quantile(d1: f64, d2: f64, p: f64) -> f64 {
    if d2 >= MANY {
        return ChiSquared::new(d1).map_or(f64::NAN, |d| d.inverse_cdf(p) / d1);
    }
    FisherSnedecor::new(d1, d2).map_or(f64::NAN, |d| d.inverse_cdf(p))
}

fn standard_normal() -> Normal {
    Normal::standard()
}

/// The second derivative of the logarithm of the gamma function, for `x` above 0.
///
/// Recurrence up to 8, then the asymptotic series (Abramowitz and Stegun, 6.4.6 and 6.4.12).
pub(crate) fn trigamma(mut x: f64) -> f64 {
    let mut sum = 0.0;
    while x < 8.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    sum + 1.0 / x
        + y / 2.0
        + y / x * (1.0 / 6.0 + y * (-1.0 / 30.0 + y * (1.0 / 42.0 + y * (-1.0 / 30.0 + y * 5.0 / 66.0))))
}

/// The derivative of [`trigamma`] (Abramowitz and Stegun, 6.4.13).
fn tetragamma(mut x: f64) -> f64 {
    let mut sum = 0.0;
    while x < 8.0 {
        sum -= 2.0 / (x * x * x);
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    sum - y - y / x - y * y * (0.5 + y * (-1.0 / 6.0 + y * (1.0 / 6.0 + y * (-0.3 + y * 5.0 / 6.0))))
}

/// Where [`trigamma`] is `value`, by Newton's method on its reciprocal (Smyth 2004, appendix).
pub(crate) fn trigamma_inverse(value: f64) -> f64 {
    let mut y = 0.5 + 1.0 / value;
    for _ in 0..20 {
        let t = trigamma(y);
        y += t * (1.0 - t / value) / tetragamma(y);
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(found: f64, expected: f64, digits: f64) {
        assert!((found - expected).abs() <= expected.abs() * digits, "{found} is not {expected}");
    }

    #[test]
    fn distributions_agree_with_scipy() {
        check(t_cdf(5.0, -2.5), 0.027_245_049_671_188_13, 1e-9);
        check(t_two_sided(18.0, 40.0), 4.865_261_692_304_997e-19, 1e-9);
        check(t_quantile(3.0, 0.975), 3.182_446_305_283_707_8, 1e-7);
        check(t_quantile(1e6, 0.975), 1.959_966_356_814_107, 1e-5);
        check(f_quantile(18.0, 8.0, 0.8), 1.800_840_228_459_772, 1e-6);
        check(f_quantile(4.0, 1e6, 0.5), 0.839_174_064_259_397_1, 1e-5);
    }

    #[test]
    fn trigamma_is_known_at_one_and_undone_by_its_inverse() {
        check(trigamma(1.0), std::f64::consts::PI.powi(2) / 6.0, 1e-12);
        for x in [0.3, 1.0, 2.5, 9.0, 400.0] {
            check(trigamma_inverse(trigamma(x)), x, 1e-9);
            let h = 1e-5 * x;
            check(tetragamma(x), (trigamma(x + h) - trigamma(x - h)) / (2.0 * h), 1e-5);
        }
    }
}
