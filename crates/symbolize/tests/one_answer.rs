//! An address has one answer: what is said of it does not depend on which other addresses are asked, and it is what
//! llvm-symbolizer says.

#![allow(clippy::disallowed_methods, reason = "tests build programs and read them")]

mod support;

use std::path::Path;

use hotlist_symbolize::{Binary, Detail};
use hotlist_testkit::{installed, skip};
use support::{Files, Frames, frames_of, llvm, newest_llvm, open, run, tell};

/// More addresses of a program are not asked for one by one.
const MOST: usize = 1500;

fn answers(binary: &Binary, addresses: &[u64]) -> Vec<Frames> {
    frames_of(&binary.positions(addresses, Detail::Lines, &Files, 1))
}

/// Addresses of the functions whose names contain one of `names`.
fn addresses(binary: &Binary, names: &[&str]) -> Vec<u64> {
    let is_wanted = |name: &str| names.iter().any(|wanted| name.contains(wanted));
    let functions = binary.functions();
    let wanted = functions.iter().filter(|function| is_wanted(&String::from_utf8_lossy(function.name)));
    let mut all: Vec<u64> =
        wanted.flat_map(|function| function.address..function.address + function.size).collect();
    all.sort_unstable();
    all.dedup();
    let step = all.len() / MOST + 1;
    all.into_iter().step_by(step).collect()
}

/// Asks for all addresses together, each alone, and some.
fn check(path: &Path, names: &[&str]) {
    let binary = open(path);
    let addresses = addresses(&binary, names);
    assert!(addresses.len() > 30, "{}: {} addresses", path.display(), addresses.len());
    let together = answers(&binary, &addresses);
    let alone: Vec<Frames> = addresses.iter().flat_map(|&address| answers(&binary, &[address])).collect();
    for ((address, alone), together) in addresses.iter().zip(&alone).zip(&together) {
        assert_eq!(alone, together, "{} at {address:#x}, alone and with others", path.display());
    }
    for step in [2, 3, 7, 50] {
        for first in 0..step.min(5) {
            let rows: Vec<usize> = (first..addresses.len()).step_by(step).collect();
            let some: Vec<u64> = rows.iter().map(|&row| addresses[row]).collect();
            let expected: Vec<Frames> = rows.iter().map(|&row| together[row].clone()).collect();
            assert!(answers(&binary, &some) == expected, "{}: every {step} addresses", path.display());
        }
    }
    let Some(program) = newest_llvm() else {
        return skip("llvm-symbolizer of LLVM 15 or newer is not here to compare with");
    };
    let theirs = llvm(path, &addresses);
    let is_same = |ours: &Frames, theirs: &Frames| {
        ours == theirs || ours.is_empty() && theirs.iter().all(|frame| frame.0.is_empty())
    };
    let rows: Vec<usize> =
        (0..addresses.len()).filter(|&row| !is_same(&together[row], &theirs[row])).collect();
    if let Some(&row) = rows.first() {
        let (address, count) = (addresses[row], rows.len());
        panic!(
            "{}: {count} of {} differ from {program}, {address:#x}\nours   {:?}\ntheirs {:?}",
            path.display(),
            addresses.len(),
            together[row],
            theirs[row]
        );
    }
    let inlined = together.iter().filter(|frames| frames.len() > 1).count();
    tell(&format!("{}: {} addresses, {inlined} with inlined calls", path.display(), addresses.len()));
}

/// Builds `source` with a command whose last words are the options, and checks the outcome.
fn build(compiler: &str, source: (&str, &str), options: &[&str], names: &[&str]) {
    if !installed(&[compiler]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(source.0), source.1).unwrap();
    let words = [&[source.0, "-g", "-o", "program"], options].concat();
    run(folder.path(), compiler, &words);
    check(&folder.path().join("program"), names);
}

const LAMBDA: (&str, &str) = ("lambda.cc", include_str!("support/lambda.cc"));
const NESTED_C: (&str, &str) = ("nested.c", include_str!("support/nested.c"));
const NESTED_ADA: (&str, &str) = ("nested.adb", include_str!("support/nested.adb"));
const NESTED_FORTRAN: (&str, &str) = ("nested.f90", include_str!("support/nested.f90"));
const CLOSURES: (&str, &str) = ("closures.rs", include_str!("support/closures.rs.txt"));

#[test]
fn lambdas_of_c_plus_plus() {
    build("g++", LAMBDA, &["-O2"], &["outer", "call", "main"]);
    build("g++", LAMBDA, &["-O2", "-gdwarf-4"], &["outer", "call", "main"]);
}

#[test]
fn lambdas_in_split_units() {
    build("g++", LAMBDA, &["-O2", "-gsplit-dwarf"], &["outer", "call", "main"]);
}

#[test]
fn lambdas_optimized_when_linked() {
    build("g++", LAMBDA, &["-O2", "-flto"], &["outer", "call", "main"]);
}

#[test]
fn nested_functions_of_gnu_c() {
    build("gcc", NESTED_C, &["-O2"], &["outer", "inner", "main"]);
    build("gcc", NESTED_C, &["-O1", "-flto"], &["outer", "inner", "main"]);
}

#[test]
fn nested_functions_of_ada() {
    build("gnatmake", NESTED_ADA, &["-O2"], &["nested"]);
}

#[test]
fn nested_functions_of_fortran() {
    build("gfortran", NESTED_FORTRAN, &["-O1"], &["nested", "MAIN__", "work", "mix"]);
}

#[test]
fn closures_of_rust() {
    build("rustc", CLOSURES, &["-O"], &["closures"]);
}
