//! Loading with a fetcher that has its profiles in memory.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::Cursor;
use std::num::NonZeroUsize;

use hotlist_fetch::{Environment, Error, Fetch, Fetched, Notice, Origin, Timing};
use hotlist_profile::{Builder, Profile, encode_to_vec};
use hotlist_report::Note;
use hotlist_session::{Loader, Progress, Reach, SourceOptions};

/// Profiles by name; everything else is missing.
struct Memory(BTreeMap<&'static str, Vec<u8>>);

impl Fetch for Memory {
    fn fetch(&self, source: &OsStr, _: &Timing, _: &mut dyn FnMut(Notice)) -> Result<Fetched, Error> {
        let bytes = source.to_str().and_then(|name| self.0.get(name)).cloned();
        let bytes = bytes.ok_or_else(|| Error::File {
            address: source.to_string_lossy().into_owned(),
            cause: std::io::ErrorKind::NotFound.into(),
        })?;
        Ok(Fetched {
            length: Some(bytes.len() as u64),
            reader: Box::new(Cursor::new(bytes)),
            origin: Origin::Stdin,
        })
    }
}

/// A profile with one sample of this value.
fn profile(value: i64) -> Vec<u8> {
    let mut builder = Builder::new(&[("cpu", "nanoseconds")]);
    let function = builder.named_function("main", "main.c");
    let location = builder.source_location(function, 1);
    builder.sample(&[location], &[], &[value]).expect("one sample fits");
    encode_to_vec(&builder.finish())
}

/// A stack of an allocation, leaf first, and the comment that takes off what belongs to the standard library.
fn leaves() -> Vec<u8> {
    let mut builder = Builder::new(&[("inuse_space", "bytes")]);
    let frames = [
        ("alloc::alloc::alloc", "shop.cgu.1"),
        ("push", "/rustc/1/library/alloc/src/vec/mod.rs"),
        ("order", "/src/shop.rs"),
        ("map", "/rustc/1/library/core/src/iter/mod.rs"),
        ("main", "/src/shop.rs"),
    ];
    let stack = frames.map(|(name, file)| {
        let function = builder.named_function(name, file);
        builder.source_location(function, 1)
    });
    builder.sample(&stack, &[], &[8]).expect("one sample fits");
    let comment = builder.string("drop leaf frames by file: (.*/)?library/(alloc|core)/src/.*|alloc::.*");
    builder.profile.comments.push(comment);
    encode_to_vec(&builder.finish())
}

fn with_loader<R>(options: &SourceOptions, use_it: impl FnOnce(&Loader<'_>) -> R) -> R {
    let memory = Memory(BTreeMap::from([
        ("one", profile(1)),
        ("two", profile(2)),
        ("leaves", leaves()),
        ("damaged", b"\x1f\x8bno".to_vec()),
    ]));
    use_it(&Loader {
        fetch: &memory,
        environment: &Environment::default(),
        reach: &Reach::default(),
        options,
        binary: None,
        threads: NonZeroUsize::new(2).expect("two"),
        progress: &Progress::default(),
        notify: &|_| {},
    })
}

fn names(names: &[&str]) -> Vec<OsString> {
    names.iter().map(OsString::from).collect()
}

/// The sum of all values of the merged profile, or the error.
fn total(sources: &[&str], options: &SourceOptions) -> Result<i64, String> {
    let loaded = with_loader(options, |loader| loader.load(&names(sources)));
    let profile = loaded.map_err(|error| error.to_string())?.profile;
    Ok(sum(&profile))
}

fn sum(profile: &Profile) -> i64 {
    profile.samples.ids().map(|id| profile.samples.values(id)[0]).sum()
}

#[test]
fn sources_are_merged_and_compared() {
    let none = SourceOptions::default();
    assert_eq!(total(&["one", "two"], &none), Ok(3));
    let base = SourceOptions { base: names(&["one"]), ..SourceOptions::default() };
    assert_eq!(total(&["two", "two"], &base), Ok(3));
    let normalized = SourceOptions { normalize: true, ..base };
    assert_eq!(total(&["two"], &normalized), Ok(0));
    let alone = SourceOptions { normalize: true, ..SourceOptions::default() };
    assert_eq!(total(&["two"], &alone), Err("must have base profile to normalize by".to_owned()));
}

#[test]
fn one_good_source_is_enough() {
    let options = SourceOptions::default();
    let loaded = with_loader(&options, |loader| loader.load(&names(&["gone", "two"])).expect("one is there"));
    let warnings: Vec<&str> = loaded
        .notes
        .iter()
        .filter_map(|note| match note {
            Note::Warning(text) => Some(text.as_str()),
            Note::Info(_) => None,
        })
        .filter(|text| !text.contains("filename"))
        .collect();
    assert!(warnings[0].starts_with("gone: "), "{warnings:?}");
    assert_eq!(warnings[1], "Fetched 1 source profiles out of 2");
    let error = total(&["gone", "gone"], &options).unwrap_err();
    assert!(error.starts_with("failed to fetch any source profiles: gone: "), "{error}");
}

#[test]
fn sources_that_are_kept_apart_come_in_their_order() {
    let base = SourceOptions { base: names(&["one"]), ..SourceOptions::default() };
    let sources = names(&["two", "gone", "one", "damaged", "two"]);
    let mut seen = Vec::new();
    let outcome = with_loader(&base, |loader| {
        loader.load_each(&sources, &mut |name, loaded| {
            let total = loaded.map(|loaded| sum(&loaded.profile)).ok();
            seen.push((name.to_owned(), total));
            Ok(())
        })
    });
    outcome.expect("no error was returned");
    let expected = [Some(2), None, Some(1), None, Some(2)];
    let expected: Vec<_> = sources.into_iter().zip(expected).collect();
    assert_eq!(seen, expected);
}

#[test]
fn leaf_frames_go_by_their_files() {
    let shown = |all_frames| {
        let options = SourceOptions { all_frames, ..SourceOptions::default() };
        let profile =
            with_loader(&options, |loader| loader.load(&names(&["leaves"])).expect("it can be read").profile);
        let sample = profile.samples.ids().next().expect("one sample");
        let stack = profile.stacks.get(profile.samples.stack(sample)).iter();
        let name = |&at| {
            let line = &profile.locations.lines(at)[0];
            profile.lossy(profile.functions[line.function.index()].name).into_owned()
        };
        (stack.map(name).collect::<Vec<_>>().join(" "), profile.comments.len())
    };
    assert_eq!(shown(false), ("order map main".to_owned(), 0));
    assert_eq!(shown(true), ("alloc::alloc::alloc push order map main".to_owned(), 1));
}
