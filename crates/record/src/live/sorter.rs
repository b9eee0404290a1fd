//! Records of all rings in the order of time.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::layout::{Layout, time_of};

/// Records that were taken out of rings at about the same time.
#[derive(Debug)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    /// When each was written, and where it begins.
    index: Vec<(u64, usize)>,
    /// All records from before this time are in this batch or were in those before.
    pub(super) complete_until: u64,
    held: Held,
}

/// Counts the bytes of all batches that are there.
#[derive(Debug)]
struct Held {
    all: Arc<AtomicUsize>,
    bytes: usize,
}

impl Held {
    fn set(&mut self, bytes: usize) {
        self.all.fetch_add(bytes.wrapping_sub(self.bytes), Ordering::Relaxed);
        self.bytes = bytes;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.set(0);
    }
}

impl Batch {
    /// Without records; `held` counts its bytes until it is dropped.
    pub(super) fn new(held: &Arc<AtomicUsize>) -> Batch {
        Batch {
            bytes: Vec::new(),
            index: Vec::new(),
            complete_until: 0,
            held: Held { all: Arc::clone(held), bytes: 0 },
        }
    }

    /// Adds a record of the kernel.
    pub(super) fn push(&mut self, layout: Layout, record: &[u8]) {
        self.index.push((time_of(record), self.bytes.len()));
        layout.append(record, &mut self.bytes);
        self.held.set(self.bytes.len());
    }

    /// Adds a record that was made here, of this time.
    pub(super) fn push_at(&mut self, time: u64, record: &[u8]) {
        self.index.push((time, self.bytes.len()));
        self.bytes.extend_from_slice(record);
        self.held.set(self.bytes.len());
    }

    /// Adds records that say how things were before anything else; `fill` appends them.
    pub(super) fn push_first(&mut self, fill: impl FnOnce(&mut Vec<u8>)) {
        let mut at = self.bytes.len();
        fill(&mut self.bytes);
        while let Some(size) = size_at(&self.bytes, at) {
            self.index.push((0, at));
            at += size;
        }
        self.held.set(self.bytes.len());
    }

    /// Adds all records of another batch.
    pub(super) fn append(&mut self, other: &Batch) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        self.index.extend(other.index.iter().map(|&(time, at)| (time, start + at)));
        self.held.set(self.bytes.len());
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }
}

fn size_at(bytes: &[u8], at: usize) -> Option<usize> {
    let size = bytes.get(at + 6..)?.first_chunk::<2>()?;
    Some(usize::from(u16::from_ne_bytes(*size)).max(8))
}

/// Keeps records until all that are older have come.
#[derive(Debug, Default)]
pub(super) struct Sorter {
    waiting: Vec<(u64, Rc<Batch>, usize)>,
}

impl Sorter {
    /// Takes a batch, and hands all records that have nothing to wait for to `take`.
    pub(super) fn push(&mut self, batch: Batch, mut take: impl FnMut(&[u8])) {
        let until = batch.complete_until;
        let batch = Rc::new(batch);
        let new = batch.index.iter().map(|&(time, at)| (time, Rc::clone(&batch), at));
        self.waiting.extend(new);
        // Equal times keep their order, in which the rings had them.
        self.waiting.sort_by_key(|(time, ..)| *time);
        let ready = self.waiting.partition_point(|(time, ..)| *time < until);
        for (_, batch, at) in self.waiting.drain(..ready) {
            if let Some(size) = size_at(&batch.bytes, at) {
                take(&batch.bytes[at..(at + size).min(batch.bytes.len())]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record that ends with its time and a number.
    fn record(time: u64) -> Vec<u8> {
        [3 | 24 << 48, time, 0].iter().flat_map(|word: &u64| word.to_ne_bytes()).collect()
    }

    #[test]
    fn records_come_in_the_order_of_time_and_none_too_early() {
        let held = Arc::default();
        let mut sorter = Sorter::default();
        let mut seen = Vec::new();
        let layout = Layout { has_chain: false, has_stack: false };
        for (until, times) in [(5, &[3, 7, 4][..]), (8, &[6, 5, 9]), (u64::MAX, &[8])] {
            let mut batch = Batch::new(&held);
            times.iter().for_each(|&time| batch.push(layout, &record(time)));
            batch.complete_until = until;
            sorter.push(batch, |record| seen.push(time_of(record)));
            assert!(seen.iter().all(|&time| time < until), "{seen:?}");
        }
        assert_eq!(seen, [3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(held.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_was_there_before_comes_first() {
        let mut sorter = Sorter::default();
        let mut batch = Batch::new(&Arc::default());
        let layout = Layout { has_chain: false, has_stack: false };
        batch.push(layout, &record(1));
        batch.push_first(|bytes| bytes.extend([record(20), record(10)].concat()));
        batch.complete_until = u64::MAX;
        let mut seen = Vec::new();
        sorter.push(batch, |record| seen.push(time_of(record)));
        assert_eq!(seen, [20, 10, 1]);
    }
}
