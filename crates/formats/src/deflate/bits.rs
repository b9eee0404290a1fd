//! Bits, the first one lowest, RFC 1951 section 3.1.1.

/// Collects bits into bytes.
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    bits: u64,
    count: u32,
}

impl BitWriter {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        BitWriter { bytes: Vec::with_capacity(bytes), bits: 0, count: 0 }
    }

    /// Appends the lowest `count` of `bits`, at most 32; the others must be zero.
    #[inline]
    pub(super) fn put(&mut self, bits: u64, count: u32) {
        self.bits |= bits << self.count;
        self.count += count;
        if self.count >= 32 {
            self.bytes.extend_from_slice(&(self.bits as u32).to_le_bytes());
            self.bits >>= 32;
            self.count -= 32;
        }
    }

    /// Fills the last byte up with zeros.
    pub(super) fn align(&mut self) {
        self.put(0, self.count.wrapping_neg() % 8);
    }

    /// All bytes, the last one filled up with zeros.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let rest = self.count.div_ceil(8) as usize;
        self.bytes.extend_from_slice(&self.bits.to_le_bytes()[..rest]);
        self.bytes
    }
}
