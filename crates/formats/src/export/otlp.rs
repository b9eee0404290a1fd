//! Profiles of OpenTelemetry in the layout of 1.10 and later, by the rules of its checker.
//!
//! There is a profile for each sample type, and one dictionary whose tables begin with an empty row and hold each row that
//! something refers to, once. Sources: opentelemetry-proto, `opentelemetry/proto/profiles/v1development/profiles.proto`;
//! the rules are those of `profcheck` in open-telemetry/sig-profiling.

use std::collections::HashMap;
use std::io::{self, Write};

use hotlist_profile::{
    FunctionId, Label, LabelSetId, LabelValue, LocationId, MappingId, Profile, SampleId, StackId, StringId,
};

use super::{Export, default_column};
use crate::protobuf::Message;

pub(super) const EXPORT: Export = Export {
    name: "otlp",
    readers: "OpenTelemetry's collector and back ends",
    lost: "comments, patterns of frames to drop, ids of rows",
    extensions: &["otlp", "otlp.pb"],
    write,
};

fn write(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let default = default_column(profile)?;
    let mut dictionary = Dictionary::new(profile);
    let mut scope_profiles = Message::default();
    scope_profiles.field(1, &scope(profile, default).bytes);
    for column in 0..profile.sample_types.len() {
        scope_profiles.field(2, &one_profile(profile, column, &mut dictionary).bytes);
    }
    let mut resource_profiles = Message::default();
    resource_profiles.field(1, &[]);
    resource_profiles.field(2, &scope_profiles.bytes);
    let mut data = Message::default();
    data.field(1, &resource_profiles.bytes);
    data.field(2, &dictionary.into_message().bytes);
    out.write_all(&data.bytes)
}

/// Who writes, and the sample type that is shown when none is asked for, by the name that the conventions have for it.
fn scope(profile: &Profile, default: usize) -> Message {
    let mut scope = Message::default();
    scope.field(1, b"hotlist");
    scope.field(2, env!("CARGO_PKG_VERSION").as_bytes());
    if !profile.default_sample_type.is_empty() {
        let mut value = Message::default();
        value.field(1, profile.lossy(profile.sample_types[default].kind).as_bytes());
        let mut attribute = Message::default();
        attribute.field(1, b"pprof.scope.default_sample_type");
        attribute.field(2, &value.bytes);
        scope.field(3, &attribute.bytes);
    }
    scope
}

fn one_profile(profile: &Profile, column: usize, dictionary: &mut Dictionary<'_>) -> Message {
    let mut message = Message::default();
    let value_type = |dictionary: &mut Dictionary<'_>, value_type: hotlist_profile::ValueType| {
        let mut message = Message::default();
        message.number(1, dictionary.string(value_type.kind));
        message.number(2, dictionary.string(value_type.unit));
        message
    };
    message.field(1, &value_type(dictionary, profile.sample_types[column]).bytes);
    let times = TimesOf::column(profile, column);
    for id in profile.samples.ids() {
        let value = profile.samples.value(id, column);
        if value == 0 {
            continue;
        }
        let mut sample = Message::default();
        sample.number(1, dictionary.stack(profile.samples.stack(id)));
        sample.packed(2, dictionary.labels(profile.samples.labels(id)));
        match &times {
            Some(times) => {
                let times = times.of_sample(id);
                sample.packed(4, times.iter().map(|(_, _, value)| *value as u64));
                sample.packed_fixed(5, times.iter().map(|(_, time, _)| *time));
            }
            None => sample.packed(4, [value as u64]),
        }
        message.field(2, &sample.bytes);
    }
    // All times have to lie between start and end.
    let (mut start, mut end) = (
        profile.time_nanos.max(0) as u64,
        profile.time_nanos.saturating_add(profile.duration_nanos).max(0) as u64,
    );
    if let Some((first, last)) = times.as_ref().and_then(TimesOf::range) {
        (start, end) = (start.min(first), end.max(last.saturating_add(1)));
    }
    message.fixed(3, start);
    message.number(4, end.saturating_sub(start));
    message.field(5, &value_type(dictionary, profile.period_type).bytes);
    message.number(6, profile.period as u64);
    message
}

/// The times of the samples of a column, with the values that came then, sorted by both.
struct TimesOf(Vec<(SampleId, u64, i64)>);

