//! What the parts need of the system, with the checker in its place.

pub(crate) mod atomic;
pub(crate) mod call;
#[path = "../../src/sys/lock.rs"]
mod lock;
mod memory;
#[path = "../../src/sys/region.rs"]
mod region;

pub(crate) use call::{Clock, clock_nanos, thread_name};
pub(crate) use lock::Lock;
pub(crate) use memory::{Region, Tracked, using};
pub(crate) use region::Column;
