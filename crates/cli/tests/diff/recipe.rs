//! The recipe of docs/compare.md, run small: benchmarks in Go and Rust, built twice, once with more work in a function.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hotlist_testkit::{go, testdata};

fn script() -> PathBuf {
    testdata("../docs/recipes/compare-runs.sh")
}

/// Runs the recipe with two commands, each a few times.
fn compare(folder: &Path, base: &str, new: &str, options: &[&str]) -> Output {
    let mut command = Command::new("bash");
    command.arg(script()).arg("4").arg(folder).args([base, new]).args(options);
    command.env("HOTLIST", env!("CARGO_BIN_EXE_hotlist")).output().expect("bash runs")
}

fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Whether a comparison says that the function got slower.
fn check(output: &Output, function: &str) {
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{text}{errors}");
    let is_slower = |line: &str| line.starts_with(" slower") && line.ends_with(function);
    assert!(text.lines().any(is_slower), "{text}{errors}");
    assert!(text.starts_with("4 base runs, 4 new runs, interleaved; "), "{text}");
}

#[test]
fn a_go_benchmark_that_got_slower_fails_the_gate() {
    let Some(go) = go() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let build = |name: &str, tags: &str| {
        let mut command = Command::new(&go);
        command.args(["test", "-c", "-tags", tags, "-o"]).arg(folder.path().join(name)).arg(".");
        let output =
            command.current_dir(testdata("programs/compared/go")).env("GOTOOLCHAIN", "local").output();
        succeeded(&output.expect("go runs"));
        format!(
            "{} -test.run=^$ -test.bench=. -test.benchtime=300x -test.cpuprofile=$PROFILE",
            folder.path().join(name).display()
        )
    };
    let (base, new) = (build("base.test", ""), build("new.test", "loop"));
    let runs = folder.path().join("runs");
    let comment = folder.path().join("comment.md");
    let markdown = format!("-markdown={}", comment.display());
    // Little else happens in so short a run: the ruler is the run.
    let output = compare(&runs, &base, &new, &["-unit=run", "-fail-on=>20%", &markdown]);
    check(&output, "compared.checksum");
    let page = std::fs::read_to_string(comment).expect("a comment");
    assert!(page.contains("| `compared.checksum` |"), "{page}");
    // A second comparison must not take in the runs of the first.
    let again = compare(&runs, &base, &new, &[]);
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("is not empty"));
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn a_rust_benchmark_that_got_slower_fails_the_gate() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compared");
    let build = |name: &str, features: &str| {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(["build", "--quiet", "--features", features, "--target-dir"]).arg(&target);
        command.arg("--manifest-path").arg(testdata("programs/compared/rust/Cargo.toml"));
        succeeded(&command.output().expect("cargo runs"));
        let path = folder.path().join(name);
        std::fs::copy(target.join("debug/compared"), &path).expect("it was built");
        format!("{} 12", path.display())
    };
    let (base, new) = (build("base", ""), build("new", "loop"));
    let options = ["-unit=run", "-noinlines", "-fail-on=>20%"];
    check(&compare(&folder.path().join("runs"), &base, &new, &options), "compared::checksum");
}

#[test]
fn commands_that_fail_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = compare(&folder.path().join("runs"), "echo no profile here >&2; exit 3", "true", &[]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("run 1 of base failed") && errors.contains("no profile here"), "{errors}");
    let output = compare(&folder.path().join("more"), "true", "true", &[]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("wrote no profile"), "{output:?}");
    assert_eq!(Command::new("bash").arg(script()).output().expect("bash runs").status.code(), Some(2));
}
