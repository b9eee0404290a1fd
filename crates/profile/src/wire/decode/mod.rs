//! From bytes to a [`Profile`](crate::Profile), in pieces of any size and without ever holding all of them.

mod resolve;

use super::error::{DecodeError, WireError};
use super::profile_field;
use super::raw_ids::Provisional;
use super::varint::{Value, field, field_extent, varint, varints};
use crate::profile::{Function, Line, Location, Locations, Mapping, ValueType};
use crate::stack::StackInterner;
use crate::{
    FunctionId, Label, LabelSetId, LabelSets, LabelValue, LocationId, MappingId, Profile, StackId, StringId,
    Strings,
};

/// The number of samples after which it is settled whether equal stacks are looked for.
const TRIAL: usize = 4096;
/// They are if at least one in this number of samples has had the stack of another.
const FEW: usize = 64;

/// Room for locations is made beforehand when there are at least this number of frames to a location.
const FRAMES_PER_LOCATION: usize = 8;

/// The largest field number of a profile.
const LAST_FIELD: u32 = 15;

type Result<T, E = DecodeError> = std::result::Result<T, E>;

/// Decodes a whole profile that is in memory.
///
/// # Errors
/// Whatever breaks the encoding or the rules of the format; see [`DecodeError`].
pub fn decode(data: &[u8]) -> Result<Profile> {
    let mut decoder = Decoder::new(usize::MAX);
    decoder.push(data)?;
    decoder.finish()
}

/// Takes the encoded profile piece by piece.
///
/// Rows go straight into the columns of the profile. References between tables and to strings are
/// kept as numbers of the encoded form until [`finish`](Decoder::finish) resolves them, since the
/// tables that they point into come later.
pub struct Decoder {
    memory_limit: usize,
    /// The beginning of a field whose end has not been seen.
    pending: Vec<u8>,
    /// How much of an unknown field is still to come and of no use.
    skip: u64,
    /// Where the current top-level field begins.
    offset: u64,
    strings: Strings,
    /// From the string numbers of the encoded form to ours.
    string_ids: Vec<StringId>,
    sample_types: Vec<ValueType>,
    stacks: StackInterner,
    /// Whether equal stacks are stored once.
    compares_stacks: bool,
    location_ids: Provisional,
    sample_stacks: Vec<StackId>,
    sample_labels: Vec<LabelSetId>,
    values: Vec<i64>,
    width: Option<usize>,
    /// The first sample with another number of values than the samples before.
    odd_sample: Option<(usize, usize)>,
    label_sets: LabelSets,
    label_buffer: Vec<Label>,
    mappings: Vec<Mapping>,
    locations: Locations,
    mapping_ids: Provisional,
    function_ids: Provisional,
    line_buffer: Vec<Line>,
    functions: Vec<Function>,
    comments: Vec<StringId>,
    header: Header,
}

#[derive(Default)]
struct Header {
    drop_frames: StringId,
    keep_frames: StringId,
    time_nanos: i64,
    duration_nanos: i64,
    period_type: ValueType,
    period: i64,
    default_sample_type: StringId,
    doc_url: StringId,
}

