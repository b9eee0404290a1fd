//! What one capture has seen so far.

use std::collections::HashMap;

use crate::marks::{LOST, NOT_SAMPLED};

/// More different stacks than this are counted together.
const STACKS: usize = 1 << 17;

/// Nanoseconds by labels and stack.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// The key is the number of the set of labels, then the frames, leaf first.
    nanos: HashMap<Vec<u64>, u64>,
    total: u64,
}

impl Counts {
    /// Adds time spent in a stack.
    pub(crate) fn add(&mut self, labelled_frames: &[u64], nanos: u64) {
        if nanos == 0 {
            return;
        }
        self.total = self.total.saturating_add(nanos);
        if let Some(known) = self.nanos.get_mut(labelled_frames) {
            *known = known.saturating_add(nanos);
            return;
        }
        let key = if self.nanos.len() < STACKS { labelled_frames } else { &[0, LOST] };
        let sum = self.nanos.entry(key.to_vec()).or_default();
        *sum = sum.saturating_add(nanos);
    }

    /// Adds time whose stack was lost.
    pub(crate) fn add_lost(&mut self, nanos: u64) {
        self.add(&[0, LOST], nanos);
    }

    /// Adds time of which there is no sample.
    pub(crate) fn add_not_sampled(&mut self, nanos: u64) {
        self.add(&[0, NOT_SAMPLED], nanos);
    }

    /// All nanoseconds so far.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Labels, frames and nanoseconds, in a fixed order.
    pub(crate) fn rows(&self) -> Vec<(u32, &[u64], u64)> {
        let mut rows: Vec<_> = self
            .nanos
            .iter()
            .filter_map(|(key, &nanos)| {
                let (&labels, frames) = key.split_first()?;
                Some((labels as u32, frames, nanos))
            })
            .collect();
        rows.sort_unstable();
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_by_labels_and_stack() {
        let mut counts = Counts::default();
        counts.add(&[0, 7000, 8000], 5);
        counts.add(&[1, 7000, 8000], 6);
        counts.add(&[0, 7000, 8000], 7);
        counts.add(&[0, 9000], 0);
        counts.add_lost(3);
        assert_eq!(counts.rows(), [(0, &[LOST][..], 3), (0, &[7000, 8000], 12), (1, &[7000, 8000], 6)]);
        assert_eq!(counts.total(), 21);
    }

    #[test]
    fn too_many_stacks_are_counted_together() {
        let mut counts = Counts::default();
        for number in 0..STACKS as u64 + 10 {
            counts.add(&[0, 5000 + number], 2);
        }
        assert_eq!(counts.rows()[0], (0, &[LOST][..], 20));
        assert_eq!(counts.total(), (STACKS as u64 + 10) * 2);
    }
}
