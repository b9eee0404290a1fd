//! Numbers of variable length (LEB128, DWARF 5, section 7.6).

/// The next number of a stream of bytes; `None` when the bytes end, or it has more than 64 bits.
#[inline(always)]
pub(super) fn leb(mut byte: impl FnMut() -> Option<u8>) -> Option<u64> {
    let first = byte()?;
    if first < 0x80 { Some(u64::from(first)) } else { long(u64::from(first & 0x7f), byte) }
}

/// Most numbers have one byte, so the others are out of the way.
#[inline(never)]
fn long(mut value: u64, mut byte: impl FnMut() -> Option<u8>) -> Option<u64> {
    for shift in (7..64).step_by(7) {
        let byte = byte()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Option<u64> {
        let mut bytes = bytes.iter().copied();
        leb(|| bytes.next())
    }

    #[test]
    fn numbers_have_one_byte_or_more() {
        assert_eq!(read(&[0x7f]), Some(127));
        // The example of the standard.
        assert_eq!(read(&[0xb9, 0x64]), Some(12_857));
        assert_eq!(read(&[0x80]), None);
        assert_eq!(read(&[0xff; 11]), None);
    }
}
