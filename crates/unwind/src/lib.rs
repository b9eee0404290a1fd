//! Call stacks from registers and stack memory.
//!
//! [`walk`] goes from frame to frame: for each address it asks for a [`Rule`], which says where the caller's
//! registers are, and reads them from memory. Rules come from the tables that compilers write, `.eh_frame` and
//! `.debug_frame` ([`Section`], [`rule_by_header`], [`EntryList`]), and are kept in a [`Cache`]. Code without rules is
//! left by the call in front of a return address, or by the frame pointer.
//!
//! ```
//! use hotlist_unwind::{Code, Depth, Dump, PackedRule, Registers, Rule, X86_64, walk};
//!
//! /// A program that was built with frame pointers and without tables.
//! struct FramePointers;
//!
//! impl Code for FramePointers {
//!     fn rule(&mut self, _address: u64) -> PackedRule {
//!         Rule::FramePointer.into()
//!     }
//! }
//!
//! // The caller's frame pointer and the return address, twice; the outermost frame has neither.
//! let words = [0x7010_u64, 0x40_1005, 0, 0];
//! let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
//! let mut stack = Dump::new(0x7000, &bytes);
//! let leaf = Registers { instruction: 0x40_2000, stack_pointer: 0x7000, frame_pointer: 0x7000, link: 0 };
//! let mut frames = [0; 8];
//! let (count, depth) = walk::<X86_64>(leaf, &mut FramePointers, &mut stack, &mut frames);
//! assert_eq!((&frames[..count], depth), (&[0x40_2000, 0x40_1004][..], Depth::Whole));
//! ```
//!
//! A walk and a look-up allocate nothing, take no lock and trust no number in a table, so they may run in signal
//! handlers and on files of strangers. [`EntryList`] alone allocates, where a table has no index of its own; without
//! the feature `alloc` it is not there, and the crate needs nothing but `core`.

#![cfg_attr(not(any(test, feature = "alloc")), no_std)]

mod architecture;
mod cache;
mod dump;
mod entry;
#[cfg(feature = "alloc")]
mod entry_list;
mod expression;
mod header;
mod program;
mod reader;
mod registers;
mod rescue;
mod rule;
mod section;
mod walk;

pub use architecture::{Aarch64, Architecture, Native, SignalFrame, X86_64};
pub use cache::Cache;
pub use dump::Dump;
#[cfg(feature = "alloc")]
pub use entry_list::EntryList;
pub use header::rule_by_header;
pub use registers::Registers;
pub use rule::{Cfa, FrameRule, PackedRule, Rule, Saved};
pub use section::{Section, Table};
pub use walk::{Code, Depth, Memory, walk};
