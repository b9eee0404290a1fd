//! Files, what is in them after a restart, and what is left when they are damaged.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{CPU, SECOND, START, labels, profile, push, settings};
use hotlist_profile::encode_to_vec;
use hotlist_store::{Error, Range, Selector, Store, Tenant};

/// Pushes `count` profiles of two series, ten seconds apart, with values 1, 2, 3 …
fn fill(store: &Store, from: i64, count: i64) {
    for at in from..from + count {
        let zone = if at % 2 == 0 { "even" } else { "odd" };
        store
            .push(&Tenant::default(), push(labels("api", zone), &profile(START + at * 10 * SECOND, at + 1)))
            .unwrap();
    }
}

fn merged(store: &Store, selector: &str, range: Range) -> Vec<u8> {
    let selector = Selector::parse(&format!("{CPU}{selector}")).unwrap();
    encode_to_vec(&store.merge(&Tenant::default(), &selector, range).unwrap())
}

fn total(store: &Store, selector: &str, range: Range) -> i128 {
    let selector = Selector::parse(&format!("{CPU}{selector}")).unwrap();
    store.merge(&Tenant::default(), &selector, range).unwrap().totals()[0]
}

/// All answers that the tests compare.
fn answers(store: &Store) -> Vec<Vec<u8>> {
    let part = Range { from: START + 15 * SECOND, to: START + 95 * SECOND };
    let mut answers = Vec::new();
    for selector in ["", r#"{zone="even"}"#, r#"{service="api",zone!="even"}"#, r#"{service="none"}"#] {
        answers.extend([merged(store, selector, Range::ALL), merged(store, selector, part)]);
    }
    answers
}

fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn answers_are_the_same_from_memory_inbox_files_and_compacted_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), settings()).unwrap();
    fill(&store, 0, 20);
    let expected = answers(&store);
    assert_eq!(total(&store, "", Range::ALL), 210);

    store.flush().unwrap();
    assert_eq!(answers(&store), expected, "from files");
    assert_eq!(store.stats().tenants[0].samples, 40);

    let in_two_parts = {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), settings()).unwrap();
        fill(&store, 0, 7);
        store.flush().unwrap();
        fill(&store, 7, 13);
        drop(store);
        // What was in the inbox only comes back.
        let store = Store::open(folder.path(), settings()).unwrap();
        assert_eq!(total(&store, "", Range::ALL), 210);
        answers(&store).len()
    };
    assert_eq!(in_two_parts, expected.len());

    drop(store);
    let store = Store::open(folder.path(), settings()).unwrap();
    assert_eq!(answers(&store), expected, "after a restart");
    fill(&store, 20, 5);
    store.flush().unwrap();
    let expected = answers(&store);
    let samples = |store: &Store| store.stats().tenants[0].tables[6].clone();
    assert_eq!((samples(&store).files, samples(&store).rows), (2, 50));
    store.compact().unwrap();
    assert_eq!((samples(&store).files, samples(&store).rows), (1, 50));
    assert_eq!(answers(&store), expected, "compacted");
    drop(store);
    assert_eq!(
        answers(&Store::open(folder.path(), settings()).unwrap()),
        expected,
        "compacted, after a restart"
    );
    let report = Store::check(folder.path()).unwrap();
    assert!(report.damaged.is_empty() && report.files >= 6, "{report:?}");
}

#[test]
fn retention_drops_days() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), settings()).unwrap();
    fill(&store, 0, 3);
    store.flush().unwrap();
    drop(store);
    let mut settings = settings();
    settings.retention = Some(std::time::Duration::from_secs(3600));
    let store = Store::open(folder.path(), settings).unwrap();
    // The profiles are from a day that may be far from today in both directions.
    let is_old =
        std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as i64 > START + 26 * 3600 * SECOND;
    store.compact().unwrap();
    assert_eq!(total(&store, "", Range::ALL), if is_old { 0 } else { 6 });
    assert_eq!(store.types(&Tenant::default(), Range::ALL).unwrap().is_empty(), is_old);
}

#[test]
fn a_folder_is_open_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), settings()).unwrap();
    assert!(matches!(Store::open(folder.path(), settings()), Err(Error::Locked { .. })));
    drop(store);
    Store::open(folder.path(), settings()).unwrap();
}

#[test]
fn damaged_files_are_named_and_the_rest_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), settings()).unwrap();
    fill(&store, 0, 4);
    store.flush().unwrap();
    fill(&store, 4, 2);
    store.flush().unwrap();
    let all = files(&folder.path().join("tenants/default/samples"), ".parquet");
    assert_eq!(all.len(), 2);
    for (flip, cut) in [(true, false), (false, true)] {
        for file in &all {
            let good = fs::read(file).unwrap();
            let mut bad = good.clone();
            if flip {
                // In the data of a page, where only the checksum tells.
                let at = bad.len() / 3;
                bad[at] ^= 4;
            }
            if cut {
                bad.truncate(good.len() / 2);
            }
            fs::write(file, &bad).unwrap();
            let report = Store::check(folder.path()).unwrap();
            assert_eq!(report.damaged.iter().map(|damage| &damage.file).collect::<Vec<_>>(), [file]);
            // It must not panic; a torn file is left out.
            let total = total(&store, "", Range::ALL);
            if cut {
                assert!(total == 10 || total == 11, "{total}");
                assert!(store.stats().damaged.iter().any(|damage| damage.file == *file));
            }
            fs::write(file, &good).unwrap();
        }
    }
    assert_eq!(total(&store, "", Range::ALL), 21);
    drop(store);

    let commits = files(&folder.path().join("tenants/default/samples/_delta_log"), ".json");
    let good = fs::read(&commits[1]).unwrap();
    fs::write(&commits[1], &good[..good.len() / 2]).unwrap();
    assert_eq!(Store::check(folder.path()).unwrap().damaged[0].file, commits[1]);
    let store = Store::open(folder.path(), settings()).unwrap();
    assert_eq!(total(&store, "", Range::ALL), 11, "the other commit is served");
    store.compact().unwrap();
    assert_eq!(files(&folder.path().join("tenants/default/samples"), ".parquet"), all, "nothing is deleted");
    drop(store);
    fs::write(&commits[1], &good).unwrap();
    assert_eq!(total(&Store::open(folder.path(), settings()).unwrap(), "", Range::ALL), 21);
}
