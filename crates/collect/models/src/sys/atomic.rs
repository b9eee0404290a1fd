//! The checker's atomics, which can be made in a constant.
//!
//! The checker knows its objects by the run they were made in, so they cannot be made before there is a run: each
//! is made when it is first used.

use std::sync::OnceLock;

pub(crate) use loom::sync::atomic::{Ordering, fence};

macro_rules! atomic {
    ($name:ident $(<$generic:ident>)?, $value:ty) => {
        #[derive(Debug)]
        pub(crate) struct $name$(<$generic>)? {
            first: $value,
            made: OnceLock<loom::sync::atomic::$name$(<$generic>)?>,
        }

        impl$(<$generic>)? $name$(<$generic>)? {
            pub(crate) const fn new(first: $value) -> Self {
                $name { first, made: OnceLock::new() }
            }

            fn made(&self) -> &loom::sync::atomic::$name$(<$generic>)? {
                self.made.get_or_init(|| loom::sync::atomic::$name::new(self.first))
            }

            pub(crate) fn load(&self, order: Ordering) -> $value {
                self.made().load(order)
            }

            pub(crate) fn store(&self, value: $value, order: Ordering) {
                self.made().store(value, order);
            }

            pub(crate) fn swap(&self, value: $value, order: Ordering) -> $value {
                self.made().swap(value, order)
            }

            pub(crate) fn compare_exchange(
                &self,
                old: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.made().compare_exchange(old, new, success, failure)
            }
        }
    };
}

atomic!(AtomicBool, bool);
atomic!(AtomicU8, u8);
atomic!(AtomicU32, u32);
atomic!(AtomicU64, u64);
atomic!(AtomicUsize, usize);
atomic!(AtomicPtr<T>, *mut T);

// SAFETY: the pointer is a plain number here, as in the standard library's type.
unsafe impl<T> Sync for AtomicPtr<T> {}
// SAFETY: as above.
unsafe impl<T> Send for AtomicPtr<T> {}

impl AtomicU64 {
    pub(crate) fn fetch_add(&self, value: u64, order: Ordering) -> u64 {
        self.made().fetch_add(value, order)
    }
}
