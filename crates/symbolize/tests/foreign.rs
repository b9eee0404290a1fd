//! Programs of Windows and macOS, which the Rust compiler and its linker make anywhere: their debug
//! information gives the answers of llvm-symbolizer.

#![allow(clippy::disallowed_methods, reason = "tests build programs and read them")]

mod support;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use hotlist_symbolize::{
    Attempt, Binary, Detail, Format, Found, ObjectFile, Outcome, Places, Refusal, Role, Wanted, find,
};
use hotlist_testkit::{has, installed, skip};
use support::{Files, Frames, llvm, ours, run};

/// A program without a standard library, since there is none for these systems here.
const PROGRAM: &str = include_str!("support/foreign.rs.txt");

/// Compiles the program for `target` as `object`.
fn compile(folder: &Path, target: &str, object: &str) {
    std::fs::write(folder.join("foreign.rs"), PROGRAM).unwrap();
    // A program without a core library needs features that are not stable.
    let output = Command::new("rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .args([
            "--edition=2021",
            "--crate-type=lib",
            "-g",
            "-Copt-level=2",
            "-Cpanic=abort",
            "--target",
            target,
        ])
        .args(["--emit", &format!("obj={object}"), "foreign.rs"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn link(folder: &Path, linker: &str, words: &[&str]) {
    let linker = support::linkers().unwrap().join(linker);
    run(folder, linker.to_str().unwrap(), words);
}

fn look_for(path: &Path, binaries: &Path) -> Found {
    let places = Places { binaries: vec![binaries.to_owned()], debug: Vec::new() };
    find(&Files, &places, Wanted { file: path.to_str().unwrap(), build_id: "", is_named: false })
}

/// Every address of the code.
fn addresses(binary: &Binary) -> Vec<u64> {
    binary.file.code_ranges().into_iter().flatten().collect()
}

/// PDB has names as people write them; llvm-symbolizer prefers those of the linker where there are some.
fn readable(frames: &Frames) -> Frames {
    let name = |name: &str| {
        let readable = hotlist_demangle::demangle(name, hotlist_demangle::Mode::Default);
        readable.unwrap_or_else(|| name.to_owned())
    };
    frames.iter().map(|(function, file, line)| (name(function), file.clone(), *line)).collect()
}

/// Answers are those of llvm-symbolizer, but for addresses between functions.
fn check(binary: &Binary, judge: &Path) {
    let addresses = addresses(binary);
    let theirs = llvm(judge, &addresses);
    compare(&addresses, &ours(binary, &addresses), &theirs);
}

fn compare(addresses: &[u64], ours: &[Frames], theirs: &[Frames]) {
    assert_eq!((ours.len(), theirs.len()), (addresses.len(), addresses.len()));
    let mut inlined = 0;
    for ((address, ours), theirs) in addresses.iter().zip(ours).zip(theirs) {
        inlined += usize::from(ours.len() > 2);
        let nothing = theirs.iter().all(|frame| frame.2 == 0);
        let (mut ours, theirs) = (readable(ours), readable(theirs));
        // A name that is the same in every module of a program has no path there.
        if let (Some(ours), Some(theirs)) = (ours.last_mut(), theirs.last())
            && ours.0.ends_with(&format!("::{}", theirs.0))
        {
            ours.0.clone_from(&theirs.0);
        }
        assert!(nothing || ours == theirs, "{address:#x}\nours   {ours:#?}\ntheirs {theirs:#?}");
    }
    assert!(inlined > 5, "{inlined} addresses are in calls inlined in inlined calls");
}

fn can_build(programs: &[&str]) -> bool {
    if !installed(programs) {
        return false;
    }
    if support::linkers().is_none() {
        skip("the linker of the Rust compiler is not there");
        return false;
    }
    true
}

/// `shop.exe` and `shop.pdb`, and `dwarf.exe` with the same code.
fn windows(folder: &Path) {
    let link_as = |name: &str, object: &str, debug: &str| {
        let out = format!("/out:{name}.exe");
        link(
            folder,
            "lld-link",
            &["/nodefaultlib", "/entry:start", "/subsystem:console", debug, &out, object],
        );
    };
    compile(folder, "x86_64-pc-windows-msvc", "shop.obj");
    link_as("shop", "shop.obj", "/debug");
    compile(folder, "x86_64-pc-windows-gnu", "dwarf.obj");
    link_as("dwarf", "dwarf.obj", "/debug:dwarf");
}

#[test]
fn pdb_of_a_windows_program() {
    if !can_build(&["rustc", "llvm-symbolizer"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    windows(folder);
    let (program, elsewhere) = (folder.join("shop.exe"), folder.join("elsewhere"));
    let found = look_for(&program, &elsewhere);
    let binary = found.binary.unwrap();
    assert_eq!(binary.file.format, Format::Pe);
    // llvm-symbolizer 14 gives the first bytes of an inlined call the line of those behind them when it reads a
    // PDB, so it is the judge of DWARF for the same code, which is the judge of the PDB.
    let dwarf = look_for(&folder.join("dwarf.exe"), &elsewhere).binary.unwrap();
    check(&dwarf, &folder.join("dwarf.exe"));
    let addresses = addresses(&binary);
    assert_eq!(addresses, self::addresses(&dwarf));
    // Between functions is padding of another kind, and nothing else differs.
    let byte = |binary: &Binary, address: u64| binary.file.code(address..address + 1).to_vec();
    let (same, padding): (Vec<u64>, Vec<u64>) =
        addresses.iter().partition(|&&address| byte(&binary, address) == byte(&dwarf, address));
    assert!(padding.len() < 16 && same.len() > 64, "{padding:x?}");
    compare(&same, &ours(&binary, &same), &ours(&dwarf, &same));
    // Where symbol servers keep it, by name and build.
    let kept = elsewhere.join("shop.pdb").join(&binary.file.build_id);
    std::fs::create_dir_all(&kept).unwrap();
    std::fs::copy(folder.join("shop.pdb"), kept.join("shop.pdb")).unwrap();
    // That of another build, whose GUID is another.
    let mut other = std::fs::read(folder.join("shop.pdb")).unwrap();
    // Windows writes the first three of its numbers in its own order; the last eight bytes are as they are.
    let guid: Vec<u8> = (8..16)
        .map(|at| u8::from_str_radix(&binary.file.build_id[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    let place = other.windows(guid.len()).position(|window| window == guid).unwrap();
    other[place] ^= 0xff;
    std::fs::write(folder.join("shop.pdb"), other).unwrap();
    let found = look_for(&program, &elsewhere);
    let is_other = |attempt: &Attempt| {
        attempt.path.ends_with("shop.pdb")
            && matches!(attempt.outcome, Outcome::Refused(Refusal::BuildId { .. }))
    };
    assert!(found.tried.iter().any(is_other), "{:#?}", found.tried);
    let last = found.tried.last().unwrap();
    assert_eq!(last.outcome, Outcome::Taken(Role::DebugInfo));
    let again = ours(&found.binary.unwrap(), &addresses);
    let names = |answers: &[Frames]| -> usize { answers.iter().filter(|frames| frames.len() > 1).count() };
    assert!(names(&again) > 5);
}

#[test]
fn damaged_pdb() {
    if !can_build(&["rustc"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    windows(folder);
    let program = folder.join("shop.exe");
    let good = std::fs::read(folder.join("shop.pdb")).unwrap();
    let use_it = |bytes: &[u8]| {
        std::fs::write(folder.join("shop.pdb"), bytes).unwrap();
        let binary = look_for(&program, folder).binary.unwrap();
        binary.positions(&addresses(&binary), Detail::Lines, &Files, 1)
    };
    let positions = use_it(&good);
    assert_eq!(positions.lossy(positions.frames(0)[1].function), "foreign::shop::total");
    for cut in 0..32 {
        use_it(&good[..good.len() * cut / 32]);
    }
    // Where the debug information begins there is nothing: that is told.
    let marks = good
        .windows(8)
        .filter(|window| window[..4] == [0xff; 4] && window[4..] == 19_990_903u32.to_le_bytes());
    assert_eq!(marks.count(), 1);
    let place = good.windows(4).position(|window| window == 19_990_903u32.to_le_bytes()).unwrap() - 4;
    let mut bytes = good.clone();
    bytes[place] = 0;
    let positions = use_it(&bytes);
    assert!(positions.damage.is_some_and(|damage| damage.contains("PDB")));
    // Most of the file is empty; damage goes to what is not.
    let full: Vec<usize> = (0..good.len()).filter(|&place| good[place] != 0).collect();
    let mut place = 1usize;
    for round in 0..1500usize {
        let mut bytes = good.clone();
        for _ in 0..1 + round % 4 {
            place = (place * 48271 + 11) % full.len();
            let byte = &mut bytes[full[place]];
            *byte = match round % 3 {
                0 => *byte ^ (1 << (round % 8)),
                1 => 0xff,
                _ => byte.wrapping_add(1),
            };
        }
        use_it(&bytes);
    }
}

#[test]
fn bundle_of_a_mac_program() {
    if !can_build(&["rustc", "llvm-symbolizer", "dsymutil"]) {
        return;
    }
    for (target, architecture) in [("aarch64-apple-darwin", "arm64"), ("x86_64-apple-darwin", "x86_64")] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        compile(folder, target, "shop.o");
        link(
            folder,
            "ld64.lld",
            &[
                "-arch",
                architecture,
                "-platform_version",
                "macos",
                "12.0",
                "12.0",
                "-dylib",
                "-o",
                "shop",
                "shop.o",
            ],
        );
        let program = folder.join("shop");
        // Without the bundle there are functions.
        let bare = look_for(&program, folder).binary.unwrap();
        let last: Vec<Frames> = ours(&bare, &addresses(&bare));
        assert!(last.iter().flatten().any(|frame| frame.0.contains("total")));
        assert!(last.iter().all(|frames| frames.len() < 2));
        run(folder, "dsymutil", &["shop"]);
        let found = look_for(&program, folder);
        let taken = |attempt: &Attempt| attempt.outcome == Outcome::Taken(Role::DebugInfo);
        assert!(found.tried.iter().any(taken), "{:#?}", found.tried);
        let binary = found.binary.unwrap();
        assert_eq!(binary.file.format, Format::MachO);
        check(&binary, &folder.join("shop.dSYM/Contents/Resources/DWARF/shop"));
        // A bundle of another program is refused.
        let inside = folder.join("shop.dSYM/Contents/Resources/DWARF/shop");
        let mut bytes = std::fs::read(&inside).unwrap();
        let id: Vec<u8> = (0..16)
            .map(|at| u8::from_str_radix(&binary.file.build_id[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        let place = bytes.windows(16).position(|window| window == id).unwrap();
        bytes[place] ^= 0xff;
        std::fs::write(&inside, bytes).unwrap();
        let found = look_for(&program, folder);
        let last = &found.tried.last().unwrap().outcome;
        assert!(matches!(last, Outcome::Refused(Refusal::BuildId { .. })), "{last}");
        // Both processors in one file: the part of this machine is taken, or else the first.
        let parse = |bytes: Vec<u8>| ObjectFile::parse(Arc::new(bytes)).unwrap();
        let thin = std::fs::read(&program).unwrap();
        if has("llvm-lipo") {
            run(folder, "llvm-lipo", &["-create", "-output", "fat", "shop"]);
            let fat = parse(std::fs::read(folder.join("fat")).unwrap());
            assert_eq!(fat.build_id, parse(thin).build_id);
        }
    }
}
