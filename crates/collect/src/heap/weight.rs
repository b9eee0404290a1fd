//! What a sample of the heap stands for.

/// A fixed point number with this many binary digits after the point, so that adding a weight and taking
/// it away again is exact.
pub(crate) const FRACTION_BITS: u32 = 16;

/// What one sample stands for, as fixed point numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Weight {
    /// Objects.
    pub(crate) objects: u64,
    /// Bytes.
    pub(crate) bytes: u64,
}

impl Weight {
    /// The weight of a block of `size` bytes sampled at `rate`: one over the chance it had.
    pub(crate) fn of(size: u64, rate: u64) -> Weight {
        if rate <= 1 {
            return Weight { objects: 1 << FRACTION_BITS, bytes: size << FRACTION_BITS };
        }
        let chance = -(-(size as f64) / rate as f64).exp_m1();
        let one = (1_u64 << FRACTION_BITS) as f64;
        Weight { objects: (one / chance) as u64, bytes: (one * size as f64 / chance) as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many standard deviations the estimates of objects and bytes over `sizes`, repeated, are off. The variance
    /// is `sum (1 - p) / p` for objects and `sum s^2 (1 - p) / p` for bytes.
    fn z_scores(seed: u64, rate: u64, repeats: usize, sizes: &[u64]) -> [f64; 2] {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut draw = || {
            let (new, uniform) = crate::random::uniform(state);
            state = new;
            (-uniform.ln() * rate as f64) as i64
        };
        let mut left = draw();
        let (mut off, mut variance) = ([0_f64; 2], [0_f64; 2]);
        for &size in (0..repeats).flat_map(|_| sizes) {
            left -= size as i64;
            if left < 0 {
                let weight = Weight::of(size, rate);
                off[0] += weight.objects as f64 / 65_536.0;
                off[1] += weight.bytes as f64 / 65_536.0;
                left = draw();
            }
            let chance = -(-(size as f64) / rate as f64).exp_m1();
            off[0] -= 1.0;
            off[1] -= size as f64;
            variance[0] += (1.0 - chance) / chance;
            variance[1] += (size as f64).powi(2) * (1.0 - chance) / chance;
        }
        [off[0] / variance[0].sqrt(), off[1] / variance[1].sqrt()]
    }

    fn check(rate: u64, repeats: usize, sizes: &[u64]) {
        for seed in 1..=20_u64 {
            let z = z_scores(seed, rate, repeats, sizes);
            assert!(z.iter().all(|z| z.abs() <= 4.0), "rate {rate}, seed {seed}, sizes {sizes:?}: {z:?}");
        }
    }

    /// Over many seeds the z-scores have mean 0 and variance 1, also where a single sample stands for most of the
    /// objects and so a score above 4 is no rarity: the sums are not normally distributed, but right on average, and
    /// as far off as the closed form says.
    #[test]
    fn estimates_are_unbiased_and_as_wide_as_the_closed_form_says() {
        const SEEDS: u64 = 20_000;
        for (rate, repeats, sizes) in [(8192, 40, &[64, 4096, 900][..]), (512 * 1024, 60, &[16, 100_000])] {
            let (mut sum, mut squares, mut fourth) = ([0.0; 2], [0.0; 2], [0.0; 2]);
            for seed in 1..=SEEDS {
                for (place, z) in z_scores(seed, rate, repeats, sizes).into_iter().enumerate() {
                    sum[place] += z;
                    squares[place] += z * z;
                    fourth[place] += z.powi(4);
                }
            }
            for place in 0..2 {
                let [mean, square, fourth] = [sum, squares, fourth].map(|sums| sums[place] / SEEDS as f64);
                let error = 1.0 / (SEEDS as f64).sqrt();
                assert!(mean.abs() <= 4.0 * error, "figure {place}: mean {mean}");
                let deviation = (fourth - square * square).sqrt();
                assert!((square - 1.0).abs() <= 4.0 * deviation * error, "figure {place}: variance {square}");
            }
        }
    }

    #[test]
    fn estimates_are_right_for_every_mix() {
        check(512 * 1024, 1 << 16, &[4096]);
        check(16 * 1024, 1 << 10, &[65_536, 1024, 32_768, 512, 16_384, 256]);
        check(512 * 1024, 1 << 10, &(6..21).map(|bits| 1 << bits).collect::<Vec<u64>>());
        let mut small_and_large = vec![8; 10_000];
        small_and_large.push(8 << 20);
        check(512 * 1024, 50, &small_and_large);
        check(64, 1 << 12, &[1, 2, 3, 100, 1000]);
    }

    #[test]
    fn rate_one_is_exact() {
        assert_eq!(Weight::of(12_345, 1), Weight { objects: 1 << 16, bytes: 12_345 << 16 });
    }
}