impl Decoder {
    /// A decoder whose tables may take up to `memory_limit` bytes.
    pub fn new(memory_limit: usize) -> Self {
        Decoder {
            memory_limit,
            pending: Vec::new(),
            skip: 0,
            offset: 0,
            strings: Strings::new(),
            string_ids: Vec::new(),
            sample_types: Vec::new(),
            stacks: StackInterner::default(),
            compares_stacks: true,
            location_ids: Provisional::default(),
            sample_stacks: Vec::new(),
            sample_labels: Vec::new(),
            values: Vec::new(),
            width: None,
            odd_sample: None,
            label_sets: LabelSets::default(),
            label_buffer: Vec::new(),
            mappings: Vec::new(),
            locations: Locations::default(),
            mapping_ids: Provisional::default(),
            function_ids: Provisional::default(),
            line_buffer: Vec::new(),
            functions: Vec::new(),
            comments: Vec::new(),
            header: Header::default(),
        }
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// As soon as something is known to be wrong.
    pub fn push(&mut self, mut piece: &[u8]) -> Result<()> {
        piece = self.skip_unknown(piece);
        while !self.pending.is_empty() && !piece.is_empty() {
            let extent = field_extent(&self.pending).map_err(|source| self.wire("profile", source))?;
            let missing = match extent {
                Some(extent) => usize::try_from(extent - self.pending.len() as u64).unwrap_or(usize::MAX),
                None => 1,
            };
            if extent.is_some() && self.drop_unknown() {
                piece = self.skip_unknown(piece);
                break;
            }
            let (head, rest) = piece.split_at(missing.min(piece.len()));
            self.pending.extend_from_slice(head);
            piece = rest;
            if extent.is_some() && head.len() == missing {
                let whole = std::mem::take(&mut self.pending);
                let used = self.complete_fields(&whole)?;
                debug_assert_eq!(used, whole.len());
                self.pending = whole;
                self.pending.clear();
            }
            self.check_memory()?;
        }
        let used = self.complete_fields(piece)?;
        self.pending.extend_from_slice(&piece[used..]);
        self.drop_unknown();
        self.check_memory()
    }

    /// Drops the beginning of a field that no profile has, so that a huge one is never held. Returns
    /// whether there was one; `skip` then says how much of it is to come.
    fn drop_unknown(&mut self) -> bool {
        let Ok(key) = varint(&mut &self.pending[..]) else { return false };
        let (Ok(Some(extent)), true) = (field_extent(&self.pending), key >> 3 > u64::from(LAST_FIELD)) else {
            return false;
        };
        self.skip = extent - self.pending.len() as u64;
        self.offset += self.pending.len() as u64;
        self.pending.clear();
        true
    }

    /// What follows the rest of an unknown field in `piece`.
    fn skip_unknown<'a>(&mut self, piece: &'a [u8]) -> &'a [u8] {
        let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(piece.len());
        self.skip -= skipped as u64;
        self.offset += skipped as u64;
        &piece[skipped..]
    }

    /// Decodes the fields that `data` holds completely and returns how many bytes they took.
    fn complete_fields(&mut self, data: &[u8]) -> Result<usize> {
        let mut rest = data;
        while !rest.is_empty() {
            let before = rest;
            let (number, value) = match field(&mut rest) {
                Ok(field) => field,
                Err(WireError::Truncated) => return Ok(data.len() - before.len()),
                Err(source) => return Err(self.wire("profile", source)),
            };
            self.profile_field(number, value)?;
            self.offset += (before.len() - rest.len()) as u64;
        }
        Ok(data.len())
    }

    fn profile_field(&mut self, number: u32, value: Value<'_>) -> Result<()> {
        use profile_field as f;
        match (number, value) {
            (f::SAMPLE, Value::Bytes(data)) => self.sample(data),
            (f::LOCATION, Value::Bytes(data)) => self.location(data),
            (f::FUNCTION, Value::Bytes(data)) => self.function(data),
            (f::STRING_TABLE, Value::Bytes(data)) => {
                if self.string_ids.is_empty() && !data.is_empty() {
                    return Err(DecodeError::FirstString);
                }
                self.string_ids.push(self.strings.intern(data));
                Ok(())
            }
            (f::MAPPING, Value::Bytes(data)) => self.mapping(data),
            (f::SAMPLE_TYPE, Value::Bytes(data)) => {
                let value_type = self.value_type("sample_type", data)?;
                self.sample_types.push(value_type);
                Ok(())
            }
            (f::PERIOD_TYPE, Value::Bytes(data)) => {
                self.header.period_type = self.value_type("period_type", data)?;
                Ok(())
            }
            (f::COMMENT, Value::Bytes(data)) => {
                let mut comments = Vec::new();
                varints(data, |index| comments.push(index)).map_err(|source| self.wire("comment", source))?;
                for index in comments {
                    let index = string_number(index, "comment")?;
                    self.comments.push(index);
                }
                Ok(())
            }
            (f::COMMENT, Value::Varint(index)) => {
                self.comments.push(string_number(index, "comment")?);
                Ok(())
            }
            (f::TIME_NANOS, Value::Varint(value)) => {
                if self.header.time_nanos != 0 {
                    return Err(DecodeError::Concatenated);
                }
                self.header.time_nanos = value as i64;
                Ok(())
            }
            (f::DURATION_NANOS, Value::Varint(value)) => {
                self.header.duration_nanos = value as i64;
                Ok(())
            }
            (f::PERIOD, Value::Varint(value)) => {
                self.header.period = value as i64;
                Ok(())
            }
            (f::DROP_FRAMES, Value::Varint(index)) => {
                self.header.drop_frames = string_number(index, "drop_frames")?;
                Ok(())
            }
            (f::KEEP_FRAMES, Value::Varint(index)) => {
                self.header.keep_frames = string_number(index, "keep_frames")?;
                Ok(())
            }
            (f::DEFAULT_SAMPLE_TYPE, Value::Varint(index)) => {
                self.header.default_sample_type = string_number(index, "default_sample_type")?;
                Ok(())
            }
            (f::DOC_URL, Value::Varint(index)) => {
                self.header.doc_url = string_number(index, "doc_url")?;
                Ok(())
            }
            (1..=LAST_FIELD, _) => Err(self.wire("profile", WireError::Mismatch(number))),
            _ => Ok(()),
        }
    }

    fn sample(&mut self, mut data: &[u8]) -> Result<()> {
        let values_before = self.values.len();
        self.label_buffer.clear();
        while !data.is_empty() {
            let (number, value) = field(&mut data).map_err(|source| self.wire("sample", source))?;
            match (number, value) {
                (1, Value::Bytes(ids)) => {
                    self.location_ids
                        .squeeze_all(ids, self.stacks.frames())
                        .map_err(|source| self.wire("sample", source))?;
                }
                (1, Value::Varint(id)) => {
                    let id = self.location_ids.squeeze(id);
                    self.stacks.frame(LocationId::from_raw(id));
                }
                (2, Value::Bytes(numbers)) => {
                    let values = &mut self.values;
                    varints(numbers, |number| values.push(number as i64))
                        .map_err(|source| self.wire("sample", source))?;
                }
                (2, Value::Varint(number)) => self.values.push(number as i64),
                (3, Value::Bytes(label)) => self.label(label)?,
                (1..=3, _) => return Err(self.wire("sample", WireError::Mismatch(number))),
                _ => {}
            }
        }
        let width = self.values.len() - values_before;
        if *self.width.get_or_insert(width) != width && self.odd_sample.is_none() {
            self.odd_sample = Some((self.sample_stacks.len(), width));
        }
        let stack = if self.compares_stacks { self.stacks.finish() } else { self.stacks.finish_unseen() };
        self.sample_stacks.push(stack.ok_or(DecodeError::TooMany("stack frames"))?);
        if self.sample_stacks.len() == TRIAL && self.stacks.stacks().len() > TRIAL - TRIAL / FEW {
            self.compares_stacks = false;
            self.stacks.forget();
        }
        let labels = if self.label_buffer.is_empty() {
            LabelSetId::EMPTY
        } else {
            self.label_sets.intern(&self.label_buffer).ok_or(DecodeError::TooMany("labels"))?
        };
        self.sample_labels.push(labels);
        Ok(())
    }

    fn label(&mut self, mut data: &[u8]) -> Result<()> {
        let (mut key, mut text, mut number, mut unit) = (0, 0, 0i64, 0);
        while !data.is_empty() {
            let (field_number, value) = field(&mut data).map_err(|source| self.wire("label", source))?;
            match (field_number, value) {
                (1, Value::Varint(index)) => key = index,
                (2, Value::Varint(index)) => text = index,
                (3, Value::Varint(value)) => number = value as i64,
                (4, Value::Varint(index)) => unit = index,
                (1..=4, _) => return Err(self.wire("label", WireError::Mismatch(field_number))),
                _ => {}
            }
        }
        let value = if text != 0 {
            LabelValue::Text(string_number(text, "label")?)
        } else if number != 0 || unit != 0 {
            LabelValue::Number { value: number, unit: string_number(unit, "label")? }
        } else {
            return Ok(());
        };
        self.label_buffer.push(Label { key: string_number(key, "label")?, value });
        Ok(())
    }

    fn mapping(&mut self, mut data: &[u8]) -> Result<()> {
        let mut row = Mapping::default();
        while !data.is_empty() {
            let (number, value) = field(&mut data).map_err(|source| self.wire("mapping", source))?;
            match (number, value) {
                (1, Value::Varint(value)) => row.id = value,
                (2, Value::Varint(value)) => row.start = value,
                (3, Value::Varint(value)) => row.limit = value,
                (4, Value::Varint(value)) => row.offset = value,
                (5, Value::Varint(index)) => row.file = string_number(index, "mapping")?,
                (6, Value::Varint(index)) => row.build_id = string_number(index, "mapping")?,
                (7, Value::Varint(value)) => row.has.functions = value != 0,
                (8, Value::Varint(value)) => row.has.filenames = value != 0,
                (9, Value::Varint(value)) => row.has.line_numbers = value != 0,
                (10, Value::Varint(value)) => row.has.inline_frames = value != 0,
                (1..=10, _) => return Err(self.wire("mapping", WireError::Mismatch(number))),
                _ => {}
            }
        }
        self.mappings.push(row);
        Ok(())
    }

    fn location(&mut self, mut data: &[u8]) -> Result<()> {
        let mut row = Location::default();
        self.line_buffer.clear();
        while !data.is_empty() {
            let (number, value) = field(&mut data).map_err(|source| self.wire("location", source))?;
            match (number, value) {
                (1, Value::Varint(value)) => row.id = value,
                (2, Value::Varint(0)) => row.mapping = None,
                (2, Value::Varint(id)) => {
                    row.mapping = Some(MappingId::from_raw(self.mapping_ids.squeeze(id)));
                }
                (3, Value::Varint(value)) => row.address = value,
                (4, Value::Bytes(line)) => self.line(line)?,
                (5, Value::Varint(value)) => row.is_folded = value != 0,
                (1..=5, _) => return Err(self.wire("location", WireError::Mismatch(number))),
                _ => {}
            }
        }
        if self.locations.all_lines().len() + self.line_buffer.len() > u32::MAX as usize {
            return Err(DecodeError::TooMany("lines"));
        }
        if self.locations.is_empty() {
            self.expect_locations();
        }
        self.locations.push(row, &self.line_buffer);
        Ok(())
    }

    /// Makes room for the locations that the samples have met, as far as their ids tell, and half as many more, which
    /// no sample has met or which have several lines: columns that grow bit by bit are copied again and again. Where
    /// the ids say nothing, the room is at most a few times that of the frames.
    fn expect_locations(&mut self) {
        let met = self.location_ids.largest() as usize + 1;
        if met <= self.stacks.stacks().frame_count() / FRAMES_PER_LOCATION {
            self.locations.reserve(met + met / 2);
        }
    }

    fn line(&mut self, mut data: &[u8]) -> Result<()> {
        let (mut function, mut line, mut column) = (0, 0, 0);
        while !data.is_empty() {
            let (number, value) = field(&mut data).map_err(|source| self.wire("line", source))?;
            match (number, value) {
                (1, Value::Varint(id)) => function = id,
                (2, Value::Varint(value)) => line = value as i64,
                (3, Value::Varint(value)) => column = value as i64,
                (1..=3, _) => return Err(self.wire("line", WireError::Mismatch(number))),
                _ => {}
            }
        }
        let function = FunctionId::from_raw(self.function_ids.squeeze(function));
        self.line_buffer.push(Line { function, line, column });
        Ok(())
    }

    fn function(&mut self, mut data: &[u8]) -> Result<()> {
        let mut row = Function::default();
        while !data.is_empty() {
            let (number, value) = field(&mut data).map_err(|source| self.wire("function", source))?;
            match (number, value) {
                (1, Value::Varint(value)) => row.id = value,
                (2, Value::Varint(index)) => row.name = string_number(index, "function")?,
                (3, Value::Varint(index)) => row.system_name = string_number(index, "function")?,
                (4, Value::Varint(index)) => row.filename = string_number(index, "function")?,
                (5, Value::Varint(value)) => row.start_line = value as i64,
                (1..=5, _) => return Err(self.wire("function", WireError::Mismatch(number))),
                _ => {}
            }
        }
        self.functions.push(row);
        Ok(())
    }

    fn value_type(&self, table: &'static str, mut data: &[u8]) -> Result<ValueType> {
        let mut row = ValueType::default();
        while !data.is_empty() {
            let (number, value) = field(&mut data).map_err(|source| self.wire(table, source))?;
            match (number, value) {
                (1, Value::Varint(index)) => row.kind = string_number(index, table)?,
                (2, Value::Varint(index)) => row.unit = string_number(index, table)?,
                (1 | 2, _) => return Err(self.wire(table, WireError::Mismatch(number))),
                _ => {}
            }
        }
        Ok(row)
    }

    fn check_memory(&self) -> Result<()> {
        let held = self.pending.capacity()
            + self.strings.memory()
            + self.string_ids.capacity() * 4
            + self.stacks.memory()
            + self.location_ids.memory()
            + self.mapping_ids.memory()
            + self.function_ids.memory()
            + (self.sample_stacks.capacity() + self.sample_labels.capacity()) * 4
            + self.values.capacity() * 8
            + self.label_sets.memory()
            + self.locations.memory()
            + self.functions.capacity() * size_of::<Function>()
            + self.mappings.capacity() * size_of::<Mapping>()
            + self.comments.capacity() * 4;
        if held > self.memory_limit {
            return Err(DecodeError::Memory { limit: self.memory_limit });
        }
        Ok(())
    }

    fn wire(&self, message: &'static str, source: WireError) -> DecodeError {
        DecodeError::Wire { message, offset: self.offset, source }
    }
}

