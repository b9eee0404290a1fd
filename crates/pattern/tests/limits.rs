//! Hostile patterns: each ends in an error or an answer, in little time and memory.

use hotlist_pattern::{ErrorKind, Pattern};

#[track_caller]
fn check(source: &str, expected: Option<ErrorKind>) {
    let kind = Pattern::new(source).err().map(|error| error.kind);
    let shown: String = source.chars().take(40).collect();
    assert_eq!(kind, expected, "{shown}");
}

#[test]
fn nesting() {
    let nested = |levels: usize| format!("{}a{}", "(".repeat(levels), ")".repeat(levels));
    check(&nested(999), None);
    check(&nested(1000), Some(ErrorKind::NestsTooDeeply));
    check(&nested(200_000), Some(ErrorKind::NestsTooDeeply));
    check(&format!("{}a{}", "(?:".repeat(100_000), ")".repeat(100_000)), None);
    check(&"(".repeat(100_000), Some(ErrorKind::MissingParenthesis));
    check(&format!("{}a{}", "(".repeat(499), ")*".repeat(499)), None);
    check(&format!("{}a{}", "(".repeat(500), ")*".repeat(500)), Some(ErrorKind::NestsTooDeeply));
}

#[test]
fn a_deep_pattern_still_matches() {
    let pattern = Pattern::new(&format!("{}ab{}", "(x|".repeat(400), ")".repeat(400))).unwrap();
    assert_eq!(pattern.find(b"xxab"), Some(0..1));
    assert_eq!(pattern.captures(b"ab").and_then(|captures| captures.get(400)), Some(0..2));
}

#[test]
fn repetition() {
    check("a{1000}", None);
    check("a{1001}", Some(ErrorKind::InvalidRepeatCount));
    check("(a{10}){100}", None);
    check("(a{10}){101}", Some(ErrorKind::InvalidRepeatCount));
    check("a{99999999999999999999999}", Some(ErrorKind::InvalidRepeatCount));
    check("(((a{0,}){1000}b*){0,1}c+)", None);
    check(&format!("(?:{}){{1000}}", "xy|z".repeat(2000)), Some(ErrorKind::TooLarge));
    check(r"\pL{300}", None);
    check(r"(\pL{100}){10}", Some(ErrorKind::TooLarge));
}

#[test]
fn breadth() {
    check(&r"\pL".repeat(50_000), Some(ErrorKind::TooLarge));
    check(&format!("[{}]", r"\pL".repeat(50_000)), Some(ErrorKind::TooLarge));
    check(&"a|".repeat(20_000), None);
    check(&"[[:".repeat(50_000), Some(ErrorKind::MissingBracket));
    check(&"(a*)".repeat(500), None);
    check(&r"(\pL*)".repeat(2000), Some(ErrorKind::TooLarge));
}
