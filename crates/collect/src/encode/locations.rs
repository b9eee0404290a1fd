//! Code addresses as locations with mappings.

use std::collections::HashMap;

use hotlist_profile::{Builder, Function, Line, Location, LocationId, Mapping, MappingId, Symbolized};

use crate::maps::{CodeMap, CodeRange};
use crate::symbols::Symbols;
use crate::{libraries, marks};

/// Gives every address one location.
pub(super) struct Locations<'a> {
    code: CodeMap,
    /// The mapping of each range of code.
    mappings: Vec<MappingId>,
    known: HashMap<(Option<MappingId>, u64), LocationId>,
    symbols: Option<&'a mut Symbols>,
}

impl<'a> Locations<'a> {
    /// Writes the mappings that there are now. With `symbols` locations have lines too, and their mappings say so.
    pub(super) fn new(builder: &mut Builder, symbols: Option<&'a mut Symbols>) -> Self {
        let code = CodeMap::now();
        let mut locations = Locations { code, mappings: Vec::new(), known: HashMap::new(), symbols };
        locations.add_mappings(builder);
        locations
    }

    fn add_mappings(&mut self, builder: &mut Builder) {
        for range in &self.code.ranges()[self.mappings.len()..] {
            let CodeRange { start, limit, offset, file, build_id } = range;
            let mut mapping = Mapping {
                start: *start,
                limit: *limit,
                offset: *offset,
                file: builder.string(file),
                build_id: builder.string(build_id),
                ..Mapping::default()
            };
            if self.symbols.is_some() {
                mapping.has =
                    Symbolized { functions: true, filenames: true, line_numbers: true, inline_frames: true };
            }
            self.mappings.push(builder.mapping(mapping));
        }
    }

    /// The location of a frame.
    pub(super) fn of(&mut self, builder: &mut Builder, frame: u64) -> LocationId {
        let range = self.code.find(frame);
        self.add_mappings(builder);
        let mapping = range.map(|range| self.mappings[range]);
        let address = libraries::address(frame);
        if let Some(&known) = self.known.get(&(mapping, address)) {
            return known;
        }
        let location = if let Some(name) = marks::name(address) {
            let function = builder.named_function(name, "");
            builder.source_location(function, 0)
        } else {
            let lines = self.lines(builder, frame);
            builder.location(Location { mapping, address, ..Location::default() }, &lines)
        };
        self.known.insert((mapping, address), location);
        location
    }

    fn lines(&mut self, builder: &mut Builder, frame: u64) -> Vec<Line> {
        let Some(symbols) = &mut self.symbols else { return Vec::new() };
        let lines = symbols.lines(frame);
        lines
            .iter()
            .map(|line| {
                let function = Function {
                    name: builder.string(&line.name),
                    system_name: builder.string(&line.system_name),
                    filename: builder.string(&line.file),
                    ..Function::default()
                };
                let function = builder.function(function);
                Line { function, line: i64::from(line.line), column: 0 }
            })
            .collect()
    }
}
