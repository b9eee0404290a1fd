//! What is mapped where in a process.

use std::collections::BTreeMap;
use std::sync::Arc;

/// The code that is mapped into a process, or that of the kernel.
#[derive(Clone, Debug, Default)]
pub struct AddressSpace {
    /// By their first addresses; they do not overlap.
    ranges: BTreeMap<u64, Mapped>,
}

/// A file, or memory of a program that holds code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MappedFile {
    /// No other file of the recording has it.
    pub number: u32,
    /// Its path as the kernel told it.
    pub path: String,
    /// In hexadecimal digits; empty when it is not known.
    pub build_id: String,
}

/// A part of a file that is mapped as code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mapped {
    /// First address.
    pub start: u64,
    /// One past the last.
    pub limit: u64,
    /// Where in the file it begins.
    pub offset: u64,
    /// The file.
    pub file: Arc<MappedFile>,
    /// Its row in the table of mappings.
    pub(super) row: usize,
    /// What to add to an address to get that of the same code in this row.
    pub(super) shift: u64,
}

impl AddressSpace {
    /// What is mapped at `address`.
    pub fn find(&self, address: u64) -> Option<&Mapped> {
        self.ranges.range(..=address).next_back().map(|(_, mapped)| mapped).filter(|it| address < it.limit)
    }

    /// How many mappings there are.
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether nothing is mapped.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Everything that is mapped, by address.
    pub fn iter(&self) -> impl Iterator<Item = &Mapped> {
        self.ranges.values()
    }

    /// Maps something, in place of what was there.
    pub(super) fn insert(&mut self, new: Mapped) {
        // What begins before the new one may reach into it, and beyond.
        if let Some((_, before)) = self.ranges.range_mut(..new.start).next_back()
            && before.limit > new.start
        {
            let whole = before.clone();
            before.limit = new.start;
            self.keep_rest(&whole, new.limit);
        }
        while let Some((&start, _)) = self.ranges.range(new.start..new.limit).next() {
            if let Some(covered) = self.ranges.remove(&start) {
                self.keep_rest(&covered, new.limit);
            }
        }
        if new.start < new.limit {
            self.ranges.insert(new.start, new);
        }
    }

    /// Keeps what of `covered` is at `from` and behind it.
    fn keep_rest(&mut self, covered: &Mapped, from: u64) {
        if covered.limit > from {
            let offset = covered.offset.wrapping_add(from - covered.start);
            self.ranges.insert(from, Mapped { start: from, offset, ..covered.clone() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(start: u64, limit: u64, number: u32) -> Mapped {
        let file = Arc::new(MappedFile { number, path: String::new(), build_id: String::new() });
        Mapped { start, limit, offset: 0x1000, file, row: 0, shift: 0 }
    }

    fn shown(space: &AddressSpace) -> Vec<(u64, u64, u64, u32)> {
        space.iter().map(|it| (it.start, it.limit, it.offset, it.file.number)).collect()
    }

    #[test]
    fn a_new_mapping_takes_the_place_of_what_was_there() {
        let check = |new: (u64, u64), expected: &[(u64, u64, u64, u32)]| {
            let mut space = AddressSpace::default();
            space.insert(mapped(10, 20, 1));
            space.insert(mapped(20, 30, 2));
            space.insert(mapped(new.0, new.1, 3));
            assert_eq!(shown(&space), expected, "{new:?}");
        };
        check((30, 40), &[(10, 20, 0x1000, 1), (20, 30, 0x1000, 2), (30, 40, 0x1000, 3)]);
        check((10, 20), &[(10, 20, 0x1000, 3), (20, 30, 0x1000, 2)]);
        check((5, 35), &[(5, 35, 0x1000, 3)]);
        check((15, 25), &[(10, 15, 0x1000, 1), (15, 25, 0x1000, 3), (25, 30, 0x1005, 2)]);
        check(
            (12, 14),
            &[(10, 12, 0x1000, 1), (12, 14, 0x1000, 3), (14, 20, 0x1004, 1), (20, 30, 0x1000, 2)],
        );
        check((15, 15), &[(10, 15, 0x1000, 1), (15, 20, 0x1005, 1), (20, 30, 0x1000, 2)]);
    }

    #[test]
    fn addresses_are_found_up_to_the_limit() {
        let mut space = AddressSpace::default();
        space.insert(mapped(10, 20, 1));
        let found: Vec<bool> = [9, 10, 19, 20].iter().map(|&address| space.find(address).is_some()).collect();
        assert_eq!(found, [false, true, true, false]);
    }
}
