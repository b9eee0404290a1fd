//! A lock that allocates nothing, initialises nothing and can be held across a fork.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};

use super::atomic::{AtomicU32, Ordering};
use super::call::{SPINS, futex_wait, futex_wake};

const FREE: u32 = 0;
const TAKEN: u32 = 1;
/// Taken, and somebody sleeps.
const AWAITED: u32 = 2;

/// A value that one thread at a time can use.
///
/// Three states on one futex word (U. Drepper, "Futexes are tricky", mutex 2).
#[derive(Debug)]
pub(crate) struct Lock<T> {
    state: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: only the holder of the lock reaches the value, so it only has to be movable to that thread.
unsafe impl<T: Send> Sync for Lock<T> {}

/// The right to use the value of a [`Lock`]; given back when dropped.
#[derive(Debug)]
pub(crate) struct Held<'a, T> {
    lock: &'a Lock<T>,
}

impl<T> Lock<T> {
    /// A free lock.
    pub(crate) const fn new(value: T) -> Self {
        Lock { state: AtomicU32::new(FREE), value: UnsafeCell::new(value) }
    }

    /// Waits until the value is free.
    pub(crate) fn hold(&self) -> Held<'_, T> {
        self.take();
        Held { lock: self }
    }

    /// The value, if nobody uses it just now.
    pub(crate) fn try_hold(&self) -> Option<Held<'_, T>> {
        let taken = self.state.compare_exchange(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed);
        taken.is_ok().then(|| Held { lock: self })
    }

    /// Takes the lock without a guard, for handlers of `fork` that run before and after it.
    pub(crate) fn take(&self) {
        for _ in 0..SPINS {
            if self.state.compare_exchange(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                return;
            }
            std::hint::spin_loop();
        }
        while self.state.swap(AWAITED, Ordering::Acquire) != FREE {
            futex_wait(&self.state, AWAITED);
        }
    }

    /// Makes the lock free and its value a new one, whoever holds it and in whatever state the old value
    /// is, which is not dropped.
    ///
    /// # Safety
    /// No other thread uses the lock or its value, as in the child of a fork.
    pub(crate) unsafe fn start_over(&self, value: T) {
        // SAFETY: the caller promises that nobody else looks.
        unsafe { self.value.get().write(value) };
        self.state.store(FREE, Ordering::Release);
    }

    /// Gives back what [`take`](Self::take) took. In the child of a fork no thread sleeps on the
    /// lock, and waking nobody does no harm.
    pub(crate) fn give_back(&self) {
        if self.state.swap(FREE, Ordering::Release) == AWAITED {
            futex_wake(&self.state);
        }
    }
}

impl<T> Deref for Held<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: this guard exists only while the lock is held by it alone.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for Held<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: this guard exists only while the lock is held by it alone.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for Held<'_, T> {
    fn drop(&mut self) {
        self.lock.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let lock = Lock::new(0_u64);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..20_000 {
                        *lock.hold() += 1;
                    }
                });
            }
        });
        assert_eq!(*lock.hold(), 80_000);
    }
}
