//! Damaged object files: any answer or none, but no panic and no endless work.

#![allow(clippy::disallowed_methods, reason = "tests build programs and read them")]

mod support;

use std::process::Command;
use std::sync::Arc;

use hotlist_symbolize::{Binary, Detail, ObjectFile, Places, Wanted, find};
use hotlist_testkit::installed;
use support::{Files, open, ours, run};

const PROGRAM: &str = "
static inline int twice(int x) { return x * 2; }
__attribute__((noinline)) int work(int n) { int t = 0; for (int i = 0; i < n; i++) t += twice(i) ^ n; return t; }
int main(int count, char **words) { return work(count) + twice(count); }
";

/// Asks a file for everything that can be asked.
fn use_all(bytes: Vec<u8>) {
    let Ok(file) = ObjectFile::parse(Arc::new(bytes)) else { return };
    let ranges = file.code_ranges();
    let mut addresses: Vec<u64> = ranges
        .iter()
        .take(8)
        .flat_map(|range| (0..64).map(|step| range.start.saturating_add(step * 7)))
        .collect();
    addresses.extend([0, 1, u64::MAX / 2, u64::MAX]);
    addresses.sort_unstable();
    let binary = Binary::new("damaged", Arc::new(file));
    binary.functions();
    binary.positions(&addresses, Detail::Lines, &Files, 1);
}

