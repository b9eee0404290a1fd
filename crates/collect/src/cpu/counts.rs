//! What one capture has seen so far.

use std::collections::{HashMap, HashSet};

use crate::marks::{LOST, NOT_SAMPLED, SIGNALS_BLOCKED, TRUNCATED};

/// More different stacks than this are counted together.
const STACKS: usize = 1 << 17;

/// More names of threads than this are counted together.
const NAMES: usize = 1024;

/// The name in place of those.
const TOO_MANY: &[u8; 16] = b"[too many]\0\0\0\0\0\0";

/// Words of a key before its frames: the number of the set of labels, and the name of the thread.
const HEAD: usize = 3;

/// Nanoseconds by labels, thread and stack.
#[derive(Debug)]
pub(crate) struct Counts {
    /// The key is the number of the set of labels, the two words of the name of the thread, then the frames,
    /// leaf first.
    nanos: HashMap<Vec<u64>, u64>,
    /// The names that were seen; `None` when threads are not told apart.
    names: Option<HashSet<[u64; 2]>>,
    total: u64,
    lost: u64,
}

/// The time of one stack.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Row<'a> {
    /// The number of the set of labels.
    pub(crate) labels: u32,
    /// The name of the thread, as its bytes; zero when it is not known.
    pub(crate) thread: [u64; 2],
    /// Code addresses, leaf first.
    pub(crate) frames: &'a [u64],
    /// The CPU time.
    pub(crate) nanos: u64,
}

impl Row<'_> {
    /// The name of the thread; empty when it is not known.
    pub(crate) fn thread_name(&self) -> String {
        let bytes = self.thread.map(u64::to_ne_bytes).concat();
        let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    }
}

impl Counts {
    /// Nothing yet.
    pub(crate) fn new(tells_threads: bool) -> Counts {
        let names = tells_threads.then(HashSet::new);
        Counts { nanos: HashMap::new(), names, total: 0, lost: 0 }
    }

    /// Adds time spent in a stack, given the words of its key.
    pub(crate) fn add(&mut self, key: &[u64], nanos: u64) {
        let (Some(&[labels, first, second]), Some(frames)) = (key.first_chunk(), key.get(HEAD..)) else {
            return;
        };
        let thread = self.known_name([first, second]);
        self.add_to(labels, thread, frames, nanos);
    }

    /// Adds what another one has seen, times `factor`.
    pub(crate) fn add_scaled(&mut self, other: &Counts, factor: f64) {
        for row in other.rows() {
            let nanos = (row.nanos as f64 * factor).round() as u64;
            self.add_to(u64::from(row.labels), row.thread, row.frames, nanos);
        }
    }

    /// Adds time whose stack was lost.
    pub(crate) fn add_lost(&mut self, nanos: u64) {
        self.lost = self.lost.saturating_add(nanos);
        self.add_to(0, [0; 2], &[LOST], nanos);
    }

    /// Adds time of which there is no sample.
    pub(crate) fn add_not_sampled(&mut self, nanos: u64) {
        self.add_to(0, [0; 2], &[NOT_SAMPLED], nanos);
    }

    /// Adds time in which threads blocked the signal.
    pub(crate) fn add_blocked(&mut self, nanos: u64) {
        self.add_to(0, [0; 2], &[SIGNALS_BLOCKED], nanos);
    }

    /// All nanoseconds so far.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Nanoseconds without a stack.
    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    /// Nanoseconds in stacks whose root is missing.
    pub(crate) fn truncated(&self) -> u64 {
        let cut = self.nanos.iter().filter(|(key, _)| key.last() == Some(&TRUNCATED));
        cut.map(|(_, nanos)| nanos).sum()
    }

    /// All rows, in a fixed order.
    pub(crate) fn rows(&self) -> Vec<Row<'_>> {
        let mut rows: Vec<_> = self
            .nanos
            .iter()
            .filter_map(|(key, &nanos)| {
                let &[labels, first, second] = key.first_chunk()?;
                let frames = key.get(HEAD..)?;
                Some(Row { labels: labels as u32, thread: [first, second], frames, nanos })
            })
            .collect();
        rows.sort_unstable();
        rows
    }

    fn known_name(&mut self, name: [u64; 2]) -> [u64; 2] {
        let Some(names) = &mut self.names else { return [0; 2] };
        if names.len() < NAMES {
            names.insert(name);
        } else if !names.contains(&name) {
            let [first, second] = [&TOO_MANY[..8], &TOO_MANY[8..]];
            let word = |bytes: &[u8]| u64::from_ne_bytes(bytes.try_into().unwrap_or_default());
            return [word(first), word(second)];
        }
        name
    }

    fn add_to(&mut self, labels: u64, thread: [u64; 2], frames: &[u64], nanos: u64) {
        if nanos == 0 {
            return;
        }
        self.total = self.total.saturating_add(nanos);
        let mut key: Vec<u64> =
            [labels, thread[0], thread[1]].into_iter().chain(frames.iter().copied()).collect();
        if self.nanos.len() >= STACKS && !self.nanos.contains_key(&key) {
            self.lost = self.lost.saturating_add(nanos);
            key = vec![0, 0, 0, LOST];
        }
        let sum = self.nanos.entry(key).or_default();
        *sum = sum.saturating_add(nanos);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(labels: u32, thread: [u64; 2], frames: &[u64], nanos: u64) -> Row<'_> {
        Row { labels, thread, frames, nanos }
    }

    #[test]
    fn adds_up_by_labels_thread_and_stack() {
        let mut counts = Counts::new(true);
        counts.add(&[0, 5, 6, 7000, 8000], 5);
        counts.add(&[1, 5, 6, 7000, 8000], 6);
        counts.add(&[0, 5, 6, 7000, 8000], 7);
        counts.add(&[0, 5, 6, 9000], 0);
        counts.add(&[0, 5, 7, 7000, 8000, TRUNCATED], 1);
        counts.add_lost(3);
        let expected = [
            row(0, [0, 0], &[LOST], 3),
            row(0, [5, 6], &[7000, 8000], 12),
            row(0, [5, 7], &[7000, 8000, TRUNCATED], 1),
            row(1, [5, 6], &[7000, 8000], 6),
        ];
        assert_eq!(counts.rows(), expected);
        assert_eq!((counts.total(), counts.lost(), counts.truncated()), (22, 3, 1));
        let mut scaled = Counts::new(true);
        scaled.add_scaled(&counts, 2.5);
        assert_eq!(scaled.rows()[1], row(0, [5, 6], &[7000, 8000], 30));
        assert_eq!(scaled.total(), 56);
    }

    #[test]
    fn too_many_stacks_are_counted_together() {
        let mut counts = Counts::new(false);
        for number in 0..STACKS as u64 + 10 {
            counts.add(&[0, 1, 1, 5000 + number], 2);
        }
        assert_eq!(counts.rows()[0], row(0, [0, 0], &[LOST], 20));
        assert_eq!(counts.total(), (STACKS as u64 + 10) * 2);
    }

    #[test]
    fn too_many_names_are_counted_together() {
        let mut counts = Counts::new(true);
        for number in 0..NAMES as u64 + 10 {
            counts.add(&[0, 0x41 + (number << 8), 0, 5000], 2);
        }
        let rows = counts.rows();
        let last = rows.iter().find(|row| row.thread_name() == "[too many]").unwrap();
        assert_eq!((last.nanos, rows.len()), (20, NAMES + 1));
    }
}
