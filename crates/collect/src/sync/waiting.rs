//! How long threads have waited for one lock, in sum, since somebody was last charged for it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use crate::sys::Lock;

/// Those who wait for one lock.
///
/// Go charges an unlock with the time its longest waiter has waited, and an average of the longest and the
/// shortest for all others (`runtime/sema.go`). With the sum of the times at which they began, the exact
/// sum of their waits is one multiplication away.
#[derive(Debug)]
pub(super) struct Waiting {
    /// The same as in `sums`; looked at by whoever releases the lock.
    count: AtomicU32,
    sums: Lock<Sums>,
}

#[derive(Debug)]
struct Sums {
    count: u32,
    /// The sum of the times since which they wait uncharged, modulo 2^64.
    starts: u64,
    /// When somebody was last charged.
    charged: u64,
}

/// One thread that waits.
#[derive(Debug)]
#[must_use]
pub(super) struct Waiter {
    start: u64,
}

/// Nanoseconds since some moment in this process.
pub(super) fn now() -> u64 {
    static BEGIN: OnceLock<Instant> = OnceLock::new();
    u64::try_from(BEGIN.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}

impl Waiting {
    /// Nobody.
    pub(super) const fn new() -> Self {
        Waiting { count: AtomicU32::new(0), sums: Lock::new(Sums { count: 0, starts: 0, charged: 0 }) }
    }

    /// The calling thread begins to wait.
    pub(super) fn begin(&self) -> Waiter {
        self.begin_at(now())
    }

    fn begin_at(&self, start: u64) -> Waiter {
        let mut sums = self.sums.hold();
        sums.count += 1;
        sums.starts = sums.starts.wrapping_add(start);
        self.count.store(sums.count, Ordering::Relaxed);
        Waiter { start }
    }

    /// The wait is over; says how many nanoseconds it took.
    pub(super) fn end(&self, waiter: Waiter) -> u64 {
        self.end_at(waiter, now())
    }

    #[expect(clippy::needless_pass_by_value, reason = "a wait ends once")]
    fn end_at(&self, waiter: Waiter, now: u64) -> u64 {
        let Waiter { start } = waiter;
        let mut sums = self.sums.hold();
        sums.count -= 1;
        sums.starts = sums.starts.wrapping_sub(start.max(sums.charged));
        self.count.store(sums.count, Ordering::Relaxed);
        now.saturating_sub(start)
    }

    /// The nanoseconds that all who wait have waited since the last call, together; `None` when nobody
    /// waits. One load when that is so.
    #[inline]
    pub(super) fn charge(&self) -> Option<u64> {
        if self.count.load(Ordering::Relaxed) == 0 { None } else { self.charge_at(now()) }
    }

    #[cold]
    fn charge_at(&self, now: u64) -> Option<u64> {
        let mut sums = self.sums.hold();
        if sums.count == 0 {
            return None;
        }
        // Clocks of two threads may be read in one order and get here in the other.
        let now = now.max(sums.charged);
        let all = now.wrapping_mul(u64::from(sums.count));
        let delay = all.wrapping_sub(sums.starts) as i64;
        sums.starts = all;
        sums.charged = now;
        Some(delay.max(0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_each_wait_once() {
        let waiting = Waiting::new();
        assert_eq!(waiting.charge(), None);
        let one = waiting.begin_at(100);
        let two = waiting.begin_at(150);
        assert_eq!(waiting.charge_at(200), Some(100 + 50));
        assert_eq!(waiting.charge_at(200), Some(0));
        assert_eq!(waiting.charge_at(210), Some(20));
        assert_eq!(waiting.end_at(one, 215), 115);
        let three = waiting.begin_at(220);
        assert_eq!(waiting.charge_at(230), Some(20 + 10));
        assert_eq!(waiting.end_at(three, 231), 11);
        assert_eq!(waiting.end_at(two, 240), 90);
        assert_eq!(waiting.charge_at(300), None);
        assert_eq!(waiting.sums.hold().starts, 0);
    }
}
