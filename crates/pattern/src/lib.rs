//! Regular expressions with the syntax and the meaning of Go's `regexp` package.
//!
//! Users of pprof type Go regular expressions. They differ from those of Rust's `regex` crate: `[[]`,
//! `func{` and `\Qa.b\E` are patterns, `\d`, `\w` and `\b` are ASCII, `[a&&b]` is three characters, and
//! `a**` is an error. So this crate has its own parser, after the grammar at
//! <https://pkg.go.dev/regexp/syntax> (the `Perl` flags, which `regexp.Compile` uses). The search is done by
//! `regex-automata`, which takes linear time in the haystack as Go's does. Both prefer the leftmost match
//! and among those the first alternative.
//!
//! ```
//! use hotlist_pattern::Pattern;
//!
//! let pattern = Pattern::new(r"^runtime\.(?P<function>\w+)")?;
//! assert!(pattern.is_match(b"runtime.mallocgc"));
//! assert_eq!(pattern.find(b"runtime.mallocgc.func1"), Some(0..16));
//!
//! let captures = pattern.captures(b"runtime.mallocgc").expect("a match");
//! let function = pattern.group_index("function").and_then(|index| captures.get(index));
//! assert_eq!(function, Some(8..16));
//!
//! let error = Pattern::new("[abc").unwrap_err();
//! assert_eq!(error.to_string(), "error parsing regexp: missing closing ]: `[abc`");
//! # Ok::<(), hotlist_pattern::Error>(())
//! ```
//!
//! # Haystacks are bytes
//!
//! Names in profiles need not be UTF-8. As in Go, each byte that is part of no valid encoding counts as one
//! character U+FFFD of width 1, so `.`, `\W`, `[^a-z]` and U+FFFD itself match it, and matches begin and end
//! only between characters. A haystack that is not UTF-8 is copied for that, unless the pattern is one that
//! only ASCII text can match.
//!
//! # Limits
//!
//! Counts, nesting and size are limited as in Go, with the same errors. Go measures its syntax tree after it
//! has taken common prefixes out of alternatives; this crate measures it before, so a pattern within a few
//! steps of a limit may fare differently. A second limit, on the memory of the engine's automaton, refuses
//! patterns such as `(\pL{100}){10}` which Go takes; it reports [`ErrorKind::TooLarge`] as well.
//!
//! Not for replacing text or for splitting: only what reports need is here.

mod captures;
mod error;
mod lossy;
mod parser;
mod pattern;
mod piece;
mod unicode;
mod unicode_17;

pub use captures::Captures;
pub use error::{Error, ErrorKind};
pub use pattern::{Pattern, escape};
