//! Variable-length integers and the fields of a message.

use super::error::WireError;

/// Reads one varint from the front of `data`.
#[inline]
pub(super) fn varint(data: &mut &[u8]) -> Result<u64, WireError> {
    match **data {
        [byte, ref rest @ ..] if byte < 0x80 => {
            *data = rest;
            Ok(u64::from(byte))
        }
        [low, high, ref rest @ ..] if high < 0x80 => {
            *data = rest;
            Ok(u64::from(low & 0x7f) | u64::from(high) << 7)
        }
        _ => long_varint(data),
    }
}

#[inline(never)]
fn long_varint(data: &mut &[u8]) -> Result<u64, WireError> {
    let word = first_bytes(data);
    let end = (!word & TOPS).trailing_zeros();
    let length = (end as usize + 1) / 8;
    if end < u64::BITS && length <= data.len() {
        *data = &data[length..];
        return Ok(joined(word, end));
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

/// Up to eight bytes from the front of `data`, and zeros after them.
#[inline]
pub(super) fn first_bytes(data: &[u8]) -> u64 {
    if let Some(&bytes) = data.first_chunk::<8>() {
        return u64::from_le_bytes(bytes);
    }
    match (data.first_chunk::<4>(), data.last_chunk::<4>()) {
        (Some(&first), Some(&last)) => {
            let [first, last] = [first, last].map(|half| u64::from(u32::from_le_bytes(half)));
            // Both have the bytes in the middle.
            first | last << (8 * (data.len() - 4))
        }
        _ => data.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
}

/// The top bits of eight bytes; the last byte of a varint is the one where it is not set.
pub(super) const TOPS: u64 = 0x8080_8080_8080_8080;

/// Calls `take` with every varint of `data`, which must end with the last of them.
#[inline]
pub(super) fn varints(mut data: &[u8], mut take: impl FnMut(u64)) -> Result<(), WireError> {
    while !data.is_empty() {
        take(varint(&mut data)?);
    }
    Ok(())
}

/// Reads varints from the front of `data` as long as they are of at most four bytes, have eight bytes from
/// their beginning on, and `numbers` has room for three more. Returns how many there were.
///
/// Works on eight bytes at a time and takes two or three numbers out of them: where the next load begins
/// depends on this one, so the wait for that is shared. A byte without its top bit ends a number;
/// lengths follow from trailing zeros and values from three shifts.
#[inline]
pub(super) fn short_varints(data: &mut &[u8], numbers: &mut [u32]) -> usize {
    let mut count = 0;
    while let Some(&bytes) = data.first_chunk::<8>()
        && let Some([one, two, three]) = numbers.get_mut(count..).and_then(<[u32]>::first_chunk_mut)
    {
        let word = u64::from_le_bytes(bytes);
        let ends = !word & TOPS;
        let after_first = ends & ends.wrapping_sub(1);
        let after_second = after_first & after_first.wrapping_sub(1);
        let [first, second] = [ends, after_first].map(u64::trailing_zeros);
        // Without a second end its place is the 64th bit.
        if first > 31 || second - first > 32 || after_first == 0 {
            break;
        }
        *one = joined_short(word, first);
        *two = joined_short(word >> (first + 1), second - first - 1);
        count += 2;
        let mut last = second;
        if after_second != 0 {
            last = after_second.trailing_zeros();
            if last - second > 32 {
                last = second;
            } else {
                *three = joined_short(word >> (second + 1), last - second - 1);
                count += 1;
            }
        }
        *data = &data[(last as usize + 1) / 8..];
    }
    count
}

/// The number of at most four bytes at the low end of `word`, whose last bit is at `end`.
#[inline]
fn joined_short(word: u64, end: u32) -> u32 {
    let word = word & (u64::MAX >> (63 - end));
    ((word & 0x7f) | (word >> 1 & 0x3f80) | (word >> 2 & 0x001f_c000) | (word >> 3 & 0x0fe0_0000)) as u32
}

/// The number of at most eight bytes at the low end of `word`, whose last bit is at `end`.
#[inline]
fn joined(word: u64, end: u32) -> u64 {
    // Pairs of neighbours are joined, then pairs of those, then the two that are left.
    let sevens = word & (u64::MAX >> (63 - end)) & !TOPS;
    let fourteens = sevens & 0x007f_007f_007f_007f | (sevens & 0x7f00_7f00_7f00_7f00) >> 1;
    let halves = fourteens & 0x0000_3fff_0000_3fff | (fourteens & 0x3fff_0000_3fff_0000) >> 2;
    halves & 0x0fff_ffff | (halves & 0x0fff_ffff_0000_0000) >> 4
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
#[inline(always)]
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

    /// Numbers of all lengths, in an order that brings each next to others.
    fn numbers() -> impl Iterator<Item = u64> {
        let edges = (0..64).flat_map(|bit| [(1u64 << bit) - 1, 1 << bit, u64::MAX >> bit]);
        let edges: Vec<u64> = edges.collect();
        (1..edges.len()).flat_map(move |step| {
            let edges = edges.clone();
            (0..7).map(move |row| edges[row * step % edges.len()])
        })
    }

    #[test]
    fn what_was_written_is_read() {
        let mut encoded = Vec::new();
        numbers().for_each(|number| super::super::encode::put_varint(&mut encoded, number));
        let mut seen = Vec::new();
        varints(&encoded, |number| seen.push(number)).unwrap();
        assert!(seen.into_iter().eq(numbers()));
        // With nothing behind it as well.
        for number in numbers() {
            encoded.clear();
            super::super::encode::put_varint(&mut encoded, number);
            let mut rest = &encoded[..];
            assert_eq!((varint(&mut rest), rest.len()), (Ok(number), 0));
        }
    }

    #[test]
    fn short_varints_stop_at_long_ones_and_where_room_ends() {
        for room in [3, 4, 5, 64] {
            let mut encoded = Vec::new();
            numbers().for_each(|number| super::super::encode::put_varint(&mut encoded, number));
            let (mut rest, mut seen, mut room) = (&encoded[..], Vec::new(), vec![0; room]);
            while !rest.is_empty() {
                let count = short_varints(&mut rest, &mut room);
                seen.extend(room[..count].iter().map(|&number| u64::from(number)));
                if count + 3 <= room.len() && !rest.is_empty() {
                    seen.push(varint(&mut rest).unwrap());
                }
            }
            assert!(seen.into_iter().eq(numbers()));
        }
    }

    #[test]
    fn unfinished_varints_are_refused() {
        assert!(matches!(varints(&[0x80; 3], |_| ()), Err(WireError::Truncated)));
        assert!(matches!(varints(&[0xff; 12], |_| ()), Err(WireError::LongVarint)));
    }
}
