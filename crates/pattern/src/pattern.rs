//! A compiled pattern and the questions one can put to it.

use std::ops::Range;
use std::sync::Arc;

use regex_automata::meta::{Config, Regex};
use regex_automata::util::captures::Captures as EngineCaptures;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use crate::captures::Captures;
use crate::error::{Error, ErrorKind};
use crate::lossy::Lossy;
use crate::parser::{Parsed, parse};

/// The most memory one automaton of a pattern may take, in bytes. An engine builds two, one per direction.
const MAXIMUM_AUTOMATON_BYTES: usize = 24 << 20;

/// Bounds the table of group places that a search for captures may need, together with the limit above.
///
/// The table has a cell of 8 bytes for every state and every end of a group, twice. Taking 24 bytes for a
/// state, an automaton of this many bytes divided by the number of group ends needs at most 128 MiB.
const MAXIMUM_AUTOMATON_BYTES_TIMES_GROUP_ENDS: usize = 192 << 20;

/// The cache of the lazily built automaton in bytes, per pattern, direction and thread.
const LAZY_CACHE_BYTES: usize = 1 << 20;

/// Patterns nested deeper than this are compiled on a thread with a stack that is surely large enough.
const SHALLOW_HEIGHT: u32 = 64;

/// The stack for compiling deeply nested patterns, in bytes.
const DEEP_STACK_BYTES: usize = 64 << 20;

/// A compiled regular expression in Go's syntax.
///
/// A pattern can be shared between threads. A search needs scratch space, which each pattern keeps in a pool;
/// for short haystacks, contention for that pool can cost more than the search. So give every thread that
/// searches in a loop a clone: it shares the compiled automaton and has its own pool.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: Arc<str>,
    regex: Regex,
    group_names: Arc<[Option<Box<str>>]>,
    /// The pattern matches nothing but ASCII and never the empty string, so it can be searched for in bytes
    /// without knowing whether they are UTF-8.
    ascii_only: bool,
    /// The pattern asserts `\B`, which holds in the midst of an encoded character too. The engine drops such
    /// places from complete matches, but a search that stops at the first sign of a match can run into one
    /// and then miss the match around it.
    may_split_characters: bool,
}

impl PartialEq for Pattern {
    /// Equal sources are equal patterns.
    fn eq(&self, other: &Pattern) -> bool {
        self.source == other.source
    }
}

impl Eq for Pattern {}

impl Pattern {
    /// Compiles `source`.
    ///
    /// # Errors
    ///
    /// If `source` is not a regular expression of Go's, or is too large.
    pub fn new(source: &str) -> Result<Pattern, Error> {
        let parsed = parse(source)?;
        let Compiled { regex, group_names, ascii_only, may_split_characters } =
            if parsed.height <= SHALLOW_HEIGHT { compile(parsed) } else { compile_deep(parsed) }
                .ok_or_else(|| Error::new(ErrorKind::TooLarge, source))?;
        Ok(Pattern {
            source: source.into(),
            regex,
            group_names: group_names.into(),
            ascii_only,
            may_split_characters,
        })
    }

    /// The text of the pattern.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether the pattern matches anywhere in `haystack`.
    pub fn is_match(&self, haystack: &[u8]) -> bool {
        if self.may_split_characters {
            return self.find(haystack).is_some();
        }
        match self.readable(haystack) {
            None => self.regex.is_match(haystack),
            Some(lossy) => self.regex.is_match(&lossy.text),
        }
    }

    /// The leftmost match.
    pub fn find(&self, haystack: &[u8]) -> Option<Range<usize>> {
        match self.readable(haystack) {
            None => self.regex.find(haystack).map(|found| found.range()),
            Some(lossy) => self.regex.find(&lossy.text).map(|found| lossy.original(found.range())),
        }
    }

    /// All matches that do not overlap, from left to right.
    ///
    /// As in Go, an empty match that touches the match before it is left out.
    pub fn find_all(&self, haystack: &[u8]) -> Vec<Range<usize>> {
        match self.readable(haystack) {
            None => self.regex.find_iter(haystack).map(|found| found.range()).collect(),
            Some(lossy) => {
                let matches = self.regex.find_iter(&lossy.text);
                matches.map(|found| lossy.original(found.range())).collect()
            }
        }
    }

