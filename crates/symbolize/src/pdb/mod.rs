//! PDB: the debug information of Windows programs, in a file beside the program.
//!
//! The format is described by LLVM (<https://llvm.org/docs/PDB/index.html>) and by Microsoft's sources
//! (<https://github.com/microsoft/microsoft-pdb>). A PDB is a small file system of numbered streams. The
//! debug information stream says which module, that is object file, has which code; a module has its
//! procedures with the calls inlined in them, and the lines of its code. Names of inlined functions are records
//! of the id stream, or belong to types.
//!
//! Only modules with addresses are read. Programs that were rearranged after linking (`/OMAP`) are not known.

mod annotations;
mod container;
mod cursor;
mod debug_info;
mod ids;
mod lines;
mod module;

use std::borrow::Cow;

use crate::object_file::{ObjectFile, pdb_guid};
use crate::pdb::container::Container;
use crate::pdb::cursor::Cursor;
use crate::pdb::debug_info::DebugInfo;
use crate::pdb::ids::Ids;
use crate::pdb::module::{Module, Procedure};
use crate::positions::{Frame, Positions};
use crate::store::Bytes;

/// Where the streams that every PDB has are.
const INFO_STREAM: u32 = 1;
const TYPE_STREAM: u32 = 2;
const DEBUG_STREAM: u32 = 3;
const ID_STREAM: u32 = 4;

/// A symbol with the name of a function for the linker.
const S_PUB32: u16 = 0x110e;

/// The most parts of a name; the scopes of a hostile file can form a circle.
const MOST_SCOPES: usize = 16;

/// A PDB file.
pub(crate) struct Pdb {
    bytes: Bytes,
    /// GUID and age, as programs name the PDB that is theirs.
    pub(crate) build_id: String,
}

impl std::fmt::Debug for Pdb {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Pdb").field("build_id", &self.build_id).finish_non_exhaustive()
    }
}

/// Facts about a PDB that all modules need.
struct Shared<'a> {
    /// The stream `/names`: names of source files.
    names: Cow<'a, [u8]>,
    ids: Ids<'a>,
}

impl Pdb {
    /// `None` when it is no PDB.
    pub(crate) fn open(bytes: Bytes) -> Option<Pdb> {
        let data = (*bytes).as_ref();
        let container = Container::open(data)?;
        let info = container.stream(INFO_STREAM)?;
        let mut info = Cursor::new(&info);
        let (_version, _signature, age) = (info.u32()?, info.u32()?, info.u32()?);
        let guid: &[u8; 16] = info.take(16)?.try_into().ok()?;
        // The age in the debug information is the one that linkers write into programs.
        let age = container
            .stream(DEBUG_STREAM)
            .and_then(|stream| Some(DebugInfo::read(&stream)?.age))
            .unwrap_or(age);
        let build_id = format!("{}{age:x}", pdb_guid(guid));
        Some(Pdb { bytes, build_id })
    }

    /// The functions, inlined calls and lines of the sorted virtual `addresses` of `program`.
    pub(crate) fn positions(&self, program: &ObjectFile, addresses: &[u64]) -> Positions {
        let mut positions = Positions::default();
        let mut frames: Vec<Vec<Frame>> = vec![Vec::new(); addresses.len()];
        if self.fill(program, addresses, &mut positions, &mut frames).is_none() {
            positions.damage = Some("a stream of the PDB makes no sense".to_owned());
        }
        for frames in frames {
            positions.push(frames);
        }
        positions
    }

    fn fill(
        &self,
        program: &ObjectFile,
        addresses: &[u64],
        positions: &mut Positions,
        frames: &mut [Vec<Frame>],
    ) -> Option<()> {
        let container = Container::open((*self.bytes).as_ref())?;
        let stream = container.stream(DEBUG_STREAM)?;
        let debug_info = DebugInfo::read(&stream)?;
        let sections: Vec<u64> = program.sections.iter().map(|section| section.address).collect();
        let mut shared = Shared {
            names: names_of_files(&container).unwrap_or_default(),
            ids: Ids::new(&container, ID_STREAM, TYPE_STREAM),
        };
        let modules = debug_info.modules();
        let hit = debug_info.modules_of(addresses, &sections);
        for (number, wanted) in hit.chunk_by(|a, b| a.0 == b.0).map(|rows| (rows[0].0, rows)) {
            let Some(&Some(place)) = modules.get(number) else { continue };
            let Some(stream) = container.stream(place.stream) else { continue };
            let Some(module) = Module::read(&stream, place, &sections) else { continue };
            // Addresses of the module, ascending as all are.
            let rows = wanted.iter().map(|&(_, row)| row);
            for (row, procedure) in module.procedures_at(addresses, rows) {
                frames[row] = explain(&module, &procedure, addresses[row], &mut shared, positions);
            }
        }
        if frames.iter().any(Vec::is_empty) {
            let symbols = container.stream(debug_info.symbols)?;
            by_public_symbols(&symbols, &sections, addresses, positions, frames);
        }
        Some(())
    }
}

