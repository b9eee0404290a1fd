//! Call stacks of running threads, from the unwind tables that every release build carries.
//!
//! A stock `cargo build --release` keeps no frame pointers, but it does keep `.eh_frame`, also with
//! `panic = "abort"`. A walk looks up each address in that table, follows the rule it finds, and
//! remembers the rule in a cache, so a warm walk costs a few nanoseconds per frame. Where an address
//! has no entry the frame pointer is followed instead.
//!
//! A walk allocates nothing, takes no lock and reads only stack memory that is known or was probed to
//! be readable, so it may run in a signal handler and inside an allocator.

mod cache;
mod eh_frame;
mod module;
mod registers;
mod rescue;
mod rule;
mod stack;
mod trace;
mod walk;

pub(crate) use module::{CodeSegment, Module, modules, refresh};
pub(crate) use registers::Registers;
pub(crate) use stack::StackBounds;
pub use trace::set_stack_depth;
pub(crate) use trace::{MOST_FRAMES, depth, walk_into, with_trace};
#[cfg(test)]
pub(crate) use walk::{Depth, walk};

#[cfg(test)]
mod tests;
