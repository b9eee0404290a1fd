//! Stacks of code addresses, each remembered once and for ever.

use super::index::{Index, mix};
use crate::sys::Column;

/// Distinct stacks, numbered in the order in which they came.
#[derive(Debug)]
pub(crate) struct Stacks {
    frames: Column<u64>,
    rows: Column<Row>,
    index: Index,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    hash: u64,
    start: u32,
    length: u32,
}

impl Stacks {
    /// A table that can hold nothing.
    pub(crate) const fn empty() -> Self {
        Stacks { frames: Column::empty(), rows: Column::empty(), index: Index::empty() }
    }

    /// An empty table for up to `stacks` stacks with up to `frames` frames in all.
    pub(crate) fn with_capacity(stacks: usize, frames: usize) -> Self {
        Stacks {
            frames: Column::with_capacity(frames),
            rows: Column::with_capacity(stacks),
            index: Index::with_capacity(stacks),
        }
    }

    /// The number of a stack; that of the stack without frames when there is no room for another one, and
    /// `None` when there is not even that.
    pub(crate) fn intern_or_nothing(&mut self, frames: &[u64]) -> Option<u32> {
        self.intern(frames).or_else(|| self.intern(&[]))
    }

    fn intern(&mut self, frames: &[u64]) -> Option<u32> {
        let hash = frames.iter().fold(frames.len() as u64, |hash, &frame| mix(hash ^ frame));
        let (rows, all) = (&self.rows, &self.frames);
        let is_it = |row: u32| {
            let row = rows[row as usize];
            row.hash == hash && all[row.start as usize..][..row.length as usize] == *frames
        };
        if let Some(row) = self.index.find(hash, is_it) {
            return Some(row);
        }
        // The last row is kept for the stack without frames.
        if !frames.is_empty() && self.rows.len() + 1 >= self.rows.capacity() {
            return None;
        }
        let start = u32::try_from(self.frames.len()).ok()?;
        let length = u32::try_from(frames.len()).ok()?;
        if self.rows.len() >= self.rows.capacity() || !self.index.make_room(1, |row| rows[row as usize].hash)
        {
            return None;
        }
        if !self.frames.extend(frames) {
            return None;
        }
        let row = u32::try_from(self.rows.len()).ok()?;
        self.index.insert(hash, row);
        self.rows.push(Row { hash, start, length });
        Some(row)
    }

    /// The frames of a stack, leaf first.
    pub(crate) fn frames(&self, stack: u32) -> &[u64] {
        let Some(row) = self.rows.get(stack as usize) else { return &[] };
        let start = row.start as usize;
        self.frames.get(start..start + row.length as usize).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_stacks_have_one_number_and_a_full_table_says_so() {
        let mut stacks = Stacks::with_capacity(4, 8);
        assert_eq!(stacks.intern_or_nothing(&[1, 2, 3]), Some(0));
        assert_eq!(stacks.intern_or_nothing(&[1, 2]), Some(1));
        assert_eq!(stacks.intern_or_nothing(&[1, 2, 3]), Some(0));
        // Three places for frames are left: the stack without frames stands for it.
        assert_eq!(stacks.intern_or_nothing(&[9; 4]), Some(2));
        assert_eq!(stacks.intern_or_nothing(&[9; 5]), Some(2));
        assert_eq!(stacks.intern_or_nothing(&[7]), Some(2));
        assert_eq!(stacks.frames(0), [1, 2, 3]);
        assert_eq!(stacks.frames(2), []);
        assert_eq!(stacks.frames(99), []);
        assert_eq!(Stacks::empty().intern_or_nothing(&[1]), None);
    }

    #[test]
    fn rows_run_out_before_the_last_one_is_taken() {
        let mut stacks = Stacks::with_capacity(3, 100);
        assert_eq!(stacks.intern_or_nothing(&[1]), Some(0));
        assert_eq!(stacks.intern_or_nothing(&[2]), Some(1));
        assert_eq!(stacks.intern_or_nothing(&[3]), Some(2));
        assert_eq!(stacks.frames(2), []);
        assert_eq!(stacks.intern_or_nothing(&[4]), Some(2));
        assert_eq!(stacks.intern_or_nothing(&[1]), Some(0));
    }
}
