//! When the next sample is due, for each thread on its own.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::unwind::StackBounds;

/// A thread looks at the rate at least once in this many allocated bytes.
const LOOK: i64 = 1 << 20;

/// A fixed point number with this many binary digits after the point, so that adding a weight and taking
/// it away again is exact.
pub(crate) const FRACTION_BITS: u32 = 16;

/// What a thread remembers. Nothing here needs to be dropped or allocated.
struct Thread {
    /// Bytes to the next sample beyond the ones in [`LEFT`].
    beyond: Cell<i64>,
    /// The rate the point was drawn for; 0 when none was drawn.
    rate: Cell<u64>,
    random: Cell<u64>,
    bounds: Cell<StackBounds>,
    /// How many [`Unsampled`] there are.
    quiet: Cell<u32>,
}

thread_local! {
    /// Bytes until this thread has something to do. Zero at first, so that its first allocation is
    /// noticed.
    static LEFT: Cell<i64> = const { Cell::new(0) };
    static THREAD: Thread = const {
        Thread {
            beyond: Cell::new(0),
            rate: Cell::new(0),
            random: Cell::new(0),
            bounds: Cell::new(StackBounds { low: 0, high: 0 }),
            quiet: Cell::new(0),
        }
    };
}

/// Counts `size` bytes; whether something is to be done now. The whole cost of an ordinary allocation:
/// one subtraction in memory and one jump.
#[inline(always)]
pub(crate) fn passes(size: usize) -> bool {
    LEFT.with(|left| {
        let now = left.get().wrapping_sub(size as i64);
        left.set(now);
        now < 0
    })
}

/// To be called when [`passes`] said yes: the rate at which this allocation is a sample, or `None` when
/// it is not one. After `Some` the thread takes no samples until [`resume`] is called.
pub(crate) fn decide(size: usize) -> Option<u64> {
    let rate = super::heap_rate();
    THREAD.with(|thread| {
        let left = LEFT.get().saturating_add(thread.beyond.get());
        let (left, drawn_for) = if rate == thread.rate.get() && rate != 0 {
            (left, rate)
        } else {
            // The first allocation of the thread, or the rate was changed: a new point is drawn, which
            // is right because the distance to the old one says nothing about the new one.
            (draw(thread, rate).saturating_sub(size as i64), rate)
        };
        if rate == 0 || left >= 0 {
            set(thread, left.max(0), drawn_for);
            return None;
        }
        LEFT.set(i64::MAX);
        Some(rate)
    })
}

/// Draws the point of the next sample.
pub(crate) fn resume() {
    THREAD.with(|thread| {
        let rate = super::heap_rate();
        set(thread, draw(thread, rate), rate);
    });
}

/// Makes the calling thread look at the rate at its next allocation.
pub(crate) fn restart() {
    THREAD.with(|thread| {
        thread.rate.set(0);
        if thread.quiet.get() == 0 {
            LEFT.set(0);
            thread.beyond.set(0);
        }
    });
}

/// The stack of this thread, found out when it takes its first sample.
pub(crate) fn bounds() -> StackBounds {
    THREAD.with(|thread| {
        if thread.bounds.get() == StackBounds::default() {
            thread.bounds.set(StackBounds::of_this_thread());
        }
        thread.bounds.get()
    })
}

fn set(thread: &Thread, left: i64, rate: u64) {
    LEFT.set(left.min(LOOK));
    thread.beyond.set((left - LOOK).max(0));
    thread.rate.set(rate);
}

/// The distance to the next sample: exponential with mean `rate`, rounded down, so that an allocation of
/// `s` bytes passes it with the chance `1 - e^(-s / rate)` exactly.
fn draw(thread: &Thread, rate: u64) -> i64 {
    match rate {
        0 => LOOK,
        1 => 0,
        _ => {
            let mut state = thread.random.get();
            if state == 0 {
                state = seed(thread);
            }
            let (state, uniform) = next(state);
            thread.random.set(state);
            (-uniform.ln() * rate as f64) as i64
        }
    }
}

/// A number above 0 and not above 1 (S. Vigna, "An experimental exploration of Marsaglia's xorshift
/// generators", xorshift64*), with 53 random bits.
fn next(mut state: u64) -> (u64, f64) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    let bits = state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11;
    (state, (bits + 1) as f64 / (1_u64 << 53) as f64)
}

/// What the random numbers of all threads begin with; 0 when it is to be another one in every run.
static SEED: AtomicU64 = AtomicU64::new(0);

/// Makes the samples the same in every run in which threads come in the same order.
pub(crate) fn set_seed(seed: u64) {
    SEED.store(seed, Ordering::Relaxed);
}

fn seed(thread: &Thread) -> u64 {
    static THREADS: AtomicU64 = AtomicU64::new(1);
    let number = THREADS.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
    let first = match SEED.load(Ordering::Relaxed) {
        // The kernel puts threads at other addresses in every run.
        0 => std::ptr::from_ref(thread).addr() as u64,
        seed => seed,
    };
    let mut mixed = number ^ first.rotate_left(32);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)) | 1
}

/// While a value of this type lives, the thread that made it takes no samples: for the work of the
/// profiler itself.
#[derive(Debug)]
pub(crate) struct Unsampled {
    left: i64,
    /// Belongs to its thread.
    not_send: PhantomData<*const ()>,
}

impl Unsampled {
    /// Stops sampling on this thread.
    pub(crate) fn enter() -> Unsampled {
        THREAD.with(|thread| thread.quiet.set(thread.quiet.get() + 1));
        Unsampled { left: LEFT.replace(i64::MAX), not_send: PhantomData }
    }

    /// Stops sampling on this thread until it ends: for threads of the profiler.
    pub(crate) fn for_ever() {
        std::mem::forget(Unsampled::enter());
    }
}

impl Drop for Unsampled {
    fn drop(&mut self) {
        THREAD.with(|thread| {
            let quiet = thread.quiet.get() - 1;
            thread.quiet.set(quiet);
            // The rate was changed meanwhile: the old point means nothing any more.
            LEFT.set(if quiet == 0 && thread.rate.get() == 0 { 0 } else { self.left });
        });
    }
}

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
            let (new, uniform) = next(state);
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
