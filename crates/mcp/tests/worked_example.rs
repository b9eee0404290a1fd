//! The worked example of docs/agents.md, run as it is written.

#[expect(dead_code, reason = "each file of tests uses a part")]
mod support;

use std::fs;
use std::path::Path;

use hotlist_testkit::{golden, testdata};
use support::Client;

#[test]
fn the_worked_example_answers_so() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/agents.md"));
    let page = fs::read_to_string(path).expect("the page is there");
    let root = testdata("profiles");
    let client = Client::of(&root, &[]);
    let (mut run, mut calls) = (String::new(), 0);
    let mut rest = page.as_str();
    while let Some((before, block)) = rest.split_once("```json\n") {
        let (asked, after) = block.split_once("```\n").expect("the block ends");
        run += &format!("{before}```json\n{asked}```\n");
        rest = after;
        // Set-ups of clients are JSON too.
        let Some((tool, arguments)) = asked.trim().split_once(' ').filter(|(tool, _)| *tool != "{") else {
            continue;
        };
        let (_, after) = after.split_once("```text\n").expect("an answer follows");
        let (_, after) = after.split_once("```\n").expect("the answer ends");
        let arguments = serde_json::from_str(arguments).expect("arguments are JSON");
        let text = client.answer(tool, arguments).text;
        // Readers have the repository elsewhere.
        let text = text.replace(&root.display().to_string(), "testdata/profiles");
        run += &format!("\n```text\n{text}```\n");
        rest = after;
        calls += 1;
    }
    run += rest;
    assert!(calls >= 4, "the example has {calls} calls");
    golden(path, &run);
}
