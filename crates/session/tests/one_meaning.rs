//! Self and total of a function have one meaning: for every function of every profile of the test data, each view says
//! the same.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use hotlist_analyze::{Names, NodeTable, weigh_together};
use hotlist_formats::Limits;
use hotlist_report::{NoSource, Shape};
use hotlist_session::{Question, Session, ViewOptions};

/// Flat and cum.
type Weight = (i64, i64);

fn fixtures() -> Vec<PathBuf> {
    let files = ["profiles", "page", "field"].into_iter().flat_map(|folder| {
        let entries = std::fs::read_dir(hotlist_testkit::testdata(folder)).expect("the folder is there");
        entries.map(|entry| entry.expect("it can be listed").path())
    });
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "gz")).collect();
    files.sort();
    files
}

fn question(report: &str) -> Question {
    let report = hotlist_report::find(report).expect("the report exists");
    let options = ViewOptions { trim: false, ..ViewOptions::default() };
    Question::new(report, Some("."), &options).expect("the options make sense")
}

fn shape<R>(session: &Session, question: &Question, take: impl FnOnce(&Shape<'_>) -> R) -> Option<R> {
    session.answer(question, &NoSource, &mut Vec::new(), |shape| Ok(take(shape))).ok()
}

/// What `search` says of each function alone.
fn searched(session: &Session, question: &Question) -> BTreeMap<String, Weight> {
    let found = session.look(question, &mut Vec::new(), |view| {
        let table = NodeTable::new(view, question.options.detail, Some(&question.options.path_trim));
        let names = Names::new(&table);
        let mut found = BTreeMap::new();
        for node in table.ids() {
            let mut chosen = vec![false; table.len()];
            chosen[node.index()] = true;
            let weight = weigh_together(&table, &chosen);
            let key = hotlist_report::Place::from(names.get(node)).key().to_string();
            found.insert(key, (weight.flat.shown(), weight.cum.shown()));
        }
        Ok(found)
    });
    found.expect("the profile can be looked at")
}

fn check(name: &str, session: &Session) -> usize {
    let tops = shape(session, &question("top"), |shape| match shape {
        Shape::Table(table) => table.rows.clone(),
        other => panic!("top makes a {}", other.kind().name()),
    })
    .expect("top answers on every profile");
    let mut sums = BTreeMap::<String, i64>::new();
    for row in &tops {
        *sums.entry(row.place.function.clone()).or_default() += row.flat;
    }
    let tops: BTreeMap<String, Weight> =
        tops.into_iter().map(|row| (row.place.key().to_string(), (row.flat, row.cum))).collect();
    let top = |key: &str| tops.get(key).copied().unwrap_or_default();

    for report in ["peek", "tree"] {
        let entries = shape(session, &question(report), |shape| match shape {
            Shape::Neighbours(neighbours) => neighbours.entries.clone(),
            other => panic!("{report} makes a {}", other.kind().name()),
        });
        for entry in entries.unwrap_or_default() {
            let key = entry.place.key().to_string();
            assert_eq!((entry.flat, entry.cum), top(&key), "{name}: {report} of {key}");
        }
    }
    for (key, weight) in searched(session, &question("top")) {
        assert_eq!(weight, top(&key), "{name}: search for {key}");
    }
    // A function may be in several files, and has a header for each.
    let routines = shape(session, &question("list"), |shape| match shape {
        Shape::Listing(listing) => listing.routines.clone(),
        other => panic!("list makes a {}", other.kind().name()),
    })
    .unwrap_or_default();
    let mut listed = BTreeMap::<String, (i64, i64, usize)>::new();
    for routine in routines {
        let sum = listed.entry(routine.name).or_default();
        *sum = (sum.0 + routine.flat, routine.cum, sum.2 + 1);
    }
    for (function, (flat, cum, headers)) in listed {
        assert_eq!(flat, sums.get(&function).copied().unwrap_or_default(), "{name}: headers of {function}");
        let mut same = tops.iter().filter(|(key, _)| {
            key.parse().is_ok_and(|key: hotlist_analyze::PlaceKey| key.function == function)
        });
        if let (1, Some((_, &(_, of_top))), None) = (headers, same.next(), same.next()) {
            assert_eq!(cum, of_top, "{name}: header of {function}");
        }
    }
    // Flame graphs with few frames, and both halves of every sandwich.
    let pivots = tops.keys().cloned().chain([String::new()]);
    for (pivot, inverted) in pivots.flat_map(|pivot| [(pivot.clone(), false), (pivot, true)]) {
        let mut question = question("flamegraph");
        question.options.node_count = 40;
        question.options.flame.pivot.clone_from(&pivot);
        question.options.flame.inverted = inverted;
        let (places, total) = shape(session, &question, |shape| match shape {
            Shape::Flame(flame) => (flame.places.clone(), flame.total()),
            other => panic!("flamegraph makes a {}", other.kind().name()),
        })
        .expect("there is a flame graph");
        for place in places {
            let key = place.place.key().to_string();
            assert_eq!((place.flat, place.cum), top(&key), "{name}: {key} in the flame graph of {pivot:?}");
        }
        if !pivot.is_empty() {
            assert_eq!(total.net(), top(&pivot).1, "{name}: the sandwich of {pivot}");
        }
    }
    tops.len()
}

#[test]
fn every_function_of_every_fixture_weighs_the_same_in_every_view() {
    let fixtures = fixtures();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let functions = std::sync::atomic::AtomicUsize::new(0);
    let order = std::sync::atomic::Ordering::Relaxed;
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(path) = fixtures.get(next.fetch_add(1, order)) {
                    let bytes = std::fs::read(path).expect("the file can be read");
                    let profile =
                        hotlist_formats::read_bytes(&bytes, Limits::default()).expect("it is a profile");
                    let session = Session::new(profile, NonZeroUsize::MIN);
                    functions.fetch_add(check(&path.display().to_string(), &session), order);
                }
            });
        }
    });
    let functions = functions.into_inner();
    assert!(fixtures.len() > 50 && functions > 1000, "{} fixtures, {functions} functions", fixtures.len());
}
