//! Percent-encoding, with the sets of bytes that Go leaves as they are (net/url, `shouldEscape`).

use crate::url::UrlError;

/// Encoded text as Go would write it again: kept when every byte may stand there, else decoded and encoded.
pub(crate) fn canonical(text: &str, is_allowed: fn(u8) -> bool) -> Result<String, UrlError> {
    let decoded = decode(text, Plus::Keep)?;
    // Beyond the set that the encoder leaves alone, these are legal where they were written.
    let may_stay = |byte: u8| is_allowed(byte) || b"!'()*[]%".contains(&byte);
    Ok(if text.bytes().all(may_stay) { text.to_string() } else { encode(&decoded, is_allowed) })
}

/// Whether a plus sign means a space, as it does in queries.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Plus {
    Keep,
    Space,
}

/// Text without its percent signs.
pub(crate) fn decode(text: &str, plus: Plus) -> Result<Vec<u8>, UrlError> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digit = |at: usize| bytes.get(at).and_then(|&digit| char::from(digit).to_digit(16));
        match byte {
            b'%' => {
                let (Some(high), Some(low)) = (digit(at + 1), digit(at + 2)) else {
                    let end = bytes.len().min(at + 3);
                    return Err(UrlError::Escape(String::from_utf8_lossy(&bytes[at..end]).into_owned()));
                };
                decoded.push((high * 16 + low) as u8);
                at += 2;
            }
            b'+' if plus == Plus::Space => decoded.push(b' '),
            byte => decoded.push(byte),
        }
        at += 1;
    }
    Ok(decoded)
}

/// Bytes as text; all but the allowed ones get a percent sign.
pub(crate) fn encode(bytes: &[u8], is_allowed: fn(u8) -> bool) -> String {
    let mut encoded = String::with_capacity(bytes.len());
    for &byte in bytes {
        if is_allowed(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// What stands in the key or value of a query as it is; the sets below add to it.
pub(crate) fn is_query_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)
}

pub(crate) fn is_user_byte(byte: u8) -> bool {
    is_query_byte(byte) || b"$&+,;=".contains(&byte)
}

pub(crate) fn is_path_byte(byte: u8) -> bool {
    is_user_byte(byte) || b"/:@".contains(&byte)
}

pub(crate) fn is_fragment_byte(byte: u8) -> bool {
    is_path_byte(byte) || b"!()*?".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding() {
        let check = |text: &str, plus, expected: &[u8]| {
            assert_eq!(decode(text, plus).as_deref(), Ok(expected), "{text}");
        };
        check("a%20b+c", Plus::Keep, b"a b+c");
        check("a%2bb+c", Plus::Space, b"a+b c");
        check("%FF%00", Plus::Keep, b"\xff\0");
        assert_eq!(decode("x%4", Plus::Keep), Err(UrlError::Escape("%4".into())));
        assert_eq!(decode("%é", Plus::Keep), Err(UrlError::Escape("%é".into())));
    }

    #[test]
    fn what_is_written_legally_stays() {
        let check = |text: &str, expected: &str| {
            assert_eq!(canonical(text, is_path_byte).as_deref(), Ok(expected));
        };
        check("/a%2fb/(c)", "/a%2fb/(c)");
        check("/a%2fb/c d", "/a/b/c%20d");
    }
}
