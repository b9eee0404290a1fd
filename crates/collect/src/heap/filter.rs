//! A quick "certainly not sampled" for blocks that could be by address or size.

use super::limits::FILTER_COUNTERS as COUNTERS;
use crate::sys::atomic::{AtomicU8, Ordering};

/// How many sampled blocks share a counter. One that reached its maximum stays there.
///
/// Neighbouring pages have neighbouring counters: what a program frees lies close together, so the counters that
/// are asked for stay in the cache.
///
/// Written by the holder of the table's lock alone. Read without it: whoever frees a block got its
/// address from the thread that allocated it, after the counter was raised.
#[derive(Debug)]
pub(crate) struct Filter {
    counters: [AtomicU8; COUNTERS],
}

impl Filter {
    /// A filter for no blocks.
    pub(crate) const fn new() -> Self {
        Filter { counters: [const { AtomicU8::new(0) }; COUNTERS] }
    }

    /// Whether the block may be in the table.
    #[inline]
    pub(crate) fn may_hold(&self, block: u64) -> bool {
        self.counter(block).load(Ordering::Relaxed) != 0
    }

    /// Notes a block that was added to the table.
    pub(crate) fn add(&self, block: u64) {
        let counter = self.counter(block);
        counter.store(counter.load(Ordering::Relaxed).saturating_add(1), Ordering::Relaxed);
    }

    /// Notes a block that was removed from the table.
    pub(crate) fn remove(&self, block: u64) {
        let counter = self.counter(block);
        let count = counter.load(Ordering::Relaxed);
        if count != u8::MAX {
            counter.store(count.saturating_sub(1), Ordering::Relaxed);
        }
    }

    #[inline]
    fn counter(&self, block: u64) -> &AtomicU8 {
        &self.counters[(block >> 12) as usize % COUNTERS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static FILTER: Filter = Filter::new();

    #[test]
    fn a_counter_that_was_full_never_says_no() {
        assert!(!FILTER.may_hold(4096));
        for _ in 0..2 {
            FILTER.add(4096);
        }
        FILTER.remove(4096);
        assert!(FILTER.may_hold(4096));
        FILTER.remove(4096);
        assert!(!FILTER.may_hold(4096));
        for _ in 0..300 {
            FILTER.add(8192);
        }
        for _ in 0..300 {
            FILTER.remove(8192);
        }
        assert!(FILTER.may_hold(8192));
    }
}
