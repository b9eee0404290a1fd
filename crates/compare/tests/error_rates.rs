//! How often comparisons err, counted on many draws whose truth is known: random halves of real runs of unchanged code,
//! runs with a loop added, and runs drawn by lot.
//!
//! The quick tests draw less often than the full ones, which run with `cargo test -- --ignored` and print their counts.
#![allow(missing_docs, reason = "a test")]
#![allow(clippy::disallowed_methods, reason = "tests read their own files")]

mod common;

use std::fs::File;
use std::io::{BufReader, Write};

use common::{Lots, profile, with_runs};
use hotlist_compare::{Comparison, Options, compare};
use hotlist_formats::Limits;
use hotlist_profile::Profile;
use hotlist_testkit::testdata;

const LOOP: &str = "encoding/json/jsontext.(*decoderState).consumeValue";

/// The runs of a folder of testdata/compare.
fn set(folder: &str) -> Vec<Profile> {
    let folder = testdata("compare").join(folder);
    let mut files: Vec<_> =
        folder.read_dir().expect("the set is there").map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let file = BufReader::new(File::open(path).expect("a run"));
        hotlist_formats::read(file, Limits::default()).expect("a profile")
    };
    files.iter().map(read).collect()
}

fn unchanged() -> Vec<Profile> {
    let mut runs = set("json/base");
    runs.extend(set("json/same"));
    runs
}

fn gate(base: &[&Profile], new: &[&Profile]) -> Comparison {
    let options = Options { rules: vec![">5%".parse().expect("a rule")], ..Options::default() };
    // Real profiles have their samples first and their time second.
    let column = base[0].sample_types.len() - 1;
    with_runs(base, column, |base| with_runs(new, column, |new| compare(base, new, &options)))
        .expect("comparable")
}

/// Draws numbers below `end` without putting them back.
fn chosen<'p>(lots: &mut Lots, from: &'p [Profile], count: usize) -> Vec<&'p Profile> {
    let mut all: Vec<&Profile> = from.iter().collect();
    for place in 0..count {
        let other = place + (lots.even() * (all.len() - place) as f64) as usize;
        all.swap(place, other);
    }
    all.truncate(count);
    all
}

#[derive(Default)]
struct Count {
    draws: usize,
    flagged: usize,
    failed: usize,
    found: usize,
}

impl Count {
    fn add(&mut self, comparison: &Comparison) {
        self.draws += 1;
        self.flagged += usize::from(comparison.flagged().next().is_some());
        self.failed += usize::from(comparison.fired());
        self.found +=
            usize::from(comparison.flagged().any(|row| row.function == LOOP && row.verdict.is_increase()));
    }

    /// Counts that are no more than a rate allows, with two standard deviations of the draws where these are few.
    fn at_most(&self, count: usize, rate: f64, what: &str) {
        let (draws, rate) = (self.draws as f64, rate);
        let allowed = draws * rate + if self.draws < FULL { 2.0 * (draws * rate).sqrt() } else { 0.0 };
        assert!(count as f64 <= allowed, "{what}: {count} of {} draws", self.draws);
    }

    fn tell(&self, what: &str) {
        let Count { draws, flagged, failed, found } = self;
        let line = format!("{what}: of {draws} draws {flagged} flagged, {failed} failed, {found} found\n");
        // Past the capture of the test runner: these are figures to read.
        std::io::stderr().write_all(line.as_bytes()).expect("standard error");
    }
}

const FULL: usize = 300;

fn splits(draws: usize) {
    let runs = unchanged();
    for a_side in [3, 5, 10] {
        let mut count = Count::default();
        let mut lots = Lots::new(a_side as u64);
        for _ in 0..draws {
            let drawn = chosen(&mut lots, &runs, 2 * a_side);
            count.add(&gate(&drawn[..a_side], &drawn[a_side..]));
        }
        count.tell(&format!("unchanged encoding/json, {a_side} a side"));
        count.at_most(count.flagged, 0.06, "flagged");
        count.at_most(count.failed, 0.03, "failed");
    }
}

fn loops(draws: usize) {
    let runs = unchanged();
    for (folder, a_side, least) in [("json/plus18", 3, 0.99), ("json/plus2", 10, 0.8)] {
        let slower = set(folder);
        let mut count = Count::default();
        let mut lots = Lots::new(7);
        for _ in 0..draws {
            let (base, new) = (chosen(&mut lots, &runs, a_side), chosen(&mut lots, &slower, a_side));
            count.add(&gate(&base, &new));
        }
        count.tell(&format!("{folder}, {a_side} a side"));
        assert!(count.found as f64 >= least * draws as f64, "{folder}: found {} of {draws}", count.found);
    }
}

/// Runs of 20,000 samples; each function varies by 5 % and the machine by 3 %.
fn simulated(draws: usize) {
    let weights: Vec<(String, f64)> = {
        let raw: Vec<f64> = (1..=60).map(|rank| 1.0 / f64::from(rank)).collect();
        let sum: f64 = raw.iter().sum();
        raw.iter()
            .enumerate()
            .map(|(row, weight)| (format!("pkg.f{row:02}"), weight / sum * 20_000.0))
            .collect()
    };
    let run = |lots: &mut Lots, time| {
        let machine = (0.03 * lots.normal()).exp();
        let counts: Vec<(&str, i64)> = weights
            .iter()
            .map(|(name, weight)| {
                let mean = weight * machine * (0.05 * lots.normal()).exp();
                (name.as_str(), lots.poisson(mean))
            })
            .collect();
        profile(&counts, time)
    };
    for a_side in [3_i64, 5, 10] {
        let mut count = Count::default();
        for seed in 0..draws as u64 {
            let mut lots = Lots::new(seed * 1000 + a_side as u64);
            let (base, new): (Vec<Profile>, Vec<Profile>) =
                (0..a_side).map(|at| (run(&mut lots, 2 * at + 1), run(&mut lots, 2 * at + 2))).unzip();
            count.add(&gate(&base.iter().collect::<Vec<_>>(), &new.iter().collect::<Vec<_>>()));
        }
        count.tell(&format!("simulated, {a_side} a side"));
        count.at_most(count.flagged, 0.09, "flagged");
        count.at_most(count.failed, 0.02, "failed");
    }
}

#[test]
fn unchanged_code_rarely_gives_an_alarm() {
    splits(30);
}

#[test]
fn a_loop_is_found() {
    loops(30);
}

#[test]
fn runs_drawn_by_lot_rarely_give_an_alarm() {
    simulated(20);
}

#[test]
#[ignore = "takes minutes; prints counts"]
fn all_draws() {
    splits(FULL);
    loops(FULL);
    simulated(FULL);
}
