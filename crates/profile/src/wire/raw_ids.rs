//! From the 64-bit ids of the encoded form to dense row numbers.

use rustc_hash::FxHashMap;

use super::error::WireError;
use super::varint::{short_varints, varint};
#[cfg(target_arch = "x86_64")]
use super::words::{self, Words};
use crate::LocationId;

/// Ids as they are met before their table is known, squeezed into 32 bits.
///
/// Nearly all writers number rows 1, 2, 3 …, so an id less one is the row already. An id that is too
/// large for that, or zero, gets another number with the top bit set.
#[derive(Default, Debug)]
pub(super) struct Provisional {
    large: FxHashMap<u64, u32>,
    large_ids: Vec<u64>,
    largest: u32,
}

const LARGE: u32 = 1 << 31;

impl Provisional {
    #[inline]
    pub(super) fn squeeze(&mut self, id: u64) -> u32 {
        let row = id.wrapping_sub(1);
        let row = if row < u64::from(LARGE) { row as u32 } else { self.squeeze_large(id) };
        self.largest = self.largest.max(row);
        row
    }

    /// Squeezes all ids of a packed field and appends them to `frames`.
    #[inline]
    pub(super) fn squeeze_all(&mut self, ids: &[u8], frames: &mut Vec<LocationId>) -> Result<(), WireError> {
        #[cfg(target_arch = "x86_64")]
        if let Some(words) = Words::new(ids) {
            let start = frames.len();
            if self.squeeze_words(words, frames).is_some() {
                return Ok(());
            }
            frames.truncate(start);
        }
        self.squeeze_numbers(ids, frames)
    }

    /// As [`squeeze_all`](Self::squeeze_all); `None` when not all ids are small numbers.
    #[cfg(target_arch = "x86_64")]
    fn squeeze_words(&mut self, mut words: Words<'_>, frames: &mut Vec<LocationId>) -> Option<()> {
        let mut numbers = [0; words::ROOM];
        while !words.is_empty() {
            let count = words.take(&mut numbers)?;
            self.squeeze_short(&mut numbers[..count], frames);
        }
        Some(())
    }

    /// As [`squeeze_all`](Self::squeeze_all), on any processor and for any ids.
    fn squeeze_numbers(&mut self, mut ids: &[u8], frames: &mut Vec<LocationId>) -> Result<(), WireError> {
        let mut numbers = [0; 64];
        while !ids.is_empty() {
            let count = short_varints(&mut ids, &mut numbers);
            self.squeeze_short(&mut numbers[..count], frames);
            if count + 3 <= numbers.len() && !ids.is_empty() {
                let id = varint(&mut ids)?;
                frames.push(LocationId::from_raw(self.squeeze(id)));
            }
        }
        Ok(())
    }

    /// Squeezes ids of up to 32 bits, which become rows in place, and appends them to `frames`.
    #[inline]
    fn squeeze_short(&mut self, rows: &mut [u32], frames: &mut Vec<LocationId>) {
        rows.iter_mut().for_each(|row| *row = row.wrapping_sub(1));
        let largest = rows.iter().copied().fold(self.largest, u32::max);
        if largest < LARGE {
            self.largest = largest;
            frames.extend(rows.iter().map(|&row| LocationId::from_raw(row)));
        } else {
            let squeezed = rows.iter().map(|&row| self.squeeze(u64::from(row.wrapping_add(1))));
            frames.extend(squeezed.map(LocationId::from_raw));
        }
    }

    /// Whether all that [`squeeze`](Self::squeeze) has returned are the rows already, the usual case.
    pub(super) fn are_rows(&self, index: &RowIndex) -> bool {
        matches!(*index, RowIndex::Sequential { rows } if self.largest < rows)
    }

    /// The largest of all that [`squeeze`](Self::squeeze) has returned; 0 when there is none.
    pub(super) fn largest(&self) -> u32 {
        self.largest
    }

    #[cold]
    fn squeeze_large(&mut self, id: u64) -> u32 {
        let large_ids = &mut self.large_ids;
        *self.large.entry(id).or_insert_with(|| {
            large_ids.push(id);
            // Each takes at least five bytes of input, so the count stays far below 2^31.
            LARGE | (large_ids.len() - 1) as u32
        })
    }

    /// The id that was squeezed into `provisional`.
    pub(super) fn original(&self, provisional: u32) -> u64 {
        if provisional & LARGE == 0 {
            u64::from(provisional) + 1
        } else {
            self.large_ids[(provisional & !LARGE) as usize]
        }
    }

    pub(super) fn memory(&self) -> usize {
        self.large.capacity() * 17 + self.large_ids.capacity() * 8
    }
}

/// Which row has which id.
#[derive(Debug)]
pub(super) enum RowIndex {
    /// Row n has the id n + 1.
    Sequential {
        rows: u32,
    },
    Sparse(FxHashMap<u64, u32>),
}

/// An id that is zero or used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadId {
    Zero { row: usize },
    Repeated { id: u64 },
}

impl RowIndex {
    pub(super) fn new(ids: impl ExactSizeIterator<Item = u64> + Clone) -> Result<RowIndex, BadId> {
        if ids.clone().enumerate().all(|(row, id)| id == row as u64 + 1) {
            return Ok(RowIndex::Sequential { rows: ids.len() as u32 });
        }
        let mut index = FxHashMap::with_capacity_and_hasher(ids.len(), rustc_hash::FxBuildHasher);
        for (row, id) in ids.enumerate() {
            if id == 0 {
                return Err(BadId::Zero { row });
            }
            if index.insert(id, row as u32).is_some() {
                return Err(BadId::Repeated { id });
            }
        }
        Ok(RowIndex::Sparse(index))
    }

    #[inline]
    pub(super) fn row(&self, id: u64) -> Option<u32> {
        match self {
            RowIndex::Sequential { rows } => {
                let row = id.wrapping_sub(1);
                (row < u64::from(*rows)).then_some(row as u32)
            }
            RowIndex::Sparse(index) => index.get(&id).copied(),
        }
    }
}
