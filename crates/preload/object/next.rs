//! The allocator that the program would have without us: the functions of the first library behind this object.
//!
//! `dlsym(RTLD_NEXT, …)` would say the same, but it allocates, and before glibc 2.34 programs need not have it. The
//! symbol tables of loaded libraries are read instead, as the loader reads them.

use core::ffi::{c_char, c_int, c_void};
use core::sync::atomic::{AtomicPtr, Ordering};

/// What a function is called, and where its address is kept.
struct Place {
    name: &'static [u8],
    at: &'static AtomicPtr<()>,
}

/// For each function its address, which is that of one that looks for all of them until they are known: so nobody has to
/// ask whether they are.
macro_rules! next {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)*) => {
        mod first {
            use super::*;

            $(
                pub(super) unsafe extern "C" fn $name($($argument: $kind),*) -> $answer {
                    find_all();
                    // SAFETY: the caller's.
                    unsafe { super::$name()($($argument),*) }
                }
            )*
        }

        mod place {
            use super::*;

            $(
                #[allow(non_upper_case_globals, reason = "they are called as the functions are")]
                pub(super) static $name: AtomicPtr<()> = AtomicPtr::new(first::$name as *mut ());
            )*
        }

        $(
            #[inline(always)]
            pub(crate) fn $name() -> unsafe extern "C" fn($($kind),*) -> $answer {
                let known = place::$name.load(Ordering::Relaxed);
                // SAFETY: the address of the function with this name in a library, or above, which both have this type.
                unsafe { core::mem::transmute::<*mut (), unsafe extern "C" fn($($kind),*) -> $answer>(known) }
            }
        )*

        const PLACES: &[Place] = &[$(Place { name: stringify!($name).as_bytes(), at: &place::$name }),*];
    };
}

next! {
    malloc(size: usize) -> *mut u8;
    free(block: *mut u8) -> ();
    calloc(count: usize, size: usize) -> *mut u8;
    realloc(block: *mut u8, size: usize) -> *mut u8;
    memalign(alignment: usize, size: usize) -> *mut u8;
    aligned_alloc(alignment: usize, size: usize) -> *mut u8;
    posix_memalign(into: *mut *mut u8, alignment: usize, size: usize) -> c_int;
    valloc(size: usize) -> *mut u8;
}

/// A function of this object that has no name outside. The address of one that has may be that of a stub in the program.
const OWN: unsafe extern "C" fn(*const ObjectInfo, usize, *mut c_void) -> c_int = visit;

