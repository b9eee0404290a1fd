//! What holds for every comparison, and how often it errs on draws whose truth is known.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{Lots, compared, profile};
use hotlist_compare::{CompareError, NoticeCode, Options, Unit, Verdict};
use hotlist_profile::{Builder, Profile};

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
    assert!(!comparison.fired() && comparison.rules[0].undecided && comparison.exit == 0);
    assert_eq!(comparison.total.verdict, Verdict::Undecided);
    let strict = Options { fail_on_undecided: true, ..gate("total>3%") };
    assert_eq!(compared(&base, &new, &strict).expect("comparable").exit, 1);
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
    let filtered = Options { filters: vec!["focus=x".to_owned()], ..Options::default() };
    let nothing = compared(&base, &[profile(&[], 1)], &filtered).expect_err("refused").to_string();
    assert_eq!(nothing, "run000: no samples are left by focus=x");
    let renames = vec![("pkg.nosuch".to_owned(), "pkg.f00".to_owned())];
    let renamed = compared(&base, &new, &Options { renames, ..Options::default() }).expect_err("refused");
    assert!(renamed.to_string().starts_with("no function of the base runs is called pkg.nosuch"));
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

#[test]
fn delays_are_estimates_until_there_are_three_runs_a_side() {
    let delays = |delay: i64, time| -> Profile {
        let mut builder = Builder::new(&[("contentions", "count"), ("delay", "nanoseconds")]);
        for (name, share) in [("lock", 5), ("queue", 3), ("other", 2)] {
            let function = builder.named_function(name, "work.rs");
            let location = builder.source_location(function, 1);
            let value = if name == "lock" { share * delay } else { share * 1000 };
            builder.sample(&[location], &[], &[share, value]).expect("two values");
        }
        let mut profile = builder.finish();
        profile.time_nanos = time;
        profile
    };
    let of = |delay, first: i64, runs: i64| -> Vec<Profile> {
        (0..runs).map(|run| delays(delay + run, first + 2 * run)).collect()
    };
    let single = Options { allow_single: true, ..gate(">5%") };
    let compared_at = |runs, options: &Options| {
        common::compared_column(&of(1000, 1, runs), &of(3000, 2, runs), options, 1).expect("comparable")
    };
    let estimates = compared_at(1, &single);
    assert!(estimates.rows.iter().all(|row| row.verdict == Verdict::Undecided));
    assert!(!estimates.fired() && estimates.rules[0].undecided);
    let known = compared_at(3, &single);
    assert!(known.flagged().any(|row| row.function == "lock" && row.verdict == Verdict::Slower));
    assert!(known.notices.iter().any(|notice| notice.code == NoticeCode::UnknownNoise));
}

#[test]
fn what_could_be_seen_shrinks_with_runs_and_weight() {
    let (runs, _) = sets(14, 10, &[]);
    let facts = common::split(&runs, &Options::default()).expect("enough runs");
    assert_eq!(
        (facts.splits, facts.split_into, facts.rules.as_slice()),
        (200, [5, 5], [">5%".to_owned()].as_slice())
    );
    assert!(facts.flagged <= 20 && facts.failed <= 10, "{} {}", facts.flagged, facts.failed);
    // Each function varies by 5 %.
    assert!((0.03..0.07).contains(&facts.noise), "{}", facts.noise);
    for row in &facts.rows {
        assert!(row.detectable.windows(2).all(|pair| pair[0] > pair[1]), "{}", row.function);
    }
    assert!(facts.rows[0].share > facts.rows[10].share);
    assert!(facts.rows[0].detectable[0] < facts.rows[10].detectable[0]);
    let few = common::split(&runs[..3], &Options::default()).expect_err("too few").to_string();
    assert_eq!(few, "splitting runs into two sides needs 4 of them; there are 3");
}
