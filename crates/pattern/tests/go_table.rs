//! Walks a table of patterns with the answers of Go's own `regexp`.

use hotlist_pattern::{Captures, Pattern};

const TABLE: &str = include_str!("../testdata/go_regexp.tsv");

#[test]
fn agrees_with_go() {
    let mut differences = Vec::new();
    let mut rows = 0;
    for (index, line) in TABLE.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        let columns: Vec<Vec<u8>> = line.split('\t').map(unescape).collect();
        let [pattern, haystack, expected] = columns.as_slice() else {
            panic!("line {} has {} columns", index + 1, columns.len());
        };
        let actual = outcome(std::str::from_utf8(pattern).expect("patterns are UTF-8"), haystack);
        if actual.as_bytes() != expected {
            let expected = String::from_utf8_lossy(expected);
            differences.push(format!("line {}: {line}\n  Go   {expected}\n  here {actual}", index + 1));
        }
        rows += 1;
    }
    assert!(rows > 500, "the table has lost rows: {rows}");
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
}

fn outcome(pattern: &str, haystack: &[u8]) -> String {
    let pattern = match Pattern::new(pattern) {
        Ok(pattern) => pattern,
        Err(error) => return format!("error: {error}"),
    };
    let captures = pattern.captures(haystack);
    assert_eq!(pattern.is_match(haystack), captures.is_some(), "{}", pattern.as_str());
    assert_eq!(pattern.find(haystack), captures.as_ref().map(Captures::whole), "{}", pattern.as_str());
    let Some(captures) = captures else { return "none".to_owned() };
    let groups = (0..=pattern.group_count()).map(|group| match captures.get(group) {
        Some(place) => format!("{}-{}", place.start, place.end),
        None => "-".to_owned(),
    });
    groups.collect::<Vec<_>>().join(" ")
}

/// Undoes the escapes that the head of the table describes.
fn unescape(column: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = column;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let (byte, length) = match &rest[at + 1..=at + 1] {
            "t" => (b'\t', 2),
            "n" => (b'\n', 2),
            "r" => (b'\r', 2),
            "\\" => (b'\\', 2),
            "x" => (u8::from_str_radix(&rest[at + 2..at + 4], 16).expect("two hex digits"), 4),
            other => panic!("unknown escape {other:?} in {column:?}"),
        };
        bytes.push(byte);
        rest = &rest[at + length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}
