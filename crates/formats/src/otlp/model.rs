//! What a file of OpenTelemetry says, whatever its layout, and the profile that this makes.

use hotlist_profile::{
    Builder, Function, FunctionId, Label, LabelValue, Line, Location, LocationId, Mapping, MappingId, Profile,
};

use crate::error::{Malformed, Position};

/// Profiles with their tables; those of the whole file, or its own for each profile.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) profiles: Vec<OneProfile>,
    pub(super) tables: Vec<Tables>,
    /// The kind of the sample type that is shown when none is asked for; empty when the file names none.
    pub(super) default_type: Vec<u8>,
}

/// The tables that samples refer to by numbers of rows.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) strings: Vec<Vec<u8>>,
    pub(super) mappings: Vec<MappingRow>,
    pub(super) locations: Vec<LocationRow>,
    pub(super) functions: Vec<FunctionRow>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) stacks: Vec<Vec<u64>>,
}

#[derive(Debug, Default)]
pub(super) struct MappingRow {
    pub(super) start: u64,
    pub(super) limit: u64,
    pub(super) offset: u64,
    pub(super) filename: u64,
    pub(super) attributes: Vec<u64>,
}

#[derive(Debug, Default)]
pub(super) struct LocationRow {
    pub(super) mapping: u64,
    pub(super) address: u64,
    pub(super) lines: Vec<LineRow>,
    pub(super) attributes: Vec<u64>,
}

#[derive(Debug, Default)]
pub(super) struct LineRow {
    pub(super) function: u64,
    pub(super) line: i64,
    pub(super) column: i64,
}

#[derive(Debug, Default)]
pub(super) struct FunctionRow {
    pub(super) name: u64,
    pub(super) system_name: u64,
    pub(super) filename: u64,
    pub(super) start_line: i64,
}

/// A key with its value.
#[derive(Debug, Default)]
pub(super) struct Attribute {
    pub(super) key: Key,
    pub(super) value: AttributeValue,
    /// A row of the strings.
    pub(super) unit: u64,
}

#[derive(Debug)]
pub(super) enum Key {
    Text(Vec<u8>),
    /// A row of the strings.
    Row(u64),
}

impl Default for Key {
    fn default() -> Self {
        Key::Row(0)
    }
}

#[derive(Debug, Default)]
pub(super) enum AttributeValue {
    #[default]
    None,
    Text(Vec<u8>),
    /// A row of the strings.
    Row(u64),
    Number(i64),
    /// Those of an array, none of which is one.
    Several(Vec<AttributeValue>),
}

/// Kind and unit, as rows of the strings.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TypeRow {
    pub(super) kind: u64,
    pub(super) unit: u64,
}

#[derive(Debug, Default)]
pub(super) struct OneProfile {
    /// Which of the tables are its own.
    pub(super) tables: usize,
    pub(super) types: Vec<TypeRow>,
    pub(super) samples: Vec<SampleRow>,
    pub(super) time: u64,
    pub(super) duration: u64,
    pub(super) period_type: TypeRow,
    pub(super) period: i64,
}

#[derive(Debug, Default)]
pub(super) struct SampleRow {
    pub(super) stack: Stack,
    pub(super) values: Vec<i64>,
    pub(super) attributes: Vec<u64>,
    pub(super) timestamps: Vec<u64>,
}

#[derive(Debug)]
pub(super) enum Stack {
    /// A row of the table of stacks.
    Row(u64),
    /// The locations themselves, the leaf first.
    Locations(Vec<u64>),
}

impl Default for Stack {
    fn default() -> Self {
        Stack::Row(0)
    }
}

fn wrong(reason: impl Into<String>) -> Malformed {
    Malformed::new(Position::Byte(0), reason)
}

/// Row `index` of a table.
fn row<'a, T>(table: &'a [T], index: u64, what: &str) -> Result<&'a T, Malformed> {
    let found = usize::try_from(index).ok().and_then(|index| table.get(index));
    found.ok_or_else(|| wrong(format!("{what} {index} of {}", table.len())))
}

impl Tables {
    fn text(&self, index: u64) -> Result<&[u8], Malformed> {
        // Without any string, 0 is the empty one.
        if index == 0 && self.strings.is_empty() {
            Ok(b"")
        } else {
            row(&self.strings, index, "string").map(|text| &text[..])
        }
    }

