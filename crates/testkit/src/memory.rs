//! Work that must do with little memory.

use std::process::Command;

/// The variable by which a process knows that its memory is limited already.
const LIMITED: &str = "HOTLIST_LIMITED_MEMORY";

/// Does `work`, which is all that the test `name` does, in a process that gets no more than so much memory from the
/// system: what wants more ends it, and the test fails. Where the system knows no such limit, there is none.
///
/// # Panics
/// When the process ends early.
pub fn with_memory(mebibytes: u64, name: &str, work: impl FnOnce()) {
    if std::env::var_os(LIMITED).is_some() || !cfg!(target_os = "linux") {
        return work();
    }
    let itself = std::env::current_exe().expect("the test knows its file");
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -v {} && exec \"$@\"", mebibytes << 10))
        .arg("sh")
        .arg(itself)
        .args(["--exact", name, "--include-ignored", "--nocapture", "--test-threads=1"])
        .env(LIMITED, "1")
        // Each thread would set 64 MiB of addresses aside.
        .env("MALLOC_ARENA_MAX", "1")
        .output()
        .expect("a shell is there");
    let said = [String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)].concat();
    assert!(output.status.success(), "{}: {said}", output.status);
    assert!(said.contains("1 passed"), "{name} is no test: {said}");
}
