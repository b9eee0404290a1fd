//! [`std::sync::RwLock`], watched.
#![allow(unsafe_code)]

use std::mem::ManuallyDrop;
use std::ops::DerefMut;
use std::sync::{LockResult, TryLockError, TryLockResult};

use super::contention;
use super::guard::{guard, map, try_map};
use super::waiting::Waiting;

/// A [`std::sync::RwLock`] that takes part in the mutex and block profiles. Its methods are the same.
#[derive(Debug)]
pub struct RwLock<T: ?Sized> {
    waiting: Waiting,
    inner: std::sync::RwLock<T>,
}

/// The right to read the value of an [`RwLock`]; given back when dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    inner: ManuallyDrop<std::sync::RwLockReadGuard<'a, T>>,
    waiting: &'a Waiting,
}

/// The right to change the value of an [`RwLock`]; given back when dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    inner: ManuallyDrop<std::sync::RwLockWriteGuard<'a, T>>,
    waiting: &'a Waiting,
}

impl<T> RwLock<T> {
    /// A free lock.
    pub const fn new(value: T) -> Self {
        RwLock { waiting: Waiting::new(), inner: std::sync::RwLock::new(value) }
    }

    /// The value.
    ///
    /// # Errors
    /// When a thread panicked while it held the lock for writing.
    pub fn into_inner(self) -> LockResult<T> {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until nobody writes, and takes the lock for reading.
    ///
    /// # Errors
    /// When a thread panicked while it held the lock for writing; the guard is in the error.
    #[inline]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        match self.try_read() {
            Ok(guard) => Ok(guard),
            Err(TryLockError::Poisoned(error)) => Err(error),
            Err(TryLockError::WouldBlock) => {
                self.wait(|| map(self.inner.read(), |inner| self.read_guard(inner)))
            }
        }
    }

    /// Waits until nobody reads or writes, and takes the lock for writing.
    ///
    /// # Errors
    /// When a thread panicked while it held the lock for writing; the guard is in the error.
    #[inline]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        match self.try_write() {
            Ok(guard) => Ok(guard),
            Err(TryLockError::Poisoned(error)) => Err(error),
            Err(TryLockError::WouldBlock) => {
                self.wait(|| map(self.inner.write(), |inner| self.write_guard(inner)))
            }
        }
    }

    /// Takes the lock for reading if nobody writes.
    ///
    /// # Errors
    /// When somebody does, or when a thread panicked while it held the lock for writing; the guard is then
    /// in the error.
    #[inline]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        try_map(self.inner.try_read(), |inner| self.read_guard(inner))
    }

    /// Takes the lock for writing if nobody reads or writes.
    ///
    /// # Errors
    /// When somebody does, or when a thread panicked while it held the lock for writing; the guard is then
    /// in the error.
    #[inline]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        try_map(self.inner.try_write(), |inner| self.write_guard(inner))
    }

    /// Whether a thread panicked while it held the lock for writing.
    pub fn is_poisoned(&self) -> bool {
        self.inner.is_poisoned()
    }

    /// Forgets that a thread panicked while it held the lock for writing.
    pub fn clear_poison(&self) {
        self.inner.clear_poison();
    }

    /// The value, which nobody else can use meanwhile.
    ///
    /// # Errors
    /// When a thread panicked while it held the lock for writing.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.inner.get_mut()
    }

    #[cold]
    fn wait<R>(&self, take: impl FnOnce() -> R) -> R {
        if !contention::is_on() {
            return take();
        }
        let waiter = self.waiting.begin();
        let guard = take();
        contention::waited(self.waiting.end(waiter));
        guard
    }

    fn read_guard<'a>(&'a self, inner: std::sync::RwLockReadGuard<'a, T>) -> RwLockReadGuard<'a, T> {
        RwLockReadGuard { inner: ManuallyDrop::new(inner), waiting: &self.waiting }
    }

    fn write_guard<'a>(&'a self, inner: std::sync::RwLockWriteGuard<'a, T>) -> RwLockWriteGuard<'a, T> {
        RwLockWriteGuard { inner: ManuallyDrop::new(inner), waiting: &self.waiting }
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> Self {
        RwLock::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    fn from(value: T) -> Self {
        RwLock::new(value)
    }
}

guard!(RwLockReadGuard);
guard!(RwLockWriteGuard);

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}
