//! The forms in which debug information comes: each gives the answers of a build that has everything in
//! the binary.
//!
//! Options for debug information do not change code, so the addresses of one build are those of all; each
//! test makes sure of that. The build with everything is compared with llvm-symbolizer in `equality`.

#![allow(clippy::disallowed_methods, reason = "tests build programs and read them")]

mod support;

use std::path::{Path, PathBuf};

use hotlist_symbolize::{Attempt, Binary, Detail, Found, Outcome, Places, Refusal, Role, Wanted, find};
use hotlist_testkit::installed;
use support::{Files, Frames, frames_of, ours, run, spread};
use tempfile::TempDir;

/// A folder with the sources of the shop, and a build with everything in it called `full`.
struct Shop {
    folder: TempDir,
}

impl Shop {
    fn new(options: &[&str]) -> Shop {
        let shop = Shop { folder: tempfile::tempdir().unwrap() };
        for (name, text) in [
            ("shop.c", include_str!("support/shop.c")),
            ("discount.c", include_str!("support/discount.c")),
            ("shop.h", include_str!("support/shop.h")),
        ] {
            std::fs::write(shop.path(name), text).unwrap();
        }
        shop.build("full", options);
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn build(&self, name: &str, options: &[&str]) {
        let words = ["-O2", "-g", "shop.c", "discount.c", "-o", name];
        self.run("gcc", &[&words, options].concat());
    }

    fn run(&self, program: &str, words: &[&str]) {
        run(self.folder.path(), program, words);
    }

    fn copy(&self, from: &str, to: &str) {
        std::fs::create_dir_all(self.path(to).parent().unwrap()).unwrap();
        std::fs::copy(self.path(from), self.path(to)).unwrap();
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.path(name)).unwrap();
    }

    /// Finds `name` with the folder `debug` for debug information and `binaries` for binaries.
    fn find(&self, name: &str) -> Found {
        let places = Places { binaries: vec![self.path("binaries")], debug: vec![self.path("debug")] };
        let path = self.path(name);
        find(&Files, &places, Wanted { file: path.to_str().unwrap(), build_id: "", is_named: false })
    }

    /// The answers of `full` for addresses all over its code.
    fn full(&self) -> (Vec<u64>, Vec<Frames>) {
        let found = self.find("full");
        let binary = found.binary.unwrap();
        let addresses = spread(&binary.file, 2000);
        let answers = ours(&binary, &addresses);
        let inlined = answers.iter().filter(|frames| frames.len() > 1).count();
        assert!(inlined > 50, "{inlined} of {} addresses are in inlined calls", answers.len());
        (addresses, answers)
    }

    /// `name` gives the answers of `full`; returns on which way.
    fn check(&self, name: &str) -> Vec<Attempt> {
        let (addresses, expected) = self.full();
        let found = self.find(name);
        let binary = found.binary.unwrap_or_else(|| panic!("{name}: {:?}", found.tried));
        let full = self.find("full").binary.unwrap();
        assert!(code(&binary) == code(&full), "{name}: its code differs");
        let answers = ours(&binary, &addresses);
        for ((address, ours), expected) in addresses.iter().zip(&answers).zip(&expected) {
            assert_eq!(ours, expected, "{name} at {address:#x}, tried {:#?}", found.tried);
        }
        found.tried
    }
}

fn code(binary: &Binary) -> &[u8] {
    let text = binary.file.section(".text").unwrap();
    binary.file.code(text.address..text.address + text.size)
}

/// Whether the file whose path ends with `end` was used as `role`.
fn used(tried: &[Attempt], end: &str, role: Role) -> bool {
    tried.iter().any(|attempt| attempt.path.ends_with(end) && attempt.outcome == Outcome::Taken(role))
}

/// The names of functions without inlined calls; between functions is padding, with a line at most.
fn names(answers: &[Frames]) -> Vec<Option<String>> {
    let name = |frames: &Frames| Some(frames.last()?.0.clone()).filter(|name| !name.is_empty());
    answers.iter().map(name).collect()
}

#[test]
fn versions_of_dwarf() {
    if !installed(&["gcc"]) {
        return;
    }
    let shop = Shop::new(&["-gdwarf-5"]);
    for version in ["-gdwarf-2", "-gdwarf-3", "-gdwarf-4"] {
        shop.build("other", &[version]);
        shop.check("other");
    }
    shop.build("other", &["-gdwarf64"]);
    shop.check("other");
}

