//! An object file: ELF, Mach-O or PE, as facts that borrow nothing.
//!
//! Parsing reads headers only. Section contents, inflated where they are compressed, and the symbol
//! table are read when first asked for, and kept.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use object::read::macho::{FatArch, MachOFatFile32, MachOFatFile64};
use object::{FileKind, Object, ObjectSection, ObjectSegment};
use thiserror::Error;

use crate::function_bounds::FunctionBounds;
use crate::relocatable;
use crate::store::Bytes;
use crate::symbol_table::SymbolTable;

/// The size of all inflated sections of a file may be this many times the size of the file, plus
/// [`SMALL`]. Debug information shrinks to a third or a fifth; deflate cannot do better than 1032.
const MOST_INFLATION: u64 = 30;

/// Sections of this size are inflated in any case.
const SMALL: u64 = 64 << 20;

/// An object file.
pub struct ObjectFile {
    bytes: Bytes,
    /// Which part of `bytes` it is: fat Mach-O files hold several.
    part: Range<usize>,
    /// The family of the format.
    pub format: Format,
    /// What kind of program it is.
    pub linkage: Linkage,
    /// The processor it is for.
    pub architecture: Architecture,
    /// Whether numbers in it are little endian.
    pub is_little_endian: bool,
    /// Whether addresses have 64 bits.
    pub is_64: bool,
    /// What identifies the build in hexadecimal digits: the GNU build id, the UUID of Mach-O, or the GUID
    /// and age of PE; empty when there is none.
    pub build_id: String,
    /// Loadable segments, in the order of the file.
    pub segments: Vec<Segment>,
    /// Sections, in the order of the file.
    pub sections: Vec<Section>,
    contents: Vec<OnceLock<Result<Box<[u8]>, ObjectError>>>,
    symbols: OnceLock<SymbolTable>,
    bounds: OnceLock<FunctionBounds>,
}

/// A family of formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Linux and most others.
    Elf,
    /// macOS and its relatives.
    MachO,
    /// Windows.
    Pe,
}

/// What kind of program a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linkage {
    /// A program that runs at the addresses in the file.
    Executable,
    /// A library, or a program that runs anywhere.
    Dynamic,
    /// Code that is not linked yet, such as a kernel module.
    Relocatable,
}

/// A kind of processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// 64-bit x86.
    X86_64,
    /// 32-bit x86.
    X86,
    /// 64-bit Arm.
    Aarch64,
    /// 32-bit Arm.
    Arm,
    /// 64-bit RISC-V.
    Riscv64,
    /// 64-bit PowerPC.
    PowerPc64,
    /// Any other.
    Other,
}

/// A part of the file that is loaded into memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Its first virtual address.
    pub address: u64,
    /// Its size in memory.
    pub memory_size: u64,
    /// Where it begins in the file.
    pub file_offset: u64,
    /// Its size in the file.
    pub file_size: u64,
    /// Alignment of the address; 0 and 1 stand for none.
    pub align: u64,
    /// Whether it holds code.
    pub is_executable: bool,
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its name, such as `.text` or `__text`.
    pub name: String,
    /// Its first virtual address; 0 when it is not loaded. Files that are not linked have none; sections get those
    /// of a module that is loaded at 0.
    pub address: u64,
    /// Its size in memory.
    pub size: u64,
    /// Whether it holds code.
    pub is_executable: bool,
    /// Whether it is in memory when the program runs.
    pub is_loaded: bool,
    /// Alignment of its address.
    pub(crate) align: u64,
    stored: Stored,
}

/// Where the contents of a section are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stored {
    Nowhere,
    Plain { offset: u64, size: u64 },
    Compressed { size: u64 },
}

/// Why a file cannot be used.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ObjectError {
    /// The first bytes are none of ours.
    #[error("not an ELF, Mach-O or PE file")]
    Format,
    /// Something in it makes no sense.
    #[error("{0}")]
    Damaged(Cow<'static, str>),
    /// A fat Mach-O file without code for this machine.
    #[error("the fat Mach-O file holds no part")]
    Empty,
    /// A compressed section that says it is larger than we believe.
    #[error("section {name} claims to unpack to {size} bytes")]
    Inflation {
        /// The section.
        name: String,
        /// What it claims.
        size: u64,
    },
}

impl From<object::Error> for ObjectError {
    fn from(error: object::Error) -> Self {
        ObjectError::Damaged(error.to_string().into())
    }
}

