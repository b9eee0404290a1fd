//! A place in a mangled name.

use crate::limit::{Parsed, Refused};

/// Reads a name from left to right.
///
/// The end reads as the byte 0, which no rule of a grammar accepts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At the beginning of `text`.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// How many bytes were read.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Whether everything was read.
    pub(crate) fn at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// What was not read yet.
    pub(crate) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// What was read since `start`.
    pub(crate) fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or("")
    }

    /// The next byte, or 0 at the end.
    #[inline]
    pub(crate) fn peek(&self) -> u8 {
        self.peek_at(0)
    }

    /// The byte after `distance` others, or 0.
    #[inline]
    pub(crate) fn peek_at(&self, distance: usize) -> u8 {
        self.text.as_bytes().get(self.at + distance).copied().unwrap_or(0)
    }

    /// Goes on by `count` bytes that were seen.
    #[inline]
    pub(crate) fn skip(&mut self, count: usize) {
        self.at += count;
    }

    /// Takes the next byte.
    #[inline]
    pub(crate) fn next(&mut self) -> Parsed<u8> {
        let byte = *self.text.as_bytes().get(self.at).ok_or(Refused)?;
        self.at += 1;
        Ok(byte)
    }

    /// Takes `byte` if it is next.
    #[inline]
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte && !self.at_end();
        self.at += usize::from(found);
        found
    }

    /// Takes `word` if it is next.
    #[inline]
    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.text.as_bytes()[self.at.min(self.text.len())..].starts_with(word.as_bytes());
        if found {
            self.at += word.len();
        }
        found
    }

    /// Takes `byte`, which must be next.
    #[inline]
    pub(crate) fn expect(&mut self, byte: u8) -> Parsed<()> {
        if self.eat(byte) { Ok(()) } else { Err(Refused) }
    }

    /// Takes the next `count` bytes, which must be whole characters.
    pub(crate) fn take(&mut self, count: usize) -> Parsed<&'a str> {
        let end = self.at.checked_add(count).ok_or(Refused)?;
        let text = self.text.get(self.at..end).ok_or(Refused)?;
        self.at = end;
        Ok(text)
    }

    /// Takes bytes while they are `wanted`.
    pub(crate) fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let start = self.at;
        while !self.at_end() && wanted(self.peek()) {
            self.at += 1;
        }
        self.since(start)
    }

    /// Takes a decimal number, which must have a digit.
    pub(crate) fn decimal(&mut self) -> Parsed<u32> {
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        digits.parse().map_err(|_| Refused)
    }
}
