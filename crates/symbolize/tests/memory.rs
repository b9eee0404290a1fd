//! Object files that claim more than they hold take no more memory for it.

#![allow(clippy::disallowed_methods, reason = "tests build programs and read them")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use hotlist_symbolize::{
    Binary, Bytes, Detail, JitDump, KernelSymbols, ObjectFile, ObjectStore, OpenError, PerfMap, Places,
    Wanted, find,
};
use hotlist_testkit::{has, skip, with_memory};
use support::{linkers, run};

const PROGRAM: &str = "
static inline int twice(int x) { return x * 2; }
__attribute__((noinline)) int work(int n) { int t = 0; for (int i = 0; i < n; i++) t += twice(i) ^ n; return t; }
int main(int count, char **words) { return work(count) + twice(count); }
";

/// One file in memory, damaged, beside files that are not.
struct Damaged {
    path: PathBuf,
    bytes: Bytes,
}

impl ObjectStore for Damaged {
    fn open(&self, path: &Path) -> Result<Bytes, OpenError> {
        if path == self.path {
            return Ok(self.bytes.clone());
        }
        std::fs::read(path).map(|bytes| Arc::new(bytes) as Bytes).map_err(|_| OpenError::Missing)
    }

    fn list(&self, _: &Path) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// Asks `binary` for everything while `store` gives out one damaged file.
fn use_all(binary: &Path, store: &Damaged) {
    let wanted = Wanted { file: binary.to_str().expect("paths are text"), build_id: "", is_named: true };
    let Some(binary) = find(store, &Places::default(), wanted).binary else { return };
    let ranges = binary.file.code_ranges();
    let mut addresses: Vec<u64> = ranges
        .iter()
        .take(8)
        .flat_map(|range| (0..64).map(|step| range.start.saturating_add(step * 7)))
        .collect();
    addresses.sort_unstable();
    binary.functions();
    binary.positions(&addresses, Detail::Lines, store, 1);
}

/// Writes absurd sizes into `file`, all over its headers and tables, and uses `binary` then.
fn claim(binary: &Path, file: &Path, rounds: usize) {
    let good = std::fs::read(file).expect("the file is there");
    let mut place = 1usize;
    for round in 0..rounds {
        let mut bytes = good.clone();
        place = (place * 48271 + 11) % 2_147_483_647;
        let reach = if round % 2 == 0 { good.len().min(1024) } else { good.len() };
        let at = place % reach / 4 * 4;
        let claims: [&[u8]; 4] = [
            &[0xff, 0xff, 0xff, 0x7f],
            &[0xff; 8],
            &[0, 0, 0, 0, 0xff, 0, 0, 0],
            &[0xf0, 0xff, 0xff, 0xff, 0x7f],
        ];
        for (byte, claim) in bytes[at..].iter_mut().zip(claims[round % claims.len()]) {
            *byte = *claim;
        }
        use_all(binary, &Damaged { path: file.to_owned(), bytes: Arc::new(bytes) });
    }
}

/// Compiles for a system that is not there; whether that was possible.
fn compile_for(folder: &Path, target: &str, object: &str) -> bool {
    std::fs::write(folder.join("foreign.rs"), include_str!("support/foreign.rs.txt"))
        .expect("it can be written");
    let words =
        ["--edition=2021", "--crate-type=lib", "-g", "-Copt-level=2", "-Cpanic=abort", "--target", target];
    let mut command = Command::new("rustc");
    command.env("RUSTC_BOOTSTRAP", "1").args(words).args(["--emit", &format!("obj={object}"), "foreign.rs"]);
    command.current_dir(folder).output().is_ok_and(|output| output.status.success())
}

/// The test and its threads need some 100 MiB, inflated sections may have 64.
#[test]
fn claims_of_object_files_take_no_memory() {
    with_memory(400, "claims_of_object_files_take_no_memory", || {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let folder = folder.path();
        std::fs::write(folder.join("program.c"), PROGRAM).expect("it can be written");
        if has("gcc") && has("objcopy") {
            run(folder, "gcc", &["-O2", "-g", "program.c", "-o", "elf"]);
            run(folder, "gcc", &["-O2", "-g", "-gz=zlib", "program.c", "-o", "packed"]);
            run(folder, "gcc", &["-O2", "-g", "-c", "program.c", "-o", "object.o"]);
            run(folder, "gcc", &["-O2", "-gsplit-dwarf", "program.c", "-o", "split"]);
            run(folder, "objcopy", &["--only-keep-debug", "elf", "alone.debug"]);
            run(folder, "objcopy", &["--strip-all", "--add-gnu-debuglink=alone.debug", "elf", "stripped"]);
            for file in ["elf", "packed", "object.o", "alone.debug"] {
                claim(&folder.join(file), &folder.join(file), 150);
            }
            claim(&folder.join("stripped"), &folder.join("alone.debug"), 100);
            let unit = ["split-program.dwo", "program.dwo"].iter().map(|name| folder.join(name));
            if let Some(unit) = unit.into_iter().find(|unit| unit.exists()) {
                claim(&folder.join("split"), &unit, 100);
            }
        } else {
            skip("gcc or objcopy is not installed");
        }
        if has("x86_64-w64-mingw32-gcc") {
            run(folder, "x86_64-w64-mingw32-gcc", &["-O2", "-g", "program.c", "-o", "windows.exe"]);
            claim(&folder.join("windows.exe"), &folder.join("windows.exe"), 60);
        }
        if compile_for(folder, "aarch64-apple-darwin", "macho.o") {
            claim(&folder.join("macho.o"), &folder.join("macho.o"), 150);
        }
        let linker = linkers().map(|folder| folder.join("lld-link"));
        if let Some(linker) = linker.filter(|_| compile_for(folder, "x86_64-pc-windows-msvc", "pdb.obj")) {
            let words =
                ["/debug", "/entry:start", "/subsystem:console", "/nodefaultlib", "pdb.obj", "/out:pdb.exe"];
            run(folder, linker.to_str().expect("paths are text"), &words);
            claim(&folder.join("pdb.exe"), &folder.join("pdb.pdb"), 150);
        }
    });
}

/// Lists and dumps are read into tables of their own size.
#[test]
fn claims_of_lists_take_no_memory() {
    with_memory(300, "claims_of_lists_take_no_memory", || {
        let mut dump = b"DTiJ\x01\0\0\0\x28\0\0\0\x3e\0\0\0\0\0\0\0\x01\0\0\0".to_vec();
        dump.extend([0; 16]);
        // Lines of a function: so many that no memory would hold them.
        dump.extend(b"\x02\0\0\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        dump.extend([0xff; 8]);
        let dump = JitDump::parse(&dump).expect("its header is right");
        assert!(dump.damage.is_some() && dump.events.is_empty());
        let text = "0 ffffffffffffffff all\n1 fffffffffffffffe most\n".repeat(1000);
        assert_eq!(PerfMap::parse(text.as_bytes()).lookup(5), Some(&b"most"[..]));
        KernelSymbols::parse(text.as_bytes());
        for bytes in [
            &b"\x7fELF\x02\x01\x01"[..],
            b"\xcf\xfa\xed\xfe",
            b"MZ",
            b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0",
        ] {
            let mut bytes = bytes.to_vec();
            bytes.resize(4096, 0xff);
            if let Ok(file) = ObjectFile::parse(Arc::new(bytes)) {
                Binary::new("claims", Arc::new(file)).functions();
            }
        }
    });
}