impl std::fmt::Debug for ObjectFile {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ObjectFile")
            .field("format", &self.format)
            .field("linkage", &self.linkage)
            .field("architecture", &self.architecture)
            .field("build_id", &self.build_id)
            .finish_non_exhaustive()
    }
}

impl ObjectFile {
    /// Reads the headers of a file.
    ///
    /// # Errors
    /// When it is no object file or its headers are damaged.
    pub fn parse(bytes: Bytes) -> Result<ObjectFile, ObjectError> {
        let data = (*bytes).as_ref();
        let part = match FileKind::parse(data).map_err(|_| ObjectError::Format)? {
            FileKind::MachOFat32 => fat_part(MachOFatFile32::parse(data)?.arches())?,
            FileKind::MachOFat64 => fat_part(MachOFatFile64::parse(data)?.arches())?,
            _ => 0..data.len(),
        };
        let data = data.get(part.clone()).ok_or(ObjectError::Damaged("part outside the file".into()))?;
        let file = object::File::parse(data)?;
        let format = match file.format() {
            object::BinaryFormat::Elf => Format::Elf,
            object::BinaryFormat::MachO => Format::MachO,
            object::BinaryFormat::Pe => Format::Pe,
            _ => return Err(ObjectError::Format),
        };
        let linkage = match file.kind() {
            object::ObjectKind::Executable if format == Format::Elf => Linkage::Executable,
            object::ObjectKind::Relocatable => Linkage::Relocatable,
            object::ObjectKind::Executable | object::ObjectKind::Dynamic => Linkage::Dynamic,
            // The file in a .dSYM bundle has its own kind.
            _ if format == Format::MachO => Linkage::Dynamic,
            _ => return Err(ObjectError::Damaged("neither a program nor a library".into())),
        };
        let mut sections: Vec<Section> = file.sections().map(|section| Section::new(&section)).collect();
        if linkage == Linkage::Relocatable && format == Format::Elf {
            relocatable::lay_out(&mut sections);
        }
        let contents = sections.iter().map(|_| OnceLock::new()).collect();
        let segments = segments(&file);
        let (architecture, build_id) = (architecture(&file), build_id(&file));
        let (is_little_endian, is_64) = (file.is_little_endian(), file.is_64());
        Ok(ObjectFile {
            bytes,
            part,
            format,
            linkage,
            architecture,
            is_little_endian,
            is_64,
            build_id,
            segments,
            sections,
            contents,
            symbols: OnceLock::new(),
            bounds: OnceLock::new(),
        })
    }

    /// All bytes of the file, or of its part for this machine.
    pub fn data(&self) -> &[u8] {
        // `parse` has checked the range.
        &(*self.bytes).as_ref()[self.part.clone()]
    }

