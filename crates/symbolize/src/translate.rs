//! From addresses of a running program to virtual addresses of its file.
//!
//! A profile knows where a file was mapped (start, limit, offset); the file knows at which addresses
//! it was linked. The rules are those of pprof (its package `elfexec`): for programs the difference follows from
//! the segment that was mapped, kernels are recognized by their addresses. Where pprof computes the
//! difference once, from the first address of a mapping, it is computed here for each segment, so that a mapping
//! that covers several segments is right in all of them.

use std::borrow::Cow;
use std::ops::Range;

use thiserror::Error;

use crate::object_file::{Format, Linkage, ObjectFile, Segment};

/// Where a file was mapped, as profiles tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MappedRange<'a> {
    /// First runtime address.
    pub start: u64,
    /// One past the last.
    pub limit: u64,
    /// Where in the file the range begins.
    pub offset: u64,
    /// The symbol from which `perf` counts kernel addresses, `_text` or `_stext`; empty when not known.
    pub relocation_symbol: &'a str,
}

/// From runtime addresses to virtual addresses and back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    /// Runtime address minus virtual address, for runtime addresses in each range.
    pieces: Vec<(Range<u64>, u64)>,
    /// The same for all other addresses.
    rest: Option<u64>,
}

/// Why addresses cannot be translated.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum TranslateError {
    /// No part of the file can have been mapped so.
    #[error("no segment of the file fits the mapping")]
    NoSegment,
    /// A program of fixed addresses that was mapped elsewhere.
    #[error("the file cannot have been mapped at this address")]
    Base,
    /// A module of the kernel that was mapped in parts.
    #[error("a relocatable file with an offset cannot be translated")]
    Relocatable,
}

/// Half of the address space belongs to the kernel.
const KERNEL: u64 = 1 << 63;

/// The kernel's share of the address space on 64-bit PowerPC.
const POWERPC_KERNEL: u64 = 0xc000_0000_0000_0000;

const PAGE: u64 = 4096;

impl Translation {
    /// The translation for a file mapped as `mapped`; `name` is the path of the file.
    ///
    /// # Errors
    /// When the file cannot have been mapped like this.
    pub fn new(
        file: &ObjectFile,
        name: &str,
        mapped: &MappedRange<'_>,
    ) -> Result<Translation, TranslateError> {
        match file.format {
            Format::Elf => elf(file, name, mapped),
            Format::MachO | Format::Pe => {
                // The image base: __TEXT for Mach-O, the preferred address for PE.
                let preferred = preferred_address(file).ok_or(TranslateError::NoSegment)?;
                let whole = mapped.start == 0 && mapped.offset == 0;
                Ok(Translation::constant(if whole { 0 } else { mapped.start.wrapping_sub(preferred) }))
            }
        }
    }

    /// A translation by the same difference everywhere.
    pub fn constant(base: u64) -> Translation {
        Translation { pieces: Vec::new(), rest: Some(base) }
    }

    /// The virtual address that a runtime address stands for; `None` outside of all segments.
    pub fn to_virtual(&self, runtime: u64) -> Option<u64> {
        let piece = self.pieces.iter().find(|(range, _)| range.contains(&runtime));
        piece.map(|&(_, base)| base).or(self.rest).map(|base| runtime.wrapping_sub(base))
    }

    /// The runtime address of a virtual address; `None` when it is not mapped.
    pub fn to_runtime(&self, virtual_address: u64) -> Option<u64> {
        self.pieces
            .iter()
            .map(|(range, base)| (virtual_address.wrapping_add(*base), range))
            .find(|(runtime, range)| range.contains(runtime))
            .map(|(runtime, _)| runtime)
            .or_else(|| self.rest.map(|base| virtual_address.wrapping_add(base)))
    }
}

fn preferred_address(file: &ObjectFile) -> Option<u64> {
    match file.format {
        Format::Pe => Some(file.view().ok().map(|view| object::Object::relative_address_base(&view))?),
        _ => file
            .segments
            .iter()
            .find(|segment| segment.is_executable)
            .or(file.segments.first())
            .map(|segment| segment.address),
    }
}

