//! Dropping the uninteresting leaves of stacks, such as the insides of an allocator.

use crate::profile::Locations;
use crate::simplify::simplify;
use crate::stack::StackInterner;
use crate::{LocationId, Profile, StackId};

/// What pruning does with a stack that comes to a location.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    Nothing,
    /// Everything on the leaf side of the location goes, the location stays.
    Below,
    /// The location goes too.
    Here,
}

impl Profile {
    /// Removes from every stack the frames from the outermost function for which `drop` is true down
    /// to the leaf, where `drop` sees names without argument lists.
    ///
    /// Frames on the root side of the first function that stays are kept, so that a stack of nothing
    /// but such functions is not emptied.
    pub fn prune(&mut self, drop: impl Fn(&[u8]) -> bool) {
        let dropped: Vec<bool> = self
            .functions
            .iter()
            .map(|function| !function.name.is_empty() && drop(simplify(self.strings.get(function.name))))
            .collect();
        if !dropped.contains(&true) {
            return;
        }
        let mut locations = Locations::default();
        let cuts: Vec<Cut> = self
            .locations
            .ids()
            .map(|id| {
                let lines = self.locations.lines(id);
                let (kept, cut) = match lines.iter().rposition(|line| dropped[line.function.index()]) {
                    None => (lines, Cut::Nothing),
                    Some(last) if last + 1 == lines.len() => (lines, Cut::Here),
                    Some(last) => (&lines[last + 1..], Cut::Below),
                };
                locations.push(self.locations.get(id), kept);
                cut
            })
            .collect();
        self.locations = locations;

        let mut pruned = StackInterner::default();
        let rows: Vec<StackId> = (0..self.stacks.len())
            .map(|row| {
                let frames = self.stacks.get(StackId::new(row));
                match pruned.intern(remaining(frames, &cuts)) {
                    Some(id) => id,
                    None => unreachable!("pruned stacks are no longer than the stacks they come from"),
                }
            })
            .collect();
        self.stacks = pruned.into_stacks();
        self.samples.map_stacks(|stack| rows[stack.index()]);
    }
}

fn remaining<'a>(frames: &'a [LocationId], cuts: &[Cut]) -> &'a [LocationId] {
    let mut kept_one = false;
    for (position, frame) in frames.iter().enumerate().rev() {
        match cuts[frame.index()] {
            Cut::Nothing => kept_one = true,
            Cut::Here if kept_one => return &frames[position + 1..],
            Cut::Below if kept_one => return &frames[position..],
            Cut::Here | Cut::Below => {}
        }
    }
    frames
}
