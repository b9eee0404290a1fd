//! The string table: all bytes in one buffer, each distinct string stored once.

use std::hash::BuildHasher;

use foldhash::quality::FixedState;

use crate::StringId;
use crate::index::Index;

/// Distinct byte strings, numbered in the order in which they were added.
///
/// Strings are bytes, not text: profiles come from strangers and their names need not be UTF-8.
/// Since each string is stored once, two ids are equal exactly when their strings are.
#[derive(Clone, Debug)]
pub struct Strings {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    index: Index,
    hasher: FixedState,
}

impl Default for Strings {
    fn default() -> Self {
        let mut strings = Strings {
            bytes: Vec::new(),
            ends: Vec::new(),
            index: Index::default(),
            hasher: FixedState::with_seed(0x686f_746c_6973_7421),
        };
        strings.intern(b"");
        strings
    }
}

impl Strings {
    /// A table that holds only the empty string.
    pub fn new() -> Self {
        Self::default()
    }

    /// The id of `string`, adding it when it is new.
    pub fn intern(&mut self, string: &[u8]) -> StringId {
        let hash = self.hash(string);
        if let Some(id) = self.find_hashed(hash, string) {
            return id;
        }
        let id = StringId::new(self.ends.len());
        self.bytes.extend_from_slice(string);
        self.ends.push(self.bytes.len());
        self.index.add(hash, id.raw());
        id
    }

    /// The id of `string` when the table holds it.
    pub fn find(&self, string: &[u8]) -> Option<StringId> {
        self.find_hashed(self.hash(string), string)
    }

    #[inline]
    fn find_hashed(&self, hash: u32, string: &[u8]) -> Option<StringId> {
        let is_it = |row| slice(&self.bytes, &self.ends, row as usize) == string;
        self.index.find(hash, is_it).map(StringId::from_raw)
    }

    fn hash(&self, string: &[u8]) -> u32 {
        (self.hasher.hash_one(string) >> 32) as u32
    }

    /// The bytes of `id`.
    #[inline]
    pub fn get(&self, id: StringId) -> &[u8] {
        slice(&self.bytes, &self.ends, id.index())
    }

    /// The number of strings, the empty one included.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether only the empty string is present.
    pub fn is_empty(&self) -> bool {
        self.ends.len() == 1
    }

    /// All strings in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len()).map(|row| slice(&self.bytes, &self.ends, row))
    }

    /// Heap bytes held.
    pub fn memory(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<usize>() + self.index.memory()
    }
}

#[inline]
fn slice<'a>(bytes: &'a [u8], ends: &[usize], row: usize) -> &'a [u8] {
    let start = if row == 0 { 0 } else { ends[row - 1] };
    &bytes[start..ends[row]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_strings_share_an_id() {
        let mut strings = Strings::new();
        let main = strings.intern(b"main");
        assert_eq!(strings.intern(b"main"), main);
        assert_ne!(strings.intern(b"mai"), main);
        assert_eq!(strings.get(main), b"main");
        assert_eq!(strings.intern(b""), StringId::EMPTY);
        assert_eq!(strings.find(b"main"), Some(main));
        assert_eq!(strings.find(b"nowhere"), None);
        assert_eq!(strings.len(), 3);
    }
}
