//! Dropping the uninteresting leaves of stacks, such as the insides of an allocator.

use std::collections::HashMap;

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
        self.replace_stacks(|frames, kept| kept.extend(remaining(frames, &cuts)));
    }

    /// Removes from the leaf side of every stack the frames up to the first one for which `drop` is false, where
    /// `drop` sees names of functions as they are, and those of their files. A stack of nothing but such frames
    /// stays as it is, and so does a leaf without a function.
    ///
    /// Unlike [`prune`](Self::prune) this keeps everything on the root side of a function that is not dropped, so
    /// functions may be dropped that call others: what stands below them stays.
    pub fn prune_leaves(&mut self, drop: impl Fn(&[u8], &[u8]) -> bool) {
        let dropped: Vec<bool> = self
            .functions
            .iter()
            .map(|function| drop(self.strings.get(function.name), self.strings.get(function.filename)))
            .collect();
        if !dropped.contains(&true) {
            return;
        }
        let leaves: Vec<Leaf> = self
            .locations
            .ids()
            .map(|id| {
                let lines = self.locations.lines(id);
                match lines.iter().position(|line| !dropped[line.function.index()]) {
                    None if lines.is_empty() => Leaf::Whole,
                    None => Leaf::Gone,
                    Some(0) => Leaf::Whole,
                    Some(first) => Leaf::From(first),
                }
            })
            .collect();
        // Where only inner, inlined lines of a location go, it becomes another one: further up it keeps them.
        let mut locations = std::mem::take(&mut self.locations);
        let mut shorter: HashMap<LocationId, LocationId> = HashMap::new();
        self.replace_stacks(|frames, kept| {
            let is_gone = |frame: &&LocationId| matches!(leaves[frame.index()], Leaf::Gone);
            let gone = frames.iter().take_while(is_gone).count();
            kept.extend(if gone < frames.len() { &frames[gone..] } else { frames });
            if let Some(leaf) = kept.first_mut()
                && let Leaf::From(first) = leaves[leaf.index()]
            {
                *leaf = *shorter.entry(*leaf).or_insert_with_key(|&leaf| {
                    let lines = locations.lines(leaf)[first..].to_vec();
                    locations.push(locations.get(leaf), &lines)
                });
            }
        });
        self.locations = locations;
    }

    /// Puts another stack in the place of each one; `replace` appends its frames to an empty vector.
    fn replace_stacks(&mut self, mut replace: impl FnMut(&[LocationId], &mut Vec<LocationId>)) {
        let mut replaced = StackInterner::default();
        let mut frames = Vec::new();
        let rows: Vec<StackId> = (0..self.stacks.len())
            .map(|row| {
                frames.clear();
                replace(self.stacks.get(StackId::new(row)), &mut frames);
                match replaced.intern(&frames) {
                    Some(id) => id,
                    None => unreachable!("pruned stacks are no longer than the stacks they come from"),
                }
            })
            .collect();
        self.stacks = replaced.into_stacks();
        self.samples.map_stacks(|stack| rows[stack.index()]);
    }
}

/// What a location becomes where it is the leaf.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaf {
    Whole,
    /// Its lines from this one on.
    From(usize),
    Gone,
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

#[cfg(test)]
mod tests {
    use crate::{Builder, Line, Location, Profile};

    /// Locations by their lines, leaf first, each `name` or `std:name`.
    fn profile(stacks: &[&[&[&str]]]) -> Profile {
        let mut builder = Builder::new(&[("alloc_space", "bytes")]);
        for (number, stack) in stacks.iter().enumerate() {
            let locations: Vec<_> = stack
                .iter()
                .map(|lines| {
                    let lines: Vec<Line> = lines
                        .iter()
                        .map(|name| {
                            let (file, name) = name.split_once(':').unwrap_or(("own", name));
                            Line { function: builder.named_function(name, file), line: 1, column: 0 }
                        })
                        .collect();
                    let address = lines.iter().fold(1, |sum, line| sum * 31 + line.function.index() as u64);
                    builder.location(Location { address, ..Location::default() }, &lines)
                })
                .collect();
            builder.sample(&locations, &[], &[number as i64 + 1]).expect("few samples");
        }
        builder.finish()
    }

    fn stacks(profile: &Profile) -> Vec<String> {
        let line = |line: &Line| profile.lossy(profile.functions[line.function.index()].name).into_owned();
        let stack = |sample| {
            let frames = profile.stacks.get(profile.samples.stack(sample)).iter();
            let names =
                frames.map(|&at| profile.locations.lines(at).iter().map(line).collect::<Vec<_>>().join("<"));
            names.collect::<Vec<_>>().join(" ")
        };
        profile.samples.ids().map(stack).collect()
    }

    #[test]
    fn leaves_go_up_to_the_first_function_that_stays() {
        let mut profile = profile(&[
            &[&["std:alloc"], &["std:push", "grow"], &["main"]],
            // What a function that is dropped elsewhere calls stays.
            &[&["grow"], &["std:map"], &["main"]],
            &[&["std:alloc", "std:push", "grow"], &["std:alloc", "std:push", "grow"], &["main"]],
            &[&["std:alloc"], &["std:push"]],
            &[&[], &["std:push"], &["main"]],
            &[],
        ]);
        profile.prune_leaves(|_, file| file == b"std");
        let expected =
            ["grow main", "grow map main", "grow alloc<push<grow main", "alloc push", " push main", ""];
        assert_eq!(stacks(&profile), expected);
        assert_eq!(profile.totals(), [21]);
    }
}
