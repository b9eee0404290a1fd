//! One captured stack.

use std::sync::atomic::{AtomicUsize, Ordering};

use hotlist_unwind::{Depth, Registers};

use super::code::walk;
use super::stack::StackBounds;
use crate::marks::TRUNCATED;

/// The most frames that a stack may be asked to have.
pub(crate) const DEEPEST: usize = 512;

/// The most words a captured stack has: the frames, and the mark of one that was cut.
pub(crate) const MOST_FRAMES: usize = DEEPEST + 1;

/// How many frames a stack has unless another number is asked for, as in Go.
const USUAL: usize = 128;

static DEPTH: AtomicUsize = AtomicUsize::new(USUAL);

/// How many frames a stack has at most; the rest, towards the root, is cut off.
pub(crate) fn depth() -> usize {
    DEPTH.load(Ordering::Relaxed)
}

/// Sets how many frames a stack has at most, in all profiles taken from now on: 128 at first, and no more than
/// 512. What is cut off towards the root is shown as `[truncated]`.
pub fn set_stack_depth(frames: usize) {
    DEPTH.store(frames.clamp(1, DEEPEST), Ordering::Relaxed);
}

/// Writes the frames of a thread, leaf first, and the mark of a stack whose root is missing; says how many words
/// that are. For signal handlers, which have little stack of their own to spend.
pub(crate) fn walk_into(registers: Registers, words: &mut [u64]) -> usize {
    walk_marked(registers, StackBounds::default(), words)
}

/// Calls `then` with the frames of a thread, leaf first, without the innermost `skipped`, which belong to the
/// profiler. See [`hotlist_unwind`] for what this may do.
pub(crate) fn with_trace<R>(
    registers: Registers,
    bounds: StackBounds,
    skipped: usize,
    then: impl FnOnce(&[u64]) -> R,
) -> R {
    // Threads may have little stack, and most stacks are not deep.
    if depth() <= USUAL {
        trace_in::<{ USUAL + 5 }, R>(registers, bounds, skipped, then)
    } else {
        trace_in::<{ DEEPEST + 5 }, R>(registers, bounds, skipped, then)
    }
}

#[inline(never)]
fn trace_in<const WORDS: usize, R>(
    registers: Registers,
    bounds: StackBounds,
    skipped: usize,
    then: impl FnOnce(&[u64]) -> R,
) -> R {
    let mut words = [0; WORDS];
    let most = (depth() + skipped + 1).min(WORDS);
    let end = walk_marked(registers, bounds, &mut words[..most]);
    then(words.get(skipped..end).unwrap_or_default())
}

/// The last word is for the mark.
fn walk_marked(registers: Registers, bounds: StackBounds, words: &mut [u64]) -> usize {
    let Some((last, room)) = words.split_last_mut() else { return 0 };
    let (end, depth) = walk(registers, bounds, room);
    crate::libraries::note(&mut room[..end]);
    if depth == Depth::Whole {
        return end;
    }
    match room.get_mut(end) {
        Some(word) => *word = TRUNCATED,
        None => *last = TRUNCATED,
    }
    end + 1
}