fn elf(file: &ObjectFile, name: &str, mapped: &MappedRange<'_>) -> Result<Translation, TranslateError> {
    let &MappedRange { start, limit, offset, .. } = mapped;
    // Some tools write one mapping for everything; the addresses are then those of the file already.
    if start == 0 && offset == 0 && (limit == 0 || limit == u64::MAX) {
        return Ok(Translation::constant(0));
    }
    let stext = kernel_symbol(file, name, mapped);
    let is_kernel = stext.is_some() || start >= limit || limit >= KERNEL;
    if is_kernel || file.segments.is_empty() || file.linkage == Linkage::Relocatable {
        let segment = if is_kernel { text_segment(file) } else { None };
        return base(file.linkage, segment, stext, mapped).map(Translation::constant);
    }
    let segments = if file.is_without_code() {
        Cow::Owned(restored(&file.segments))
    } else {
        Cow::Borrowed(&*file.segments)
    };
    if let Some(base) = whole_file(&segments, mapped) {
        return Ok(Translation::constant(base));
    }
    let candidates = mapped_segments(&segments, offset, limit - start);
    match candidates.as_slice() {
        [] => Err(TranslateError::NoSegment),
        [only] => base(file.linkage, Some(only), stext, mapped).map(Translation::constant),
        several => {
            // Code first: small segments may share a page.
            let (code, data): (Vec<&Segment>, _) = several.iter().partition(|segment| segment.is_executable);
            let mut pieces = Vec::new();
            for segment in code.into_iter().chain(data) {
                // Where the segment is at run time, by its place in the file.
                let first = start.wrapping_add(segment.file_offset.saturating_sub(offset));
                let skipped = offset.saturating_sub(segment.file_offset);
                let end = first.saturating_add(segment.memory_size.saturating_sub(skipped)).min(limit);
                pieces.push((first..end, base(file.linkage, Some(segment), stext, mapped)?));
            }
            Ok(Translation { pieces, rest: None })
        }
    }
}

/// The segments of a debug file as they were in the binary. Their places in the file were not kept; linkers put
/// each segment behind the one before, at the next place with the same offset in its page as its address has.
fn restored(segments: &[Segment]) -> Vec<Segment> {
    let mut next = 0u64;
    let restore = |segment: &Segment| {
        let page = if segment.align.is_power_of_two() { segment.align.max(PAGE) } else { PAGE };
        let file_offset = next.saturating_add(segment.address.wrapping_sub(next) % page);
        next = file_offset.saturating_add(segment.memory_size);
        Segment { file_offset, file_size: segment.memory_size, ..*segment }
    };
    segments.iter().map(restore).collect()
}

/// The address of the symbol that kernels are counted from, for files that may be kernels.
fn kernel_symbol(file: &ObjectFile, name: &str, mapped: &MappedRange<'_>) -> Option<u64> {
    let aligned = |address: u64| address.is_multiple_of(PAGE);
    let ordinary = aligned(mapped.start) && aligned(mapped.limit) && aligned(mapped.offset);
    if !name.contains("vmlinux") && ordinary {
        return None;
    }
    let wanted = if mapped.relocation_symbol.is_empty() { "_stext" } else { mapped.relocation_symbol };
    let symbols = file.symbols();
    symbols.rows().iter().find(|symbol| symbol.name(file) == wanted.as_bytes()).map(|symbol| symbol.address)
}

/// The segment that holds `.text`.
fn text_segment(file: &ObjectFile) -> Option<&Segment> {
    let text = file.section(".text")?;
    file.segments.iter().find(|segment| {
        segment.is_executable
            && text.address.checked_sub(segment.address).is_some_and(|skip| skip < segment.memory_size)
    })
}

