//! What a capture found.

use std::time::{Duration, SystemTime};

use super::counts::Counts;

/// What a capture found.
#[derive(Debug)]
pub(crate) struct Captured {
    /// CPU time by stack.
    pub(crate) counts: Counts,
    /// Nanoseconds of CPU time between two samples.
    pub(crate) period: u64,
    /// When it began.
    pub(crate) start: SystemTime,
    /// How long it took.
    pub(crate) duration: Duration,
    /// What is missing, and why, in words.
    pub(crate) notes: Vec<String>,
}
