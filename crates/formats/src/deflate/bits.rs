//! Bits, the first one lowest, RFC 1951 section 3.1.1.

/// Collects bits into bytes.
pub(super) struct BitWriter {
    /// Longer than what is in use, so that whole words can be stored.
    bytes: Vec<u8>,
    /// How many bytes are complete.
    end: usize,
    bits: u64,
    /// How many of `bits` are in use, fewer than 8.
    count: u32,
}

impl BitWriter {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        BitWriter { bytes: vec![0; bytes.max(8)], end: 0, bits: 0, count: 0 }
    }

    /// As [`Room::put`], whether there is room or not.
    #[inline]
    pub(super) fn put(&mut self, bits: u64, count: u32) {
        self.put_many(1, |room| room.put(bits, count));
    }

    /// Appends what `write` puts: at most `count` times up to 48 bits.
    pub(super) fn put_many(&mut self, count: usize, write: impl FnOnce(&mut Room<'_>)) {
        let needed = self.end + 6 * count + 16;
        if self.bytes.len() < needed {
            self.bytes.resize(needed.max(self.bytes.len() * 2), 0);
        }
        let mut room = Room { bytes: &mut self.bytes, end: self.end, bits: self.bits, count: self.count };
        write(&mut room);
        (self.end, self.bits, self.count) = (room.end, room.bits, room.count);
    }

    /// Fills the last byte up with zeros.
    pub(super) fn align(&mut self) {
        self.put(0, self.count.wrapping_neg() % 8);
    }

    /// All bytes, the last one filled up with zeros.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.align();
        self.bytes.truncate(self.end);
        self.bytes
    }
}

/// A writer whose bytes are long enough, so that all else can stay in registers.
pub(super) struct Room<'w> {
    bytes: &'w mut [u8],
    end: usize,
    bits: u64,
    count: u32,
}

impl Room<'_> {
    /// Appends the lowest `count` of `bits`, at most 48; the others must be zero.
    ///
    /// Whether bytes are complete cannot be foreseen, so all are stored each time.
    #[inline(always)]
    pub(super) fn put(&mut self, bits: u64, count: u32) {
        self.bits |= bits << self.count;
        self.count += count;
        self.bytes[self.end..self.end + 8].copy_from_slice(&self.bits.to_le_bytes());
        let complete = self.count / 8;
        self.end += complete as usize;
        self.bits >>= complete * 8;
        self.count %= 8;
    }
}
