//! An index of the units of a file: which unit an address belongs to.

use std::ops::Range;

use gimli::{AttributeValue, DebugAbbrev, DebugInfoOffset, Reader, Section, UnitHeader, UnitType};

use crate::dwarf::Slice;
use crate::dwarf::leb::leb;
use crate::dwarf::ranges::{Bases, Extent};

/// How many ranges that begin later are looked through for one that holds an address.
const MOST_NESTING: usize = 256;

/// The units of a file and their addresses.
#[derive(Debug, Default)]
pub(crate) struct Units {
    /// The offset of each unit in `.debug_info`, ascending.
    pub(crate) starts: Vec<usize>,
    /// The same for the file that several share.
    pub(crate) shared: Vec<usize>,
    ranges: Vec<UnitRange>,
    /// The largest end of this and all earlier ranges.
    reach: Vec<u64>,
    /// Why the list of units ends early.
    pub(crate) damage: Option<String>,
}

#[derive(Debug, Clone, Copy)]
struct UnitRange {
    begin: u64,
    end: u64,
    unit: u32,
}

impl Units {
    /// Reads the header and the first entry of every unit. Code below `lowest_code` has been thrown away.
    pub(crate) fn read(dwarf: &gimli::Dwarf<Slice<'_>>, lowest_code: u64) -> Units {
        let mut units = Units::default();
        let mut without: Vec<(usize, Root)> = Vec::new();
        let mut headers = dwarf.units();
        loop {
            let header = match headers.next() {
                Ok(Some(header)) => header,
                Ok(None) => break,
                Err(error) => {
                    units.damage = Some(error.to_string());
                    break;
                }
            };
            let Some(DebugInfoOffset(start)) = header.debug_info_offset() else { continue };
            let unit = units.starts.len() as u32;
            units.starts.push(start);
            if matches!(header.type_(), UnitType::Type { .. } | UnitType::SplitType { .. }) {
                continue;
            }
            let ranges = &mut units.ranges;
            let count = ranges.len();
            let root = root(dwarf, &header, |begin, end| {
                if begin >= lowest_code {
                    ranges.push(UnitRange { begin, end, unit });
                }
            });
            if let Some(root) = root.filter(|root| root.tag == gimli::DW_TAG_compile_unit)
                && ranges.len() == count
            {
                without.push((start, root));
            }
        }
        if !without.is_empty() {
            units.add_from_aranges(dwarf, &without, lowest_code);
            units.add_from_lines(dwarf, &without, lowest_code);
        }
        if let Some(shared) = dwarf.sup() {
            let mut headers = shared.units();
            while let Ok(Some(header)) = headers.next() {
                units.shared.extend(header.debug_info_offset().map(|start| start.0));
            }
        }
        units.ranges.sort_unstable_by_key(|range| (range.begin, range.end, range.unit));
        let mut furthest = 0;
        units.reach = units
            .ranges
            .iter()
            .map(|range| {
                furthest = range.end.max(furthest);
                furthest
            })
            .collect();
        units
    }

    /// For units whose first entry names no addresses, `.debug_aranges` may (DWARF 5, section 6.1.2).
    fn add_from_aranges(
        &mut self,
        dwarf: &gimli::Dwarf<Slice<'_>>,
        without: &[(usize, Root)],
        lowest_code: u64,
    ) {
        let mut headers = dwarf.debug_aranges.headers();
        while let Ok(Some(header)) = headers.next() {
            let start = header.debug_info_offset().0;
            if without.binary_search_by_key(&start, |unit| unit.0).is_err() {
                continue;
            }
            let Ok(unit) = self.starts.binary_search(&start) else { continue };
            let mut entries = header.entries();
            while let Ok(Some(entry)) = entries.next() {
                let range = entry.range();
                if range.begin >= lowest_code && range.begin < range.end {
                    self.ranges.push(UnitRange { begin: range.begin, end: range.end, unit: unit as u32 });
                }
            }
        }
    }

    /// For units that name no addresses at all their line programs do, such as those that `perf inject` writes for
    /// code of just-in-time compilers.
    fn add_from_lines(
        &mut self,
        dwarf: &gimli::Dwarf<Slice<'_>>,
        without: &[(usize, Root)],
        lowest_code: u64,
    ) {
        let known: std::collections::HashSet<u32> = self.ranges.iter().map(|range| range.unit).collect();
        // Programs may be said to lie within each other; then each byte is not walked for every one of them.
        let mut budget = dwarf.debug_line.reader().slice().len();
        for (start, root) in without {
            let Ok(unit) = self.starts.binary_search(start) else { continue };
            let Some(lines) = root.lines.filter(|_| !known.contains(&(unit as u32))) else { continue };
            let Ok(program) = dwarf.debug_line.program(lines, root.address_size, None, None) else {
                continue;
            };
            let Some(left) = budget.checked_sub(program.header().unit_length()) else { return };
            budget = left;
            let Ok((_, sequences)) = program.sequences() else { continue };
            let sequences = sequences.iter().filter(|sequence| sequence.start >= lowest_code);
            self.ranges.extend(
                sequences.filter(|sequence| sequence.start < sequence.end).map(|sequence| UnitRange {
                    begin: sequence.start,
                    end: sequence.end,
                    unit: unit as u32,
                }),
            );
        }
    }

