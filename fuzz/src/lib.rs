//! What every input must survive, as functions from bytes.
//!
//! A harness takes any bytes, calls hotlist, and panics when a law is broken; a crash, an endless loop
//! or boundless memory are found by whoever calls it. There are two callers: libFuzzer, by way of
//! `fuzz_targets/`, and the test in `tests/corpus.rs`, which needs no fuzzer: it runs the seeds in
//! `corpus/` and some thousand [mutations](mutate) of each.
//!
//! `fuzz/run` runs the fuzzer where it can be built and the test where not. A file that broke a law
//! belongs into `corpus/<harness>/` once the law holds again.

pub mod decode;
pub mod demangle;
pub mod describe;
pub mod disassemble;
pub mod import;
pub mod merge;
pub mod mutate;
pub mod options;
pub mod pattern;
pub mod read;
pub mod recipe;
pub mod reports;
pub mod symbols;

/// A harness with its name, which is also that of its folder in `corpus/`.
#[derive(Debug, Clone, Copy)]
pub struct Harness {
    /// Its name.
    pub name: &'static str,
    /// Runs it on one input and panics when a law is broken.
    pub run: fn(&[u8]),
    /// How many mutations of each seed the test runs: fewer where one takes longer.
    pub mutations: u32,
}

/// Every harness.
pub const ALL: &[Harness] = &[
    Harness { name: "decode", run: decode::run, mutations: 4000 },
    Harness { name: "demangle", run: demangle::run, mutations: 400 },
    Harness { name: "disassemble", run: disassemble::run, mutations: 4000 },
    Harness { name: "import", run: import::run, mutations: 1000 },
    Harness { name: "merge", run: merge::run, mutations: 2000 },
    Harness { name: "options", run: options::run, mutations: 4000 },
    Harness { name: "pattern", run: pattern::run, mutations: 3000 },
    Harness { name: "read", run: read::run, mutations: 2000 },
    Harness { name: "reports", run: reports::run, mutations: 300 },
    Harness { name: "symbols", run: symbols::run, mutations: 1500 },
];
