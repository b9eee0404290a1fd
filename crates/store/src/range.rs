//! A stretch of time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(crate) const SECOND: i64 = 1_000_000_000;
pub(crate) const HOUR: i64 = 3600 * SECOND;
pub(crate) const DAY: i64 = 24 * HOUR;

/// A stretch of time, in nanoseconds since 1970. A profile belongs to it when its collection began in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    /// The first moment.
    pub from: i64,
    /// The moment after the last one.
    pub to: i64,
}

impl Range {
    /// All time that can be expressed.
    pub const ALL: Range = Range { from: i64::MIN, to: i64::MAX };

    /// How long it is, in nanoseconds.
    pub fn nanos(self) -> f64 {
        self.to as f64 - self.from as f64
    }

    /// The days since 1970 that have a part in it.
    pub(crate) fn days(self) -> std::ops::RangeInclusive<i32> {
        let day = |nanos: i64| i32::try_from(nanos.div_euclid(DAY)).unwrap_or(0);
        day(self.from)..=day(self.to.saturating_sub(1))
    }

    pub(crate) fn contains(self, nanos: i64) -> bool {
        (self.from..self.to).contains(&nanos)
    }

    /// Whether the whole of `from..to` lies in it.
    pub(crate) fn covers(self, other: Range) -> bool {
        self.from <= other.from && other.to <= self.to
    }

    pub(crate) fn overlaps(self, other: Range) -> bool {
        self.from < other.to && other.from < self.to
    }
}

/// Nanoseconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    nanos(since)
}

pub(crate) fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
