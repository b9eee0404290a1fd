//! Labels (pprof's tags) of samples, with equal sets stored once.

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use crate::index::Index;
use crate::{LabelSetId, StringId};

/// One key with one value. A key may stand several times in a set, with several values.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Label {
    /// What the value says, such as `endpoint` or `bytes`.
    pub key: StringId,
    /// The value.
    pub value: LabelValue,
}

/// The value of a [`Label`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum LabelValue {
    /// A text; never empty in a decoded profile.
    Text(StringId),
    /// A number with its unit, which is the empty string where the profile names none.
    Number {
        /// The number.
        value: i64,
        /// The name of its unit, such as `bytes`.
        unit: StringId,
    },
}

/// All distinct label sets of a profile; row 0 is the empty set.
#[derive(Clone, Debug)]
pub struct LabelSets {
    labels: Vec<Label>,
    ends: Vec<u32>,
    index: Index,
}

impl Default for LabelSets {
    fn default() -> Self {
        let mut sets = LabelSets { labels: Vec::new(), ends: Vec::new(), index: Index::default() };
        sets.intern(&[]);
        sets
    }
}

impl LabelSets {
    /// The labels of `id` in the order of the profile.
    #[inline]
    pub fn get(&self, id: LabelSetId) -> &[Label] {
        row(&self.labels, &self.ends, id.index())
    }

    /// The id of `labels` in exactly this order, adding the set when it is new.
    /// `None` when the table is full.
    pub fn intern(&mut self, labels: &[Label]) -> Option<LabelSetId> {
        let hash = hash_labels(labels);
        let (all, ends) = (&self.labels, &self.ends);
        let found = self.index.find(hash, |found| row(all, ends, found as usize) == labels);
        if let Some(found) = found {
            return Some(LabelSetId::from_raw(found));
        }
        let end = u32::try_from(self.labels.len() + labels.len()).ok()?;
        let id = LabelSetId::new(self.ends.len());
        self.labels.extend_from_slice(labels);
        self.ends.push(end);
        self.index.add(hash, id.raw());
        Some(id)
    }

    /// The number of sets, the empty one included.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether only the empty set is present.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// All sets in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &[Label]> {
        (0..self.ends.len()).map(|r| row(&self.labels, &self.ends, r))
    }

    /// Rewrites every label in place. Afterwards equal sets may have several ids.
    pub(crate) fn rewrite(&mut self, mut change: impl FnMut(&mut Label)) {
        self.labels.iter_mut().for_each(&mut change);
        self.index.clear();
        for row in 0..self.ends.len() as u32 {
            let hash = hash_labels(self.get(LabelSetId::from_raw(row)));
            self.index.add(hash, row);
        }
    }

    /// Heap bytes held.
    pub fn memory(&self) -> usize {
        self.labels.capacity() * size_of::<Label>() + self.ends.capacity() * 4 + self.index.memory()
    }
}

fn hash_labels(labels: &[Label]) -> u32 {
    (FxBuildHasher.hash_one(labels) >> 32) as u32
}

fn row<'a>(labels: &'a [Label], ends: &[u32], row: usize) -> &'a [Label] {
    let start = if row == 0 { 0 } else { ends[row - 1] as usize };
    &labels[start..ends[row] as usize]
}
