//! The unit of each numeric tag.

use std::collections::BTreeSet;

use hotlist_profile::{Label, LabelValue, Profile, StringId};
use rustc_hash::FxHashMap;

/// The unit in which the numbers of each tag key are read.
///
/// Profiles may give each value a unit; what counts is the first one met in the samples. Where none
/// is given, `alignment` and `request` are bytes and any other key is its own unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberUnits {
    units: FxHashMap<StringId, String>,
}

/// A key whose values have several units, of which all but one are disregarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictingUnits {
    /// The tag key.
    pub key: String,
    /// The unit in use.
    pub used: String,
    /// The others, sorted.
    pub ignored: Vec<String>,
}

impl NumberUnits {
    /// The units of all numeric tags in `profile`.
    pub fn of(profile: &Profile) -> (NumberUnits, Vec<ConflictingUnits>) {
        let is_number = |label: &Label| matches!(label.value, LabelValue::Number { .. });
        if !profile.labels.iter().flatten().any(is_number) {
            return (NumberUnits::default(), Vec::new());
        }
        let mut first: FxHashMap<StringId, Option<StringId>> = FxHashMap::default();
        let mut ignored: FxHashMap<StringId, BTreeSet<StringId>> = FxHashMap::default();
        let mut seen = vec![false; profile.labels.len()];
        for sample in profile.samples.ids() {
            let set = profile.samples.labels(sample);
            // Label sets are stored once, so the first sample with a set tells all about it.
            if std::mem::replace(&mut seen[set.index()], true) {
                continue;
            }
            for label in profile.labels.get(set) {
                let LabelValue::Number { unit, .. } = label.value else { continue };
                let used = first.entry(label.key).or_default();
                if unit.is_empty() {
                    continue;
                }
                match used {
                    None => *used = Some(unit),
                    Some(used) if *used == unit => {}
                    Some(_) => {
                        ignored.entry(label.key).or_default().insert(unit);
                    }
                }
            }
        }
        let text = |id: StringId| profile.lossy(id).into_owned();
        let units = first
            .into_iter()
            .map(|(key, unit)| {
                let unit = unit.map_or_else(|| inferred(&profile.lossy(key)), text);
                (key, unit)
            })
            .collect();
        let units = NumberUnits { units };
        let mut conflicts: Vec<ConflictingUnits> = ignored
            .into_iter()
            .map(|(key, others)| {
                let mut ignored: Vec<String> = others.into_iter().map(text).collect();
                ignored.sort();
                ConflictingUnits { key: text(key), used: units.get(key).to_owned(), ignored }
            })
            .collect();
        conflicts.sort_by(|a, b| a.key.cmp(&b.key));
        (units, conflicts)
    }

    /// The unit of the numbers of `key`; empty for a key without numbers.
    pub fn get(&self, key: StringId) -> &str {
        self.units.get(&key).map_or("", String::as_str)
    }
}

fn inferred(key: &str) -> String {
    match key {
        "alignment" | "request" => "bytes".to_owned(),
        other => other.to_owned(),
    }
}
