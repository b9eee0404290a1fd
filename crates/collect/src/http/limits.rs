//! What a program spends on requests at most, however they come.

/// A request with its headers may have this many bytes, and its body as many again.
pub(super) const LARGEST_REQUEST: usize = 64 * 1024;

/// More requests than this at a time are refused.
pub(super) const CONNECTIONS: usize = 16;