/// Finds all functions. A second thread may look at the same time, and finds the same.
#[cold]
#[inline(never)]
fn find_all() {
    let search = search();
    let is_found = |name: &[u8]| {
        PLACES.iter().zip(0..).any(|(place, bit)| place.name == name && search.found >> bit & 1 != 0)
    };
    // Libraries that lack one have another of its kind.
    for (missing, place, instead) in [
        (&b"memalign"[..], &place::memalign, &place::aligned_alloc),
        (b"aligned_alloc", &place::aligned_alloc, &place::memalign),
    ] {
        if !is_found(missing) {
            place.store(instead.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }
    if !is_found(b"valloc") {
        place::valloc.store(whole_pages as *mut (), Ordering::Relaxed);
    }
    if [&b"malloc"[..], b"free", b"calloc", b"realloc", b"posix_memalign"].iter().any(|name| !is_found(name))
        || !(is_found(b"memalign") || is_found(b"aligned_alloc"))
    {
        crate::sys::end();
    }
}

/// A block of whole pages.
unsafe extern "C" fn whole_pages(size: usize) -> *mut u8 {
    const PAGE: usize = 4096;
    // SAFETY: any size may be asked for.
    unsafe { memalign()(PAGE, size.saturating_add(PAGE - 1) & !(PAGE - 1)) }
}

fn search() -> Search {
    let mut search =
        Search { is_behind: false, own: OWN as usize, before: false, found: 0, can_align: false };
    // SAFETY: the function is called with the structure that it expects, for as long as this call lasts.
    unsafe { dl_iterate_phdr(visit, (&raw mut search).cast()) };
    search
}

/// Whether samples can be taken: not where an object in front of this one has a `malloc` of its own, so that nobody comes
/// here, nor where the next one has no aligned blocks.
pub(crate) fn is_of_use() -> bool {
    let search = search();
    !search.before && search.can_align
}

struct Search {
    /// Whether this object has come already.
    is_behind: bool,
    /// An address in this object.
    own: usize,
    /// Whether an object in front of this one has a `malloc`.
    before: bool,
    /// A bit for each function that was found.
    found: u32,
    /// Whether the object with `malloc` has a function for aligned blocks, too. Those of another allocator could not be
    /// given to its `free`.
    can_align: bool,
}

/// `struct dl_phdr_info` of `link.h`, as far as it is used.
#[repr(C)]
struct ObjectInfo {
    base: usize,
    name: *const c_char,
    segments: *const Segment,
    segment_count: u16,
}

/// `Elf64_Phdr`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Segment {
    pub(crate) kind: u32,
    pub(crate) flags: u32,
    pub(crate) offset: u64,
    pub(crate) address: u64,
    pub(crate) physical: u64,
    pub(crate) file_size: u64,
    pub(crate) memory_size: u64,
    pub(crate) alignment: u64,
}

pub(crate) const LOAD: u32 = 1;
const DYNAMIC: u32 = 2;

unsafe extern "C" {
    fn dl_iterate_phdr(
        visit: unsafe extern "C" fn(*const ObjectInfo, usize, *mut c_void) -> c_int,
        data: *mut c_void,
    ) -> c_int;
}

unsafe extern "C" fn visit(info: *const ObjectInfo, _size: usize, search: *mut c_void) -> c_int {
    // SAFETY: the loader passes one, and the search is the one that was handed over.
    let (info, search) = unsafe { (&*info, &mut *search.cast::<Search>()) };
    if info.segments.is_null() {
        return 0;
    }
    // SAFETY: the program headers of a loaded object.
    let segments = unsafe { core::slice::from_raw_parts(info.segments, usize::from(info.segment_count)) };
    let is_own = segments.iter().filter(|segment| segment.kind == LOAD).any(|segment| {
        let start = info.base.wrapping_add(segment.address as usize);
        (start..start.wrapping_add(segment.memory_size as usize)).contains(&search.own)
    });
    if is_own {
        search.is_behind = true;
        return 0;
    }
    let Some(dynamic) = segments.iter().find(|segment| segment.kind == DYNAMIC) else { return 0 };
    // SAFETY: the loaded dynamic section of this object.
    let Some(symbols) = (unsafe { Symbols::of(info.base, dynamic.address as usize) }) else { return 0 };
    if !search.is_behind {
        // SAFETY: the tables are those of a loaded object.
        search.before |= unsafe { symbols.find(b"malloc") } != 0;
        return 0;
    }
    for (place, bit) in PLACES.iter().zip(0..) {
        if search.found >> bit & 1 == 0 {
            // SAFETY: the tables are those of a loaded object.
            let found = unsafe { symbols.find(place.name) };
            if found != 0 {
                if place.name == b"malloc" {
                    let aligned = [&b"memalign"[..], b"aligned_alloc"];
                    // SAFETY: as above.
                    search.can_align = aligned.iter().any(|name| unsafe { symbols.find(name) } != 0);
                }
                place.at.store(found as *mut (), Ordering::Relaxed);
                search.found |= 1 << bit;
            }
        }
    }
    0
}

/// The table of symbols of a loaded object with its hash table (System V ABI, chapter 5; GNU's is described in
/// <https://sourceware.org/legacy-ml/binutils/2006-10/msg00377.html>).
struct Symbols {
    base: usize,
    names: usize,
    symbols: usize,
    gnu_hash: usize,
    hash: usize,
}

/// `Elf64_Sym`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Symbol {
    name: u32,
    info: u8,
    other: u8,
    section: u16,
    value: u64,
    size: u64,
}

