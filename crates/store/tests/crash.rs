//! A process that keeps profiles is killed again and again: what it acknowledged is there, once.
//!
//! `HOTLIST_CRASHES=40 cargo test -p hotlist-store --test crash` kills it forty times.

#![allow(clippy::print_stdout, reason = "the child says what it has kept")]

mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{CPU, SECOND, START, labels, profile, push, settings};
use hotlist_store::{Range, Selector, Store, Tenant};

const FOLDER: &str = "HOTLIST_CRASH_FOLDER";

/// Not a test of its own: what [`acknowledged_profiles_survive_kills`] starts and kills.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let store = Store::open(Path::new(&folder), settings()).unwrap();
    println!("\nopen");
    let compacting = store.clone();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(7));
            compacting.flush().unwrap();
            compacting.compact().unwrap();
        }
    });
    let mut at = 0;
    loop {
        at += 1;
        let zone = format!("z{}", at % 5);
        store.push(&Tenant::default(), push(labels("api", &zone), &profile(START + at * SECOND, 1))).unwrap();
        println!("\nkept");
    }
}

#[test]
fn acknowledged_profiles_survive_kills() {
    let kills = std::env::var("HOTLIST_CRASHES").ok().and_then(|kills| kills.parse().ok()).unwrap_or(6);
    let folder = tempfile::tempdir().unwrap();
    let (mut kept, mut most) = (0, 0);
    for round in 0..kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let reader =
            std::thread::spawn(move || lines.map_while(Result::ok).filter(|line| line == "kept").count());
        std::thread::sleep(Duration::from_millis(40 + round * 97 % 700));
        child.kill().unwrap();
        child.wait().unwrap();
        kept += reader.join().unwrap() as i128;
        // The last one of each round may be kept without an answer.
        most = kept + i128::from(round) + 1;
    }
    let store = Store::open(folder.path(), settings()).unwrap();
    let selector = Selector::parse(CPU).unwrap();
    let total = store.merge(&Tenant::default(), &selector, Range::ALL).unwrap().totals()[0];
    assert!(kept > 0 && (kept..=most).contains(&total), "{kept} were acknowledged, {total} are there");
    let range = Range { from: START, to: START + 100_000 * SECOND };
    let lines = store.timeline(&Tenant::default(), &selector, range, Duration::from_secs(1000), &[]).unwrap();
    let headers: i128 = lines.iter().flat_map(|line| &line.points).map(|point| i128::from(point.value)).sum();
    assert_eq!(headers, total, "headers and samples agree");
    let report = Store::check(folder.path()).unwrap();
    assert!(report.damaged.is_empty(), "{report:?}");
    println!("{kills} kills, {kept} acknowledged, {total} kept");
}
