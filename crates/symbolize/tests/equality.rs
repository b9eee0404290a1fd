//! Function, file, line and all inlined calls are those of llvm-symbolizer and addr2line, address by address.
//!
//! The binaries are built here; where a compiler is missing, its part is skipped with a line that says so.

#![allow(clippy::disallowed_methods, reason = "tests build programs and read them")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use hotlist_testkit::{has, installed};
use support::{CPP, Frames, GO, RUST, addr2line, llvm, open, ours, run, spread, tell};

/// Addresses compared in each binary; the variable `HOTLIST_ADDRESSES` asks for more.
const ADDRESSES: usize = 5000;

/// The percentage of addresses that may differ from llvm-symbolizer, each for a reason that is named.
const MOST_ALLOWED_PERCENT: usize = 2;

/// A tool whose answers are compared with ours.
struct Judge {
    program: &'static str,
    ask: fn(&Path, &[u64]) -> Vec<Frames>,
    /// Why an answer may differ (ours, theirs). `docs/symbols.md` has the reasons in full.
    excuse: fn(&Frames, &Frames) -> Option<&'static str>,
}

const LLVM: Judge = Judge { program: "llvm-symbolizer", ask: llvm, excuse: excuse_llvm };
const GNU: Judge = Judge { program: "addr2line", ask: addr2line, excuse: excuse_gnu };

fn excuse_llvm(ours: &Frames, theirs: &Frames) -> Option<&'static str> {
    let (ours_last, theirs_last) = (ours.last()?, theirs.last()?);
    if ours.len() != theirs.len() || ours[..ours.len() - 1] != theirs[..theirs.len() - 1] {
        return None;
    }
    let same_function = ours_last.0 == theirs_last.0;
    let same_place = (&ours_last.1, ours_last.2) == (&theirs_last.1, theirs_last.2);
    match (same_function, same_place) {
        // Only assembly has such labels.
        (false, true) if ours_last.1.ends_with(".S") || ours_last.1.ends_with(".s") => {
            Some("a label in a function of assembly")
        }
        (false, true) if ours_last.1.is_empty() => Some("a symbol without a size"),
        // Linkers put equal instances of generic functions into one; of their names we take the shortest.
        (false, true) if is_instance(&ours_last.0, &theirs_last.0) => {
            Some("another instance with the same code")
        }
        _ => None,
    }
}

/// Whether two mangled names of Rust are instances of one function, as far as their beginnings tell, and ours is no
/// longer.
fn is_instance(ours: &str, theirs: &str) -> bool {
    let common = ours.bytes().zip(theirs.bytes()).take_while(|(one, other)| one == other).count();
    ours.starts_with("_R") && ours.len() <= theirs.len() && common >= 32
}

fn excuse_gnu(ours: &Frames, theirs: &Frames) -> Option<&'static str> {
    let outermost = |frames: &Frames| frames.last().map_or(String::new(), |frame| frame.0.clone());
    if ours.is_empty() || (ours.len() == 1 && outermost(ours).is_empty()) {
        return Some("bytes between functions count to the one before");
    }
    if theirs.iter().any(|frame| frame.1.ends_with("go.go")) {
        return (outermost(ours) == outermost(theirs))
            .then_some("files and inlined calls of Go are not read");
    }
    if let ([ours], [theirs]) = (&ours[..], &theirs[..])
        && (&ours.0, ours.2) == (&theirs.0, theirs.2)
        && theirs.1.ends_with("program.cpp")
        && theirs.2 as usize > CPP.lines().count()
    {
        return Some("the program has fewer lines; the function is from a header");
    }
    let place = |frame: &(String, String, u32)| (frame.1.clone(), frame.2);
    let same_places = ours.iter().map(place).eq(theirs.iter().map(place));
    if !same_places {
        return None;
    }
    let (last, unlike) = (ours.len() - 1, |row: &usize| ours[*row].0 != theirs[*row].0);
    for row in (0..=last).filter(unlike) {
        let (ours, name) = (&ours[row].0, &theirs[row].0);
        // Of functions of Rust that were folded into one, either name is right; the places are the same.
        let is_folded = row == last && [ours, name].iter().all(|name| name.starts_with("_R"));
        // Functions of one unit only have no name for the linker in the debug information.
        let bare = name.split('<').next().unwrap_or_default();
        let is_static = row == last && !bare.is_empty() && ours.starts_with("_Z") && ours.contains(bare);
        let is_variant = is_static || is_folded || row == last && source_name(ours) == source_name(name);
        // A function without a name for the linker, such as a static one.
        let has_no_name = row < last
            && !ours.starts_with("_Z")
            && theirs[row + 1..].iter().any(|frame| source_name(&frame.0) == source_name(name));
        if !is_variant && !has_no_name {
            return None;
        }
    }
    if unlike(&last) {
        Some("which copy of a function, by the name for the linker")
    } else {
        Some("inlined functions without a name for the linker")
    }
}

