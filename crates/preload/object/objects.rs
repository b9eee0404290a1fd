//! Which object an address is of, as the loader knows it, and what readers must know to find its names.

use core::ffi::c_char;
use core::sync::atomic::{AtomicU64, Ordering};

use hotlist_unwind::Section;

use crate::layout::{SEGMENTS, object, record};
use crate::live::Tables;
use crate::next::{LOAD, Segment};
use crate::{file, maps, sys};

/// A mapped object.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// Where its `.eh_frame_hdr` is; 0 where it has none.
    header: u64,
    /// The path of its file; empty for the program itself, if the loader has told.
    name: &'static [u8],
}

/// `struct dl_find_object` of glibc's `dlfcn.h`.
#[repr(C)]
struct FoundByLoader {
    flags: u64,
    start: u64,
    end: u64,
    link_map: *const LinkMap,
    header: u64,
    reserved: [u64; 7],
}

/// The beginning of `struct link_map` of `link.h`.
#[repr(C)]
struct LinkMap {
    base: u64,
    name: *const c_char,
}

type FindObject = unsafe extern "C" fn(*const u8, *mut FoundByLoader) -> i32;

// glibc 2.35 and later have it; a weak reference is zero elsewhere.
core::arch::global_asm!(".weak _dl_find_object");

#[cfg(target_arch = "x86_64")]
fn find_object() -> Option<FindObject> {
    let address: usize;
    // SAFETY: reads an entry that the loader filled in: the address of the function, or zero.
    unsafe {
        core::arch::asm!(
            "mov {}, qword ptr [rip + _dl_find_object@GOTPCREL]",
            out(reg) address,
            options(pure, readonly, nostack, preserves_flags)
        );
        core::mem::transmute::<usize, Option<FindObject>>(address)
    }
}

#[cfg(target_arch = "aarch64")]
fn find_object() -> Option<FindObject> {
    let address: usize;
    // SAFETY: reads an entry that the loader filled in: the address of the function, or zero.
    unsafe {
        core::arch::asm!(
            "adrp {0}, :got:_dl_find_object",
            "ldr {0}, [{0}, :got_lo12:_dl_find_object]",
            out(reg) address,
            options(pure, readonly, nostack, preserves_flags)
        );
        core::mem::transmute::<usize, Option<FindObject>>(address)
    }
}

/// The object that holds `address`. Takes no lock. What it says is true as long as the object is mapped, as one is whose
/// code is on the stack.
pub(crate) fn find(address: u64) -> Option<Found> {
    if let Some(program) = program().filter(|program| (program.start..program.end).contains(&address)) {
        return Some(program);
    }
    match find_object() {
        Some(find) => find_by_loader(find, address),
        None => find_by_kernel(address),
    }
}

fn find_by_loader(find: FindObject, address: u64) -> Option<Found> {
    let mut found = core::mem::MaybeUninit::<FoundByLoader>::zeroed();
    // SAFETY: the function fills in the structure when it answers zero; the address may be any.
    let found =
        unsafe { (find(address as *const u8, found.as_mut_ptr()) == 0).then(|| found.assume_init()) }?;
    // SAFETY: null, or a structure of the loader that lives as long as the object, and its text, which ends with a zero.
    let name = unsafe { found.link_map.as_ref().map_or(&[][..], |map| sys::text(map.name)) };
    Some(Found { start: found.start, end: found.end, header: found.header, name })
}

fn find_by_kernel(address: u64) -> Option<Found> {
    let maps::Mapped { start, end, name } = maps::find(address)?;
    let (base, segments) = segments(start, end)?;
    let loaded = segments.iter().filter(|segment| segment.kind == LOAD);
    let ends = loaded.map(|segment| base.wrapping_add(segment.address).wrapping_add(segment.memory_size));
    let end = ends.max()?;
    let table = segments.iter().find(|segment| segment.kind == TABLE);
    let header = table.map_or(0, |segment| base.wrapping_add(segment.address));
    // What is mapped there now may not be what was.
    let found = Found { start, end, header, name };
    (start..end).contains(&address).then_some(found)
}

/// The kind of the segment with the index of the table of frames.
const TABLE: u32 = 0x6474_e550;

