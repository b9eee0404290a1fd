//! From a [`Profile`] to bytes.

use super::profile_field as f;
use crate::{LabelValue, Profile, StringId};

/// Appends `value` as a varint.
#[inline]
pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A number as the bytes of its varint, for numbers that are written many times.
#[derive(Clone, Copy, Debug)]
struct Encoded {
    bytes: [u8; 10],
    length: u8,
}

impl Encoded {
    fn of(number: u64) -> Self {
        let mut encoded = Vec::with_capacity(10);
        put_varint(&mut encoded, number);
        let mut bytes = [0; 10];
        bytes[..encoded.len()].copy_from_slice(&encoded);
        Encoded { bytes, length: encoded.len() as u8 }
    }
}

/// Numbers one after the other, in a buffer that is used again.
#[derive(Debug, Default)]
struct Packed {
    /// Longer than what is in use.
    buffer: Vec<u8>,
}

impl Packed {
    /// The bytes of all `numbers`. Each is stored in full length and overlaid by the next one, which is
    /// faster than to copy as many bytes as it has.
    fn pack(&mut self, numbers: impl ExactSizeIterator<Item = Encoded>) -> &[u8] {
        let most = numbers.len() * 10;
        if self.buffer.len() < most {
            self.buffer.resize(most, 0);
        }
        let mut end = 0;
        for number in numbers {
            self.buffer[end..end + 10].copy_from_slice(&number.bytes);
            end += usize::from(number.length);
        }
        &self.buffer[..end]
    }
}

