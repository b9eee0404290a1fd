//! Samples whose stacks are addresses, which is what every legacy format holds.

use std::collections::{HashMap, HashSet};

use hotlist_profile::{Builder, Label, LabelValue, LocationId, Profile, StringId};

use super::address_names::AddressNames;
use super::frame_lists;
use super::mapping_layout::MappingLayout;
use super::memory_map::MapEntry;
use crate::error::{Malformed, Position};

/// The header fields of a legacy profile.
#[derive(Debug, Default)]
pub(crate) struct Header<'a> {
    pub(crate) sample_types: Vec<(&'a str, &'a str)>,
    /// Kind and unit.
    pub(crate) period_type: (&'a str, &'a str),
    pub(crate) period: i64,
    pub(crate) duration_nanos: i64,
}

/// Samples in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct AddressSamples<'a> {
    addresses: Vec<u64>,
    samples: Vec<Sample>,
    /// Keys and values of text labels of all samples.
    labels: Vec<(String, Vec<u8>)>,
    names: AddressNames<'a>,
    comments: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Sample {
    /// Where its addresses end; they begin where those of the sample before end.
    end: usize,
    /// Where its labels end; they begin where those of the sample before end.
    labels_end: usize,
    values: [i64; 4],
    /// The value of the label `bytes`.
    block_size: Option<i64>,
}

/// What is to be done with a second frame that is the leaf once more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RepeatedLeaf {
    Keep,
    /// A signal handler may record the interrupted address both by itself and as the first address of
    /// the unwound stack, where it was taken for a return address and became one less.
    Drop,
}

impl<'a> AddressSamples<'a> {
    /// Adds a frame to the stack under construction, the leaf first.
    pub(crate) fn frame(&mut self, address: u64) {
        self.addresses.push(address);
    }

    /// Completes the sample under construction. Values beyond the sample types are ignored.
    pub(crate) fn sample(&mut self, values: [i64; 4], block_size: Option<i64>) {
        let (end, labels_end) = (self.addresses.len(), self.labels.len());
        self.samples.push(Sample { end, labels_end, values, block_size });
    }

    /// Adds a label to the sample that was added last.
    pub(crate) fn label(&mut self, key: &str, value: &[u8]) {
        if let Some(last) = self.samples.last_mut() {
            self.labels.push((key.to_owned(), value.to_vec()));
            last.labels_end = self.labels.len();
        }
    }

    /// Adds a comment to the profile.
    pub(crate) fn comment(&mut self, comment: Vec<u8>) {
        self.comments.push(comment);
    }

