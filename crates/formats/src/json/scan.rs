//! Walking over JSON without recursion: where values end, and the elements of an array as they come.

use std::borrow::Cow;
use std::io::BufRead;

use crate::error::{Malformed, Position};

/// Values may be nested as deeply as this.
const DEEPEST: usize = 128;
/// How much is read at a time.
const PIECE: usize = 256 << 10;
/// An element may be as large as this.
const LARGEST_ELEMENT: usize = 1 << 30;

/// What a walk came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<T> {
    Done(T),
    /// The data ends before it does.
    Cut,
    /// This is no JSON.
    Wrong,
}

/// How many bytes the value takes that `data` begins with. What is in it is not checked; with `depth_limit`, values may
/// be nested only so deeply.
pub(super) fn value_length(data: &[u8], depth_limit: usize) -> Step<usize> {
    let Some(first) = data.first() else { return Step::Cut };
    match first {
        b'"' => match string_end(data) {
            Some(end) => Step::Done(end),
            None => Step::Cut,
        },
        b'{' | b'[' => container_length(data, depth_limit),
        b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
            let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
            match data.iter().position(|byte| !is_part(byte)) {
                Some(end) => Step::Done(end),
                None => Step::Cut,
            }
        }
        _ => Step::Wrong,
    }
}

fn container_length(data: &[u8], depth_limit: usize) -> Step<usize> {
    let (mut depth, mut at) = (0usize, 0);
    loop {
        let Some(next) = data[at..].iter().position(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']'))
        else {
            return Step::Cut;
        };
        at += next;
        match data[at] {
            b'"' => match string_end(&data[at..]) {
                Some(end) => {
                    at += end;
                    continue;
                }
                None => return Step::Cut,
            },
            b'{' | b'[' => {
                depth += 1;
                if depth > depth_limit {
                    return Step::Wrong;
                }
            }
            _ => {
                depth -= 1;
                if depth == 0 {
                    return Step::Done(at + 1);
                }
            }
        }
        at += 1;
    }
}

/// Where the string ends that `data` begins with.
fn string_end(data: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', data.get(at..)?)?;
        if data[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The bytes after blanks.
pub(super) fn after_blanks(data: &[u8]) -> usize {
    data.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(data.len())
}

/// A key or a string, as text; `None` when it is not one.
pub(super) fn string(raw: &[u8]) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if memchr::memchr(b'\\', inner).is_some() {
        return serde_json::from_slice::<String>(raw).ok().map(Cow::Owned);
    }
    std::str::from_utf8(inner).ok().map(Cow::Borrowed)
}

/// A key, in its quotation marks, and its value.
type Member<'a> = (&'a [u8], &'a [u8]);

/// The keys of an object and their values, as they stand in the text: for objects of which only a few values are wanted.
pub(super) struct Members<'a> {
    rest: &'a [u8],
    is_first: bool,
}

impl<'a> Members<'a> {
    /// Those of `object`, which is a whole value.
    pub(super) fn of(object: &'a [u8]) -> Self {
        Members { rest: object.strip_prefix(b"{").unwrap_or_default(), is_first: true }
    }

    /// The next key, in its quotation marks, and its value; `None` behind the last one.
    pub(super) fn next(&mut self) -> Result<Option<Member<'a>>, Malformed> {
        let wrong = |reason: &str| Malformed::new(Position::Byte(0), reason);
        let mut rest = self.rest.get(after_blanks(self.rest)..).unwrap_or_default();
        match rest.first() {
            Some(b'}') | None => return Ok(None),
            Some(b',') if !self.is_first => rest = &rest[1 + after_blanks(&rest[1..])..],
            Some(_) if self.is_first => {}
            Some(_) => return Err(wrong("a comma is missing")),
        }
        self.is_first = false;
        let end = string_end(rest).filter(|_| rest.first() == Some(&b'"'));
        let (key, rest) = rest.split_at(end.ok_or_else(|| wrong("a key is missing"))?);
        let rest = rest[after_blanks(rest)..].strip_prefix(b":");
        let rest = rest.ok_or_else(|| wrong("a key without a value"))?;
        let rest = &rest[after_blanks(rest)..];
        let Step::Done(length) = value_length(rest, DEEPEST) else {
            return Err(wrong("a key without a value"));
        };
        let (value, rest) = rest.split_at(length);
        self.rest = rest;
        Ok(Some((key, value)))
    }
}

