//! A whole profile as JSON: the messages of `profile.proto`, with texts in place of numbers of strings. Rows are made
//! while they are written, so that there is no second copy of a large profile.

use std::borrow::Cow;

use hotlist_profile::{LabelValue, LocationId, Profile, SampleId, StringId, ValueType};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// A profile to be written.
pub(crate) struct ProfileJson<'p>(pub(crate) &'p Profile);

impl Serialize for ProfileJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let profile = self.0;
        let text = |id: StringId| profile.lossy(id);
        let kind = |kind: ValueType| TypeRow { kind: text(kind.kind), unit: text(kind.unit) };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("sample_types", &Each(|| profile.sample_types.iter().map(|&it| kind(it))))?;
        map.serialize_entry("default_sample_type", &text(profile.default_sample_type))?;
        map.serialize_entry("period_type", &kind(profile.period_type))?;
        map.serialize_entry("period", &profile.period)?;
        map.serialize_entry("time_nanos", &profile.time_nanos)?;
        map.serialize_entry("duration_nanos", &profile.duration_nanos)?;
        map.serialize_entry("drop_frames", &text(profile.drop_frames))?;
        map.serialize_entry("keep_frames", &text(profile.keep_frames))?;
        map.serialize_entry("doc_url", &text(profile.doc_url))?;
        map.serialize_entry("comments", &Each(|| profile.comments.iter().map(|&comment| text(comment))))?;
        map.serialize_entry("samples", &Each(|| profile.samples.ids().map(|id| sample(profile, id))))?;
        map.serialize_entry("locations", &Each(|| profile.locations.ids().map(|id| location(profile, id))))?;
        let functions = || {
            profile.functions.iter().map(|function| FunctionRow {
                id: function.id,
                name: text(function.name),
                system_name: text(function.system_name),
                file: text(function.filename),
                start_line: function.start_line,
            })
        };
        map.serialize_entry("functions", &Each(functions))?;
        let mappings = || {
            profile.mappings.iter().map(|mapping| MappingRow {
                id: mapping.id,
                start: mapping.start,
                limit: mapping.limit,
                offset: mapping.offset,
                file: text(mapping.file),
                build_id: text(mapping.build_id),
                has_functions: mapping.has.functions,
                has_filenames: mapping.has.filenames,
                has_line_numbers: mapping.has.line_numbers,
                has_inline_frames: mapping.has.inline_frames,
            })
        };
        map.serialize_entry("mappings", &Each(mappings))?;
        map.end()
    }
}

/// A list whose rows are made while it is written.
struct Each<F>(F);

impl<I: Iterator<Item: Serialize>, F: Fn() -> I> Serialize for Each<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

#[derive(Serialize)]
struct TypeRow<'p> {
    #[serde(rename = "type")]
    kind: Cow<'p, str>,
    unit: Cow<'p, str>,
}

#[derive(Serialize)]
struct SampleRow<'p> {
    /// The ids of locations, leaf first.
    locations: Vec<u64>,
    values: &'p [i64],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<LabelRow<'p>>,
}

/// A label: `text`, or `number` and `unit`.
#[derive(Serialize)]
struct LabelRow<'p> {
    key: Cow<'p, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Cow<'p, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<Cow<'p, str>>,
}

#[derive(Serialize)]
struct LocationRow {
    id: u64,
    /// The id of the mapping.
    #[serde(skip_serializing_if = "Option::is_none")]
    mapping: Option<u64>,
    address: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_folded: bool,
    /// The innermost inlined function first.
    lines: Vec<LineRow>,
}

#[derive(Serialize)]
struct LineRow {
    /// The id of the function.
    function: u64,
    line: i64,
    column: i64,
}

#[derive(Serialize)]
struct FunctionRow<'p> {
    id: u64,
    name: Cow<'p, str>,
    system_name: Cow<'p, str>,
    file: Cow<'p, str>,
    start_line: i64,
}

#[derive(Serialize)]
struct MappingRow<'p> {
    id: u64,
    start: u64,
    limit: u64,
    offset: u64,
    file: Cow<'p, str>,
    build_id: Cow<'p, str>,
    has_functions: bool,
    has_filenames: bool,
    has_line_numbers: bool,
    has_inline_frames: bool,
}

fn sample(profile: &Profile, id: SampleId) -> SampleRow<'_> {
    let labels = profile.labels.get(profile.samples.labels(id)).iter().map(|label| {
        let (text, number, unit) = match label.value {
            LabelValue::Text(text) => (Some(profile.lossy(text)), None, None),
            LabelValue::Number { value, unit } => (
                None,
                Some(value),
                Some(unit).filter(|unit| !unit.is_empty()).map(|unit| profile.lossy(unit)),
            ),
        };
        LabelRow { key: profile.lossy(label.key), text, number, unit }
    });
    SampleRow {
        locations: profile.frames(id).iter().map(|&frame| profile.locations.get(frame).id).collect(),
        values: profile.samples.values(id),
        labels: labels.collect(),
    }
}

fn location(profile: &Profile, id: LocationId) -> LocationRow {
    let location = profile.locations.get(id);
    let line = |line: &hotlist_profile::Line| LineRow {
        function: profile.function(line.function).id,
        line: line.line,
        column: line.column,
    };
    LocationRow {
        id: location.id,
        mapping: location.mapping.map(|mapping| profile.mapping(mapping).id),
        address: location.address,
        is_folded: location.is_folded,
        lines: profile.locations.lines(id).iter().map(line).collect(),
    }
}
