//! The encoding of protobuf messages, for formats other than `profile.proto`.
//!
//! <https://protobuf.dev/programming-guides/encoding/>

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
}

/// The fields of a message, until they end or one is broken.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

/// A field that reaches beyond its message or has no known type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

impl<'a> Fields<'a> {
    pub(crate) fn new(message: &'a [u8]) -> Self {
        Fields { rest: message }
    }

    fn next_field(&mut self) -> Option<(u32, Value<'a>)> {
        let key = varint(&mut self.rest)?;
        let number = u32::try_from(key >> 3).ok().filter(|&number| number > 0)?;
        let value = match key & 7 {
            0 => Value::Varint(varint(&mut self.rest)?),
            1 => {
                let (bytes, rest) = self.rest.split_first_chunk::<8>()?;
                self.rest = rest;
                Value::Fixed64(u64::from_le_bytes(*bytes))
            }
            2 => {
                let length = usize::try_from(varint(&mut self.rest)?).ok()?;
                let (bytes, rest) = self.rest.split_at_checked(length)?;
                self.rest = rest;
                Value::Bytes(bytes)
            }
            5 => {
                let (bytes, rest) = self.rest.split_first_chunk::<4>()?;
                self.rest = rest;
                Value::Fixed32(u32::from_le_bytes(*bytes))
            }
            _ => return None,
        };
        Some((number, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Value<'a>), Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.next_field();
        if field.is_none() {
            self.rest = &[];
        }
        Some(field.ok_or(Broken))
    }
}

/// Splits a number off the front of `data`.
pub(crate) fn varint(data: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for (position, &byte) in data.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * position);
        if byte < 0x80 {
            *data = &data[position + 1..];
            return Some(value);
        }
    }
    None
}

/// The numbers of a repeated field, packed or not, added to `numbers`.
pub(crate) fn numbers(value: Value<'_>, numbers: &mut Vec<u64>) -> Result<(), Broken> {
    match value {
        Value::Varint(number) | Value::Fixed64(number) => numbers.push(number),
        Value::Fixed32(number) => numbers.push(u64::from(number)),
        Value::Bytes(mut packed) => {
            while !packed.is_empty() {
                numbers.push(varint(&mut packed).ok_or(Broken)?);
            }
        }
    }
    Ok(())
}

/// The same for a field of fixed 64-bit numbers.
pub(crate) fn fixed_numbers(value: Value<'_>, numbers: &mut Vec<u64>) -> Result<(), Broken> {
    match value {
        Value::Bytes(packed) if packed.len() % 8 == 0 => {
            numbers.extend(
                packed
                    .chunks_exact(8)
                    .map(|chunk| chunk.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))),
            );
            Ok(())
        }
        Value::Bytes(_) => Err(Broken),
        single => self::numbers(single, numbers),
    }
}

/// A message that is being written. Numbers that are zero are left out, as proto3 has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    pub(crate) bytes: Vec<u8>,
}

impl Message {
    pub(crate) fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    fn key(&mut self, field: u32, wire_type: u32) {
        self.varint((field << 3 | wire_type).into());
    }

    pub(crate) fn number(&mut self, field: u32, value: u64) {
        if value != 0 {
            self.key(field, 0);
            self.varint(value);
        }
    }

    /// A fixed number of 64 bits.
    pub(crate) fn fixed(&mut self, field: u32, value: u64) {
        if value != 0 {
            self.key(field, 1);
            self.bytes.extend_from_slice(&value.to_le_bytes());
        }
    }

    /// A text, a message or bytes, which may be empty.
    pub(crate) fn field(&mut self, field: u32, bytes: &[u8]) {
        self.key(field, 2);
        self.varint(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    /// Numbers one after the other, unless there are none.
    pub(crate) fn packed(&mut self, field: u32, numbers: impl IntoIterator<Item = u64>) {
        let mut packed = Message::default();
        numbers.into_iter().for_each(|number| packed.varint(number));
        if !packed.bytes.is_empty() {
            self.field(field, &packed.bytes);
        }
    }

    /// The same with fixed numbers of 64 bits.
    pub(crate) fn packed_fixed(&mut self, field: u32, numbers: impl IntoIterator<Item = u64>) {
        let packed: Vec<u8> = numbers.into_iter().flat_map(u64::to_le_bytes).collect();
        if !packed.is_empty() {
            self.field(field, &packed);
        }
    }
}

#[test]
fn fields_end_or_break() {
    let fields = |data: &'static [u8]| Fields::new(data).collect::<Vec<_>>();
    assert_eq!(
        fields(b"\x08\x96\x01\x12\x02hi\x1d\x01\x00\x00\x00"),
        [Ok((1, Value::Varint(150))), Ok((2, Value::Bytes(b"hi"))), Ok((3, Value::Fixed32(1)))]
    );
    assert_eq!(fields(b"\x12\x05hi"), [Err(Broken)]);
    assert_eq!(fields(b"\x03"), [Err(Broken)]);
    assert_eq!(fields(b"\x00\x01"), [Err(Broken)]);
    assert_eq!(fields(&[0xff; 11]), [Err(Broken)]);
}