impl Symbols {
    /// # Safety
    /// `base` and `dynamic` are those of a loaded object.
    unsafe fn of(base: usize, dynamic: usize) -> Option<Symbols> {
        const HASH: u64 = 4;
        const NAMES: u64 = 5;
        const SYMBOLS: u64 = 6;
        const GNU_HASH: u64 = 0x6fff_fef5;
        let mut found = Symbols { base, names: 0, symbols: 0, gnu_hash: 0, hash: 0 };
        let mut entry = base.wrapping_add(dynamic) as *const [u64; 2];
        loop {
            // SAFETY: the section ends with an entry of kind 0.
            let [kind, value] = unsafe { entry.read() };
            // glibc has added the base already, other loaders and the kernel's object have not.
            let address = value as usize;
            let address = if address < base { address.wrapping_add(base) } else { address };
            match kind {
                0 => break,
                HASH => found.hash = address,
                NAMES => found.names = address,
                SYMBOLS => found.symbols = address,
                GNU_HASH => found.gnu_hash = address,
                _ => {}
            }
            // SAFETY: it was not the last one.
            entry = unsafe { entry.add(1) };
        }
        let is_complete = found.names != 0 && found.symbols != 0 && (found.gnu_hash != 0 || found.hash != 0);
        is_complete.then_some(found)
    }

    /// The address of a function that this object has; 0 when it has none of this name.
    ///
    /// # Safety
    /// The tables are those of a loaded object.
    unsafe fn find(&self, name: &[u8]) -> usize {
        // SAFETY: the caller's.
        unsafe { if self.gnu_hash != 0 { self.find_gnu(name) } else { self.find_plain(name) } }
    }

    unsafe fn find_gnu(&self, name: &[u8]) -> usize {
        let hash =
            name.iter().fold(5381_u32, |hash, &byte| hash.wrapping_mul(33).wrapping_add(u32::from(byte)));
        let words = self.gnu_hash as *const u32;
        // SAFETY: the head of the table, a filter of 64-bit words, buckets and chains, as the linker wrote them.
        unsafe {
            let (buckets, first, filter) = (words.read(), words.add(1).read(), words.add(2).read());
            if buckets == 0 {
                return 0;
            }
            let bucket = words.add(4 + 2 * filter as usize);
            let chain = bucket.add(buckets as usize);
            let mut index = bucket.add((hash % buckets) as usize).read();
            if index < first {
                return 0;
            }
            loop {
                let entry = chain.add((index - first) as usize).read();
                if entry | 1 == hash | 1 {
                    let value = self.value(index, name);
                    if value != 0 {
                        return value;
                    }
                }
                if entry & 1 != 0 {
                    return 0;
                }
                index += 1;
            }
        }
    }

    unsafe fn find_plain(&self, name: &[u8]) -> usize {
        let hash = name.iter().fold(0_u32, |hash, &byte| {
            let hash = (hash << 4).wrapping_add(u32::from(byte));
            let high = hash & 0xf000_0000;
            (hash ^ high >> 24) & !high
        });
        let words = self.hash as *const u32;
        // SAFETY: the head of the table, buckets and chains, as the linker wrote them.
        unsafe {
            let buckets = words.read();
            if buckets == 0 {
                return 0;
            }
            let mut index = words.add(2 + (hash % buckets) as usize).read();
            while index != 0 {
                let value = self.value(index, name);
                if value != 0 {
                    return value;
                }
                index = words.add(2 + buckets as usize + index as usize).read();
            }
        }
        0
    }

    /// The address of a symbol, if it has this name and is a function that is defined here.
    unsafe fn value(&self, index: u32, name: &[u8]) -> usize {
        const FUNCTION: u8 = 2;
        // SAFETY: the index comes from the hash table, and names are where the symbol says.
        unsafe {
            let symbol = (self.symbols as *const Symbol).add(index as usize).read();
            let is_here = symbol.section != 0 && symbol.value != 0 && symbol.info & 15 == FUNCTION;
            let named = crate::sys::text((self.names + symbol.name as usize) as *const c_char);
            if is_here && named == name { self.base.wrapping_add(symbol.value as usize) } else { 0 }
        }
    }
}
