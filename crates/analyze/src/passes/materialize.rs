//! The selected part of a profile as a new profile.

use std::borrow::Cow;

use hotlist_profile::{
    LabelSetId, Line, Locations, Moment, Profile, SampleId, Samples, StackId, StackInterner, Times,
};

use crate::model::view::View;
use crate::model::view_error::ViewError;

impl<'p> View<'p> {
    /// The profile with only the samples, frames and tags that are in view, and with the outermost of
    /// inlined functions alone when `no_inlines` is set. Locations, functions and mappings stay, with
    /// their ids, whether samples need them or not.
    ///
    /// # Errors
    /// When the result would have too many frames.
    pub fn to_profile(&self, no_inlines: bool, show_columns: bool) -> Result<Cow<'p, Profile>, ViewError> {
        let source = self.profile();
        if self.is_everything() && !no_inlines {
            return Ok(Cow::Borrowed(source));
        }
        let mut result = source.clone();
        result.locations = Locations::default();
        for location in source.locations.ids() {
            let mut lines: Vec<Line> =
                self.line_rows(location).map(|row| source.locations.all_lines()[row]).collect();
            if no_inlines {
                lines.drain(..lines.len().saturating_sub(1));
                if !show_columns {
                    lines.iter_mut().for_each(|line| line.column = 0);
                }
            }
            result.locations.push(source.locations.get(location), &lines);
        }
        if no_inlines {
            result.mappings.iter_mut().for_each(|mapping| mapping.has.inline_frames = false);
        }

        let labels: Vec<LabelSetId> = (0..source.labels.len())
            .map(|row| {
                let id = LabelSetId::new(row);
                let mut labels = source.labels.get(id).to_vec();
                labels.retain(|label| !self.is_hidden_key(label.key));
                result.labels.intern(&labels).ok_or(ViewError::TooManyFrames)
            })
            .collect::<Result<_, _>>()?;
        let mut stacks = StackInterner::default();
        let mut rows: Vec<Option<StackId>> = vec![None; source.stacks.len()];
        result.samples = Samples::new(source.sample_types.len());
        let width = source.samples.width();
        let in_window = self.windowed().map(|windowed| windowed.values(source));
        let mut numbers: Vec<Option<SampleId>> = Vec::new();
        if source.samples.times().is_some() {
            numbers.resize(source.samples.len(), None);
        }
        for sample in self.samples() {
            let old = source.samples.stack(sample);
            let stack = match rows[old.index()] {
                Some(stack) => stack,
                None => {
                    let visible = self.frames(old).iter().filter(|&&location| !self.is_hidden(location));
                    stacks.frames().extend(visible);
                    let stack = stacks.finish().ok_or(ViewError::TooManyFrames)?;
                    rows[old.index()] = Some(stack);
                    stack
                }
            };
            let labels = labels[source.samples.labels(sample).index()];
            let values = match &in_window {
                Some(values) => &values[sample.index() * width..][..width],
                None => source.samples.values(sample),
            };
            let new = result.samples.push(stack, labels, values);
            if let Some(number) = numbers.get_mut(sample.index()) {
                *number = Some(new);
            }
        }
        for moment in source.samples.times().into_iter().flat_map(Times::iter) {
            if let Some(sample) = numbers[moment.sample.index()]
                && self.windowed().is_none_or(|windowed| windowed.contains(moment.nanos))
            {
                let moment = Moment { sample, ..moment };
                result.samples.note_time(moment).ok_or(ViewError::TooManyFrames)?;
            }
        }
        result.stacks = stacks.into_stacks();
        Ok(Cow::Owned(result))
    }
}
