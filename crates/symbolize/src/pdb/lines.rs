//! The lines of a module's code, its source files, and where inlined functions begin in them (subsections of
//! kind `DEBUG_S_LINES`, `DEBUG_S_FILECHKSMS` and `DEBUG_S_INLINEELINES` in Microsoft's cvinfo.h).

use crate::pdb::cursor::Cursor;
use crate::pdb::module::address;

const LINES: u32 = 0xf2;
const FILES: u32 = 0xf4;
const INLINED: u32 = 0xf6;

/// Lines of code for which no source is to be shown: "always step into" and "never step into".
const NO_LINES: [u32; 2] = [0x00fe_efee, 0x00f0_0f00];

/// A place in a source file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// The place of the file in the list of files.
    pub(crate) file: u32,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// Where a function begins that was inlined somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Inlinee {
    pub(crate) id: u32,
    pub(crate) file: u32,
    pub(crate) line: u32,
}

/// All of this of a module.
#[derive(Debug, Default)]
pub(crate) struct Lines<'a> {
    /// First address, end, and place; sorted.
    rows: Vec<(u64, u64, Row)>,
    files: &'a [u8],
    inlinees: Vec<Inlinee>,
}

impl<'a> Lines<'a> {
    pub(crate) fn read(subsections: &'a [u8], sections: &[u64]) -> Lines<'a> {
        let mut lines = Lines::default();
        let mut cursor = Cursor::new(subsections);
        while let (Some(kind), Some(size)) = (cursor.u32(), cursor.u32()) {
            let Some(content) = cursor.take(size as usize) else { break };
            // What is damaged has no lines.
            let _ = match kind {
                LINES => lines.read_lines(content, sections),
                FILES => {
                    lines.files = content;
                    Some(())
                }
                INLINED => lines.read_inlinees(content),
                _ => Some(()),
            };
            let padding = (size as usize).next_multiple_of(4) - size as usize;
            if cursor.take(padding).is_none() {
                break;
            }
        }
        lines.rows.sort_unstable_by_key(|row| row.0);
        lines.inlinees.sort_unstable_by_key(|inlinee| inlinee.id);
        lines
    }

    fn read_lines(&mut self, content: &[u8], sections: &[u64]) -> Option<()> {
        const HAVE_COLUMNS: u16 = 1;
        let mut cursor = Cursor::new(content);
        let (offset, section, flags, size) = (cursor.u32()?, cursor.u16()?, cursor.u16()?, cursor.u32()?);
        let start = address(sections, section, offset)?;
        let first = self.rows.len();
        while let (Some(file), Some(count), Some(size)) = (cursor.u32(), cursor.u32(), cursor.u32()) {
            let mut block = Cursor::new(cursor.take((size as usize).checked_sub(12)?)?);
            let mut numbers = Cursor::new(block.take((count as usize).checked_mul(8)?)?);
            let mut columns = block;
            while let (Some(offset), Some(bits)) = (numbers.u32(), numbers.u32()) {
                let line = Some(bits & 0x00ff_ffff).filter(|line| !NO_LINES.contains(line)).unwrap_or(0);
                let column = if flags & HAVE_COLUMNS == 0 { None } else { columns.u16() };
                columns.u16();
                let row = Row { file, line, column: u32::from(column.unwrap_or(0)) };
                self.rows.push((start.saturating_add(u64::from(offset)), 0, row));
            }
        }
        // Blocks are by file; each row ends where the next one of the subsection begins.
        let rows = &mut self.rows[first..];
        rows.sort_by_key(|row| row.0);
        let mut end = start.saturating_add(u64::from(size));
        for row in rows.iter_mut().rev() {
            row.1 = end;
            end = row.0;
        }
        Some(())
    }

    fn read_inlinees(&mut self, content: &[u8]) -> Option<()> {
        /// Each row has a list of further files.
        const WITH_FILES: u32 = 1;
        let mut cursor = Cursor::new(content);
        let form = cursor.u32()?;
        while let (Some(id), Some(file), Some(line)) = (cursor.u32(), cursor.u32(), cursor.u32()) {
            self.inlinees.push(Inlinee { id, file, line });
            if form == WITH_FILES {
                let count = cursor.u32()? as usize;
                cursor.take(count.checked_mul(4)?)?;
            }
        }
        Some(())
    }

    /// The place of an address.
    pub(crate) fn at(&self, address: u64) -> Option<Row> {
        let after = self.rows.partition_point(|row| row.0 <= address);
        let &(_, end, row) = self.rows.get(after.checked_sub(1)?)?;
        (address < end).then_some(row)
    }

    /// Where the function of this id begins.
    pub(crate) fn inlinee(&self, id: u32) -> Option<Inlinee> {
        let row = self.inlinees.binary_search_by_key(&id, |inlinee| inlinee.id).ok()?;
        Some(self.inlinees[row])
    }

    /// The path of the file at `place` of the list of files.
    pub(crate) fn file_name<'n>(&self, place: u32, names: &'n [u8]) -> Option<&'n [u8]> {
        let name = Cursor::new(self.files.get(place as usize..)?).u32()?;
        Cursor::new(names.get(name as usize..)?).text()
    }
}
