//! What a code stands for, in 32 bits.

/// What the next bits of the input mean: one or two literals, the base of a length or distance, the end of
/// the block, or something that the table does not know.
///
/// From the lowest bit on: 6 for how many bits of input this takes, extra bits included, so that shifts of 64-bit
/// numbers and sums modulo 64 need not isolate it; the flags of the end and of literals; 7 for how many literals
/// these are, or after how many bits the extra bits stand; the flag of exceptions; and 16 for the literals or the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry(u32);

const END: u32 = 1 << 6;
const EXCEPTION: u32 = 1 << 15;
const LITERAL: u32 = 1 << 7;

impl Entry {
    /// No code of the table begins with these bits.
    pub(super) const UNKNOWN: Entry = Entry(EXCEPTION);

    /// An entry for each symbol of literals and lengths, RFC 1951 section 3.2.5. The last two take part in the
    /// fixed code, and mean nothing.
    pub(super) const LITERALS_AND_LENGTHS: [Entry; 288] = {
        let mut entries = [Entry::UNKNOWN; 288];
        let mut symbol = 0;
        while symbol < 256 {
            entries[symbol] = Entry(LITERAL | (symbol as u32) << 16);
            symbol += 1;
        }
        entries[256] = Entry(EXCEPTION | END);
        let mut base = 3;
        symbol = 257;
        while symbol < 285 {
            let extra = if symbol < 265 { 0 } else { (symbol as u32 - 261) / 4 };
            entries[symbol] = Entry::base(base, extra);
            base += 1 << extra;
            symbol += 1;
        }
        entries[285] = Entry::base(258, 0);
        entries
    };

    /// An entry for each symbol of distances, RFC 1951 section 3.2.5; the last two mean nothing.
    pub(super) const DISTANCES: [Entry; 32] = {
        let mut entries = [Entry::UNKNOWN; 32];
        let mut base = 1;
        let mut symbol = 0;
        while symbol < 30 {
            let extra = if symbol < 4 { 0 } else { (symbol as u32 - 2) / 2 };
            entries[symbol] = Entry::base(base, extra);
            base += 1 << extra;
            symbol += 1;
        }
        entries
    };

    /// An entry for each symbol of a code of code lengths, RFC 1951 section 3.2.7.
    pub(super) const CODE_LENGTHS: [Entry; 19] = {
        let mut entries = [Entry::UNKNOWN; 19];
        let mut symbol = 0;
        while symbol < 19 {
            entries[symbol] = Entry::base(symbol as u32, 0);
            symbol += 1;
        }
        entries
    };

    const fn base(base: u32, extra: u32) -> Entry {
        Entry(base << 16 | extra)
    }

    /// This with a code of so many bits.
    #[inline]
    pub(super) fn with_code(self, bits: u32) -> Entry {
        let second = if self.is_literal() { 1 } else { bits };
        Entry((self.0 | second << 8) + bits)
    }

    /// This literal and then another one.
    #[inline]
    pub(super) fn and(self, other: Entry) -> Entry {
        const VALUE: u32 = 0xff << 16;
        let bits = (self.0 & 63) + (other.0 & 63);
        Entry((other.0 & VALUE) << 8 | self.0 & VALUE | 2 << 8 | LITERAL | bits)
    }

    /// One literal or two.
    #[inline(always)]
    pub(super) fn is_literal(self) -> bool {
        self.0 & LITERAL != 0
    }

    /// The end of a block, a symbol that means nothing, or [`Entry::UNKNOWN`].
    #[inline(always)]
    pub(super) fn is_exception(self) -> bool {
        self.0 & EXCEPTION != 0
    }

    /// The end of the block.
    #[inline(always)]
    pub(super) fn is_end(self) -> bool {
        self.0 & END != 0
    }

    /// How many bits of input this takes, in the lowest 6 bits.
    #[inline(always)]
    pub(super) fn bits(self) -> u32 {
        self.0
    }

    /// The literals; the second one means nothing when there is one only.
    #[inline(always)]
    pub(super) fn literals(self) -> [u8; 2] {
        ((self.0 >> 16) as u16).to_le_bytes()
    }

    /// How many literals these are.
    #[inline(always)]
    pub(super) fn literal_count(self) -> usize {
        usize::from((self.0 >> 8) as u8)
    }

    /// The length or distance, where `bits` are those that this was found by.
    #[inline(always)]
    pub(super) fn value(self, bits: u64) -> usize {
        let taken = bits & !(u64::MAX.wrapping_shl(self.0));
        (self.0 >> 16) as usize + taken.wrapping_shr(self.0 >> 8) as usize
    }
}
