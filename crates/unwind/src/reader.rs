//! Numbers and texts of a section, from the front.

use crate::section::Section;

/// Reads a section from the front; every read says when the bytes are not there.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    address: u64,
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// All of `section`.
    pub(crate) fn new(section: Section<'a>) -> Self {
        Reader { address: section.address, bytes: section.bytes }
    }

    /// What begins at `address`.
    pub(crate) fn at(section: Section<'a>, address: u64) -> Option<Self> {
        let from = usize::try_from(address.checked_sub(section.address)?).ok()?;
        Some(Reader { address, bytes: section.bytes.get(from..)? })
    }

    /// The address of the next byte.
    pub(crate) fn address(&self) -> u64 {
        self.address
    }

    /// All bytes that are left.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Splits off a reader of the next `size` bytes.
    pub(crate) fn take(&mut self, size: usize) -> Option<Reader<'a>> {
        let (front, rest) = self.bytes.split_at_checked(size)?;
        let taken = Reader { address: self.address, bytes: front };
        self.address = self.address.wrapping_add(size as u64);
        self.bytes = rest;
        Some(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.bytes.try_into().ok()
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        Some(self.array::<1>()?[0])
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// A LEB128 number.
    pub(crate) fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// A signed LEB128 number.
    pub(crate) fn signed(&mut self) -> Option<i64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let unused = 64_u32.saturating_sub(shift + 7);
                return Some(value << unused >> unused);
            }
        }
        None
    }

    /// A text that ends with a zero byte.
    pub(crate) fn text(&mut self) -> Option<&'a [u8]> {
        let size = self.bytes.iter().position(|&byte| byte == 0)?;
        let text = self.take(size)?.bytes;
        self.u8()?;
        Some(text)
    }

    /// A pointer in one of the encodings of `DW_EH_PE`: its format in the low four bits, what it is
    /// relative to in the next three. Indirect pointers are not followed; only personality routines
    /// use them, and those are skipped.
    pub(crate) fn encoded(&mut self, encoding: u8) -> Option<u64> {
        const OMITTED: u8 = 0xff;
        if encoding == OMITTED {
            return Some(0);
        }
        let at = self.address;
        let value = match encoding & 0x0f {
            0x00 | 0x04 | 0x0c => self.u64()?,
            0x01 => self.unsigned()?,
            0x02 => u64::from(self.u16()?),
            0x03 => u64::from(self.u32()?),
            0x09 => self.signed()? as u64,
            0x0a => i64::from(self.u16()? as i16) as u64,
            0x0b => i64::from(self.u32()? as i32) as u64,
            _ => return None,
        };
        match encoding >> 4 & 0x07 {
            0 => Some(value),
            1 => Some(value.wrapping_add(at)),
            _ => None,
        }
    }
}