/// What to add to addresses in the file, and the program headers, from the ELF header at the start of the mapping.
fn segments(start: u64, end: u64) -> Option<(u64, &'static [Segment])> {
    const PAGE: u64 = 4096;
    if start == PROGRAM.start.load(Ordering::Acquire) {
        let (at, count) = (&PROGRAM.segments, &PROGRAM.segment_count);
        let (at, count) =
            (at.load(Ordering::Relaxed) as *const Segment, count.load(Ordering::Relaxed) as usize);
        // SAFETY: the kernel has told where they are, and they stay.
        let segments = unsafe { core::slice::from_raw_parts(at, count) };
        return Some((PROGRAM.base.load(Ordering::Relaxed), segments));
    }
    if end.checked_sub(start)? < PAGE {
        return None;
    }
    // SAFETY: the first page of a mapped object is readable, and the header fits in it.
    let header = unsafe { &*(start as *const [u8; 64]) };
    let half = |at: usize| u64::from(u16::from_le_bytes([header[at], header[at + 1]]));
    let table = u64::from_le_bytes(*header[32..].first_chunk()?);
    let is_plain = header[..5] == [0x7f, b'E', b'L', b'F', 2]
        && half(54) == size_of::<Segment>() as u64
        && table.is_multiple_of(8)
        && table.checked_add(half(56) * size_of::<Segment>() as u64)? <= PAGE;
    if !is_plain {
        return None;
    }
    // SAFETY: the table lies in the first page, as was just checked.
    let segments =
        unsafe { core::slice::from_raw_parts((start + table) as *const Segment, half(56) as usize) };
    let first = segments.iter().find(|segment| segment.kind == LOAD)?;
    Some((start.wrapping_sub(first.address & !(PAGE - 1)), segments))
}

/// The program itself. The loader's answers about it are of one segment only where linkers leave gaps between them.
struct Program {
    start: AtomicU64,
    end: AtomicU64,
    base: AtomicU64,
    header: AtomicU64,
    segments: AtomicU64,
    segment_count: AtomicU64,
}

static PROGRAM: Program = Program {
    start: AtomicU64::new(0),
    end: AtomicU64::new(0),
    base: AtomicU64::new(0),
    header: AtomicU64::new(0),
    segments: AtomicU64::new(0),
    segment_count: AtomicU64::new(0),
};

/// Finds out where the program is, before samples are taken.
pub(crate) fn note_program() {
    const SEGMENTS: u64 = 3;
    const SEGMENT_COUNT: u64 = 5;
    const ITSELF: u32 = 6;
    const PAGE: u64 = 4096;
    unsafe extern "C" {
        fn getauxval(kind: u64) -> u64;
    }
    // SAFETY: both only answer numbers.
    let (at, count) = unsafe { (getauxval(SEGMENTS), getauxval(SEGMENT_COUNT)) };
    if at == 0 {
        return;
    }
    // SAFETY: the kernel tells where the program headers are.
    let segments = unsafe { core::slice::from_raw_parts(at as *const Segment, count as usize) };
    let of_kind = |kind: u32| segments.iter().find(move |segment| segment.kind == kind);
    let loaded = || segments.iter().filter(|segment| segment.kind == LOAD);
    // Without an entry of their own they stand behind the header of the file, which is mapped first.
    let Some(first) = loaded().map(|segment| segment.address & !(PAGE - 1)).min() else { return };
    let base = match of_kind(ITSELF) {
        Some(own) => at.wrapping_sub(own.address),
        None => (at & !(PAGE - 1)).wrapping_sub(first),
    };
    let end = loaded().map(|segment| segment.address + segment.memory_size).max().unwrap_or(0);
    let Program { start, .. } = &PROGRAM;
    PROGRAM.end.store(base.wrapping_add(end), Ordering::Relaxed);
    PROGRAM.base.store(base, Ordering::Relaxed);
    let header = of_kind(TABLE).map_or(0, |segment| base.wrapping_add(segment.address));
    PROGRAM.header.store(header, Ordering::Relaxed);
    PROGRAM.segments.store(at, Ordering::Relaxed);
    PROGRAM.segment_count.store(count, Ordering::Relaxed);
    start.store(base.wrapping_add(first), Ordering::Release);
}

/// The program itself.
pub(crate) fn program() -> Option<Found> {
    let start = PROGRAM.start.load(Ordering::Acquire);
    let (end, header) = (PROGRAM.end.load(Ordering::Relaxed), PROGRAM.header.load(Ordering::Relaxed));
    (start != 0).then_some(Found { start, end, header, name: &[] })
}

