//! Which library an address was sampled in.
//!
//! A library can be unloaded, and another one be loaded where it was; profiles are written long after their samples
//! were taken. So the frames of a stack carry the number of their library beside their address. While code of a
//! library is on a stack the library is there, and the loader says which one it is without a lock (glibc 2.35 and
//! later). With musl, which never unloads a library, and in static programs no library has a number.

#![cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "libraries are not told apart there"))]

use crate::unwind::CodeSegment;

/// Bits of an address in user space; the number of the library is above them.
const ADDRESS_BITS: u32 = 48;

/// The address of a frame, without the number of its library.
pub(crate) fn address(frame: u64) -> u64 {
    frame & ((1 << ADDRESS_BITS) - 1)
}

/// The number of a frame's library, in the bits where frames have it; 0 where it has none.
pub(crate) fn number_bits(frame: u64) -> u64 {
    frame & !((1 << ADDRESS_BITS) - 1)
}

/// A library as it was when code of it was sampled.
#[derive(Debug)]
pub(crate) struct Library {
    /// First address and one past the last.
    span: (u64, u64),
    /// Where its unwind table is.
    header: u64,
    /// What to add to an address in the file to get one in memory.
    pub(crate) base: u64,
    build_id: Bytes<32>,
    name: Bytes<LONGEST_NAME>,
    code: [CodeSegment; CODE_SEGMENTS],
    code_count: usize,
}

/// A library whose name is longer has no number.
const LONGEST_NAME: usize = 256;

/// More segments of code of one library are left out.
const CODE_SEGMENTS: usize = 4;

/// Up to so many bytes.
#[derive(Debug)]
struct Bytes<const MOST: usize> {
    bytes: [u8; MOST],
    length: usize,
}

impl<const MOST: usize> Bytes<MOST> {
    const NONE: Self = Bytes { bytes: [0; MOST], length: 0 };

    /// Keeps what there is room for.
    fn set(&mut self, bytes: &[u8]) {
        self.length = bytes.len().min(MOST);
        self.bytes[..self.length].copy_from_slice(&bytes[..self.length]);
    }

    fn get(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Library {
    const NONE: Library = Library {
        span: (0, 0),
        header: 0,
        base: 0,
        build_id: Bytes::NONE,
        name: Bytes::NONE,
        code: [CodeSegment { start: 0, end: 0, offset: 0 }; CODE_SEGMENTS],
        code_count: 0,
    };

    /// The path of the file as the loader had it.
    pub(crate) fn name(&self) -> &[u8] {
        self.name.get()
    }

    /// The GNU build id; empty when there is none.
    pub(crate) fn build_id(&self) -> &[u8] {
        self.build_id.get()
    }

    /// The segments that hold code.
    pub(crate) fn code(&self) -> &[CodeSegment] {
        &self.code[..self.code_count]
    }
}

#[cfg(target_os = "linux")]
pub(crate) use noted::{library, note, were_too_many};

/// No library has a number on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn note(_frames: &mut [u64]) {}

/// The library of a frame; `None` for the program itself, and where libraries are not told apart.
#[cfg(not(target_os = "linux"))]
pub(crate) fn library(_frame: u64) -> Option<&'static Library> {
    None
}

/// Whether some library has no number for want of room.
#[cfg(not(target_os = "linux"))]
pub(crate) fn were_too_many() -> bool {
    false
}

#[cfg(target_os = "linux")]
mod noted {
    #![allow(unsafe_code)]

    use std::cell::UnsafeCell;
    use std::ffi::CStr;
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use super::{ADDRESS_BITS, CODE_SEGMENTS, LONGEST_NAME, Library};
    use crate::unwind::{CodeSegment, FoundObject, build_id, object_of, program_headers};

    const PAGE: u64 = 4096;

    /// More different libraries than this are not told apart. One that is loaded again where it was is the same.
    const LIBRARIES: usize = 1024;

