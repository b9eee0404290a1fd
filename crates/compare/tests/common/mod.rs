//! Profiles from tables of counts.
#![allow(dead_code, reason = "each test takes what it needs")]

use hotlist_analyze::{SampleValue, Threads, View};
use hotlist_compare::{CompareError, Comparison, Options, Run, Sensitivity, compare, sensitivity};
use hotlist_profile::{Builder, Profile};

/// A profile in which each function, called by `main`, has its count of samples.
pub(crate) fn profile(counts: &[(&str, i64)], time: i64) -> Profile {
    let mut builder = Builder::new(&[("samples", "count")]);
    let main = builder.named_function("main", "main.rs");
    let root = builder.source_location(main, 1);
    for (name, count) in counts.iter().filter(|(_, count)| *count != 0) {
        let function = builder.named_function(name, "work.rs");
        let leaf = builder.source_location(function, 7);
        builder.sample(&[leaf, root], &[], &[*count]).expect("a value for the type");
    }
    let mut profile = builder.finish();
    profile.time_nanos = time;
    profile.period = 10_000_000;
    profile
}

/// Compares two sets of profiles, named by their place in the sets.
pub(crate) fn compared(
    base: &[Profile],
    new: &[Profile],
    options: &Options,
) -> Result<Comparison, CompareError> {
    compared_column(base, new, options, 0)
}

/// The same by the values of another column.
pub(crate) fn compared_column(
    base: &[Profile],
    new: &[Profile],
    options: &Options,
    column: usize,
) -> Result<Comparison, CompareError> {
    let base: Vec<&Profile> = base.iter().collect();
    let new: Vec<&Profile> = new.iter().collect();
    with_runs(&base, column, |base| with_runs(&new, column, |new| compare(base, new, options)))
}

/// What comparisons of such runs could show.
pub(crate) fn split(runs: &[Profile], options: &Options) -> Result<Sensitivity, CompareError> {
    with_runs(&runs.iter().collect::<Vec<_>>(), 0, |runs| sensitivity(runs, options))
}

/// Hands out profiles as runs, named by their place.
pub(crate) fn with_runs<R>(profiles: &[&Profile], column: usize, take: impl FnOnce(&[Run<'_>]) -> R) -> R {
    let value = SampleValue { column, mean: false };
    let view = |profile| View::new(profile, value, Threads::ONE, &mut Vec::new()).expect("sums fit");
    let views: Vec<View<'_>> = profiles.iter().copied().map(view).collect();
    let names: Vec<String> = (0..views.len()).map(|run| format!("run{run:03}")).collect();
    let runs: Vec<Run<'_>> = views.iter().zip(&names).map(|(view, name)| Run { name, view }).collect();
    take(&runs)
}

/// Numbers that look drawn by lot, the same for each seed (SplitMix64).
pub(crate) struct Lots(u64);

impl Lots {
    pub(crate) fn new(seed: u64) -> Lots {
        Lots(seed)
    }

    /// Evenly between 0 and 1.
    pub(crate) fn even(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Standard normal (Box and Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * self.even().max(1e-300).ln()).sqrt() * (std::f64::consts::TAU * self.even()).cos()
    }

    /// Poisson with a mean: exact below 50, above by the nearest integer to a normal one.
    pub(crate) fn poisson(&mut self, mean: f64) -> i64 {
        if mean > 50.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as i64;
        }
        let (limit, mut product, mut count) = ((-mean).exp(), self.even(), 0);
        while product > limit {
            product *= self.even();
            count += 1;
        }
        count
    }
}
