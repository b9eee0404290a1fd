//! What holds for every comparison, and how often it errs on draws whose truth is known.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{Lots, compared, profile};
use hotlist_compare::{CompareError, NoticeCode, Options, Unit, Verdict};
use hotlist_profile::Profile;

/// A program of 40 functions with weights as unequal as real ones, 20,000 samples in all.
fn weights() -> Vec<(String, f64)> {
    let raw: Vec<f64> = (1..=40).map(|rank| 1.0 / f64::from(rank)).collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().enumerate().map(|(row, weight)| (format!("pkg.f{row:02}"), weight / sum * 20_000.0)).collect()
}

/// One run: each function varies by 5 %, the machine by 3 %; `slower` are made so many times as slow.
fn draw(lots: &mut Lots, slower: &[(&str, f64)], time: i64) -> Profile {
    let machine = (0.03 * lots.normal()).exp();
    let counts: Vec<(String, i64)> = weights()
        .into_iter()
        .map(|(name, weight)| {
            let factor = slower.iter().find(|(other, _)| *other == name).map_or(1.0, |(_, factor)| *factor);
            let mean = weight * factor * machine * (0.05 * lots.normal()).exp();
            (name, lots.poisson(mean))
        })
        .collect();
    let counts: Vec<(&str, i64)> = counts.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    profile(&counts, time)
}

/// Two sets of `runs`, recorded in turn.
fn sets(seed: u64, runs: i64, slower: &[(&str, f64)]) -> (Vec<Profile>, Vec<Profile>) {
    let mut lots = Lots::new(seed);
    (0..runs).map(|run| (draw(&mut lots, &[], 2 * run + 1), draw(&mut lots, slower, 2 * run + 2))).unzip()
}

fn gate(rule: &str) -> Options {
    Options { rules: vec![rule.parse().expect("a rule")], ..Options::default() }
}

#[test]
fn unchanged_code_rarely_gives_an_alarm() {
    let (mut flagged, mut fired) = (0, 0);
    for seed in 0..100 {
        let (base, new) = sets(seed, 3, &[]);
        let comparison = compared(&base, &new, &gate(">5%")).expect("comparable");
        flagged += usize::from(comparison.flagged().next().is_some());
        fired += usize::from(comparison.fired());
    }
    assert!(flagged <= 9, "{flagged} of 100 comparisons of unchanged code flag a function");
    assert!(fired <= 2, "{fired} of 100 gates fire on unchanged code");
}

#[test]
fn a_slower_function_is_found_and_the_others_are_left_alone() {
    let (mut found, mut others) = (0, 0);
    for seed in 0..40 {
        let (base, new) = sets(1000 + seed, 3, &[("pkg.f02", 2.0)]);
        let comparison = compared(&base, &new, &gate(">5%")).expect("comparable");
        found += usize::from(comparison.rules[0].by.iter().any(|name| name == "pkg.f02"));
        others += usize::from(comparison.flagged().any(|row| row.function != "pkg.f02"));
    }
    assert_eq!(found, 40);
    assert!(others <= 6, "{others} of 40 comparisons flag a function that did not change");
}

#[test]
fn swapped_sides_invert_ratios_and_keep_probabilities() {
    let (base, new) = sets(7, 4, &[("pkg.f05", 1.4)]);
    for unit in [Unit::Run, Unit::Share, Unit::Anchored] {
        let options = Options { unit, ..Options::default() };
        let there = compared(&base, &new, &options).expect("comparable");
        let back = compared(&new, &base, &options).expect("comparable");
        for row in &there.rows {
            let other = back.rows.iter().find(|other| other.function == row.function).expect("the same rows");
            let product = row.ratio.expect("some") * other.ratio.expect("some");
            assert!((product - 1.0).abs() < 1e-9, "{}: {product}", row.function);
            assert!((row.p - other.p).abs() <= 1e-9 && (row.q - other.q).abs() <= 1e-9, "{}", row.function);
        }
    }
}

