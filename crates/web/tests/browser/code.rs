//! Machine code and source of a program that is built here, in the page.

use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;

use hotlist_fetch::Environment;
use hotlist_profile::{Builder, Location, Mapping};
use hotlist_session::{CodeFiles, ObjectFiles, Options, Session, SourceFiles};
use hotlist_testkit::skip;

use crate::driver::Browser;
use crate::support::{load_files, serve_session};

const PROGRAM: &str = "\
#include <stdio.h>

__attribute__((noinline)) unsigned spin(unsigned n) {
    unsigned sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum = sum * 31 + i;
    return sum;
}

int main(int argc, char **argv) {
    printf(\"%u\\n\", spin(argc * 1000));
    return 0;
}
";

/// Builds the program and tells where `spin` begins; nothing without a compiler.
fn build(folder: &Path) -> Option<u64> {
    std::fs::write(folder.join("program.c"), PROGRAM).unwrap();
    let run = |program: &str, words: &[&str]| {
        Command::new(program)
            .args(words)
            .current_dir(folder)
            .output()
            .ok()
            .filter(|done| done.status.success())
    };
    run("gcc", &["-g", "-O1", "-no-pie", "-o", "program", "program.c"])?;
    let symbols = String::from_utf8(run("nm", &["program"])?.stdout).unwrap();
    let line = symbols.lines().find(|line| line.ends_with(" T spin")).expect("a symbol");
    u64::from_str_radix(line.split(' ').next()?, 16).ok()
}

#[test]
fn code_of_a_program_is_shown_as_source_and_as_instructions() {
    let _alone = crate::alone();
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let Some(spin) = build(&folder) else {
        assert!(std::env::var_os("CI").is_none(), "gcc and nm are needed");
        skip("there is no gcc or nm");
        return;
    };
    let mut builder = Builder::new(&[("cpu", "nanoseconds")]);
    let file = builder.string(folder.join("program").display().to_string());
    // Programs begin at this address, and sections are in the file where they are in memory.
    let (start, limit) = (spin & !0xfff, (spin & !0xfff) + 0x1000);
    let offset = start - 0x40_0000;
    let mapping = builder.mapping(Mapping { start, limit, offset, file, ..Mapping::default() });
    let at = Location { address: spin, mapping: Some(mapping), ..Location::default() };
    let location = builder.location(at, &[]);
    builder.sample(&[location], &[], &[50_000_000]).unwrap();
    let path = folder.join("profile.pb.gz");
    hotlist_formats::write(&builder.finish(), std::fs::File::create(&path).unwrap()).unwrap();

    let profile = load_files(&[&path], &Options::default());
    let objects = ObjectFiles::new(&Environment::from_lookup(|_| None));
    let session = Session::new(profile, NonZeroUsize::MIN).with_code(CodeFiles::new(objects.into(), None));
    let source = SourceFiles::new(&[], &[], &folder, |_| None).only_below_roots();
    let served = serve_session(session, "profile.pb.gz", &Options::default(), source);

    browser.open(&format!("{}/ui/source?q=spin", served.url));
    browser.wait_text("for (unsigned i = 0; i < n; i++)");
    browser.wait_text("50ms");
    browser.click(".code-line.hot.opens");
    browser.wait("document.querySelector('.code-line.inner')?.innerText.includes('50ms')");
    browser.click(".code-line.hot.opens");
    browser.wait("!document.querySelector('.code-line.inner')");
    browser.open(&format!("{}/ui/disasm?q=spin", served.url));
    browser.wait("document.querySelectorAll('.code-line.asm').length > 4");
    browser.wait_text("ret");
    browser.wait_text("program.c:5");
    browser.wait("document.querySelector('.code-line.asm.hot').innerText.includes('50ms')");
    browser.assert_clean(&served.url);
}
