//! A queue of records from one thread's signal handler to the collector, without locks.
#![allow(unsafe_code)]

use super::limits::RING_WORDS as WORDS;
use crate::sys::atomic::{AtomicPtr, AtomicUsize, Ordering};
use crate::sys::{Region, using};

/// Words of a record before its frames: how many words there are in all, the nanoseconds, the labels, and the
/// name of the thread.
const HEAD: usize = 5;

/// In place of a length: the next record is at the start of the ring.
const AT_THE_START: u64 = u64::MAX;

/// The ring of one thread.
///
/// There is one writer at a time, who owns the words from `written` to `read` (around the ring), and one
/// reader at a time, who owns those from `read` to `written`. A record never wraps around, so both sides
/// see it as a slice. The memory is never given back: a writer may be late.
#[derive(Debug)]
pub(crate) struct Ring {
    words: AtomicPtr<u64>,
    /// Words ever written.
    written: AtomicUsize,
    /// Words ever read.
    read: AtomicUsize,
}

/// One record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Record<'a> {
    /// The CPU time that it stands for.
    pub(crate) nanos: u64,
    /// The number of the set of labels, the two words of the name of the thread, then the frames, leaf first.
    pub(crate) key: &'a [u64],
}

/// Whose time a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Owner {
    /// The number of the set of labels.
    pub(crate) labels: u32,
    /// The name of the thread.
    pub(crate) thread: [u64; 2],
}

impl Ring {
    /// A ring that has no memory yet.
    pub(crate) const fn new() -> Self {
        Ring {
            words: AtomicPtr::new(std::ptr::null_mut()),
            written: AtomicUsize::new(0),
            read: AtomicUsize::new(0),
        }
    }

    /// Gets the memory, if it is not there; says whether it is there now. Not for the handler.
    pub(crate) fn make(&self) -> bool {
        if self.words.load(Ordering::Acquire).is_null() {
            let Some(region) = Region::reserve(WORDS * size_of::<u64>()) else { return false };
            self.words.store(region.start().cast(), Ordering::Release);
            std::mem::forget(region);
        }
        true
    }

    /// Appends a record; `fill` writes up to `most` frames and says how many. Says whether there was room.
    ///
    /// # Safety
    /// No other call of this function for this ring is under way.
    pub(crate) unsafe fn push(
        &self,
        nanos: u64,
        owner: Owner,
        most: usize,
        fill: impl FnOnce(&mut [u64]) -> usize,
    ) -> bool {
        let largest = HEAD + most;
        let words = self.words.load(Ordering::Acquire);
        if words.is_null() {
            return false;
        }
        let mut written = self.written.load(Ordering::Relaxed);
        let vacant = WORDS - written.wrapping_sub(self.read.load(Ordering::Acquire)).min(WORDS);
        let to_the_end = WORDS - written % WORDS;
        let skipped = if to_the_end < largest { to_the_end } else { 0 };
        if vacant < skipped + largest {
            return false;
        }
        // SAFETY: all places are below `WORDS`, and belong to the writer until `written` says otherwise;
        // the caller is the only one.
        unsafe {
            using::to_write(words.add(written % WORDS), skipped.min(1));
            if skipped > 0 {
                words.add(written % WORDS).write(AT_THE_START);
                written = written.wrapping_add(skipped);
            }
            let record = words.add(written % WORDS);
            using::to_write(record, largest);
            let frames = std::slice::from_raw_parts_mut(record.add(HEAD), most);
            let length = HEAD + fill(frames).min(most);
            record.write(length as u64);
            record.add(1).write(nanos);
            record.add(2).write(u64::from(owner.labels));
            record.add(3).write(owner.thread[0]);
            record.add(4).write(owner.thread[1]);
            self.written.store(written.wrapping_add(length), Ordering::Release);
        }
        true
    }

    /// Takes all records out.
    ///
    /// # Safety
    /// No other call of this function for this ring is under way.
    pub(crate) unsafe fn drain(&self, mut each: impl FnMut(Record<'_>)) {
        let words = self.words.load(Ordering::Acquire);
        let end = self.written.load(Ordering::Acquire);
        let mut at = self.read.load(Ordering::Relaxed);
        while at != end && !words.is_null() {
            let left = end.wrapping_sub(at);
            let to_the_end = WORDS - at % WORDS;
            // SAFETY: the words up to `end` belong to the reader until `read` says otherwise.
            let rest = unsafe {
                let start = words.add(at % WORDS);
                using::to_read(start, to_the_end.min(left));
                std::slice::from_raw_parts(start, to_the_end.min(left))
            };
            let length = match rest {
                [AT_THE_START, ..] => to_the_end,
                [length, nanos, ..] => {
                    let length = *length as usize;
                    if let Some(key) = rest.get(2..length) {
                        each(Record { nanos: *nanos, key });
                    }
                    length
                }
                _ => left,
            };
            // A length that makes no sense would be a mistake here; it must not become an endless loop.
            at = if (1..=left).contains(&length) { at.wrapping_add(length) } else { end };
        }
        self.read.store(at, Ordering::Release);
    }

    /// Forgets everything, for the child of a fork.
    ///
    /// # Safety
    /// Nobody else uses the ring.
    pub(crate) unsafe fn clear(&self) {
        self.read.store(self.written.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 129;

    fn push(ring: &Ring, nanos: u64, frames: &[u64]) -> bool {
        // SAFETY: one thread.
        unsafe {
            ring.push(nanos, Owner { labels: 7, thread: [8, 9] }, MOST, |room| {
                room[..frames.len()].copy_from_slice(frames);
                frames.len()
            })
        }
    }

    fn drain(ring: &Ring) -> Vec<(u64, Vec<u64>)> {
        let mut all = Vec::new();
        // SAFETY: one thread.
        unsafe { ring.drain(|record| all.push((record.nanos, record.key.to_vec()))) };
        all
    }

    #[test]
    fn keeps_what_fits_in_order() {
        let ring = Ring::new();
        assert!(!push(&ring, 1, &[1]), "there is no memory yet");
        assert!(ring.make());
        for round in 0..100_u64 {
            let mut expected = Vec::new();
            for number in 0.. {
                let frames: Vec<u64> = (0..(round * 7 + number) % (MOST as u64 + 1)).collect();
                if !push(&ring, number, &frames) {
                    break;
                }
                expected.push((number, [&[7, 8, 9], &*frames].concat()));
            }
            assert!(expected.len() > WORDS / (HEAD + MOST) - 2, "{}", expected.len());
            assert_eq!(drain(&ring), expected);
            assert_eq!(drain(&ring), []);
        }
    }

    #[test]
    fn writer_and_reader_at_the_same_time() {
        let ring = Ring::new();
        assert!(ring.make());
        let count = 20_000_u64;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..count {
                    while !push(&ring, number, &vec![number; (number % 100) as usize]) {
                        std::thread::yield_now();
                    }
                }
            });
            let mut next = 0;
            while next < count {
                for (nanos, words) in drain(&ring) {
                    assert_eq!(nanos, next);
                    assert_eq!(words.len() as u64, 3 + next % 100);
                    assert!(words[3..].iter().all(|&word| word == next));
                    next += 1;
                }
            }
        });
    }
}
