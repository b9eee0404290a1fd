//! Finding rows of a table by what they hold.

use hashbrown::HashTable;

/// Rows by their hashes, which are kept: growing must not read all rows again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    entries: HashTable<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u32,
    row: u32,
}

impl Entry {
    /// The hash spread over 64 bits, since a table looks at the highest and the lowest of them.
    fn spread(hash: u32) -> u64 {
        u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

impl Index {
    /// The row with this hash for which `is_it` holds.
    #[inline]
    pub(crate) fn find(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let found = self.entries.find(Entry::spread(hash), |entry| entry.hash == hash && is_it(entry.row));
        found.map(|entry| entry.row)
    }

    /// Adds a row, even when there is one that equals it.
    #[inline]
    pub(crate) fn add(&mut self, hash: u32, row: u32) {
        let rehash = |entry: &Entry| Entry::spread(entry.hash);
        self.entries.insert_unique(Entry::spread(hash), Entry { hash, row }, rehash);
    }

    /// Makes room for `rows` more rows.
    pub(crate) fn reserve(&mut self, rows: usize) {
        self.entries.reserve(rows, |entry| Entry::spread(entry.hash));
    }

    /// Forgets all rows.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// Heap bytes held.
    pub(crate) fn memory(&self) -> usize {
        self.entries.capacity() * (size_of::<Entry>() + 1)
    }
}

#[test]
fn rows_with_equal_hashes_are_told_apart() {
    let mut index = Index::default();
    for row in 0..100 {
        index.add(row % 3, row);
    }
    assert!((0..100).all(|row| index.find(row % 3, |found| found == row) == Some(row)));
    assert_eq!(index.find(3, |_| true), None);
    index.clear();
    assert_eq!(index.find(0, |_| true), None);
}
