//! The files of a store, read without it.

mod common;

use std::fs;
use std::path::Path;

use common::{CPU, SECOND, START, labels, profile, push, settings};
use hotlist_profile::encode_to_vec;
use hotlist_store::{Files, Range, Selector, StackSum, Store, Tenant};

const LIMIT: u64 = 1 << 28;

fn files(folder: &Path) -> Files {
    Files::open(folder, &Tenant::default(), LIMIT).unwrap()
}

/// The answer by steps, each file added up alone.
fn by_steps(files: &Files, selector: &Selector, range: Range) -> Vec<u8> {
    let question = files.ask(selector, range).unwrap();
    let sums: Vec<StackSum> =
        (0..question.files().len()).flat_map(|file| files.add_up(&question, &[file]).unwrap()).collect();
    let total: i128 = sums.iter().map(|sum| i128::from(sum.value)).sum();
    assert_eq!(total, question.total());
    encode_to_vec(&files.profile(&question, sums).unwrap())
}

#[test]
fn answers_by_steps_are_those_of_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), settings()).unwrap();
    for number in 0..40 {
        let labels = labels(["api", "web"][number % 2], ["z1", "z2", "z3"][number % 3]);
        let profile = profile(START + 400 * SECOND * number as i64, 1000 + number as i64);
        store.push(&Tenant::default(), push(labels, &profile)).unwrap();
        if number % 9 == 8 {
            store.flush().unwrap();
        }
    }
    store.flush().unwrap();
    let files = files(folder.path());
    let part = Range { from: START + 1000 * SECOND, to: START + 9000 * SECOND };
    for matchers in
        ["", r#"{service="api"}"#, r#"{zone=~"z1|z2"}"#, r#"{service="web",zone="z3"}"#, r#"{a="b"}"#]
    {
        for range in [Range::ALL, part] {
            let selector = Selector::parse(&format!("{CPU}{matchers}")).unwrap();
            let merged = store.merge(&Tenant::default(), &selector, range).unwrap();
            assert_eq!(by_steps(&files, &selector, range), encode_to_vec(&merged), "{matchers} {range:?}");
        }
    }
    let question = files.ask(&Selector::parse(&format!(r#"{CPU}{{service="api"}}"#)).unwrap(), part).unwrap();
    assert_eq!((question.whole_services(), question.part_services().len()), (vec!["api"], 0));
    assert_eq!(question.series(), [] as [i64; 0]);
    assert!(question.files().iter().all(|file| folder.path().join(&file.path).is_file()));
    let question = files.ask(&Selector::parse(&format!(r#"{CPU}{{zone="z1"}}"#)).unwrap(), part).unwrap();
    assert_eq!((question.whole_services().len(), question.part_services()), (0, vec!["api", "web"]));
    assert_eq!(question.series().len(), 2);
}

#[test]
fn samples_without_their_headers_do_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), settings()).unwrap();
    let selector = Selector::parse(CPU).unwrap();
    let add = |value| {
        store.push(&Tenant::default(), push(labels("api", "z1"), &profile(START, value))).unwrap();
        store.flush().unwrap();
    };
    add(5);
    let before = by_steps(&files(folder.path()), &selector, Range::ALL);
    let commits = folder.path().join("tenants/default/profiles/_delta_log");
    let known = fs::read_dir(&commits).unwrap().count();
    add(7);
    assert_ne!(by_steps(&files(folder.path()), &selector, Range::ALL), before);
    // As if the second ones were just being written.
    fs::remove_file(commits.join(format!("{known:020}.json"))).unwrap();
    assert_eq!(by_steps(&files(folder.path()), &selector, Range::ALL), before);
}

#[test]
fn what_is_no_store_or_damaged_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = Files::open(folder.path(), &Tenant::default(), LIMIT).unwrap_err();
    assert!(error.to_string().contains("store.json"), "{error}");

    let store = Store::open(folder.path(), settings()).unwrap();
    let selector = Selector::parse(CPU).unwrap();
    let other = Tenant::new("nobody").unwrap();
    let none = Files::open(folder.path(), &other, LIMIT).unwrap();
    let empty = encode_to_vec(&store.merge(&other, &selector, Range::ALL).unwrap());
    assert_eq!(by_steps(&none, &selector, Range::ALL), empty);

    store.push(&Tenant::default(), push(labels("api", "z1"), &profile(START, 5))).unwrap();
    store.flush().unwrap();
    let files = files(folder.path());
    let question = files.ask(&selector, Range::ALL).unwrap();
    let path = folder.path().join(&question.files()[0].path);
    fs::write(&path, b"something else").unwrap();
    assert_eq!((question.total(), files.add_up(&question, &[0]).unwrap().len()), (5, 0));
    assert_eq!(files.damaged()[0].file, path);
}

#[test]
fn tables_have_files_and_schemas() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), settings()).unwrap();
    store.push(&Tenant::default(), push(labels("api", "z1"), &profile(START, 5))).unwrap();
    store.flush().unwrap();
    let files = files(folder.path());
    for name in Files::tables().filter(|&name| name != "mappings" && name != "label_sets") {
        let table = files.table(name).unwrap();
        assert_eq!((table.len(), table[0].date.as_str()), (1, "2026-11-30"), "{name}");
        assert_eq!(table[0].hour, (name == "samples").then_some(0));
        assert!(Files::schema(name).unwrap().starts_with(r#"{"fields":[{"#));
    }
    assert_eq!((files.table("nonsense"), Files::schema("nonsense")), (None, None));
}