/// The base of a mapping that covers all code as the loader lays it out, which some collectors write in place of
/// one for each segment. In such a mapping places follow the addresses of the file, not the offsets.
fn whole_file(segments: &[Segment], mapped: &MappedRange<'_>) -> Option<u64> {
    let first =
        segments.iter().filter(|segment| segment.file_size > 0).min_by_key(|segment| segment.address)?;
    let code = segments.iter().filter(|segment| segment.is_executable);
    let code_end = code.map(|segment| segment.address.saturating_add(segment.memory_size)).max()?;
    let lowest = first.address - first.address % PAGE;
    let size = code_end.checked_sub(lowest)?.checked_next_multiple_of(PAGE)?;
    let from_start = mapped.offset == first.file_offset - first.file_offset % PAGE;
    (from_start && mapped.limit - mapped.start >= size).then(|| mapped.start.wrapping_sub(lowest))
}

/// The segments that a mapping of `size` bytes from `offset` of the file can come from.
fn mapped_segments(segments: &[Segment], offset: u64, size: u64) -> Vec<&Segment> {
    let end = offset.saturating_add(size);
    let fits = |segment: &&Segment| {
        // Offsets of empty segments mean nothing.
        if segment.file_size == 0 {
            return false;
        }
        let segment_end = segment.file_offset.saturating_add(segment.memory_size);
        if offset >= segment_end || segment.file_offset >= end {
            return false;
        }
        // A mapping begins at the page of its segment; one that begins before is of another segment.
        let into_page = segment.address & segment.align.saturating_sub(1);
        if offset < segment.file_offset.saturating_sub(into_page) {
            return false;
        }
        // A mapping of the last page of a segment that goes on behind it is of the next segment.
        let last_page = offset > segment.file_offset && segment_end < offset.saturating_add(PAGE);
        !(last_page && end >= segment_end.saturating_add(PAGE))
    };
    segments.iter().filter(fits).collect()
}

/// Runtime address minus virtual address.
fn base(
    linkage: Linkage,
    segment: Option<&Segment>,
    stext: Option<u64>,
    mapped: &MappedRange<'_>,
) -> Result<u64, TranslateError> {
    let &MappedRange { start, limit, offset, .. } = mapped;
    let Some(segment) = segment else {
        return match linkage {
            Linkage::Executable => Ok(0),
            Linkage::Dynamic => Ok(start.wrapping_sub(offset)),
            Linkage::Relocatable if offset == 0 => Ok(start),
            Linkage::Relocatable => Err(TranslateError::Relocatable),
        };
    };
    // An address x is at x - start + offset in the file, and that is file_offset - address further on.
    let by_offset =
        start.wrapping_sub(offset).wrapping_add(segment.file_offset).wrapping_sub(segment.address);
    match linkage {
        Linkage::Executable if stext.is_none() && start > 0 && start < KERNEL => Ok(by_offset),
        Linkage::Executable => match kernel_base(segment, stext, mapped) {
            Some(base) => Ok(base),
            None if start == 0 && limit != 0 && stext.is_none() => Ok(start.wrapping_sub(segment.address)),
            None => Err(TranslateError::Base),
        },
        Linkage::Dynamic => Ok(kernel_base(segment, stext, mapped).unwrap_or(by_offset)),
        Linkage::Relocatable => Ok(start),
    }
}

/// The base for mappings that look like those of a kernel.
fn kernel_base(segment: &Segment, stext: Option<u64>, mapped: &MappedRange<'_>) -> Option<u64> {
    let &MappedRange { start, limit, offset, .. } = mapped;
    if segment.address == start.wrapping_sub(offset) {
        return Some(offset);
    }
    let at_symbol = stext.map(|stext| start.wrapping_sub(stext));
    let same_page_offset = stext.is_some_and(|stext| stext % PAGE == start % PAGE);
    // ChromeOS shows its kernel at address 0.
    if start == 0 && limit != 0 && at_symbol.is_some() {
        return at_symbol;
    }
    if start >= KERNEL && limit > start && (offset == 0 || offset == POWERPC_KERNEL || offset == start) {
        return if same_page_offset { at_symbol } else { Some(start.wrapping_sub(segment.address)) };
    }
    // ChromeOS again, at the offset of the symbol in its page.
    if !start.is_multiple_of(PAGE) && same_page_offset { at_symbol } else { None }
}
