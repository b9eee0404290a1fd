//! A quick "certainly not sampled" for blocks that could be by address or size.

use std::sync::atomic::{AtomicU8, Ordering};

/// A power of two; one byte each.
const COUNTERS: usize = 1 << 18;

/// How many sampled blocks share a counter. One that reached its maximum stays there.
///
/// Written by the holder of the table's lock alone. Read without it: whoever frees a block got its
/// address from the thread that allocated it, after the counter was raised.
static FILTER: [AtomicU8; COUNTERS] = [const { AtomicU8::new(0) }; COUNTERS];

fn counter(block: u64) -> &'static AtomicU8 {
    let hash = (block >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 46;
    &FILTER[hash as usize % COUNTERS]
}

/// Whether the block may be in the table.
pub(crate) fn may_hold(block: u64) -> bool {
    counter(block).load(Ordering::Relaxed) != 0
}

/// Notes a block that was added to the table.
pub(crate) fn add(block: u64) {
    let counter = counter(block);
    counter.store(counter.load(Ordering::Relaxed).saturating_add(1), Ordering::Relaxed);
}

/// Notes a block that was removed from the table.
pub(crate) fn remove(block: u64) {
    let counter = counter(block);
    let count = counter.load(Ordering::Relaxed);
    if count != u8::MAX {
        counter.store(count.saturating_sub(1), Ordering::Relaxed);
    }
}
