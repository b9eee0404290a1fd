//! Which words of shared memory a thread uses. Only the models listen: they fail when another thread may be
//! using the same ones.

/// These words are written now.
#[inline(always)]
pub(crate) fn to_write(_start: *mut u64, _words: usize) {}

/// These words are read now.
#[inline(always)]
pub(crate) fn to_read(_start: *const u64, _words: usize) {}
