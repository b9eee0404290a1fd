//! Samples whose stacks are names, which is what most formats hold.

use std::collections::HashMap;

use hotlist_profile::{Builder, Function, Label, Line, Location, LocationId, Mapping, MappingId, Profile};
use rustc_hash::FxBuildHasher;

use crate::error::{Malformed, Position};
use crate::read::Limits;

/// A function at some place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) function: &'a [u8],
    pub(crate) file: &'a [u8],
    /// 0 when unknown.
    pub(crate) line: i64,
    /// What it belongs to; empty when unknown.
    pub(crate) module: &'a [u8],
}

/// Makes a profile out of stacks of names.
pub(crate) struct NamedStacks {
    /// Header fields, strings and labels are set here.
    pub(crate) builder: Builder,
    /// Locations with one line.
    locations: HashMap<(Option<MappingId>, Line), LocationId, FxBuildHasher>,
    /// Locations with inlined functions.
    inlined: HashMap<(Option<MappingId>, Vec<Line>), LocationId, FxBuildHasher>,
    modules: HashMap<Vec<u8>, MappingId>,
    /// How much memory the tables may take.
    limit: usize,
    /// How many frames were added since that was looked at.
    unchecked: usize,
}

/// How many frames are added before the memory of the tables is looked at again.
const FRAMES_BETWEEN_CHECKS: usize = 1 << 16;

impl NamedStacks {
    /// No samples yet; they will have these types, each a kind and a unit.
    pub(crate) fn new(sample_types: &[(&str, &str)]) -> Self {
        NamedStacks {
            builder: Builder::new(sample_types),
            locations: HashMap::default(),
            inlined: HashMap::default(),
            modules: HashMap::new(),
            limit: usize::MAX,
            unchecked: 0,
        }
    }

    /// The same, which refuses to add samples when the tables take more memory than `limits` allow.
    pub(crate) fn limited(self, limits: Limits) -> Self {
        NamedStacks { limit: limits.memory(), ..self }
    }

    /// Counts the frames of a stack, and looks at the memory once in a while.
    fn count(&mut self, stack: &[LocationId]) -> Result<(), String> {
        self.unchecked += stack.len() + 1;
        if self.unchecked >= FRAMES_BETWEEN_CHECKS {
            self.unchecked = 0;
            if self.memory() > self.limit {
                return Err(too_large(self.limit));
            }
        }
        Ok(())
    }

    fn memory(&self) -> usize {
        // A location takes about this much in the tables that find it.
        const INDEX: usize = 48;
        self.builder.memory() + (self.locations.len() + self.inlined.len()) * INDEX
    }

    /// The location of `frame`.
    pub(crate) fn location(&mut self, frame: &Frame<'_>) -> LocationId {
        let (mapping, line) = self.place(frame);
        self.location_of(mapping, &[line])
    }

    /// The location of `lines`, the innermost inlined function first.
    pub(crate) fn location_of(&mut self, mapping: Option<MappingId>, lines: &[Line]) -> LocationId {
        let new = || self.builder.location(Location { mapping, ..Location::default() }, lines);
        match lines {
            [line] => *self.locations.entry((mapping, *line)).or_insert_with(new),
            _ => *self.inlined.entry((mapping, lines.to_vec())).or_insert_with(new),
        }
    }

    /// The mapping of `frame`, and the frame as a line of a location.
    pub(crate) fn place(&mut self, frame: &Frame<'_>) -> (Option<MappingId>, Line) {
        let (name, filename) = (self.builder.string(frame.function), self.builder.string(frame.file));
        let function =
            self.builder.function(Function { name, system_name: name, filename, ..Function::default() });
        (self.module(frame.module), Line { function, line: frame.line, column: 0 })
    }

    /// The mapping that stands for the module of this name.
    pub(crate) fn module(&mut self, name: &[u8]) -> Option<MappingId> {
        if name.is_empty() {
            return None;
        }
        if let Some(&known) = self.modules.get(name) {
            return Some(known);
        }
        let file = self.builder.string(name);
        let mut mapping = Mapping { file, ..Mapping::default() };
        mapping.has.functions = true;
        let mapping = self.builder.mapping(mapping);
        self.modules.insert(name.to_vec(), mapping);
        Some(mapping)
    }

    /// Adds values for a stack, the leaf first, to those that it has with the same labels.
    ///
    /// # Errors
    /// Why they cannot be added.
    pub(crate) fn add(
        &mut self,
        stack: &[LocationId],
        labels: &[Label],
        values: &[i64],
    ) -> Result<(), String> {
        self.count(stack)?;
        self.builder.add(stack, labels, values).map(|_| ()).map_err(|error| error.to_string())
    }

    /// As [`add`](Self::add), and notes when it was, where that is known: nanoseconds since the start of the profile.
    ///
    /// # Errors
    /// Why they cannot be added.
    pub(crate) fn add_at(
        &mut self,
        nanos: Option<i64>,
        stack: &[LocationId],
        labels: &[Label],
        values: &[i64],
    ) -> Result<(), String> {
        match nanos {
            None => self.add(stack, labels, values),
            Some(nanos) => {
                self.count(stack)?;
                let added = self.builder.add_at(nanos, stack, labels, values);
                added.map(|_| ()).map_err(|error| error.to_string())
            }
        }
    }

    /// Fails when the tables have become too large.
    pub(crate) fn check_memory(&self, limits: Limits, place: Position) -> Result<(), Malformed> {
        if self.memory() <= limits.memory() {
            return Ok(());
        }
        Err(Malformed::new(place, too_large(limits.memory())))
    }

    /// The profile.
    pub(crate) fn finish(self) -> Profile {
        self.builder.finish()
    }
}

fn too_large(limit: usize) -> String {
    format!("needs more than {limit} bytes of memory; -max_size raises this limit")
}