    /// The section `name`, for which Mach-O writes `__debug_info` where ELF writes `.debug_info`.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.section_row(name).map(|row| &self.sections[row])
    }

    fn section_row(&self, name: &str) -> Option<usize> {
        let bare = name.strip_prefix('.').unwrap_or(name);
        self.sections.iter().position(|section| match self.format {
            // Before there was a flag for it, compressed sections had other names.
            Format::Elf => {
                section.name == name || section.name.strip_prefix(".z").is_some_and(|rest| rest == bare)
            }
            // Names have at most sixteen bytes there.
            Format::MachO => section
                .name
                .strip_prefix("__")
                .is_some_and(|rest| rest == bare || (rest.len() == 14 && bare.starts_with(rest))),
            Format::Pe => section.name == name,
        })
    }

    /// The contents of a section, inflated; empty when the file does not hold it.
    ///
    /// # Errors
    /// When it lies outside the file or cannot be inflated.
    pub fn contents(&self, name: &str) -> Result<&[u8], ObjectError> {
        let Some(row) = self.section_row(name) else { return Ok(&[]) };
        let plain = |offset, size| {
            let outside = || ObjectError::Damaged(format!("section {name} lies outside the file").into());
            self.file_range(offset, size).ok_or_else(outside)
        };
        let is_relocatable = self.is_relocatable();
        let read = || {
            let mut bytes = match self.sections[row].stored {
                Stored::Compressed { size } => self.inflate(row, size)?,
                Stored::Plain { offset, size } => plain(offset, size)?.into(),
                Stored::Nowhere => Box::default(),
            };
            if is_relocatable {
                relocatable::relocate(self, row, &mut bytes)?;
            }
            Ok(bytes)
        };
        match self.sections[row].stored {
            Stored::Nowhere => Ok(&[]),
            Stored::Plain { offset, size } if !is_relocatable => plain(offset, size),
            _ => match self.contents[row].get_or_init(read) {
                Ok(bytes) => Ok(bytes),
                Err(error) => Err(error.clone()),
            },
        }
    }

    /// Whether its sections have no addresses yet, and its debug information needs relocations.
    pub(crate) fn is_relocatable(&self) -> bool {
        self.linkage == Linkage::Relocatable && self.format == Format::Elf
    }

    /// Where a symbol of this file is.
    pub(crate) fn address_of<'data>(&self, symbol: &impl object::ObjectSymbol<'data>) -> u64 {
        let section = match symbol.section_index() {
            Some(section) if self.is_relocatable() => self.address_of_section(section),
            _ => 0,
        };
        section.wrapping_add(symbol.address())
    }

    /// Where a section of this file is.
    pub(crate) fn address_of_section(&self, index: object::SectionIndex) -> u64 {
        // The numbers of sections count one that is none in ELF, and begin at 1 elsewhere.
        let section = index.0.checked_sub(1).and_then(|row| self.sections.get(row));
        section.map_or(0, |section| section.address)
    }

    fn inflate(&self, row: usize, size: u64) -> Result<Box<[u8]>, ObjectError> {
        let limit = (self.data().len() as u64).saturating_mul(MOST_INFLATION).saturating_add(SMALL);
        if size > limit {
            return Err(ObjectError::Inflation { name: self.sections[row].name.clone(), size });
        }
        let file = object::File::parse(self.data())?;
        let section = file.sections().nth(row).ok_or(ObjectError::Damaged("no such section".into()))?;
        Ok(section.compressed_data()?.decompress()?.into_owned().into_boxed_slice())
    }

    fn file_range(&self, offset: u64, size: u64) -> Option<&[u8]> {
        let start = usize::try_from(offset).ok()?;
        let end = start.checked_add(usize::try_from(size).ok()?)?;
        self.data().get(start..end)
    }

    /// The bytes at the virtual addresses `range`, as far as the file holds them; shorter than asked when
    /// the section or segment ends before.
    pub fn code(&self, range: Range<u64>) -> &[u8] {
        let is_relocatable = self.is_relocatable();
        let sections = self.sections.iter().filter_map(|section| match section.stored {
            Stored::Plain { offset, size }
                if section.is_loaded && (section.address != 0 || is_relocatable) =>
            {
                Some((section.address, offset, size))
            }
            _ => None,
        });
        let segments =
            self.segments.iter().map(|segment| (segment.address, segment.file_offset, segment.file_size));
        sections
            .chain(segments)
            .find_map(|(address, offset, size)| {
                let skip = range.start.checked_sub(address).filter(|&skip| skip < size)?;
                let wanted = range.end.saturating_sub(range.start).min(size - skip);
                self.file_range(offset.checked_add(skip)?, wanted)
            })
            .unwrap_or_default()
    }

    /// The virtual addresses of sections with code, or of segments where there are no sections.
    pub fn code_ranges(&self) -> Vec<Range<u64>> {
        let range = |address: u64, size: u64| address..address.saturating_add(size);
        let mut ranges: Vec<_> = self
            .sections
            .iter()
            .filter(|section| section.is_executable)
            .map(|section| range(section.address, section.size))
            .collect();
        if ranges.is_empty() {
            let code = self.segments.iter().filter(|segment| segment.is_executable);
            ranges = code.map(|segment| range(segment.address, segment.memory_size)).collect();
        }
        ranges.sort_by_key(|range| range.start);
        ranges
    }

    /// Its functions, by the symbol tables of the linker: the full one, or else that of the dynamic linker.
    pub fn symbols(&self) -> &SymbolTable {
        self.symbols.get_or_init(|| SymbolTable::read(self))
    }

    /// Where its functions begin and end by what unwinders know.
    pub(crate) fn function_bounds(&self) -> &FunctionBounds {
        self.bounds.get_or_init(|| FunctionBounds::read(self))
    }

    /// Whether it has headers for code but not the code, as debug files do.
    pub fn is_without_code(&self) -> bool {
        let mut code = self.sections.iter().filter(|section| section.is_executable && section.size > 0);
        self.format == Format::Elf
            && code.clone().next().is_some()
            && code.all(|section| section.stored == Stored::Nowhere)
    }

    /// Whether it holds DWARF.
    pub fn has_debug_info(&self) -> bool {
        self.section(".debug_info").is_some_and(|section| section.stored != Stored::Nowhere)
    }

    /// The library's view of the file, for what is read once and not kept.
    pub(crate) fn view(&self) -> Result<object::File<'_>, ObjectError> {
        Ok(object::File::parse(self.data())?)
    }

    /// The parts shared with others: a clone of the bytes.
    pub fn bytes(&self) -> Bytes {
        Arc::clone(&self.bytes)
    }
}

