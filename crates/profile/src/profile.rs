//! The profile itself: header fields and the tables.

use crate::times::{Moment, Times};
use crate::{
    FunctionId, LabelSetId, LabelSets, LocationId, MappingId, SampleId, StackId, Stacks, StringId, Strings,
};

/// A decoded profile, as columns.
///
/// Field meanings are those of `profile.proto`
/// (<https://github.com/google/pprof/blob/main/proto/profile.proto>). Ids in the tables are dense
/// row numbers; the 64-bit ids of the encoded form are kept beside them, for writing and `raw`.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// All strings.
    pub strings: Strings,
    /// The meaning of each value of a sample.
    pub sample_types: Vec<ValueType>,
    /// The type shown when none is asked for; empty when the profile names none.
    pub default_sample_type: StringId,
    /// What was measured.
    pub samples: Samples,
    /// The call stacks that samples refer to.
    pub stacks: Stacks,
    /// The label sets that samples refer to.
    pub labels: LabelSets,
    /// Code ranges; the first one is the main binary.
    pub mappings: Vec<Mapping>,
    /// Code addresses or source positions.
    pub locations: Locations,
    /// Functions.
    pub functions: Vec<Function>,
    /// Free text.
    pub comments: Vec<StringId>,
    /// A link to documentation of the profile; empty when there is none.
    pub doc_url: StringId,
    /// Frames below a function that matches this regular expression are dropped on loading.
    pub drop_frames: StringId,
    /// Exceptions to [`drop_frames`](Self::drop_frames).
    pub keep_frames: StringId,
    /// When collection began, in nanoseconds since the Unix epoch; 0 when unknown.
    pub time_nanos: i64,
    /// How long collection took, in nanoseconds; 0 when unknown.
    pub duration_nanos: i64,
    /// What is counted between two samples.
    pub period_type: ValueType,
    /// How many units of [`period_type`](Self::period_type) pass between two samples.
    pub period: i64,
}

/// A kind of measurement and its unit, such as `cpu` in `nanoseconds`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct ValueType {
    /// What is measured.
    pub kind: StringId,
    /// In which unit.
    pub unit: StringId,
}

/// A range of addresses into which a file was mapped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mapping {
    /// The id of the encoded form; not zero.
    pub id: u64,
    /// First address.
    pub start: u64,
    /// One past the last address.
    pub limit: u64,
    /// Where in the file the range begins.
    pub offset: u64,
    /// Path of the file, or a name such as `[vdso]`.
    pub file: StringId,
    /// What identifies the build of the file, in hexadecimal digits.
    pub build_id: StringId,
    /// Which kinds of symbols the locations of this mapping have.
    pub has: Symbolized,
}

/// What symbolization has found for a mapping.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Symbolized {
    /// Function names.
    pub functions: bool,
    /// File names.
    pub filenames: bool,
    /// Line numbers.
    pub line_numbers: bool,
    /// Functions that were inlined.
    pub inline_frames: bool,
}

/// A function in source code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Function {
    /// The id of the encoded form; not zero.
    pub id: u64,
    /// The name for people.
    pub name: StringId,
    /// The name for the linker, often mangled.
    pub system_name: StringId,
    /// The source file that defines it.
    pub filename: StringId,
    /// The first line of the function in that file; 0 when unknown.
    pub start_line: i64,
}

/// One place in source code, part of a location.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Line {
    /// The function that holds the place.
    pub function: FunctionId,
    /// Line number, 0 when unknown.
    pub line: i64,
    /// Column number, 0 when unknown.
    pub column: i64,
}

/// The part of a location that has a fixed size.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Location {
    /// The id of the encoded form; not zero.
    pub id: u64,
    /// The mapping that holds the address.
    pub mapping: Option<MappingId>,
    /// The instruction address; 0 when unknown.
    pub address: u64,
    /// Whether several symbols share the address because a linker folded identical code.
    pub is_folded: bool,
}

/// All locations with their lines.
#[derive(Clone, Debug, Default)]
pub struct Locations {
    rows: Vec<Location>,
    lines: Vec<Line>,
    ends: Vec<u32>,
}

impl Locations {
    /// Makes room for `rows` more locations with a line each.
    pub(crate) fn reserve(&mut self, rows: usize) {
        self.rows.reserve(rows);
        self.lines.reserve(rows);
        self.ends.reserve(rows);
    }

    /// Adds a location. `lines` begin with the innermost inlined function.
    ///
    /// # Panics
    /// When the table has more than 2^32 rows.
    pub fn push(&mut self, location: Location, lines: &[Line]) -> LocationId {
        let id = LocationId::new(self.rows.len());
        self.rows.push(location);
        self.lines.extend_from_slice(lines);
        self.ends.push(row_end(self.lines.len()));
        id
    }

