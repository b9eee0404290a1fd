//! The few things taken from the system directly: calls that are allowed in a signal handler, memory
//! that does not come from the allocator, and a lock that allocates nothing.

pub(crate) mod atomic;
mod call;
mod lock;
mod region;
pub(crate) mod using;

#[cfg(target_os = "linux")]
pub(crate) use call::{Clock, SI_QUEUE, SI_TIMER, clock_nanos, send_signal, thread_clock, thread_name};
#[cfg(target_os = "linux")]
pub(crate) use call::{futex_wait, futex_wake};
pub(crate) use call::{is_readable, thread_id};
pub(crate) use lock::{Held, Lock};
pub(crate) use region::{Column, Region};