    fn key<'a>(&'a self, attribute: &'a Attribute) -> Result<&'a [u8], Malformed> {
        match &attribute.key {
            Key::Text(text) => Ok(text),
            Key::Row(row) => self.text(*row),
        }
    }
}

/// The samples of all profiles; those that count something else become other sample types.
pub(super) fn profile(document: &Document) -> Result<Profile, Malformed> {
    let mut columns: Vec<(String, String)> = Vec::new();
    let mut placed = Vec::new();
    let has_time = has_cpu_time(document)?;
    for profile in &document.profiles {
        let tables = row(&document.tables, profile.tables as u64, "table")?;
        let scale = if has_time { None } else { nanoseconds_each(profile, tables)? };
        let mut own = Vec::new();
        for value_type in &profile.types {
            let text = |id| tables.text(id).map(|text| String::from_utf8_lossy(text).into_owned());
            own.push(column(&mut columns, (text(value_type.kind)?, text(value_type.unit)?)));
        }
        if own.is_empty() {
            own.push(column(&mut columns, ("samples".to_owned(), "count".to_owned())));
        }
        let time = scale.map(|_| column(&mut columns, ("cpu".to_owned(), "nanoseconds".to_owned())));
        placed.push((profile, tables, own, scale.zip(time)));
    }
    if columns.is_empty() {
        return Err(Malformed::unlike(Position::Byte(0), "there is no profile in the file"));
    }
    let types: Vec<(&str, &str)> = columns.iter().map(|(kind, unit)| (&**kind, &**unit)).collect();
    let mut builder = Builder::new(&types);
    // Times of samples are counted from the earliest start.
    let starts = document.profiles.iter().map(|profile| profile.time);
    let start = starts.filter(|&time| time != 0).min().and_then(|time| i64::try_from(time).ok()).unwrap_or(0);
    let mut importers: Vec<Option<Importer<'_>>> = (0..document.tables.len()).map(|_| None).collect();
    for (profile, tables, own, scale) in placed {
        let importer = importers[profile.tables].get_or_insert_with(|| Importer::new(tables));
        importer.header(profile, &mut builder)?;
        for sample in &profile.samples {
            if is_timed(sample, &own) {
                importer.timed_sample(sample, own[0], scale, start, &mut builder)?;
                continue;
            }
            let mut values = vec![0i64; types.len()];
            if sample.values.is_empty() {
                values[own[0]] = sample.timestamps.len() as i64;
            } else if sample.values.len() <= own.len() {
                own.iter().zip(&sample.values).for_each(|(&column, &value)| values[column] = value);
            } else if own.len() == 1 {
                // A value for each time.
                values[own[0]] = sample
                    .values
                    .iter()
                    .try_fold(0i64, |sum, &value| sum.checked_add(value))
                    .ok_or_else(|| wrong("the values of a sample are too large"))?;
            } else {
                return Err(wrong(format!(
                    "a sample with {} values for {} types",
                    sample.values.len(),
                    own.len()
                )));
            }
            if let Some((each, column)) = scale {
                values[column] =
                    values[own[0]].checked_mul(each).ok_or_else(|| wrong("the times are too long"))?;
            }
            if values.iter().all(|&value| value == 0) {
                continue;
            }
            let stack = importer.stack(&sample.stack, &mut builder)?;
            let labels = importer.labels(&sample.attributes, &mut builder)?;
            builder.add(&stack, &labels, &values).map_err(|error| wrong(error.to_string()))?;
        }
    }
    let default = builder.string(&document.default_type);
    if builder.profile.sample_types.iter().any(|value_type| value_type.kind == default) {
        builder.profile.default_sample_type = default;
    }
    Ok(builder.finish())
}

/// Whether a sample says when each of its values came. Without values each of its times counts 1.
fn is_timed(sample: &SampleRow, types: &[usize]) -> bool {
    let has_value_for_each = sample.values.is_empty() || sample.values.len() == sample.timestamps.len();
    types.len() == 1 && !sample.timestamps.is_empty() && has_value_for_each
}

