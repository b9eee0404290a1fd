//! Source code that a binary brings along or a server has, and source code that is not what was built.

use std::process::Command;
use std::time::{Duration, SystemTime};

use hotlist_testkit::{installed, skip};

use crate::support::{PROGRAM, World, address_in, line_of, whole};

/// A program in Rust.
const RUST: &str = "#[inline(never)]
#[unsafe(no_mangle)]
fn work(count: u32) -> u32 {
    (0..count).map(|number| number ^ count).sum() // the text that only the binary has
}

fn main() {
    println!(\"{}\", work(std::env::args().count() as u32));
}
";

#[test]
fn source_in_the_binary() {
    if !installed(&["rustc", "nm"]) {
        return;
    }
    let world = World::new();
    world.hotlist.write("program.rs", RUST);
    // The option is not stable yet; clang's is -gembed-source.
    let words = ["-g", "-O", "-Cdwarf-version=5", "-Zembed-source=yes", "program.rs"];
    let built = Command::new("rustc")
        .args(["--edition=2024", "--remap-path-prefix", &format!("{}=/made/elsewhere", world.path(""))])
        .args(words)
        .current_dir(world.folder())
        .env("RUSTC_BOOTSTRAP", "1")
        .output()
        .unwrap();
    if !built.status.success() {
        return skip("this rustc cannot embed sources");
    }
    std::fs::remove_file(world.folder().join("program.rs")).unwrap();
    let address = address_in(&world, "program", "work");
    world.profile("profile.pb", &[whole(&world.path("program"))], &[address]);
    let text = "the text that only the binary has";
    let list = world.run(&["-list=work", "{home}/profile.pb"], &[]);
    assert!(list.text().contains(text), "{}", list.snapshot());
    let page = world.run(&["-weblist=work", "-output={home}/page.html", "{home}/profile.pb"], &[]);
    let page_text = std::fs::read_to_string(world.folder().join("page.html")).unwrap_or_default();
    assert!(page_text.contains(text), "{}", page.snapshot());
    // Without the text in the binary there is none.
    world.tool("objcopy", &["--strip-debug", "program"]);
    let list = world.run(&["-list=work", "{home}/profile.pb"], &[]);
    assert!(!list.text().contains(text), "{}", list.snapshot());
}

#[test]
fn source_that_is_not_what_was_built() {
    if !installed(&["gcc", "nm"]) {
        return;
    }
    let world = World::new();
    world.gcc("program", &["-no-pie"]);
    let addresses = [address_in(&world, "program", "work"), address_in(&world, "program", "main")];
    world.profile("profile.pb", &[whole(&world.path("program"))], &addresses);
    let source = world.folder().join("program.c");
    let set_time = |seconds: u64| {
        let file = std::fs::File::options().append(true).open(&source).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
    };
    let list = || {
        let outcome = world.run(&["-list=^work$|^main$", "{home}/profile.pb"], &[]);
        assert_eq!(outcome.code, Some(0));
        outcome.text().to_owned() + &outcome.stderr
    };
    set_time(1_000_000_000);
    let good = list();
    assert!(good.contains("return twice(count + 1)") && !good.contains("warning"), "{good}");
    assert!(!good.contains("newer than the binary"), "{good}");
    // In the far future.
    set_time(4_000_000_000);
    assert!(list().contains("is newer than the binary: lines may be wrong"), "{}", list());
    // Cut off before `main`.
    let cut: String =
        PROGRAM.lines().take(line_of("int work(") as usize + 3).map(|line| format!("{line}\n")).collect();
    std::fs::write(&source, cut).unwrap();
    set_time(1_000_000_000);
    assert!(list().contains("it is another version of the file"), "{}", list());
}
