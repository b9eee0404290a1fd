//! Frames that stand for something other than code, as addresses that no code has.

/// The rest of the stack, towards the root, was cut off.
pub(crate) const TRUNCATED: u64 = 1;

/// Samples for which there was no room.
pub(crate) const LOST: u64 = 2;

/// CPU time of which no sample was taken.
pub(crate) const NOT_SAMPLED: u64 = 3;

/// A thread that did not answer when it was asked.
pub(crate) const NO_ANSWER: u64 = 4;

/// CPU time of threads that blocked the signal just then, as they do while they start and end.
pub(crate) const SIGNALS_BLOCKED: u64 = 5;

/// What readers see in place of a function; `None` for addresses of code.
pub(crate) fn name(address: u64) -> Option<&'static str> {
    match address {
        TRUNCATED => Some("[truncated]"),
        LOST => Some("[lost samples]"),
        NOT_SAMPLED => Some("[not sampled]"),
        SIGNALS_BLOCKED => Some("[signals blocked]"),
        NO_ANSWER => Some("[no answer]"),
        _ => None,
    }
}
