//! A window of time: which of the times of samples count.

use hotlist_profile::{LabelValue, Profile, SampleId, TIMESTAMP, Times};

/// A point in time, as people say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointInTime {
    /// Nanoseconds after the first time of the profile.
    AfterStart(i64),
    /// Nanoseconds before the last one.
    BeforeEnd(i64),
    /// Nanoseconds since the Unix epoch.
    Clock(i64),
}

/// From a time, which is in it, to another one, which is not. A missing end leaves it open on that side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The first time in it.
    pub from: Option<PointInTime>,
    /// The first time behind it.
    pub to: Option<PointInTime>,
}

impl Window {
    /// Whether it is open on both sides.
    pub fn is_everything(&self) -> bool {
        *self == Window::default()
    }

    /// Its ends in nanoseconds since the start of the profile.
    fn ends(&self, profile: &Profile, (first, last): (i64, i64)) -> (i64, i64) {
        let nanos = |point: PointInTime| match point {
            PointInTime::AfterStart(nanos) => first.saturating_add(nanos),
            // The last time itself is in a window that begins at the end.
            PointInTime::BeforeEnd(nanos) => last.saturating_sub(nanos),
            PointInTime::Clock(nanos) => nanos.saturating_sub(profile.time_nanos),
        };
        (self.from.map_or(i64::MIN, nanos), self.to.map_or(i64::MAX, nanos))
    }
}

/// A time of a sample with the value that came then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimedValue {
    pub(crate) sample: SampleId,
    /// Since the start of the profile.
    pub(crate) nanos: i64,
    pub(crate) value: i64,
    pub(crate) divisor: i64,
}

/// Whether any sample of `profile` has a time: in the column for it, or in a label.
pub fn has_times(profile: &Profile) -> bool {
    profile.samples.times().is_some_and(|times| !times.is_empty()) || !labelled_times(profile).is_empty()
}

/// For each label set the time that one of its labels holds, since the start of the profile; empty where none does.
pub(crate) fn labelled_times(profile: &Profile) -> Vec<Option<i64>> {
    let Some(key) = profile.strings.find(TIMESTAMP) else { return Vec::new() };
    let times: Vec<Option<i64>> = profile
        .labels
        .iter()
        .map(|labels| {
            labels.iter().find_map(|label| match label.value {
                LabelValue::Number { value, .. } if label.key == key => {
                    Some(value.saturating_sub(profile.time_nanos))
                }
                _ => None,
            })
        })
        .collect();
    if times.iter().any(Option::is_some) { times } else { Vec::new() }
}

/// Calls `take` with every time of a sample, in no order; the value is that of `column`.
pub(crate) fn each_time(
    profile: &Profile,
    column: usize,
    with_divisor: bool,
    mut take: impl FnMut(TimedValue),
) {
    if let Some(times) = profile.samples.times() {
        for moment in times.iter() {
            let divisor = if with_divisor { moment.values[0] } else { 0 };
            let value = moment.values[column];
            take(TimedValue { sample: moment.sample, nanos: moment.nanos, value, divisor });
        }
        return;
    }
    let times = labelled_times(profile);
    if times.is_empty() {
        return;
    }
    for sample in profile.samples.ids() {
        if let Some(nanos) = times[profile.samples.labels(sample).index()] {
            let divisor = if with_divisor { profile.samples.value(sample, 0) } else { 0 };
            take(TimedValue { sample, nanos, value: profile.samples.value(sample, column), divisor });
        }
    }
}

/// The first and the last time of any sample, in nanoseconds since the start of the profile.
pub(crate) fn range_of_times(profile: &Profile) -> Option<(i64, i64)> {
    if let Some(times) = profile.samples.times() {
        return times.range();
    }
    let times = labelled_times(profile);
    let known = || times.iter().flatten().copied();
    Some((known().min()?, known().max()?))
}

/// What samples weigh in a window.
#[derive(Clone, Debug)]
pub(crate) struct Windowed {
    from: i64,
    to: i64,
    /// Of each sample.
    weights: Vec<(i64, i64)>,
    /// Which samples have a time in the window.
    has_any: Vec<bool>,
}

impl Windowed {
    /// `None` when no sample has a time.
    pub(crate) fn new(profile: &Profile, window: Window, column: usize, with_divisor: bool) -> Option<Self> {
        let (from, to) = window.ends(profile, range_of_times(profile)?);
        let count = profile.samples.len();
        let mut windowed = Windowed { from, to, weights: vec![(0, 0); count], has_any: vec![false; count] };
        each_time(profile, column, with_divisor, |timed| {
            if (from..to).contains(&timed.nanos) {
                let (value, divisor) = &mut windowed.weights[timed.sample.index()];
                *value = value.saturating_add(timed.value);
                *divisor = divisor.saturating_add(timed.divisor);
                windowed.has_any[timed.sample.index()] = true;
            }
        });
        Some(windowed)
    }

    /// For a profile without times: nothing is in the window.
    pub(crate) fn nothing(profile: &Profile) -> Self {
        let count = profile.samples.len();
        Windowed { from: 0, to: 0, weights: vec![(0, 0); count], has_any: vec![false; count] }
    }

    /// Whether any sample has a time in the window.
    pub(crate) fn is_empty(&self) -> bool {
        !self.has_any.contains(&true)
    }

    #[inline]
    pub(crate) fn holds(&self, sample: SampleId) -> bool {
        self.has_any[sample.index()]
    }

    #[inline]
    pub(crate) fn weight(&self, sample: SampleId) -> (i64, i64) {
        self.weights[sample.index()]
    }

    /// Whether the window holds a time, in nanoseconds since the start of the profile.
    pub(crate) fn contains(&self, nanos: i64) -> bool {
        (self.from..self.to).contains(&nanos)
    }

    /// What all sample types of all samples got in the window, row by row.
    pub(crate) fn values(&self, profile: &Profile) -> Vec<i64> {
        let width = profile.samples.width();
        let mut values = vec![0i64; profile.samples.len() * width];
        let mut add = |sample: SampleId, part: &[i64]| {
            let sums = &mut values[sample.index() * width..][..width];
            sums.iter_mut().zip(part).for_each(|(sum, value)| *sum = sum.saturating_add(*value));
        };
        if let Some(times) = profile.samples.times() {
            let inside = Times::iter(times).filter(|moment| self.contains(moment.nanos));
            inside.for_each(|moment| add(moment.sample, moment.values));
        } else {
            let inside = profile.samples.ids().filter(|&sample| self.holds(sample));
            inside.for_each(|sample| add(sample, profile.samples.values(sample)));
        }
        values
    }
}
