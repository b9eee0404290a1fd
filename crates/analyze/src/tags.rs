//! What each value of each tag weighs.

use std::collections::BTreeMap;

use hotlist_profile::unit::label;
use hotlist_profile::{LabelValue, StringId};
use rustc_hash::FxHashMap;

use crate::view::View;

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

#[derive(Default)]
struct Key {
    total: i64,
    values: FxHashMap<Value, i64>,
}

#[derive(PartialEq, Eq, Hash, Clone, Copy, PartialOrd, Ord)]
enum Value {
    Text(StringId),
    Number(i64),
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
    let mut counted: Vec<StringId> = Vec::new();
    for (labels, weight) in profile.labels.iter().zip(&weights) {
        let Some(weight) = *weight else { continue };
        counted.clear();
        for tag in labels.iter().filter(|tag| !view.is_hidden_key(tag.key)) {
            let key = keys.entry(tag.key).or_default();
            // A sample may have several values of a key, and is still one sample.
            if !counted.contains(&tag.key) {
                counted.push(tag.key);
                key.total += weight;
            }
            let value = match tag.value {
                LabelValue::Text(text) => Value::Text(text),
                LabelValue::Number { value, .. } => Value::Number(value),
            };
            let sum = key.values.entry(value).or_default();
            *sum = sum.saturating_add(weight);
        }
    }
    let mut sums: Vec<TagSums> = keys
        .into_iter()
        .map(|(id, key)| {
            let mut texts: BTreeMap<String, i64> = BTreeMap::new();
            for (value, weight) in key.values {
                let text = match value {
                    Value::Text(text) => profile.lossy(text).into_owned(),
                    Value::Number(number) => label(number, view.number_units().get(id), output_unit),
                };
                let sum = texts.entry(text).or_default();
                *sum = sum.saturating_add(weight);
            }
            let mut values: Vec<TagValue> =
                texts.into_iter().map(|(text, weight)| TagValue { text, weight }).collect();
            values.sort_by_key(|value| std::cmp::Reverse(value.weight.unsigned_abs()));
            TagSums { key: profile.lossy(id).into_owned(), total: key.total, values }
        })
        .collect();
    sums.sort_by(|a, b| a.key.cmp(&b.key));
    sums
}