/// Encodes `profile` and hands the bytes over in pieces, so that a large profile is never in memory
/// twice.
///
/// Strings that nothing refers to are kept: what was decoded is encoded again without loss.
///
/// # Errors
/// Only those of `write`.
pub fn encode<E>(profile: &Profile, mut write: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    const PIECE: usize = 256 << 10;
    let mut out = Vec::with_capacity(PIECE + (PIECE >> 2));
    let mut body = Vec::new();
    let mut packed = Vec::new();
    let mut flush = |out: &mut Vec<u8>, limit: usize| {
        if out.len() > limit {
            write(out)?;
            out.clear();
        }
        Ok(())
    };

    for value_type in &profile.sample_types {
        put_value_type(&mut body, value_type.kind, value_type.unit);
        put_message(&mut out, f::SAMPLE_TYPE, &mut body);
    }
    let locations: Vec<Encoded> =
        profile.locations.rows().iter().map(|location| Encoded::of(location.id)).collect();
    let mut frames = Packed::default();
    for sample in profile.samples.ids() {
        let numbers = profile.frames(sample).iter().map(|location| locations[location.index()]);
        put_bytes_unless_empty(&mut body, 1, frames.pack(numbers));
        packed.clear();
        for &value in profile.samples.values(sample) {
            put_varint(&mut packed, value as u64);
        }
        put_bytes_unless_empty(&mut body, 2, &packed);
        for label in profile.labels.get(profile.samples.labels(sample)) {
            packed.clear();
            put_string(&mut packed, 1, label.key);
            match label.value {
                LabelValue::Text(text) => put_string(&mut packed, 2, text),
                LabelValue::Number { value, unit } => {
                    put_number(&mut packed, 3, value as u64);
                    put_string(&mut packed, 4, unit);
                }
            }
            put_bytes(&mut body, 3, &packed);
        }
        put_message(&mut out, f::SAMPLE, &mut body);
        flush(&mut out, PIECE)?;
    }
    for mapping in &profile.mappings {
        put_number(&mut body, 1, mapping.id);
        put_number(&mut body, 2, mapping.start);
        put_number(&mut body, 3, mapping.limit);
        put_number(&mut body, 4, mapping.offset);
        put_string(&mut body, 5, mapping.file);
        put_string(&mut body, 6, mapping.build_id);
        put_number(&mut body, 7, mapping.has.functions.into());
        put_number(&mut body, 8, mapping.has.filenames.into());
        put_number(&mut body, 9, mapping.has.line_numbers.into());
        put_number(&mut body, 10, mapping.has.inline_frames.into());
        put_message(&mut out, f::MAPPING, &mut body);
    }
    for id in profile.locations.ids() {
        let location = profile.locations.get(id);
        put_number(&mut body, 1, location.id);
        put_number(&mut body, 2, location.mapping.map_or(0, |mapping| profile.mapping(mapping).id));
        put_number(&mut body, 3, location.address);
        for line in profile.locations.lines(id) {
            packed.clear();
            put_number(&mut packed, 1, profile.function(line.function).id);
            put_number(&mut packed, 2, line.line as u64);
            put_number(&mut packed, 3, line.column as u64);
            put_bytes(&mut body, 4, &packed);
        }
        put_number(&mut body, 5, location.is_folded.into());
        put_message(&mut out, f::LOCATION, &mut body);
        flush(&mut out, PIECE)?;
    }
    for function in &profile.functions {
        put_number(&mut body, 1, function.id);
        put_string(&mut body, 2, function.name);
        put_string(&mut body, 3, function.system_name);
        put_string(&mut body, 4, function.filename);
        put_number(&mut body, 5, function.start_line as u64);
        put_message(&mut out, f::FUNCTION, &mut body);
        flush(&mut out, PIECE)?;
    }
    for string in profile.strings.iter() {
        put_bytes(&mut out, f::STRING_TABLE, string);
        flush(&mut out, PIECE)?;
    }
    put_string(&mut out, f::DROP_FRAMES, profile.drop_frames);
    put_string(&mut out, f::KEEP_FRAMES, profile.keep_frames);
    put_number(&mut out, f::TIME_NANOS, profile.time_nanos as u64);
    put_number(&mut out, f::DURATION_NANOS, profile.duration_nanos as u64);
    put_value_type(&mut body, profile.period_type.kind, profile.period_type.unit);
    if !body.is_empty() {
        put_message(&mut out, f::PERIOD_TYPE, &mut body);
    }
    put_number(&mut out, f::PERIOD, profile.period as u64);
    packed.clear();
    for comment in &profile.comments {
        put_varint(&mut packed, comment.raw().into());
    }
    put_bytes_unless_empty(&mut out, f::COMMENT, &packed);
    put_string(&mut out, f::DEFAULT_SAMPLE_TYPE, profile.default_sample_type);
    put_string(&mut out, f::DOC_URL, profile.doc_url);
    flush(&mut out, 0)
}

/// Encodes `profile` into one buffer.
pub fn encode_to_vec(profile: &Profile) -> Vec<u8> {
    let mut all = Vec::new();
    let result: Result<(), std::convert::Infallible> = encode(profile, |piece| {
        all.extend_from_slice(piece);
        Ok(())
    });
    match result {
        Ok(()) => all,
    }
}

fn put_key(out: &mut Vec<u8>, number: u32, wire_type: u32) {
    put_varint(out, (number << 3 | wire_type).into());
}

/// A number field, left out when zero as proto3 has it.
fn put_number(out: &mut Vec<u8>, number: u32, value: u64) {
    if value != 0 {
        put_key(out, number, 0);
        put_varint(out, value);
    }
}

fn put_string(out: &mut Vec<u8>, number: u32, id: StringId) {
    put_number(out, number, id.raw().into());
}

fn put_bytes(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    put_key(out, number, 2);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn put_bytes_unless_empty(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    if !bytes.is_empty() {
        put_bytes(out, number, bytes);
    }
}

/// Writes `body` as a message field and empties it for the next one.
fn put_message(out: &mut Vec<u8>, number: u32, body: &mut Vec<u8>) {
    put_bytes(out, number, body);
    body.clear();
}

fn put_value_type(out: &mut Vec<u8>, kind: StringId, unit: StringId) {
    put_string(out, 1, kind);
    put_string(out, 2, unit);
}
