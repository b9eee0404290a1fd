//! Weight over time.

use crate::model::view::View;
use crate::model::window::{each_time, range_of_times};

/// What was selected weighs, time slice by time slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// Where the first bin begins, in nanoseconds since the start of the profile,
    /// [`time_nanos`](hotlist_profile::Profile::time_nanos).
    pub start: i64,
    /// How many nanoseconds a bin takes; at least 1.
    pub width: i64,
    /// The weight of each bin.
    pub bins: Vec<i64>,
}

/// More bins are not made.
const MOST_BINS: usize = 100_000;

impl View<'_> {
    /// The weights of the selected samples in at most `bins` slices of equal width, from the first time of the profile
    /// to the last. All times are shown, those outside of a window of the view included, so that people can move it.
    ///
    /// Means are not divided. `None` when no sample has a time, or no bin is asked for.
    pub fn timeline(&self, bins: usize) -> Option<Timeline> {
        let profile = self.profile();
        let (first, last) = range_of_times(profile)?;
        let wanted = bins.min(MOST_BINS) as i128;
        if wanted == 0 {
            return None;
        }
        // The last time is in the last bin.
        let span = i128::from(last) - i128::from(first) + 1;
        let width = (span + wanted - 1) / wanted;
        let count = ((span + width - 1) / width) as usize;
        let mut bins = vec![0i64; count];
        each_time(profile, self.value().column, false, |timed| {
            if self.selects_at_any_time(timed.sample) {
                let bin = (i128::from(timed.nanos) - i128::from(first)) / width;
                let bin = &mut bins[bin as usize];
                *bin = bin.saturating_add(timed.value);
            }
        });
        Some(Timeline { start: first, width: i64::try_from(width).unwrap_or(i64::MAX), bins })
    }
}
