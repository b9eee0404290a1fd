//! A copy of the memory of a stack.

use crate::walk::Memory;

/// What is further above is no part of the stack.
const LARGEST_STACK: usize = 64 << 20;

/// The lowest part of a stack, as a profiler copied it.
#[derive(Clone, Copy, Debug)]
pub struct Dump<'a> {
    address: u64,
    bytes: &'a [u8],
    ran_out: bool,
}

impl<'a> Dump<'a> {
    /// The bytes that begin at `address`.
    pub fn new(address: u64, bytes: &'a [u8]) -> Self {
        Dump { address, bytes, ran_out: false }
    }

    /// Whether something was looked for above what was copied.
    pub fn ran_out(&self) -> bool {
        self.ran_out
    }
}

impl Memory for Dump<'_> {
    #[inline]
    fn word(&mut self, address: u64) -> Option<u64> {
        let from = usize::try_from(address.checked_sub(self.address)?).ok()?;
        let word = self.bytes.get(from..).and_then(|rest| rest.first_chunk());
        self.ran_out |= word.is_none() && from < LARGEST_STACK;
        word.copied().map(u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_copied_is_there() {
        let bytes: Vec<u8> = (0..16).collect();
        let mut dump = Dump::new(0x1000, &bytes);
        assert_eq!(dump.word(0x1000), Some(0x0706_0504_0302_0100));
        assert_eq!(dump.word(0x1008), Some(0x0f0e_0d0c_0b0a_0908));
        assert_eq!(dump.word(0xff8), None);
        assert!(!dump.ran_out(), "what is below the stack pointer is no loss");
        for address in [0x1009, 0x1010, 0x10_0000] {
            let mut dump = dump;
            assert_eq!(dump.word(address), None);
            assert!(dump.ran_out());
        }
        assert_eq!(dump.word(u64::MAX), None);
        assert!(!dump.ran_out(), "that is nowhere near");
    }
}
