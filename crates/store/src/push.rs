//! A profile on its way in, and the answer to it.

use bytes::Bytes;
use thiserror::Error;

use crate::{Error, Labels};

/// A profile to keep.
#[derive(Clone, Debug)]
pub struct Push<'a> {
    /// The labels of its series; `service` among them.
    pub labels: Labels,
    /// The kind of profile, such as `process_cpu`; guessed from the sample types where it is not given. It ends in
    /// `:delta` where values are changes since the profile before.
    pub name: Option<&'a str>,
    /// When collection began, in nanoseconds since 1970. Otherwise what the profile says counts, and if that is
    /// nothing or too old to be kept, the time of arrival.
    pub time: Option<i64>,
    /// The profile in any format that hotlist reads, compressed or not.
    pub body: Bytes,
}

/// A profile is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// How many series it has values for: one for each sample type.
    pub series: u64,
    /// How many samples with a value it has, all sample types together.
    pub samples: u64,
    /// Whether it will survive a crash of the program and of the machine.
    pub durable: bool,
}

/// Why a profile is not kept.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Refused {
    /// It is not a profile, or its labels cannot be labels.
    #[error("{0}")]
    Unreadable(String),
    /// It is larger than a limit allows. Sending it again is of no use.
    #[error("{value} exceeds the limit {limit}; {flag} raises it")]
    TooLarge {
        /// The name of the limit.
        limit: &'static str,
        /// The limit.
        value: u64,
        /// The option that raises it.
        flag: &'static str,
    },
    /// It belongs to a time that is not kept, or has not come yet.
    #[error("{0}")]
    OutOfTime(String),
    /// There is no room for it at the moment; it may be sent again later.
    #[error("the store is busy: {limit} of {value} bytes is used up; {flag} raises it")]
    Busy {
        /// The name of the limit.
        limit: &'static str,
        /// The limit, in bytes.
        value: u64,
        /// The option that raises it.
        flag: &'static str,
    },
    /// The tenant has as many series as it may have.
    #[error("there are {value} series already, as many as {limit} allows; {flag} raises it")]
    Series {
        /// The name of the limit.
        limit: &'static str,
        /// The limit.
        value: u64,
        /// The option that raises it.
        flag: &'static str,
    },
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] Error),
}