/// The elements of an array that is read as it comes: the outermost one, or the one under a key of the outermost object.
pub(super) struct Elements<'i> {
    input: &'i mut dyn BufRead,
    buffer: Vec<u8>,
    /// What of the buffer has been used.
    used: usize,
    /// How many bytes came before the buffer.
    before: u64,
    is_end: bool,
    /// Whether an array has been entered.
    is_inside: bool,
    /// Whether the outermost value is an object.
    is_object: bool,
}

impl<'i> Elements<'i> {
    /// The elements of the outermost array, or of that under `key`.
    pub(super) fn new(input: &'i mut dyn BufRead, key: &str) -> Result<Self, Malformed> {
        let mut elements = Elements {
            input,
            buffer: Vec::new(),
            used: 0,
            before: 0,
            is_end: false,
            is_inside: false,
            is_object: false,
        };
        elements.enter(key)?;
        Ok(elements)
    }

    /// Something is wrong here.
    pub(super) fn wrong(&self, reason: impl Into<String>) -> Malformed {
        Malformed::new(Position::Byte(self.before + self.used as u64), reason)
    }

    fn fill(&mut self) -> Result<(), Malformed> {
        self.buffer.drain(..self.used);
        self.before += self.used as u64;
        self.used = 0;
        // As much again as there is, so that a long element is not looked at too often.
        let wanted = (2 * self.buffer.len()).max(PIECE);
        while self.buffer.len() < wanted && !self.is_end {
            let piece = self.input.fill_buf();
            let piece =
                piece.map_err(|_| Malformed::new(Position::Byte(self.before), "the input has failed"))?;
            self.is_end = piece.is_empty();
            let count = piece.len().min(wanted - self.buffer.len());
            self.buffer.extend_from_slice(&piece[..count]);
            self.input.consume(count);
        }
        if self.buffer.len() > LARGEST_ELEMENT {
            return Err(self.wrong(format!("an element of more than {LARGEST_ELEMENT} bytes")));
        }
        Ok(())
    }

    /// The next byte that is no blank, which is not used.
    fn peek(&mut self) -> Result<Option<u8>, Malformed> {
        loop {
            self.used += after_blanks(&self.buffer[self.used..]);
            if let Some(&byte) = self.buffer.get(self.used) {
                return Ok(Some(byte));
            }
            if self.is_end {
                return Ok(None);
            }
            self.fill()?;
        }
    }

    /// Where the next value lies in the buffer; it is used then. `None` when the data ends before it does.
    fn value(&mut self) -> Result<Option<std::ops::Range<usize>>, Malformed> {
        loop {
            match value_length(&self.buffer[self.used..], DEEPEST) {
                Step::Done(length) => {
                    let start = self.used;
                    self.used += length;
                    return Ok(Some(start..self.used));
                }
                Step::Wrong => {
                    return Err(self.wrong("there is no value here, or one that is nested too deeply"));
                }
                Step::Cut if self.is_end => return Ok(None),
                Step::Cut => self.fill()?,
            }
        }
    }

    fn enter(&mut self, key: &str) -> Result<(), Malformed> {
        self.fill()?;
        if self.buffer.starts_with(b"\xef\xbb\xbf") {
            self.used = 3;
        }
        match self.peek()? {
            Some(b'[') => {
                self.used += 1;
                self.is_inside = true;
                Ok(())
            }
            Some(b'{') => {
                self.used += 1;
                self.is_object = true;
                self.find(key)
            }
            _ => Err(self.wrong("there is neither an object nor an array")),
        }
    }

