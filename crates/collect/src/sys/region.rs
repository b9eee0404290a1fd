//! Memory of the profiler's own, straight from the kernel.
//!
//! What a heap profiler remembers must not come from the heap it watches: that would recurse, show up
//! in the profile, and order its lock with those of the allocator.
#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// A reserved range of zeroed memory. Pages cost nothing until they are touched.
#[derive(Debug)]
pub(crate) struct Region {
    start: *mut u8,
    size: usize,
}

// SAFETY: a region is plain memory that no other value refers to.
unsafe impl Send for Region {}

impl Region {
    /// Where there is no `mmap` nothing is remembered, and samples count as lost.
    #[cfg(not(unix))]
    pub(crate) fn reserve(_size: usize) -> Option<Region> {
        None
    }

    /// Reserves `size` bytes; `None` when the system refuses.
    #[cfg(unix)]
    pub(crate) fn reserve(size: usize) -> Option<Region> {
        if size == 0 {
            return None;
        }
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE;
        // SAFETY: asks for new memory at an address of the kernel's choice.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), size, protection, flags, -1, 0) };
        (start != libc::MAP_FAILED).then(|| Region { start: start.cast(), size })
    }

    /// The first byte.
    pub(crate) fn start(&self) -> *mut u8 {
        self.start
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        #[cfg(unix)]
        // SAFETY: the range is the one that was mapped, and nothing borrows it any more.
        unsafe {
            libc::munmap(self.start.cast(), self.size)
        };
    }
}

/// A list of plain values in a [`Region`], up to a fixed number. It never moves.
#[derive(Debug)]
pub(crate) struct Column<T: Copy> {
    region: Option<Region>,
    length: usize,
    capacity: usize,
    values: PhantomData<T>,
}

impl<T: Copy> Column<T> {
    /// A list that can hold nothing.
    pub(crate) const fn empty() -> Self {
        Column { region: None, length: 0, capacity: 0, values: PhantomData }
    }

    /// An empty list with room for `capacity` values; with room for none when memory is refused.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        match Region::reserve(capacity.saturating_mul(size_of::<T>())) {
            Some(region) => Column { region: Some(region), length: 0, capacity, values: PhantomData },
            None => Self::empty(),
        }
    }

    /// Adds a value; says whether there was room.
    pub(crate) fn push(&mut self, value: T) -> bool {
        let Some(region) = self.region.as_ref().filter(|_| self.length < self.capacity) else {
            return false;
        };
        // SAFETY: the place is inside the region, which is aligned to a page and large enough for
        // `capacity` values.
        unsafe { region.start().cast::<T>().add(self.length).write(value) };
        self.length += 1;
        true
    }

    /// Adds all values, or none when there is no room for all.
    pub(crate) fn extend(&mut self, values: &[T]) -> bool {
        values.len() <= self.capacity - self.length && values.iter().all(|&value| self.push(value))
    }

    /// Cuts the list or lengthens it by values whose bytes are `T`'s `zero`.
    pub(crate) fn resize(&mut self, length: usize, zero: T) {
        self.length = self.length.min(length);
        while self.length < length && self.push(zero) {}
    }

    /// How many values there is room for.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }
}

impl<T: Copy> Deref for Column<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        match &self.region {
            // SAFETY: the first `length` values were written by `push`.
            Some(region) => unsafe { std::slice::from_raw_parts(region.start().cast(), self.length) },
            None => &[],
        }
    }
}

impl<T: Copy> DerefMut for Column<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match &self.region {
            // SAFETY: the first `length` values were written by `push`, and `self` is borrowed alone.
            Some(region) => unsafe { std::slice::from_raw_parts_mut(region.start().cast(), self.length) },
            None => &mut [],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_pushed_and_no_more_than_it_can() {
        let mut column = Column::with_capacity(3);
        assert!(column.push(1_u32));
        assert!(!column.extend(&[2, 3, 4]));
        assert!(column.extend(&[2, 3]));
        assert!(!column.push(4));
        assert_eq!(&*column, [1, 2, 3]);
        column[1] = 7;
        column.resize(2, 0);
        assert_eq!(&*column, [1, 7]);
        column.resize(9, 0);
        assert_eq!(&*column, [1, 7, 0]);
        assert!(!Column::<u32>::empty().push(1));
    }
}