#[test]
fn a_set_is_the_same_as_itself_and_the_order_of_files_has_no_say() {
    let (base, mut new) = sets(8, 3, &[]);
    let comparison = compared(&base, &base, &Options::default()).expect("comparable");
    assert!(comparison.rows.iter().all(|row| row.ratio == Some(1.0) && row.q > 0.999));
    let mut forward = compared(&base, &new, &Options::default()).expect("comparable");
    new.reverse();
    let mut backward = compared(&base, &new, &Options::default()).expect("comparable");
    // Only the names of the runs differ here, since these tests number them.
    forward.runs.new.clear();
    backward.runs.new.clear();
    for (a, b) in forward.rows.iter().zip(&backward.rows) {
        assert_eq!(a.function, b.function);
        assert!((a.p - b.p).abs() < 1e-12);
    }
}

#[test]
fn one_run_a_side_says_what_it_assumes_and_rules_want_three() {
    let (base, new) = sets(9, 1, &[("pkg.f00", 3.0)]);
    let comparison = compared(&base, &new, &Options::default()).expect("comparable");
    assert_eq!(comparison.notices[0].code, NoticeCode::AssumedNoise);
    assert!(comparison.flagged().any(|row| row.function == "pkg.f00"));
    let refused = compared(&base, &new, &gate(">5%"));
    assert_eq!(refused.unwrap_err(), CompareError::TooFewRuns { base: 1, new: 1 });
    let allowed = compared(&base, &new, &Options { allow_single: true, ..gate(">5%") }).expect("comparable");
    assert!(allowed.fired());
}

#[test]
fn a_function_with_another_name_is_recognized() {
    let (base, mut new) = sets(10, 4, &[]);
    for profile in &mut new {
        let renamed = profile.strings.intern(b"pkg.f03.func1");
        for function in &mut profile.functions {
            if profile.strings.get(function.name) == b"pkg.f03" {
                function.name = renamed;
            }
        }
    }
    let comparison = compared(&base, &new, &gate(">5%")).expect("comparable");
    let [rename] = comparison.renames.as_slice() else { panic!("{:?}", comparison.renames) };
    assert_eq!((rename.from.as_str(), rename.to.as_str()), ("pkg.f03", "pkg.f03.func1"));
    assert!(comparison.fired());
    let told = Options { renames: vec![("pkg.f03".to_owned(), "pkg.f03.func1".to_owned())], ..gate(">5%") };
    let comparison = compared(&base, &new, &told).expect("comparable");
    assert!(!comparison.fired() && comparison.renames.is_empty());
}

#[test]
fn totals_of_two_blocks_are_not_judged_unless_asked() {
    let slower = weights();
    let slower: Vec<(&str, f64)> = slower.iter().map(|(name, _)| (name.as_str(), 1.3)).collect();
    let (mut base, mut new) = sets(11, 5, &slower);
    for (time, profile) in base.iter_mut().chain(&mut new).enumerate() {
        profile.time_nanos = time as i64 + 1;
    }
    let comparison = compared(&base, &new, &gate("total>3%")).expect("comparable");
    assert!(!comparison.fired() && comparison.rules[0].undecided);
    assert!(comparison.notices.iter().any(|notice| notice.code == NoticeCode::TwoBlocks));
    let told = Options { blocked_ok: true, ..gate("total>3%") };
    assert!(compared(&base, &new, &told).expect("comparable").fired());
    // Beside what did not change, nothing did: all of it got slower alike.
    assert!(comparison.flagged().next().is_none());
}

#[test]
fn what_cannot_be_compared_is_refused_in_words() {
    let (base, new) = sets(12, 3, &[]);
    let message = |base: &[Profile], new: &[Profile]| {
        compared(base, new, &Options::default()).expect_err("refused").to_string()
    };
    assert_eq!(message(&[], &new), "there are no base runs");
    assert_eq!(message(&base, &[profile(&[], 1)]), "run000: no samples to compare");
    let other = [profile(&[("elsewhere", 500)], 1)];
    assert!(message(&base, &other).contains("different programs"));
    let negative = [profile(&[("pkg.f00", -5)], 1)];
    assert!(message(&base, &negative).contains("negative"));
    let few = [profile(&[("pkg.f00", 3)], 1)];
    assert!(message(&few, &few).contains("enough samples"));
}

#[test]
fn verdicts_are_same_only_where_the_whole_interval_is_within_the_margin() {
    let (base, new) = sets(13, 10, &[]);
    let comparison = compared(&base, &new, &Options::default()).expect("comparable");
    for row in comparison.rows.iter().filter(|row| row.verdict == Verdict::Same) {
        assert!(row.low >= 0.97 && row.high.is_some_and(|high| high <= 1.03), "{}", row.function);
    }
}
