//! Locks that say who waits for whom: `std::sync`'s [`Mutex`], [`RwLock`] and [`Condvar`] with the same
//! methods, and Go's mutex and block profiles.
//!
//! The locks of `std` cannot be watched from outside, so a program names these instead, with
//! `use hotlist_collect::sync::Mutex`. A lock that nobody else holds is taken as fast as before. Until
//! [`set_mutex_fraction`] or [`set_block_rate`] turns a profile on, one that is held costs a look at two
//! numbers.
//!
//! * The **mutex** profile blames who held the lock: at each release, the time that others have waited
//!   since the last one is charged to the stack that releases.
//! * The **block** profile blames who waited: the stack that asked for the lock, or waited for a condition.

mod condvar;
pub(crate) mod contention;
mod guard;
mod mutex;
mod rwlock;
mod waiting;

pub use condvar::Condvar;
pub use contention::{block_rate, mutex_fraction, set_block_rate, set_mutex_fraction};
pub use mutex::{Mutex, MutexGuard};
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
