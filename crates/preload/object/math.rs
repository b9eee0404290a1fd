//! Logarithm and exponential, which `core` does not have.

use crate::layout::FRACTION_BITS;

/// A number above 0 and not above 1, with 53 random bits (S. Vigna, xorshift64*), and the next state.
pub(crate) fn uniform(mut state: u64) -> (u64, f64) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    let bits = state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11;
    (state, (bits + 1) as f64 / (1_u64 << 53) as f64)
}

/// The natural logarithm of a normal number above 0.
pub(crate) fn ln(number: f64) -> f64 {
    let bits = number.to_bits();
    let mut exponent = ((bits >> 52) as i64 - 1023) as f64;
    let mut mantissa = f64::from_bits(bits & 0x000f_ffff_ffff_ffff | 0x3ff0_0000_0000_0000);
    if mantissa > core::f64::consts::SQRT_2 {
        mantissa /= 2.0;
        exponent += 1.0;
    }
    // ln m = 2 (s + s^3/3 + s^5/5 + …) with s = (m - 1) / (m + 1), at most 0.172.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let mut sum = 0.0;
    let mut odd = 23.0;
    while odd > 0.0 {
        sum = sum * square + 1.0 / odd;
        odd -= 2.0;
    }
    exponent * core::f64::consts::LN_2 + 2.0 * s * sum
}

/// `1 - e^-x` for x of 0 and more, exact also where x is small.
pub(crate) fn chance(x: f64) -> f64 {
    if x > 40.0 {
        return 1.0;
    }
    // 1 - e^-2x = (1 - e^-x)(2 - (1 - e^-x)): halved until the series is short, then doubled as often.
    let (mut x, mut halvings) = (x, 0);
    while x > 0.25 {
        x /= 2.0;
        halvings += 1;
    }
    let mut sum = 0.0;
    let mut order = 14.0;
    while order > 0.0 {
        sum = (1.0 - sum) * x / order;
        order -= 1.0;
    }
    for _ in 0..halvings {
        sum *= 2.0 - sum;
    }
    sum
}

/// What a sample of a block of `size` bytes stands for where one is taken every `rate` bytes: objects with sixteen
/// binary digits behind the point, and bytes (D. G. Horvitz and D. J. Thompson, 1952).
pub(crate) fn weight(size: u64, rate: u64) -> (u64, u64) {
    const ONE: f64 = (1_u64 << FRACTION_BITS) as f64;
    if rate <= 1 {
        return (ONE as u64, size);
    }
    // A block of no bytes is never a sample.
    let chance = chance(size.max(1) as f64 / rate as f64);
    ((ONE / chance + 0.5) as u64, (size as f64 / chance + 0.5) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_and_chance_are_exact() {
        let mut state = 7;
        for _ in 0..100_000 {
            let (next, number) = uniform(state);
            state = next;
            assert!((ln(number) - number.ln()).abs() <= 1e-14 * number.ln().abs().max(1.0), "{number}");
            for scale in [1e-9, 1e-3, 1.0, 60.0] {
                let x = number * scale;
                let exact = -(-x).exp_m1();
                assert!((chance(x) - exact).abs() <= 1e-14 * exact, "{x}");
            }
        }
        assert_eq!((ln(1.0), chance(0.0)), (0.0, 0.0));
    }

    #[test]
    fn weights_are_one_over_the_chance() {
        assert_eq!(weight(12_345, 1), (1 << 16, 12_345));
        let (objects, bytes) = weight(16, 512 * 1024);
        assert!((objects as f64 / 65_536.0 - 32_768.5).abs() < 0.01, "{objects}");
        assert_eq!(bytes, 524_296);
        assert_eq!(weight(100 << 20, 512 * 1024), (1 << 16, 100 << 20));
    }
}
