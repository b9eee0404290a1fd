//! How long comparing takes beside loading; it measures, so it runs alone: `cargo test --release -p hotlist-compare --test
//! speed -- --ignored`.
#![allow(missing_docs, reason = "a test")]
#![allow(clippy::disallowed_methods, reason = "it measures")]

mod common;

use std::io::Write;
use std::time::Instant;

use common::{Lots, profile, with_runs};
use hotlist_compare::{Options, compare};
use hotlist_profile::Profile;

#[test]
#[ignore = "measures"]
fn twenty_runs_of_five_thousand_functions() {
    let names: Vec<String> = (0..5000).map(|row| format!("pkg.f{row:04}")).collect();
    let mut lots = Lots::new(1);
    let mut run = |time| -> Profile {
        let counts: Vec<(&str, i64)> = names
            .iter()
            .enumerate()
            .map(|(row, name)| (name.as_str(), lots.poisson(4000.0 / (row + 20) as f64)))
            .collect();
        profile(&counts, time)
    };
    let runs: Vec<Profile> = (1..=20).map(&mut run).collect();
    let runs: Vec<&Profile> = runs.iter().collect();
    let (base, new) = runs.split_at(10);
    // By default half a percent of the program matters; without that limit most functions are tested.
    for at_least in [0.005, 0.0] {
        let options = Options { at_least, ..Options::default() };
        let mut times: Vec<f64> = (0..9)
            .map(|_| {
                with_runs(base, 0, |base| {
                    with_runs(new, 0, |new| {
                        let start = Instant::now();
                        compare(base, new, &options).expect("comparable");
                        start.elapsed().as_secs_f64() * 1e3
                    })
                })
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let line = format!("at least {at_least}: {:.1} ms, the middle of nine\n", times[4]);
        // Past the capture of the test runner: these are figures to read.
        std::io::stderr().write_all(line.as_bytes()).expect("standard error");
    }
}
