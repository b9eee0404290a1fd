//! Where the tables are and how they are laid out.

use crate::go::memory::Memory;
use crate::object_file::{Format, ObjectFile};

/// A layout, by the version of Go that brought it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Go12,
    Go116,
    Go118,
    Go120,
}

/// The header, as offsets into the table.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) version: Version,
    /// The virtual address of the table.
    pub(crate) address: u64,
    /// The size of instructions is a multiple of this.
    pub(crate) quantum: u64,
    pub(crate) pointer_size: usize,
    /// The number of functions.
    pub(crate) functions: usize,
    /// The virtual address from which entries count, since Go 1.18.
    pub(crate) text: u64,
    pub(crate) names: usize,
    /// File numbers of compilation units, since Go 1.16.
    pub(crate) units: usize,
    pub(crate) files: usize,
    /// Tables of values by address.
    pub(crate) values: usize,
    /// Pairs of entry and record.
    pub(crate) functab: usize,
    pub(crate) entry_size: usize,
    /// From where the offsets of records count.
    pub(crate) records: usize,
    /// The address of the runtime's description of the program, since Go 1.16, if it was found.
    pub(crate) module: Option<u64>,
}

/// The number of words in the runtime's `moduledata` before its field `text`.
const TEXT_WORD: u64 = 22;

/// The number of words before the length of its field `ftab`.
const FTAB_LENGTH_WORD: u64 = 17;

impl Header {
    pub(crate) fn read(table: &[u8], address: u64, memory: &Memory<'_>) -> Option<Header> {
        let version = version(memory.number(table, 0, 4)? as u32)?;
        let quantum = u64::from(*table.get(6)?);
        let pointer_size = usize::from(*table.get(7)?);
        if !matches!(quantum, 1 | 2 | 4) || !matches!(pointer_size, 4 | 8) {
            return None;
        }
        let raw = |number: usize| memory.number(table, 8 + number * pointer_size, pointer_size);
        let place = |number| usize::try_from(raw(number)?).ok().filter(|&at| at <= table.len());
        let functions = usize::try_from(raw(0)?).ok().filter(|&count| count <= table.len())?;
        let mut header = Header {
            version,
            address,
            quantum,
            pointer_size,
            functions,
            text: 0,
            names: 0,
            units: 0,
            files: 0,
            values: 0,
            functab: 8 + pointer_size,
            entry_size: pointer_size,
            records: 0,
            module: None,
        };
        match version {
            Version::Go12 => {
                // The place of the file table stands behind the functions.
                let end = functions.checked_mul(2)?.checked_add(1)?.checked_mul(pointer_size)?;
                let at = header.functab.checked_add(end)?;
                header.files = usize::try_from(memory.number(table, at, 4)?).ok()?;
            }
            Version::Go116 => {
                header.names = place(2)?;
                header.units = place(3)?;
                header.files = place(4)?;
                header.values = place(5)?;
                header.functab = place(6)?;
                header.records = header.functab;
                header.module = module(&header, memory);
            }
            Version::Go118 | Version::Go120 => {
                header.names = place(3)?;
                header.units = place(4)?;
                header.files = place(5)?;
                header.values = place(6)?;
                header.functab = place(7)?;
                header.records = header.functab;
                header.entry_size = 4;
                header.module = module(&header, memory);
                let text_field = 8 + 2 * pointer_size as u64;
                // New versions of Go leave the field of the header empty.
                header.text = header
                    .module
                    .and_then(|module| {
                        memory.word(module.checked_add(TEXT_WORD * pointer_size as u64)?, pointer_size)
                    })
                    .or_else(|| memory.word(address.checked_add(text_field)?, pointer_size))
                    .filter(|&text| text != 0)
                    .or_else(|| memory.text_section())?;
            }
        }
        Some(header)
    }
}

fn version(magic: u32) -> Option<Version> {
    match magic {
        0xffff_fffb => Some(Version::Go12),
        0xffff_fffa => Some(Version::Go116),
        0xffff_fff0 => Some(Version::Go118),
        0xffff_fff1 => Some(Version::Go120),
        _ => None,
    }
}

/// The table of a file and its virtual address.
pub(crate) fn find(file: &ObjectFile) -> Option<(&[u8], u64)> {
    for name in [".gopclntab", ".data.rel.ro.gopclntab"] {
        if let Some(section) = file.section(name) {
            return Some((file.contents(name).ok()?, section.address));
        }
    }
    if file.format != Format::Pe {
        return None;
    }
    // Windows programs have no section for it: its first eight bytes are distinctive.
    let section = file.section(".rdata")?;
    let bytes = file.contents(".rdata").ok()?;
    let at = bytes.chunks_exact(8).position(|start| {
        matches!(start, [0xf0 | 0xf1 | 0xfa | 0xfb, 0xff, 0xff, 0xff, 0, 0, 1 | 2 | 4, 4 | 8])
    })? * 8;
    Some((&bytes[at..], section.address.checked_add(at as u64)?))
}

/// The runtime's `moduledata`, whose first field points to the table.
fn module(header: &Header, memory: &Memory<'_>) -> Option<u64> {
    let size = header.pointer_size as u64;
    let fits = |address: &u64| {
        let word = |number: u64| memory.word(address.checked_add(number * size)?, header.pointer_size);
        // Names begin at an offset that the header tells, and there is an entry for each function.
        word(1) == header.address.checked_add(header.names as u64)
            && word(FTAB_LENGTH_WORD)
                .is_some_and(|count| count == header.functions as u64 || count == header.functions as u64 + 1)
    };
    memory
        .written(header.address)
        .filter(fits)
        .min()
        .or_else(|| memory.find(header.address, header.pointer_size, &fits))
}
