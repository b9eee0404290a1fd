//! A client that knows nothing but to follow the heaviest branch finds what is to blame.

#[expect(dead_code, reason = "each file of tests uses a part")]
mod support;

use hotlist_testkit::testdata;
use serde_json::{Value, json};
use support::{Client, Stacks};

/// The most calls of tools, and the most bytes of their answers together.
const CALLS: usize = 5;
const BYTES: usize = 20 << 10;

/// Where the weight stays when the heaviest branch is followed from the root on.
fn culprit(client: &Client) -> String {
    let (mut calls, mut bytes) = (0, 0);
    let mut call = |tool: &str, arguments: Value| {
        let reply = client.answer(tool, arguments);
        calls += 1;
        bytes += reply.bytes;
        assert!(calls <= CALLS && bytes <= BYTES, "{calls} calls with {bytes} bytes");
        reply.value
    };
    call("open", json!({}));
    let percent = |value: &Value| value.as_f64().unwrap_or(0.0);
    let mut answer = call("tree", json!({}));
    // The frame below which is what is looked at, and its own weight.
    let (mut function, mut own) = (String::new(), 0.0);
    loop {
        let rows = answer["rows"].as_array().expect("rows").clone();
        let (mut at, mut depth, mut more) = (0, 0, answer["more"].clone());
        loop {
            let heaviest = rows[at..]
                .iter()
                .take_while(|row| row["depth"].as_u64() >= Some(depth))
                .position(|row| row["depth"].as_u64() == Some(depth))
                .map(|row| at + row);
            let next = heaviest.map_or(0.0, |row| percent(&rows[row]["cum_percent"]));
            let summed = percent(&more["cum_percent"]);
            if own >= next && own >= summed && !function.is_empty() {
                return function;
            }
            let Some(row) = heaviest.filter(|_| next >= summed) else { break };
            function = rows[row]["function"].as_str().expect("a name").to_owned();
            own = percent(&rows[row]["flat_percent"]);
            more = rows[row]["more"].clone();
            (at, depth) = (row + 1, depth + 1);
        }
        let branch = more["branch"].as_str().expect("a branch to go on with").to_owned();
        answer = call("tree", json!({ "branch": branch }));
    }
}

fn check(stacks: Stacks, expected: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("profile.pb.gz");
    stacks.write(&path);
    assert_eq!(culprit(&Client::of(folder.path(), &[&path])), expected);
}

#[test]
fn a_leaf_below_a_deep_chain() {
    let mut stacks = Stacks::cpu();
    let chain: Vec<String> = (0..120).map(|depth| format!("layer{depth}")).collect();
    stacks.samples(&format!("main;{};checksum", chain.join(";")), 700).samples("main;log", 300);
    check(stacks, "checksum");
}

#[test]
fn one_of_many_handlers() {
    let mut stacks = Stacks::cpu();
    for number in 0..300 {
        stacks.samples(&format!("main;serve;handler{number};query;scan"), 2);
        stacks.samples(&format!("main;serve;handler{number};render"), 1);
    }
    stacks.samples("main;serve;handler77;report;regex_compile", 1500);
    check(stacks, "regex_compile");
}

#[test]
fn one_function_called_from_everywhere() {
    let mut stacks = Stacks::cpu();
    for number in 0..50 {
        stacks.samples(&format!("main;stage{number};work{number};memcpy"), 20 + number % 3);
        stacks.samples(&format!("main;stage{number};work{number}"), 2);
    }
    check(stacks, "memcpy");
}

#[test]
fn a_caller_of_many_cheap_ones() {
    let mut stacks = Stacks::cpu();
    stacks.samples("main;tokenize", 500);
    for number in 0..60 {
        stacks.samples(&format!("main;tokenize;helper{number}"), 5);
    }
    check(stacks, "tokenize");
}

#[test]
fn a_leak() {
    let types = [
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ];
    let mut stacks = Stacks::new(&types);
    stacks.add("main;read;buffer", &[9000, 9_000_000, 0, 0]);
    stacks.add("main;session;cache_insert", &[1000, 1_000_000, 900, 900_000]);
    stacks.add("main;session;config", &[10, 50_000, 10, 50_000]);
    check(stacks, "cache_insert");
}

#[test]
fn a_contended_lock() {
    let mut stacks = Stacks::new(&[("contentions", "count"), ("delay", "nanoseconds")]);
    stacks.add("main;worker;submit;Mutex::lock", &[500, 9_000_000_000]);
    stacks.add("main;worker;log;Mutex::lock", &[5000, 900_000_000]);
    check(stacks, "Mutex::lock");
}

#[test]
fn recursion() {
    let mut stacks = Stacks::cpu();
    for depth in 1..60 {
        stacks.samples(&format!("main;walk{};is_equal", ";walk".repeat(depth)), 12);
        stacks.samples(&format!("main;walk{}", ";walk".repeat(depth)), 2);
    }
    check(stacks, "is_equal");
}

#[test]
fn names_of_a_thousand_letters() {
    let mut stacks = Stacks::cpu();
    let long = |name: &str| format!("{}{name}", "segment_".repeat(130));
    for number in 0..30 {
        stacks.samples(&format!("main;{};{}", long("map"), long(&format!("node{number}"))), 5);
    }
    stacks.samples(&format!("main;{};{};rehash", long("map"), long("table")), 600);
    check(stacks, "rehash");
}

#[test]
fn two_threads_of_different_weight() {
    let mut stacks = Stacks::cpu();
    stacks.tagged("thread_start;poll;decode", ("thread", "net"), 300);
    stacks.tagged("main;draw;layout;measure_text", ("thread", "ui"), 500);
    check(stacks, "measure_text");
}

#[test]
fn a_recorded_program() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let found = culprit(&Client::of(folder.path(), &[&testdata("profiles/wake.cpu.pb.gz")]));
    assert_eq!(found, "runtime.memclrNoHeapPointers");
}
