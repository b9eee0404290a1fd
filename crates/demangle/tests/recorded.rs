//! Names of programs, and what the reference makes of them.
//!
//! `testdata/record` made `cpp.tsv` and `rust.tsv`: names of the programs beside them, and their readable forms.
//! `differences.tsv` lists the names for which another text is right, and that text; docs/demangle.md has the
//! reasons.

use std::collections::BTreeMap;

use hotlist_demangle::{Mode, demangle};

const MODES: [(&str, Mode); 3] =
    [("default", Mode::Default), ("templates", Mode::Templates), ("full", Mode::Full)];

#[test]
fn names_read_as_recorded() {
    let mut differences: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for line in include_str!("../testdata/differences.tsv").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, mode, text] = fields[..] else { panic!("three fields in {line}") };
        differences.insert((name, mode), text);
    }

    let recorded = [include_str!("../testdata/cpp.tsv"), include_str!("../testdata/rust.tsv")];
    let mut wrong = Vec::new();
    for line in recorded.iter().flat_map(|text| text.lines()) {
        let fields: Vec<&str> = line.split('\t').collect();
        let name = fields[0];
        for ((mode_name, mode), theirs) in MODES.into_iter().zip(&fields[1..]) {
            let theirs = Some(*theirs).filter(|text| !text.starts_with('\u{1}'));
            let expected = differences.remove(&(name, mode_name));
            assert!(expected.is_none() || expected != theirs, "{name} is no difference in {mode_name}");
            let ours = demangle(name, mode);
            let expected = expected.or(theirs);
            if ours.as_deref() != expected {
                wrong.push(format!("{name} {mode_name}\n  is        {ours:?}\n  should be {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(differences.is_empty(), "not recorded: {differences:?}");
}
