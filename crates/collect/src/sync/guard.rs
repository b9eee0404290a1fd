//! What the guards of all locks have in common.

use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

/// The result with another guard.
pub(super) fn map<G, H>(result: LockResult<G>, with: impl FnOnce(G) -> H) -> LockResult<H> {
    match result {
        Ok(guard) => Ok(with(guard)),
        Err(error) => Err(PoisonError::new(with(error.into_inner()))),
    }
}

/// The same for an attempt.
pub(super) fn try_map<G, H>(result: TryLockResult<G>, with: impl FnOnce(G) -> H) -> TryLockResult<H> {
    match result {
        Ok(guard) => Ok(with(guard)),
        Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
        Err(TryLockError::Poisoned(error)) => {
            Err(TryLockError::Poisoned(PoisonError::new(with(error.into_inner()))))
        }
    }
}

/// What all guards do alike: they charge those who waited, and are the value.
macro_rules! guard {
    ($guard:ident) => {
        impl<T: ?Sized> Drop for $guard<'_, T> {
            #[inline]
            fn drop(&mut self) {
                let charged = self.waiting.charge();
                // SAFETY: the guard is dropped once, here. After this the lock itself may be gone.
                unsafe { std::mem::ManuallyDrop::drop(&mut self.inner) };
                if let Some(nanos) = charged {
                    $crate::sync::contention::released(nanos);
                }
            }
        }

        impl<T: ?Sized> std::ops::Deref for $guard<'_, T> {
            type Target = T;
            fn deref(&self) -> &T {
                &self.inner
            }
        }

        impl<T: ?Sized + std::fmt::Debug> std::fmt::Debug for $guard<'_, T> {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                (**self).fmt(formatter)
            }
        }

        impl<T: ?Sized + std::fmt::Display> std::fmt::Display for $guard<'_, T> {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                (**self).fmt(formatter)
            }
        }
    };
}
pub(super) use guard;
