//! The threads of the profiler itself, which are not profiled.

use std::sync::atomic::{AtomicI32, Ordering};

use crate::countdown::Unsampled;
use crate::fork::{self, Hook, Rank};
use crate::sys::thread_id;

/// The numbers of own threads; 0 is a vacant place. One thread more than there is room for is profiled.
static NUMBERS: [AtomicI32; 64] = [const { AtomicI32::new(0) }; 64];

/// While it lives, the thread that made it counts as one of the profiler's.
#[derive(Debug)]
pub(crate) struct OwnThread {
    place: Option<&'static AtomicI32>,
}

impl OwnThread {
    /// To be called first on a new thread of the profiler; it never samples the heap either.
    pub(crate) fn enter() -> OwnThread {
        static HOOK: Hook = Hook { in_child: start_over_in_child, ..Hook::NONE };
        fork::register(Rank::OwnThreads, &HOOK);
        Unsampled::for_ever();
        let number = thread_id();
        let is_free = |place: &&AtomicI32| {
            place.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        };
        OwnThread { place: NUMBERS.iter().find(is_free) }
    }
}

impl Drop for OwnThread {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            place.store(0, Ordering::Relaxed);
        }
    }
}

/// For the child of a fork: none of them is here, and their numbers may become those of others.
fn start_over_in_child() {
    NUMBERS.iter().for_each(|number| number.store(0, Ordering::Relaxed));
}

/// Whether the thread is one of the profiler's.
pub(crate) fn is_own(thread: i32) -> bool {
    NUMBERS.iter().any(|number| number.load(Ordering::Relaxed) == thread)
}