impl Found {
    /// The loaded segment with the table of frames, and where the table is.
    pub(crate) fn table(&self) -> Option<(Section<'static>, u64)> {
        if self.header == 0 {
            return None;
        }
        let (base, segments) = self.segments()?;
        let mut loaded = segments.iter().filter(|segment| segment.kind == LOAD);
        let (start, end) = loaded.find_map(|segment| {
            let start = base.wrapping_add(segment.address);
            let end = start.checked_add(segment.file_size)?;
            ((start..end).contains(&self.header) && end <= self.end).then_some((start, end))
        })?;
        // SAFETY: a loaded segment, which is never written to and stays while code of the object is on the stack.
        let bytes = unsafe { core::slice::from_raw_parts(start as *const u8, (end - start) as usize) };
        Some((Section { address: start, bytes }, self.header))
    }

    fn segments(&self) -> Option<(u64, &'static [Segment])> {
        segments(self.start, self.end)
    }

    /// Its number in frames. A new one is written down; `overlapped` is called when it lies where another one was.
    pub(crate) fn number(&self, tables: Tables, overlapped: impl FnOnce()) -> u64 {
        let mut hash = self.name.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        hash |= 1;
        let key = [self.start, self.end, self.header, hash];
        tables.object(key, |number| {
            if tables.overlaps(self.start, self.end) {
                overlapped();
            }
            self.write(number);
        })
    }

    fn write(&self, number: u64) {
        const EXECUTABLE: u32 = 1;
        const PAGE: u64 = 4096;
        let name = &self.name[..self.name.len().min(crate::layout::LONGEST_PATH)];
        let words = object::PATH + name.len().div_ceil(8);
        let Some(place) = file::reserve(words) else { return };
        let set = |at: usize, value: u64| {
            if let Some(word) = file::word(place + at) {
                word.store(value, Ordering::Release);
            }
        };
        set(object::NUMBER, number);
        set(object::START, self.start);
        set(object::END, self.end);
        if let Some((base, segments)) = self.segments() {
            let code =
                segments.iter().filter(|segment| segment.kind == LOAD && segment.flags & EXECUTABLE != 0);
            for (count, segment) in code.take(SEGMENTS).enumerate() {
                let start = base.wrapping_add(segment.address);
                let at = object::CODE + 3 * count;
                set(at, start & !(PAGE - 1));
                set(at + 1, start.wrapping_add(segment.memory_size).wrapping_add(PAGE - 1) & !(PAGE - 1));
                set(at + 2, segment.offset & !(PAGE - 1));
            }
            let id = build_id(base, segments, self.end).unwrap_or_default();
            set(object::BUILD_ID_LENGTH, id.len() as u64);
            file::put_bytes(place + object::BUILD_ID, id);
        }
        set(object::PATH_LENGTH, name.len() as u64);
        file::put_bytes(place + object::PATH, name);
        set(0, record::OBJECT | words as u64);
    }
}

/// The GNU build id, of 32 bytes at most.
fn build_id(base: u64, segments: &'static [Segment], end: u64) -> Option<&'static [u8]> {
    const NOTE: u32 = 4;
    const BUILD_ID: u32 = 3;
    for segment in segments.iter().filter(|segment| segment.kind == NOTE) {
        let start = base.wrapping_add(segment.address);
        if start.checked_add(segment.memory_size)? > end {
            continue;
        }
        // SAFETY: a loaded segment of notes.
        let mut notes =
            unsafe { core::slice::from_raw_parts(start as *const u8, segment.memory_size as usize) };
        let alignment = if segment.alignment == 8 { 8 } else { 4 };
        while let Some(head) = notes.first_chunk::<12>() {
            let number = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
            let name = (number(0) as usize).min(notes.len()).next_multiple_of(4);
            let size = (number(4) as usize).min(notes.len());
            let Some(content) = notes.get(12 + name..12 + name + size) else { break };
            if number(8) == BUILD_ID && notes.get(12..16) == Some(b"GNU\0") {
                return content.get(..size.min(32));
            }
            let next = (12 + name + size).next_multiple_of(alignment);
            notes = notes.get(next..).unwrap_or_default();
        }
    }
    None
}
