//! Sizes that models choose differently.

/// Counters of the filter: a power of two, one byte each.
pub(crate) const FILTER_COUNTERS: usize = 1 << 18;
