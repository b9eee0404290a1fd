//! Call stacks, one for each sample.

use std::ops::Range;

use hotlist_analyze::{NodeTable, Threads, View, Weight};
use hotlist_profile::unit;
use hotlist_profile::{LabelValue, LocationId, SampleId};
use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use super::{Header, Place};

/// Call stacks, one for each sample, read from the view as they are drawn: with a million samples
/// nothing is held a second time.
#[derive(Debug)]
pub struct Stacks<'v> {
    /// The profile.
    pub header: Header,
    /// All places that stacks refer to.
    pub places: Vec<Place>,
    pub(crate) table: NodeTable<'v, 'v>,
    pub(crate) view: &'v View<'v>,
}

/// A stack with what it weighs.
#[derive(Debug, Clone, Copy)]
pub struct StackRow<'s> {
    /// The weight.
    pub value: i64,
    frames: &'s [LocationId],
    sample: SampleId,
    stacks: &'s Stacks<'s>,
}

/// A tag key with its values as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagList {
    /// The key.
    pub key: String,
    /// The values in the order of the profile.
    pub values: Vec<String>,
}

impl<'v> Stacks<'v> {
    /// Every selected sample that has a frame.
    pub fn rows(&self) -> impl Iterator<Item = StackRow<'_>> {
        self.rows_of(0..self.sample_count())
    }

    /// Those of [`rows`](Self::rows) whose samples have these numbers.
    pub fn rows_of(&self, samples: Range<usize>) -> impl Iterator<Item = StackRow<'_>> {
        samples.map(SampleId::new).filter(|&sample| self.view.selects(sample)).filter_map(|sample| {
            let frames = self.view.frames(self.view.profile().samples.stack(sample));
            let visible = frames.iter().any(|&location| !self.table.nodes(location).is_empty());
            let (value, divisor) = self.view.weight(sample);
            let value = Weight { value, divisor }.shown();
            visible.then_some(StackRow { value, frames, sample, stacks: self })
        })
    }
}

impl Stacks<'_> {
    /// The number of samples of the profile, selected or not.
    pub fn sample_count(&self) -> usize {
        self.view.profile().samples.len()
    }

    /// How many frames a sample of the profile has on average.
    pub fn mean_depth(&self) -> usize {
        let stacks = &self.view.profile().stacks;
        stacks.frame_count() / stacks.len().max(1)
    }

    /// How many threads may work on it.
    pub fn threads(&self) -> Threads {
        self.view.threads()
    }
}

impl<'s> StackRow<'s> {
    /// Calls `take` for each frame, leaf first, with its row in [`Stacks::places`] and whether it was
    /// inlined into the next one.
    #[inline]
    pub fn for_each_frame(&self, mut take: impl FnMut(usize, bool)) {
        for &location in self.frames {
            let nodes = self.stacks.table.nodes(location);
            let outermost = nodes.len().wrapping_sub(1);
            for (position, node) in nodes.iter().enumerate() {
                take(node.index(), position != outermost);
            }
        }
    }

    /// The text tags of the sample by key, then the numeric ones, each sorted by the line they make.
    pub fn tags(&self) -> [Vec<TagList>; 2] {
        let view = self.stacks.view;
        let profile = view.profile();
        let mut lists: [Vec<TagList>; 2] = [Vec::new(), Vec::new()];
        for label in profile.labels.get(profile.samples.labels(self.sample)) {
            if view.is_hidden_key(label.key) {
                continue;
            }
            let key = profile.lossy(label.key);
            let (list, value) = match label.value {
                LabelValue::Text(text) => (&mut lists[0], profile.lossy(text).into_owned()),
                LabelValue::Number { value, .. } => {
                    (&mut lists[1], unit::label(value, view.number_units().get(label.key), "auto"))
                }
            };
            match list.iter_mut().find(|tag| tag.key == key) {
                Some(tag) => tag.values.push(value),
                None => list.push(TagList { key: key.into_owned(), values: vec![value] }),
            }
        }
        lists
    }
}

impl Serialize for Stacks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Rows<'a>(&'a Stacks<'a>);
        impl Serialize for Rows<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut seq = serializer.serialize_seq(None)?;
                for row in self.0.rows() {
                    seq.serialize_element(&row)?;
                }
                seq.end()
            }
        }
        let mut whole = serializer.serialize_struct("Stacks", 3)?;
        whole.serialize_field("header", &self.header)?;
        whole.serialize_field("places", &self.places)?;
        whole.serialize_field("samples", &Rows(self))?;
        whole.end()
    }
}

impl Serialize for StackRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Row {
            value: i64,
            /// Rows of the places, leaf first.
            stack: Vec<usize>,
            #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
            tags: std::collections::BTreeMap<String, Vec<String>>,
        }
        let mut stack = Vec::new();
        self.for_each_frame(|place, _| stack.push(place));
        let mut tags = std::collections::BTreeMap::<String, Vec<String>>::new();
        for tag in self.tags().into_iter().flatten() {
            tags.entry(tag.key).or_default().extend(tag.values);
        }
        Row { value: self.value, stack, tags }.serialize(serializer)
    }
}