impl TimesOf {
    /// `None` unless the times account for all values: the samples of a profile have times all or none.
    fn column(profile: &Profile, column: usize) -> Option<TimesOf> {
        let mut times = Vec::new();
        let mut sums = vec![0i64; profile.samples.len()];
        for moment in profile.samples.times()?.iter().filter(|moment| moment.values[column] != 0) {
            let time = u64::try_from(profile.time_nanos.checked_add(moment.nanos)?).ok()?;
            times.push((moment.sample, time, moment.values[column]));
            let sum = &mut sums[moment.sample.index()];
            *sum = sum.checked_add(moment.values[column])?;
        }
        if profile.samples.ids().any(|id| sums[id.index()] != profile.samples.value(id, column)) {
            return None;
        }
        times.sort_unstable();
        Some(TimesOf(times))
    }

    fn of_sample(&self, sample: SampleId) -> &[(SampleId, u64, i64)] {
        let start = self.0.partition_point(|(other, ..)| *other < sample);
        let end = self.0.partition_point(|(other, ..)| *other <= sample);
        &self.0[start..end]
    }

    fn range(&self) -> Option<(u64, u64)> {
        let times = || self.0.iter().map(|(_, time, _)| *time);
        Some((times().min()?, times().max()?))
    }
}

/// Rows of a table of messages, each once, behind an empty one.
struct Rows {
    numbers: HashMap<Vec<u8>, u64>,
    /// In their order.
    rows: Vec<Vec<u8>>,
}

impl Rows {
    fn new() -> Self {
        Rows { numbers: HashMap::from([(Vec::new(), 0)]), rows: vec![Vec::new()] }
    }

    fn number(&mut self, row: Vec<u8>) -> u64 {
        let next = self.rows.len() as u64;
        *self.numbers.entry(row).or_insert_with_key(|row| {
            self.rows.push(row.clone());
            next
        })
    }
}

/// The tables, and what the rows of the profile have become in them.
struct Dictionary<'p> {
    profile: &'p Profile,
    strings: Rows,
    mappings: Rows,
    functions: Rows,
    locations: Rows,
    attributes: Rows,
    stacks: Rows,
    known_locations: Vec<Option<u64>>,
    known_stacks: Vec<Option<u64>>,
    known_labels: Vec<Option<Vec<u64>>>,
}

impl<'p> Dictionary<'p> {
    fn new(profile: &'p Profile) -> Self {
        Dictionary {
            profile,
            strings: Rows::new(),
            mappings: Rows::new(),
            functions: Rows::new(),
            locations: Rows::new(),
            attributes: Rows::new(),
            stacks: Rows::new(),
            known_locations: vec![None; profile.locations.len()],
            known_stacks: vec![None; profile.stacks.len()],
            known_labels: vec![None; profile.labels.len()],
        }
    }

    fn into_message(self) -> Message {
        let mut message = Message::default();
        let mut table = |field: u32, rows: &Rows| rows.rows.iter().for_each(|row| message.field(field, row));
        table(1, &self.mappings);
        table(2, &self.locations);
        table(3, &self.functions);
        // Of links to traces there is only the empty one.
        table(4, &Rows::new());
        table(5, &self.strings);
        table(6, &self.attributes);
        table(7, &self.stacks);
        message
    }

    fn string(&mut self, id: StringId) -> u64 {
        // Texts of the protocol are UTF-8.
        self.strings.number(self.profile.lossy(id).into_owned().into_bytes())
    }

    fn text(&mut self, text: &str) -> u64 {
        self.strings.number(text.as_bytes().to_vec())
    }

    fn stack(&mut self, id: StackId) -> u64 {
        if let Some(known) = self.known_stacks[id.index()] {
            return known;
        }
        let mut row = Message::default();
        let profile = self.profile;
        row.packed(1, profile.stacks.get(id).iter().map(|&location| self.location(location)));
        let number = self.stacks.number(row.bytes);
        self.known_stacks[id.index()] = Some(number);
        number
    }

