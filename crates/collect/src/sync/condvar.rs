//! [`std::sync::Condvar`], watched.

use std::sync::{LockResult, PoisonError, WaitTimeoutResult};
use std::time::Duration;

use super::mutex::MutexGuard;
use super::{contention, waiting};

/// A [`std::sync::Condvar`] for [`Mutex`](super::Mutex) whose waits are in the block profile. Its methods
/// are the same.
#[derive(Debug, Default)]
pub struct Condvar {
    inner: std::sync::Condvar,
}

impl Condvar {
    /// A condition for which nobody waits.
    pub const fn new() -> Self {
        Condvar { inner: std::sync::Condvar::new() }
    }

    /// Releases the mutex, waits until the condition is notified, and takes the mutex again. May return
    /// without a reason.
    ///
    /// # Errors
    /// When a thread panicked while it held the mutex; the guard is in the error.
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let (guard, others) = release(guard);
        let guard = timed(|| self.inner.wait(guard));
        MutexGuard::of_result(guard, others)
    }

    /// Waits until `condition` is false.
    ///
    /// # Errors
    /// When a thread panicked while it held the mutex; the guard is in the error.
    pub fn wait_while<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<MutexGuard<'a, T>> {
        let (guard, others) = release(guard);
        let guard = timed(|| self.inner.wait_while(guard, condition));
        MutexGuard::of_result(guard, others)
    }

    /// Waits until the condition is notified or this time has passed.
    ///
    /// # Errors
    /// When a thread panicked while it held the mutex; the guard is in the error.
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        time: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let (guard, others) = release(guard);
        with_result(timed(|| self.inner.wait_timeout(guard, time)), others)
    }

    /// Waits until `condition` is false or this time has passed.
    ///
    /// # Errors
    /// When a thread panicked while it held the mutex; the guard is in the error.
    pub fn wait_timeout_while<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        time: Duration,
        condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let (guard, others) = release(guard);
        with_result(timed(|| self.inner.wait_timeout_while(guard, time, condition)), others)
    }

    /// Wakes one thread that waits.
    pub fn notify_one(&self) {
        self.inner.notify_one();
    }

    /// Wakes all threads that wait.
    pub fn notify_all(&self) {
        self.inner.notify_all();
    }
}

/// The guard of `std`, after those who wait for the mutex were charged to this thread, since waiting
/// releases it.
fn release<'a, T>(guard: MutexGuard<'a, T>) -> (std::sync::MutexGuard<'a, T>, &'a waiting::Waiting) {
    let (guard, others) = guard.into_parts();
    if let Some(nanos) = others.charge() {
        contention::released(nanos);
    }
    (guard, others)
}

fn timed<R>(wait: impl FnOnce() -> R) -> R {
    if contention::block_rate() == 0 {
        return wait();
    }
    let begin = waiting::now();
    let result = wait();
    contention::waited(waiting::now().saturating_sub(begin));
    result
}

type Timed<G> = LockResult<(G, WaitTimeoutResult)>;

fn with_result<'a, T>(
    result: Timed<std::sync::MutexGuard<'a, T>>,
    others: &'a waiting::Waiting,
) -> Timed<MutexGuard<'a, T>> {
    let (guard, time) = match result {
        Ok((guard, time)) => (Ok(guard), time),
        Err(error) => {
            let (guard, time) = error.into_inner();
            (Err(PoisonError::new(guard)), time)
        }
    };
    match MutexGuard::of_result(guard, others) {
        Ok(guard) => Ok((guard, time)),
        Err(error) => Err(PoisonError::new((error.into_inner(), time))),
    }
}
