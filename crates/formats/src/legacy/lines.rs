//! The lines of a text, with their numbers.

use crate::error::Position;

/// Yields lines without their ends, `\n` or `\r\n`.
#[derive(Clone, Debug)]
pub(crate) struct Lines<'a> {
    rest: &'a [u8],
    number: u64,
    is_cut: bool,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Lines { rest: text, number: 0, is_cut: false }
    }

    /// The next line, unless the text ends before it does.
    pub(crate) fn next_uncut(&mut self) -> Option<&'a [u8]> {
        let line = self.next();
        line.filter(|_| !self.is_cut)
    }

    /// What follows the line that was yielded last.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The line that was yielded last.
    pub(crate) fn place(&self) -> Position {
        Position::Line(self.number.max(1))
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        let end = memchr::memchr(b'\n', self.rest);
        self.is_cut = end.is_none();
        let (line, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest.get(1..).unwrap_or_default();
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// Whether `line` says nothing: it is blank or begins with `#`.
pub(crate) fn is_blank_or_comment(line: &[u8]) -> bool {
    matches!(trim(line), [] | [b'#', ..])
}

/// `text` without blanks around it; a vertical tab counts as one.
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    let blank = |&byte: &u8| byte.is_ascii_whitespace() || byte == 0x0b;
    let Some(start) = text.iter().position(|byte| !blank(byte)) else { return &[] };
    let end = text.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
    &text[start..end]
}

#[test]
fn lines_are_numbered_and_trimmed() {
    let mut lines = Lines::new(b"one\r\n\n \x0btwo ");
    assert_eq!(lines.next(), Some(&b"one"[..]));
    assert_eq!(lines.next(), Some(&b""[..]));
    assert_eq!(lines.next().map(trim), Some(&b"two"[..]));
    assert_eq!(lines.place(), Position::Line(3));
    assert_eq!(lines.next(), None);
}
