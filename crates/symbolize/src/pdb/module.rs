//! A module: its procedures, and the calls that were inlined in them
//! (<https://llvm.org/docs/PDB/ModiStream.html>).

use std::ops::Range;

use crate::pdb::cursor::Cursor;
use crate::pdb::debug_info::ModulePlace;
use crate::pdb::lines::Lines;

// Kinds of records, as in Microsoft's cvinfo.h.
const S_END: u16 = 0x0006;
const S_THUNK32: u16 = 0x1102;
const S_BLOCK32: u16 = 0x1103;
const S_LPROC32: u16 = 0x110f;
const S_GPROC32: u16 = 0x1110;
const S_LPROC32_ID: u16 = 0x1146;
const S_GPROC32_ID: u16 = 0x1147;
const S_INLINESITE: u16 = 0x114d;
const S_INLINESITE_END: u16 = 0x114e;
const S_PROC_ID_END: u16 = 0x114f;
const S_INLINESITE2: u16 = 0x115d;

/// Inlined calls may be nested so deeply.
const MOST_DEPTH: usize = 128;

/// The symbols and lines of a module.
#[derive(Debug)]
pub(crate) struct Module<'a> {
    symbols: &'a [u8],
    sections: &'a [u64],
    pub(crate) lines: Lines<'a>,
}

/// A procedure with code.
#[derive(Debug, Clone)]
pub(crate) struct Procedure<'a> {
    pub(crate) range: Range<u64>,
    pub(crate) name: &'a [u8],
    /// Inlined calls, each behind the one that it is in.
    pub(crate) sites: Vec<Site<'a>>,
}

/// A call that was inlined.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site<'a> {
    /// The number of the record with its name.
    pub(crate) inlinee: u32,
    /// Where its code is, and on which lines.
    pub(crate) annotations: &'a [u8],
}

impl<'a> Module<'a> {
    pub(crate) fn read(stream: &'a [u8], place: ModulePlace, sections: &'a [u64]) -> Option<Module<'a>> {
        let symbols = stream.get(..place.symbols)?;
        let start = place.symbols.checked_add(place.old_lines)?;
        let lines = stream.get(start..start.checked_add(place.lines)?).unwrap_or_default();
        // In front of the symbols is the number of their version.
        Some(Module { symbols: symbols.get(4..)?, sections, lines: Lines::read(lines, sections) })
    }

    /// The procedure that holds each of the addresses with these `rows`, which ascend.
    pub(crate) fn procedures_at(
        &self,
        addresses: &[u64],
        rows: impl Iterator<Item = usize>,
    ) -> Vec<(usize, Procedure<'a>)> {
        let rows: Vec<usize> = rows.collect();
        let mut found = Vec::new();
        let mut records = records(self.symbols);
        while let Some((kind, record)) = records.next() {
            if !matches!(kind, S_LPROC32 | S_GPROC32 | S_LPROC32_ID | S_GPROC32_ID) {
                continue;
            }
            let Some(mut procedure) = self.procedure(record) else { continue };
            let first = rows.partition_point(|&row| addresses[row] < procedure.range.start);
            let end = rows.partition_point(|&row| addresses[row] < procedure.range.end);
            if first >= end || found.len() > rows.len() {
                continue;
            }
            procedure.sites = sites(records.clone());
            found.extend(rows[first..end].iter().map(|&row| (row, procedure.clone())));
        }
        found
    }

    fn procedure(&self, record: &'a [u8]) -> Option<Procedure<'a>> {
        let mut cursor = Cursor::new(record);
        // The record around it, its end and the one behind it.
        cursor.take(12)?;
        let length = cursor.u32()?;
        // Where its prologue ends and its epilogue begins, and its type.
        cursor.take(12)?;
        let (offset, section, _flags) = (cursor.u32()?, cursor.u16()?, cursor.u8()?);
        let start = address(self.sections, section, offset)?;
        let range = start..start.saturating_add(u64::from(length));
        Some(Procedure { range, name: cursor.text()?, sites: Vec::new() })
    }
}

/// The inlined calls up to the end of the procedure whose records these are.
fn sites<'a>(records: Records<'a>) -> Vec<Site<'a>> {
    let mut sites = Vec::new();
    let mut depth = 0usize;
    for (kind, record) in records {
        match kind {
            S_INLINESITE | S_INLINESITE2 => {
                depth += 1;
                let mut cursor = Cursor::new(record);
                let mut site = || {
                    let (_parent, _end, inlinee) = (cursor.u32()?, cursor.u32()?, cursor.u32()?);
                    if kind == S_INLINESITE2 {
                        cursor.u32()?;
                    }
                    Some(Site { inlinee, annotations: cursor.rest() })
                };
                if depth <= MOST_DEPTH {
                    sites.extend(site());
                }
            }
            S_THUNK32 | S_BLOCK32 => depth += 1,
            S_END | S_INLINESITE_END | S_PROC_ID_END if depth > 0 => depth -= 1,
            S_END | S_PROC_ID_END | S_LPROC32 | S_GPROC32 | S_LPROC32_ID | S_GPROC32_ID => break,
            _ => {}
        }
    }
    sites
}

/// The virtual address of a place in a section; sections are counted from one.
pub(crate) fn address(sections: &[u64], section: u16, offset: u32) -> Option<u64> {
    sections.get(usize::from(section).checked_sub(1)?)?.checked_add(u64::from(offset))
}

/// The records of a list of symbols: kind and content of each.
pub(crate) fn records(symbols: &[u8]) -> Records<'_> {
    Records { rest: Cursor::new(symbols) }
}

/// See [`records`].
#[derive(Debug, Clone)]
pub(crate) struct Records<'a> {
    rest: Cursor<'a>,
}

impl<'a> Iterator for Records<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let length = usize::from(self.rest.u16()?);
        let mut record = Cursor::new(self.rest.take(length)?);
        Some((record.u16()?, record.rest()))
    }
}