    /// The location `id`.
    #[inline]
    pub fn get(&self, id: LocationId) -> Location {
        self.rows[id.index()]
    }

    /// Changes to location `id` are made here.
    pub fn get_mut(&mut self, id: LocationId) -> &mut Location {
        &mut self.rows[id.index()]
    }

    /// The lines of `id`, the innermost inlined function first.
    #[inline]
    pub fn lines(&self, id: LocationId) -> &[Line] {
        &self.lines[self.line_range(id)]
    }

    /// Where [`lines`](Self::lines) of `id` stand among [`all_lines`](Self::all_lines).
    #[inline]
    pub fn line_range(&self, id: LocationId) -> std::ops::Range<usize> {
        let row = id.index();
        let start = if row == 0 { 0 } else { self.ends[row - 1] as usize };
        start..self.ends[row] as usize
    }

    /// The lines of all locations, one location after the other.
    pub fn all_lines(&self) -> &[Line] {
        &self.lines
    }

    /// Changes to lines are made here.
    pub fn all_lines_mut(&mut self) -> &mut [Line] {
        &mut self.lines
    }

    /// All rows in the order of their ids.
    pub fn rows(&self) -> &[Location] {
        &self.rows
    }

    /// The number of locations.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no location.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All ids in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = LocationId> + use<> {
        (0..self.rows.len()).map(LocationId::new)
    }

    /// Heap bytes held.
    pub fn memory(&self) -> usize {
        self.rows.capacity() * size_of::<Location>()
            + self.lines.capacity() * size_of::<Line>()
            + self.ends.capacity() * 4
    }
}

/// How many rows come before the end of a range of them, as 32 bits.
///
/// # Panics
/// When the table has more than 2^32 rows.
fn row_end(rows: usize) -> u32 {
    match u32::try_from(rows) {
        Ok(end) => end,
        Err(_) => panic!("{rows} rows are more than 32 bits can number"),
    }
}

/// All samples: for each a stack, a label set and one value for each sample type.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    stacks: Vec<StackId>,
    labels: Vec<LabelSetId>,
    values: Vec<i64>,
    width: usize,
    /// Where a format has them.
    times: Option<Box<Times>>,
}

impl Samples {
    /// An empty table of samples with `width` values each.
    pub fn new(width: usize) -> Self {
        Samples { width, ..Samples::default() }
    }

    /// A table from its columns; `values` holds `width` values for each sample, row by row.
    pub(crate) fn from_columns(
        stacks: Vec<StackId>,
        labels: Vec<LabelSetId>,
        values: Vec<i64>,
        width: usize,
    ) -> Self {
        debug_assert_eq!(stacks.len(), labels.len());
        debug_assert_eq!(stacks.len() * width, values.len());
        Samples { stacks, labels, values, width, times: None }
    }

    /// Adds a sample.
    ///
    /// # Panics
    /// When the number of values is not the width of the table.
    pub fn push(&mut self, stack: StackId, labels: LabelSetId, values: &[i64]) -> SampleId {
        assert_eq!(values.len(), self.width, "a sample has one value for each sample type");
        let id = SampleId::new(self.stacks.len());
        self.stacks.push(stack);
        self.labels.push(labels);
        self.values.extend_from_slice(values);
        id
    }

    /// When samples were taken, where that is known of any.
    pub fn times(&self) -> Option<&Times> {
        self.times.as_deref()
    }

    /// Notes that a sample has got a part of its values at some time. The values of the sample stay as they are.
    ///
    /// `None` when the table of times is full.
    ///
    /// # Panics
    /// When there is no such sample, or there is not one value for each sample type.
    pub fn note_time(&mut self, moment: Moment<'_>) -> Option<()> {
        assert!(moment.sample.index() < self.len(), "a time belongs to a sample");
        assert_eq!(moment.values.len(), self.width, "a sample has one value for each sample type");
        self.times.get_or_insert_with(|| Box::new(Times::new(self.width))).push(moment)
    }

    /// Moves all times.
    pub fn shift_times(&mut self, nanos: i64) {
        if let Some(times) = &mut self.times {
            times.shift(nanos);
        }
    }

    /// Changes all values, those that belong to times included; each is given with its sample type.
    pub fn map_values(&mut self, change: impl Fn(usize, i64) -> i64) {
        for (row, value) in self.values.iter_mut().enumerate() {
            *value = change(row % self.width, *value);
        }
        if let Some(times) = &mut self.times {
            times.map_values(change);
        }
    }

