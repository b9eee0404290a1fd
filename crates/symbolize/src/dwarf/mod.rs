//! DWARF: which function, file and line an address belongs to, and through which inlined calls.
//!
//! Only what the addresses need is read. An index of the units' address ranges comes first; then each
//! unit that is hit is walked once, for all of its addresses together: its entries for functions and inlined
//! calls, its line program for lines. No table of a unit is built or kept.

mod leb;
mod lines;
mod names;
mod ranges;
mod scan;
mod scopes;
mod source_path;
mod sources;
mod split;
mod unit;
mod units;

use gimli::{EndianSlice, RunTimeEndian, SectionId};

use crate::object_file::{ObjectError, ObjectFile};

pub(crate) use sources::source;
pub(crate) use unit::{Answers, Context, Span, Worker};
pub(crate) use units::Units;

pub(crate) type Slice<'a> = EndianSlice<'a, RunTimeEndian>;
pub(crate) type Unit<'a> = gimli::Unit<Slice<'a>>;

/// The DWARF of a file, perhaps with a second file that several share (`dwz`).
pub(crate) fn load<'a>(
    file: &'a ObjectFile,
    shared: Option<&'a ObjectFile>,
) -> Result<gimli::Dwarf<Slice<'a>>, ObjectError> {
    let mut dwarf = gimli::Dwarf::load(|id| section(file, id.name()))?;
    if let Some(shared) = shared {
        dwarf.load_sup(|id| section(shared, id.name()))?;
    }
    Ok(dwarf)
}

/// The DWARF of a `.dwo` file, whose skeleton is in `parent`.
pub(crate) fn load_dwo<'a>(
    file: &'a ObjectFile,
    parent: &gimli::Dwarf<Slice<'a>>,
) -> Result<gimli::Dwarf<Slice<'a>>, ObjectError> {
    let mut dwarf = gimli::Dwarf::load(|id| dwo_section(file, id))?;
    dwarf.make_dwo(parent);
    Ok(dwarf)
}

/// A package of `.dwo` files.
pub(crate) fn load_package(file: &ObjectFile) -> Result<gimli::DwarfPackage<Slice<'_>>, gimli::Error> {
    let read = |id| Ok(dwo_section(file, id).unwrap_or_else(|_| Slice::new(&[], endian(file))));
    gimli::DwarfPackage::load(read, Slice::new(&[], endian(file)))
}

fn dwo_section(file: &ObjectFile, id: SectionId) -> Result<Slice<'_>, ObjectError> {
    match id.dwo_name() {
        Some(name) => section(file, name),
        None => Ok(Slice::new(&[], endian(file))),
    }
}

pub(crate) fn section<'a>(file: &'a ObjectFile, name: &str) -> Result<Slice<'a>, ObjectError> {
    Ok(Slice::new(file.contents(name)?, endian(file)))
}

fn endian(file: &ObjectFile) -> RunTimeEndian {
    if file.is_little_endian { RunTimeEndian::Little } else { RunTimeEndian::Big }
}
