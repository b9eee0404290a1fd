//! What each value of each tag weighs.

use hotlist_profile::unit::label;
use hotlist_profile::{LabelValue, StringId};
use rustc_hash::FxHashMap;

use crate::model::view::View;

/// The values of one tag key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagSums {
    /// The key.
    pub key: String,
    /// The weight of all samples with this key, each counted once.
    pub total: i64,
    /// The values, the heaviest first.
    pub values: Vec<TagValue>,
}

/// One value of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagValue {
    /// The value as text; a number with its unit.
    pub text: String,
    /// The weight of the samples with this value.
    pub weight: i64,
}

/// A key while its values are summed.
#[derive(Default)]
struct Key {
    total: i64,
    /// The row of each value; numbers that read the same share one.
    rows: FxHashMap<Value, usize>,
    texts: FxHashMap<String, usize>,
    values: Vec<TagValue>,
}

#[derive(PartialEq, Eq, Hash, Clone, Copy)]
enum Value {
    Text(StringId),
    Number(i64),
}

impl Key {
    fn row(&mut self, value: Value, text: impl FnOnce() -> String) -> usize {
        let Key { rows, texts, values, .. } = self;
        *rows.entry(value).or_insert_with(|| {
            *texts.entry(text()).or_insert_with_key(|text| {
                values.push(TagValue { text: text.clone(), weight: 0 });
                values.len() - 1
            })
        })
    }
}

/// Sums the tags of the selected samples, keys in the order of their names. Numbers are written in
/// `output_unit`; those that read the same are one value.
pub fn sum_tags(view: &View<'_>, output_unit: &str) -> Vec<TagSums> {
    let profile = view.profile();
    let mut weights: Vec<Option<i64>> = vec![None; profile.labels.len()];
    for sample in view.samples() {
        *weights[profile.samples.labels(sample).index()].get_or_insert(0) += view.weight(sample).0;
    }
    let mut keys: FxHashMap<StringId, Key> = FxHashMap::default();
    // A sample may have several values of a key, or one value twice, and is still one sample.
    let mut counted_keys: Vec<StringId> = Vec::new();
    let mut counted_values: Vec<(StringId, usize)> = Vec::new();
    for (labels, weight) in profile.labels.iter().zip(&weights) {
        let Some(weight) = *weight else { continue };
        counted_keys.clear();
        counted_values.clear();
        for tag in labels.iter().filter(|tag| !view.is_hidden_key(tag.key)) {
            let key = keys.entry(tag.key).or_default();
            let row = match tag.value {
                LabelValue::Text(text) => key.row(Value::Text(text), || profile.lossy(text).into_owned()),
                LabelValue::Number { value, .. } => key.row(Value::Number(value), || {
                    label(value, view.number_units().get(tag.key), output_unit)
                }),
            };
            if !counted_keys.contains(&tag.key) {
                counted_keys.push(tag.key);
                key.total += weight;
            }
            if !counted_values.contains(&(tag.key, row)) {
                counted_values.push((tag.key, row));
                key.values[row].weight += weight;
            }
        }
    }
    let mut sums: Vec<TagSums> = keys
        .into_iter()
        .map(|(id, mut key)| {
            key.values.sort_by(|a, b| {
                let size = |value: &TagValue| value.weight.unsigned_abs();
                size(b).cmp(&size(a)).then_with(|| a.text.cmp(&b.text))
            });
            TagSums { key: profile.lossy(id).into_owned(), total: key.total, values: key.values }
        })
        .collect();
    sums.sort_by(|a, b| a.key.cmp(&b.key));
    sums
}
