//! Multiplying values: by a constant, from one unit to another, or to the total of a base profile.

use thiserror::Error;

use crate::{Label, LabelSetId, LabelValue, Profile};

/// Two profiles that do not measure the same.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("incompatible {what} {one} and {other}")]
pub struct Incompatible {
    /// `period types` or `sample types`.
    pub what: &'static str,
    /// The types of one profile.
    pub one: String,
    /// The types of the other.
    pub other: String,
}

impl Profile {
    /// Multiplies all values by `ratio`, rounding to the nearest integer, and drops the samples that
    /// have become zero.
    pub fn scale(&mut self, ratio: f64) {
        self.scale_columns(&vec![ratio; self.sample_types.len()]);
    }

    /// Multiplies the values of each sample type by its ratio, rounding to the nearest integer, and
    /// drops the samples that have become zero. With nothing but ones nothing happens.
    ///
    /// # Panics
    /// When there is not one ratio for each sample type.
    pub fn scale_columns(&mut self, ratios: &[f64]) {
        assert_eq!(ratios.len(), self.sample_types.len(), "one ratio for each sample type");
        if ratios.iter().all(|&ratio| ratio == 1.0) {
            return;
        }
        self.samples.map_values(|column, value| match ratios[column] {
            -1.0 => value.saturating_neg(),
            1.0 => value,
            ratio => (value as f64 * ratio).round() as i64,
        });
        self.samples.retain(|_, values| values.iter().any(|&value| value != 0));
    }

    /// Scales every sample type so that its total equals that of `base`.
    ///
    /// # Errors
    /// When the two do not have the same sample and period types.
    pub fn normalize(&mut self, base: &Profile) -> Result<(), Incompatible> {
        self.require_same_types(base)?;
        let (own, wanted) = (self.totals(), base.totals());
        let ratios: Vec<f64> = own
            .iter()
            .zip(&wanted)
            .map(|(&own, &wanted)| if own == 0 { 0.0 } else { wanted as f64 / own as f64 })
            .collect();
        self.scale_columns(&ratios);
        Ok(())
    }

    /// The sum of the values of each sample type.
    pub fn totals(&self) -> Vec<i128> {
        let mut totals = vec![0i128; self.sample_types.len()];
        for sample in self.samples.ids() {
            for (total, &value) in totals.iter_mut().zip(self.samples.values(sample)) {
                *total += i128::from(value);
            }
        }
        totals
    }

    /// Marks every sample as part of the base of a comparison, with the label that pprof uses.
    pub fn mark_as_base(&mut self) {
        let key = self.strings.intern(BASE_LABEL.0);
        let label = Label { key, value: LabelValue::Text(self.strings.intern(BASE_LABEL.1)) };
        let marked: Vec<LabelSetId> = (0..self.labels.len())
            .map(|row| {
                let id = LabelSetId::new(row);
                let mut labels: Vec<Label> = self.labels.get(id).to_vec();
                labels.retain(|other| other.key != key || !matches!(other.value, LabelValue::Text(_)));
                labels.push(label);
                // With more labels than a table can number the mark is left out, not the sample.
                self.labels.intern(&labels).unwrap_or(id)
            })
            .collect();
        for labels in self.samples.labels_mut() {
            *labels = marked[labels.index()];
        }
    }

    /// The label that [`mark_as_base`](Self::mark_as_base) sets, when any string of it is known here.
    pub fn base_label(&self) -> Option<Label> {
        let key = self.strings.find(BASE_LABEL.0)?;
        Some(Label { key, value: LabelValue::Text(self.strings.find(BASE_LABEL.1)?) })
    }

    fn require_same_types(&self, other: &Profile) -> Result<(), Incompatible> {
        let (one, two) = (self.type_names(), other.type_names());
        let is_known = self.has_period_type() && other.has_period_type();
        if is_known && self.period_name() != other.period_name() {
            let (one, other) = (self.period_name(), other.period_name());
            return Err(Incompatible { what: "period types", one, other });
        }
        if one != two {
            return Err(Incompatible { what: "sample types", one: one.join(" "), other: two.join(" ") });
        }
        Ok(())
    }

    pub(crate) fn type_names(&self) -> Vec<String> {
        self.sample_types.iter().map(|t| format!("{}/{}", self.lossy(t.kind), self.lossy(t.unit))).collect()
    }

    /// Whether it is known what happened between two samples. Many formats do not say, and then the profile goes with
    /// any other that has the same sample types.
    pub(crate) fn has_period_type(&self) -> bool {
        !(self.period_type.kind.is_empty() && self.period_type.unit.is_empty())
    }

    pub(crate) fn period_name(&self) -> String {
        format!("{}/{}", self.lossy(self.period_type.kind), self.lossy(self.period_type.unit))
    }
}

/// Key and value of the label on the samples of a base profile.
pub(crate) const BASE_LABEL: (&[u8], &[u8]) = (b"pprof::base", b"true");