#[test]
fn compressed_sections() {
    if !installed(&["gcc", "objcopy"]) {
        return;
    }
    let shop = Shop::new(&[]);
    // zlib-gnu is the older form, in sections called .zdebug_info.
    for form in ["zlib", "zlib-gnu", "zstd"] {
        shop.run("objcopy", &[&format!("--compress-debug-sections={form}"), "full", "packed"]);
        let packed = shop.find("packed").binary.unwrap().file;
        assert!(packed.data().len() < std::fs::metadata(shop.path("full")).unwrap().len() as usize);
        shop.check("packed");
    }
}

#[test]
fn split_units() {
    if !installed(&["gcc", "llvm-dwp"]) {
        return;
    }
    let shop = Shop::new(&[]);
    for version in ["-gdwarf-4", "-gdwarf-5"] {
        shop.build("split", &["-gsplit-dwarf", version]);
        // From .dwo files where the compiler has written them.
        let (first, second) = ("split-shop.dwo", "split-discount.dwo");
        assert!(shop.path(first).exists() && shop.path(second).exists());
        shop.check("split");
        // Beside a binary that was moved together with them.
        for name in ["split", first, second] {
            shop.copy(name, &format!("moved/{name}"));
        }
        shop.remove(first);
        shop.check("moved/split");
        // From a package, when there are no others.
        shop.copy("moved/split-shop.dwo", first);
        shop.run("llvm-dwp", &["-e", "split", "-o", "split.dwp"]);
        shop.remove(first);
        shop.remove(second);
        assert!(used(&shop.check("split"), "split.dwp", Role::Package));
        // Without any of them functions have their names still.
        shop.remove("split.dwp");
        let (addresses, expected) = shop.full();
        let answers =
            frames_of(&shop.find("split").binary.unwrap().positions(&addresses, Detail::Lines, &Files, 1));
        assert!(names(&answers) == names(&expected));
        std::fs::remove_dir_all(shop.path("moved")).unwrap();
    }
}

#[test]
fn split_units_of_a_stripped_binary() {
    if !installed(&["gcc", "llvm-dwp", "objcopy"]) {
        return;
    }
    let shop = Shop::new(&[]);
    shop.build("split", &["-gsplit-dwarf"]);
    shop.run("llvm-dwp", &["-e", "split", "-o", "split.debug.dwp"]);
    shop.run("objcopy", &["--only-keep-debug", "split", "split.debug"]);
    shop.run("objcopy", &["--strip-all", "--add-gnu-debuglink=split.debug", "split", "stripped"]);
    shop.remove("split-shop.dwo");
    shop.remove("split-discount.dwo");
    let tried = shop.check("stripped");
    assert!(used(&tried, "split.debug", Role::DebugInfo) && used(&tried, "split.debug.dwp", Role::Package));
}

#[test]
fn dwz_alone_and_with_a_shared_file() {
    if !installed(&["gcc", "dwz"]) {
        return;
    }
    for version in ["-gdwarf-4", "-gdwarf-5"] {
        let shop = Shop::new(&[version]);
        shop.copy("full", "alone");
        shop.run("dwz", &["alone"]);
        shop.check("alone");
        // .gnu_debugaltlink, by a path that counts from the binary, and by build id.
        shop.copy("full", "one");
        shop.copy("full", "two");
        shop.run("dwz", &["-m", "common", "one", "two"]);
        assert!(used(&shop.check("one"), "/common", Role::Shared));
        let id = shop.find("common").binary.unwrap().file.build_id.clone();
        shop.copy("common", &format!("debug/.build-id/{}/{}.debug", &id[..2], &id[2..]));
        shop.copy("full", "common");
        let tried = shop.check("one");
        let is_other = |attempt: &Attempt| {
            attempt.path.ends_with("/common")
                && matches!(attempt.outcome, Outcome::Refused(Refusal::BuildId { .. }))
        };
        assert!(tried.iter().any(is_other), "{tried:#?}");
        assert!(used(&tried, &format!("{}.debug", &id[2..]), Role::Shared));
        // The folder where distributions keep such files.
        std::fs::remove_dir_all(shop.path("debug/.build-id")).unwrap();
        shop.remove("common");
        shop.copy("full", "one");
        shop.copy("full", "two");
        shop.run("dwz", &["-m", "common", "-M", "/usr/lib/debug/.dwz/common-of-tests", "one", "two"]);
        shop.copy("common", "debug/.dwz/common-of-tests");
        shop.remove("common");
        assert!(used(&shop.check("one"), "debug/.dwz/common-of-tests", Role::Shared));
    }
}

