//! Function, file, line and all inlined calls are those of llvm-symbolizer, address by address.
//!
//! The binaries are built here; where a compiler is missing, its part is skipped with a line that says so.

#![allow(clippy::disallowed_methods, reason = "tests build programs and read them")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use support::{CPP, Frames, GO, RUST, has, llvm, open, ours, run, skip, spread};

/// Addresses compared in each binary.
const ADDRESSES: usize = 5000;

/// Of a hundred addresses so many may differ, each by a reason that is named.
const MOST_ALLOWED_PERCENT: usize = 2;

/// Why an answer may differ. `docs/symbols.md` has the reasons in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Allowed {
    /// A label without a size inside of a function with one: we name the function.
    LabelInFunction,
    /// The innermost name of a symbol without a size that lies behind all others.
    UnsizedSymbol,
}

fn allowed(ours: &Frames, theirs: &Frames) -> Option<Allowed> {
    let (ours_last, theirs_last) = (ours.last()?, theirs.last()?);
    if ours.len() != theirs.len() || ours[..ours.len() - 1] != theirs[..theirs.len() - 1] {
        return None;
    }
    let same_function = ours_last.0 == theirs_last.0;
    let same_place = (&ours_last.1, ours_last.2) == (&theirs_last.1, theirs_last.2);
    match (same_function, same_place) {
        // Only assembly has such labels.
        (false, true) if ours_last.1.ends_with(".S") || ours_last.1.ends_with(".s") => {
            Some(Allowed::LabelInFunction)
        }
        (false, true) if ours_last.1.is_empty() => Some(Allowed::UnsizedSymbol),
        _ => None,
    }
}

/// Compares answers and returns how many were compared.
fn check(path: &Path, debug: &Path) -> usize {
    let binary = open(path);
    let addresses = spread(&binary.file, ADDRESSES);
    let (ours, theirs) = (ours(&binary, &addresses), llvm(debug, &addresses));
    assert_eq!((ours.len(), theirs.len()), (addresses.len(), addresses.len()));
    let mut differences: BTreeMap<Allowed, usize> = BTreeMap::new();
    let mut with_inlined = 0;
    for ((address, ours), theirs) in addresses.iter().zip(&ours).zip(&theirs) {
        with_inlined += usize::from(ours.len() > 1);
        // Unknown code is one frame without names there, no frame here.
        let nothing = ours.is_empty() && theirs.iter().all(|frame| frame.0.is_empty() && frame.1.is_empty());
        if ours == theirs || nothing {
            continue;
        }
        match allowed(ours, theirs) {
            Some(reason) => *differences.entry(reason).or_default() += 1,
            None => panic!("{} at {address:#x}\nours   {ours:#?}\ntheirs {theirs:#?}", path.display()),
        }
    }
    let count: usize = differences.values().sum();
    assert!(count * 100 <= addresses.len() * MOST_ALLOWED_PERCENT, "{}: {differences:?}", path.display());
    assert!(with_inlined * 10 > addresses.len(), "{} has few inlined calls", path.display());
    addresses.len()
}

#[test]
fn c_plus_plus() {
    if !has("g++") || !has("llvm-symbolizer") || !has("objcopy") {
        return skip("c_plus_plus", "g++, llvm-symbolizer or objcopy");
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("program.cpp"), CPP).unwrap();
    let build = |name: &str, options: &[&str]| {
        run(folder, "g++", &[&["-O2", "-g", "program.cpp", "-o", name], options].concat());
        folder.join(name)
    };
    let (pie, dwarf4) = std::thread::scope(|scope| {
        let pie = scope.spawn(|| build("pie", &[]));
        let dwarf4 = build("dwarf4", &["-gdwarf-4", "-no-pie"]);
        (pie.join().unwrap(), dwarf4)
    });
    let shared = build("shared.so", &["-fPIC", "-shared"]);
    let mut compared = check(&pie, &pie) + check(&dwarf4, &dwarf4) + check(&shared, &shared);
    // A stripped one, whose debug information is named by .gnu_debuglink.
    run(folder, "objcopy", &["--only-keep-debug", "pie", "pie.debug"]);
    run(folder, "objcopy", &["--strip-all", "--add-gnu-debuglink=pie.debug", "pie", "stripped"]);
    compared += check(&folder.join("stripped"), &pie);
    assert!(compared >= 4 * ADDRESSES * 9 / 10, "{compared} addresses were compared");
}

#[test]
fn rust() {
    if !has("rustc") || !has("llvm-symbolizer") {
        return skip("rust", "rustc or llvm-symbolizer");
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("program.rs"), RUST).unwrap();
    run(folder, "rustc", &["--edition=2024", "-O", "-C", "debuginfo=1", "program.rs"]);
    check(&folder.join("program"), &folder.join("program"));
}

#[test]
fn go() {
    let Ok(go) = std::env::var("HOTLIST_GO") else {
        return skip("go", "the variable HOTLIST_GO with the path of a go command");
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("program.go"), GO).unwrap();
    run(folder, &go, &["build", "-o", "full", "program.go"]);
    run(folder, &go, &["build", "-ldflags=-s -w", "-o", "stripped", "program.go"]);
    let full = folder.join("full");
    if has("llvm-symbolizer") {
        check(&full, &full);
    }
    check_go_tables(&full, &folder.join("stripped"));
    // Where the dynamic linker fills in pointers.
    run(folder, &go, &["build", "-buildmode=pie", "-o", "full_pie", "program.go"]);
    run(folder, &go, &["build", "-buildmode=pie", "-ldflags=-s -w", "-o", "stripped_pie", "program.go"]);
    check_go_tables(&folder.join("full_pie"), &folder.join("stripped_pie"));
}

/// Go's own tables say what the debug information says.
fn check_go_tables(full: &Path, stripped: &Path) {
    let (full, stripped) = (open(full), open(stripped));
    assert!(stripped.debug_info().is_none());
    let addresses = spread(&full.file, ADDRESSES);
    let (by_dwarf, by_tables) = (ours(&full, &addresses), ours(&stripped, &addresses));
    let mut other = 0;
    for ((address, by_dwarf), by_tables) in addresses.iter().zip(&by_dwarf).zip(&by_tables) {
        // The linker's names of assembly have a suffix; generated code is in a file of no folder.
        let tidy = |frames: &Frames| -> Frames {
            let tidy = |(function, file, line): &(String, String, u32)| {
                let function = function.trim_end_matches(".abi0").trim_end_matches(".abiinternal");
                (function.to_owned(), file.trim_start_matches("././").to_owned(), *line)
            };
            frames.iter().map(tidy).collect()
        };
        let (by_dwarf, by_tables) = (tidy(by_dwarf), tidy(by_tables));
        // Between two functions is padding, which Go's tables count to the first.
        if by_dwarf != by_tables && !by_dwarf.is_empty() {
            // Type arguments are left out of names in the tables.
            let same_places = by_dwarf.len() == by_tables.len()
                && by_dwarf.iter().zip(&by_tables).all(|(a, b)| (&a.1, a.2) == (&b.1, b.2));
            other += 1;
            assert!(same_places || other * 50 < addresses.len(), "{address:#x}: {by_dwarf:?} {by_tables:?}");
        }
    }
    assert!(other * 10 < addresses.len(), "{other} of {} answers differ", addresses.len());
}
