//! Stacks of two frames.

pub(crate) const MOST_FRAMES: usize = 2;

/// The frames are this number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registers(pub(crate) u64);

pub(crate) fn depth() -> usize {
    MOST_FRAMES - 1
}

pub(crate) fn walk_into(registers: Registers, words: &mut [u64]) -> usize {
    words.fill(registers.0);
    MOST_FRAMES
}