    /// The leftmost match with the places of its groups.
    pub fn captures(&self, haystack: &[u8]) -> Option<Captures> {
        let mut captures = self.regex.create_captures();
        match self.readable(haystack) {
            None => {
                self.regex.captures(haystack, &mut captures);
                self.places(&captures, |range| range)
            }
            Some(lossy) => {
                self.regex.captures(&lossy.text, &mut captures);
                self.places(&captures, |range| lossy.original(range))
            }
        }
    }

    /// The captures of all matches that do not overlap, from left to right; see [`Pattern::find_all`].
    pub fn captures_all(&self, haystack: &[u8]) -> Vec<Captures> {
        match self.readable(haystack) {
            None => {
                let matches = self.regex.captures_iter(haystack);
                matches.filter_map(|captures| self.places(&captures, |range| range)).collect()
            }
            Some(lossy) => {
                let matches = self.regex.captures_iter(&lossy.text);
                matches.filter_map(|captures| self.places(&captures, |range| lossy.original(range))).collect()
            }
        }
    }

    /// The number of capturing groups, not counting the whole match.
    pub fn group_count(&self) -> usize {
        self.group_names.len() - 1
    }

    /// The names of the groups, in order from group 0, which is the whole match and has none.
    pub fn group_names(&self) -> impl ExactSizeIterator<Item = Option<&str>> + '_ {
        self.group_names.iter().map(Option::as_deref)
    }

    /// The number of the first group with a given name. Go allows several groups of one name.
    pub fn group_index(&self, name: &str) -> Option<usize> {
        self.group_names().position(|known| known == Some(name))
    }

    /// A copy of `haystack` that the engine can read, or nothing if it can read the haystack itself.
    fn readable(&self, haystack: &[u8]) -> Option<Lossy> {
        (!self.ascii_only && std::str::from_utf8(haystack).is_err()).then(|| Lossy::new(haystack))
    }

    fn places(
        &self,
        captures: &EngineCaptures,
        original: impl Fn(Range<usize>) -> Range<usize>,
    ) -> Option<Captures> {
        let whole = original(captures.get_match()?.range());
        let place = |group| captures.get_group(group).map(|span| original(span.range()));
        Some(Captures::new(whole, (1..self.group_names.len()).map(place).collect()))
    }
}

/// `text` as a pattern that matches exactly this text: Go's `regexp.QuoteMeta`.
pub fn escape(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if r"\.+*?()|[]{}^$".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

/// What compiling yields apart from the source.
struct Compiled {
    regex: Regex,
    group_names: Vec<Option<Box<str>>>,
    ascii_only: bool,
    may_split_characters: bool,
}

/// Builds the engine; nothing if it would take too much memory.
fn compile(parsed: Parsed) -> Option<Compiled> {
    let Parsed { hir, group_names, .. } = parsed;
    let limit = MAXIMUM_AUTOMATON_BYTES_TIMES_GROUP_ENDS / (2 * group_names.len().max(1));
    let config = Config::new()
        .nfa_size_limit(Some(limit.min(MAXIMUM_AUTOMATON_BYTES)))
        .hybrid_cache_capacity(LAZY_CACHE_BYTES)
        .utf8_empty(true);
    let ascii_only = hir.properties().minimum_len().is_some_and(|length| length > 0) && is_ascii(&hir);
    let regex = Regex::builder().configure(config).build_from_hir(&hir).ok()?;
    let may_split_characters = hir.properties().look_set().contains(Look::WordAsciiNegate);
    Some(Compiled { regex, group_names, ascii_only, may_split_characters })
}

/// [`compile`] with room for the recursion over a deeply nested pattern.
fn compile_deep(parsed: Parsed) -> Option<Compiled> {
    let thread = std::thread::Builder::new().stack_size(DEEP_STACK_BYTES);
    thread.spawn(|| compile(parsed)).ok()?.join().ok().flatten()
}

/// Whether all that an expression can match is ASCII.
fn is_ascii(hir: &Hir) -> bool {
    let mut open = vec![hir];
    while let Some(hir) = open.pop() {
        let ascii = match hir.kind() {
            HirKind::Literal(literal) => literal.0.is_ascii(),
            HirKind::Class(Class::Unicode(class)) => class.is_ascii(),
            HirKind::Class(Class::Bytes(class)) => class.is_ascii(),
            HirKind::Empty
            | HirKind::Look(_)
            | HirKind::Repetition(_)
            | HirKind::Capture(_)
            | HirKind::Concat(_)
            | HirKind::Alternation(_) => true,
        };
        if !ascii {
            return false;
        }
        open.extend(hir.kind().subs());
    }
    true
}