    /// What is known of the addresses.
    pub(crate) fn names(&mut self) -> &mut AddressNames<'a> {
        &mut self.names
    }

    /// The stack of the sample that was added last, and what is known of addresses.
    pub(crate) fn last_stack_and_names(&mut self) -> (&[u64], &mut AddressNames<'a>) {
        let start = self.samples.iter().rev().nth(1).map_or(0, |sample| sample.end);
        (&self.addresses[start..], &mut self.names)
    }

    /// The sample that was added last.
    pub(crate) fn last_values(&mut self) -> Option<&mut [i64; 4]> {
        self.samples.last_mut().map(|sample| &mut sample.values)
    }

    pub(crate) fn len(&self) -> usize {
        self.samples.len()
    }

    /// All distinct addresses.
    pub(crate) fn addresses(&self) -> HashSet<u64> {
        self.addresses.iter().copied().collect()
    }

    /// How often each address is the second of a stack.
    pub(crate) fn count_callers(&self) -> HashMap<u64, usize> {
        let mut counts = HashMap::new();
        for stack in self.stacks() {
            if let [_, caller, ..] = stack {
                *counts.entry(*caller).or_default() += 1;
            }
        }
        counts
    }

    /// Removes `caller` from every stack in which it is the second address.
    pub(crate) fn remove_caller(&mut self, caller: u64) {
        let (mut start, mut kept) = (0, 0);
        for sample in &mut self.samples {
            let end = sample.end;
            for at in start..end {
                if at != start + 1 || self.addresses[at] != caller {
                    self.addresses[kept] = self.addresses[at];
                    kept += 1;
                }
            }
            start = end;
            sample.end = kept;
        }
        self.addresses.truncate(kept);
    }

    /// A profile of unsymbolized locations, which are laid out over the `mappings` of the process.
    ///
    /// # Errors
    /// When the file holds more frames than a profile can.
    pub(crate) fn into_profile(
        self,
        header: &Header<'_>,
        mappings: Vec<MapEntry>,
        repeated_leaf: RepeatedLeaf,
    ) -> Result<Profile, Malformed> {
        let mut layout = MappingLayout::new(mappings);
        let mut builder = self.build(header, repeated_leaf, |builder, address| {
            let mapping = layout.mapping_of(address);
            let lines = self.names.lines(address, builder);
            builder.location(hotlist_profile::Location { mapping, address, ..Default::default() }, &lines)
        })?;
        layout.add_to(&mut builder);
        let comments = self.comments.iter().map(|comment| builder.string(comment)).collect();
        builder.profile.comments = comments;
        Ok(builder.finish())
    }

    /// A builder with all samples; `place` makes the location of each address when it is first met.
    pub(crate) fn build(
        &self,
        header: &Header<'_>,
        repeated_leaf: RepeatedLeaf,
        mut place: impl FnMut(&mut Builder, u64) -> LocationId,
    ) -> Result<Builder, Malformed> {
        let mut builder = Builder::new(&header.sample_types);
        let (kind, unit) = header.period_type;
        builder.period(kind, unit, header.period);
        builder.profile.duration_nanos = header.duration_nanos;
        let kinds: Vec<&str> = header.sample_types.iter().map(|&(kind, _)| kind).collect();
        frame_lists::set(&mut builder, &kinds);

        let bytes = builder.string("bytes");
        let mut locations = HashMap::new();
        let (mut frames, mut labels, mut first_label) = (Vec::new(), Vec::new(), 0);
        for (sample, stack) in self.samples.iter().zip(self.stacks()) {
            frames.clear();
            for &address in stack {
                let location = *locations.entry(address).or_insert_with(|| place(&mut builder, address));
                frames.push(location);
            }
            if let [leaf, second, ..] = stack
                && repeated_leaf == RepeatedLeaf::Drop
                && *leaf == second.wrapping_add(1)
            {
                frames.remove(1);
            }
            labels.clear();
            labels.extend(self.labels[first_label..sample.labels_end].iter().map(|(key, value)| Label {
                key: builder.string(key),
                value: LabelValue::Text(builder.string(value)),
            }));
            first_label = sample.labels_end;
            labels.extend(sample.block_size.map(|value| Label {
                key: bytes,
                value: LabelValue::Number { value, unit: StringId::EMPTY },
            }));
            builder
                .sample(&frames, &labels, &sample.values[..header.sample_types.len()])
                .map_err(|full| Malformed::new(Position::Byte(0), full.to_string()))?;
        }
        Ok(builder)
    }

    fn stacks(&self) -> impl Iterator<Item = &[u64]> {
        let starts = std::iter::once(0).chain(self.samples.iter().map(|sample| sample.end));
        starts.zip(&self.samples).map(|(start, sample)| &self.addresses[start..sample.end])
    }
}

#[test]
fn a_caller_is_removed_only_in_second_place() {
    let mut samples = AddressSamples::default();
    for stack in [&[1, 7, 3][..], &[7], &[7, 7, 7], &[1, 2, 7], &[]] {
        stack.iter().for_each(|&address| samples.frame(address));
        samples.sample([1, 0, 0, 0], None);
    }
    assert_eq!(samples.count_callers(), HashMap::from([(7, 2), (2, 1)]));
    samples.remove_caller(7);
    let left: Vec<&[u64]> = samples.stacks().collect();
    assert_eq!(left, [&[1, 3][..], &[7], &[7, 7], &[1, 2, 7], &[]]);
}
