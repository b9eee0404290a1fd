//! Text from profiles as data: nothing in it acts on a terminal, hides, or passes for our own words.

use std::borrow::Cow;
use std::fmt::Write;

use hotlist_render::clean;

/// What stands for the part of a text that was left out.
pub(crate) const CUT: char = '…';

/// Characters that no reader sees and a model reads all the same, and those that begin a line.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// `text` with control characters and invisible ones as escapes.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    let cleaned = clean(text);
    if cleaned.is_ascii() || !cleaned.contains(is_invisible) {
        return cleaned;
    }
    let mut escaped = String::with_capacity(cleaned.len() + 8);
    for character in cleaned.chars() {
        if is_invisible(character) {
            // Writing to a string does not fail.
            let _ = write!(escaped, "\\u{{{:x}}}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// `text` escaped, with at most about `most` bytes: the middle of a longer one is left out.
pub(crate) fn shown(text: &str, most: usize) -> String {
    // What is cut out of a text of megabytes need not be escaped first.
    let long = 8 * most.max(16);
    let text = if text.len() > long { cut(text, long) } else { text.to_owned() };
    let text = escaped(&text).replace('\t', " ");
    if text.len() <= most { text } else { cut(&text, most) }
}

/// The beginning and the end of `text`, of at most `most` bytes together.
fn cut(text: &str, most: usize) -> String {
    let room = most.saturating_sub(CUT.len_utf8());
    let (mut head, mut tail) = (room - room / 3, text.len() - room / 3);
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    while !text.is_char_boundary(tail) {
        tail += 1;
    }
    format!("{}{CUT}{}", &text[..head], &text[tail..])
}

/// A name in quotes, for lines of text; it is [`shown`] already.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_acts_or_hides() {
        for (text, expected) in [
            ("main.(*T[go.shape.int]).run", "main.(*T[go.shape.int]).run"),
            ("a\x1b[31mb\nc\td", "a\\x1b[31mb\\nc d"),
            ("x\u{202e}y\u{200b}z\u{2028}", "x\\u202ey\\u{200b}z\\u{2028}"),
            ("ok\u{e0041}\u{e0042}", "ok\\u{e0041}\\u{e0042}"),
            ("größe", "größe"),
        ] {
            assert_eq!(shown(text, 200), expected);
        }
        assert_eq!(quoted("a\"b"), "\"a\\\"b\"");
    }

    #[test]
    fn long_texts_lose_their_middle() {
        let name = format!("{}{}", "ä".repeat(5000), "end".repeat(100));
        for most in [16, 17, 18, 40, 99] {
            let cut = shown(&name, most);
            assert!(cut.len() <= most && cut.len() + 4 > most, "{most}: {cut}");
            assert!(cut.starts_with('ä') && cut.contains(CUT) && cut.ends_with("end"), "{cut}");
        }
    }
}