    /// Where the range of addresses that holds `start` ends, or else the next one begins.
    pub(crate) fn end_around(&self, start: u64) -> u64 {
        let after = self.ranges.partition_point(|range| range.begin <= start);
        let around = self.ranges[after.saturating_sub(MOST_NESTING)..after].iter();
        let end = around.filter(|range| range.end > start).map(|range| range.end).min();
        let next = self.ranges.get(after).map(|range| range.begin);
        end.or(next).unwrap_or(u64::MAX)
    }

    /// The units that may hold `address`, in the order of the file.
    pub(crate) fn holding(&self, address: u64, found: &mut Vec<u32>) {
        found.clear();
        let after = self.ranges.partition_point(|range| range.begin <= address);
        for row in (after.saturating_sub(MOST_NESTING)..after).rev() {
            if self.reach[row] <= address {
                break;
            }
            if self.ranges[row].end > address {
                found.push(self.ranges[row].unit);
            }
        }
        found.sort_unstable();
        found.dedup();
    }
}

/// What the first entry of a unit says beside its ranges.
struct Root {
    tag: gimli::DwTag,
    /// Its line program.
    lines: Option<gimli::DebugLineOffset<usize>>,
    address_size: u8,
}

/// Reads the first entry of a unit and hands its ranges to `take`.
fn root(
    dwarf: &gimli::Dwarf<Slice<'_>>,
    header: &UnitHeader<Slice<'_>>,
    mut take: impl FnMut(u64, u64),
) -> Option<Root> {
    let encoding = header.encoding();
    // All abbreviations of a unit are many; its first entry needs one, which mostly is the first.
    let first = first_abbreviation(dwarf.debug_abbrev.reader().slice(), header);
    let abbreviations = match &first {
        Some(first) => DebugAbbrev::new(first, dwarf.debug_abbrev.reader().endian())
            .abbreviations(gimli::DebugAbbrevOffset(0))
            .ok()?,
        None => header.abbreviations(&dwarf.debug_abbrev).ok()?,
    };
    let mut raw = header.entries_raw(&abbreviations, None).ok()?;
    let abbreviation = raw.read_abbreviation().ok()??;
    let mut attributes = Vec::with_capacity(abbreviation.attributes().len().min(64));
    for &spec in abbreviation.attributes() {
        attributes.push(raw.read_attribute(spec).ok()?);
    }
    let mut bases = Bases {
        low_pc: 0,
        addr_base: gimli::DebugAddrBase(0),
        rnglists_base: gimli::DebugRngListsBase::default_for_encoding_and_file(encoding, dwarf.file_type),
    };
    // The bases may stand behind what needs them.
    for attribute in &attributes {
        match attribute.value() {
            AttributeValue::DebugAddrBase(base) => bases.addr_base = base,
            // That of GNU is for the split unit, not for this one.
            AttributeValue::DebugRngListsBase(base) if attribute.name() == gimli::DW_AT_rnglists_base => {
                bases.rnglists_base = base;
            }
            _ => {}
        }
    }
    let mut extent = Extent::default();
    for attribute in &attributes {
        extent.take(attribute, dwarf, encoding, bases.addr_base);
    }
    bases.low_pc = extent.low().unwrap_or(0);
    extent.each(dwarf, encoding, bases, &mut take);
    let lines = attributes.iter().find_map(|attribute| match attribute.value() {
        AttributeValue::DebugLineRef(offset) => Some(offset),
        _ => None,
    });
    Some(Root { tag: abbreviation.tag(), lines, address_size: encoding.address_size })
}

/// A table with only the abbreviation of the first entry of a unit, if that comes first in its table.
fn first_abbreviation(section: &[u8], header: &UnitHeader<Slice<'_>>) -> Option<Vec<u8>> {
    let entry = header.range_from(header.root_offset()..).ok()?;
    let table = section.get(header.debug_abbrev_offset().0..)?;
    let mut at = 0;
    let code = number(table, &mut at)?;
    if number(entry.slice(), &mut 0)? != code {
        return None;
    }
    number(table, &mut at)?;
    at += 1;
    loop {
        let (name, form) = (number(table, &mut at)?, number(table, &mut at)?);
        if form == u64::from(gimli::DW_FORM_implicit_const.0) {
            number(table, &mut at)?;
        }
        if name == 0 && form == 0 {
            break;
        }
    }
    let mut one = table.get(Range { start: 0, end: at })?.to_vec();
    one.push(0);
    Some(one)
}

/// The number at `at`, which moves behind it.
fn number(bytes: &[u8], at: &mut usize) -> Option<u64> {
    leb(|| {
        let &byte = bytes.get(*at)?;
        *at += 1;
        Some(byte)
    })
}