#[test]
fn dwz_in_the_form_of_dwarf_5() {
    if !installed(&["gcc", "dwz"]) {
        return;
    }
    let shop = Shop::new(&["-gdwarf-5"]);
    shop.copy("full", "one");
    shop.copy("full", "two");
    shop.run("dwz", &["-5", "-m", "common", "one", "two"]);
    assert!(shop.find("one").binary.unwrap().file.section(".debug_sup").is_some());
    assert!(used(&shop.check("one"), "/common", Role::Shared));
    // A file without the checksum is another.
    shop.copy("full", "common");
    let tried = shop.find("one").tried;
    assert!(!used(&tried, "/common", Role::Shared), "{tried:#?}");
}

#[test]
fn debug_links_and_build_ids() {
    if !installed(&["gcc", "objcopy", "strip"]) {
        return;
    }
    let shop = Shop::new(&[]);
    shop.run("objcopy", &["--only-keep-debug", "full", "kept.debug"]);
    shop.run("objcopy", &["--strip-all", "--add-gnu-debuglink=kept.debug", "full", "linked"]);
    // Beside the binary, in its .debug folder, and in the same place below the folder for debug information.
    assert!(used(&shop.check("linked"), "/kept.debug", Role::DebugInfo));
    shop.copy("kept.debug", ".debug/kept.debug");
    shop.copy("kept.debug", "saved");
    shop.remove("kept.debug");
    assert!(used(&shop.check("linked"), "/.debug/kept.debug", Role::DebugInfo));
    shop.remove(".debug/kept.debug");
    let folder = shop.folder.path().to_str().unwrap().to_owned();
    let below = format!("debug{folder}/kept.debug");
    shop.copy("saved", &below);
    assert!(used(&shop.check("linked"), &below, Role::DebugInfo));
    // One of another content is refused.
    let mut bytes = std::fs::read(shop.path(&below)).unwrap();
    bytes.push(0);
    std::fs::write(shop.path(&below), bytes).unwrap();
    let tried = shop.find("linked").tried;
    let refused = Outcome::Refused(Refusal::Checksum);
    assert!(tried.iter().any(|attempt| attempt.path.ends_with(&below) && attempt.outcome == refused));
    // By build id, for a binary that has no link.
    shop.run("strip", &["-o", "stripped", "full"]);
    let id = shop.find("full").binary.unwrap().file.build_id.clone();
    let by_id = format!(".build-id/{}/{}.debug", &id[..2], &id[2..]);
    for folder in ["debug", "binaries"] {
        let path = format!("{folder}/{by_id}");
        shop.copy("saved", &path);
        assert!(used(&shop.check("stripped"), &path, Role::DebugInfo));
        shop.remove(&path);
    }
    // A file of another build in that place is refused, and so is one that adds nothing.
    shop.build("other", &["-O1", "-Wl,--build-id=0x0123"]);
    shop.copy("other", &format!("debug/{by_id}"));
    let tried = shop.find("stripped").tried;
    let is_other = |attempt: &Attempt| match &attempt.outcome {
        Outcome::Refused(Refusal::BuildId { found, wanted }) => (found.as_str(), wanted) == ("0123", &id),
        _ => false,
    };
    assert!(tried.iter().any(is_other), "{tried:#?}");
    shop.run("strip", &["-o", &format!("debug/{by_id}"), "full"]);
    let tried = shop.find("stripped").tried;
    let nothing = Outcome::Refused(Refusal::NoDebugInfo);
    assert!(tried.iter().any(|attempt| attempt.outcome == nothing), "{tried:#?}");
}

