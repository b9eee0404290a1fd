//! One captured stack.

use super::registers::Registers;
use super::stack::StackBounds;
use super::walk::{Depth, MAX_FRAMES, walk};
use crate::marks::TRUNCATED;

/// The most words a captured stack has: the frames, and the mark of one that was cut.
pub(crate) const MOST_FRAMES: usize = MAX_FRAMES + 1;

/// The most frames of the profiler's own that can be left out.
const MOST_SKIPPED: usize = 4;

/// Writes the frames of a thread, leaf first, and the mark of a stack that was cut; says how many words
/// that are. For signal handlers, which have little stack of their own to spend on a [`Trace`].
pub(crate) fn walk_into(registers: Registers, bounds: StackBounds, words: &mut [u64; MOST_FRAMES]) -> usize {
    let (end, depth) = walk(registers, bounds, &mut words[..MAX_FRAMES]);
    if depth == Depth::Cut {
        words[MAX_FRAMES] = TRUNCATED;
        return MOST_FRAMES;
    }
    end
}

/// The frames of a thread, leaf first, without the innermost `SKIPPED`, which belong to the profiler.
#[derive(Debug)]
pub(crate) struct Trace<const SKIPPED: usize> {
    words: [u64; MOST_FRAMES + MOST_SKIPPED],
    end: usize,
}

impl<const SKIPPED: usize> Trace<SKIPPED> {
    /// The stack that these registers are in. See [`walk`] for what it may do.
    #[inline]
    pub(crate) fn of(registers: Registers, bounds: StackBounds) -> Self {
        const { assert!(SKIPPED <= MOST_SKIPPED) };
        let mut words = [0; MOST_FRAMES + MOST_SKIPPED];
        let (mut end, depth) = walk(registers, bounds, &mut words[..MAX_FRAMES + SKIPPED]);
        if depth == Depth::Cut {
            words[end] = TRUNCATED;
            end += 1;
        }
        Trace { words, end }
    }

    /// Code addresses, leaf first.
    pub(crate) fn frames(&self) -> &[u64] {
        self.words.get(SKIPPED..self.end).unwrap_or_default()
    }
}
