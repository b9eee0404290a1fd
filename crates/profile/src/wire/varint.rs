//! Variable-length integers and the fields of a message.

use super::decode::WireError;

/// Reads one varint from the front of `data`.
#[inline]
pub(super) fn varint(data: &mut &[u8]) -> Result<u64, WireError> {
    match **data {
        [byte, ref rest @ ..] if byte < 0x80 => {
            *data = rest;
            Ok(u64::from(byte))
        }
        _ => long_varint(data),
    }
}

#[inline(never)]
fn long_varint(data: &mut &[u8]) -> Result<u64, WireError> {
    if let Some(&bytes) = data.first_chunk::<4>() {
        let word = u64::from(u32::from_le_bytes(bytes));
        let end = (!word & TOPS).trailing_zeros();
        if end <= 31 {
            *data = &data[(end as usize + 1) / 8..];
            return Ok(joined(word, end));
        }
    }
    let mut value = 0u64;
    for (position, &byte) in data.iter().enumerate().take(10) {
        // Bits beyond the 64th are dropped, as every protobuf reader does.
        value |= u64::from(byte & 0x7f) << (7 * position);
        if byte < 0x80 {
            *data = &data[position + 1..];
            return Ok(value);
        }
    }
    Err(if data.len() < 10 { WireError::Truncated } else { WireError::LongVarint })
}

/// The top bits of eight bytes; the last byte of a varint is the one where it is not set.
const TOPS: u64 = 0x8080_8080_8080_8080;

/// Calls `take` with every varint of `data`, which must end with the last of them.
///
/// Works on eight bytes at a time and takes two numbers out of them: where the second load begins
/// depends on the first, so the wait for that is shared. A byte without its top bit ends a number;
/// lengths follow from trailing zeros and values from three shifts.
#[inline]
pub(super) fn varints(mut data: &[u8], mut take: impl FnMut(u64)) -> Result<(), WireError> {
    while let Some(&bytes) = data.first_chunk::<8>() {
        let word = u64::from_le_bytes(bytes);
        let ends = !word & TOPS;
        let first = ends.trailing_zeros();
        let second = (ends & ends.wrapping_sub(1)).trailing_zeros();
        if first > 31 || second - first > 32 || second == u64::BITS {
            take(varint(&mut data)?);
            continue;
        }
        take(joined(word, first));
        take(joined(word >> (first + 1), second - first - 1));
        data = &data[(second as usize + 1) / 8..];
    }
    while !data.is_empty() {
        take(varint(&mut data)?);
    }
    Ok(())
}

/// The number of at most four bytes at the low end of `word`, whose last bit is at `end`.
#[inline]
fn joined(word: u64, end: u32) -> u64 {
    let word = word & (u64::MAX >> (63 - end));
    (word & 0x7f) | (word >> 1 & 0x3f80) | (word >> 2 & 0x001f_c000) | (word >> 3 & 0x0fe0_0000)
}

/// The value of a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    /// Of a fixed-size type, which no field of this schema has.
    Fixed,
}

/// Splits the first field off `data`.
#[inline]
pub(super) fn field<'a>(data: &mut &'a [u8]) -> Result<(u32, Value<'a>), WireError> {
    let key = varint(data)?;
    let number = field_number(key)?;
    let value = match key & 7 {
        0 => Value::Varint(varint(data)?),
        2 => {
            let length = varint(data)?;
            let length = usize::try_from(length).map_err(|_| WireError::Truncated)?;
            let (bytes, rest) = data.split_at_checked(length).ok_or(WireError::Truncated)?;
            *data = rest;
            Value::Bytes(bytes)
        }
        fixed @ (1 | 5) => {
            let length = if fixed == 1 { 8 } else { 4 };
            *data = data.get(length..).ok_or(WireError::Truncated)?;
            Value::Fixed
        }
        other => return Err(WireError::WireType(other as u8)),
    };
    Ok((number, value))
}

/// The field number in a key.
fn field_number(key: u64) -> Result<u32, WireError> {
    match u32::try_from(key >> 3) {
        Ok(number) if number != 0 => Ok(number),
        _ => Err(WireError::FieldNumber(key >> 3)),
    }
}

/// The number of bytes from the start of `data` to the end of its first field, as far as its first
/// bytes tell: `None` when even the length is not there yet.
pub(super) fn field_extent(data: &[u8]) -> Result<Option<u64>, WireError> {
    let mut rest = data;
    let mut next = || match varint(&mut rest) {
        Ok(value) => Ok(Some((value, (data.len() - rest.len()) as u64))),
        Err(WireError::Truncated) => Ok(None),
        Err(error) => Err(error),
    };
    let Some((key, after_key)) = next()? else { return Ok(None) };
    field_number(key)?;
    Ok(match key & 7 {
        0 => next()?.map(|(_, end)| end),
        2 => next()?.map(|(length, start)| start.saturating_add(length)),
        1 => Some(after_key + 8),
        5 => Some(after_key + 4),
        other => return Err(WireError::WireType(other as u8)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_varints_equal_one_at_a_time() {
        let numbers = [0, 1, 127, 128, 16383, 16384, 1 << 21, (1 << 28) - 1, 1 << 28, 1 << 35, u64::MAX, 5];
        let mut encoded = Vec::new();
        for number in numbers {
            super::super::encode::put_varint(&mut encoded, number);
        }
        let mut seen = Vec::new();
        varints(&encoded, |number| seen.push(number)).unwrap();
        assert_eq!(seen, numbers);
        let mut rest = &encoded[..];
        assert!(numbers.iter().all(|&number| varint(&mut rest).unwrap() == number));
    }

    #[test]
    fn unfinished_varints_are_refused() {
        assert!(matches!(varints(&[0x80; 3], |_| ()), Err(WireError::Truncated)));
        assert!(matches!(varints(&[0xff; 12], |_| ()), Err(WireError::LongVarint)));
    }
}
