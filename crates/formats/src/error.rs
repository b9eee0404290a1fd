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
    /// It is in a legacy format, but malformed.
    #[error("malformed {format} profile: {source}")]
    Legacy {
        /// The name of the format, see [`ALL`](crate::ALL).
        format: &'static str,
        /// What is wrong and where.
        #[source]
        source: Malformed,
    },
    /// In no format that is known here.
    #[error("unrecognized profile format{}", what_it_seems(*.seems))]
    Unrecognized {
        /// What the input seems to be, with an article: `an HTML page`.
        seems: Option<&'static str>,
    },
}

fn what_it_seems(what: Option<&str>) -> String {
    what.map(|what| format!(": this looks like {what}")).unwrap_or_default()
}

/// What is wrong with a file in a legacy format.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("{place}: {reason}")]
pub struct Malformed {
    /// Where.
    pub place: Place,
    /// Why.
    pub reason: String,
    /// Whether the file may still be in another format that begins alike.
    pub(crate) may_be_another: bool,
}

/// A position in the unpacked input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Distance from the start, in bytes.
    Byte(u64),
    /// A line of text, counted from 1.
    Line(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Byte(offset) => write!(out, "byte {offset}"),
            Place::Line(number) => write!(out, "line {number}"),
        }
    }
}

impl Malformed {
    /// A file that is surely in the format, and broken at `place`.
    pub(crate) fn new(place: Place, reason: impl Into<String>) -> Self {
        Malformed { place, reason: reason.into(), may_be_another: false }
    }

    /// A file that does not follow the format from `place` on, so that another format gets a try.
    pub(crate) fn unlike(place: Place, reason: impl Into<String>) -> Self {
        Malformed { may_be_another: true, ..Malformed::new(place, reason) }
    }
}
