//! The object is what it is said to be. Cargo does not know its sources, so their form is checked here.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Command;

use hotlist_testkit::{installed, skip};

/// What a program answers.
fn answer(command: &mut Command) -> String {
    let output = command.output().expect("it can be started");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn it_needs_no_library_and_shows_nothing_but_the_allocator() {
    let Some(object) = hotlist_preload::OBJECT else { return skip("there is no object for this system") };
    if !installed(&["nm", "readelf"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("object.so");
    std::fs::write(&path, object).expect("it can be written");
    let dynamic = answer(Command::new("readelf").arg("-dW").arg(&path));
    assert!(!dynamic.contains("(NEEDED)") && !dynamic.contains("TEXTREL"), "{dynamic}");
    let names = answer(Command::new("nm").arg("-D").arg(&path));
    let of_kind = |kinds: &[&str]| {
        let lines = names.lines().map(|line| line.split_whitespace().rev().collect::<Vec<_>>());
        let mut names: Vec<String> =
            lines.filter(|words| kinds.contains(&words[1])).map(|words| words[0].to_owned()).collect();
        names.sort();
        names
    };
    let shown =
        ["aligned_alloc", "calloc", "free", "malloc", "memalign", "posix_memalign", "realloc", "valloc"];
    assert_eq!(of_kind(&["T", "D", "B", "R", "W", "V"]), shown);
    // Every C library has these.
    let common =
        ["bcmp", "dl_iterate_phdr", "getauxval", "getenv", "memcmp", "memcpy", "memmove", "memset", "strlen"];
    let wanted = of_kind(&["U"]);
    assert!(wanted.iter().all(|name| common.contains(&name.as_str())), "{wanted:?}");
    assert!(object.len() < 256 * 1024, "{} bytes", object.len());
}

#[test]
fn its_sources_are_formatted_and_free_of_lints() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    if !installed(&["rustfmt", "clippy-driver", "rustc"]) {
        return;
    }
    let settings = package.join("../../rustfmt.toml");
    let mut formatter = Command::new("rustfmt");
    formatter.args(["--edition", "2024", "--check", "--config-path"]).arg(settings).arg("object/main.rs");
    answer(formatter.current_dir(package));

    let folder = tempfile::tempdir().expect("a folder");
    let unwinder = folder.path().join("libhotlist_unwind.rmeta");
    let common = ["--edition", "2024", "--emit", "metadata", "-C", "panic=abort", "--crate-type"];
    let mut compiler = Command::new("rustc");
    compiler.args(common).args(["rlib", "--crate-name", "hotlist_unwind", "object/unwind/lib.rs", "-o"]);
    answer(compiler.arg(&unwinder).current_dir(package));
    let mut lints = Command::new("clippy-driver");
    lints.args(common).args(["cdylib", "--crate-name", "object", "-D", "warnings", "-o"]);
    lints.arg(folder.path().join("object.rmeta"));
    lints.args(["-D", "clippy::undocumented_unsafe_blocks", "-D", "clippy::needless_pass_by_value"]);
    lints.args(["-D", "clippy::semicolon_if_nothing_returned", "--extern"]);
    lints.arg(format!("hotlist_unwind={}", unwinder.display())).arg("object/main.rs");
    answer(lints.current_dir(package));
}