/// A string number of the encoded form, kept in the place of an id until the table is complete.
fn string_number(index: u64, table: &'static str) -> Result<StringId> {
    match u32::try_from(index) {
        Ok(raw) => Ok(StringId::from_raw(raw)),
        Err(_) => Err(DecodeError::String { table: table.to_owned(), index: index as i64, count: 0 }),
    }
}

/// Whether `head`, the first bytes of some input, can begin an encoded profile.
///
/// The first field of a profile has a number from 1 to 15 and one of two wire types, which text
/// rarely does; what remains is told apart by its first lines.
pub fn looks_like_profile(head: &[u8]) -> bool {
    let mut rest = head;
    let Ok(key) = varint(&mut rest) else { return false };
    let (number, wire_type) = (key >> 3, key & 7);
    matches!((number, wire_type), (1..=6 | 11, 2) | (7..=10 | 12..=15, 0) | (13, 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Builder, encode_to_vec};

    /// A profile with this number of samples, of which each has one of this number of stacks.
    fn encoded(samples: usize, stacks: usize) -> Vec<u8> {
        let mut builder = Builder::new(&[("samples", "count")]);
        let main = builder.named_function("main", "main.rs");
        let lines: Vec<_> = (0..200).map(|line| builder.source_location(main, line)).collect();
        for sample in 0..samples {
            let stack = sample % stacks;
            builder.sample(&[lines[stack % 200], lines[stack / 200]], &[], &[1]).unwrap();
        }
        encode_to_vec(&builder.finish())
    }

    #[test]
    fn equal_stacks_are_stored_once_where_there_are_some_at_the_beginning() {
        let frames = |profile: &Profile, sample: usize| {
            profile.stacks.get(profile.samples.stack(crate::SampleId::new(sample))).to_vec()
        };
        for (samples, stacks, stored) in [
            (TRIAL - 1, TRIAL - 2, TRIAL - 2),
            // Just enough of them, or one less.
            (3 * TRIAL, TRIAL - TRIAL / FEW, TRIAL - TRIAL / FEW),
            (3 * TRIAL, TRIAL - TRIAL / FEW + 1, 3 * TRIAL - TRIAL / FEW + 1),
        ] {
            let data = encoded(samples, stacks);
            let profile = decode(&data).unwrap();
            assert_eq!(profile.stacks.len(), stored);
            for sample in 0..samples {
                assert_eq!(frames(&profile, sample), frames(&profile, sample % stacks));
            }
            assert_eq!(encode_to_vec(&profile), data);
            let merged = crate::merge([profile.clone(), profile]).unwrap().unwrap();
            assert_eq!((merged.stacks.len(), merged.samples.len()), (stacks, stacks));
        }
    }

    #[test]
    fn pieces_of_any_size_give_the_same_answer() {
        for data in [
            // Field 9, then an empty string as the last field.
            &[0x48, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0x32, 0][..],
            // A field number of more than 32 bits.
            &[0x32, 0, 0xc8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0],
            // A key that never ends, and one that is cut.
            &[0x32, 0, 0xcf, 0xcf, 0xcf, 0xcf, 0xcf, 0xcf, 0xcf, 0xcf, 0xcf, 0xcf, 0xcf],
            &[0x32, 0, 0xcf, 0xcf],
            // An unknown field, complete and cut.
            &[0x32, 0, 0xfa, 1, 3, b'a', b'b', b'c'],
            &[0x32, 0, 0xfa, 1, 3, b'a', b'b'],
        ] {
            let outcome = |decoder: Result<Decoder>| {
                decoder.and_then(Decoder::finish).map(|profile| profile.time_nanos)
            };
            let whole = outcome(Ok(Decoder::new(usize::MAX)).and_then(|mut decoder| {
                decoder.push(data)?;
                Ok(decoder)
            }));
            for size in 1..data.len() {
                let mut decoder = Decoder::new(usize::MAX);
                let pushed = data.chunks(size).try_for_each(|piece| decoder.push(piece));
                assert_eq!(outcome(pushed.map(|()| decoder)), whole, "{data:x?} by {size}");
            }
        }
    }
}
