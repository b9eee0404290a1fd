//! What the profiler remembers, in memory of its own: stacks, each once, and hash indexes over rows.
//!
//! Nothing here allocates from the heap, so all of it can be used inside an allocator; everything has an
//! upper limit that is fixed when it is made.

mod index;
mod stacks;

pub(crate) use index::{Index, mix};
pub(crate) use stacks::Stacks;