    /// The number of values of a sample.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.stacks.len()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.stacks.is_empty()
    }

    /// All ids in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = SampleId> + use<> {
        (0..self.stacks.len()).map(SampleId::new)
    }

    /// The stack of `id`.
    #[inline]
    pub fn stack(&self, id: SampleId) -> StackId {
        self.stacks[id.index()]
    }

    /// The label set of `id`.
    #[inline]
    pub fn labels(&self, id: SampleId) -> LabelSetId {
        self.labels[id.index()]
    }

    /// The values of `id`, one for each sample type.
    #[inline]
    pub fn values(&self, id: SampleId) -> &[i64] {
        &self.values[id.index() * self.width..][..self.width]
    }

    /// Value number `column` of `id`.
    #[inline]
    pub fn value(&self, id: SampleId, column: usize) -> i64 {
        self.values[id.index() * self.width + column]
    }

    /// Changes to the values of one sample are made here; those that belong to times stay.
    pub fn values_mut(&mut self, id: SampleId) -> &mut [i64] {
        &mut self.values[id.index() * self.width..][..self.width]
    }

    /// Replaces the stacks of the samples, in their order, by those that `next` returns.
    pub fn replace_stacks(&mut self, mut next: impl FnMut() -> Option<StackId>) {
        for stack in &mut self.stacks {
            if let Some(new) = next() {
                *stack = new;
            }
        }
    }

    /// Replaces the stack of every sample.
    pub(crate) fn map_stacks(&mut self, replacement: impl Fn(StackId) -> StackId) {
        for stack in &mut self.stacks {
            *stack = replacement(*stack);
        }
    }

    /// The column of label sets.
    pub fn labels_mut(&mut self) -> &mut [LabelSetId] {
        &mut self.labels
    }

    /// Keeps the samples for which `keep` is true, in their order.
    pub fn retain(&mut self, mut keep: impl FnMut(SampleId, &[i64]) -> bool) {
        let mut kept = 0;
        let mut numbers = Vec::new();
        for row in 0..self.stacks.len() {
            let at = row * self.width;
            let is_kept = keep(SampleId::new(row), &self.values[at..at + self.width]);
            if self.times.is_some() {
                numbers.push(is_kept.then(|| SampleId::new(kept)));
            }
            if is_kept {
                self.stacks[kept] = self.stacks[row];
                self.labels[kept] = self.labels[row];
                self.values.copy_within(at..at + self.width, kept * self.width);
                kept += 1;
            }
        }
        self.stacks.truncate(kept);
        self.labels.truncate(kept);
        self.values.truncate(kept * self.width);
        if let Some(times) = &mut self.times {
            times.renumber(&numbers);
        }
    }

    /// Keeps the value columns `columns`, in this order.
    pub fn select_columns(&mut self, columns: &[usize]) {
        let values = self
            .ids()
            .flat_map(|id| columns.iter().map(move |&column| (id, column)))
            .map(|(id, column)| self.value(id, column))
            .collect();
        self.values = values;
        self.width = columns.len();
        if let Some(times) = &mut self.times {
            times.select_columns(columns);
        }
    }

    /// Heap bytes held.
    pub fn memory(&self) -> usize {
        (self.stacks.capacity() + self.labels.capacity()) * 4
            + self.values.capacity() * 8
            + self.times.as_ref().map_or(0, |times| times.memory())
    }
}

impl Profile {
    /// The bytes of a string.
    #[inline]
    pub fn text(&self, id: StringId) -> &[u8] {
        self.strings.get(id)
    }

    /// The sample type that is shown when none is asked for: the one that the profile names, or else the last one;
    /// `None` when there are none.
    pub fn default_column(&self) -> Option<usize> {
        let last = self.sample_types.len().checked_sub(1)?;
        let default = self.default_sample_type;
        let named = self.sample_types.iter().position(|value_type| value_type.kind == default);
        Some(if default.is_empty() { last } else { named.unwrap_or(last) })
    }

    /// A string as text, with U+FFFD for bytes that are not UTF-8.
    pub fn lossy(&self, id: StringId) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.strings.get(id))
    }

    /// The function `id`.
    #[inline]
    pub fn function(&self, id: FunctionId) -> Function {
        self.functions[id.index()]
    }

    /// The mapping `id`.
    #[inline]
    pub fn mapping(&self, id: MappingId) -> &Mapping {
        &self.mappings[id.index()]
    }

    /// The frames of a sample, leaf first.
    #[inline]
    pub fn frames(&self, sample: SampleId) -> &[LocationId] {
        self.stacks.get(self.samples.stack(sample))
    }

    /// The file of the mapping of a location; empty when there is none.
    pub fn object_file(&self, location: LocationId) -> StringId {
        self.locations.get(location).mapping.map_or(StringId::EMPTY, |mapping| self.mapping(mapping).file)
    }

    /// Heap bytes held by the tables.
    pub fn memory(&self) -> usize {
        self.strings.memory()
            + self.samples.memory()
            + self.stacks.memory()
            + self.labels.memory()
            + self.locations.memory()
            + self.functions.capacity() * size_of::<Function>()
            + self.mappings.capacity() * size_of::<Mapping>()
    }
}
