//! What the tests share: programs built on the spot, a store of real files, llvm-symbolizer as the judge.

#![allow(clippy::disallowed_methods, reason = "tests build programs and read them")]
#![allow(dead_code, reason = "not every test needs everything")]

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use hotlist_symbolize::{
    Binary, Bytes, Detail, ObjectFile, ObjectStore, OpenError, Places, Positions, Wanted, find,
};

/// The files of this machine.
#[derive(Debug)]
pub struct Files;

impl ObjectStore for Files {
    fn open(&self, path: &Path) -> Result<Bytes, OpenError> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Arc::new(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(OpenError::Missing),
            Err(error) => Err(OpenError::Failed(error.to_string())),
        }
    }

    fn list(&self, folder: &Path) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }

    fn other_paths(&self, path: &Path) -> Vec<PathBuf> {
        std::fs::canonicalize(path).into_iter().filter(|other| other != path).collect()
    }
}

/// The binary at `path` with its companions.
pub fn open(path: &Path) -> Binary {
    let wanted = Wanted { file: path.to_str().unwrap(), build_id: "", is_named: true };
    let found = find(&Files, &Places::default(), wanted);
    let tried = found.tried;
    found.binary.unwrap_or_else(|| panic!("{}: {tried:?}", path.display()))
}

/// The frames of an address: function, file and line of each.
pub type Frames = Vec<(String, String, u32)>;

/// What we say about the sorted `addresses`.
pub fn ours(binary: &Binary, addresses: &[u64]) -> Vec<Frames> {
    let positions = binary.positions(addresses, Detail::Lines, &Files, 2);
    assert_eq!(positions.damage, None, "{}", binary.path.display());
    frames_of(&positions)
}

pub fn frames_of(positions: &Positions) -> Vec<Frames> {
    let frames = |row| {
        let frame = |frame: &hotlist_symbolize::Frame| {
            let (function, file) = (positions.lossy(frame.function), positions.lossy(frame.file));
            (function.into_owned(), file.into_owned(), frame.line)
        };
        positions.frames(row).iter().map(frame).collect()
    };
    (0..positions.len()).map(frames).collect()
}

/// The folder of linkers that come with the compiler.
pub fn linkers() -> Option<PathBuf> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output().ok()?;
    let root = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    let host = Command::new("rustc").arg("-vV").output().ok()?;
    let host = String::from_utf8(host.stdout).ok()?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: "))?;
    let folder = root.join("lib/rustlib").join(host).join("bin/gcc-ld");
    folder.join("lld-link").exists().then_some(folder)
}

/// The newest llvm-symbolizer here. Version 14 shares faults with what is tested, so that there is a test of it only
/// where nothing newer is to be had.
pub fn newest_llvm() -> Option<String> {
    let names = (15..40).rev().map(|version| format!("llvm-symbolizer-{version}"));
    names.into_iter().find(|name| hotlist_testkit::has(name))
}

/// What llvm-symbolizer says about them.
pub fn llvm(path: &Path, addresses: &[u64]) -> Vec<Frames> {
    let program = newest_llvm().unwrap_or_else(|| "llvm-symbolizer".to_owned());
    let text = ask(&program, &["--no-demangle", "--inlines", "-e"], path, addresses);
    let place = |text: &str| {
        let mut place = text.rsplitn(3, ':');
        let (_, line, file) = (place.next(), place.next().unwrap(), place.next().unwrap());
        (file.to_owned(), line.parse().unwrap())
    };
    let blocks = text.split("\n\n").filter(|block| !block.trim().is_empty());
    blocks.map(|block| frames_in(block.lines(), place)).collect()
}

/// What GNU addr2line says about them.
pub fn addr2line(path: &Path, addresses: &[u64]) -> Vec<Frames> {
    let text = ask("addr2line", &["-aif", "-e"], path, addresses);
    let place = |text: &str| {
        let (text, _) = text.split_once(" (discriminator").unwrap_or((text, ""));
        let (file, line) = text.rsplit_once(':').unwrap();
        (file.to_owned(), line.parse().unwrap_or(0))
    };
    let lines: Vec<&str> = text.lines().collect();
    let blocks = lines.split(|line| line.starts_with("0x")).skip(1);
    blocks.map(|block| frames_in(block.iter().copied(), place)).collect()
}

/// Frames of two lines each: a function and a place.
fn frames_in<'a>(lines: impl Iterator<Item = &'a str>, place: impl Fn(&str) -> (String, u32)) -> Frames {
    let known = |text: String| if text == "??" { String::new() } else { one_name(&text) };
    let lines: Vec<&str> = lines.collect();
    let frame = |pair: &[&str]| {
        let (file, line) = place(pair[1]);
        (known(pair[0].to_owned()), known(file), line)
    };
    lines.chunks_exact(2).map(frame).collect()
}

/// A path without `.` and `..`: other tools write what the compiler was given, so that a file has several names.
fn one_name(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." if parts.last().is_some_and(|last| !matches!(*last, "" | "..")) => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

fn ask(program: &str, arguments: &[&str], path: &Path, addresses: &[u64]) -> String {
    let input: String = addresses.iter().map(|address| format!("{address:#x}\n")).collect();
    let mut command = Command::new(program);
    let command = command.args(arguments).arg(path).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Writes a line past the capture of the test runner, so that people see it.
pub fn tell(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Runs a program that must succeed.
pub fn run<A: AsRef<OsStr>>(folder: &Path, program: &str, arguments: &[A]) {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {text}");
}

/// `count` addresses spread over the code of a file, sorted and each once.
pub fn spread(file: &ObjectFile, count: usize) -> Vec<u64> {
    let text = file.section(".text").unwrap();
    // A fixed walk with a stride that hits all offsets in instructions.
    let stride = (text.size / count as u64).max(1) | 1;
    let mut addresses: Vec<u64> =
        (0..count as u64).map(|step| text.address + (step * stride + step % 7) % text.size).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

/// A program in C++ that inlines a lot.
pub const CPP: &str = include_str!("program.cpp");

/// A program in Rust.
pub const RUST: &str = include_str!("program.rs.txt");

/// A program in Go.
pub const GO: &str = include_str!("program.go.txt");
