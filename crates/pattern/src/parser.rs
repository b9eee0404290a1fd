//! The parser: Go's `regexp/syntax` with its `Perl` flags.
//!
//! The grammar is the one documented at <https://pkg.go.dev/regexp/syntax>. Errors carry the same fragment
//! of the pattern as Go's, which takes remembering where each construct began.

mod class;
mod count;
mod escape;
mod flags;

use regex_syntax::hir::{ClassUnicode, Hir, Look};

use crate::error::{Error, ErrorKind};
use crate::piece::{Count, MAXIMUM_HEIGHT, MAXIMUM_REPEAT, MAXIMUM_SIZE, Piece};
use crate::unicode::{NamedClasses, fold_case, single_range};
use flags::Flags;

/// How many ranges of characters all the classes of one pattern may have together.
///
/// Go's limit is eight times as high; an automaton for this many exceeds the engine's limit anyway.
const MAXIMUM_CLASS_RANGES: usize = 2 << 20;

/// A parsed pattern.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// The expression. Its capturing groups are numbered from 1 and nameless.
    pub(crate) hir: Hir,
    /// The name of each capturing group, the whole match (group 0) included.
    pub(crate) group_names: Vec<Option<Box<str>>>,
    /// Levels of nested operators, which bounds the depth of recursion over `hir`.
    pub(crate) height: u32,
}

/// Parses a whole pattern.
pub(crate) fn parse(source: &str) -> Result<Parsed, Error> {
    let parser = Parser {
        source,
        rest: source,
        flags: Flags::default(),
        outer: Vec::new(),
        group: Group::new(None, Flags::default()),
        group_names: vec![None],
        named_classes: NamedClasses::default(),
        class_ranges: 0,
        no_more_bracket_names: false,
    };
    parser.run()
}

struct Parser<'s> {
    source: &'s str,
    /// What is still to be read.
    rest: &'s str,
    flags: Flags,
    /// The groups around `group`, outermost first.
    outer: Vec<Group>,
    /// The innermost open group; at the outermost level, the whole pattern.
    group: Group,
    group_names: Vec<Option<Box<str>>>,
    named_classes: NamedClasses,
    /// Ranges in all classes so far.
    class_ranges: usize,
    /// No `:]` follows any more. Remembered so that many unfinished `[:` take linear time.
    no_more_bracket_names: bool,
}

/// An open group.
struct Group {
    /// The number of the group if it captures.
    capture: Option<u32>,
    /// The flags to return to when the group ends.
    flags_outside: Flags,
    /// Finished alternatives.
    branches: Vec<Piece>,
    /// The pieces of the alternative being read.
    sequence: Vec<Piece>,
}

impl Group {
    fn new(capture: Option<u32>, flags_outside: Flags) -> Group {
        Group { capture, flags_outside, branches: Vec::new(), sequence: Vec::new() }
    }
}

impl<'s> Parser<'s> {
    fn run(mut self) -> Result<Parsed, Error> {
        // Where the repetition just read began; a second one must not follow it.
        let mut repetition_before: Option<&'s str> = None;
        while let Some(&first) = self.rest.as_bytes().first() {
            let start = self.rest;
            let mut repetition = None;
            match first {
                b'(' => self.open_group()?,
                b'|' => {
                    self.end_branch()?;
                    self.rest = &start[1..];
                }
                b')' => {
                    self.rest = &start[1..];
                    self.close_group()?;
                }
                b'^' => self.push_look(if self.flags.multi_line { Look::StartLF } else { Look::Start }, 1)?,
                b'$' => self.push_look(if self.flags.multi_line { Look::EndLF } else { Look::End }, 1)?,
                b'.' => {
                    self.rest = &start[1..];
                    self.push(Piece::class(any_character(self.flags.dot_matches_newline)))?;
                }
                b'[' => {
                    let class = self.bracket_class()?;
                    self.push_class(class)?;
                }
                b'*' | b'+' | b'?' => {
                    let (minimum, maximum) = match first {
                        b'*' => (0, None),
                        b'+' => (1, None),
                        _ => (0, Some(1)),
                    };
                    self.rest = &start[1..];
                    self.repeat(Count { minimum, maximum, counted: false }, start, repetition_before)?;
                    repetition = Some(start);
                }
                b'{' => match count::parse(start) {
                    None => {
                        self.rest = &start[1..];
                        self.push_literal('{')?;
                    }
                    Some((count, rest)) => {
                        let Some(count) = count else {
                            return Err(error_between(ErrorKind::InvalidRepeatCount, start, rest));
                        };
                        self.rest = rest;
                        self.repeat(count, start, repetition_before)?;
                        repetition = Some(start);
                    }
                },
                b'\\' => self.backslash()?,
                _ => {
                    let (character, rest) = next_character(start);
                    self.rest = rest;
                    self.push_literal(character)?;
                }
            }
            repetition_before = repetition;
        }
        self.finish()
    }

