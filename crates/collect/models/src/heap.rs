//! The live table and its filter.

#[path = "../../src/heap/countdown.rs"]
pub(crate) mod countdown;
#[path = "../../src/heap/filter.rs"]
pub(crate) mod filter;
#[path = "../../src/heap/table.rs"]
pub(crate) mod table;

/// All blocks share one.
pub(crate) const FILTER_COUNTERS: usize = 1;

/// What a thread looks at to know whether it samples.
pub(crate) fn heap_rate() -> u64 {
    0
}
