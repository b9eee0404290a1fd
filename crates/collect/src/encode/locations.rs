//! Code addresses as locations with mappings.

use std::collections::HashMap;

use hotlist_profile::{Builder, Function, Line, Location, LocationId, Mapping, MappingId, Symbolized};

use crate::maps::{CodeRange, code_ranges};
use crate::marks;
use crate::symbols::Symbols;

/// Gives every address one location.
pub(super) struct Locations<'a> {
    ranges: Vec<(CodeRange, MappingId)>,
    known: HashMap<u64, LocationId>,
    symbols: Option<&'a mut Symbols>,
}

impl<'a> Locations<'a> {
    /// Writes the mappings. With `symbols` locations have lines too, and their mappings say so.
    pub(super) fn new(builder: &mut Builder, symbols: Option<&'a mut Symbols>) -> Self {
        let has_names = symbols.is_some();
        let ranges = code_ranges()
            .into_iter()
            .map(|range| {
                let mut mapping = Mapping {
                    start: range.start,
                    limit: range.limit,
                    offset: range.offset,
                    file: builder.string(&range.file),
                    build_id: builder.string(&range.build_id),
                    ..Mapping::default()
                };
                if has_names {
                    mapping.has = Symbolized {
                        functions: true,
                        filenames: true,
                        line_numbers: true,
                        inline_frames: true,
                    };
                }
                let id = builder.mapping(mapping);
                (range, id)
            })
            .collect();
        Locations { ranges, known: HashMap::new(), symbols }
    }

    /// The location of an address.
    pub(super) fn of(&mut self, builder: &mut Builder, address: u64) -> LocationId {
        if let Some(&known) = self.known.get(&address) {
            return known;
        }
        let location = if let Some(name) = marks::name(address) {
            let function = builder.named_function(name, "");
            builder.source_location(function, 0)
        } else {
            let mapping = self.ranges.iter().find(|(range, _)| (range.start..range.limit).contains(&address));
            let mapping = mapping.map(|(_, id)| *id);
            let lines = self.lines(builder, address);
            builder.location(Location { mapping, address, ..Location::default() }, &lines)
        };
        self.known.insert(address, location);
        location
    }

    fn lines(&mut self, builder: &mut Builder, address: u64) -> Vec<Line> {
        let Some(symbols) = &mut self.symbols else { return Vec::new() };
        let lines = symbols.lines(address);
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