    fn location(&mut self, id: LocationId) -> u64 {
        if let Some(known) = self.known_locations[id.index()] {
            return known;
        }
        let location = self.profile.locations.get(id);
        let mut row = Message::default();
        row.number(1, location.mapping.map_or(0, |mapping| self.mapping(mapping)));
        row.number(2, location.address);
        for line in self.profile.locations.lines(id) {
            let mut message = Message::default();
            message.number(1, self.function(line.function));
            message.number(2, line.line.max(0) as u64);
            message.number(3, line.column.max(0) as u64);
            row.field(3, &message.bytes);
        }
        if location.is_folded {
            let mut value = Message::default();
            value.number(2, 1);
            let folded = self.attribute("pprof.location.is_folded", &value, StringId::EMPTY);
            row.packed(4, [folded]);
        }
        let number = self.locations.number(row.bytes);
        self.known_locations[id.index()] = Some(number);
        number
    }

    fn mapping(&mut self, id: MappingId) -> u64 {
        let mapping = self.profile.mapping(id);
        let mut row = Message::default();
        if mapping.start < mapping.limit {
            row.number(1, mapping.start);
            row.number(2, mapping.limit);
        }
        row.number(3, mapping.offset);
        row.number(4, self.string(mapping.file));
        if !mapping.build_id.is_empty() {
            let mut value = Message::default();
            value.field(1, self.profile.lossy(mapping.build_id).as_bytes());
            let build_id = self.attribute("process.executable.build_id.gnu", &value, StringId::EMPTY);
            row.packed(5, [build_id]);
        }
        self.mappings.number(row.bytes)
    }

    fn function(&mut self, id: FunctionId) -> u64 {
        let function = self.profile.function(id);
        let mut row = Message::default();
        row.number(1, self.string(function.name));
        if function.system_name != function.name {
            row.number(2, self.string(function.system_name));
        }
        row.number(3, self.string(function.filename));
        row.number(4, function.start_line.max(0) as u64);
        self.functions.number(row.bytes)
    }

    /// The labels of a set as attributes, each key once.
    fn labels(&mut self, id: LabelSetId) -> Vec<u64> {
        if let Some(known) = &self.known_labels[id.index()] {
            return known.clone();
        }
        let profile = self.profile;
        let labels = profile.labels.get(id);
        let mut numbers = Vec::new();
        for (position, label) in labels.iter().enumerate() {
            if labels[..position].iter().any(|before| before.key == label.key) {
                continue;
            }
            let of_key: Vec<&Label> = labels.iter().filter(|other| other.key == label.key).collect();
            let value = match of_key[..] {
                [only] => any_value(profile, only),
                _ => {
                    let mut array = Message::default();
                    of_key.iter().for_each(|label| array.field(1, &any_value(profile, label).bytes));
                    let mut value = Message::default();
                    value.field(5, &array.bytes);
                    value
                }
            };
            let unit = of_key.iter().find_map(|label| match label.value {
                LabelValue::Number { unit, .. } => Some(unit),
                LabelValue::Text(_) => None,
            });
            let key = profile.lossy(label.key);
            numbers.push(self.attribute(&key, &value, unit.unwrap_or_default()));
        }
        self.known_labels[id.index()] = Some(numbers.clone());
        numbers
    }

    fn attribute(&mut self, key: &str, value: &Message, unit: StringId) -> u64 {
        let mut row = Message::default();
        row.number(1, self.text(key));
        row.field(2, &value.bytes);
        row.number(3, self.string(unit));
        self.attributes.number(row.bytes)
    }
}

