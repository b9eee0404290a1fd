//! From values of samples to effective counts: numbers whose sampling variance equals their mean.
//!
//! A clock's samples are such counts already. A sampled allocation stands for more bytes than a small one, with
//! more noise; what all of a profile's noise is per byte is the unit in which its bytes become counts.

use hotlist_analyze::View;
use hotlist_profile::{Profile, SampleId};

use crate::dispersion::Floor;

/// How the values of a column come about, and so how noisy they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sampling {
    /// Each sample counts one, or what stands in another column.
    Counted {
        /// The column with the number of samples; without one, values are divided by the period.
        counts: Option<usize>,
    },
    /// Allocations that were sampled by bytes.
    Heap {
        objects: usize,
        space: usize,
        /// Whether it is the bytes that are looked at, not the objects.
        of_space: bool,
    },
    /// Values of unknown variance, such as delays.
    Unknown,
}

/// A value and its sampling variance.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measure {
    pub(crate) value: f64,
    pub(crate) variance: f64,
}

impl Sampling {
    /// What is known of `column`, by the names of the sample types.
    pub(crate) fn of(profile: &Profile, column: usize) -> Sampling {
        let kind = |row: usize| profile.lossy(profile.sample_types[row].kind);
        let unit = |row: usize| profile.lossy(profile.sample_types[row].unit);
        let find = |wanted: &str| (0..profile.sample_types.len()).find(|&row| kind(row) == wanted);
        if unit(column) == "count" && !kind(column).ends_with("objects") {
            return Sampling::Counted { counts: Some(column) };
        }
        for prefix in ["alloc_", "inuse_", ""] {
            let pair = (find(&format!("{prefix}objects")), find(&format!("{prefix}space")));
            if let (Some(objects), Some(space)) = pair
                && [objects, space].contains(&column)
            {
                return Sampling::Heap { objects, space, of_space: column == space };
            }
        }
        match kind(column).as_ref() {
            "delay" => Sampling::Unknown,
            _ => match find("samples").filter(|&row| unit(row) == "count") {
                Some(counts) => Sampling::Counted { counts: Some(counts) },
                None if profile.period > 0 => Sampling::Counted { counts: None },
                None => Sampling::Unknown,
            },
        }
    }

    /// Whether rows cannot be quieter than sampling.
    pub(crate) fn floor(self) -> Floor {
        match self {
            Sampling::Unknown => Floor::Unknown,
            Sampling::Counted { .. } | Sampling::Heap { .. } => Floor::Sampling,
        }
    }

    /// What `sample` weighs. For counted samples the value is the count.
    pub(crate) fn measure(self, profile: &Profile, sample: SampleId, column: usize) -> Measure {
        let value = |column: usize| profile.samples.value(sample, column) as f64;
        match self {
            Sampling::Counted { counts } => {
                let count = counts.map_or_else(|| value(column) / profile.period.max(1) as f64, value);
                Measure { value: count, variance: count }
            }
            Sampling::Heap { objects, space, of_space } => {
                heap(value(objects), value(space), profile.period as f64, of_space)
            }
            Sampling::Unknown => Measure { value: value(column), variance: 0.0 },
        }
    }
}

/// How many samples of equal weight would know the sum of the selected values as well: one over the square of its relative
/// error. For a clock that is the number of its samples. `None` where the values say nothing about how they came about,
/// and where each was measured.
pub fn effective_samples(view: &View<'_>) -> Option<f64> {
    let (profile, column) = (view.profile(), view.value().column);
    let sampling = Sampling::of(profile, column);
    if sampling == Sampling::Unknown {
        return None;
    }
    let mut sum = Measure::default();
    for sample in view.samples() {
        let measure = sampling.measure(profile, sample, column);
        sum.value += measure.value.abs();
        sum.variance += measure.variance.abs();
    }
    (sum.variance > 0.0).then(|| sum.value * sum.value / sum.variance)
}

/// The variance of what stands for `objects` of `space` bytes together, sampled every `rate` bytes on average: each of
/// them was seen with probability `1 - exp(-size / rate)` and weighs one over that.
fn heap(objects: f64, space: f64, rate: f64, of_space: bool) -> Measure {
    let value = if of_space { space } else { objects };
    if rate <= 1.0 || objects <= 0.0 || space <= 0.0 {
        return Measure { value, variance: 0.0 };
    }
    let size = space / objects;
    let seen = -(-size / rate).exp_m1();
    let samples = objects * seen;
    let each = if of_space { size / seen } else { 1.0 / seen };
    Measure { value, variance: samples * each * each * (1.0 - seen) }
}

#[cfg(test)]
mod tests {
    use hotlist_analyze::{SampleValue, Threads};
    use hotlist_profile::Builder;

    use super::*;

    #[test]
    fn a_clock_has_its_samples_and_a_heap_those_that_were_drawn() {
        let check = |types: &[(&str, &str)], values: &[i64], expected: Option<f64>| {
            let mut builder = Builder::new(types);
            builder.period("space", "bytes", 524_288);
            builder.sample(&[], &[], values).expect("frames are few");
            let profile = builder.finish();
            let value = SampleValue { column: types.len() - 1, mean: false };
            let view = View::new(&profile, value, Threads::ONE, &mut Vec::new()).expect("sums fit");
            let found = effective_samples(&view);
            let is_near = match (found, expected) {
                (Some(found), Some(expected)) => (found / expected - 1.0).abs() < 0.01,
                (found, expected) => found == expected,
            };
            assert!(is_near, "{types:?}: {found:?}");
        };
        check(&[("samples", "count"), ("cpu", "nanoseconds")], &[43, 430_000_000], Some(43.0));
        check(&[("alloc_objects", "count"), ("alloc_space", "bytes")], &[655_360, 5_242_880], Some(10.0));
        check(&[("contentions", "count"), ("delay", "nanoseconds")], &[3, 100], None);
    }

    #[test]
    fn large_objects_have_no_noise_and_small_ones_that_of_a_count() {
        let small = heap(1000.0, 8000.0, 524_288.0, false);
        let sampled = 1000.0 * 8.0 / 524_288.0;
        assert!((small.variance / (1000.0 * 1000.0 / sampled) - 1.0).abs() < 1e-3);
        assert!(heap(1.0, 1e8, 524_288.0, true).variance < 1e-9);
        assert!(heap(5.0, 100.0, 1.0, true).variance.abs() < 1e-9);
    }
}
