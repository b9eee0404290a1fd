//! The live table and its filter.

#[path = "../../src/heap/filter.rs"]
pub(crate) mod filter;
#[path = "../../src/heap/table.rs"]
pub(crate) mod table;
#[path = "../../src/heap/weight.rs"]
pub(crate) mod weight;

pub(crate) mod limits {
    /// All blocks share one.
    pub(crate) const FILTER_COUNTERS: usize = 1;
}
