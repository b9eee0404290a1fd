//! Split units: the functions of a unit in a separate `.dwo` file, or in a `.dwp` package (DWARF 5,
//! section 7.3.2, and the form of GCC and clang before it).

use crate::dwarf::unit::Context;
use crate::dwarf::{Slice, Unit, load_dwo};

/// Finds the split unit whose skeleton is `skeleton` and hands it to `work`. `None` when it is not to be had.
pub(crate) fn with<R>(
    context: Context<'_>,
    skeleton: &Unit<'_>,
    id: gimli::DwoId,
    work: impl FnOnce(&gimli::Dwarf<Slice<'_>>, &Unit<'_>) -> R,
) -> Option<R> {
    if let Some(package) = context.package
        && let Ok(Some(dwarf)) = package.find_cu(id, context.dwarf)
    {
        let unit = split_unit(&dwarf, skeleton, id)?;
        return Some(work(&dwarf, &unit));
    }
    let name = context.dwarf.attr_string(skeleton, skeleton.dwo_name().ok()??).ok()?;
    let folder = skeleton.comp_dir.map_or(&b""[..], |folder| folder.slice());
    let file = (context.open_split)(folder, name.slice())?;
    let dwarf = load_dwo(&file, context.dwarf).ok()?;
    let unit = split_unit(&dwarf, skeleton, id)?;
    Some(work(&dwarf, &unit))
}

/// The unit with this id, completed by what its skeleton says.
fn split_unit<'a>(
    dwarf: &gimli::Dwarf<Slice<'a>>,
    skeleton: &Unit<'_>,
    id: gimli::DwoId,
) -> Option<Unit<'a>> {
    let mut headers = dwarf.units();
    while let Ok(Some(header)) = headers.next() {
        let Ok(mut unit) = dwarf.unit(header) else { continue };
        if unit.dwo_id == Some(id) {
            unit.low_pc = skeleton.low_pc;
            unit.addr_base = skeleton.addr_base;
            if unit.header.version() < 5 {
                unit.rnglists_base = skeleton.rnglists_base;
            }
            return Some(unit);
        }
    }
    None
}
