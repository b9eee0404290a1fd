//! The debug information stream: which modules there are, and which code is whose
//! (<https://llvm.org/docs/PDB/DbiStream.html>).

use crate::pdb::cursor::Cursor;
use crate::pdb::module::address;

/// Versions of the table of contributions; the later one has four more bytes in each row.
const VERSION_60: u32 = 0xf12e_ba2d;
const VERSION_2: u32 = 0xf131_51e4;

/// The size of a row in the first version.
const CONTRIBUTION: usize = 28;

/// What the stream says.
#[derive(Debug)]
pub(crate) struct DebugInfo<'a> {
    /// How often the PDB was written for the same program.
    pub(crate) age: u32,
    /// The stream with symbols of the linker.
    pub(crate) symbols: u32,
    modules: &'a [u8],
    contributions: &'a [u8],
}

/// Where a module is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ModulePlace {
    pub(crate) stream: u32,
    /// Sizes of the parts of its stream: symbols, an old form of lines, lines.
    pub(crate) symbols: usize,
    pub(crate) old_lines: usize,
    pub(crate) lines: usize,
}

impl<'a> DebugInfo<'a> {
    /// `None` when the stream makes no sense.
    pub(crate) fn read(stream: &'a [u8]) -> Option<DebugInfo<'a>> {
        let mut cursor = Cursor::new(stream);
        let (signature, _version, age) = (cursor.u32()?, cursor.u32()?, cursor.u32()?);
        if signature != u32::MAX {
            return None;
        }
        // Streams of global and public symbols are indexes of the one with symbols.
        let _ = (cursor.u16()?, cursor.u16()?, cursor.u16()?, cursor.u16()?);
        let symbols = u32::from(cursor.u16()?);
        cursor.u16()?;
        let (modules, contributions) = (cursor.u32()? as usize, cursor.u32()? as usize);
        cursor.take(32)?;
        Some(DebugInfo {
            age,
            symbols,
            modules: cursor.take(modules)?,
            contributions: cursor.take(contributions)?,
        })
    }

    /// Module and row of each of the sorted `addresses` that belongs to a module, ordered by both.
    pub(crate) fn modules_of(&self, addresses: &[u64], sections: &[u64]) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut cursor = Cursor::new(self.contributions);
        let size = match cursor.u32() {
            Some(VERSION_60) => CONTRIBUTION,
            Some(VERSION_2) => CONTRIBUTION + 4,
            _ => return found,
        };
        for row in cursor.rest().chunks_exact(size) {
            let mut row = Cursor::new(row);
            let mut range = || {
                let (section, _) = (row.u16()?, row.u16()?);
                let (offset, size, _) = (row.u32()?, row.u32()?, row.u32()?);
                let start = address(sections, section, offset)?;
                Some((start..start.saturating_add(u64::from(size)), usize::from(row.u16()?)))
            };
            let Some((range, module)) = range() else { continue };
            let first = addresses.partition_point(|&address| address < range.start);
            let end = addresses.partition_point(|&address| address < range.end);
            // Hostile tables repeat themselves.
            if found.len() > addresses.len().saturating_mul(4) {
                break;
            }
            found.extend((first..end).map(|row| (module, row)));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Where each module is; `None` for those without symbols. The list ends where it makes no sense.
    pub(crate) fn modules(&self) -> Vec<Option<ModulePlace>> {
        let mut cursor = Cursor::new(self.modules);
        std::iter::from_fn(|| next_module(&mut cursor)).collect()
    }
}

fn next_module(cursor: &mut Cursor<'_>) -> Option<Option<ModulePlace>> {
    /// No stream.
    const NONE: u16 = u16::MAX;
    let before = cursor.rest().len();
    cursor.take(4 + CONTRIBUTION + 2)?;
    let stream = cursor.u16()?;
    let (symbols, old_lines, lines) =
        (cursor.u32()? as usize, cursor.u32()? as usize, cursor.u32()? as usize);
    cursor.take(16)?;
    // Its name and that of its object file.
    cursor.text()?;
    cursor.text()?;
    let length = before - cursor.rest().len();
    // The last row may have no padding.
    let padding = (length.next_multiple_of(4) - length).min(cursor.rest().len());
    cursor.take(padding)?;
    let place = ModulePlace { stream: u32::from(stream), symbols, old_lines, lines };
    Some((stream != NONE).then_some(place))
}
