//! Sets of characters: brackets, `\d` and its kin, `[:name:]`, and Unicode classes.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::{MAXIMUM_CLASS_RANGES, Parser, error_between, escape, next_character};
use crate::error::{Error, ErrorKind};
use crate::unicode::fold_case;

/// Pairs of first and last character.
type Ranges = &'static [(char, char)];

const DIGITS: Ranges = &[('0', '9')];
const SPACES: Ranges = &[('\t', '\n'), ('\x0c', '\r'), (' ', ' ')];
const WORD: Ranges = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];

/// The names allowed in `[:name:]`; all of them are ASCII.
const ASCII_CLASSES: [(&str, Ranges); 14] = [
    ("alnum", &[('0', '9'), ('A', 'Z'), ('a', 'z')]),
    ("alpha", &[('A', 'Z'), ('a', 'z')]),
    ("ascii", &[('\0', '\x7f')]),
    ("blank", &[('\t', '\t'), (' ', ' ')]),
    ("cntrl", &[('\0', '\x1f'), ('\x7f', '\x7f')]),
    ("digit", DIGITS),
    ("graph", &[('!', '~')]),
    ("lower", &[('a', 'z')]),
    ("print", &[(' ', '~')]),
    ("punct", &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
    ("space", &[('\t', '\r'), (' ', ' ')]),
    ("upper", &[('A', 'Z')]),
    ("word", WORD),
    ("xdigit", &[('0', '9'), ('A', 'F'), ('a', 'f')]),
];

/// The members of a bracketed class as they are collected.
#[derive(Default)]
struct Members {
    /// Characters and ranges, to be closed under case folding if the flag is on.
    written: Vec<ClassUnicodeRange>,
    /// Members of named classes, in which folding is already done.
    named: Vec<ClassUnicodeRange>,
}

impl Parser<'_> {
    /// Reads a class in brackets.
    pub(super) fn bracket_class(&mut self) -> Result<ClassUnicode, Error> {
        let start = self.rest;
        let mut rest = &start[1..];
        let negated = rest.starts_with('^');
        if negated {
            rest = &rest[1..];
        }
        let mut members = Members::default();
        let mut first = true;
        while first || !rest.starts_with(']') {
            first = false;
            if let Some((class, after)) = self.bracket_name(rest)? {
                self.charge(class.ranges().len())?;
                members.named.extend(class.iter());
                rest = after;
                continue;
            }
            if let Some(class) = self.class_escape(rest)? {
                self.charge(class.ranges().len())?;
                members.named.extend(class.iter());
                rest = self.rest;
                continue;
            }
            let item = rest;
            let (low, after) = class_character(rest, start)?;
            rest = after;
            let mut high = low;
            if rest.len() >= 2 && rest.starts_with('-') && !rest.starts_with("-]") {
                (high, rest) = class_character(&rest[1..], start)?;
                if high < low {
                    return Err(error_between(ErrorKind::InvalidClassRange, item, rest));
                }
            }
            members.written.extend(characters_between(low, high));
        }
        self.rest = &rest[1..];
        let mut class = ClassUnicode::new(members.written);
        if self.flags.fold_case {
            fold_case(&mut class);
        }
        class.union(&ClassUnicode::new(members.named));
        if negated {
            class.negate();
        }
        self.charge(class.ranges().len())?;
        Ok(class)
    }

    /// Reads `\d` and its kin or a Unicode class, inside or outside brackets. `self.rest` moves behind it.
    pub(super) fn class_escape(&mut self, start: &str) -> Result<Option<ClassUnicode>, Error> {
        if let Some((class, length)) = self.unicode_class(start)? {
            self.skip_to(start.len() - length);
            return Ok(Some(class));
        }
        let mut letters = start.chars();
        if letters.next() != Some('\\') {
            return Ok(None);
        }
        let Some(letter) = letters.next() else { return Ok(None) };
        let ranges = match letter.to_ascii_lowercase() {
            'd' => DIGITS,
            's' => SPACES,
            'w' => WORD,
            _ => return Ok(None),
        };
        let class = self.ascii_class(ranges, letter.is_ascii_uppercase());
        self.skip_to(start.len() - 2);
        Ok(Some(class))
    }

    /// Moves `self.rest` so that `remaining` bytes of the pattern are left.
    fn skip_to(&mut self, remaining: usize) {
        self.rest = &self.source[self.source.len() - remaining..];
    }

    /// Reads `[:name:]` inside brackets. Without a `:]` anywhere behind it, the bracket is a character.
    fn bracket_name<'t>(&mut self, text: &'t str) -> Result<Option<(ClassUnicode, &'t str)>, Error> {
        let Some(inside) = text.strip_prefix("[:") else { return Ok(None) };
        if self.no_more_bracket_names {
            return Ok(None);
        }
        let Some(length) = inside.find(":]") else {
            self.no_more_bracket_names = true;
            return Ok(None);
        };
        let (name, rest) = (&inside[..length], &inside[length + 2..]);
        let (negated, name) = match name.strip_prefix('^') {
            Some(name) => (true, name),
            None => (false, name),
        };
        match ASCII_CLASSES.iter().find(|(known, _)| *known == name) {
            Some((_, ranges)) => Ok(Some((self.ascii_class(ranges, negated), rest))),
            None => Err(error_between(ErrorKind::InvalidClassRange, text, rest)),
        }
    }

    fn ascii_class(&self, ranges: Ranges, negated: bool) -> ClassUnicode {
        let ranges = ranges.iter().map(|&(first, last)| ClassUnicodeRange::new(first, last));
        let mut class = ClassUnicode::new(ranges);
        if self.flags.fold_case {
            fold_case(&mut class);
        }
        if negated {
            class.negate();
        }
        class
    }

    /// Reads `\pN`, `\p{Name}`, and their negations by `\P` and `^`. Returns its length with the class.
    fn unicode_class(&mut self, start: &str) -> Result<Option<(ClassUnicode, usize)>, Error> {
        let mut negated = match start.as_bytes() {
            [b'\\', b'p', ..] => false,
            [b'\\', b'P', ..] => true,
            _ => return Ok(None),
        };
        let (first, after) = next_character(&start[2..]);
        let (length, mut name) = if first == '{' {
            let Some(end) = start.find('}') else {
                return Err(Error::new(ErrorKind::InvalidClassRange, start));
            };
            (end + 1, &start[3..end])
        } else {
            let length = start.len() - after.len();
            (length, &start[2..length])
        };
        if let Some(inner) = name.strip_prefix('^') {
            negated = !negated;
            name = inner;
        }
        let Some(class) = self.named_classes.get(name, self.flags.fold_case) else {
            return Err(Error::new(ErrorKind::InvalidClassRange, &start[..length]));
        };
        let mut class = class.clone();
        if negated {
            class.negate();
        }
        self.charge(class.ranges().len())?;
        Ok(Some((class, length)))
    }

    /// Counts ranges against the limit for the whole pattern.
    fn charge(&mut self, ranges: usize) -> Result<(), Error> {
        self.class_ranges += ranges;
        if self.class_ranges > MAXIMUM_CLASS_RANGES { Err(self.too_large()) } else { Ok(()) }
    }
}

/// Reads one character in brackets; `whole` is the text from the opening bracket on.
fn class_character<'s>(text: &'s str, whole: &str) -> Result<(u32, &'s str), Error> {
    if text.is_empty() {
        return Err(Error::new(ErrorKind::MissingBracket, whole));
    }
    if text.starts_with('\\') {
        return escape::parse_code(text);
    }
    let (character, rest) = next_character(text);
    Ok((u32::from(character), rest))
}

/// The characters from `low` to `high`, surrogates left out.
fn characters_between(low: u32, high: u32) -> Option<ClassUnicodeRange> {
    let low = char::from_u32(low).unwrap_or('\u{e000}');
    let high = char::from_u32(high).unwrap_or('\u{d7ff}');
    (low <= high).then(|| ClassUnicodeRange::new(low, high))
}
