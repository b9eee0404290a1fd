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
}

impl NamedStacks {
    /// No samples yet; they will have these types, each a kind and a unit.
    pub(crate) fn new(sample_types: &[(&str, &str)]) -> Self {
        NamedStacks {
            builder: Builder::new(sample_types),
            locations: HashMap::default(),
            inlined: HashMap::default(),
            modules: HashMap::new(),
        }
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
        self.builder.add(stack, labels, values).map(|_| ()).map_err(|error| error.to_string())
    }

    /// Fails when the tables have become too large.
    pub(crate) fn check_memory(&self, limits: Limits, place: Position) -> Result<(), Malformed> {
        // A location takes about this much in the tables that find it.
        const INDEX: usize = 48;
        let taken = self.builder.memory() + (self.locations.len() + self.inlined.len()) * INDEX;
        if taken <= limits.memory() {
            return Ok(());
        }
        let limit = limits.memory();
        Err(Malformed::new(
            place,
            format!("needs more than {limit} bytes of memory; -max_size raises this limit"),
        ))
    }

    /// The profile.
    pub(crate) fn finish(self) -> Profile {
        self.builder.finish()
    }
}
