//! Profiles that are tables of sums by stack and labels.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// A profile that is a table of sums by stack and labels.
#[derive(Clone, Debug)]
pub(crate) struct Sums {
    /// Kinds and units of the values.
    pub(crate) types: &'static [(&'static str, &'static str)],
    /// Kind and unit of the period, which is 1.
    pub(crate) period: (&'static str, &'static str),
    /// When it was taken.
    pub(crate) time: SystemTime,
    /// How long it covers; zero for a state or a whole run.
    pub(crate) duration: Duration,
    /// Values by frames and the number of the set of labels.
    pub(crate) rows: BTreeMap<(Vec<u64>, u32), Vec<i64>>,
}

impl Sums {
    /// What happened between `base` and this one. Rows without a difference are left out.
    pub(crate) fn since(mut self, base: &Sums) -> Sums {
        for (key, values) in &base.rows {
            let row = self.rows.entry(key.clone()).or_insert_with(|| vec![0; values.len()]);
            for (value, old) in row.iter_mut().zip(values) {
                *value = value.saturating_sub(*old);
            }
        }
        self.rows.retain(|_, values| values.iter().any(|&value| value != 0));
        self.duration = self.time.duration_since(base.time).unwrap_or_default();
        self
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn a_delta_keeps_what_changed_in_both_directions() {
        let at = |time: u64, rows: &[(u64, i64)]| Sums {
            types: &[("threads", "count")],
            period: ("threads", "count"),
            time: UNIX_EPOCH + Duration::from_secs(time),
            duration: Duration::ZERO,
            rows: rows.iter().map(|&(frame, value)| ((vec![frame], 0), vec![value])).collect(),
        };
        let delta = at(12, &[(1, 5), (2, 3), (4, 1)]).since(&at(10, &[(1, 5), (2, 4), (3, 2)]));
        let rows: Vec<_> = delta.rows.iter().map(|(key, values)| (key.0[0], values[0])).collect();
        assert_eq!(rows, [(2, -1), (3, -2), (4, 1)]);
        assert_eq!(delta.duration, Duration::from_secs(2));
    }
}
