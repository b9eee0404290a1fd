//! The binary and its libraries, as they are mapped into this process.
#![allow(unsafe_code)]

#[cfg(not(target_os = "linux"))]
use hotlist_unwind::Section;

/// A file that is mapped as code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Module {
    /// What to add to an address in the file to get one in memory.
    pub(crate) base: u64,
    /// The path of the file as the loader has it; empty for the main binary.
    pub(crate) path: std::path::PathBuf,
    /// The GNU build id.
    pub(crate) build_id: Vec<u8>,
    /// Its mapped segments, as first address and one past the last.
    pub(crate) segments: Vec<(u64, u64)>,
    /// Those of them that hold code.
    pub(crate) code: Vec<CodeSegment>,
}

/// A segment of code, in whole pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CodeSegment {
    /// First address.
    pub(crate) start: u64,
    /// One past the last.
    pub(crate) end: u64,
    /// Where in the file it begins.
    pub(crate) offset: u64,
}

#[cfg(target_os = "linux")]
pub(crate) use linux::{
    FoundObject, build_id, code_of_published, modules, object_of, program_headers, refresh, unwind_table,
};

/// Nothing is known about modules on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn modules() -> Vec<Module> {
    Vec::new()
}

/// There is nothing to bring up to date on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn refresh() {}

/// Nothing is known about code on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn code_of_published(_address: u64) -> Option<(u64, &'static [u8])> {
    None
}

