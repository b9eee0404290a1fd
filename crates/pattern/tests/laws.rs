//! What holds for all patterns and all haystacks.

use hotlist_pattern::{Pattern, escape};
use proptest::prelude::*;

/// Parts of patterns, between spaces.
const TOKENS: &str = concat!(
    r"a b é ſ ( ) (? (?: (?P<n> (?i) (?U) [ [^ ] [:alpha:] [[: :] \ \p{ \pL \PN \x{ \x4 \Q \E \d \W \b \B ",
    r"\0 \12 { } {2} {1,3} {0, , 0 9 - ^ $ . * + ? | i s m < >",
);

/// Strings that look more like patterns than random text does.
fn pattern_like() -> impl Strategy<Value = String> {
    let token = prop::sample::select(TOKENS.split(' ').chain([" ", "\n"]).collect::<Vec<_>>());
    prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn any_text_compiles_or_fails_cleanly(source in any::<String>()) {
        if let Ok(pattern) = Pattern::new(&source) {
            prop_assert_eq!(pattern.as_str(), source);
        }
    }

    #[test]
    fn answers_agree_with_one_another(
        source in pattern_like(),
        haystack in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        match Pattern::new(&source) {
            Err(error) => {
                prop_assert!(source.contains(&error.fragment), "{error} quotes what is not there");
            }
            Ok(pattern) => {
                let all = pattern.find_all(&haystack);
                prop_assert_eq!(pattern.is_match(&haystack), !all.is_empty());
                prop_assert_eq!(pattern.find(&haystack), all.first().cloned());
                let captures = pattern.captures_all(&haystack);
                prop_assert_eq!(pattern.captures(&haystack), captures.first().cloned());
                let places: Vec<_> = captures.iter().map(|captures| captures.whole()).collect();
                prop_assert_eq!(places, all);
                for group in captures.iter().flat_map(|captures| captures.groups()).flatten() {
                    prop_assert!(haystack.get(group).is_some());
                }
            }
        }
    }

    #[test]
    fn an_escaped_text_matches_itself(text in any::<String>()) {
        let pattern = Pattern::new(&format!("^{}$", escape(&text))).unwrap();
        prop_assert_eq!(pattern.find(text.as_bytes()), Some(0..text.len()));
    }

    #[test]
    fn a_quoted_text_matches_itself(text in any::<String>()) {
        prop_assume!(!text.contains("\\E") && !text.ends_with('\\'));
        let pattern = Pattern::new(&format!("^\\Q{text}\\E$")).unwrap();
        prop_assert_eq!(pattern.find(text.as_bytes()), Some(0..text.len()));
    }

    #[test]
    fn every_character_is_in_a_class_or_in_its_negation(character in any::<char>()) {
        let text = character.to_string();
        for class in [r"\pL", r"\p{Cn}", r"\p{Latin}", r"(?i)\p{Lu}", r"\w", "[[:punct:]]", "(?i)[k-ſ]"] {
            let inside = Pattern::new(&format!("^{class}$")).unwrap();
            let outside = if let Some(class) = class.strip_prefix("(?i)") {
                Pattern::new(&format!("^(?i)[^{}]$", class.trim_matches(['[', ']']))).unwrap()
            } else if class.starts_with("[[") {
                Pattern::new("^[[:^punct:]]$").unwrap()
            } else {
                Pattern::new(&format!("^[^{class}]$")).unwrap()
            };
            prop_assert!(inside.is_match(text.as_bytes()) != outside.is_match(text.as_bytes()), "{class}");
        }
    }
}