    /// As many places are looked at for one library.
    const PROBES: usize = 64;

    /// How often a place that another thread is filling is looked at again.
    const PATIENCE: usize = 1000;

    const VACANT: u32 = 0;
    const WRITING: u32 = 1;
    const WHOLE: u32 = 2;

    struct Place {
        state: AtomicU32,
        library: UnsafeCell<Library>,
    }

    // SAFETY: whoever makes the state `WRITING` owns the library until it is `WHOLE`, and after that it never changes.
    unsafe impl Sync for Place {}

    static ALL: [Place; LIBRARIES] =
        [const { Place { state: AtomicU32::new(VACANT), library: UnsafeCell::new(Library::NONE) } };
            LIBRARIES];

    static WERE_TOO_MANY: AtomicBool = AtomicBool::new(false);

    /// The library of a frame; `None` for the program itself, and where libraries are not told apart.
    pub(crate) fn library(frame: u64) -> Option<&'static Library> {
        let place = (frame >> ADDRESS_BITS).checked_sub(1)?;
        let place = ALL.get(place as usize)?;
        // SAFETY: a whole library never changes again.
        (place.state.load(Ordering::Acquire) == WHOLE).then(|| unsafe { &*place.library.get() })
    }

    /// Whether some library has no number for want of room.
    pub(crate) fn were_too_many() -> bool {
        WERE_TOO_MANY.load(Ordering::Relaxed)
    }

    /// Puts the numbers of their libraries into the addresses of a stack that is there now. Allocates nothing and
    /// takes no lock, for signal handlers.
    pub(crate) fn note(frames: &mut [u64]) {
        // Frames of one library follow each other.
        let (mut span, mut number) = (0..0, 0);
        for frame in frames {
            if !span.contains(frame) {
                (span, number) = match object_of(*frame) {
                    Some(object) => {
                        (object.map_start as u64..object.map_end as u64, number_of(&object).unwrap_or(0))
                    }
                    None => (*frame..*frame + 1, 0),
                };
            }
            *frame |= number << ADDRESS_BITS;
        }
    }

    /// The number of a library; `None` for the program, which is never unloaded, and where there is no room.
    fn number_of(object: &FoundObject) -> Option<u64> {
        let name = name_of(object)?;
        let first = ((object.map_start as u64 / PAGE).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as usize;
        for step in 0..PROBES {
            let at = (first + step) % LIBRARIES;
            let place = &ALL[at];
            let mut state = place.state.load(Ordering::Acquire);
            if state == VACANT {
                match place.state.compare_exchange(VACANT, WRITING, Ordering::Acquire, Ordering::Acquire) {
                    Ok(_) => {
                        // SAFETY: this call has made the state `WRITING`.
                        unsafe { fill(&mut *place.library.get(), object, name) };
                        place.state.store(WHOLE, Ordering::Release);
                        return Some(at as u64 + 1);
                    }
                    Err(other) => state = other,
                }
            }
            // Most likely another thread has met the same library. It may also be this thread, interrupted, so the
            // wait has an end; then the library has two numbers, which does no harm.
            for _ in 0..PATIENCE {
                if state == WHOLE {
                    break;
                }
                std::hint::spin_loop();
                state = place.state.load(Ordering::Acquire);
            }
            // SAFETY: a whole library never changes again.
            if state == WHOLE && is(unsafe { &*place.library.get() }, object, name) {
                return Some(at as u64 + 1);
            }
        }
        WERE_TOO_MANY.store(true, Ordering::Relaxed);
        None
    }

    fn is(library: &Library, object: &FoundObject, name: &[u8]) -> bool {
        library.span == (object.map_start as u64, object.map_end as u64)
            && library.header == object.unwind_header as u64
            && library.name.get() == name
            && library.build_id.get() == build_id_of(object)
    }

    fn fill(library: &mut Library, object: &FoundObject, name: &[u8]) {
        library.span = (object.map_start as u64, object.map_end as u64);
        library.header = object.unwind_header as u64;
        library.name.set(name);
        library.build_id.set(build_id_of(object));
        let Some((base, segments)) = program_headers(library.span.0, library.span.1) else { return };
        library.base = base;
        let code = segments
            .iter()
            .filter(|segment| segment.p_type == libc::PT_LOAD && segment.p_flags & libc::PF_X != 0);
        for segment in code.take(CODE_SEGMENTS) {
            let start = base.wrapping_add(segment.p_vaddr);
            let within = start % PAGE;
            library.code[library.code_count] = CodeSegment {
                start: start - within,
                end: start.wrapping_add(segment.p_memsz).wrapping_add(PAGE - 1) & !(PAGE - 1),
                offset: segment.p_offset.wrapping_sub(within),
            };
            library.code_count += 1;
        }
    }

    /// The name of a library; `None` for the program itself, which has none, and for names that are too long.
    fn name_of(object: &FoundObject) -> Option<&'static [u8]> {
        // The public part of `struct link_map` (`link.h`) begins with the difference of addresses and the name.
        // SAFETY: the object is loaded, so its description is there.
        let name = unsafe {
            let name = object.link_map.cast::<*const libc::c_char>().add(1);
            if object.link_map.is_null() || (*name).is_null() {
                return None;
            }
            CStr::from_ptr(*name).to_bytes()
        };
        (1..=LONGEST_NAME).contains(&name.len()).then_some(name)
    }

