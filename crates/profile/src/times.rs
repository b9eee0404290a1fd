//! When samples were taken: a column beside the samples, where a format has times.

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use crate::SampleId;
use crate::index::Index;

/// The times of the samples of a profile, in the order in which they were added.
///
/// Samples with equal stacks and labels are one row, however often they were taken. Here each of those times stands
/// for itself, with the part of the row's values that came then. Different parts are kept once, since most samples
/// of a profile count the same.
#[derive(Clone, Debug, Default)]
pub struct Times {
    samples: Vec<SampleId>,
    nanos: Vec<i64>,
    parts: Vec<u32>,
    /// The values of all parts, as many for each as there are sample types.
    values: Vec<i64>,
    width: usize,
    index: Index,
}

/// What a sample got at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment<'t> {
    /// The sample.
    pub sample: SampleId,
    /// Nanoseconds since the start of the profile, its [`time_nanos`](crate::Profile::time_nanos).
    pub nanos: i64,
    /// One value for each sample type.
    pub values: &'t [i64],
}

impl Times {
    pub(crate) fn new(width: usize) -> Self {
        Times { width, ..Times::default() }
    }

    /// Adds a time. `None` when there are as many different parts as 32 bits can number.
    pub(crate) fn push(&mut self, moment: Moment<'_>) -> Option<()> {
        let part = self.part(moment.values)?;
        self.samples.push(moment.sample);
        self.nanos.push(moment.nanos);
        self.parts.push(part);
        Some(())
    }

    /// The number of these values, which are added when they are new.
    fn part(&mut self, values: &[i64]) -> Option<u32> {
        // Most parts are like the one before.
        if let Some(&last) = self.parts.last()
            && self.values_of(last) == values
        {
            return Some(last);
        }
        let hash = (FxBuildHasher.hash_one(values) >> 32) as u32;
        let (all, width) = (&self.values, self.width);
        if let Some(known) = self.index.find(hash, |row| &all[row as usize * width..][..width] == values) {
            return Some(known);
        }
        let row = u32::try_from(self.values.len() / self.width.max(1)).ok()?;
        self.values.extend_from_slice(values);
        self.index.add(hash, row);
        Some(row)
    }

    fn values_of(&self, part: u32) -> &[i64] {
        &self.values[part as usize * self.width..][..self.width]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Moment<'_>> + Clone {
        (0..self.samples.len()).map(|row| Moment {
            sample: self.samples[row],
            nanos: self.nanos[row],
            values: self.values_of(self.parts[row]),
        })
    }

    /// The first and the last of them.
    pub fn range(&self) -> Option<(i64, i64)> {
        Some((*self.nanos.iter().min()?, *self.nanos.iter().max()?))
    }

    /// Moves all of them.
    pub(crate) fn shift(&mut self, nanos: i64) {
        for time in &mut self.nanos {
            *time = time.saturating_add(nanos);
        }
    }

    /// Gives samples new numbers; the times of those that have none go.
    pub(crate) fn renumber(&mut self, new: &[Option<SampleId>]) {
        let mut kept = 0;
        for row in 0..self.samples.len() {
            if let Some(sample) = new[self.samples[row].index()] {
                self.samples[kept] = sample;
                self.nanos[kept] = self.nanos[row];
                self.parts[kept] = self.parts[row];
                kept += 1;
            }
        }
        self.samples.truncate(kept);
        self.nanos.truncate(kept);
        self.parts.truncate(kept);
    }

    /// Keeps the values of these sample types, in this order.
    pub(crate) fn select_columns(&mut self, columns: &[usize]) {
        let mut selected = Times::new(columns.len());
        let parts: Vec<u32> = (0..self.values.len() / self.width.max(1))
            .map(|part| {
                let values = self.values_of(part as u32);
                let values: Vec<i64> = columns.iter().map(|&column| values[column]).collect();
                match selected.part(&values) {
                    Some(part) => part,
                    None => unreachable!("there are no more parts than before"),
                }
            })
            .collect();
        self.parts.iter_mut().for_each(|part| *part = parts[*part as usize]);
        (self.values, self.width, self.index) = (selected.values, selected.width, selected.index);
    }

    /// Changes all values, each of which is given with its sample type.
    pub(crate) fn map_values(&mut self, change: impl Fn(usize, i64) -> i64) {
        let width = self.width.max(1);
        for (row, value) in self.values.iter_mut().enumerate() {
            *value = change(row % width, *value);
        }
        // Parts that have become equal stay apart, and none is found by what it was.
        self.index.clear();
    }

    /// Heap bytes held.
    pub(crate) fn memory(&self) -> usize {
        (self.samples.capacity() + self.parts.capacity()) * 4
            + (self.nanos.capacity() + self.values.capacity()) * 8
            + self.index.memory()
    }
}
