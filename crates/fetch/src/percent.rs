//! Percent-encoding, with the sets of bytes that Go leaves as they are (net/url, `shouldEscape`).

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use crate::url::UrlError;

/// What is escaped in the key or value of a query.
pub(crate) const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// What may not stand in a query (RFC 3986, 3.4), though people write it: `q=cpu{service="api"}`. Servers refuse it.
pub(crate) const ILLEGAL_IN_QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');
/// What is escaped in a name or password.
pub(crate) const USER: &AsciiSet =
    &QUERY.remove(b'$').remove(b'&').remove(b'+').remove(b',').remove(b';').remove(b'=');
const IN_PATH: &AsciiSet = &USER.remove(b'/').remove(b':').remove(b'@');
const IN_FRAGMENT: &AsciiSet = &IN_PATH.remove(b'!').remove(b'(').remove(b')').remove(b'*').remove(b'?');

/// The path of a URL.
pub(crate) static PATH: Part = Part::new(IN_PATH);
/// The fragment of a URL.
pub(crate) static FRAGMENT: Part = Part::new(IN_FRAGMENT);

/// A part of a URL that is kept as it was written where that is legal.
pub(crate) struct Part {
    /// What is escaped when it is written.
    escaped: &'static AsciiSet,
    /// What may not stand in it.
    illegal: AsciiSet,
}

impl Part {
    const fn new(escaped: &'static AsciiSet) -> Part {
        let brackets = escaped.remove(b'(').remove(b')').remove(b'[').remove(b']');
        Part { escaped, illegal: brackets.remove(b'!').remove(b'\'').remove(b'*').remove(b'%') }
    }

    /// Encoded text as Go would write it again: kept when every byte may stand there, else decoded and encoded.
    pub(crate) fn canonical(&'static self, text: &str) -> Result<String, UrlError> {
        let decoded = decode(text)?;
        Ok(match Cow::from(percent_encode(text.as_bytes(), &self.illegal)) {
            Cow::Borrowed(same) => same.to_owned(),
            Cow::Owned(_) => encode(&decoded, self.escaped),
        })
    }
}

/// Text without its percent signs.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, UrlError> {
    for (at, _) in text.match_indices('%') {
        let escape = &text.as_bytes()[at..text.len().min(at + 3)];
        if escape.len() < 3 || !escape[1..].iter().all(u8::is_ascii_hexdigit) {
            return Err(UrlError::Escape(String::from_utf8_lossy(escape).into_owned()));
        }
    }
    Ok(percent_decode_str(text).collect())
}

/// The key or value of a query without percent signs, and with spaces for plus signs.
pub(crate) fn decode_query(text: &str) -> Result<Vec<u8>, UrlError> {
    decode(&text.replace('+', " "))
}

/// Bytes as text, some of them escaped.
pub(crate) fn encode(bytes: &[u8], escaped: &'static AsciiSet) -> String {
    percent_encode(bytes, escaped).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding() {
        assert_eq!(decode("a%20b+c").as_deref(), Ok(&b"a b+c"[..]));
        assert_eq!(decode_query("a%2bb+c").as_deref(), Ok(&b"a+b c"[..]));
        assert_eq!(decode("%FF%00").as_deref(), Ok(&b"\xff\0"[..]));
        for bad in ["%4", "%", "%é", "%%41"] {
            let escape: String = bad.chars().take(3).collect();
            assert_eq!(decode(&format!("x{bad}")), Err(UrlError::Escape(escape)));
        }
    }

    #[test]
    fn what_is_written_legally_stays() {
        let check = |text: &str, expected: &str| assert_eq!(PATH.canonical(text).as_deref(), Ok(expected));
        check("/a%2fb/(c)", "/a%2fb/(c)");
        check("/a%2fb/c d", "/a/b/c%20d");
    }
}
