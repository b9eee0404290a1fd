//! What is known of the heap: sums for each stack, and the sampled blocks in use.

pub(crate) mod filter;
mod limits;
pub(crate) mod samples;
pub(crate) mod snapshot;
pub(crate) mod table;
pub(crate) mod weight;
