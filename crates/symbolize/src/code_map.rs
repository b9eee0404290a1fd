//! What is at an address of memory that is used again and again.

use std::collections::BTreeMap;
use std::ops::Range;

/// Values by ranges of addresses. Where ranges overlap, the one that was inserted last counts.
#[derive(Debug, Clone)]
pub struct CodeMap<T> {
    /// The end and the value of each range by its start; no two overlap.
    ranges: BTreeMap<u64, (u64, T)>,
}

impl<T> Default for CodeMap<T> {
    fn default() -> Self {
        CodeMap { ranges: BTreeMap::new() }
    }
}

impl<T: Clone> CodeMap<T> {
    /// Puts `value` at a range, over what is there. An empty range changes nothing.
    pub fn insert(&mut self, range: Range<u64>, value: T) {
        if range.is_empty() {
            return;
        }
        self.remove(range.clone());
        self.ranges.insert(range.start, (range.end, value));
    }

    /// Empties a range. What reaches beyond it on either side stays there.
    pub fn remove(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let mut rest = None;
        if let Some((_, (end, value))) = self.ranges.range_mut(..range.start).next_back()
            && *end > range.start
        {
            rest = (*end > range.end).then(|| (*end, value.clone()));
            *end = range.start;
        }
        while let Some((&start, _)) = self.ranges.range(range.clone()).next() {
            if let Some((end, value)) = self.ranges.remove(&start)
                && end > range.end
            {
                rest = Some((end, value));
            }
        }
        if let Some(rest) = rest {
            self.ranges.insert(range.end, rest);
        }
    }

    /// The value at `address`.
    pub fn get(&self, address: u64) -> Option<&T> {
        let (_, (end, value)) = self.ranges.range(..=address).next_back()?;
        (address < *end).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_inserted_last_counts() {
        let mut map = CodeMap::default();
        map.insert(10..30, "old");
        map.insert(15..20, "new");
        map.insert(28..40, "end");
        map.insert(50..50, "empty");
        let at = |address| map.get(address).copied();
        assert_eq!(
            [9, 10, 14, 15, 19, 20, 27, 28, 39, 40, 50].map(at),
            [
                None,
                Some("old"),
                Some("old"),
                Some("new"),
                Some("new"),
                Some("old"),
                Some("old"),
                Some("end"),
                Some("end"),
                None,
                None
            ]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_is_an_array_that_is_written_to(
            steps in proptest::collection::vec((0u64..40, 0u64..20, proptest::option::of(0u8..9)), 0..30),
        ) {
            let mut map = CodeMap::default();
            let mut array = [None; 64];
            for (start, size, value) in steps {
                match value {
                    Some(value) => map.insert(start..start + size, value),
                    None => map.remove(start..start + size),
                }
                array[start as usize..(start + size) as usize].fill(value);
            }
            for (address, value) in array.iter().enumerate() {
                prop_assert_eq!(map.get(address as u64), value.as_ref());
            }
        }
    }
}