/// Nothing is known about unwind tables on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn unwind_table(_address: u64) -> Option<(Section<'static>, u64)> {
    None
}

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

    use libc::{Elf64_Ehdr, Elf64_Phdr};

    use hotlist_unwind::Section;

    use super::{CodeSegment, Module};
    use crate::fork::{self, Hook, Rank};
    use crate::sys::{Column, Lock};
    use crate::unwind::code::CACHE;

    const PAGE: u64 = 4096;

    /// What the loader knows of an object that it has mapped, the structure `dl_find_object` of glibc's `dlfcn.h`.
    #[repr(C)]
    pub(crate) struct FoundObject {
        flags: u64,
        /// First address.
        pub(crate) map_start: *const u8,
        /// One past the last.
        pub(crate) map_end: *const u8,
        /// Its `link_map` (`link.h`).
        pub(crate) link_map: *const u8,
        /// Its `.eh_frame_hdr`.
        pub(crate) unwind_header: *const u8,
        reserved: [u64; 7],
    }

    /// It may be asked about any address; it writes the structure that the second argument points to.
    type FindObject = unsafe extern "C" fn(*const u8, *mut FoundObject) -> i32;

    // The symbol exists in glibc 2.35 and later; a weak reference is zero elsewhere.
    std::arch::global_asm!(".weak _dl_find_object");

    #[cfg(target_arch = "x86_64")]
    fn find_object() -> Option<FindObject> {
        let address: usize;
        // SAFETY: reads an entry of the global offset table, which the loader filled in, and a function
        // pointer in an `Option` is that address or zero.
        unsafe {
            std::arch::asm!(
                "mov {}, qword ptr [rip + _dl_find_object@GOTPCREL]",
                out(reg) address,
                options(pure, readonly, nostack, preserves_flags)
            );
            std::mem::transmute::<usize, Option<FindObject>>(address)
        }
    }

    #[cfg(target_arch = "aarch64")]
    fn find_object() -> Option<FindObject> {
        let address: usize;
        // SAFETY: reads an entry of the global offset table, which the loader filled in, and a function
        // pointer in an `Option` is that address or zero.
        unsafe {
            std::arch::asm!(
                "adrp {0}, :got:_dl_find_object",
                "ldr {0}, [{0}, :got_lo12:_dl_find_object]",
                out(reg) address,
                options(pure, readonly, nostack, preserves_flags)
            );
            std::mem::transmute::<usize, Option<FindObject>>(address)
        }
    }

    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    fn find_object() -> Option<FindObject> {
        None
    }

    /// The unwind table of the module that holds `address`: the segment that it is in, and the address
    /// of its `.eh_frame_hdr`.
    ///
    /// With `_dl_find_object` this takes no lock. Where it does not exist, or does not say where the module
    /// begins, as in a static binary, the table of modules is searched that [`refresh`] published last.
    pub(crate) fn unwind_table(address: u64) -> Option<(Section<'static>, u64)> {
        found_table(address).or_else(|| published_table(address))
    }

    /// Whether modules have to be published: the table of this code is not found otherwise.
    fn needs_published() -> bool {
        found_table(needs_published as *const () as u64).is_none()
    }

    /// The object that holds `address`. Takes no lock, and may be asked in a signal handler; what it says is true
    /// as long as the object is mapped, as one is whose code is on the stack.
    pub(crate) fn object_of(address: u64) -> Option<FoundObject> {
        let find = find_object()?;
        let mut found = std::mem::MaybeUninit::<FoundObject>::zeroed();
        // SAFETY: the function fills in the structure when it answers zero; the address may be any.
        unsafe { (find(address as *const u8, found.as_mut_ptr()) == 0).then(|| found.assume_init()) }
    }

    fn found_table(address: u64) -> Option<(Section<'static>, u64)> {
        let found = object_of(address)?;
        let header = found.unwind_header as u64;
        if header == 0 {
            return None;
        }
        let (start, end) = segment_of(found.map_start as u64, found.map_end as u64, header)?;
        // SAFETY: a loaded segment that holds the unwind table; it is never written to, and it stays
        // mapped while code of the module is on the stack.
        let bytes = unsafe { std::slice::from_raw_parts(start as *const u8, (end - start) as usize) };
        Some((Section { address: start, bytes }, header))
    }

    /// The loaded segment with `wanted` in it, from the ELF header at the start of the mapping.
    fn segment_of(map_start: u64, map_end: u64, wanted: u64) -> Option<(u64, u64)> {
        if !(map_start..map_end).contains(&wanted) {
            return None;
        }
        let (base, segments) = program_headers(map_start, map_end)?;
        let mut loaded = segments.iter().filter(|segment| segment.p_type == libc::PT_LOAD);
        loaded.find_map(|segment| {
            let start = base.wrapping_add(segment.p_vaddr);
            let end = start.checked_add(segment.p_filesz)?;
            ((start..end).contains(&wanted) && end <= map_end).then_some((start, end))
        })
    }

    /// What to add to addresses in the file of a mapped object, and its program headers, from the ELF header at
    /// the start of the mapping.
    pub(crate) fn program_headers(map_start: u64, map_end: u64) -> Option<(u64, &'static [Elf64_Phdr])> {
        const FIRST_PAGE: u64 = 4096;
        if map_end.checked_sub(map_start)? < FIRST_PAGE {
            return None;
        }
        // SAFETY: the first page of a mapped module is readable, and an `Elf64_Ehdr` fits in it.
        let header = unsafe { &*(map_start as *const Elf64_Ehdr) };
        let table_end =
            header.e_phoff.checked_add(u64::from(header.e_phnum) * size_of::<Elf64_Phdr>() as u64);
        let is_plain = header.e_ident[..5] == [0x7f, b'E', b'L', b'F', 2]
            && usize::from(header.e_phentsize) == size_of::<Elf64_Phdr>()
            && header.e_phoff % 8 == 0
            && table_end? <= FIRST_PAGE;
        if !is_plain {
            return None;
        }
        // SAFETY: the table lies in the first page, as was just checked.
        let segments = unsafe {
            std::slice::from_raw_parts(
                (map_start + header.e_phoff) as *const Elf64_Phdr,
                usize::from(header.e_phnum),
            )
        };
        let first = segments.iter().find(|segment| segment.p_type == libc::PT_LOAD)?;
        Some((map_start.wrapping_sub(first.p_vaddr & !(FIRST_PAGE - 1)), segments))
    }

    /// One row of the published table. A row is written before its number is below [`LENGTH`], and after
    /// that only its header changes: to 0 when the module was unloaded.
    struct Published {
        /// A code segment.
        code: [AtomicU64; 2],
        /// The segment with the unwind table.
        table: [AtomicU64; 2],
        header: AtomicU64,
    }

    /// More code segments than this are not unwound through where this table is needed.
    const PUBLISHED: usize = 1024;

    static ROWS: [Published; PUBLISHED] = [const {
        Published {
            code: [const { AtomicU64::new(0) }; 2],
            table: [const { AtomicU64::new(0) }; 2],
            header: AtomicU64::new(0),
        }
    }; PUBLISHED];
    static LENGTH: AtomicUsize = AtomicUsize::new(0);

    /// Held while the loader is asked for its modules, and while rows are written; readers need no lock.
    ///
    /// It is held across a fork, because glibc's own lock is not: a child that was forked while another
    /// thread asked the loader would wait for ever when it asks.
    static LOADER: Lock<()> = Lock::new(());

    static HOOK: Hook = Hook { hold: || LOADER.take(), release: || LOADER.give_back(), in_child: || () };

    /// The code segment that holds `address` and where it begins, where modules have to be published.
    pub(crate) fn code_of_published(address: u64) -> Option<(u64, &'static [u8])> {
        let rows = &ROWS[..LENGTH.load(Ordering::Acquire).min(PUBLISHED)];
        rows.iter().find_map(|row| {
            let (start, end) = (row.code[0].load(Ordering::Relaxed), row.code[1].load(Ordering::Relaxed));
            let is_here = row.header.load(Ordering::Acquire) != 0 && (start..end).contains(&address);
            is_here.then(|| {
                // SAFETY: a read-only segment of a module that was loaded when `refresh` looked last. Where
                // modules are published none is unloaded: in static programs, and with musl, whose `dlclose`
                // does nothing.
                (start, unsafe { std::slice::from_raw_parts(start as *const u8, (end - start) as usize) })
            })
        })
    }

    fn published_table(address: u64) -> Option<(Section<'static>, u64)> {
        let rows = &ROWS[..LENGTH.load(Ordering::Acquire).min(PUBLISHED)];
        let pair = |[one, two]: &[AtomicU64; 2]| (one.load(Ordering::Relaxed), two.load(Ordering::Relaxed));
        let row = rows.iter().find(|row| {
            let (start, end) = pair(&row.code);
            row.header.load(Ordering::Acquire) != 0 && (start..end).contains(&address)
        })?;
        let header = row.header.load(Ordering::Acquire);
        let (start, end) = pair(&row.table);
        if header == 0 {
            return None;
        }
        // SAFETY: a read-only segment of a module that was loaded when `refresh` looked last, and whose
        // code is on the stack, so it cannot have been unloaded since.
        let bytes = unsafe { std::slice::from_raw_parts(start as *const u8, (end - start) as usize) };
        Some((Section { address: start, bytes }, header))
    }

    /// Brings the published table up to date, where one is needed, and forgets rules of code that was
    /// unloaded. Not for signal handlers: this takes the loader's lock.
    ///
    /// Left to whoever is just doing it: this may be the first allocation of the program, inside of the
    /// loader, for which that one waits.
    pub(crate) fn refresh() {
        static UNLOADED: AtomicU64 = AtomicU64::new(0);
        fork::register(Rank::Modules, &HOOK);
        crate::unwind::stack::note_main_stack();
        let Some(_asking) = LOADER.try_hold() else { return };
        let mut found = Column::with_capacity(PUBLISHED);
        let mut unloaded = 0;
        let is_published = needs_published();
        each_module(&mut |info| {
            unloaded = info.dlpi_subs;
            if is_published {
                segments_with_tables(info, &mut found);
            }
        });
        if UNLOADED.swap(unloaded, Ordering::Relaxed) != unloaded {
            CACHE.forget();
        }
        if is_published {
            publish(&found);
        }
    }

    /// Code segment, segment of the table, and header.
    type Found = ((u64, u64), (u64, u64), u64);

    fn segments_with_tables(info: &libc::dl_phdr_info, found: &mut Column<Found>) {
        let unwind = headers(info).iter().find(|segment| segment.p_type == libc::PT_GNU_EH_FRAME);
        let Some(unwind) = unwind else { return };
        let at = |segment: &Elf64_Phdr| {
            let start = info.dlpi_addr.wrapping_add(segment.p_vaddr);
            (start, start.wrapping_add(segment.p_filesz))
        };
        let header = at(unwind).0;
        let loaded = headers(info).iter().filter(|segment| segment.p_type == libc::PT_LOAD);
        let Some(table) = loaded.clone().map(at).find(|&(start, end)| (start..end).contains(&header)) else {
            return;
        };
        for segment in loaded.filter(|segment| segment.p_flags & libc::PF_X != 0) {
            found.push((at(segment), table, header));
        }
    }

    /// Only for the holder of [`LOADER`].
    fn publish(found: &[Found]) {
        let length = LENGTH.load(Ordering::Relaxed);
        let is_at = |row: &Published, found: &Found| {
            row.header.load(Ordering::Relaxed) == found.2 && row.code[0].load(Ordering::Relaxed) == found.0.0
        };
        for row in &ROWS[..length] {
            if !found.iter().any(|found| is_at(row, found)) {
                row.header.store(0, Ordering::Release);
            }
        }
        for new in found {
            let length = LENGTH.load(Ordering::Relaxed);
            let Some(row) = ROWS.get(length) else { return };
            if ROWS[..length].iter().any(|row| is_at(row, new)) {
                continue;
            }
            let (code, table, header) = *new;
            row.code[0].store(code.0, Ordering::Relaxed);
            row.code[1].store(code.1, Ordering::Relaxed);
            row.table[0].store(table.0, Ordering::Relaxed);
            row.table[1].store(table.1, Ordering::Relaxed);
            row.header.store(header, Ordering::Relaxed);
            LENGTH.store(length + 1, Ordering::Release);
        }
    }

    /// The modules with their build ids, the main binary first. Not for signal handlers: this takes the
    /// loader's lock and allocates.
    pub(crate) fn modules() -> Vec<Module> {
        fork::register(Rank::Modules, &HOOK);
        let _asking = LOADER.hold();
        let mut modules = Vec::new();
        each_module(&mut |info| {
            let at = |segment: &Elf64_Phdr| info.dlpi_addr.wrapping_add(segment.p_vaddr);
            let loaded = headers(info).iter().filter(|segment| segment.p_type == libc::PT_LOAD);
            let segments: Vec<(u64, u64)> =
                loaded.map(|segment| (at(segment), at(segment).wrapping_add(segment.p_memsz))).collect();
            let notes = headers(info).iter().filter(|segment| segment.p_type == libc::PT_NOTE);
            let build_id = notes
                .filter(|note| {
                    let end = at(note).wrapping_add(note.p_memsz);
                    segments.iter().any(|&(start, limit)| start <= at(note) && end <= limit)
                })
                .find_map(|note| {
                    // SAFETY: the note lies in a loaded segment, as was just checked.
                    build_id(unsafe {
                        std::slice::from_raw_parts(at(note) as *const u8, note.p_memsz as usize)
                    })
                })
                .unwrap_or_default();
            let code = headers(info)
                .iter()
                .filter(|segment| segment.p_type == libc::PT_LOAD && segment.p_flags & libc::PF_X != 0)
                .map(|segment| {
                    let within = segment.p_vaddr & (PAGE - 1);
                    let end = at(segment).wrapping_add(segment.p_memsz);
                    CodeSegment {
                        start: at(segment).wrapping_sub(within),
                        end: end.wrapping_add(PAGE - 1) & !(PAGE - 1),
                        offset: segment.p_offset.wrapping_sub(within),
                    }
                })
                .collect();
            modules.push(Module {
                base: info.dlpi_addr,
                path: path(info),
                build_id: build_id.to_vec(),
                segments,
                code,
            });
        });
        modules
    }

    /// The description of the note of type `NT_GNU_BUILD_ID` and name `GNU`.
    pub(crate) fn build_id(notes: &[u8]) -> Option<&[u8]> {
        const NT_GNU_BUILD_ID: u32 = 3;
        let mut rest = notes;
        while let Some((head, body)) = rest.split_at_checked(12) {
            let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
            let (name_size, size) = (word(0) as usize, word(4) as usize);
            let start = name_size.checked_next_multiple_of(4)?;
            let description = body.get(start..start.checked_add(size)?)?;
            if word(8) == NT_GNU_BUILD_ID && body.get(..name_size)? == b"GNU\0" {
                return Some(description);
            }
            rest = body.get(start.checked_add(size.checked_next_multiple_of(4)?)?..)?;
        }
        None
    }

    fn path(info: &libc::dl_phdr_info) -> std::path::PathBuf {
        use std::os::unix::ffi::OsStrExt;
        if info.dlpi_name.is_null() {
            return std::path::PathBuf::new();
        }
        // SAFETY: the loader's name of the module ends with a zero byte.
        let name = unsafe { std::ffi::CStr::from_ptr(info.dlpi_name) };
        std::path::PathBuf::from(std::ffi::OsStr::from_bytes(name.to_bytes()))
    }

    /// The program headers of a module.
    fn headers(info: &libc::dl_phdr_info) -> &[Elf64_Phdr] {
        if info.dlpi_phdr.is_null() {
            return &[];
        }
        // SAFETY: the loader describes its own table, which lives as long as the module.
        unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) }
    }

    /// Calls `each` for every loaded module, the main binary first.
    fn each_module(each: &mut dyn FnMut(&libc::dl_phdr_info)) {
        unsafe extern "C" fn call(
            info: *mut libc::dl_phdr_info,
            _size: usize,
            each: *mut libc::c_void,
        ) -> libc::c_int {
            // SAFETY: the loader passes a valid description, and the closure of the caller below.
            unsafe {
                let each = &mut *each.cast::<&mut dyn FnMut(&libc::dl_phdr_info)>();
                each(&*info);
            }
            0
        }
        let mut each = each;
        // SAFETY: the callback does not unwind, and the closure outlives the call.
        unsafe { libc::dl_iterate_phdr(Some(call), (&raw mut each).cast()) };
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn both_ways_find_the_same_table() {
            let here = both_ways_find_the_same_table as *const () as u64;
            let _asking = LOADER.hold();
            let mut rows = Column::with_capacity(PUBLISHED);
            each_module(&mut |info| segments_with_tables(info, &mut rows));
            publish(&rows);
            publish(&rows);
            assert_eq!(LENGTH.load(Ordering::Relaxed), rows.len(), "rows are not repeated");
            let (published, published_header) = published_table(here).unwrap();
            let (found, header) = found_table(here).unwrap();
            assert_eq!((found.address, header), (published.address, published_header));
            assert_eq!(found.bytes.len(), published.bytes.len());
            assert!(unwind_table(8).is_none());
            assert!(published_table(8).is_none());
            publish(&[]);
            assert!(published_table(here).is_none(), "it was unloaded");
        }

        #[test]
        fn the_first_module_is_this_binary() {
            let here = the_first_module_is_this_binary as *const () as u64;
            let modules = modules();
            assert!(modules[0].segments.iter().any(|&(start, end)| (start..end).contains(&here)));
            assert!(modules.len() > 1, "the C library and the vdso");
        }

        #[test]
        fn damaged_notes_have_no_build_id() {
            let note = |name_size: u32, size: u32, rest: &[u8]| {
                let mut bytes = Vec::new();
                for word in [name_size, size, 3] {
                    bytes.extend(word.to_le_bytes());
                }
                bytes.extend(rest);
                bytes
            };
            assert_eq!(build_id(&note(4, 2, b"GNU\0\xab\xcd\0\0")), Some(&b"\xab\xcd"[..]));
            assert_eq!(build_id(&note(4, 200, b"GNU\0\xab\xcd\0\0")), None);
            assert_eq!(build_id(&note(u32::MAX, u32::MAX, b"GNU\0")), None);
            assert_eq!(build_id(&[1, 2, 3]), None);
        }
    }
}