/// Whether a profile of the file has the CPU time itself, so that none is made of counts.
fn has_cpu_time(document: &Document) -> Result<bool, Malformed> {
    for profile in &document.profiles {
        let tables = row(&document.tables, profile.tables as u64, "table")?;
        for value_type in &profile.types {
            if tables.text(value_type.kind)? == b"cpu" && tables.text(value_type.unit)? == b"nanoseconds" {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn column(columns: &mut Vec<(String, String)>, wanted: (String, String)) -> usize {
    let known = columns.iter().position(|known| *known == wanted);
    known.unwrap_or_else(|| {
        columns.push(wanted);
        columns.len() - 1
    })
}

/// How much time a sample stands for, where samples are counted at equal distances in time.
fn nanoseconds_each(profile: &OneProfile, tables: &Tables) -> Result<Option<i64>, Malformed> {
    let [value_type] = profile.types[..] else { return Ok(None) };
    let is_count = tables.text(value_type.unit)? == b"count";
    let is_time = tables.text(profile.period_type.unit)? == b"nanoseconds"
        && tables.text(profile.period_type.kind)? == b"cpu";
    Ok((is_count && is_time && profile.period > 0).then_some(profile.period))
}

/// Rows of one set of tables, as rows of the profile.
struct Importer<'a> {
    tables: &'a Tables,
    locations: Vec<Option<LocationId>>,
    mappings: Vec<Option<MappingId>>,
}

impl<'a> Importer<'a> {
    fn new(tables: &'a Tables) -> Self {
        Importer {
            tables,
            locations: vec![None; tables.locations.len()],
            mappings: vec![None; tables.mappings.len()],
        }
    }

    fn header(&self, profile: &OneProfile, builder: &mut Builder) -> Result<(), Malformed> {
        let time = i64::try_from(profile.time).unwrap_or_default();
        let duration = i64::try_from(profile.duration).unwrap_or_default();
        let header = &mut builder.profile;
        if header.time_nanos == 0 || (time != 0 && time < header.time_nanos) {
            header.time_nanos = time;
        }
        header.duration_nanos = header.duration_nanos.max(duration);
        if header.period == 0 {
            let TypeRow { kind, unit } = profile.period_type;
            let (kind, unit) = (self.tables.text(kind)?, self.tables.text(unit)?);
            builder.profile.period_type =
                hotlist_profile::ValueType { kind: builder.string(kind), unit: builder.string(unit) };
            builder.profile.period = profile.period;
        }
        Ok(())
    }

    /// Adds a sample that [is timed](is_timed), with `scale` the nanoseconds of a value and the column for them.
    fn timed_sample(
        &mut self,
        sample: &SampleRow,
        column: usize,
        scale: Option<(i64, usize)>,
        start: i64,
        builder: &mut Builder,
    ) -> Result<(), Malformed> {
        let stack = self.stack(&sample.stack, builder)?;
        let labels = self.labels(&sample.attributes, builder)?;
        let mut values = vec![0i64; builder.profile.sample_types.len()];
        for (position, &time) in sample.timestamps.iter().enumerate() {
            values[column] = sample.values.get(position).copied().unwrap_or(1);
            if let Some((each, column_of_time)) = scale {
                values[column_of_time] =
                    values[column].checked_mul(each).ok_or_else(|| wrong("the times are too long"))?;
            }
            if values[column] != 0 {
                let nanos = i64::try_from(time).unwrap_or(i64::MAX).saturating_sub(start);
                builder.add_at(nanos, &stack, &labels, &values).map_err(|error| wrong(error.to_string()))?;
            }
        }
        Ok(())
    }

    fn stack(&mut self, stack: &Stack, builder: &mut Builder) -> Result<Vec<LocationId>, Malformed> {
        let locations = match stack {
            Stack::Row(0) if self.tables.stacks.is_empty() => return Ok(Vec::new()),
            Stack::Row(index) => row(&self.tables.stacks, *index, "stack")?,
            Stack::Locations(locations) => locations,
        };
        locations.iter().map(|&index| self.location(index, builder)).collect()
    }

    fn location(&mut self, index: u64, builder: &mut Builder) -> Result<LocationId, Malformed> {
        let LocationRow { mapping, address, lines, attributes } =
            row(&self.tables.locations, index, "location")?;
        let slot = index as usize;
        if let Some(known) = self.locations[slot] {
            return Ok(known);
        }
        // Row 0 stands for nothing where tables begin with an empty row.
        let mapping = self.mapping(*mapping, builder)?;
        let mut rows = Vec::with_capacity(lines.len());
        for line in lines {
            let function = self.function(line.function, builder)?;
            rows.push(Line { function, line: line.line, column: line.column });
        }
        if rows.is_empty() && *address == 0 {
            // Frames of interpreters may have a type and nothing else.
            if let Some(kind) = self.attribute(attributes, b"profile.frame.type")? {
                let name = builder.string([b"[", &kind[..], b"]"].concat());
                let function = builder.function(Function { name, system_name: name, ..Function::default() });
                rows.push(Line { function, line: 0, column: 0 });
            }
        }
        let folded = self.attribute(attributes, b"pprof.location.is_folded")?;
        let is_folded = folded.is_some_and(|value| value == b"true");
        let id = builder
            .location(Location { mapping, address: *address, is_folded, ..Location::default() }, &rows);
        self.locations[slot] = Some(id);
        Ok(id)
    }

    fn mapping(&mut self, index: u64, builder: &mut Builder) -> Result<Option<MappingId>, Malformed> {
        let Some(found) = usize::try_from(index).ok().and_then(|index| self.tables.mappings.get(index))
        else {
            return if index == 0 {
                Ok(None)
            } else {
                Err(wrong(format!("mapping {index} of {}", self.tables.mappings.len())))
            };
        };
        let MappingRow { start, limit, offset, filename, attributes } = found;
        if (*start, *limit, *offset, *filename) == (0, 0, 0, 0) && attributes.is_empty() {
            return Ok(None);
        }
        if let Some(known) = self.mappings[index as usize] {
            return Ok(Some(known));
        }
        let mut build_id = Vec::new();
        for key in [
            &b"process.executable.build_id.gnu"[..],
            b"process.executable.build_id.go",
            b"process.executable.build_id.htlhash",
        ] {
            if build_id.is_empty() {
                build_id = self.attribute(attributes, key)?.unwrap_or_default();
            }
        }
        let (file, build_id) = (builder.string(self.tables.text(*filename)?), builder.string(build_id));
        let mapping =
            Mapping { start: *start, limit: *limit, offset: *offset, file, build_id, ..Mapping::default() };
        let id = builder.mapping(mapping);
        self.mappings[index as usize] = Some(id);
        Ok(Some(id))
    }

    fn function(&self, index: u64, builder: &mut Builder) -> Result<FunctionId, Malformed> {
        let FunctionRow { name, system_name, filename, start_line } =
            row(&self.tables.functions, index, "function")?;
        let name = builder.string(self.tables.text(*name)?);
        let system_name = match self.tables.text(*system_name)? {
            b"" => name,
            text => builder.string(text),
        };
        let filename = builder.string(self.tables.text(*filename)?);
        Ok(builder.function(Function { id: 0, name, system_name, filename, start_line: *start_line }))
    }

    /// The text of the attribute with this key.
    fn attribute(&self, attributes: &[u64], key: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
        for &index in attributes {
            let attribute = row(&self.tables.attributes, index, "attribute")?;
            if self.tables.key(attribute)? == key {
                return Ok(match &attribute.value {
                    AttributeValue::Text(text) => Some(text.clone()),
                    AttributeValue::Row(row) => Some(self.tables.text(*row)?.to_vec()),
                    AttributeValue::Number(number) => Some(number.to_string().into_bytes()),
                    AttributeValue::None | AttributeValue::Several(_) => None,
                });
            }
        }
        Ok(None)
    }

    fn labels(&self, attributes: &[u64], builder: &mut Builder) -> Result<Vec<Label>, Malformed> {
        let mut labels = Vec::new();
        for &index in attributes {
            let attribute = row(&self.tables.attributes, index, "attribute")?;
            let key = builder.string(self.tables.key(attribute)?);
            if key.is_empty() {
                continue;
            }
            let values = match &attribute.value {
                AttributeValue::Several(values) => &values[..],
                only => std::slice::from_ref(only),
            };
            for value in values {
                let value = match value {
                    AttributeValue::None | AttributeValue::Several(_) => continue,
                    AttributeValue::Text(text) => LabelValue::Text(builder.string(text)),
                    AttributeValue::Row(row) => LabelValue::Text(builder.string(self.tables.text(*row)?)),
                    AttributeValue::Number(value) => LabelValue::Number {
                        value: *value,
                        unit: builder.string(self.tables.text(attribute.unit)?),
                    },
                };
                labels.push(Label { key, value });
            }
        }
        Ok(labels)
    }
}
