//! Stacks and indexes.

#[path = "../../src/store/index.rs"]
mod index;
#[path = "../../src/store/stacks.rs"]
mod stacks;

pub(crate) use index::{Index, mix};
pub(crate) use stacks::Stacks;
