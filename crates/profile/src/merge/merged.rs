//! The result of a merge while it grows.

use std::hash::BuildHasher;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use rustc_hash::FxBuildHasher;

use crate::index::Index;
use crate::merge::MergeError;
use crate::profile::{Function, Line, Location, Mapping, Samples, ValueType};
use crate::stack::StackInterner;
use crate::times::{Moment, Times};
use crate::{
    FunctionId, Label, LabelSetId, LabelValue, LocationId, MappingId, Profile, SampleId, StackId, StringId,
    Strings,
};

/// What makes two mappings the same; sizes are rounded up to pages, since tools disagree about them.
#[derive(PartialEq, Eq, Hash, Debug)]
struct MappingKey {
    size: u64,
    offset: u64,
    build_id_or_file: StringId,
}

impl MappingKey {
    /// The key of `mapping`, the strings of which have these ids in the result.
    fn of(mapping: &Mapping, file: StringId, build_id: StringId) -> Self {
        const PAGE: u64 = 0x1000;
        let size = mapping.limit.wrapping_sub(mapping.start).wrapping_add(PAGE - 1);
        MappingKey {
            size: size - size % PAGE,
            offset: mapping.offset,
            build_id_or_file: if build_id.is_empty() { file } else { build_id },
        }
    }
}

type FxMap<K, V> = HashMap<K, V, FxBuildHasher>;

#[derive(Debug)]
pub(super) struct Merged {
    pub(super) profile: Profile,
    stacks: StackInterner,
    /// For each stack the first sample that has it. Most have no other.
    first_samples: Vec<SampleId>,
    /// The samples of a stack that have other labels than its first one.
    other_samples: FxMap<(StackId, LabelSetId), SampleId>,
    mappings: FxMap<MappingKey, MappingId>,
    functions: FxMap<Function, FunctionId>,
    /// All locations by their [`hash`](LocationKey::hash).
    locations: Index,
    /// What the rows of the source before have become.
    before: Renumbered,
    line_buffer: Vec<Line>,
}

/// What makes two locations of a profile the same.
#[derive(PartialEq, Eq, Hash, Clone, Copy, Debug)]
struct LocationKey<'a> {
    mapping: Option<MappingId>,
    /// Relative to the start of the mapping.
    address: u64,
    is_folded: bool,
    lines: &'a [Line],
}

impl<'a> LocationKey<'a> {
    /// Where `id` of `profile` is.
    fn of(profile: &'a Profile, id: LocationId) -> Self {
        let Location { mapping, address, is_folded, .. } = profile.locations.get(id);
        let start = mapping.map_or(0, |mapping| profile.mapping(mapping).start);
        LocationKey {
            mapping,
            address: address.wrapping_sub(start),
            is_folded,
            lines: profile.locations.lines(id),
        }
    }

    fn hash(&self) -> u32 {
        (FxBuildHasher.hash_one(self) >> 32) as u32
    }
}

/// Stands for a location that has not been met yet; there are always fewer, as each takes some bytes.
const UNKNOWN: LocationId = LocationId::from_raw(u32::MAX);

/// What the rows of one source have become; those that are not [recognized](Merged::recognized) are found when a
/// sample first needs them.
#[derive(Debug, Default)]
struct Renumbered {
    strings: Vec<Option<StringId>>,
    mappings: Vec<Option<MappingId>>,
    functions: Vec<Option<FunctionId>>,
    /// [`UNKNOWN`] where it is not known yet.
    locations: Vec<LocationId>,
    stacks: Vec<Option<StackId>>,
    labels: Vec<Option<LabelSetId>>,
}

impl Renumbered {
    fn nothing_of(source: &Profile) -> Self {
        Renumbered {
            strings: vec![None; source.strings.len()],
            mappings: vec![None; source.mappings.len()],
            functions: vec![None; source.functions.len()],
            locations: vec![UNKNOWN; source.locations.len()],
            stacks: vec![None; source.stacks.len()],
            labels: vec![None; source.labels.len()],
        }
    }
}