/// A name for the linker without what tells copies of one function of the source apart: suffixes such as
/// `.cold` and `.llvm.1234`, and the kind of a constructor or destructor.
fn source_name(name: &str) -> String {
    let mut text = name.to_owned();
    for mark in [".cold", ".isra.", ".constprop.", ".part.", ".llvm.", ".lto_priv."] {
        text.truncate(text.find(mark).unwrap_or(text.len()));
    }
    for kind in ["1Ev", "2Ev", "4Ev", "0Ev"] {
        if let Some(rest) = text.strip_suffix(kind).filter(|rest| rest.ends_with('D')) {
            text = rest.to_owned();
        }
    }
    for kind in ["C1E", "C2E", "C4E"] {
        text = text.replace(kind, "CE");
    }
    text
}

fn count() -> usize {
    std::env::var("HOTLIST_ADDRESSES").map_or(ADDRESSES, |count| count.parse().unwrap())
}

/// Compares answers, tells what came of it, and returns how many were compared.
fn check(path: &Path, debug: &Path) -> usize {
    let binary = open(path);
    let addresses = spread(&binary.file, count());
    let ours = ours(&binary, &addresses);
    let inlined = ours.iter().filter(|frames| frames.len() > 1).count();
    assert!(inlined * 10 > addresses.len(), "{} has few inlined calls", path.display());
    let name = path.file_name().unwrap().display();
    let mut line = format!("{name}: {} addresses, {inlined} with inlined calls", addresses.len());
    for judge in [LLVM, GNU].into_iter().filter(|judge| has(judge.program)) {
        let theirs = (judge.ask)(debug, &addresses);
        assert_eq!((ours.len(), theirs.len()), (addresses.len(), addresses.len()), "{}", judge.program);
        let (mut excused, mut wrong): (BTreeMap<&str, usize>, Vec<String>) = Default::default();
        for ((address, ours), theirs) in addresses.iter().zip(&ours).zip(&theirs) {
            // Unknown code is one frame without names there, no frame here.
            let nothing =
                ours.is_empty() && theirs.iter().all(|frame| frame.0.is_empty() && frame.1.is_empty());
            if ours == theirs || nothing {
                continue;
            }
            match (judge.excuse)(ours, theirs) {
                Some(reason) => *excused.entry(reason).or_default() += 1,
                None => wrong.push(format!("{address:#x}\nours   {ours:?}\ntheirs {theirs:?}\n")),
            }
        }
        if let Some(first) = wrong.first() {
            let (count, judge) = (wrong.len(), judge.program);
            panic!("{}: {count} answers differ from those of {judge}, such as\n{first}", path.display());
        }
        let different: usize = excused.values().sum();
        if judge.program == LLVM.program {
            assert!(different * 100 <= addresses.len() * MOST_ALLOWED_PERCENT, "{name}: {excused:?}");
        }
        line += &format!("\n  {}: {} equal, {excused:?}", judge.program, addresses.len() - different);
    }
    tell(&line);
    addresses.len()
}

#[test]
fn c_plus_plus() {
    if !installed(&["g++", "llvm-symbolizer", "objcopy"]) {
        return;
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
    if !installed(&["rustc", "llvm-symbolizer"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("program.rs"), RUST).unwrap();
    run(folder, "rustc", &["--edition=2024", "-O", "-C", "debuginfo=1", "program.rs"]);
    check(&folder.join("program"), &folder.join("program"));
}

#[test]
fn go() {
    let Some(go) = hotlist_testkit::go() else { return };
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
