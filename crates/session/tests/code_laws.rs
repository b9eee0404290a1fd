//! Laws of `disasm` and `weblist`: whatever the profile, their numbers agree with those of `top` and `list`.
//!
//! The machine code is made up: functions of 256 bytes, instructions of one.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use hotlist_analyze::Granularity;
use hotlist_profile::{Builder, Line, Location, Mapping, Profile};
use hotlist_report::{
    Assembly, CodeError, FunctionQuery, Listing, MachineFunction, MachineInstruction, MappedFile, NoSource,
    ObjectCode, Shape, SourceError, SourceFile, SourceText,
};
use hotlist_session::{Question, Session, ViewOptions};
use hotlist_testkit::{Values, profiles};
use proptest::prelude::*;

/// Code that is nowhere.
struct MadeUp;

const SIZE: u64 = 0x100;

impl ObjectCode for MadeUp {
    fn functions(
        &self,
        _: &MappedFile,
        query: &FunctionQuery<'_>,
    ) -> Result<Vec<MachineFunction>, CodeError> {
        let starts: BTreeSet<u64> =
            query.addresses.iter().chain(&query.either).map(|address| address / SIZE * SIZE).collect();
        let function = |start: u64| {
            let names = vec![format!("code_{start:x}")];
            let holds = |address: u64| address / SIZE * SIZE == start;
            let matches = (query.matches)(&names[0]) || query.either.is_some_and(holds);
            MachineFunction { names, matches, range: start..start.saturating_add(SIZE) }
        };
        Ok(starts.into_iter().map(function).collect())
    }

    fn instructions(
        &self,
        _: &MappedFile,
        range: Range<u64>,
        _: bool,
    ) -> Result<Vec<MachineInstruction>, CodeError> {
        let one = |address| MachineInstruction {
            address,
            file_address: address,
            length: 1,
            text: "nop".to_owned(),
            ..MachineInstruction::default()
        };
        Ok(range.map(one).collect())
    }
}

/// Every file has ten lines.
struct TenLines;

impl SourceText for TenLines {
    fn open(&self, _: &str) -> Result<Arc<SourceFile>, SourceError> {
        Ok(Arc::new(SourceFile { lines: vec!["code".to_owned(); 10], ..SourceFile::default() }))
    }
}

