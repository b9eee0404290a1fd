//! Prefix codes as tables.

use super::bits::BitBuffer;
use super::entry::Entry;

/// Code lengths are no code: there are too many, or they leave strings of bits that are no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flaw;

/// The canonical code of RFC 1951 section 3.2.2 with a table of `1 << BITS` entries, which is `SIZE`.
pub(super) struct Code<const BITS: u32, const SIZE: usize> {
    /// By the next bits of the input: what they begin with, two literals where both fit. Of longer codes it
    /// knows nothing.
    table: [Entry; SIZE],
    /// By length: the first code that is longer, in 15 bits.
    limits: [u32; 16],
    /// By length: where the symbols of such codes begin in `sorted`, less the first such code.
    offsets: [u32; 16],
    /// Symbols by length of their code.
    sorted: [u16; 288],
}

impl<const BITS: u32, const SIZE: usize> Code<BITS, SIZE> {
    /// A code of nothing.
    pub(super) fn new() -> Self {
        Code { table: [Entry::UNKNOWN; SIZE], limits: [0; 16], offsets: [0; 16], sorted: [0; 288] }
    }

    /// Makes this the code in which symbol `i` has `lengths[i]` bits, at most 15, and means `entries[i]`.
    ///
    /// # Errors
    /// When the lengths are those of no code. A code of nothing is one, and so is a single code of one bit.
    #[inline(never)]
    pub(super) fn set(&mut self, lengths: &[u8], entries: &[Entry]) -> Result<(), Flaw> {
        let mut counts = [0u16; 16];
        for &length in lengths {
            counts[usize::from(length & 15)] += 1;
        }
        counts[0] = 0;
        let mut next = [0u16; 16];
        let (mut code, mut start) = (0u32, 0u32);
        for length in 1..16 {
            let count = u32::from(counts[length]);
            code <<= 1;
            next[length] = start as u16;
            self.offsets[length] = start.wrapping_sub(code);
            code += count;
            start += count;
            if code > 1 << length {
                return Err(Flaw);
            }
            self.limits[length] = code << (15 - length);
        }
        if code < 1 << 15 && start != u32::from(counts[1]) {
            return Err(Flaw);
        }
        for (symbol, &length) in lengths.iter().enumerate() {
            if length != 0 {
                let place = &mut next[usize::from(length & 15)];
                self.sorted[usize::from(*place)] = symbol as u16;
                *place += 1;
            }
        }
        self.tabulate(&counts, start, entries);
        Ok(())
    }

    /// Fills the table from the sorted symbols, of which there are `total`.
    ///
    /// The table of codes up to some length is that of shorter ones, twice, with the new codes in between. So are
    /// pairs of literals of that length together, which save looking up the second one.
    fn tabulate(&mut self, counts: &[u16; 16], total: u32, entries: &[Entry]) {
        self.table[0] = Entry::UNKNOWN;
        let mut literals = [(0u16, Entry::UNKNOWN); 256];
        // By length: where the literals begin.
        let mut firsts = [0usize; 17];
        let mut placed = 0;
        let (mut code, mut rest) = (0u32, &self.sorted[..total as usize]);
        for length in 1..=BITS as usize {
            let half = 1 << (length - 1);
            self.table.copy_within(..half, half);
            code <<= 1;
            let (now, later) = rest.split_at(usize::from(counts[length]));
            rest = later;
            for &symbol in now {
                let place = (code.reverse_bits() >> (32 - length)) as u16;
                let entry = entries[usize::from(symbol)].with_code(length as u32);
                self.table[usize::from(place) % SIZE] = entry;
                if entry.is_literal() {
                    literals[placed] = (place, entry);
                    placed += 1;
                }
                code += 1;
            }
            firsts[length + 1] = placed;
            for first in 1..length {
                let second = length - first;
                let seconds = &literals[firsts[second]..firsts[second + 1]];
                if seconds.is_empty() {
                    continue;
                }
                for &(low, one) in &literals[firsts[first]..firsts[first + 1]] {
                    for &(high, other) in seconds {
                        self.table[(usize::from(low) | usize::from(high) << first) % SIZE] = one.and(other);
                    }
                }
            }
        }
    }

    /// What `bits` begin with, as far as the table knows.
    #[inline(always)]
    pub(super) fn get(&self, bits: u64) -> Entry {
        self.table[bits as usize % SIZE]
    }

    /// Takes what `buffer` begins with, as far as the table knows, and returns it with the bits that it was found by.
    #[inline(always)]
    pub(super) fn next(&self, buffer: &mut BitBuffer) -> (Entry, u64) {
        let bits = buffer.bits();
        let entry = self.get(bits);
        buffer.skip(entry.bits());
        (entry, bits)
    }

    /// What `bits` begin with, when the table does not know; `entries` as for [`Code::set`].
    #[cold]
    #[inline(never)]
    pub(super) fn long(&self, bits: u64, entries: &[Entry]) -> Entry {
        let code = (bits as u32).reverse_bits() >> 17;
        for length in BITS as usize + 1..16 {
            if code < self.limits[length] {
                let place = (code >> (15 - length)).wrapping_add(self.offsets[length]);
                let symbol = self.sorted.get(place as usize).copied().unwrap_or(u16::MAX);
                return match entries.get(usize::from(symbol)) {
                    Some(entry) => entry.with_code(length as u32),
                    None => Entry::UNKNOWN,
                };
            }
        }
        Entry::UNKNOWN
    }
}