    /// The build id in the memory of a library; as much of it as is remembered.
    fn build_id_of(object: &FoundObject) -> &'static [u8] {
        let (start, end) = (object.map_start as u64, object.map_end as u64);
        let Some((base, segments)) = program_headers(start, end) else { return &[] };
        let span = |segment: &libc::Elf64_Phdr| {
            let start = base.wrapping_add(segment.p_vaddr);
            (start, start.wrapping_add(segment.p_filesz))
        };
        let notes = segments.iter().filter(|segment| segment.p_type == libc::PT_NOTE).map(span);
        let is_readable = |&(first, last): &(u64, u64)| {
            first <= last
                && segments.iter().any(|segment| {
                    let (start, end) = span(segment);
                    let is_loaded = segment.p_type == libc::PT_LOAD && segment.p_flags & libc::PF_R != 0;
                    is_loaded && start <= first && last <= end
                })
        };
        let id = notes.filter(is_readable).find_map(|(first, last)| {
            // SAFETY: the note lies in a readable segment of a loaded object, as was just checked.
            build_id(unsafe { std::slice::from_raw_parts(first as *const u8, (last - first) as usize) })
        });
        let id = id.unwrap_or_default();
        &id[..id.len().min(32)]
    }

    #[cfg(test)]
    mod tests {
        use super::super::{address, number_bits};
        use super::*;

        #[test]
        fn the_program_has_no_number_and_libraries_keep_theirs() {
            let here = the_program_has_no_number_and_libraries_keep_theirs as *const () as u64;
            let there = libc::getpid as *const () as u64;
            let mut frames = [here, there, there + 1, 1, here + 1];
            note(&mut frames);
            let mut again = [there];
            note(&mut again);
            assert_eq!(frames.map(address), [here, there, there + 1, 1, here + 1]);
            assert_eq!([frames[0], frames[3], frames[4]].map(number_bits), [0, 0, 0]);
            assert_eq!(number_bits(frames[1]), number_bits(frames[2]));
            assert_eq!(frames[1], again[0]);
            if object_of(here).is_none() {
                return hotlist_testkit::skip("the loader does not say which object an address is in");
            }
            let library = library(frames[1]).unwrap();
            assert!(String::from_utf8_lossy(library.name()).contains("libc"), "{library:?}");
            assert!(library.code().iter().any(|code| (code.start..code.end).contains(&there)), "{library:?}");
        }
    }
}
