//! A hash index over the rows of a column: open addressing, in the profiler's own memory.

use crate::sys::Column;

const FIRST_SIZE: usize = 1024;
const VACANT: u32 = 0;

/// Row numbers by hash. The rows themselves stand elsewhere; callers bring equality and hash.
#[derive(Debug)]
pub(crate) struct Index {
    /// Row number plus one, or [`VACANT`]. The length is a power of two.
    slots: Column<u32>,
    used: usize,
}

impl Index {
    /// An index that can hold nothing.
    pub(crate) const fn empty() -> Self {
        Index { slots: Column::empty(), used: 0 }
    }

    /// An index for up to `rows` rows.
    pub(crate) fn with_capacity(rows: usize) -> Self {
        Index { slots: Column::with_capacity((rows * 2).next_power_of_two().max(FIRST_SIZE)), used: 0 }
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.used
    }

    /// The row with this hash for which `is_it` holds.
    pub(crate) fn find(&self, hash: u64, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        self.position(hash, &mut is_it).map(|slot| self.slots[slot] - 1)
    }

    /// Makes room for `rows` more rows; says whether that was possible.
    pub(crate) fn make_room(&mut self, rows: usize, hash_of: impl Fn(u32) -> u64) -> bool {
        // At most half is used; at the largest size three quarters, so that chains stay short.
        while (self.used + rows) * 2 > self.slots.len() {
            if self.slots.len() * 2 > self.slots.capacity() && !self.slots.is_empty() {
                return (self.used + rows) * 4 <= self.slots.len() * 3;
            }
            if !self.grow(&hash_of) {
                return false;
            }
        }
        true
    }

    /// Adds a row that is not there yet. [`make_room`](Self::make_room) must have found room for it.
    pub(crate) fn insert(&mut self, hash: u64, row: u32) {
        debug_assert!(self.used < self.slots.len());
        self.place(hash, row);
        self.used += 1;
    }

    /// Removes the row with this hash for which `is_it` holds.
    pub(crate) fn remove(
        &mut self,
        hash: u64,
        mut is_it: impl FnMut(u32) -> bool,
        hash_of: impl Fn(u32) -> u64,
    ) -> Option<u32> {
        let mut hole = self.position(hash, &mut is_it)?;
        let removed = self.slots[hole] - 1;
        let mask = self.slots.len() - 1;
        // Later rows of the chain move up, so that no search stops at the hole (D. Knuth, 6.4, R).
        let mut next = hole;
        loop {
            next = (next + 1) & mask;
            if self.slots[next] == VACANT {
                break;
            }
            let home = hash_of(self.slots[next] - 1) as usize & mask;
            if next.wrapping_sub(home) & mask >= next.wrapping_sub(hole) & mask {
                self.slots[hole] = self.slots[next];
                hole = next;
            }
        }
        self.slots[hole] = VACANT;
        self.used -= 1;
        Some(removed)
    }

    fn position(&self, hash: u64, is_it: &mut dyn FnMut(u32) -> bool) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut slot = hash as usize & mask;
        while self.slots[slot] != VACANT {
            if is_it(self.slots[slot] - 1) {
                return Some(slot);
            }
            slot = (slot + 1) & mask;
        }
        None
    }

    fn place(&mut self, hash: u64, row: u32) {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        while self.slots[slot] != VACANT {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = row + 1;
    }

    /// Doubles the size; says whether that was possible.
    fn grow(&mut self, hash_of: &impl Fn(u32) -> u64) -> bool {
        let size = (self.slots.len() * 2).max(FIRST_SIZE);
        if size > self.slots.capacity() {
            return false;
        }
        let mut rows = Column::with_capacity(self.used.max(1));
        if rows.capacity() < self.used {
            return false;
        }
        for &slot in self.slots.iter().filter(|&&slot| slot != VACANT) {
            rows.push(slot - 1);
        }
        self.slots.fill(VACANT);
        self.slots.resize(size, VACANT);
        for &row in rows.iter() {
            self.place(hash_of(row), row);
        }
        true
    }
}

/// Spreads the bits of `value` over all bits (the finaliser of SplitMix64).
pub(crate) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_plain_set() {
        // Hashes that collide a lot, so that chains wrap around and overlap.
        let hash = |row: u32| mix(u64::from(row) / 3) & 0x3f0;
        let mut index = Index::with_capacity(2000);
        let mut expected = std::collections::BTreeSet::new();
        let mut state = 1;
        for _ in 0..20_000 {
            state = mix(state + 1);
            let row = (state % 1500) as u32;
            if expected.insert(row) {
                assert!(index.make_room(1, hash));
                index.insert(hash(row), row);
            } else {
                expected.remove(&row);
                assert_eq!(index.remove(hash(row), |other| other == row, hash), Some(row));
            }
            assert_eq!(index.used, expected.len());
        }
        for row in 0..1500 {
            let found = index.find(hash(row), |other| other == row);
            assert_eq!(found.is_some(), expected.contains(&row), "{row}");
        }
    }

    #[test]
    fn a_full_index_says_so() {
        let mut index = Index::with_capacity(1);
        let mut inserted = 0;
        while index.make_room(1, |row| mix(row.into())) {
            index.insert(mix(inserted.into()), inserted);
            inserted += 1;
        }
        assert_eq!(inserted as usize, FIRST_SIZE * 3 / 4);
        assert!(!Index::empty().make_room(1, |row| mix(row.into())));
    }
}
