//! The name of a function entry. Inlined calls and copies with code refer to the entry that has it.

use std::rc::Rc;

use gimli::{AttributeValue, DebugInfoOffset, UnitOffset};
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use crate::dwarf::{Slice, Unit};

/// How many entries may refer from one to the next; hostile files refer in circles.
const MOST_REFERENCES: usize = 16;

/// How many foreign units are kept; in programs optimized as a whole many refer to few.
const MOST_KEPT: usize = 64;

/// What the entries of a function say.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Described<'a> {
    /// The name for the linker.
    linkage: Option<Slice<'a>>,
    /// The name in the source.
    name: Option<Slice<'a>>,
    /// The line of its declaration; 0 when unknown.
    pub(crate) line: u32,
}

impl<'a> Described<'a> {
    /// The name for the linker, or else that of the source.
    pub(crate) fn best(&self) -> Option<&'a [u8]> {
        self.linkage.or(self.name).map(|name| name.slice()).filter(|name| !name.is_empty())
    }
}

/// Other units that were referred to, by the offset of their header and whether they are in the shared
/// file.
pub(crate) type Foreign<'a> = HashMap<(bool, usize), Option<Rc<Unit<'a>>>, FxBuildHasher>;

/// Where units of a file begin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnitStarts<'u> {
    pub(crate) main: &'u [usize],
    pub(crate) shared: &'u [usize],
}

/// Follows the references of the entry at `entry`.
pub(crate) fn describe<'a>(
    dwarf: &gimli::Dwarf<Slice<'a>>,
    unit: &Unit<'a>,
    entry: UnitOffset<usize>,
    starts: UnitStarts<'_>,
    foreign: &mut Foreign<'a>,
) -> Described<'a> {
    let mut described = Described::default();
    let mut held: Option<(bool, Rc<Unit<'a>>)> = None;
    let mut entry = entry;
    for _ in 0..MOST_REFERENCES {
        let (is_shared, present) = match &held {
            Some((is_shared, unit)) => (*is_shared, &**unit),
            None => (false, unit),
        };
        let home = if is_shared { dwarf.sup().unwrap_or(dwarf) } else { dwarf };
        let next = read(home, present, entry, &mut described);
        if described.linkage.is_some() && described.line != 0 {
            break;
        }
        match next {
            Some(AttributeValue::UnitRef(offset)) => entry = offset,
            Some(AttributeValue::DebugInfoRef(offset)) => {
                let Some((unit, offset)) = unit_at(home, is_shared, offset, starts, foreign) else { break };
                (held, entry) = (Some((is_shared, unit)), offset);
            }
            Some(AttributeValue::DebugInfoRefSup(offset)) => {
                let Some(shared) = dwarf.sup() else { break };
                let Some((unit, offset)) = unit_at(shared, true, offset, starts, foreign) else { break };
                (held, entry) = (Some((true, unit)), offset);
            }
            _ => break,
        }
    }
    described
}

/// Takes what one entry says and returns to which entry it refers.
fn read<'a>(
    dwarf: &gimli::Dwarf<Slice<'a>>,
    unit: &Unit<'a>,
    entry: UnitOffset<usize>,
    described: &mut Described<'a>,
) -> Option<AttributeValue<Slice<'a>>> {
    let mut raw = unit.entries_raw(Some(entry)).ok()?;
    let abbreviation = raw.read_abbreviation().ok()??;
    let mut next = None;
    for &spec in abbreviation.attributes() {
        let attribute = raw.read_attribute(spec).ok()?;
        let text = || dwarf.attr_string(unit, attribute.value()).ok();
        match attribute.name() {
            gimli::DW_AT_linkage_name | gimli::DW_AT_MIPS_linkage_name => {
                described.linkage = described.linkage.or_else(text);
            }
            gimli::DW_AT_name => described.name = described.name.or_else(text),
            gimli::DW_AT_decl_line if described.line == 0 => {
                described.line =
                    attribute.udata_value().and_then(|line| u32::try_from(line).ok()).unwrap_or(0);
            }
            gimli::DW_AT_abstract_origin | gimli::DW_AT_specification => next = Some(attribute.value()),
            _ => {}
        }
    }
    next
}

fn unit_at<'a>(
    dwarf: &gimli::Dwarf<Slice<'a>>,
    is_shared: bool,
    offset: DebugInfoOffset<usize>,
    starts: UnitStarts<'_>,
    foreign: &mut Foreign<'a>,
) -> Option<(Rc<Unit<'a>>, UnitOffset<usize>)> {
    let starts = if is_shared { starts.shared } else { starts.main };
    let start = *starts[..starts.partition_point(|&start| start <= offset.0)].last()?;
    if foreign.len() >= MOST_KEPT && !foreign.contains_key(&(is_shared, start)) {
        foreign.clear();
    }
    let unit = foreign.entry((is_shared, start)).or_insert_with(|| {
        let header = dwarf.unit_header(DebugInfoOffset(start)).ok()?;
        dwarf.unit(header).ok().map(Rc::new)
    });
    let unit = unit.clone()?;
    let place = offset.to_unit_offset(&unit.header)?;
    Some((unit, place))
}
