//! The allocator that the program would have without us: the functions of the first library behind this object.
//!
//! `dlsym(RTLD_NEXT, …)` would say the same, but it allocates, and before glibc 2.34 programs need not have it. The
//! symbol tables of loaded libraries are read instead, as the loader reads them.

use core::ffi::{c_char, c_int, c_void};
use core::sync::atomic::{AtomicUsize, Ordering};

/// Those functions of the next allocator that are called.
pub(crate) struct Next {
    malloc: AtomicUsize,
    free: AtomicUsize,
    calloc: AtomicUsize,
    realloc: AtomicUsize,
    memalign: AtomicUsize,
    aligned_alloc: AtomicUsize,
    posix_memalign: AtomicUsize,
    valloc: AtomicUsize,
    pvalloc: AtomicUsize,
}

const fn unknown() -> AtomicUsize {
    AtomicUsize::new(0)
}

static NEXT: Next = Next {
    malloc: unknown(),
    free: unknown(),
    calloc: unknown(),
    realloc: unknown(),
    memalign: unknown(),
    aligned_alloc: unknown(),
    posix_memalign: unknown(),
    valloc: unknown(),
    pvalloc: unknown(),
};

type Malloc = unsafe extern "C" fn(usize) -> *mut u8;
type Free = unsafe extern "C" fn(*mut u8);
type Two = unsafe extern "C" fn(usize, usize) -> *mut u8;
type Realloc = unsafe extern "C" fn(*mut u8, usize) -> *mut u8;
type PosixMemalign = unsafe extern "C" fn(*mut *mut u8, usize, usize) -> c_int;

macro_rules! next {
    ($field:ident, $kind:ty) => {
        #[inline(always)]
        pub(crate) fn $field() -> $kind {
            let known = NEXT.$field.load(Ordering::Relaxed);
            let known = if known == 0 { found(&NEXT.$field) } else { known };
            // SAFETY: the address of the function with this name in a library, which has this type.
            unsafe { core::mem::transmute::<usize, $kind>(known) }
        }
    };
}

next!(malloc, Malloc);
next!(free, Free);
next!(calloc, Two);
next!(realloc, Realloc);
next!(memalign, Two);
next!(aligned_alloc, Two);
next!(posix_memalign, PosixMemalign);
next!(valloc, Malloc);
next!(pvalloc, Malloc);

/// A function of this object that has no name outside. The address of one that has may be that of a stub in the program.
const OWN: unsafe extern "C" fn(*const ObjectInfo, usize, *mut c_void) -> c_int = visit;

/// Finds all functions, and answers the one that is wanted. Libraries that lack one have the others of its kind.
#[cold]
#[inline(never)]
fn found(wanted: &AtomicUsize) -> usize {
    let mut search = Search { is_behind: false, own: OWN as usize, before: false };
    // SAFETY: the function is called with the structure that it expects, for as long as this call lasts.
    unsafe { dl_iterate_phdr(visit, (&raw mut search).cast()) };
    let alternatives = [
        (&NEXT.memalign, &NEXT.aligned_alloc),
        (&NEXT.aligned_alloc, &NEXT.memalign),
        (&NEXT.pvalloc, &NEXT.valloc),
    ];
    for (missing, instead) in alternatives {
        let instead = instead.load(Ordering::Relaxed);
        // A second thread may look at the same time, and finds the same.
        let _ = missing.compare_exchange(0, instead, Ordering::Relaxed, Ordering::Relaxed);
    }
    match wanted.load(Ordering::Relaxed) {
        0 => crate::sys::end(),
        found => found,
    }
}

/// Whether an object in front of this one has a `malloc` of its own: then nobody comes here.
pub(crate) fn is_overruled() -> bool {
    let mut search = Search { is_behind: false, own: OWN as usize, before: false };
    // SAFETY: as above.
    unsafe { dl_iterate_phdr(visit, (&raw mut search).cast()) };
    search.before
}

struct Search {
    /// Whether this object has come already.
    is_behind: bool,
    /// An address in this object.
    own: usize,
    /// Whether an object in front of this one has a `malloc`.
    before: bool,
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
    for (name, place) in [
        (&b"malloc"[..], &NEXT.malloc),
        (b"free", &NEXT.free),
        (b"calloc", &NEXT.calloc),
        (b"realloc", &NEXT.realloc),
        (b"memalign", &NEXT.memalign),
        (b"aligned_alloc", &NEXT.aligned_alloc),
        (b"posix_memalign", &NEXT.posix_memalign),
        (b"valloc", &NEXT.valloc),
        (b"pvalloc", &NEXT.pvalloc),
    ] {
        if place.load(Ordering::Relaxed) == 0 {
            // SAFETY: the tables are those of a loaded object.
            place.store(unsafe { symbols.find(name) }, Ordering::Relaxed);
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
