//! Faults that real programs showed, each with a program that shows it.

#![allow(clippy::disallowed_methods, reason = "tests build programs and read them")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use hotlist_symbolize::{
    Binary, Detail, Found, MappedRange, ObjectFile, Outcome, Places, Refusal, Role, Translation, Wanted, find,
};
use hotlist_testkit::{installed, skip};
use support::{Files, Frames, frames_of, llvm, newest_llvm, open, ours, run};

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// The names of the outermost functions at all addresses of a section.
fn names_in(binary: &Binary, section: &str) -> Vec<String> {
    let section = binary.file.section(section).unwrap();
    let addresses: Vec<u64> = (section.address..section.address + section.size).collect();
    names(&answers(binary, &addresses))
}

fn answers(binary: &Binary, addresses: &[u64]) -> Vec<Frames> {
    frames_of(&binary.positions(addresses, Detail::Lines, &Files, 1))
}

fn names(answers: &[Frames]) -> Vec<String> {
    answers.iter().map(|frames| frames.last().map_or(String::new(), |frame| frame.0.clone())).collect()
}

const PLT: &str = "
#include <stdio.h>
#include <stdlib.h>
int main(int count, char **words) { long sum = 0; for (int i = 0; i < 100; i++) sum += strtol(words[0], 0, 10); return printf(\"%ld\", sum); }
";

#[test]
fn slots_of_the_linkage_table_are_named_after_what_they_call() {
    if !installed(&["gcc"]) {
        return;
    }
    let folder = folder(&[("plt.c", PLT)]);
    for options in
        [&["-pie"][..], &["-no-pie"], &["-fcf-protection=full", "-Wl,-z,ibtplt"], &["-Wl,-z,now", "-fno-plt"]]
    {
        run(folder.path(), "gcc", &[&["-O2", "-fPIE", "plt.c", "-o", "plt"], options].concat());
        let binary = open(&folder.path().join("plt"));
        let sections = binary.file.sections.iter().filter(|section| section.name.starts_with(".plt"));
        let sections: Vec<String> = sections.map(|section| section.name.clone()).collect();
        let all: Vec<String> = sections.iter().flat_map(|section| names_in(&binary, section)).collect();
        assert!(all.iter().all(|name| name.is_empty() || name.ends_with("@plt")), "{options:?}: {all:?}");
        if !options.contains(&"-fno-plt") {
            for expected in ["strtol@plt", "printf@plt"] {
                let bytes = all.iter().filter(|name| *name == expected).count();
                assert!((8..=32).contains(&bytes), "{options:?}: {bytes} bytes of {expected}: {all:?}");
            }
        }
    }
}

const UNSIZED: &str = "
        .text
        .globl first
        .type first, @function
first:  nop
        nop
        .globl table
        .type table, @object
table:  .quad 1, 2
        .size table, 16
        .globl second
        .type second, @function
second: .cfi_startproc
        ret
        .cfi_endproc
        nop
        nop
        .cfi_startproc
        nop
        nop
        ret
        .cfi_endproc
        .globl last
        .type last, @function
last:   ret
        .section .text.other, \"ax\", @progbits
        nop
        .section .note.GNU-stack, \"\", @progbits
";

#[test]
fn a_symbol_without_a_size_ends_at_the_next_of_any_kind_and_at_unwind_bounds() {
    if !installed(&["gcc"]) {
        return;
    }
    let folder = folder(&[
        ("unsized.s", UNSIZED),
        ("other.ld", "SECTIONS { .other : { *(.text.other) } } INSERT AFTER .text;"),
    ]);
    run(
        folder.path(),
        "gcc",
        &["-nostdlib", "-static", "-Wl,-efirst", "-Wl,-T,other.ld", "unsized.s", "-o", "unsized"],
    );
    let binary = open(&folder.path().join("unsized"));
    let all = names_in(&binary, ".text");
    let count = |name: &str| all.iter().filter(|other| *other == name).count();
    assert_eq!((count("first"), count("second"), count("last")), (2, 1, 1), "{all:?}");
    assert!(names_in(&binary, ".other").iter().all(String::is_empty));
    let size = |name: &[u8]| {
        let functions = binary.functions();
        functions.iter().find(|function| function.name == name).map(|function| function.size)
    };
    assert_eq!((size(b"first"), size(b"second"), size(b"last")), (Some(2), Some(1), Some(1)));
}

const SMALL: &str = "
struct Shape { virtual int area(int); virtual ~Shape() {} };
int Shape::area(int x) { return x * 2; }
__attribute__((noinline)) int twice(int x) { return x * 2; }
int main(int count, char **) { Shape *shape = new Shape; return twice(count) + shape->area(count); }
";

#[test]
fn functions_of_windows_end_where_pdata_says() {
    if !installed(&["x86_64-w64-mingw32-g++", "x86_64-w64-mingw32-nm"]) {
        return;
    }
    let folder = folder(&[("small.cc", SMALL)]);
    run(folder.path(), "x86_64-w64-mingw32-g++", &["-O2", "-static", "small.cc", "-o", "small.exe"]);
    let binary = open(&folder.path().join("small.exe"));
    for name in ["_ZN5Shape4areaEi", "_Z5twicei", "main"] {
        let functions = binary.functions();
        let function = functions.iter().find(|function| function.name == name.as_bytes());
        let function = function.unwrap_or_else(|| panic!("no {name}"));
        assert!(function.size < 100, "{name} has {} bytes", function.size);
        let addresses: Vec<u64> = (function.address..function.address + 0x1000).collect();
        let bytes = names(&answers(&binary, &addresses)).iter().filter(|other| *other == name).count();
        assert_eq!(bytes as u64, function.size, "{name}");
    }
    // Nor is a symbol of a section, or a label of an object, swallowed by the function before.
    let largest = binary.functions().iter().map(|function| function.size).max().unwrap();
    assert!(largest < 0x4000, "a function of {largest} bytes");
}

const DYLIB: &str = "
#![no_std]
#![no_core]
#![feature(no_core, lang_items)]
#[lang = \"pointee_sized\"] pub trait PointeeSized {}
#[lang = \"meta_sized\"] pub trait MetaSized: PointeeSized {}
#[lang = \"sized\"] pub trait Sized: MetaSized {}
#[lang = \"copy\"] pub trait Copy {}
impl Copy for i32 {}
#[no_mangle] pub extern \"C\" fn api(x: i32) -> i32 { x }
#[no_mangle] pub extern \"C\" fn zhidden(x: i32) -> i32 { x }
#[no_mangle] pub extern \"C\" fn zhidden_too(x: i32) -> i32 { x }
";

#[test]
fn functions_of_a_stripped_dylib_end_where_others_start() {
    let folder = folder(&[("dylib.rs", DYLIB), ("exports", "_api\n")]);
    let Some(linker) = support::linkers().map(|folder| folder.join("ld64.lld")) else {
        return skip("the linker of the Rust compiler is not here");
    };
    let output = Command::new("rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["--crate-type=lib", "-Cpanic=abort", "-Copt-level=1", "--target", "x86_64-apple-darwin"])
        .args(["--emit", "obj=dylib.o", "dylib.rs"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return skip(&format!("rustc builds nothing for macOS: {}", text.lines().next().unwrap_or_default()));
    }
    let words = ["-arch", "x86_64", "-platform_version", "macos", "12.0", "12.0", "-dylib", "-x"];
    let more = ["-exported_symbols_list", "exports", "-o", "stripped", "dylib.o"];
    run(folder.path(), linker.to_str().unwrap(), &[&words[..], &more].concat());
    let binary = open(&folder.path().join("stripped"));
    let all = names_in(&binary, ".text");
    let api = all.iter().filter(|name| *name == "api").count();
    assert!(api > 0 && api < all.len(), "api has {api} of {} bytes", all.len());
}

const VERSIONS: &str = "
extern \"C\" int plain_v2(int x) { return x * 7 + 1; }
__asm__(\".symver plain_v2,plain@@V2\");
extern \"C\" int plain_v1(int x) { return x * 5; }
__asm__(\".symver plain_v1,plain@V1\");
extern \"C\" int __long_alias(int) __attribute__((alias(\"named\")));
extern \"C\" int alias_of_named(int) __attribute__((alias(\"named\")));
extern \"C\" int named(int x) { return x * 3 + plain_v2(x); }
";

#[test]
fn versions_are_no_part_of_names_and_the_plain_one_of_aliases_is_shown() {
    if !installed(&["g++", "nm"]) {
        return;
    }
    let map =
        "V1 { global: plain; named; __long_alias; alias_of_named; local: *; }; V2 { global: plain; } V1;";
    let folder = folder(&[("versions.cc", VERSIONS), ("versions.map", map)]);
    let words =
        ["-O2", "-shared", "-fPIC", "-Wl,--version-script=versions.map", "versions.cc", "-o", "versions.so"];
    run(folder.path(), "g++", &words);
    let binary = open(&folder.path().join("versions.so"));
    let all = names_in(&binary, ".text");
    assert!(all.iter().all(|name| !name.contains('@')), "{all:?}");
    for name in ["plain", "named"] {
        assert!(all.iter().any(|other| other == name), "{name}: {all:?}");
    }
    for name in ["__long_alias", "alias_of_named", "plain_v2"] {
        assert!(all.iter().all(|other| other != name), "{name}: {all:?}");
    }
}

#[test]
fn folder_0_is_the_compilation_folder_and_a_header_has_one_name() {
    if !installed(&["gcc"]) {
        return;
    }
    let source = "#include \"inc/h.h\"\n#include \"./inc/../inc/i.h\"\nstatic inline int g(int x) { return x * 3; }\n\
        int __attribute__((noinline)) f(int x) { volatile int s = 0; for (int i = 0; i < x; i++) s += g(i) + h(i) + k(i); return s; }\n\
        int main(int c, char **v) { return f(c); }\n";
    let header = "static inline int h(int x) { volatile int y = x; return y * 5; }\n";
    let other = "static inline int k(int x) { volatile int y = x; return y * 7; }\n";
    let folder = folder(&[("a.c", source)]);
    std::fs::create_dir(folder.path().join("inc")).unwrap();
    std::fs::write(folder.path().join("inc/h.h"), header).unwrap();
    std::fs::write(folder.path().join("inc/i.h"), other).unwrap();
    let home = folder.path().canonicalize().unwrap();
    let map = format!("-ffile-prefix-map={}=proj", home.display());
    for version in ["-gdwarf-5", "-gdwarf-4"] {
        run(&home, "gcc", &["-O2", version, &map, "a.c", "-o", "relative"]);
        let binary = open(&home.join("relative"));
        let functions = binary.functions();
        let f = functions.iter().find(|function| function.name == b"f").unwrap();
        let addresses: Vec<u64> = (f.address..f.address + f.size).collect();
        let mut files: Vec<String> =
            answers(&binary, &addresses).into_iter().flatten().map(|frame| frame.1).collect();
        files.sort();
        files.dedup();
        assert_eq!(files, ["proj/a.c", "proj/inc/h.h", "proj/inc/i.h"], "{version}");
    }
}

const MODULE: &str = "
static inline int g(int x) { volatile int y = x; return y * 3; }
int hot(int x) { int s = 0; for (int i = 0; i < x; i++) s += g(i); return s; }
__attribute__((section(\".init.text\"))) int start(int x) { return x - 7; }
int other(int x) { return x - 1; }
int table[4] = {1, 2, 3, 4};
";

#[test]
fn files_that_are_not_linked_are_relocated() {
    let folder = folder(&[("module.c", MODULE)]);
    for (compiler, objcopy) in [("gcc", "objcopy"), ("aarch64-linux-gnu-gcc", "aarch64-linux-gnu-objcopy")] {
        if !installed(&[compiler, objcopy]) {
            continue;
        }
        for version in ["-gdwarf-5", "-gdwarf-4"] {
            run(folder.path(), compiler, &["-O2", version, "-c", "module.c", "-o", "module.ko"]);
            let path = folder.path().join("module.ko");
            check_module(&open(&path), &path);
            // Code and debug information apart, as distributions keep them.
            run(folder.path(), objcopy, &["--only-keep-debug", "module.ko", "module.debug"]);
            run(
                folder.path(),
                objcopy,
                &["--strip-debug", "--add-gnu-debuglink=module.debug", "module.ko", "bare.ko"],
            );
            check_module(&open(&folder.path().join("bare.ko")), &path);
            run(folder.path(), objcopy, &["--compress-debug-sections=zlib", "module.ko", "packed.ko"]);
            check_module(&open(&folder.path().join("packed.ko")), &path);
        }
    }
}

fn check_module(binary: &Binary, path: &Path) {
    let text = binary.file.section(".text").unwrap();
    assert_eq!(text.address, 0);
    let addresses: Vec<u64> = (0..text.size).collect();
    let all = ours(binary, &addresses);
    let hot: Vec<&Frames> =
        all.iter().filter(|frames| frames.last().is_some_and(|frame| frame.0 == "hot")).collect();
    assert!(hot.iter().any(|frames| frames.len() == 2 && frames[0].0 == "g"), "{all:?}");
    assert!(hot.iter().all(|frames| frames[0].1.ends_with("/module.c") && (2..=3).contains(&frames[0].2)));
    let init = binary.file.section(".init.text").unwrap();
    assert!(init.address >= text.size);
    let last = answers(binary, &[init.address]);
    assert_eq!((last[0][0].0.as_str(), last[0][0].2), ("start", 4));
    if newest_llvm().is_some() {
        let theirs = llvm(path, &addresses);
        for ((address, ours), theirs) in addresses.iter().zip(&all).zip(&theirs) {
            assert!(ours == theirs || ours.is_empty(), "{address:#x}\nours   {ours:?}\ntheirs {theirs:?}");
        }
    }
}

const TWO: &str = "
__attribute__((noinline)) int work(int x) { volatile int s = 0; for (int i = 0; i < x; i++) s += i; return s; }
int main(int c, char **v) { return work(c); }
";

fn look_for(path: &Path, places: &Places) -> Found {
    find(&Files, places, Wanted { file: path.to_str().unwrap(), build_id: "", is_named: false })
}

#[test]
fn a_link_to_a_binary_leads_to_what_lies_beside_it() {
    if !installed(&["gcc", "objcopy"]) {
        return;
    }
    let folder = folder(&[("two.c", TWO)]);
    let home = folder.path().canonicalize().unwrap();
    run(&home, "gcc", &["-O2", "-g", "two.c", "-o", "two"]);
    run(&home, "objcopy", &["--only-keep-debug", "two", "two.debug"]);
    std::fs::create_dir_all(home.join("real/bin")).unwrap();
    std::fs::create_dir(home.join("links")).unwrap();
    run(&home, "objcopy", &["--strip-all", "--add-gnu-debuglink=two.debug", "two", "real/bin/two"]);
    std::os::unix::fs::symlink("../real/bin/two", home.join("links/program")).unwrap();
    let debug = home.join("debug");
    let below = debug.join(home.strip_prefix("/").unwrap()).join("real/bin");
    std::fs::create_dir_all(&below).unwrap();
    let places = Places { binaries: Vec::new(), debug: vec![debug] };
    for place in [home.join("real/bin/two.debug"), below.join("two.debug")] {
        std::fs::copy(home.join("two.debug"), &place).unwrap();
        let found = look_for(&home.join("links/program"), &places);
        let used = |attempt: &hotlist_symbolize::Attempt| {
            attempt.path == place.display().to_string() && attempt.outcome == Outcome::Taken(Role::DebugInfo)
        };
        assert!(found.tried.iter().any(used), "{:#?}", found.tried);
        let all = names_in(&found.binary.unwrap(), ".text");
        assert!(all.iter().any(|name| name == "work"));
        std::fs::remove_file(place).unwrap();
    }
}

#[test]
fn a_debug_file_alone_serves() {
    if !installed(&["gcc", "objcopy"]) {
        return;
    }
    let folder = folder(&[("two.c", TWO)]);
    for options in [
        &[][..],
        &["-no-pie"],
        &["-shared", "-fPIC"],
        &["-Wl,-z,noseparate-code"],
        &["-Wl,-z,max-page-size=65536"],
    ] {
        run(folder.path(), "gcc", &[&["-O2", "-g", "two.c", "-o", "two"], options].concat());
        run(folder.path(), "objcopy", &["--only-keep-debug", "two", "two.debug"]);
        let (full, debug) = (open(&folder.path().join("two")), open(&folder.path().join("two.debug")));
        assert!(debug.file.is_without_code() && !full.file.is_without_code());
        let segment = full.file.segments.iter().find(|segment| segment.is_executable).unwrap();
        let into_page = segment.file_offset % 4096;
        let base = if options.contains(&"-no-pie") { 0 } else { 0x7f00_0000_0000 };
        let start = base + segment.address - into_page;
        let mapped = MappedRange {
            start,
            limit: start + (segment.memory_size + into_page).next_multiple_of(4096),
            offset: segment.file_offset - into_page,
            relocation_symbol: "",
        };
        let functions = full.functions();
        let work = functions.iter().find(|function| function.name == b"work").unwrap();
        let translated = |binary: &Binary| {
            let translation = Translation::new(&binary.file, "two", &mapped);
            translation.unwrap_or_else(|error| panic!("{options:?}: {error}")).to_virtual(base + work.address)
        };
        assert_eq!(
            (translated(&full), translated(&debug)),
            (Some(work.address), Some(work.address)),
            "{options:?}"
        );
        let all = answers(&debug, &[work.address]);
        assert_eq!(all, answers(&full, &[work.address]));
        assert_eq!(all[0][0].0, "work");
    }
}

/// A debug file for `two` that was built otherwise, at the place where its build id leads.
fn with_debug_file(folder: &Path, build: &dyn Fn(&Path)) -> Found {
    run(folder, "gcc", &["-O2", "-g", "-Wl,--build-id=0x0123456789abcdef", "two.c", "-o", "two"]);
    run(folder, "strip", &["two"]);
    let place = folder.join("debug/.build-id/01/23456789abcdef.debug");
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    build(&place);
    look_for(&folder.join("two"), &Places { binaries: Vec::new(), debug: vec![folder.join("debug")] })
}

#[test]
fn a_debug_file_for_another_processor_or_with_other_sections_is_refused() {
    if !installed(&["gcc", "strip", "aarch64-linux-gnu-gcc"]) {
        return;
    }
    let folder = folder(&[("two.c", TWO)]);
    let home: PathBuf = folder.path().to_owned();
    let refusals = |found: &Found| -> Vec<Refusal> {
        let refused = found.tried.iter().filter_map(|attempt| match &attempt.outcome {
            Outcome::Refused(refusal) => Some(refusal.clone()),
            Outcome::Taken(_) => None,
        });
        refused.collect()
    };
    let build = |compiler: &str, options: &[&str], place: &Path| {
        let words =
            ["-O2", "-g", "-Wl,--build-id=0x0123456789abcdef", "two.c", "-o", place.to_str().unwrap()];
        run(&home, compiler, &[&words[..], options].concat());
    };
    let found = with_debug_file(&home, &|place| build("aarch64-linux-gnu-gcc", &[], place));
    assert!(refusals(&found).contains(&Refusal::Processor), "{:#?}", found.tried);
    assert!(found.binary.unwrap().debug.is_none());
    let found = with_debug_file(&home, &|place| build("gcc", &["-Wl,-Ttext=0x40000", "-no-pie"], place));
    assert!(
        refusals(&found).iter().any(|refusal| matches!(refusal, Refusal::Section { .. })),
        "{:#?}",
        found.tried
    );
    assert!(found.binary.unwrap().debug.is_none());
    let found = with_debug_file(&home, &|place| build("gcc", &[], place));
    assert!(found.binary.unwrap().debug.is_some());
}

#[test]
fn relocations_stand_damage() {
    if !installed(&["gcc"]) {
        return;
    }
    let folder = folder(&[("module.c", MODULE)]);
    run(folder.path(), "gcc", &["-O2", "-g", "-c", "module.c", "-o", "module.ko"]);
    let good = std::fs::read(folder.path().join("module.ko")).unwrap();
    let mut place = 1usize;
    for round in 0..3000usize {
        let mut bytes = good.clone();
        for _ in 0..1 + round % 4 {
            place = (place * 48271 + 11) % bytes.len();
            bytes[place] = [bytes[place] ^ (1 << (round % 8)), 0xff, bytes[place].wrapping_add(1)][round % 3];
        }
        let Ok(file) = ObjectFile::parse(Arc::new(bytes)) else { continue };
        let binary = Binary::new("damaged", Arc::new(file));
        binary.functions();
        binary.positions(&[0, 4, 16, 64, 200], Detail::Lines, &Files, 1);
    }
}
#[test]
fn lines_of_units_that_name_no_addresses_are_found() {
    if !installed(&["gcc"]) {
        return;
    }
    let folder = folder(&[("jitted.s", include_str!("support/jitted.s"))]);
    run(folder.path(), "gcc", &["-nostdlib", "-static", "-Wl,-ejitted", "jitted.s", "-o", "jitted"]);
    let binary = open(&folder.path().join("jitted"));
    let text = binary.file.section(".text").unwrap().address;
    let all = ours(&binary, &[text, text + 2, text + 3]);
    let lines: Vec<(&str, u32)> = all.iter().map(|frames| (frames[0].0.as_str(), frames[0].2)).collect();
    assert_eq!(lines, [("jitted", 7), ("jitted", 8), ("jitted", 8)]);
    assert!(all[0][0].1.ends_with("script.js"), "{all:?}");
}
