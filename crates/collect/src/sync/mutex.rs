//! [`std::sync::Mutex`], watched.
#![allow(unsafe_code)]

use std::mem::ManuallyDrop;
use std::ops::DerefMut;
use std::sync::{LockResult, TryLockError, TryLockResult};

use super::contention;
use super::guard::{guard, map, try_map};
use super::waiting::Waiting;

/// A [`std::sync::Mutex`] that takes part in the mutex and block profiles. Its methods are the same.
#[derive(Debug)]
pub struct Mutex<T: ?Sized> {
    waiting: Waiting,
    inner: std::sync::Mutex<T>,
}

/// The right to use the value of a [`Mutex`]; given back when dropped.
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized> {
    inner: ManuallyDrop<std::sync::MutexGuard<'a, T>>,
    waiting: &'a Waiting,
}

impl<T> Mutex<T> {
    /// A free mutex.
    pub const fn new(value: T) -> Self {
        Mutex { waiting: Waiting::new(), inner: std::sync::Mutex::new(value) }
    }

    /// The value.
    ///
    /// # Errors
    /// When a thread panicked while it held the mutex.
    pub fn into_inner(self) -> LockResult<T> {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits until the mutex is free, and takes it.
    ///
    /// # Errors
    /// When a thread panicked while it held the mutex; the guard is in the error.
    #[inline]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        match self.try_lock() {
            Ok(guard) => Ok(guard),
            Err(TryLockError::Poisoned(error)) => Err(error),
            Err(TryLockError::WouldBlock) => self.lock_slow(),
        }
    }

    #[cold]
    fn lock_slow(&self) -> LockResult<MutexGuard<'_, T>> {
        if !contention::is_on() {
            return self.guard(self.inner.lock());
        }
        let waiter = self.waiting.begin();
        let guard = self.inner.lock();
        contention::waited(self.waiting.end(waiter));
        self.guard(guard)
    }

    /// Takes the mutex if it is free.
    ///
    /// # Errors
    /// When it is not, or when a thread panicked while it held the mutex; the guard is then in the error.
    #[inline]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        try_map(self.inner.try_lock(), |inner| MutexGuard::new(inner, &self.waiting))
    }

    /// Whether a thread panicked while it held the mutex.
    pub fn is_poisoned(&self) -> bool {
        self.inner.is_poisoned()
    }

    /// Forgets that a thread panicked while it held the mutex.
    pub fn clear_poison(&self) {
        self.inner.clear_poison();
    }

    /// The value, which nobody else can use meanwhile.
    ///
    /// # Errors
    /// When a thread panicked while it held the mutex.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.inner.get_mut()
    }

    fn guard<'a>(
        &'a self,
        result: LockResult<std::sync::MutexGuard<'a, T>>,
    ) -> LockResult<MutexGuard<'a, T>> {
        MutexGuard::of_result(result, &self.waiting)
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    fn from(value: T) -> Self {
        Mutex::new(value)
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    fn new(inner: std::sync::MutexGuard<'a, T>, waiting: &'a Waiting) -> Self {
        MutexGuard { inner: ManuallyDrop::new(inner), waiting }
    }

    pub(super) fn of_result(
        result: LockResult<std::sync::MutexGuard<'a, T>>,
        waiting: &'a Waiting,
    ) -> LockResult<Self> {
        map(result, |inner| MutexGuard::new(inner, waiting))
    }

    /// The guard of `std`, for a wait on a condition, which releases the mutex.
    pub(super) fn into_parts(self) -> (std::sync::MutexGuard<'a, T>, &'a Waiting) {
        let mut guard = ManuallyDrop::new(self);
        // SAFETY: the guard is taken out once: `guard` is never dropped and not used again.
        (unsafe { ManuallyDrop::take(&mut guard.inner) }, guard.waiting)
    }
}

guard!(MutexGuard);

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}