    /// Passes over keys of the outermost object until `key`.
    fn find(&mut self, key: &str) -> Result<(), Malformed> {
        loop {
            match self.peek()? {
                Some(b',') => self.used += 1,
                Some(b'"') => {
                    let Some(raw) = self.value()? else { return Ok(()) };
                    let found = string(&self.buffer[raw]).is_some_and(|found| found == key);
                    if self.peek()? != Some(b':') {
                        return Err(self.wrong("a key without a value"));
                    }
                    self.used += 1;
                    if self.peek()? == Some(b'[') && found {
                        self.used += 1;
                        self.is_inside = true;
                        return Ok(());
                    }
                    if self.value()?.is_none() {
                        return Ok(());
                    }
                }
                Some(b'}') | None => return Ok(()),
                Some(_) => return Err(self.wrong("a key is missing")),
            }
        }
    }

    /// The next element; `None` after the last one, or where the data is cut off.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, Malformed> {
        while self.is_inside {
            match self.peek()? {
                Some(b',') => self.used += 1,
                Some(b']') | None => self.is_inside = false,
                Some(_) => {
                    let range = self.value()?;
                    return Ok(range.map(|range| &self.buffer[range]));
                }
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_wherever_the_array_is() {
        let check = |text: &str, expected: &[&str]| {
            for size in [1, 3, 1 << 20] {
                let mut input = std::io::BufReader::with_capacity(size, text.as_bytes());
                let mut elements = Elements::new(&mut input, "events").unwrap();
                let mut found = Vec::new();
                while let Some(element) = elements.next().unwrap() {
                    found.push(String::from_utf8(element.to_vec()).unwrap());
                }
                assert_eq!(found, expected, "{text}");
            }
        };
        check("[]", &[]);
        check("[{\"a\": 1}, {\"b\": \"]\\\"\"},", &["{\"a\": 1}", "{\"b\": \"]\\\"\"}"]);
        check("{\"x\": {\"events\": [1]}, \"events\" : [[2], 3 ], \"y\": 4}", &["[2]", "3"]);
        check("{\"events\": [{\"a\": 1}, {\"cut", &["{\"a\": 1}"]);
        check("{\"other\": 1}", &[]);
        check("\u{feff}[true]", &["true"]);
    }

    #[test]
    fn members_are_found_wherever_blanks_are() {
        let check = |text: &str, expected: &[(&str, &str)]| {
            let mut members = Members::of(text.as_bytes());
            let mut found = Vec::new();
            while let Some((key, value)) = members.next().unwrap() {
                found.push((std::str::from_utf8(key).unwrap(), std::str::from_utf8(value).unwrap()));
            }
            assert_eq!(found, expected, "{text}");
        };
        check("{}", &[]);
        check("{ \"a\" : 1 ,\n\"b\":{\"c\":[2]} }", &[("\"a\"", "1"), ("\"b\"", "{\"c\":[2]}")]);
        check("{\"a\\\"\":\"}\"}", &[("\"a\\\"\"", "\"}\"")]);
        for text in ["{\"a\" 1}", "{,}", "{1: 2}", "{\"a\": 1 \"b\": 2}", "{\"a\": }", "{\"a"] {
            let mut members = Members::of(text.as_bytes());
            let outcome = std::iter::repeat_with(|| members.next()).find(|next| !matches!(next, Ok(Some(_))));
            assert!(outcome.unwrap().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", "x", "{\"a\" 1}", "{1: 2}", "[x]", &"[".repeat(200)] {
            let mut input = text.as_bytes();
            let outcome =
                Elements::new(&mut input, "events").and_then(|mut elements| elements.next().map(|_| ()));
            assert!(outcome.is_err() || text.starts_with("[["), "{text}");
        }
    }
}
