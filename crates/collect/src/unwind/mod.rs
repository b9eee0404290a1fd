//! Call stacks of running threads, from the unwind tables that every release build carries.
//!
//! A stock `cargo build --release` keeps no frame pointers, but it does keep `.eh_frame`, also with
//! `panic = "abort"`. A walk looks up each address in that table, follows the rule it finds, and
//! remembers the rule in a cache, so a warm walk costs a few nanoseconds per frame. The rules and the walk
//! are those of `hotlist-unwind`; here is what it cannot know: where tables, stacks and registers of this
//! process are.
//!
//! A walk allocates nothing, takes no lock and reads only stack memory that is known or was probed to
//! be readable, so it may run in a signal handler and inside an allocator.

mod code;
mod module;
mod registers;
mod stack;
mod trace;

pub(crate) use hotlist_unwind::Registers;
pub(crate) use module::{CodeSegment, Module, modules, refresh};
#[cfg(target_os = "linux")]
pub(crate) use module::{FoundObject, build_id, object_of, program_headers};
pub(crate) use registers::registers_here;
#[cfg(target_os = "linux")]
pub(crate) use registers::registers_interrupted;
pub(crate) use stack::StackBounds;
pub use trace::set_stack_depth;
pub(crate) use trace::{MOST_FRAMES, depth, walk_into, with_trace};

#[cfg(test)]
mod tests;
