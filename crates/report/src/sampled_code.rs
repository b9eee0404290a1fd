//! The addresses that samples name, with what each weighs and the files that hold them.

use std::ops::Range;
use std::sync::Arc;

use hotlist_analyze::{
    Detail, Granularity, NO_GROUP, NodeId, NodeTable, Weight, Weights, weigh, weigh_groups,
};
use hotlist_profile::{Line, LocationId, MappingId, Profile};

use crate::code::{CodeError, MachineFunction, MachineInstruction, MappedFile};
use crate::report::Request;
use crate::source::{SourceError, SourceFile};

/// The addresses of a view, by mapping and address.
pub(crate) struct SampledCode<'v> {
    /// A place for each address; inlined calls are part of it.
    table: NodeTable<'v, 'v>,
    weights: Arc<Weights>,
    /// In the order of their mappings and addresses.
    rows: Vec<SampledAddress>,
}

/// A function of a symbol table with the samples in it.
pub(crate) struct SampledFunction {
    pub(crate) function: MachineFunction,
    /// Its instructions with the rows of the samples at each. Samples at an address in the function where no
    /// instruction is are at one without text.
    pub(crate) instructions: Vec<(MachineInstruction, Vec<usize>)>,
}

/// An address that samples name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SampledAddress {
    pub(crate) address: u64,
    pub(crate) location: LocationId,
    pub(crate) mapping: MappingId,
    node: NodeId,
}

impl<'v> SampledCode<'v> {
    pub(crate) fn of(request: &Request<'v>) -> SampledCode<'v> {
        let detail = Detail {
            granularity: Granularity::Addresses,
            no_inlines: true,
            object_names: true,
            ..request.options.detail
        };
        let table = NodeTable::new(request.view, detail, None);
        let weights = weigh(&table);
        let profile = request.view.profile();
        let mut rows: Vec<SampledAddress> = profile
            .locations
            .ids()
            .filter_map(|location| {
                let &[node] = table.nodes(location) else { return None };
                let found = profile.locations.get(location);
                let (address, mapping) = (found.address, found.mapping?);
                let weighs = !weights.flat(node).is_zero() || !weights.cum(node).is_zero();
                (weighs && address != 0).then_some(SampledAddress { address, location, mapping, node })
            })
            .collect();
        rows.sort_by_key(|row| (row.mapping, row.address, row.location.index()));
        SampledCode { table, weights, rows }
    }

    /// A row.
    pub(crate) fn row(&self, row: usize) -> SampledAddress {
        self.rows[row]
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The rows of a mapping, in the order of their addresses.
    pub(crate) fn rows_of(&self, mapping: MappingId) -> Range<usize> {
        let from = self.rows.partition_point(|row| row.mapping < mapping);
        from..self.rows.partition_point(|row| row.mapping <= mapping)
    }

    /// The rows of the addresses of a mapping that are in `range`.
    pub(crate) fn rows_in(&self, mapping: MappingId, range: &Range<u64>) -> Range<usize> {
        let of_mapping = self.rows_of(mapping);
        let rows = &self.rows[of_mapping.clone()];
        let from = rows.partition_point(|row| row.address < range.start);
        let to = rows.partition_point(|row| row.address < range.end).max(from);
        of_mapping.start + from..of_mapping.start + to
    }

    /// Joins the instructions of a function with the samples in it.
    ///
    /// # Errors
    /// When the instructions are not to be had.
    pub(crate) fn join(
        &self,
        request: &Request<'_>,
        mapping: MappingId,
        mapped: &MappedFile,
        function: MachineFunction,
    ) -> Result<SampledFunction, CodeError> {
        let found =
            request.code.instructions(mapped, function.range.clone(), request.options.intel_syntax)?;
        // What the addresses of the file are more or less than those of the process.
        let shift = found.first().map_or(0, |first| first.file_address.wrapping_sub(first.address));
        let mut is_joined = vec![false; self.rows_in(mapping, &function.range).len()];
        let first = self.rows_in(mapping, &function.range).start;
        let mut instructions: Vec<(MachineInstruction, Vec<usize>)> = found
            .into_iter()
            .map(|instruction| {
                let rows = self.rows_in(mapping, &instruction.addresses());
                for row in rows.clone() {
                    if let Some(joined) = row.checked_sub(first).and_then(|row| is_joined.get_mut(row)) {
                        *joined = true;
                    }
                }
                (instruction, rows.collect())
            })
            .collect();
        let left = (first..).zip(is_joined).filter(|&(_, joined)| !joined).map(|(row, _)| row);
        let mut is_sorted = true;
        for row in left {
            let address = self.rows[row].address;
            match instructions.last_mut() {
                Some((last, rows)) if last.address == address && last.text.is_empty() => rows.push(row),
                _ => {
                    let file_address = address.wrapping_add(shift);
                    let nothing =
                        MachineInstruction { address, file_address, length: 1, ..Default::default() };
                    instructions.push((nothing, vec![row]));
                    is_sorted = false;
                }
            }
        }
        if !is_sorted {
            instructions.sort_by_key(|(instruction, _)| instruction.address);
        }
        Ok(SampledFunction { function, instructions })
    }

    /// Flat and cum of groups of addresses. `groups` holds the rows of each; a stack that meets several
    /// addresses of a group counts once.
    pub(crate) fn weigh(&self, groups: &[Vec<usize>]) -> Vec<(Weight, Weight)> {
        let mut group_of = vec![NO_GROUP; self.table.len()];
        let mut flats = vec![Weight::default(); groups.len()];
        for (number, rows) in groups.iter().enumerate() {
            for &row in rows {
                let node = self.rows[row].node;
                // Several locations may be the same place.
                if group_of[node.index()] != number as u32 {
                    group_of[node.index()] = number as u32;
                    flats[number] += self.weights.flat(node);
                }
            }
        }
        let cums = weigh_groups(&self.table, &group_of, groups.len());
        flats.into_iter().zip(cums).collect()
    }
}

/// Where a file was mapped, in plain words.
pub(crate) fn mapped_file(profile: &Profile, mapping: MappingId) -> MappedFile {
    let mapping = profile.mappings[mapping.index()];
    MappedFile {
        path: profile.lossy(mapping.file).into_owned(),
        build_id: profile.lossy(mapping.build_id).into_owned(),
        start: mapping.start,
        limit: mapping.limit,
        offset: mapping.offset,
    }
}

/// The source file that a profile calls `path`: from where source code is kept, or else from a binary with code of
/// it that brings it along.
pub(crate) fn source_file(request: &Request<'_>, path: &str) -> Result<Arc<SourceFile>, SourceError> {
    request.source.open(path).or_else(|error| {
        let profile = request.view.profile();
        let is_of_path = |line: &Line| profile.lossy(profile.function(line.function).filename) == path;
        let mut mappings: Vec<MappingId> = profile
            .locations
            .ids()
            .filter(|&id| profile.locations.lines(id).iter().any(is_of_path))
            .filter_map(|id| profile.locations.get(id).mapping)
            .collect();
        mappings.sort_unstable();
        mappings.dedup();
        let mut mapped = mappings.into_iter().map(|mapping| mapped_file(profile, mapping));
        mapped.find_map(|mapped| request.code.source(&mapped, path)).ok_or(error)
    })
}

/// The address that `text` is, when it is one: `0x401000`, or a decimal number.
pub(crate) fn parse_address(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None if text.starts_with('+') => None,
        None => text.parse().ok(),
    }
}
