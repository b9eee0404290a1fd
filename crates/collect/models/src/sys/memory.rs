//! Memory whose uses the checker knows.

use loom::cell::UnsafeCell;

use crate::cpu::limits::RING_WORDS;

/// Something that the checker lets one thread at a time change.
#[derive(Debug)]
pub(crate) struct Tracked(UnsafeCell<()>);

// SAFETY: there is nothing inside; the checker stops the model when two threads use it at a time.
unsafe impl Sync for Tracked {}
// SAFETY: as above.
unsafe impl Send for Tracked {}

impl Tracked {
    pub(crate) fn new() -> Tracked {
        Tracked(UnsafeCell::new(()))
    }

    pub(crate) fn change(&self) {
        self.0.with_mut(|_| ());
    }

    pub(crate) fn look(&self) {
        self.0.with(|_| ());
    }
}

loom::lazy_static! {
    /// One for each word of the ring. Models have one ring.
    static ref WORDS: Vec<Tracked> = (0..RING_WORDS).map(|_| Tracked::new()).collect();
    static ref MEMORY: Memory = Memory(Box::into_raw(Box::new([0; RING_WORDS])));
}

struct Memory(*mut [u64; RING_WORDS]);

// SAFETY: only the address is shared here.
unsafe impl Sync for Memory {}
// SAFETY: as above.
unsafe impl Send for Memory {}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: made by a box, at the end of the run.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// The memory of the ring, as long as the run lasts.
#[derive(Debug)]
pub(crate) struct Region;

impl Region {
    pub(crate) fn reserve(_size: usize) -> Option<Region> {
        Some(Region)
    }

    pub(crate) fn start(&self) -> *mut u8 {
        MEMORY.0.cast()
    }
}

pub(crate) mod using {
    use super::{MEMORY, WORDS};

    fn place(start: *const u64) -> usize {
        (start.addr() - MEMORY.0.addr()) / size_of::<u64>()
    }

    pub(crate) fn to_write(start: *mut u64, words: usize) {
        WORDS[place(start)..][..words].iter().for_each(super::Tracked::change);
    }

    pub(crate) fn to_read(start: *const u64, words: usize) {
        WORDS[place(start)..][..words].iter().for_each(super::Tracked::look);
    }
}
