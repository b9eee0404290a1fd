//! Tests that cannot run on this machine, and the list of them.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::process::{Command, Stdio};

/// The variable that names the file to which [`skip`] adds lines.
pub const SKIPPED: &str = "HOTLIST_SKIPPED";

/// Says that the test that calls it cannot run here, or a part of it, and why: `skip("strace may not watch
/// programs here")`. The test returns then.
///
/// Writes one line to standard error, past the capture of the test runner, and where [`SKIPPED`] names a file also
/// there, as package, test and reason between tabs. `cargo xtask check` sets the variable and sums the lines up.
///
/// # Panics
/// When the file cannot be written.
pub fn skip(reason: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("unnamed");
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    let _ = io::stderr().write_all(format!("SKIPPED {test}: {reason}\n").as_bytes());
    if let Some(list) = std::env::var_os(SKIPPED) {
        // One call for the whole line, so that those of tests side by side do not mix.
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(list)
            .and_then(|mut file| file.write_all(format!("{package}\t{test}\t{reason}\n").as_bytes()))
            .expect("the list of skipped tests can be written");
    }
}

/// Whether `program` can be started here.
pub fn has(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok()
}

/// Whether all of `programs` can be started here; otherwise the test is [skipped](skip), with the names of
/// those that are missing.
pub fn installed(programs: &[&str]) -> bool {
    let missing: Vec<&str> = programs.iter().copied().filter(|program| !has(program)).collect();
    if missing.is_empty() {
        return true;
    }
    let verb = if missing.len() == 1 { "is" } else { "are" };
    skip(&format!("{} {verb} not installed", missing.join(" and ")));
    false
}

/// The Go command that `HOTLIST_GO` names; without it the test is [skipped](skip).
pub fn go() -> Option<String> {
    let go = std::env::var("HOTLIST_GO").ok();
    if go.is_none() {
        skip("HOTLIST_GO names no go command");
    }
    go
}
