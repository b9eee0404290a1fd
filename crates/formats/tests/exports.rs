//! What is written in other formats reads as the same profile again, as far as the format goes.

use std::collections::BTreeMap;
use std::path::Path;

use hotlist_formats::{EXPORTS, Limits, export_named, read_bytes, read_bytes_as};
use hotlist_profile::{LabelValue, Profile};
use hotlist_testkit::{Values, profiles, sums, with_times};
use proptest::prelude::*;

fn written(format: &str, profile: &Profile) -> Vec<u8> {
    let mut out = Vec::new();
    (export_named(format).expect(format).write)(profile, &mut out).expect("the profile can be written");
    out
}

fn again(format: &str, profile: &Profile) -> Profile {
    let out = written(format, profile);
    let format = hotlist_formats::named(format).expect(format);
    read_bytes_as(Some(format), &out, Limits::default()).expect("what was written can be read")
}

/// The sums of a column by the names of stacks, the root first. Frames without names have addresses, with `is_relative`
/// those in their binary.
fn by_name(profile: &Profile, column: usize, is_relative: bool) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for sample in profile.samples.ids() {
        let mut stack = String::new();
        for &location in profile.frames(sample).iter().rev() {
            let lines = profile.locations.lines(location);
            if lines.is_empty() {
                let location = profile.locations.get(location);
                let start =
                    location.mapping.filter(|_| is_relative).map_or(0, |row| profile.mapping(row).start);
                // The first address of a binary has no number there, so the frame is named by the other one.
                let address = if location.address == start { start } else { location.address - start };
                stack += &if address == 0 { "<unknown>".to_owned() } else { format!("{address:#x}") };
                stack.push(';');
            }
            for line in lines.iter().rev() {
                let function = profile.function(line.function);
                stack += &profile.lossy(function.name);
                stack.push(';');
            }
        }
        *sums.entry(stack).or_insert(0) += profile.samples.value(sample, column);
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

/// Moments by time and stack.
fn moments(profile: &Profile) -> Vec<(i64, String, Vec<i64>)> {
    let times = profile.samples.times().into_iter().flat_map(hotlist_profile::Times::iter);
    let mut moments: Vec<_> = times
        .filter(|moment| moment.values.iter().any(|&value| value != 0))
        .map(|moment| {
            let names = profile.frames(moment.sample).iter().flat_map(|&at| profile.locations.lines(at));
            let names: Vec<_> =
                names.map(|line| profile.lossy(profile.function(line.function).name)).collect();
            (moment.nanos, names.join(";"), moment.values.to_vec())
        })
        .collect();
    moments.sort();
    moments
}

/// Whether no label set has two numbers under one key, whose units might differ.
fn has_plain_numbers(profile: &Profile) -> bool {
    profile.labels.iter().all(|labels| {
        let mut keys: Vec<_> = labels
            .iter()
            .filter(|label| matches!(label.value, LabelValue::Number { .. }))
            .map(|label| label.key)
            .collect();
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        keys.len() == count
    })
}

/// Folded stacks with blanks, places and marks in frames, in any order and with lines that stand twice.
fn folded_text() -> impl Strategy<Value = String> {
    let frame = prop::sample::select(vec![
        "main",
        "a b",
        "f(int, char)",
        "std::vec<T>::push",
        "do_idle_[k]",
        "Oven.bake_[j]",
        "日本",
        "x;y_[i]",
        "w (a b/w.py:4)",
        "7",
    ]);
    let line = (prop::collection::vec(frame, 1..7), 0..1000i64)
        .prop_map(|(frames, value)| format!("root;{} {value}\n", frames.join(";")));
    prop::collection::vec(line, 1..30).prop_map(|lines| lines.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn opentelemetry_keeps_nearly_everything(profile in profiles(Values::Any)) {
        prop_assume!(has_plain_numbers(&profile));
        let again = again("otlp", &profile);
        // Counts at equal distances in time may have become times, too.
        let expected = sums(&profile);
        let found: BTreeMap<String, Vec<i64>> = sums(&again)
            .into_iter()
            .map(|(key, values)| (key, values[..profile.sample_types.len()].to_vec()))
            .collect();
        prop_assert_eq!(found, expected);
        let default = |profile: &Profile| {
            let column = profile.default_column().expect("there are types");
            profile.lossy(profile.sample_types[column].kind).into_owned()
        };
        if again.sample_types.len() == profile.sample_types.len() {
            prop_assert_eq!(default(&again), default(&profile));
        }
        prop_assert_eq!((again.time_nanos, again.period), (profile.time_nanos.max(0), profile.period));
    }

    #[test]
    fn opentelemetry_keeps_times(profile in profiles(Values::NonNegative)) {
        let profile = with_times(profile.into());
        // Each sample type is a profile with times of its own.
        let again = again("otlp", &profile);
        for column in 0..profile.sample_types.len() {
            let of_column = |profile: &Profile| -> Vec<(i64, String, i64)> {
                let moments = moments(profile).into_iter();
                let clock = profile.time_nanos;
                let mut found: Vec<_> = moments
                    .map(|(nanos, stack, values)| (clock + nanos, stack, values[column]))
                    .filter(|(.., value)| *value != 0)
                    .collect();
                found.sort();
                found
            };
            prop_assert_eq!(of_column(&again), of_column(&profile));
        }
    }

    #[test]
    fn speedscope_keeps_names_and_places(profile in profiles(Values::NonNegative)) {
        let again = again("speedscope", &profile);
        prop_assert_eq!(again.default_column(), profile.default_column());
        for column in 0..profile.sample_types.len() {
            let kind = |profile: &Profile| profile.lossy(profile.sample_types[column].kind).into_owned();
            prop_assert_eq!(kind(&again), kind(&profile));
            let lines = |profile: &Profile| by_name(profile, column, false);
            prop_assert_eq!(lines(&again), lines(&profile));
        }
    }

    #[test]
    fn firefox_keeps_names(profile in profiles(Values::NonNegative)) {
        let column = profile.default_column().expect("there are types");
        let again = again("firefox", &profile);
        let found = by_name(&again, again.default_column().expect("there are types"), true);
        prop_assert_eq!(found, by_name(&profile, column, true));
    }

    #[test]
    fn folded_text_returns_line_by_line(text in folded_text()) {
        let profile = read_bytes(text.as_bytes(), Limits::default()).expect("folded stacks can be read");
        let encoded = hotlist_profile::encode_to_vec(&profile);
        let profile = hotlist_profile::decode(&encoded).expect("what was encoded can be decoded");
        let mut expected = lines(text.as_bytes());
        expected.retain(|_, sum| *sum != 0);
        prop_assert_eq!(lines(&written("folded", &profile)), expected);
    }

    #[test]
    fn folded_stacks_keep_names(profile in profiles(Values::NonNegative)) {
        let column = profile.default_column().expect("there are types");
        let mut expected = by_name(&profile, column, false);
        // A line has a frame at least.
        expected.remove("");
        let out = String::from_utf8(written("folded", &profile)).expect("folded stacks are text");
        let found: i64 = out.lines().map(|line| line.rsplit_once(' ').unwrap().1.parse::<i64>().unwrap()).sum();
        prop_assert_eq!(found, expected.values().sum::<i64>());
    }

    #[test]
    fn what_is_below_zero_is_refused_where_it_makes_no_sense(profile in profiles(Values::Any)) {
        for export in EXPORTS {
            let mut out = Vec::new();
            if let Err(error) = (export.write)(&profile, &mut out) {
                prop_assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
            }
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "tests read their own files")]
fn imported(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/imported");
    std::fs::read(folder.join(name)).expect("the sample can be read")
}

/// Folded stacks as a multiset of lines.
fn lines(text: &[u8]) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    let text = String::from_utf8_lossy(text);
    for (stack, value) in text.lines().filter_map(|line| line.trim_end().rsplit_once(' ')) {
        *sums.entry(stack.to_owned()).or_insert(0) += value.parse::<i64>().expect("a number");
    }
    sums
}

#[test]
fn folded_stacks_return_with_their_marks_and_places() {
    for text in [
        &imported("folded.txt")[..],
        b"main;a_[k];b_[k] 3\nmain;x_[i];y_[i] 4\nmain;x_[i];z_[j] 5\nw (a b/w.py:4);heavy (w.py:9) 7\n",
    ] {
        let profile = read_bytes(text, Limits::default()).expect("folded stacks can be read");
        let encoded = hotlist_profile::encode_to_vec(&profile);
        let profile = hotlist_profile::decode(&encoded).expect("what was encoded can be decoded");
        let out = written("folded", &profile);
        let once = read_bytes(&out, Limits::default()).expect("what was written can be read");
        assert_eq!(sums(&once), sums(&profile));
        assert_eq!(lines(&written("folded", &once)), lines(&out));
    }
    let marked = b"main;a_[k] 3\nmain;x_[i];y_[i] 4\nheavy (w.py:9) 7\n";
    let profile = read_bytes(marked, Limits::default()).expect("folded stacks can be read");
    assert_eq!(lines(&written("folded", &profile)), lines(marked));
}