#[test]
fn damage_is_no_panic() {
    if !installed(&["gcc"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("program.c"), PROGRAM).unwrap();
    run(folder.path(), "gcc", &["-O2", "-g", "program.c", "-o", "program"]);
    let good = std::fs::read(folder.path().join("program")).unwrap();
    use_all(good.clone());
    for cut in 0..64 {
        use_all(good[..good.len() * cut / 64].to_vec());
    }
    // A walk over all places and several kinds of damage, the same in every run.
    let mut place = 1usize;
    for round in 0..3000usize {
        let mut bytes = good.clone();
        for _ in 0..1 + round % 4 {
            place = (place * 48271 + 11) % bytes.len();
            bytes[place] = match round % 3 {
                0 => bytes[place] ^ (1 << (round % 8)),
                1 => 0xff,
                _ => bytes[place].wrapping_add(1),
            };
        }
        use_all(bytes);
    }
}

#[test]
fn references_in_circles_have_an_end() {
    if !installed(&["gcc"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("loops.s"), include_str!("support/loops.s")).unwrap();
    run(folder.path(), "gcc", &["-nostdlib", "-static", "loops.s", "-o", "loops"]);
    let binary = open(&folder.path().join("loops"));
    assert!(binary.debug_info().is_some());
    let start = binary.file.section(".text").unwrap().address;
    let addresses: Vec<u64> = (1..6).map(|function| start + 16 * function + 3).collect();
    let answers = ours(&binary, &addresses);
    let names: Vec<&str> = answers.iter().map(|frames| frames.last().unwrap().0.as_str()).collect();
    // Where the entries say nothing, the linker's names do.
    assert_eq!(names[..4], ["itself", "first", "second", "nowhere"]);
    assert!(names[4] == "good" || names[4] == "as_the_unit_says", "{names:?}");
}

#[test]
fn absurd_sizes_take_no_memory() {
    if !installed(&["gcc", "objcopy", "readelf"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("program.c"), PROGRAM).unwrap();
    run(folder.path(), "gcc", &["-O2", "-g", "-no-pie", "program.c", "-o", "program"]);
    run(folder.path(), "objcopy", &["--compress-debug-sections=zlib", "program", "packed"]);
    let good = std::fs::read(folder.path().join("packed")).unwrap();
    let sections =
        Command::new("readelf").args(["-SW", "packed"]).current_dir(folder.path()).output().unwrap();
    let sections = String::from_utf8_lossy(&sections.stdout).into_owned();
    let mut packed = 0;
    for name in [".debug_info", ".debug_line", ".debug_str", ".debug_abbrev"] {
        let Some(line) = sections.lines().find(|line| line.contains(&format!(" {name} "))) else { continue };
        let (_, rest) = line.split_once("PROGBITS").unwrap();
        let offset = usize::from_str_radix(rest.split_ascii_whitespace().nth(1).unwrap(), 16).unwrap();
        // A section that is packed begins with a kind, which is 1, four bytes of nothing, and its size.
        if good[offset..offset + 8] != [1, 0, 0, 0, 0, 0, 0, 0] {
            continue;
        }
        packed += 1;
        for size in [1u64 << 60, u64::MAX, 1 << 33, 0, 1] {
            let mut bytes = good.clone();
            bytes[offset + 8..offset + 16].copy_from_slice(&size.to_le_bytes());
            let path = folder.path().join("absurd");
            std::fs::write(&path, bytes).unwrap();
            let binary = open(&path);
            let work = binary.functions().iter().find(|function| function.name == b"work").unwrap().address;
            let positions = binary.positions(&[work], Detail::Lines, &Files, 1);
            let frames = positions.frames(0);
            assert_eq!(positions.lossy(frames.last().unwrap().function), "work", "{name} of {size}");
            if size > 1 << 32 && name != ".debug_str" {
                let damage = positions.damage.as_deref().unwrap_or_default();
                assert!(damage.contains("claims to unpack to") || damage.contains(name), "{name}: {damage}");
            }
        }
    }
    assert!(packed > 0, "nothing was packed: {sections}");
}

#[test]
fn packed_symbols_and_links_stand_damage() {
    if !installed(&["gcc", "objcopy", "xz", "strip"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("program.c"), PROGRAM).unwrap();
    run(folder, "gcc", &["-O2", "-nostdlib", "-static", "-Wl,-emain", "program.c", "-o", "program"]);
    run(folder, "objcopy", &["--only-keep-debug", "program", "mini"]);
    run(folder, "xz", &["-k", "mini"]);
    run(folder, "strip", &["-o", "stripped", "program"]);
    run(folder, "objcopy", &["--add-gnu-debuglink=mini", "--add-section=.gnu_debugdata=mini.xz", "stripped"]);
    std::fs::remove_file(folder.join("mini")).unwrap();
    let good = std::fs::read(folder.join("stripped")).unwrap();
    let path = folder.join("damaged");
    let mut found = 0;
    let mut place = 1usize;
    for round in 0..1000usize {
        let mut bytes = good.clone();
        if round > 0 {
            // The parts at the end: the archive, the link, the list of sections.
            let tail = bytes.len() / 2;
            place = (place * 48271 + 11) % tail;
            let at = bytes.len() - 1 - place;
            bytes[at] = if round % 2 == 0 { bytes[at] ^ (1 << (round % 8)) } else { 0xff };
        }
        std::fs::write(&path, bytes).unwrap();
        let wanted = Wanted { file: path.to_str().unwrap(), build_id: "", is_named: true };
        if let Some(binary) = find(&Files, &Places::default(), wanted).binary {
            let known = binary.functions().iter().any(|function| function.name == b"work");
            assert!(known || round > 0);
            found += usize::from(known);
        }
    }
    assert!(found > 100, "{found} of 1000 still had their symbols");
}

#[test]
fn tables_of_go_stand_damage() {
    let Some(go) = hotlist_testkit::go() else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("program.go"), "package main\n\nfunc main() { println(len(\"a\")) }\n")
        .unwrap();
    run(folder, &go, &["build", "-ldflags=-s -w", "-o", "program", "program.go"]);
    let good = std::fs::read(folder.join("program")).unwrap();
    let file = ObjectFile::parse(Arc::new(good.clone())).unwrap();
    let section = file.section(".gopclntab").unwrap();
    let (address, size) = (section.address, section.size as usize);
    let content = file.code(address..address + 64);
    let offset = good.windows(content.len()).position(|window| window == content).unwrap();
    let mut place = 1usize;
    for round in 0..60usize {
        let mut bytes = good.clone();
        for _ in 0..1 + round % 20 {
            // One half goes to the header, from which everything else is found.
            let limit = if round % 2 == 0 { 72 } else { size };
            place = (place * 48271 + 11) % (1 << 31);
            bytes[offset + place % limit] = [0, 0xff, 0x7f, 0x80][round / 2 % 4];
        }
        use_all(bytes);
    }
}
