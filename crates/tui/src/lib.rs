//! Profiles in a terminal.

mod pager;

pub use pager::{Pager, Stopped};
