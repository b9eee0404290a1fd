//! The few things taken from the system directly: calls that are allowed in a signal handler, memory
//! that does not come from the allocator, and a lock that allocates nothing.

mod call;
mod lock;
mod region;

/// The atomics of what works without locks. The models in `models/` put others in their place, which try
/// every order that the hardware could choose.
pub(crate) mod atomic {
    pub(crate) use std::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
    };
}

/// Which words of shared memory a thread uses. Only the models listen: they fail when another thread may be
/// using the same ones.
pub(crate) mod using {
    /// These words are written now.
    #[inline(always)]
    pub(crate) fn to_write(_start: *mut u64, _words: usize) {}

    /// These words are read now.
    #[inline(always)]
    pub(crate) fn to_read(_start: *const u64, _words: usize) {}
}

#[cfg(target_os = "linux")]
pub(crate) use call::{Clock, clock_nanos, send_signal, thread_clock};
pub(crate) use call::{is_readable, thread_id};
pub(crate) use lock::{Held, Lock};
pub(crate) use region::{Column, Region};
