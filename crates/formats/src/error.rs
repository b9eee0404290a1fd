//! What can go wrong between bytes and a profile.

use std::fmt;
use std::io;

use hotlist_profile::DecodeError;
use thiserror::Error;

/// Why some input is not a profile.
#[derive(Debug, Error)]
pub enum Error {
    /// The input itself failed: a disk, a connection.
    #[error("cannot read: {0}")]
    Read(#[source] io::Error),
    /// The compressed data is damaged.
    #[error("decompressing {compression} data: {reason}")]
    Compressed {
        /// `gzip` or `zstd`.
        compression: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The input unpacks to more than [`Limits`](crate::Limits) allows.
    #[error("the profile is larger than {limit} bytes when unpacked; -max_size raises this limit")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The tables of the profile take more memory than [`Limits`](crate::Limits) allows.
    #[error("the profile needs more than {limit} bytes of memory; -max_size raises this limit")]
    Memory {
        /// The limit in bytes.
        limit: u64,
    },
    /// It looks like an encoded profile, but is not a valid one.
    #[error(transparent)]
    Decode(DecodeError),
    /// It is in another format, but malformed.
    #[error("malformed {format} profile: {source}")]
    Malformed {
        /// The title of the format, see [`ALL`](crate::ALL).
        format: &'static str,
        /// What is wrong and where.
        #[source]
        source: Malformed,
    },
    /// In no format that is known here.
    #[error("unrecognized profile format{}", explained(.seems, .hint))]
    Unrecognized {
        /// What the input looks like: `an HTML page`, `plain text that begins "package main"`.
        seems: String,
        /// Which formats it might have been in, or what to do.
        hint: Option<String>,
    },
}

fn explained(seems: &str, hint: &Option<String>) -> String {
    let hint = hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
    format!(": this looks like {seems}{hint}")
}

/// What is wrong with a file that is in some format, or claims to be.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("{place}: {reason}")]
pub struct Malformed {
    /// Where.
    pub place: Position,
    /// Why.
    pub reason: String,
    /// Whether the file may still be in another format that begins alike.
    pub(crate) may_be_another: bool,
}

/// A position in the unpacked input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Position {
    /// Distance from the start, in bytes.
    Byte(u64),
    /// A line of text, counted from 1.
    Line(u64),
    /// A character of a line, both counted from 1.
    Column {
        /// The line.
        line: u64,
        /// The character.
        column: u64,
    },
}

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Position::Byte(offset) => write!(out, "byte {offset}"),
            Position::Line(number) => write!(out, "line {number}"),
            Position::Column { line, column } => write!(out, "line {line}, column {column}"),
        }
    }
}

impl Malformed {
    /// A file that is surely in the format, and broken at `place`.
    pub(crate) fn new(place: Position, reason: impl Into<String>) -> Self {
        Malformed { place, reason: reason.into(), may_be_another: false }
    }

    /// A file that does not follow the format from `place` on, so that another format gets a try.
    pub(crate) fn unlike(place: Position, reason: impl Into<String>) -> Self {
        Malformed { may_be_another: true, ..Malformed::new(place, reason) }
    }
}
