//! Times of samples as labels, for files that have no other place for them.

use crate::builder::Full;
use crate::profile::Samples;
use crate::{Label, LabelSetId, LabelValue, Profile, Times};

/// The key of the label that holds the time of a sample in nanoseconds: since the Unix epoch where the start of the
/// profile is known, and otherwise since that start.
pub const TIMESTAMP: &[u8] = b"timestamp";

impl Profile {
    /// The same with a sample for each time, which has it as a label, and one for what a sample has beside its times.
    ///
    /// # Errors
    /// When there are too many labels.
    pub fn with_timestamps(&self) -> Result<Profile, Full> {
        let mut result = Profile { samples: Samples::new(self.samples.width()), ..self.clone() };
        let key = result.strings.intern(TIMESTAMP);
        let unit = result.strings.intern(b"nanoseconds");
        // What no time accounts for.
        let mut rest: Vec<i64> = self.samples.ids().flat_map(|id| self.samples.values(id)).copied().collect();
        let width = self.samples.width();
        let mut moments: Vec<_> = self.samples.times().into_iter().flat_map(Times::iter).collect();
        // Samples stay in their order, each with its times.
        moments.sort_by_key(|moment| (moment.sample, moment.nanos));
        let mut moments = moments.into_iter().peekable();
        let mut labels: Vec<Label> = Vec::new();
        for sample in self.samples.ids() {
            let rest = &mut rest[sample.index() * width..][..width];
            let (stack, set) = (self.samples.stack(sample), self.samples.labels(sample));
            while let Some(moment) = moments.next_if(|moment| moment.sample == sample) {
                labels.clear();
                labels.extend_from_slice(self.labels.get(set));
                let value = self.time_nanos.saturating_add(moment.nanos);
                labels.push(Label { key, value: LabelValue::Number { value, unit } });
                let labels: LabelSetId = result.labels.intern(&labels).ok_or(Full)?;
                result.samples.push(stack, labels, moment.values);
                rest.iter_mut()
                    .zip(moment.values)
                    .for_each(|(rest, value)| *rest = rest.saturating_sub(*value));
            }
            if rest.iter().any(|&value| value != 0) {
                result.samples.push(stack, set, rest);
            }
        }
        Ok(result)
    }
}