impl Section {
    fn new<'data>(section: &impl ObjectSection<'data>) -> Section {
        use object::CompressionFormat as Compression;
        let stored = match section.compressed_file_range() {
            Ok(range) if range.format != Compression::None => {
                Stored::Compressed { size: range.uncompressed_size }
            }
            _ => match section.file_range() {
                Some((offset, size)) => Stored::Plain { offset, size },
                None => Stored::Nowhere,
            },
        };
        let (is_executable, is_loaded) = match section.flags() {
            object::SectionFlags::Elf { sh_flags, .. } => {
                let is_loaded = sh_flags.contains(object::elf::SHF_ALLOC);
                (sh_flags.contains(object::elf::SHF_EXECINSTR), is_loaded)
            }
            _ => (section.kind() == object::SectionKind::Text, section.address() != 0),
        };
        Section {
            name: String::from_utf8_lossy(section.name_bytes().unwrap_or_default()).into_owned(),
            address: section.address(),
            size: section.size(),
            is_executable,
            is_loaded,
            align: section.align(),
            stored,
        }
    }
}

fn segments(file: &object::File<'_>) -> Vec<Segment> {
    let segment = |segment: object::Segment<'_, '_>| {
        let (file_offset, file_size) = segment.file_range();
        Segment {
            address: segment.address(),
            memory_size: segment.size(),
            file_offset,
            file_size,
            align: segment.align(),
            is_executable: segment.permissions().executable(),
        }
    };
    file.segments().map(segment).collect()
}

fn architecture(file: &object::File<'_>) -> Architecture {
    match file.architecture() {
        object::Architecture::X86_64 | object::Architecture::X86_64_X32 => Architecture::X86_64,
        object::Architecture::I386 => Architecture::X86,
        object::Architecture::Aarch64 | object::Architecture::Aarch64_Ilp32 => Architecture::Aarch64,
        object::Architecture::Arm => Architecture::Arm,
        object::Architecture::Riscv64 => Architecture::Riscv64,
        object::Architecture::PowerPc64 => Architecture::PowerPc64,
        _ => Architecture::Other,
    }
}

fn build_id(file: &object::File<'_>) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    if let Ok(Some(id)) = file.build_id() {
        return hex(id);
    }
    if let Ok(Some(uuid)) = file.mach_uuid() {
        return hex(&uuid);
    }
    match file.pdb_info() {
        Ok(Some(info)) => format!("{}{:x}", pdb_guid(&info.guid()), info.age()),
        _ => String::new(),
    }
}

/// The GUID of a PE file the way symbol servers write it: the first three numbers are little endian.
pub(crate) fn pdb_guid(guid: &[u8; 16]) -> String {
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    ORDER.iter().map(|&place| format!("{:02x}", guid[place])).collect()
}

/// The part of a fat file for the machine that we run on, or else the first.
fn fat_part(parts: &[impl FatArch]) -> Result<Range<usize>, ObjectError> {
    let native = |part: &&_| match FatArch::architecture(*part) {
        object::Architecture::X86_64 => cfg!(target_arch = "x86_64"),
        object::Architecture::Aarch64 => cfg!(target_arch = "aarch64"),
        _ => false,
    };
    let part = parts.iter().find(native).or(parts.first()).ok_or(ObjectError::Empty)?;
    let (offset, size) = part.file_range();
    let outside = || ObjectError::Damaged("part outside the file".into());
    let start = usize::try_from(offset).map_err(|_| outside())?;
    let end = usize::try_from(size).ok().and_then(|size| start.checked_add(size)).ok_or_else(outside)?;
    Ok(start..end)
}
