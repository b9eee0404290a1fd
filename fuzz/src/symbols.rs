//! Object files and lists of symbols.
//!
//! The first byte chooses what the rest is: an object file (whose companions are all the same file again), the
//! list of a kernel's symbols, its notes, the answer of a server, or a Windows program with its PDB, the size of the
//! program first.
//!
//! Laws: nothing but valid frames comes out, and no more of them than calls can be nested; a symbol found by
//! address begins at or before it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hotlist_profile::{Builder, Location, Mapping, MappingId};
use hotlist_symbolize::{
    Again, Binary, Bytes, Detail, JitDump, JitEventKind, KernelSymbols, MappedRange, ObjectStore, OpenError, PerfMap, Places, Query, Translation,
    Wanted, build_id_of_notes, find,
};

/// No file is opened more often for one binary, which has a hundred places to look for its companions at most.
const MOST_FILES: usize = 200;

/// More frames than any compiler nests calls.
const MOST_FRAMES: usize = 2000;

/// The same file at every path but those of PDB files.
struct Same {
    bytes: Bytes,
    pdb: Bytes,
    opened: AtomicUsize,
}

impl ObjectStore for Same {
    fn open(&self, path: &Path) -> Result<Bytes, OpenError> {
        let before = self.opened.fetch_add(1, Ordering::Relaxed);
        assert!(before < MOST_FILES, "no end of files");
        let is_pdb = path.extension().is_some_and(|extension| extension == "pdb");
        Ok(Arc::clone(if is_pdb { &self.pdb } else { &self.bytes }))
    }

    fn list(&self, folder: &Path) -> Vec<PathBuf> {
        vec![folder.join("one"), folder.join("two")]
    }
}

/// Runs the harness.
///
/// # Panics
/// When a law is broken.
pub fn run(data: &[u8]) {
    let Some((&way, rest)) = data.split_first() else { return };
    match way % 6 {
        0 => object(rest, &[], way),
        4 => {
            let Some((size, rest)) = rest.split_first_chunk::<4>() else { return };
            let size = (u32::from_le_bytes(*size) as usize).min(rest.len());
            let (program, pdb) = rest.split_at(size);
            object(program, pdb, way);
        }
        1 => kernel(rest),
        5 => compiled(rest),
        2 => drop(build_id_of_notes(rest)),
        _ => answer(rest),
    }
}

fn object(bytes: &[u8], pdb: &[u8], way: u8) {
    let store =
        Same { bytes: Arc::new(bytes.to_vec()), pdb: Arc::new(pdb.to_vec()), opened: AtomicUsize::new(0) };
    let folders = vec![PathBuf::from("/folder")];
    let places = Places { binaries: folders.clone(), debug: folders };
    let wanted = Wanted { file: "/bin/program", build_id: "", is_named: way >= 5 };
    let Some(binary) = find(&store, &places, wanted).binary else { return };
    check(&binary, &store);
}

fn check(binary: &Binary, store: &Same) {
    let functions = binary.functions();
    let mut addresses: Vec<u64> = functions.iter().take(16).map(|function| function.address).collect();
    for range in binary.file.code_ranges().iter().take(8) {
        addresses.extend((0..64).map(|step| range.start.saturating_add(step * 3)));
    }
    addresses.extend([0, 1, u64::MAX]);
    addresses.sort_unstable();
    for detail in [Detail::Functions, Detail::Lines] {
        store.opened.store(0, Ordering::Relaxed);
        let positions = binary.positions(&addresses, detail, store, 1);
        assert_eq!(positions.len(), addresses.len());
        for row in 0..positions.len() {
            let frames = positions.frames(row);
            assert!(frames.len() < MOST_FRAMES, "no end of frames");
            for frame in frames {
                positions.strings.get(frame.function);
                positions.strings.get(frame.file);
            }
        }
    }
    binary.source("/folder/program.c");
    for (start, limit, offset) in
        [(0, u64::MAX, 0), (0x40_0000, 0x40_1000, 0), (0x7000_0000_1000, 0x7000_0000_3000, 0x1000)]
    {
        let mapped = MappedRange { start, limit, offset, relocation_symbol: "_text" };
        if let Ok(translation) = Translation::new(&binary.file, "vmlinux", &mapped) {
            translation.to_virtual(start);
            translation.to_runtime(start);
        }
    }
}

fn kernel(text: &[u8]) {
    let symbols = KernelSymbols::parse(text);
    for address in [0, 1, 0xffff_ffff_8100_0000, u64::MAX] {
        if let Some(name) = symbols.lookup(address) {
            assert!(
                symbols.address_of(name).is_some_and(|start| start <= address),
                "a symbol behind its address"
            );
        }
    }
}

fn compiled(bytes: &[u8]) {
    let map = PerfMap::parse(bytes);
    for address in [0, 1, 0x1000, 0x7f00_0000_1000, u64::MAX] {
        map.lookup(address);
    }
    let Ok(dump) = JitDump::parse(bytes) else { return };
    let functions = dump.functions();
    for event in &dump.events {
        if let JitEventKind::Load(function) = &event.kind {
            functions.lookup(function.range.start);
            functions.lookup(function.range.end);
        }
    }
}

fn answer(text: &[u8]) {
    let mut builder = Builder::new(&[("samples", "count")]);
    let mapping = builder.mapping(Mapping { start: 0x1000, limit: 0x2000, ..Mapping::default() });
    for address in [0x1010, 0x1020, u64::MAX] {
        builder.location(Location { mapping: Some(mapping), address, ..Location::default() }, &[]);
    }
    let mut profile = builder.finish();
    if let Ok(Some(query)) = Query::new(&profile, MappingId::new(0), 0x1000, Again::NamesAlone) {
        assert!(query.take(&mut profile, text) <= 3);
    }
}