/// The frames at an address in `procedure`, the innermost first.
fn explain(
    module: &Module<'_>,
    procedure: &Procedure<'_>,
    address: u64,
    shared: &mut Shared<'_>,
    positions: &mut Positions,
) -> Vec<Frame> {
    let names = &shared.names;
    let file = |offset: Option<u32>, positions: &mut Positions| {
        let name = offset.and_then(|offset| module.lines.file_name(offset, names));
        name.map(|name| positions.strings.intern(name)).unwrap_or_default()
    };
    let mut frames = Vec::new();
    let row = module.lines.at(address);
    frames.push(Frame {
        function: positions.strings.intern(procedure.name),
        file: file(row.map(|row| row.file), positions),
        line: row.map_or(0, |row| row.line),
        column: row.map_or(0, |row| row.column),
        start_line: 0,
    });
    for site in &procedure.sites {
        let inlinee = module.lines.inlinee(site.inlinee);
        let Some(row) = annotations::row_at(site.annotations, procedure, inlinee, address) else { continue };
        let name = shared.ids.name(site.inlinee);
        frames.push(Frame {
            function: positions.strings.intern(&name),
            file: file(inlinee.map(|_| row.file), positions),
            line: row.line,
            column: row.column,
            start_line: 0,
        });
    }
    frames.reverse();
    frames
}

/// The contents of the stream `/names`: strings, to which others refer by their place.
fn names_of_files<'a>(container: &Container<'a>) -> Option<Cow<'a, [u8]>> {
    let info = container.stream(INFO_STREAM)?;
    let mut info = Cursor::new(&info);
    info.take(28)?;
    let size = info.u32()? as usize;
    let strings = info.take(size)?;
    // A hash table, its two sets of bits first.
    let count = info.u32()?;
    info.u32()?;
    for _ in 0..2 {
        let words = info.u32()? as usize;
        info.take(words.checked_mul(4)?)?;
    }
    for _ in 0..count {
        let (key, number) = (info.u32()? as usize, info.u32()?);
        if strings.get(key..).and_then(|rest| Cursor::new(rest).text()) == Some(b"/names") {
            let stream = container.stream(number)?;
            let mut header = Cursor::new(&stream);
            header.take(8)?;
            let size = header.u32()? as usize;
            let range = 12..12usize.checked_add(size)?;
            return match stream {
                Cow::Borrowed(bytes) => Some(Cow::Borrowed(bytes.get(range)?)),
                Cow::Owned(bytes) => Some(Cow::Owned(bytes.get(range)?.to_vec())),
            };
        }
    }
    None
}

/// Functions by the names that the linker knows, for addresses that no module explains.
fn by_public_symbols(
    symbols: &[u8],
    sections: &[u64],
    addresses: &[u64],
    positions: &mut Positions,
    frames: &mut [Vec<Frame>],
) {
    /// Bits of the flags of a symbol: code, and function.
    const CODE: u32 = 3;
    let mut table: Vec<(u64, &[u8])> = Vec::new();
    for (kind, record) in module::records(symbols) {
        let mut record = Cursor::new(record);
        let mut symbol = || {
            let (flags, offset, section) = (record.u32()?, record.u32()?, record.u16()?);
            let name = record.text()?;
            (flags & CODE != 0).then_some((module::address(sections, section, offset)?, name))
        };
        if kind == S_PUB32 {
            table.extend(symbol());
        }
    }
    table.sort_by_key(|row| row.0);
    for (&address, frames) in addresses.iter().zip(frames) {
        let after = table.partition_point(|row| row.0 <= address);
        if frames.is_empty() && after > 0 {
            let function = positions.strings.intern(table[after - 1].1);
            frames.push(Frame { function, ..Frame::default() });
        }
    }
}
