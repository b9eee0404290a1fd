//! The binary and its libraries, as they are mapped into this process.
#![allow(unsafe_code)]

use super::eh_frame::Section;

/// A file that is mapped as code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Module {
    /// What to add to an address in the file to get one in memory.
    pub(crate) base: u64,
    /// The GNU build id.
    pub(crate) build_id: Vec<u8>,
    /// Its mapped segments, as first address and one past the last.
    pub(crate) segments: Vec<(u64, u64)>,
}

#[cfg(target_os = "linux")]
pub(crate) use linux::{modules, unwind_table};

/// Nothing is known about modules on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn modules() -> Vec<Module> {
    Vec::new()
}

/// Nothing is known about unwind tables on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn unwind_table(_address: u64) -> Option<(Section<'static>, u64)> {
    None
}

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

    use libc::{Elf64_Ehdr, Elf64_Phdr};

    use super::{Module, Section};
    use crate::sys::{Column, Lock};

    /// The structure of that name in glibc's `dlfcn.h`.
    #[repr(C)]
    struct FoundObject {
        flags: u64,
        map_start: *const u8,
        map_end: *const u8,
        link_map: *const u8,
        unwind_header: *const u8,
        reserved: [u64; 7],
    }

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
    /// With `_dl_find_object` this takes no lock. Elsewhere it searches the table of modules that
    /// [`modules`] published last.
    pub(crate) fn unwind_table(address: u64) -> Option<(Section<'static>, u64)> {
        let Some(find) = find_object() else { return published_table(address) };
        let mut found = std::mem::MaybeUninit::<FoundObject>::zeroed();
        // SAFETY: the function fills in the structure when it answers zero; the address may be any.
        let found = unsafe {
            if find(address as *const u8, found.as_mut_ptr()) != 0 {
                return None;
            }
            found.assume_init()
        };
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
        const FIRST_PAGE: u64 = 4096;
        if map_end.checked_sub(map_start)? < FIRST_PAGE || !(map_start..map_end).contains(&wanted) {
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
        let mut loaded = segments.iter().filter(|segment| segment.p_type == libc::PT_LOAD);
        let first = loaded.clone().next()?;
        let base = map_start.wrapping_sub(first.p_vaddr & !(FIRST_PAGE - 1));
        loaded.find_map(|segment| {
            let start = base.wrapping_add(segment.p_vaddr);
            let end = start.checked_add(segment.p_filesz)?;
            ((start..end).contains(&wanted) && end <= map_end).then_some((start, end))
        })
    }

    /// One row of the published table.
    #[derive(Clone, Copy)]
    struct Published {
        /// A code segment.
        code: (u64, u64),
        /// The segment with the unwind table.
        table: (u64, u64),
        header: u64,
    }

    /// More code segments than this are not unwound through where the table is needed.
    const PUBLISHED: usize = 1024;

    static TABLE: AtomicPtr<Published> = AtomicPtr::new(std::ptr::null_mut());
    static TABLE_LENGTH: AtomicUsize = AtomicUsize::new(0);
    /// Owns the memory of the table. Rows are only ever added, so a reader needs no lock.
    static ROWS: Lock<Column<Published>> = Lock::new(Column::empty());

    fn published_table(address: u64) -> Option<(Section<'static>, u64)> {
        if TABLE.load(Ordering::Acquire).is_null() {
            publish();
        }
        let length = TABLE_LENGTH.load(Ordering::Acquire);
        let first = TABLE.load(Ordering::Acquire);
        if first.is_null() {
            return None;
        }
        // SAFETY: the first `length` rows were written before the length was published, and never change.
        let rows = unsafe { std::slice::from_raw_parts(first, length) };
        // The newest row first: a library may have come to where another one was.
        let row = rows.iter().rev().find(|row| (row.code.0..row.code.1).contains(&address))?;
        let (start, end) = row.table;
        // SAFETY: as above: a read-only segment of a module whose code is on the stack.
        let bytes = unsafe { std::slice::from_raw_parts(start as *const u8, (end - start) as usize) };
        Some((Section { address: start, bytes }, row.header))
    }

    /// Adds the modules that are not in the table yet. The loader is asked before the lock is taken, so
    /// the two locks are never held together.
    fn publish() {
        let mut found = Column::with_capacity(PUBLISHED);
        each_module(&mut |info| {
            let unwind = headers(info).iter().find(|segment| segment.p_type == libc::PT_GNU_EH_FRAME);
            let Some(unwind) = unwind else { return };
            let at = |segment: &Elf64_Phdr| {
                let start = info.dlpi_addr.wrapping_add(segment.p_vaddr);
                (start, start.wrapping_add(segment.p_filesz))
            };
            let header = at(unwind).0;
            let loaded = headers(info).iter().filter(|segment| segment.p_type == libc::PT_LOAD);
            let Some(table) = loaded.clone().map(at).find(|&(start, end)| (start..end).contains(&header))
            else {
                return;
            };
            for segment in loaded.filter(|segment| segment.p_flags & libc::PF_X != 0) {
                found.push(Published { code: at(segment), table, header });
            }
        });
        let mut rows = ROWS.hold();
        if rows.capacity() == 0 {
            *rows = Column::with_capacity(PUBLISHED);
        }
        for row in found.iter() {
            let is_known = rows.iter().any(|known| known.code == row.code && known.header == row.header);
            if !is_known {
                rows.push(*row);
            }
        }
        if !rows.is_empty() {
            TABLE.store(rows.as_mut_ptr(), Ordering::Release);
            TABLE_LENGTH.store(rows.len(), Ordering::Release);
        }
    }

    /// The modules with their build ids, the main binary first. Not for signal handlers: this takes the
    /// loader's lock and allocates.
    pub(crate) fn modules() -> Vec<Module> {
        if find_object().is_none() {
            publish();
        }
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
            modules.push(Module { base: info.dlpi_addr, build_id: build_id.to_vec(), segments });
        });
        modules
    }

    /// The description of the note of type `NT_GNU_BUILD_ID` and name `GNU`.
    fn build_id(notes: &[u8]) -> Option<&[u8]> {
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
            publish();
            let (published, published_header) = published_table(here).unwrap();
            let (found, header) = unwind_table(here).unwrap();
            assert_eq!((found.address, header), (published.address, published_header));
            assert_eq!(found.bytes.len(), published.bytes.len());
            assert!(unwind_table(8).is_none());
            assert!(published_table(8).is_none());
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
