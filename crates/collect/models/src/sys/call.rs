//! The system calls.

use loom::sync::{Condvar, Mutex};

use super::atomic::{AtomicU32, Ordering};

/// A lock is tried once before its thread sleeps, so that there are few orders to try.
pub(crate) const SPINS: u32 = 1;

loom::lazy_static! {
    /// Those who sleep on a word. Models have one word.
    static ref SLEEPERS: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());
}

/// Looks at the word and goes to sleep in one step, as the kernel does.
pub(crate) fn futex_wait(word: &AtomicU32, expected: u32) {
    let (lock, sleepers) = &*SLEEPERS;
    let held = lock.lock().unwrap();
    if word.load(Ordering::Relaxed) == expected {
        drop(sleepers.wait(held).unwrap());
    }
}

pub(crate) fn futex_wake(_word: &AtomicU32) {
    let (lock, sleepers) = &*SLEEPERS;
    let _held = lock.lock().unwrap();
    sleepers.notify_one();
}

pub(crate) enum Clock {
    ThisThread,
}

/// Every thread has used as much CPU time as makes the first sample due.
pub(crate) fn clock_nanos(clock: Clock) -> Option<u64> {
    match clock {
        Clock::ThisThread => Some(10),
    }
}

/// No thread has a name.
pub(crate) fn thread_name() -> [u64; 2] {
    [0; 2]
}