/// The value of a label as `AnyValue`.
fn any_value(profile: &Profile, label: &Label) -> Message {
    let mut message = Message::default();
    match label.value {
        LabelValue::Text(text) => message.field(1, profile.lossy(text).as_bytes()),
        LabelValue::Number { value, .. } => {
            // One of several fields, which is there though it is zero.
            message.varint(3 << 3);
            message.varint(value as u64);
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use hotlist_testkit::{Values, profiles, with_times};
    use proptest::prelude::*;

    use super::*;
    use crate::protobuf::{Fields, Value, numbers};

    /// The fields of a message with this number.
    fn messages(message: &[u8], wanted: u32) -> Vec<&[u8]> {
        let fields = Fields::new(message).map(|field| field.expect("a whole field"));
        fields
            .filter_map(|(number, value)| match value {
                Value::Bytes(bytes) if number == wanted => Some(bytes),
                _ => None,
            })
            .collect()
    }

    /// The numbers in the fields with this number, packed or not.
    fn all_numbers(message: &[u8], wanted: u32) -> Vec<u64> {
        let mut all = Vec::new();
        for (number, value) in Fields::new(message).map(|field| field.expect("a whole field")) {
            if number == wanted {
                numbers(value, &mut all).expect("numbers");
            }
        }
        all
    }

    fn one(message: &[u8], wanted: u32) -> u64 {
        all_numbers(message, wanted).first().copied().unwrap_or(0)
    }

    fn fixed(message: &[u8], wanted: u32) -> Vec<u64> {
        let bytes = messages(message, wanted).concat();
        bytes.chunks(8).map(|chunk| u64::from_le_bytes(chunk.try_into().expect("eight bytes"))).collect()
    }

    /// The rules of the checker of OpenTelemetry, those for duplicates and orphans included.
    fn check(data: &[u8]) {
        let [dictionary] = messages(data, 2)[..] else { panic!("one dictionary") };
        let tables: Vec<Vec<&[u8]>> = (0..=7).map(|field| messages(dictionary, field)).collect();
        let mut used: Vec<HashSet<u64>> = vec![HashSet::from([0]); 8];
        for (field, table) in tables.iter().enumerate().skip(1) {
            assert_eq!(table.first(), Some(&&b""[..]), "table {field} begins with an empty row");
            let distinct: HashSet<_> = table.iter().collect();
            assert_eq!(distinct.len(), table.len(), "table {field} has nothing twice");
        }
        let mut uses = |table: usize, index: u64| {
            assert!((index as usize) < tables[table].len(), "row {index} of table {table}");
            used[table].insert(index);
        };
        let attributes = |indices: &[u64]| {
            let keys: HashSet<u64> = indices.iter().map(|&row| one(tables[6][row as usize], 1)).collect();
            assert_eq!(keys.len(), indices.len(), "each key once");
        };
        for profile in messages(data, 1).iter().flat_map(|r| messages(r, 2)).flat_map(|s| messages(s, 2)) {
            for of_type in messages(profile, 1).into_iter().chain(messages(profile, 5)) {
                uses(5, one(of_type, 1));
                uses(5, one(of_type, 2));
            }
            let start = Fields::new(profile).flatten().find_map(|(number, value)| match value {
                Value::Fixed64(time) if number == 3 => Some(time),
                _ => None,
            });
            let start = start.unwrap_or(0);
            let end = start + one(profile, 4);
            let mut shapes = HashSet::new();
            for sample in messages(profile, 2) {
                uses(7, one(sample, 1));
                let indices = all_numbers(sample, 2);
                indices.iter().for_each(|&index| uses(6, index));
                attributes(&indices);
                let (values, times) = (all_numbers(sample, 4), fixed(sample, 5));
                assert!(times.iter().all(|time| (start..end).contains(time)), "{times:?} in {start}..{end}");
                assert!(if times.is_empty() { values.len() == 1 } else { values.len() == times.len() });
                shapes.insert(times.is_empty());
            }
            assert!(shapes.len() <= 1, "samples of a profile have times all or none");
        }
        for stack in &tables[7] {
            all_numbers(stack, 1).into_iter().for_each(|index| uses(2, index));
        }
        for location in &tables[2] {
            uses(1, one(location, 1));
            messages(location, 3).iter().for_each(|line| uses(3, one(line, 1)));
            all_numbers(location, 4).into_iter().for_each(|index| uses(6, index));
        }
        for mapping in &tables[1] {
            let (start, limit) = (one(mapping, 1), one(mapping, 2));
            assert!((start, limit) == (0, 0) || start < limit);
            uses(5, one(mapping, 4));
            all_numbers(mapping, 5).into_iter().for_each(|index| uses(6, index));
        }
        for function in &tables[3] {
            (1..=3).for_each(|field| uses(5, one(function, field)));
        }
        for attribute in &tables[6] {
            uses(5, one(attribute, 1));
            uses(5, one(attribute, 3));
        }
        for (table, used) in used.iter().enumerate().skip(1) {
            assert_eq!(used.len(), tables[table].len(), "each row of table {table} is used");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_keeps_the_rules(profile in profiles(Values::Any)) {
            let mut data = Vec::new();
            write(&profile, &mut data).expect("a vector takes everything");
            check(&data);
            let mut data = Vec::new();
            write(&with_times(profile.into()), &mut data).expect("a vector takes everything");
            check(&data);
        }
    }
}
