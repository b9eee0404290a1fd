//! Every harness on its seeds and on damaged copies of them: fuzzing without a fuzzer.
//!
//! `HOTLIST_FUZZ_MUTATIONS` replaces the number of mutations of a seed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::{Duration, Instant};
use std::{env, fs, panic};

use hotlist_fuzz::mutate::mutate;
use hotlist_fuzz::{ALL, Harness};

/// No input is larger than some kilobytes, so whoever takes this long does not count linearly.
const PATIENCE: Duration = Duration::from_secs(5);

fn seeds(harness: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(harness);
    let mut seeds: Vec<(PathBuf, Vec<u8>)> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a file of the corpus").path())
        .map(|path| (path.clone(), fs::read(path).expect("a file of the corpus")))
        .collect();
    seeds.sort();
    seeds
}

thread_local! {
    /// Where and why this thread panicked last.
    static LAST_PANIC: RefCell<(String, String)> = RefCell::default();
}

/// Remembers panics in place of printing them: one broken law breaks thousands of times.
fn remember_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        panic::set_hook(Box::new(|info| {
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            let reason = info.payload_as_str().unwrap_or("panic").to_owned();
            LAST_PANIC.with(|last| *last.borrow_mut() = (place, reason));
        }));
    });
}

/// Runs one input and returns where and why it breaks the harness.
fn breaks(harness: &Harness, input: &[u8]) -> Option<(String, String)> {
    let start = Instant::now();
    if panic::catch_unwind(|| (harness.run)(input)).is_err() {
        return Some(LAST_PANIC.with(|last| last.borrow().clone()));
    }
    let taken = start.elapsed();
    (taken > PATIENCE).then(|| ("too slow".to_owned(), format!("takes {taken:?}")))
}

/// The smallest part of `input` found by leaving pieces out that breaks the harness at the same place.
fn shrink(harness: &Harness, place: &str, input: &[u8]) -> Vec<u8> {
    let mut smallest = input.to_vec();
    let mut piece = smallest.len();
    while piece > 0 {
        let mut at = 0;
        while at < smallest.len() {
            let mut shorter = smallest.clone();
            shorter.drain(at..(at + piece).min(smallest.len()));
            if breaks(harness, &shorter).is_some_and(|(there, _)| there == place) {
                smallest = shorter;
            } else {
                at += piece;
            }
        }
        piece /= 2;
    }
    smallest
}

/// Runs a harness on everything and fails with one short input for each place that breaks.
fn run(name: &str) {
    remember_panics();
    let harness = ALL.iter().find(|harness| harness.name == name).expect("a harness of this name");
    let mutations = env::var("HOTLIST_FUZZ_MUTATIONS").ok().and_then(|text| text.parse().ok());
    let mutations: u32 = mutations.unwrap_or(harness.mutations);
    let seeds = seeds(name);
    assert!(!seeds.is_empty(), "{name} has no seeds");
    let mut broken: BTreeMap<String, (String, Vec<u8>)> = BTreeMap::new();
    let mut check = |input: &[u8]| {
        if let Some((place, reason)) = breaks(harness, input) {
            broken.entry(place).or_insert_with(|| (reason, input.to_vec()));
        }
    };
    for (index, (_, seed)) in seeds.iter().enumerate() {
        check(seed);
        for number in 0..mutations {
            let other = &seeds[number as usize % seeds.len()].1;
            check(&mutate(seed, other, (index as u64) << 32 | u64::from(number)));
        }
    }
    let mut report = String::new();
    for (place, (reason, input)) in &broken {
        let input = if place == "too slow" { input.clone() } else { shrink(harness, place, input) };
        let reason: String = reason.chars().take(400).collect();
        report.push_str(&format!("\n{place}: {reason}\n  input: b\"{}\"\n", input.escape_ascii()));
    }
    if !broken.is_empty() {
        // The hook keeps panics quiet, this one must be seen.
        eprintln!("{name} breaks:{report}");
    }
    assert!(broken.is_empty(), "{name} breaks in {} places", broken.len());
}

#[test]
fn decode() {
    run("decode");
}

#[test]
fn demangle() {
    run("demangle");
}

#[test]
fn disassemble() {
    run("disassemble");
}

#[test]
fn import() {
    run("import");
}

#[test]
fn merge() {
    run("merge");
}

#[test]
fn options() {
    run("options");
}

#[test]
fn pattern() {
    run("pattern");
}

#[test]
fn read() {
    run("read");
}

#[test]
fn reports() {
    run("reports");
}

#[test]
fn symbols() {
    run("symbols");
}
