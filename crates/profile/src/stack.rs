//! Call stacks, leaf first, all in one flat vector.

use std::hash::{BuildHasher, Hasher};

use rustc_hash::FxBuildHasher;

use crate::index::Index;
use crate::{LocationId, StackId};

/// All stacks of a profile.
///
/// Equal ones are stored once, except in a decoded profile in whose beginning hardly any are equal: to compare
/// them would then take more time than it saves.
#[derive(Clone, Debug, Default)]
pub struct Stacks {
    frames: Vec<LocationId>,
    ends: Vec<u32>,
}

impl Stacks {
    /// The locations of `id`, leaf first.
    #[inline]
    pub fn get(&self, id: StackId) -> &[LocationId] {
        let row = id.index();
        let start = if row == 0 { 0 } else { self.ends[row - 1] as usize };
        &self.frames[start..self.ends[row] as usize]
    }

    /// Where the locations of `id` stand among [`all_frames`](Self::all_frames).
    #[inline]
    pub fn frame_range(&self, id: StackId) -> std::ops::Range<u32> {
        let row = id.index();
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        start..self.ends[row]
    }

    /// The number of stacks.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no stack.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The number of frames of all stacks together.
    pub fn frame_count(&self) -> usize {
        self.frames.len()
    }

    /// Every frame of every stack, one stack after the other.
    pub fn all_frames(&self) -> &[LocationId] {
        &self.frames
    }

    /// As [`all_frames`](Self::all_frames), to be changed in place.
    pub fn all_frames_mut(&mut self) -> &mut [LocationId] {
        &mut self.frames
    }

    /// Adds a stack without looking whether it is there already. `None` when the table is full.
    pub fn push(&mut self, frames: &[LocationId]) -> Option<StackId> {
        self.frames.extend_from_slice(frames);
        self.seal()
    }

    /// Heap bytes held.
    pub fn memory(&self) -> usize {
        (self.frames.capacity() + self.ends.capacity()) * 4
    }

    fn seal(&mut self) -> Option<StackId> {
        let end = u32::try_from(self.frames.len()).ok()?;
        let id = StackId::new(self.ends.len());
        self.ends.push(end);
        Some(id)
    }

    fn last_end(&self) -> usize {
        self.ends.last().map_or(0, |&end| end as usize)
    }
}

/// Builds [`Stacks`] so that equal stacks are stored once.
#[derive(Clone, Debug, Default)]
pub struct StackInterner {
    stacks: Stacks,
    index: Index,
}

impl StackInterner {
    /// Appends one frame to the stack under construction, which [`finish`](Self::finish) completes.
    #[inline]
    pub fn frame(&mut self, location: LocationId) {
        self.stacks.frames.push(location);
    }

    /// The vector that takes the frames of the stack under construction.
    #[inline]
    pub fn frames(&mut self) -> &mut Vec<LocationId> {
        &mut self.stacks.frames
    }

    /// Completes the stack under construction. `None` when the table is full.
    #[inline]
    pub fn finish(&mut self) -> Option<StackId> {
        let start = self.stacks.last_end();
        let hash = hash_frames(&self.stacks.frames[start..]);
        let stacks = &self.stacks;
        let tail = &stacks.frames[start..];
        if let Some(found) = self.index.find(hash, |row| stacks.get(StackId::from_raw(row)) == tail) {
            self.stacks.frames.truncate(start);
            return Some(StackId::from_raw(found));
        }
        let id = self.stacks.seal()?;
        self.index.add(hash, id.raw());
        Some(id)
    }

    /// Completes the stack under construction without looking whether it is there already, nor will it be found
    /// from now on. `None` when the table is full.
    #[inline]
    pub(crate) fn finish_unseen(&mut self) -> Option<StackId> {
        self.stacks.seal()
    }

    /// Finds none of the stacks so far from now on.
    pub(crate) fn forget(&mut self) {
        self.index = Index::default();
    }

    /// The id of `frames`, adding it when it is new. `None` when the table is full.
    pub fn intern(&mut self, frames: &[LocationId]) -> Option<StackId> {
        self.stacks.frames.extend_from_slice(frames);
        self.finish()
    }

    /// Whether `id`, which may be any number, is the stack whose frames are what `renumbered` has for `frames`.
    pub(crate) fn is(&self, id: StackId, frames: &[LocationId], renumbered: &[LocationId]) -> bool {
        if id.index() >= self.stacks.len() {
            return false;
        }
        let known = self.stacks.get(id);
        let is_equal = |position: usize| known[position] == renumbered[frames[position].index()];
        // Stacks with equal leaves nearly always are equal, so all others are compared without a look at each.
        known.len() == frames.len()
            && (known.is_empty() || is_equal(0))
            && (0..known.len()).fold(true, |all, position| all & is_equal(position))
    }

    /// The stacks found so far.
    pub fn stacks(&self) -> &Stacks {
        &self.stacks
    }

    /// The finished table.
    pub fn into_stacks(self) -> Stacks {
        self.stacks
    }

    /// Makes room for more stacks, which have this number of frames together.
    pub(crate) fn reserve(&mut self, stacks: usize, frames: usize) {
        self.stacks.frames.reserve(frames);
        self.stacks.ends.reserve(stacks);
        self.index.reserve(stacks);
    }

    /// Heap bytes held.
    pub fn memory(&self) -> usize {
        self.stacks.memory() + self.index.memory()
    }
}

fn hash_frames(frames: &[LocationId]) -> u32 {
    let mut hasher = FxBuildHasher.build_hasher();
    let (pairs, last) = frames.as_chunks::<2>();
    for pair in pairs {
        hasher.write_u64(u64::from(pair[0].raw()) << 32 | u64::from(pair[1].raw()));
    }
    for frame in last {
        hasher.write_u32(frame.raw());
    }
    hasher.write_usize(frames.len());
    (hasher.finish() >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(raw: &[u32]) -> Vec<LocationId> {
        raw.iter().copied().map(LocationId::from_raw).collect()
    }

    #[test]
    fn equal_stacks_share_an_id() {
        let mut interner = StackInterner::default();
        let first = interner.intern(&ids(&[1, 2, 3])).unwrap();
        let other = interner.intern(&ids(&[1, 2])).unwrap();
        assert_ne!(first, other);
        assert_eq!(interner.intern(&ids(&[1, 2, 3])), Some(first));
        assert_eq!(interner.intern(&[]), interner.intern(&[]));
        let stacks = interner.into_stacks();
        assert_eq!(stacks.get(first), ids(&[1, 2, 3]));
        assert_eq!(stacks.frame_count(), 5);
        assert_eq!(stacks.len(), 3);
    }
}