    fn finish(mut self) -> Result<Parsed, Error> {
        let whole = self.take_alternatives()?;
        if !self.outer.is_empty() {
            return Err(Error::new(ErrorKind::MissingParenthesis, self.source));
        }
        Ok(Parsed { height: whole.height, hir: whole.into_hir(), group_names: self.group_names })
    }

    /// Reads `(`, or `(?...` with everything up to the content of the group.
    fn open_group(&mut self) -> Result<(), Error> {
        let start = self.rest;
        if !start.starts_with("(?") {
            self.rest = &start[1..];
            return self.enter_group(Some(None));
        }
        let name_start = if start.len() > 4 && start.starts_with("(?P<") {
            4
        } else if start.len() > 3 && start.starts_with("(?<") {
            3
        } else {
            return self.open_flag_group();
        };
        let Some(end) = start.find('>') else {
            return Err(Error::new(ErrorKind::InvalidNamedCapture, start));
        };
        let name = &start[name_start..end];
        if name.is_empty() || !name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric()) {
            return Err(Error::new(ErrorKind::InvalidNamedCapture, &start[..=end]));
        }
        self.rest = &start[end + 1..];
        self.enter_group(Some(Some(name)))
    }

    /// Reads `(?flags)` or `(?flags:`.
    fn open_flag_group(&mut self) -> Result<(), Error> {
        let start = self.rest;
        let change = flags::parse(start, self.flags)?;
        self.rest = change.rest;
        if change.opens_group {
            self.enter_group(None)?;
        }
        self.flags = change.flags;
        Ok(())
    }

    /// Starts a group; `capture` tells whether it captures and by what name.
    fn enter_group(&mut self, capture: Option<Option<&str>>) -> Result<(), Error> {
        let index = match capture {
            None => None,
            Some(name) => {
                let index = u32::try_from(self.group_names.len()).map_err(|_| self.too_large())?;
                self.group_names.push(name.map(Box::from));
                Some(index)
            }
        };
        let inner = Group::new(index, self.flags);
        self.outer.push(std::mem::replace(&mut self.group, inner));
        Ok(())
    }

    /// Ends a group at its `)`.
    fn close_group(&mut self) -> Result<(), Error> {
        let content = self.take_alternatives()?;
        let Some(outer) = self.outer.pop() else {
            return Err(Error::new(ErrorKind::UnexpectedParenthesis, self.source));
        };
        let closed = std::mem::replace(&mut self.group, outer);
        self.flags = closed.flags_outside;
        self.push(match closed.capture {
            None => content,
            Some(index) => content.captured(index),
        })
    }

    /// Ends an alternative at `|` or at the end of its group.
    fn end_branch(&mut self) -> Result<(), Error> {
        let sequence = std::mem::take(&mut self.group.sequence);
        let branch = if sequence.is_empty() { Piece::empty() } else { Piece::concatenation(sequence) };
        self.check_limits(&branch)?;
        self.group.branches.push(branch);
        Ok(())
    }

    /// The content of the innermost group, which is left empty.
    fn take_alternatives(&mut self) -> Result<Piece, Error> {
        self.end_branch()?;
        let content = Piece::alternation(std::mem::take(&mut self.group.branches));
        self.check_limits(&content)?;
        Ok(content)
    }

    /// Repeats the last piece. `start` is the text from the operator on; `self.rest` lies after it.
    fn repeat(
        &mut self,
        count: Count,
        start: &'s str,
        repetition_before: Option<&'s str>,
    ) -> Result<(), Error> {
        let mut greedy = !self.flags.swap_greed;
        if let Some(rest) = self.rest.strip_prefix('?') {
            self.rest = rest;
            greedy = !greedy;
        }
        if let Some(before) = repetition_before {
            return Err(error_between(ErrorKind::InvalidRepeatOperator, before, self.rest));
        }
        let Some(operand) = self.group.sequence.pop() else {
            return Err(error_between(ErrorKind::MissingRepeatArgument, start, self.rest));
        };
        let several = count.minimum >= 2 || count.maximum.is_some_and(|maximum| maximum >= 2);
        let repeated = operand.repeated(count, greedy);
        self.check_limits(&repeated)?;
        if count.counted && several && repeated.repeat_product > MAXIMUM_REPEAT {
            return Err(error_between(ErrorKind::InvalidRepeatCount, start, self.rest));
        }
        self.group.sequence.push(repeated);
        Ok(())
    }

    /// Reads a construct that begins with a backslash, outside brackets.
    fn backslash(&mut self) -> Result<(), Error> {
        let start = self.rest;
        match start.as_bytes().get(1) {
            Some(b'A') => return self.push_look(Look::Start, 2),
            Some(b'z') => return self.push_look(Look::End, 2),
            Some(b'b') => return self.push_look(Look::WordAscii, 2),
            Some(b'B') => return self.push_look(Look::WordAsciiNegate, 2),
            Some(b'Q') => {
                let quoted = &start[2..];
                let (literal, rest) = quoted.split_once(r"\E").unwrap_or((quoted, ""));
                self.rest = rest;
                return literal.chars().try_for_each(|character| self.push_literal(character));
            }
            _ => {}
        }
        if let Some(class) = self.class_escape(start)? {
            return self.push_class(class);
        }
        let (character, rest) = escape::parse(start)?;
        self.rest = rest;
        match character {
            Some(character) => self.push_literal(character),
            // A surrogate: a valid escape for something that no text contains.
            None => self.push(Piece::literal(ClassUnicode::empty(), self.flags.fold_case)),
        }
    }

    fn push_look(&mut self, look: Look, length: usize) -> Result<(), Error> {
        self.rest = &self.rest[length..];
        self.push(Piece::look(look))
    }

    fn push_literal(&mut self, character: char) -> Result<(), Error> {
        let mut variants = single_range(character, character);
        if self.flags.fold_case {
            fold_case(&mut variants);
        }
        self.push(Piece::literal(variants, self.flags.fold_case))
    }

    /// Pushes a class; one that is no more than a character, perhaps in both cases, counts as a literal.
    fn push_class(&mut self, class: ClassUnicode) -> Result<(), Error> {
        let characters: usize = class.iter().map(|range| range.len()).sum();
        let piece = match class.iter().next() {
            Some(_) if characters == 1 => Piece::literal(class, false),
            Some(range) if characters == 2 => {
                let mut variants = single_range(range.start(), range.start());
                fold_case(&mut variants);
                if variants == class { Piece::literal(class, true) } else { Piece::class(class) }
            }
            _ => Piece::class(class),
        };
        self.push(piece)
    }

    fn push(&mut self, piece: Piece) -> Result<(), Error> {
        self.check_limits(&piece)?;
        self.group.sequence.push(piece);
        Ok(())
    }

    fn check_limits(&self, piece: &Piece) -> Result<(), Error> {
        if piece.size > MAXIMUM_SIZE {
            return Err(self.too_large());
        }
        if piece.height > MAXIMUM_HEIGHT {
            return Err(Error::new(ErrorKind::NestsTooDeeply, self.source));
        }
        Ok(())
    }

    fn too_large(&self) -> Error {
        Error::new(ErrorKind::TooLarge, self.source)
    }
}

/// Every character, or every one but the line feed.
fn any_character(newline_too: bool) -> ClassUnicode {
    let mut class = if newline_too { ClassUnicode::empty() } else { single_range('\n', '\n') };
    class.negate();
    class
}

/// The first character and what follows it. At the end of the text, a character that is never part of any
/// construct.
fn next_character(text: &str) -> (char, &str) {
    let mut characters = text.chars();
    match characters.next() {
        Some(character) => (character, characters.as_str()),
        None => (char::REPLACEMENT_CHARACTER, ""),
    }
}

/// An error that quotes what lies between two ends of the pattern: `start` up to, not including, `rest`.
fn error_between(kind: ErrorKind, start: &str, rest: &str) -> Error {
    let length = start.len().saturating_sub(rest.len());
    Error::new(kind, start.get(..length).unwrap_or(start))
}
