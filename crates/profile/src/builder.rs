//! Making a profile row by row, for importers, collectors and tests.

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use rustc_hash::FxBuildHasher;

use crate::profile::{Function, Line, Location, Mapping, Samples, ValueType};
use crate::stack::StackInterner;
use crate::times::Moment;
use crate::{FunctionId, Label, LabelSetId, LocationId, MappingId, Profile, SampleId, StackId, StringId};

/// Collects the rows of a [`Profile`].
///
/// Ids of the encoded form are given out here, 1, 2, 3 … in each table, whatever the rows say.
///
/// ```
/// use hotlist_profile::Builder;
///
/// let mut builder = Builder::new(&[("samples", "count"), ("cpu", "nanoseconds")]);
/// let main = builder.named_function("main.main", "main.go");
/// let at_line_7 = builder.source_location(main, 7);
/// builder.sample(&[at_line_7], &[], &[1, 10_000_000]).unwrap();
/// assert_eq!(builder.finish().samples.len(), 1);
/// ```
#[derive(Debug)]
pub struct Builder {
    /// Header fields are set here directly.
    pub profile: Profile,
    stacks: StackInterner,
    functions: HashMap<Function, FunctionId, FxBuildHasher>,
    /// The samples that were [added](Builder::add).
    added: HashMap<(StackId, LabelSetId), SampleId, FxBuildHasher>,
}

/// Why values cannot be added to a profile.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum AddError {
    /// The tables are full.
    #[error(transparent)]
    Full(#[from] Full),
    /// The sum of two values of a sample is too large.
    #[error("the sum of two values does not fit in 64 bits")]
    Overflow,
}

/// A table of the profile has as many rows as 32 bits can number.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("the profile has more than 4294967295 stack frames or labels")]
pub struct Full;

impl std::hash::Hash for Function {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.name, self.system_name, self.filename, self.start_line).hash(state);
    }
}

impl Builder {
    /// A profile without rows whose samples have these types, each a kind and a unit.
    pub fn new(sample_types: &[(&str, &str)]) -> Self {
        let mut profile = Profile { samples: Samples::new(sample_types.len()), ..Profile::default() };
        profile.sample_types = sample_types
            .iter()
            .map(|(kind, unit)| ValueType {
                kind: profile.strings.intern(kind.as_bytes()),
                unit: profile.strings.intern(unit.as_bytes()),
            })
            .collect();
        Builder {
            profile,
            stacks: StackInterner::default(),
            functions: HashMap::default(),
            added: HashMap::default(),
        }
    }

    /// The id of a string.
    pub fn string(&mut self, string: impl AsRef<[u8]>) -> StringId {
        self.profile.strings.intern(string.as_ref())
    }

    /// Sets what is counted between two samples, and how much of it.
    pub fn period(&mut self, kind: &str, unit: &str, period: i64) {
        self.profile.period_type = ValueType { kind: self.string(kind), unit: self.string(unit) };
        self.profile.period = period;
    }

    /// The id of a function, adding it when no equal one is there.
    pub fn function(&mut self, function: Function) -> FunctionId {
        let key = Function { id: 0, ..function };
        *self.functions.entry(key).or_insert_with(|| {
            let id = FunctionId::new(self.profile.functions.len());
            self.profile.functions.push(Function { id: id.index() as u64 + 1, ..function });
            id
        })
    }

    /// A function with this name, also as its system name, in this file.
    pub fn named_function(&mut self, name: &str, filename: &str) -> FunctionId {
        let name = self.string(name);
        let filename = self.string(filename);
        self.function(Function { name, system_name: name, filename, ..Function::default() })
    }

    /// Adds a mapping.
    pub fn mapping(&mut self, mapping: Mapping) -> MappingId {
        let id = MappingId::new(self.profile.mappings.len());
        self.profile.mappings.push(Mapping { id: id.index() as u64 + 1, ..mapping });
        id
    }

    /// Adds a location; `lines` begin with the innermost inlined function.
    pub fn location(&mut self, location: Location, lines: &[Line]) -> LocationId {
        let id = self.profile.locations.len() as u64 + 1;
        self.profile.locations.push(Location { id, ..location }, lines)
    }

    /// Adds a location without an address: one line of one function.
    pub fn source_location(&mut self, function: FunctionId, line: i64) -> LocationId {
        self.location(Location::default(), &[Line { function, line, column: 0 }])
    }

    /// Adds a sample; `stack` begins with the leaf.
    ///
    /// # Errors
    /// When the tables are full.
    ///
    /// # Panics
    /// When there is not one value for each sample type.
    pub fn sample(
        &mut self,
        stack: &[LocationId],
        labels: &[Label],
        values: &[i64],
    ) -> Result<SampleId, Full> {
        let stack = self.stacks.intern(stack).ok_or(Full)?;
        let labels = self.profile.labels.intern(labels).ok_or(Full)?;
        Ok(self.profile.samples.push(stack, labels, values))
    }

    /// Adds values to the sample that has this stack, which begins with the leaf, and these labels, or makes one.
    ///
    /// Samples made by [`sample`](Self::sample) are not looked at.
    ///
    /// # Errors
    /// When the tables are full or a sum is too large.
    ///
    /// # Panics
    /// When there is not one value for each sample type.
    pub fn add(
        &mut self,
        stack: &[LocationId],
        labels: &[Label],
        values: &[i64],
    ) -> Result<SampleId, AddError> {
        let stack = self.stacks.intern(stack).ok_or(Full)?;
        let labels = self.profile.labels.intern(labels).ok_or(Full)?;
        match self.added.entry((stack, labels)) {
            Entry::Vacant(vacant) => Ok(*vacant.insert(self.profile.samples.push(stack, labels, values))),
            Entry::Occupied(known) => {
                assert_eq!(values.len(), self.profile.samples.width(), "one value for each sample type");
                for (sum, &value) in self.profile.samples.values_mut(*known.get()).iter_mut().zip(values) {
                    *sum = sum.checked_add(value).ok_or(AddError::Overflow)?;
                }
                Ok(*known.get())
            }
        }
    }

    /// As [`add`](Self::add), and notes when it was: nanoseconds since the start of the profile.
    ///
    /// # Errors
    /// As those of `add`.
    ///
    /// # Panics
    /// As `add`.
    pub fn add_at(
        &mut self,
        nanos: i64,
        stack: &[LocationId],
        labels: &[Label],
        values: &[i64],
    ) -> Result<SampleId, AddError> {
        let sample = self.add(stack, labels, values)?;
        self.profile.samples.note_time(Moment { sample, nanos, values }).ok_or(Full)?;
        Ok(sample)
    }

    /// Heap bytes held.
    pub fn memory(&self) -> usize {
        const ADDED: usize = size_of::<((StackId, LabelSetId), SampleId)>() + 1;
        const FUNCTION: usize = size_of::<(Function, FunctionId)>() + 1;
        self.profile.memory()
            + self.stacks.memory()
            + self.functions.capacity() * FUNCTION
            + self.added.capacity() * ADDED
    }

    /// The profile.
    pub fn finish(self) -> Profile {
        Profile { stacks: self.stacks.into_stacks(), ..self.profile }
    }
}
