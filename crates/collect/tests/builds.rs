//! A program that checks its own profiles, in the builds where stacks and symbols are scarce; with
//! `HOTLIST_BUILDS=all` in each of them alone. And that the crate compiles where it can do less. Skipped where
//! the toolchain lacks the target.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use hotlist_testkit::skip;

const GNU: &str = "x86_64-unknown-linux-gnu";
const MUSL: &str = "x86_64-unknown-linux-musl";
const ARM: &str = "aarch64-unknown-linux-gnu";
/// Debian's linker for it, an emulator, and where the C library of the emulated program is.
const ARM_LINKER: &str = "aarch64-linux-gnu-gcc";
const ARM_EMULATOR: [&str; 3] = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"];

/// Where it is built: in the folder of all tests, so that the next run finds it.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("builds")
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).arg("--quiet").arg("--target-dir").arg(folder()).args(["--manifest-path"]);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/builds/Cargo.toml"));
    command
}

fn succeeded(what: &str, output: &Output) {
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
}

fn has_target(target: &str) -> bool {
    let answer = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
    let is_there =
        answer.is_ok_and(|answer| Path::new(String::from_utf8_lossy(&answer.stdout).trim()).exists());
    if !is_there {
        skip(&format!("the toolchain has no {target}; see rustup target add"));
    }
    is_there
}

fn can_emulate_arm() -> bool {
    let missing = [ARM_LINKER, ARM_EMULATOR[0]]
        .into_iter()
        .find(|tool| Command::new(tool).arg("--version").output().is_err());
    if let Some(tool) = missing {
        skip(&format!("{tool} is not installed, nothing is run for {ARM}"));
    }
    missing.is_none()
}

/// Builds the program, runs it, and reads what it leaves when it exits.
fn check(profile: &str, target: &str, flags: &str) {
    let what = format!("profile {profile}, target {target}, flags {flags:?}");
    let mut build = cargo(&["build", "--profile", profile, "--target", target]);
    build.env("RUSTFLAGS", flags).env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", ARM_LINKER);
    succeeded(&what, &build.output().unwrap());
    let binary = folder().join(target).join(profile).join("hotlist-collect-builds");
    let mut run = if target == ARM {
        let mut emulator = Command::new(ARM_EMULATOR[0]);
        emulator.args(&ARM_EMULATOR[1..]).arg(binary).env("HOTLIST_EMULATED", "1");
        emulator
    } else {
        Command::new(binary)
    };
    let file = folder().join(format!("{profile}-{target}.pb.gz"));
    let mut child = run
        .env("HOTLIST_HEAP_FILE", &file)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            child.kill().unwrap();
            panic!("{what}: hangs");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().unwrap();
    succeeded(&what, &output);
    assert_eq!(output.stdout, b"all right\n", "{what}");
    assert!(std::fs::metadata(&file).is_ok_and(|data| data.len() > 100), "{what}: no file at exit");
    std::fs::remove_file(file).unwrap();
}

#[test]
fn profiles_are_right_in_every_build() {
    check("small", GNU, "");
    check("release", GNU, "-C target-feature=+crt-static -C relocation-model=pie");
    if has_target(MUSL) {
        check("release", MUSL, "");
    }
    if has_target(ARM) && can_emulate_arm() {
        check("release", ARM, "");
    }
    if std::env::var_os("HOTLIST_BUILDS").is_some_and(|wanted| wanted == "all") {
        for profile in ["abort", "fat", "size", "stripped"] {
            check(profile, GNU, "");
        }
        check("release", GNU, "-C force-frame-pointers=yes");
        check("release", GNU, "-C target-cpu=native -C debug-assertions=on");
    }
}

#[test]
fn it_compiles_elsewhere() {
    for target in [ARM, "x86_64-pc-windows-gnu", "aarch64-apple-darwin"] {
        if has_target(target) {
            let mut check = cargo(&["check", "--lib", "--package", "hotlist-collect", "--target", target]);
            // Without warnings, which nobody would see otherwise.
            succeeded(target, &check.env("RUSTFLAGS", "-D warnings").output().unwrap());
        }
    }
}