impl Merged {
    /// A merge of `first` alone.
    pub(super) fn of(first: &Profile) -> Result<Self, MergeError> {
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
            first_samples: Vec::new(),
            other_samples: FxMap::default(),
            mappings: FxMap::default(),
            functions: FxMap::default(),
            locations: Index::default(),
            before: Renumbered::default(),
            line_buffer: Vec::new(),
        };
        merged.take_comments(first);
        merged.take_samples(first)?;
        Ok(merged)
    }

    pub(super) fn take_header(&mut self, source: &Profile) {
        let profile = &mut self.profile;
        if profile.time_nanos == 0 || source.time_nanos < profile.time_nanos {
            // Times are counted from the start.
            if profile.time_nanos != 0 && source.time_nanos != 0 {
                profile.samples.shift_times(profile.time_nanos.saturating_sub(source.time_nanos));
            }
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

    pub(super) fn take_samples(&mut self, source: &Profile) -> Result<(), MergeError> {
        let mut new = self.recognized(source);
        if self.profile.mappings.is_empty() && !source.mappings.is_empty() {
            // The first mapping is the main binary and stays first, whatever the samples meet first.
            self.mapping(source, &mut new, MappingId::new(0));
        }
        if self.first_samples.is_empty() {
            self.stacks.reserve(source.stacks.len(), source.stacks.frame_count());
            self.first_samples.reserve(source.stacks.len());
        }
        // Sources of one program often have the same stacks one after the other.
        let mut likely = StackId::from_raw(0);
        // What the samples have become, where their times have to know.
        let mut numbers: Vec<Option<SampleId>> = Vec::new();
        let has_times = source.samples.times().is_some();
        if has_times {
            numbers.resize(source.samples.len(), None);
        }
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
                    let stack = if self.stacks.is(likely, source_frames, &new.locations) {
                        likely
                    } else {
                        self.stack(source, &mut new, source_frames)?
                    };
                    likely = StackId::new(stack.index() + 1);
                    new.stacks[source_stack.index()] = Some(stack);
                    stack
                }
            };
            let labels = self.labels(source, &mut new, source.samples.labels(sample))?;
            if stack.index() == self.first_samples.len() {
                let new_sample = self.profile.samples.push(stack, labels, values);
                self.first_samples.push(new_sample);
                if has_times {
                    numbers[sample.index()] = Some(new_sample);
                }
                continue;
            }
            let samples = &mut self.profile.samples;
            let first = self.first_samples[stack.index()];
            let known = if samples.labels(first) == labels {
                first
            } else {
                match self.other_samples.entry((stack, labels)) {
                    Entry::Occupied(found) => *found.get(),
                    Entry::Vacant(vacant) => {
                        let new_sample = *vacant.insert(samples.push(stack, labels, values));
                        if has_times {
                            numbers[sample.index()] = Some(new_sample);
                        }
                        continue;
                    }
                }
            };
            if has_times {
                numbers[sample.index()] = Some(known);
            }
            for (column, (sum, &value)) in samples.values_mut(known).iter_mut().zip(values).enumerate() {
                *sum = sum.checked_add(value).ok_or_else(|| {
                    let kind = source.lossy(source.sample_types[column].kind).into_owned();
                    MergeError::Overflow { kind }
                })?;
            }
        }
        self.before = Renumbered { stacks: Vec::new(), labels: Vec::new(), ..new };
        self.take_times(source, &numbers)
    }

    /// Takes over the times of samples that have got these numbers.
    fn take_times(&mut self, source: &Profile, numbers: &[Option<SampleId>]) -> Result<(), MergeError> {
        let samples = &mut self.profile.samples;
        // Where a clock is unknown, both are taken to have begun at the same time.
        let later = match (source.time_nanos, self.profile.time_nanos) {
            (0, _) | (_, 0) => 0,
            (source, merged) => source.saturating_sub(merged),
        };
        for moment in source.samples.times().into_iter().flat_map(Times::iter) {
            if let Some(sample) = numbers[moment.sample.index()] {
                let moment = Moment { sample, nanos: moment.nanos.saturating_add(later), ..moment };
                samples.note_time(moment).ok_or(crate::builder::Full)?;
            }
        }
        Ok(())
    }

    /// The rows of `source` that stand for the same as those with their numbers in the source before.
    ///
    /// Sources of one program often number their rows alike. To see whether that is so, table by table, takes less
    /// time than to find each row by its hash, and the stacks then hold no rows that have yet to be found.
    fn recognized(&self, source: &Profile) -> Renumbered {
        let mut new = Renumbered::nothing_of(source);
        let Merged { before, profile, .. } = self;
        for (row, (string, &likely)) in new.strings.iter_mut().zip(&before.strings).enumerate() {
            let text = source.text(StringId::new(row));
            *string = likely.filter(|&likely| profile.text(likely) == text);
        }
        for (mapping, row) in new.mappings.iter_mut().zip(&source.mappings) {
            if let [Some(file), Some(build_id)] = [row.file, row.build_id].map(|id| new.strings[id.index()]) {
                *mapping = self.mappings.get(&MappingKey::of(row, file, build_id)).copied();
            }
        }
        for ((function, row), &likely) in
            new.functions.iter_mut().zip(&source.functions).zip(&before.functions)
        {
            let texts = [row.name, row.system_name, row.filename].map(|id| new.strings[id.index()]);
            *function = likely.filter(|&likely| {
                let known = profile.function(likely);
                texts == [known.name, known.system_name, known.filename].map(Some)
                    && row.start_line == known.start_line
            });
        }
        for (id, &likely) in source.locations.ids().zip(&before.locations).filter(|pair| *pair.1 != UNKNOWN) {
            let (place, known) = (LocationKey::of(source, id), LocationKey::of(profile, likely));
            let mapping = place.mapping.map(|mapping| new.mappings[mapping.index()]);
            let is_same_line = |(line, known): (&Line, &Line)| {
                new.functions[line.function.index()] == Some(known.function)
                    && (line.line, line.column) == (known.line, known.column)
            };
            if mapping == known.mapping.map(Some)
                && (place.address, place.is_folded) == (known.address, known.is_folded)
                && place.lines.len() == known.lines.len()
                && place.lines.iter().zip(known.lines).all(is_same_line)
            {
                new.locations[id.index()] = likely;
            }
        }
        new
    }

    /// The stack of these frames of the source.
    fn stack(
        &mut self,
        source: &Profile,
        new: &mut Renumbered,
        frames: &[LocationId],
    ) -> Result<StackId, MergeError> {
        let start = self.stacks.frames().len();
        self.stacks.frames().extend(frames.iter().map(|location| new.locations[location.index()]));
        if self.stacks.frames()[start..].contains(&UNKNOWN) {
            for (position, &location) in frames.iter().enumerate() {
                let frame = self.location(source, new, location);
                self.stacks.frames()[start + position] = frame;
            }
        }
        Ok(self.stacks.finish().ok_or(crate::builder::Full)?)
    }

    fn string(&mut self, source: &Profile, new: &mut Renumbered, id: StringId) -> StringId {
        if let Some(known) = new.strings[id.index()] {
            return known;
        }
        let merged = self.profile.strings.intern(source.text(id));
        new.strings[id.index()] = Some(merged);
        merged
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
        let mut lines = std::mem::take(&mut self.line_buffer);
        lines.clear();
        lines.extend(
            source
                .locations
                .lines(id)
                .iter()
                .map(|line| Line { function: self.function(source, new, line.function), ..*line }),
        );
        let relative = location.address.wrapping_sub(from);
        let place = LocationKey { mapping, address: relative, is_folded: location.is_folded, lines: &lines };
        let merged = self.location_at(place, relative.wrapping_add(to));
        self.line_buffer = lines;
        new.locations[id.index()] = merged;
        merged
    }

    /// The location at `place`, which becomes a new row with `address` when there is none.
    fn location_at(&mut self, place: LocationKey<'_>, address: u64) -> LocationId {
        let hash = place.hash();
        let profile = &self.profile;
        let is_it = |row| LocationKey::of(profile, LocationId::from_raw(row)) == place;
        if let Some(row) = self.locations.find(hash, is_it) {
            return LocationId::from_raw(row);
        }
        let LocationKey { mapping, is_folded, lines, .. } = place;
        let id = profile.locations.len() as u64 + 1;
        let location = self.profile.locations.push(Location { id, mapping, address, is_folded }, lines);
        self.locations.add(hash, location.raw());
        location
    }

    fn mapping(&mut self, source: &Profile, new: &mut Renumbered, id: MappingId) -> MappingId {
        if let Some(known) = new.mappings[id.index()] {
            return known;
        }
        let mut mapping = *source.mapping(id);
        mapping.file = self.string(source, new, mapping.file);
        mapping.build_id = self.string(source, new, mapping.build_id);
        let key = MappingKey::of(&mapping, mapping.file, mapping.build_id);
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

    pub(super) fn finish(self) -> Profile {
        Profile { stacks: self.stacks.into_stacks(), ..self.profile }
    }
}
