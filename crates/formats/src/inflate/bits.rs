//! The input as bits, RFC 1951 section 3.1.1.

use std::io::{self, BufRead};

/// The next bits of the input, the first one lowest.
///
/// Bits above `count` are zero or those that come next, so that adding them again changes nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BitBuffer {
    bits: u64,
    /// Modulo 64.
    count: u32,
}

impl BitBuffer {
    /// The bits, the next one lowest.
    #[inline(always)]
    pub(super) fn bits(self) -> u64 {
        self.bits
    }

    /// How many bits there are.
    #[inline(always)]
    pub(super) fn count(self) -> u32 {
        self.count & 63
    }

    /// Takes as many bits as the lowest 6 bits of `count` say; so many must be there.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u32) {
        self.bits = self.bits.wrapping_shr(count);
        self.count = self.count.wrapping_sub(count);
    }

    /// Adds as many of the next bytes as have room, so that there are 56 bits at least, and returns how many
    /// that were.
    #[inline(always)]
    pub(super) fn refill(&mut self, next: [u8; 8]) -> usize {
        self.bits |= u64::from_le_bytes(next).wrapping_shl(self.count);
        let taken = 7 - (self.count >> 3 & 7);
        self.count |= 56;
        taken as usize
    }
}

/// Bits from an input.
pub(super) struct BitReader<R> {
    pub(super) input: R,
    pub(super) buffer: BitBuffer,
}

impl<R: BufRead> BitReader<R> {
    /// At the start of `input`.
    pub(super) fn new(input: R) -> Self {
        BitReader { input, buffer: BitBuffer::default() }
    }

    /// What the input has at hand; empty only at its end.
    #[inline]
    pub(super) fn data(&mut self) -> io::Result<&[u8]> {
        fill(&mut self.input)
    }

    /// Sees to it that there are `count` bits, at most 56, unless the input ends before.
    #[inline]
    pub(super) fn fill(&mut self, count: u32) -> io::Result<()> {
        if self.buffer.count() >= count {
            return Ok(());
        }
        let data = fill(&mut self.input)?;
        if let Some(next) = data.first_chunk() {
            let taken = self.buffer.refill(*next);
            self.input.consume(taken);
            return Ok(());
        }
        self.fill_slowly(count)
    }

    #[cold]
    fn fill_slowly(&mut self, count: u32) -> io::Result<()> {
        while self.buffer.count() < count {
            let Some(&byte) = fill(&mut self.input)?.first() else { break };
            self.buffer.bits |= u64::from(byte) << self.buffer.count();
            self.buffer.count = self.buffer.count() + 8;
            self.input.consume(1);
        }
        Ok(())
    }

    /// Takes bits that [`BitReader::fill`] was asked for.
    #[inline]
    pub(super) fn skip(&mut self, count: u32) -> io::Result<()> {
        if self.buffer.count() < count {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.buffer.skip(count);
        Ok(())
    }

    /// The next `count` bits, at most 32.
    #[inline]
    pub(super) fn take(&mut self, count: u32) -> io::Result<u32> {
        self.fill(count)?;
        let bits = self.buffer.bits & ((1 << count) - 1);
        self.skip(count)?;
        Ok(bits as u32)
    }

    /// Passes over bits up to the next whole byte.
    pub(super) fn align(&mut self) {
        let count = self.buffer.count() & 7;
        self.buffer.skip(count);
    }

    /// Gives up to `limit` of the next bytes to `take`; none only at the end of the input. The input is at a
    /// whole byte.
    pub(super) fn bytes(&mut self, limit: usize, take: impl FnOnce(&[u8])) -> io::Result<usize> {
        let held = self.buffer.count() as usize / 8;
        if held > 0 {
            let count = held.min(limit);
            take(&self.buffer.bits.to_le_bytes()[..count]);
            // At most 7.
            self.buffer.skip(8 * count as u32);
            return Ok(count);
        }
        self.buffer = BitBuffer::default();
        let data = fill(&mut self.input)?;
        let count = data.len().min(limit);
        take(&data[..count]);
        self.input.consume(count);
        Ok(count)
    }

    /// Whether nothing is left. The input is at a whole byte.
    pub(super) fn at_end(&mut self) -> io::Result<bool> {
        Ok(self.buffer.count() == 0 && fill(&mut self.input)?.is_empty())
    }
}

/// What the input has at hand, empty only at its end.
#[inline]
fn fill<R: BufRead>(input: &mut R) -> io::Result<&[u8]> {
    // The borrow of a returned buffer would last through the loop.
    while let Err(error) = input.fill_buf() {
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    input.fill_buf()
}
