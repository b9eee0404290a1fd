//! Regular expressions.
//!
//! The input is a pattern, a zero byte and a haystack.
//!
//! Laws: all ways of searching agree, matches are in the haystack and in order, and an escaped text
//! matches itself.

use hotlist_pattern::{Pattern, escape};

/// Runs the harness.
///
/// # Panics
/// When a law is broken.
pub fn run(data: &[u8]) {
    let end = data.iter().position(|&byte| byte == 0).unwrap_or(data.len());
    let source = String::from_utf8_lossy(&data[..end]);
    let haystack = data.get(end + 1..).unwrap_or_default();
    match Pattern::new(&source) {
        Ok(pattern) => search(&pattern, haystack),
        Err(error) => assert!(error.to_string().starts_with("error parsing regexp: "), "{error}"),
    }
    let literal = Pattern::new(&escape(&source));
    // A very long literal is too large for a pattern.
    if let (Ok(literal), true) = (literal, source.len() < 1000) {
        assert_eq!(literal.find(source.as_bytes()), Some(0..source.len()), "a text does not match itself");
    }
}

fn search(pattern: &Pattern, haystack: &[u8]) {
    let first = pattern.find(haystack);
    assert_eq!(pattern.is_match(haystack), first.is_some(), "is_match and find disagree");
    let all = pattern.find_all(haystack);
    assert_eq!(all.first(), first.as_ref(), "find and find_all disagree");
    for matched in &all {
        assert!(matched.start <= matched.end && matched.end <= haystack.len(), "a match beyond the end");
    }
    assert!(all.windows(2).all(|pair| pair[0].end <= pair[1].start), "matches overlap");
    assert_eq!(
        pattern.captures(haystack).map(|captures| captures.whole()),
        first,
        "captures and find disagree"
    );
    let captured = pattern.captures_all(haystack);
    let wholes: Vec<_> = captured.iter().map(|captures| captures.whole()).collect();
    assert_eq!(wholes, all, "captures_all and find_all disagree");
    for captures in &captured {
        let whole = captures.whole();
        assert_eq!(captures.groups().len(), pattern.group_count());
        for group in captures.groups().flatten() {
            assert!(whole.start <= group.start && group.end <= whole.end, "a group outside its match");
        }
    }
    assert_eq!(pattern.group_names().len(), pattern.group_count() + 1);
    assert!(Pattern::new(pattern.as_str()).is_ok(), "a pattern is not the text it was made of");
}
