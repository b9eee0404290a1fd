//! What a file that is no profile seems to be, for the error message.

/// The kind of data that begins with `head`, when its first bytes cannot begin a profile either.
pub(crate) fn kind(head: &[u8]) -> Option<&'static str> {
    const MAGIC: &[(&[u8], &str)] = &[
        (b"\x7fELF", "an ELF binary, not a profile of one"),
        (b"MZ", "a Windows binary, not a profile of one"),
        (b"\xfe\xed\xfa\xce", "a Mach-O binary, not a profile of one"),
        (b"\xfe\xed\xfa\xcf", "a Mach-O binary, not a profile of one"),
        (b"\xce\xfa\xed\xfe", "a Mach-O binary, not a profile of one"),
        (b"\xcf\xfa\xed\xfe", "a Mach-O binary, not a profile of one"),
        (b"PK\x03\x04", "a zip archive; unpack it first"),
        (b"BZh", "bzip2 data; unpack it first"),
        (b"\xfd7zXZ\0", "xz data; unpack it first"),
        (b"go 1.", "a Go execution trace; go tool trace reads it"),
        (b"JAVA PROFILE", "a Java heap dump"),
    ];
    if let Some((_, kind)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(kind);
    }
    let text = head.trim_ascii_start();
    let starts_with =
        |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()));
    if ["<!doctype html", "<html", "<head", "<body"].into_iter().any(starts_with) {
        Some("an HTML page")
    } else if starts_with("<?xml") || starts_with("<svg") {
        Some("an XML file")
    } else {
        None
    }
}

/// Text, by its first line that is not empty.
pub(crate) fn text_beginning(head: &[u8]) -> String {
    /// As many characters tell what it is.
    const MOST: usize = 40;
    let text = String::from_utf8_lossy(head);
    let Some(line) = text.lines().map(str::trim).find(|line| !line.is_empty()) else {
        return "text of nothing but blanks".to_owned();
    };
    let begin: String = line.chars().take(MOST).collect();
    let more = if begin.len() < line.len() { "…" } else { "" };
    format!("plain text that begins {begin:?}{more}")
}

/// Data that is no text, by its first bytes.
pub(crate) fn bytes_beginning(head: &[u8]) -> String {
    if head.iter().all(|&byte| byte == 0) {
        return "zeros".to_owned();
    }
    let bytes: Vec<String> = head.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("binary data that begins with the bytes {}", bytes.join(" "))
}

/// Whether `head` is text, which an encoded profile never is: its lengths are control characters.
pub(crate) fn is_text(head: &[u8]) -> bool {
    let whole = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The head may end in the middle of a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !whole.is_empty() && whole.chars().all(|c| !c.is_control() || c.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_is_shown_by_its_beginning() {
        for (head, expected) in [
            (&b"\n  404 page not found\r\nmore"[..], "plain text that begins \"404 page not found\""),
            (b"a\x1b[31m\"b", "plain text that begins \"a\\u{1b}[31m\\\"b\""),
            (b" \n", "text of nothing but blanks"),
        ] {
            assert_eq!(text_beginning(head), expected);
        }
        assert_eq!(text_beginning(&[b'x'; 90]), format!("plain text that begins \"{}\"…", "x".repeat(40)));
        assert_eq!(bytes_beginning(b"\x01\xff"), "binary data that begins with the bytes 01 ff");
        assert_eq!(bytes_beginning(&[0; 9]), "zeros");
    }

    #[test]
    fn common_mistakes_are_named() {
        for (head, expected) in [
            (&b"\n  <!DOCTYPE html><html>"[..], Some("an HTML page")),
            (b"\x7fELF\x02\x01", Some("an ELF binary, not a profile of one")),
            (b"404 page not found\n", None),
            (b"\x01\x02\x03", None),
            (b"", None),
        ] {
            assert_eq!(kind(head), expected, "{}", head.escape_ascii());
        }
    }
}