#[test]
fn symbols_alone() {
    if !installed(&["gcc", "strip", "nm", "objcopy", "xz"]) {
        return;
    }
    let shop = Shop::new(&[]);
    let (addresses, expected) = shop.full();
    let functions = |name: &str| -> Vec<Option<String>> {
        let binary = shop.find(name).binary.unwrap();
        assert!(binary.debug_info().is_none(), "{name} has debug information");
        names(&ours(&binary, &addresses))
    };
    let expected = names(&expected);
    let known = |names: &[Option<String>], wanted: &str| names.iter().flatten().any(|name| name == wanted);
    // The full symbol table.
    shop.run("strip", &["--strip-debug", "-o", "symbols", "full"]);
    assert!(functions("symbols") == expected);
    // That of the dynamic linker has what is exported.
    shop.build("exporting", &["-rdynamic"]);
    shop.run("strip", &["-o", "dynamic", "exporting"]);
    let names = functions("dynamic");
    assert!(known(&names, "discount") && !known(&names, "fill"));
    // MiniDebugInfo: the symbols of functions that the dynamic linker does not know, packed into a section.
    shop.run("objcopy", &["--only-keep-debug", "full", "symbols.elf"]);
    shop.run("objcopy", &["-S", "--remove-section=.gdb_index", "--remove-section=.comment", "symbols.elf"]);
    shop.run("objcopy", &["--only-keep-debug", "symbols", "mini"]);
    shop.run("xz", &["-k", "mini"]);
    shop.run("strip", &["-o", "packed", "full"]);
    shop.run("objcopy", &["--add-section=.gnu_debugdata=mini.xz", "packed"]);
    assert!(functions("packed") == expected);
    // One that is no archive is named, and the rest is used.
    std::fs::write(shop.path("mini.xz"), "no archive").unwrap();
    shop.run("strip", &["-o", "damaged", "full"]);
    shop.run("objcopy", &["--add-section=.gnu_debugdata=mini.xz", "damaged"]);
    let found = shop.find("damaged");
    assert!(found.binary.is_some());
    let tried = found.tried.last().unwrap();
    assert!(tried.path.ends_with("damaged(.gnu_debugdata)"), "{tried:?}");
    assert!(tried.outcome.to_string().contains("cannot unpack"), "{tried:?}");
}

#[test]
fn places_of_binaries() {
    if !installed(&["gcc"]) {
        return;
    }
    let shop = Shop::new(&[]);
    let id = shop.find("full").binary.unwrap().file.build_id.clone();
    let binaries = shop.path("binaries");
    let places = Places { binaries: vec![binaries.clone()], debug: Vec::new() };
    let found = |file: &str, build_id: &str| {
        let found = find(&Files, &places, Wanted { file, build_id, is_named: false });
        let path = found.binary.map(|binary| binary.path);
        path.and_then(|path| Some(path.strip_prefix(&binaries).ok()?.display().to_string()))
    };
    // The order is pprof's; each place is tried when those before it are empty.
    let named = "/opt/shop/bin/server";
    let order = [
        format!("{id}/server"),
        format!("{id}/renamed"),
        format!("opt/shop/bin/server/{id}"),
        format!("{}/{}.debug", &id[..2], &id[2..]),
        "server".to_owned(),
        "opt/shop/bin/.debug/server.debug".to_owned(),
        "usr/lib/debug/opt/shop/bin/server.debug".to_owned(),
    ];
    for place in order.iter().rev() {
        shop.copy("full", &format!("binaries/{place}"));
        assert_eq!(found(named, &id).as_deref(), Some(place.as_str()));
    }
    for (place, next) in order.iter().zip(&order[1..]) {
        shop.remove(&format!("binaries/{place}"));
        if place.starts_with("opt/shop/bin/server/") {
            std::fs::remove_dir(binaries.join("opt/shop/bin/server")).unwrap();
        }
        assert_eq!(found(named, &id).as_deref(), Some(next.as_str()));
    }
    std::fs::remove_dir_all(&binaries).unwrap();
    shop.copy("full", "binaries/opt/shop/bin/server");
    assert_eq!(found(named, &id).as_deref(), Some("opt/shop/bin/server"));
    // A file of another build is none, and the name of a mapping does not lead out of the folders.
    assert_eq!(found(named, "00112233"), None);
    assert_eq!(found(named, "../../etc"), None);
    assert_eq!(found("server", ""), None);
    shop.copy("full", "binaries/server");
    assert_eq!(found("server", ""), Some("server".to_owned()));
    assert_eq!(found("/other/folder/server", &id), Some("server".to_owned()));
    // The one that the user names is taken without a look elsewhere.
    let other = shop.path("full");
    let wanted = Wanted { file: other.to_str().unwrap(), build_id: &id, is_named: true };
    let found = find(&Files, &places, wanted);
    assert_eq!(found.binary.map(|binary| binary.path).as_deref(), Some(Path::new(&other)));
    assert_eq!(found.tried.len(), 1);
}