fn shape<R>(
    profile: &Profile,
    report: &str,
    pattern: &str,
    options: &ViewOptions,
    take: impl FnOnce(&Shape<'_>) -> R,
) -> Option<R> {
    let report = hotlist_report::find(report).expect("the report exists");
    let question = Question::new(report, Some(pattern), options).expect("the options make sense");
    Session::new(profile.clone(), NonZeroUsize::MIN)
        .with_code(MadeUp)
        .answer(&question, &NoSource, &mut Vec::new(), |shape| Ok(take(shape)))
        .ok()
}

fn listing(profile: &Profile, report: &str, pattern: &str) -> Option<Listing> {
    shape(profile, report, pattern, &ViewOptions::default(), |shape| match shape {
        Shape::Listing(listing) => listing.clone(),
        other => panic!("{report} makes a {}", other.kind().name()),
    })
}

fn assembly(profile: &Profile, pattern: &str) -> Option<Assembly> {
    shape(profile, "disasm", pattern, &ViewOptions::default(), |shape| match shape {
        Shape::Assembly(assembly) => assembly.clone(),
        other => panic!("disasm makes a {}", other.kind().name()),
    })
}

/// Flat and cum of the samples that name one of `addresses` in one mapping, counted one by one.
fn counted(profile: &Profile, column: usize, wanted: &dyn Fn(u64) -> bool) -> (i64, i64) {
    let (mut flat, mut cum) = (0, 0);
    for sample in profile.samples.ids() {
        let value = profile.samples.value(sample, column);
        let stack = profile.stacks.get(profile.samples.stack(sample));
        let is_wanted = |location: &hotlist_profile::LocationId| {
            let location = profile.locations.get(*location);
            location.mapping.is_some() && wanted(location.address)
        };
        flat += stack.first().filter(|&location| is_wanted(location)).map_or(0, |_| value);
        cum += if stack.iter().any(is_wanted) { value } else { 0 };
    }
    (flat, cum)
}

/// Whether every address is in one mapping only, as in a process.
fn is_of_one_process(profile: &Profile) -> bool {
    let mut mapping_of = BTreeMap::new();
    profile.locations.rows().iter().all(|location| {
        location.address == 0
            || *mapping_of.entry(location.address / SIZE).or_insert(location.mapping) == location.mapping
    })
}

fn default_column(profile: &Profile) -> usize {
    hotlist_analyze::choose_sample_type(profile, "").expect("the profile has a type")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn instructions_add_up_to_their_function(profile in profiles(Values::Any)) {
        prop_assume!(is_of_one_process(&profile));
        let Some(assembly) = assembly(&profile, "code") else { return Ok(()) };
        let column = default_column(&profile);
        for routine in &assembly.routines {
            let flats: i64 = routine.instructions.iter().map(|instruction| instruction.flat).sum();
            prop_assert_eq!(flats, routine.flat);
            let shown: HashSet<u64> = routine.instructions.iter().map(|code| code.address).collect();
            prop_assert_eq!((routine.flat, routine.cum), counted(&profile, column, &|a| shown.contains(&a)));
            for code in &routine.instructions {
                prop_assert_eq!((code.flat, code.cum), counted(&profile, column, &|a| a == code.address));
            }
        }
    }

    /// Whatever the line numbers, and whether there is a file, a short one, or none.
    #[test]
    fn lines_add_up_to_their_function(profile in profiles(Values::Any), shift in -9i64..9) {
        let mut profile = profile.0;
        profile.locations.all_lines_mut().iter_mut().for_each(|line| line.line += shift);
        let reports = ["list", "weblist"].map(|name| hotlist_report::find(name).expect("the report exists"));
        for (report, source) in reports.into_iter().flat_map(|it| [(it, &NoSource as &dyn SourceText), (it, &TenLines)]) {
            let question = Question::new(report, Some("."), &ViewOptions::default()).expect("it makes sense");
            let session = Session::new(profile.clone(), NonZeroUsize::MIN).with_code(MadeUp);
            let listing = session.answer(&question, source, &mut Vec::new(), |shape| match shape {
                Shape::Listing(listing) => Ok(listing.clone()),
                other => panic!("{} makes a {}", report.name, other.kind().name()),
            });
            for routine in listing.into_iter().flat_map(|listing| listing.routines) {
                prop_assert_eq!(routine.lines.iter().map(|line| line.flat).sum::<i64>(), routine.flat);
                prop_assert!(routine.lines.is_sorted_by_key(|line| line.number));
            }
        }
    }

    #[test]
    fn the_page_tells_what_list_and_top_tell(profile in profiles(Values::Any)) {
        let (list, page) = (listing(&profile, "list", "."), listing(&profile, "weblist", "."));
        let (Some(list), Some(page)) = (list, page) else { return Ok(()) };
        let sums = |listing: &Listing| -> Vec<(String, Option<String>, i64, i64)> {
            let routines = listing.routines.iter();
            routines.map(|it| (it.name.clone(), it.file.clone(), it.flat, it.cum)).collect()
        };
        prop_assert_eq!(sums(&list), sums(&page));
        let options = ViewOptions { trim: false, granularity: Some(Granularity::FileFunctions), ..Default::default() };
        let top = shape(&profile, "top", ".", &options, |shape| match shape {
            Shape::Table(table) => table.rows.clone(),
            other => panic!("top makes a {}", other.kind().name()),
        });
        let mut tops: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
        for row in top.expect("top answers") {
            let sum = tops.entry((row.place.function, row.place.file)).or_default();
            *sum = (sum.0 + row.flat, sum.1 + row.cum);
        }
        for routine in page.routines.iter().filter(|routine| routine.file.is_some()) {
            let key = (routine.name.clone(), routine.file.clone().unwrap_or_default());
            // What weighs nothing in the end may be left out of tables.
            prop_assert_eq!((routine.flat, routine.cum), tops.get(&key).copied().unwrap_or_default());
        }
    }
}

/// A program that calls itself, with and without inlining.
fn recursive(frames: usize, inlined: usize) -> Profile {
    let mut builder = Builder::new(&[("cpu", "nanoseconds")]);
    let file = builder.string("/bin/app");
    let mapping = builder.mapping(Mapping { start: 0x1000, limit: 0x9000, file, ..Mapping::default() });
    let fib = builder.named_function("fib", "fib.c");
    let lines: Vec<Line> = (0..inlined).map(|_| Line { function: fib, line: 3, column: 0 }).collect();
    let at = Location { mapping: Some(mapping), address: 0x1010, ..Location::default() };
    let location = builder.location(at, &lines);
    builder.sample(&vec![location; frames], &[], &[10]).expect("room");
    builder.finish()
}

#[test]
fn a_sample_counts_once_however_often_a_function_is_on_it() {
    for (frames, inlined) in [(1, 1), (29, 1), (1, 29), (7, 3)] {
        let profile = recursive(frames, inlined);
        let assembly = assembly(&profile, "fib").expect("fib is there");
        let routine = &assembly.routines[0];
        assert_eq!((routine.flat, routine.cum), (10, 10), "{frames} {inlined}");
        let page = listing(&profile, "weblist", "fib").expect("fib is there");
        let routine = &page.routines[0];
        assert_eq!((routine.flat, routine.cum), (10, 10));
        assert_eq!(routine.lines.iter().map(|line| (line.flat, line.cum)).collect::<Vec<_>>(), [(10, 10)]);
        let code = &routine.lines[0].instructions;
        assert_eq!(code.iter().map(|code| (code.flat, code.cum)).collect::<Vec<_>>(), [(10, 10)]);
    }
}

#[test]
fn a_function_that_was_inlined_is_found_in_its_caller() {
    let mut builder = Builder::new(&[("cpu", "nanoseconds")]);
    let file = builder.string("/bin/app");
    let mapping = builder.mapping(Mapping { start: 0x1000, limit: 0x9000, file, ..Mapping::default() });
    let (leaf, caller) = (builder.named_function("leaf", "a.c"), builder.named_function("caller", "a.c"));
    let at = |address| Location { mapping: Some(mapping), address, ..Location::default() };
    let line = |function, line| Line { function, line, column: 0 };
    let inlined = builder.location(at(0x1010), &[line(leaf, 3), line(caller, 8)]);
    let own = builder.location(at(0x1020), &[line(caller, 9)]);
    builder.sample(&[inlined], &[], &[10]).expect("room");
    builder.sample(&[own], &[], &[5]).expect("room");
    let profile = builder.finish();

    let found = assembly(&profile, "leaf").expect("leaf is there");
    let routine = &found.routines[0];
    assert_eq!((routine.name.as_str(), routine.inlined.as_slice()), ("code_1000", &["leaf".to_owned()][..]));
    assert_eq!((routine.flat, routine.cum), (10, 10));
    assert_eq!(routine.instructions.iter().map(|code| code.address).collect::<Vec<_>>(), [0x1010]);

    let page = listing(&profile, "weblist", "caller").expect("caller is there");
    let lines = &page.routines[0].lines;
    assert_eq!(
        lines.iter().map(|line| (line.number, line.flat, line.cum)).collect::<Vec<_>>(),
        [(8, 0, 10), (9, 5, 5)]
    );
    let calls = &lines[0].instructions[0].calls;
    assert_eq!((calls[0].function.as_str(), calls[0].line), ("leaf", 3));

    assert!(assembly(&profile, "absent").is_none());
    let by_address = assembly(&profile, "0x1020").expect("the address is there");
    assert_eq!((by_address.routines[0].flat, by_address.routines[0].instructions.len()), (15, 0x100));
}
