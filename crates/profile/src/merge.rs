//! Merging profiles one after the other, holding one input and the result at a time.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use thiserror::Error;

use crate::profile::{Function, Line, Location, Mapping, Samples, ValueType};
use crate::scale::Incompatible;
use crate::stack::StackInterner;
use crate::unit::{convertible, scale};
use crate::{
    FunctionId, Label, LabelSetId, LabelValue, LocationId, MappingId, Profile, SampleId, StackId, StringId,
    Strings,
};

/// Why two profiles cannot be merged.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum MergeError {
    /// No sample type occurs in all of them.
    #[error("profiles have empty common sample type list: one has {one}, another {other}")]
    NothingInCommon {
        /// The types so far.
        one: String,
        /// The types of the profile to add.
        other: String,
    },
    /// They measure different things.
    #[error(transparent)]
    Incompatible(#[from] Incompatible),
    /// The sum of two values of equal samples is too large.
    #[error("the sum of two {kind} values does not fit in 64 bits")]
    Overflow {
        /// The sample type.
        kind: String,
    },
    /// The result has too many frames or labels.
    #[error(transparent)]
    Full(#[from] crate::builder::Full),
}

/// A merge in progress.
///
/// The first profile is handed back as it was when it stays the only one. With more, equal samples
/// (same stack, same labels) become one, and everything is numbered anew in the order in which the
/// samples meet it; rows that no sample needs are left out.
///
/// Mappings are equal when size, offset and build id or file are, and locations when they are at the
/// same place of equal mappings, so runs of one program at different addresses come together.
#[derive(Debug, Default)]
pub struct Merger {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Nothing,
    One(Box<Profile>),
    Several(Box<Merged>),
}

impl Merger {
    /// Nothing merged yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a profile.
    ///
    /// Sample types that are not in all profiles are dropped; values are brought to the finer of two
    /// units.
    ///
    /// # Errors
    /// When the profiles do not fit together; the merge is then lost.
    pub fn add(&mut self, mut profile: Profile) -> Result<(), MergeError> {
        let mut merged = match std::mem::take(&mut self.state) {
            State::Nothing => {
                self.state = State::One(Box::new(profile));
                return Ok(());
            }
            State::One(mut first) => {
                align(&mut first, &mut profile)?;
                let mut merged = Box::new(Merged::new(&first));
                merged.take_samples(&first)?;
                merged
            }
            State::Several(mut merged) => {
                align(&mut merged.profile, &mut profile)?;
                merged
            }
        };
        merged.take_header(&profile);
        merged.take_samples(&profile)?;
        self.state = State::Several(merged);
        Ok(())
    }

    /// The result; `None` when nothing was added.
    ///
    /// # Errors
    /// Cannot fail after [`add`](Self::add) succeeded, except for sizes beyond all limits.
    pub fn finish(self) -> Result<Option<Profile>, MergeError> {
        Ok(match self.state {
            State::Nothing => None,
            State::One(profile) => Some(*profile),
            State::Several(merged) => {
                let profile = merged.finish();
                let is_zero = |sample| profile.samples.values(sample).iter().all(|&value| value == 0);
                if profile.samples.ids().any(is_zero) {
                    // Values have cancelled out: once more, so that nothing of such samples is left.
                    let mut again = Merged::new(&profile);
                    again.take_samples(&profile)?;
                    Some(again.finish())
                } else {
                    Some(profile)
                }
            }
        })
    }
}

/// Merges all of `profiles`. See [`Merger`].
///
/// # Errors
/// When they do not fit together.
pub fn merge(profiles: impl IntoIterator<Item = Profile>) -> Result<Option<Profile>, MergeError> {
    let mut merger = Merger::new();
    for profile in profiles {
        merger.add(profile)?;
    }
    merger.finish()
}

/// Brings two profiles to the same sample types in the order of `one`, and to the same units.
fn align(one: &mut Profile, other: &mut Profile) -> Result<(), MergeError> {
    let kinds = |profile: &Profile| -> Vec<Vec<u8>> {
        profile.sample_types.iter().map(|value_type| profile.text(value_type.kind).to_vec()).collect()
    };
    let (own, theirs) = (kinds(one), kinds(other));
    let common: Vec<&Vec<u8>> = own.iter().filter(|kind| theirs.contains(kind)).collect();
    if common.is_empty() {
        let (one, other) = (one.type_names().join(" "), other.type_names().join(" "));
        return Err(MergeError::NothingInCommon { one, other });
    }
    select_types(one, &own, &common);
    select_types(other, &theirs, &common);

    let units = |profile: &Profile, value_type: ValueType| profile.lossy(value_type.unit).into_owned();
    let mut ratios = (vec![1.0; common.len()], vec![1.0; common.len()]);
    for column in 0..common.len() {
        let (a, b) = (units(one, one.sample_types[column]), units(other, other.sample_types[column]));
        if let Some(Finer { unit, one: x, other: y }) = finer(&a, &b) {
            (ratios.0[column], ratios.1[column]) = (x, y);
            one.sample_types[column].unit = one.strings.intern(unit.as_bytes());
            other.sample_types[column].unit = other.strings.intern(unit.as_bytes());
        }
    }
    one.scale_columns(&ratios.0);
    other.scale_columns(&ratios.1);

    let (a, b) = (units(one, one.period_type), units(other, other.period_type));
    if one.text(one.period_type.kind) == other.text(other.period_type.kind)
        && let Some(Finer { unit, one: x, other: y }) = finer(&a, &b)
    {
        for (profile, ratio) in [(&mut *one, x), (&mut *other, y)] {
            profile.period = (profile.period as f64 * ratio) as i64;
            profile.period_type.unit = profile.strings.intern(unit.as_bytes());
        }
    }
    for (what, a, b) in [
        ("period types", one.period_name(), other.period_name()),
        ("sample types", one.type_names().join(" "), other.type_names().join(" ")),
    ] {
        if a != b {
            return Err(Incompatible { what, one: a, other: b }.into());
        }
    }
    Ok(())
}

/// The finer of two units, and what values in each are multiplied by to be in it.
struct Finer {
    unit: String,
    one: f64,
    other: f64,
}

/// `None` when the units are equal or do not convert.
fn finer(one: &str, other: &str) -> Option<Finer> {
    if one == other || !convertible(one, other) {
        return None;
    }
    let unit = if scale(1, other, one).0 < 1.0 { other } else { one };
    Some(Finer { unit: unit.to_owned(), one: scale(1, one, unit).0, other: scale(1, other, unit).0 })
}

fn select_types(profile: &mut Profile, kinds: &[Vec<u8>], wanted: &[&Vec<u8>]) {
    let columns: Vec<usize> =
        wanted.iter().filter_map(|kind| kinds.iter().position(|own| own == *kind)).collect();
    if columns.iter().copied().eq(0..kinds.len()) {
        return;
    }
    profile.samples.select_columns(&columns);
    profile.sample_types = columns.iter().map(|&column| profile.sample_types[column]).collect();
    if !profile.sample_types.iter().any(|value_type| value_type.kind == profile.default_sample_type) {
        profile.default_sample_type = profile.sample_types[0].kind;
    }
}

/// What makes two mappings the same; sizes are rounded up to pages, since tools disagree about them.
#[derive(PartialEq, Eq, Hash, Debug)]
struct MappingKey {
    size: u64,
    offset: u64,
    build_id_or_file: StringId,
}

#[derive(PartialEq, Eq, Hash, Debug)]
struct LocationKey {
    mapping: Option<MappingId>,
    /// Relative to the start of the mapping.
    address: u64,
    is_folded: bool,
    lines: Box<[Line]>,
}

type FxMap<K, V> = HashMap<K, V, FxBuildHasher>;

#[derive(Debug)]
struct Merged {
    profile: Profile,
    stacks: StackInterner,
    samples: FxMap<(StackId, LabelSetId), SampleId>,
    mappings: FxMap<MappingKey, MappingId>,
    locations: FxMap<LocationKey, LocationId>,
    functions: FxMap<Function, FunctionId>,
}

/// Stands for a location that has not been met yet; there are always fewer, as each takes some bytes.
const UNKNOWN: LocationId = LocationId::from_raw(u32::MAX);

/// What the rows of one source have become; each is found when a sample first needs it.
struct Renumbered {
    strings: Vec<Option<StringId>>,
    mappings: Vec<Option<MappingId>>,
    functions: Vec<Option<FunctionId>>,
    /// [`UNKNOWN`] where it is not known yet.
    locations: Vec<LocationId>,
    stacks: Vec<Option<StackId>>,
    labels: Vec<Option<LabelSetId>>,
}

impl Merged {
    /// An empty merge with the header of `first`.
    fn new(first: &Profile) -> Self {
        let mut strings = Strings::new();
        let mut copy = |id: StringId| strings.intern(first.text(id));
        let mut copy_type =
            |value_type: ValueType| ValueType { kind: copy(value_type.kind), unit: copy(value_type.unit) };
        let sample_types = first.sample_types.iter().map(|&value_type| copy_type(value_type)).collect();
        let period_type = copy_type(first.period_type);
        let profile = Profile {
            sample_types,
            period_type,
            default_sample_type: copy(first.default_sample_type),
            samples: Samples::new(first.sample_types.len()),
            comments: Vec::new(),
            doc_url: copy(first.doc_url),
            drop_frames: copy(first.drop_frames),
            keep_frames: copy(first.keep_frames),
            time_nanos: first.time_nanos,
            duration_nanos: first.duration_nanos,
            period: first.period,
            strings,
            ..Profile::default()
        };
        let mut merged = Merged {
            profile,
            stacks: StackInterner::default(),
            samples: FxMap::default(),
            mappings: FxMap::default(),
            locations: FxMap::default(),
            functions: FxMap::default(),
        };
        merged.take_comments(first);
        merged
    }

    fn take_header(&mut self, source: &Profile) {
        let profile = &mut self.profile;
        if profile.time_nanos == 0 || source.time_nanos < profile.time_nanos {
            profile.time_nanos = source.time_nanos;
        }
        profile.duration_nanos = profile.duration_nanos.saturating_add(source.duration_nanos);
        if profile.period == 0 || profile.period < source.period {
            profile.period = source.period;
        }
        if profile.default_sample_type.is_empty() {
            profile.default_sample_type = profile.strings.intern(source.text(source.default_sample_type));
        }
        if profile.doc_url.is_empty() {
            profile.doc_url = profile.strings.intern(source.text(source.doc_url));
        }
        self.take_comments(source);
    }

    fn take_comments(&mut self, source: &Profile) {
        for &comment in &source.comments {
            let comment = self.profile.strings.intern(source.text(comment));
            if !self.profile.comments.contains(&comment) {
                self.profile.comments.push(comment);
            }
        }
    }

    fn take_samples(&mut self, source: &Profile) -> Result<(), MergeError> {
        let mut new = Renumbered {
            strings: vec![None; source.strings.len()],
            mappings: vec![None; source.mappings.len()],
            functions: vec![None; source.functions.len()],
            locations: vec![UNKNOWN; source.locations.len()],
            stacks: vec![None; source.stacks.len()],
            labels: vec![None; source.labels.len()],
        };
        if self.profile.mappings.is_empty() && !source.mappings.is_empty() {
            // The first mapping is the main binary and stays first, whatever the samples meet first.
            self.mapping(source, &mut new, MappingId::new(0));
        }
        let mut frames = Vec::new();
        for sample in source.samples.ids() {
            let values = source.samples.values(sample);
            if values.iter().all(|&value| value == 0) {
                continue;
            }
            let source_stack = source.samples.stack(sample);
            let stack = match new.stacks[source_stack.index()] {
                Some(stack) => stack,
                None => {
                    let source_frames = source.stacks.get(source_stack);
                    frames.clear();
                    frames.extend(source_frames.iter().map(|location| new.locations[location.index()]));
                    if frames.contains(&UNKNOWN) {
                        for (frame, &location) in frames.iter_mut().zip(source_frames) {
                            *frame = self.location(source, &mut new, location);
                        }
                    }
                    let stack = self.stacks.intern(&frames).ok_or(crate::builder::Full)?;
                    new.stacks[source_stack.index()] = Some(stack);
                    stack
                }
            };
            let labels = self.labels(source, &mut new, source.samples.labels(sample))?;
            let samples = &mut self.profile.samples;
            match self.samples.entry((stack, labels)) {
                hashbrown::hash_map::Entry::Vacant(vacant) => {
                    vacant.insert(samples.push(stack, labels, values));
                }
                hashbrown::hash_map::Entry::Occupied(found) => {
                    let sums = samples.values_mut(*found.get()).iter_mut().zip(values);
                    for (column, (sum, &value)) in sums.enumerate() {
                        *sum = sum.checked_add(value).ok_or_else(|| {
                            let kind = source.lossy(source.sample_types[column].kind).into_owned();
                            MergeError::Overflow { kind }
                        })?;
                    }
                }
            }
        }
        Ok(())
    }

    fn string(&mut self, source: &Profile, new: &mut Renumbered, id: StringId) -> StringId {
        *new.strings[id.index()].get_or_insert_with(|| self.profile.strings.intern(source.text(id)))
    }

    fn labels(
        &mut self,
        source: &Profile,
        new: &mut Renumbered,
        id: LabelSetId,
    ) -> Result<LabelSetId, MergeError> {
        if let Some(known) = new.labels[id.index()] {
            return Ok(known);
        }
        let mut labels: Vec<Label> = source
            .labels
            .get(id)
            .iter()
            .map(|label| Label {
                key: self.string(source, new, label.key),
                value: match label.value {
                    LabelValue::Text(text) => LabelValue::Text(self.string(source, new, text)),
                    LabelValue::Number { value, unit } => {
                        LabelValue::Number { value, unit: self.string(source, new, unit) }
                    }
                },
            })
            .collect();
        // The order of keys has no meaning; that of several values of a key does.
        labels.sort_by(|a, b| {
            let is_number = |label: &Label| matches!(label.value, LabelValue::Number { .. });
            is_number(a)
                .cmp(&is_number(b))
                .then_with(|| self.profile.text(a.key).cmp(self.profile.text(b.key)))
        });
        let merged = self.profile.labels.intern(&labels).ok_or(crate::builder::Full)?;
        new.labels[id.index()] = Some(merged);
        Ok(merged)
    }

    fn location(&mut self, source: &Profile, new: &mut Renumbered, id: LocationId) -> LocationId {
        let known = new.locations[id.index()];
        if known != UNKNOWN {
            return known;
        }
        let location = source.locations.get(id);
        let mapping = location.mapping.map(|mapping| self.mapping(source, new, mapping));
        // Where the mapping starts here and where it starts in the result.
        let (from, to) = match (location.mapping, mapping) {
            (Some(old), Some(new)) => (source.mapping(old).start, self.profile.mapping(new).start),
            _ => (0, 0),
        };
        let lines: Box<[Line]> = source
            .locations
            .lines(id)
            .iter()
            .map(|line| Line { function: self.function(source, new, line.function), ..*line })
            .collect();
        let relative = location.address.wrapping_sub(from);
        let key = LocationKey { mapping, address: relative, is_folded: location.is_folded, lines };
        let locations = &mut self.profile.locations;
        let merged = *self.locations.entry(key).or_insert_with_key(|key| {
            let row = Location {
                id: locations.len() as u64 + 1,
                mapping,
                address: relative.wrapping_add(to),
                is_folded: location.is_folded,
            };
            locations.push(row, &key.lines)
        });
        new.locations[id.index()] = merged;
        merged
    }

    fn mapping(&mut self, source: &Profile, new: &mut Renumbered, id: MappingId) -> MappingId {
        const PAGE: u64 = 0x1000;
        if let Some(known) = new.mappings[id.index()] {
            return known;
        }
        let mut mapping = *source.mapping(id);
        mapping.file = self.string(source, new, mapping.file);
        mapping.build_id = self.string(source, new, mapping.build_id);
        let size = mapping.limit.wrapping_sub(mapping.start).wrapping_add(PAGE - 1);
        let key = MappingKey {
            size: size - size % PAGE,
            offset: mapping.offset,
            build_id_or_file: if mapping.build_id.is_empty() { mapping.file } else { mapping.build_id },
        };
        let mappings = &mut self.profile.mappings;
        let merged = *self.mappings.entry(key).or_insert_with(|| {
            let row = MappingId::new(mappings.len());
            mappings.push(Mapping { id: row.index() as u64 + 1, ..mapping });
            row
        });
        new.mappings[id.index()] = Some(merged);
        merged
    }

    fn function(&mut self, source: &Profile, new: &mut Renumbered, id: FunctionId) -> FunctionId {
        if let Some(known) = new.functions[id.index()] {
            return known;
        }
        let function = source.function(id);
        let key = Function {
            id: 0,
            name: self.string(source, new, function.name),
            system_name: self.string(source, new, function.system_name),
            filename: self.string(source, new, function.filename),
            start_line: function.start_line,
        };
        let functions = &mut self.profile.functions;
        let merged = *self.functions.entry(key).or_insert_with(|| {
            let row = FunctionId::new(functions.len());
            functions.push(Function { id: row.index() as u64 + 1, ..key });
            row
        });
        new.functions[id.index()] = Some(merged);
        merged
    }

    fn finish(self) -> Profile {
        Profile { stacks: self.stacks.into_stacks(), ..self.profile }
    }
}
