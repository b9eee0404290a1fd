//! Names from profiles, made harmless.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` with control characters, but for the tab, as escapes such as `\x1b`, so that no name moves
/// a cursor, recolours a terminal or begins a new line.
pub fn clean(text: &str) -> Cow<'_, str> {
    // Nearly all names are plain, which takes a look at each byte.
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t');
    if text.as_bytes().iter().all(is_plain) || !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\n' => cleaned.push_str("\\n"),
            '\r' => cleaned.push_str("\\r"),
            harmful if is_harmful(harmful) => {
                // Writing to a string does not fail.
                let _ = match u32::from(harmful) {
                    code @ 0..=0xff => write!(cleaned, "\\x{code:02x}"),
                    code => write!(cleaned, "\\u{code:04x}"),
                };
            }
            other => cleaned.push(other),
        }
    }
    Cow::Owned(cleaned)
}

/// Control characters, and the invisible ones that turn the direction of text around.
fn is_harmful(character: char) -> bool {
    (character.is_control() && character != '\t')
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn escapes() {
    assert_eq!(clean("plain_é_λ\tname"), "plain_é_λ\tname");
    assert_eq!(clean("\u{1b}]0;owned\u{7}\u{9b}31m\nx"), "\\x1b]0;owned\\x07\\x9b31m\\nx");
    assert_eq!(clean("a\u{202e}b"), "a\\u202eb");
}
