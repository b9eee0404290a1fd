//! What the tags of its samples weigh at each node of a graph.

use hotlist_profile::unit::label;
use hotlist_profile::{LabelSetId, LabelValue};
use rustc_hash::FxHashMap;

use crate::model::graph::{Node, Tag};
use crate::model::view::View;
use crate::model::weight::Weight;

/// The tag values of a label set, as numbers of [`Tagger::names`].
#[derive(Debug, Clone, Default)]
struct SetTags {
    /// The joined text tags.
    text: u32,
    /// Each number as text, with its value.
    numbers: Vec<(u32, i64)>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Sums {
    flat: Weight,
    cum: Weight,
    first_value: i64,
}

/// Sums tags, sample by sample.
pub(crate) struct Tagger {
    sets: Vec<SetTags>,
    /// Distinct texts; number 0 is the empty one, which stands for no text tag.
    names: Vec<String>,
    unit: String,
    texts: FxHashMap<(u32, u32), Sums>,
    numbers: FxHashMap<(u32, u32, u32), Sums>,
}

/// The numeric tag that graphs show.
const NUMBER_KEY: &[u8] = b"bytes";
/// What stands between two tags of a sample in a graph.
const SEPARATOR: &str = "\n";

impl Tagger {
    /// Numbers are written in `output_unit`.
    pub(crate) fn new(view: &View<'_>, output_unit: &str) -> Self {
        let profile = view.profile();
        let base = profile.base_label();
        let mut names = vec![String::new()];
        let mut index: FxHashMap<String, u32> = FxHashMap::default();
        index.insert(String::new(), 0);
        let mut intern = |name: String| {
            *index.entry(name).or_insert_with_key(|name| {
                names.push(name.clone());
                (names.len() - 1) as u32
            })
        };
        let mut unit = String::new();
        let sets = profile
            .labels
            .iter()
            .map(|labels| {
                let mut texts = Vec::new();
                let mut numbers = Vec::new();
                for tag in labels.iter().filter(|tag| !view.is_hidden_key(tag.key)) {
                    match tag.value {
                        LabelValue::Text(text) if base.is_none_or(|base| base.key != tag.key) => {
                            texts.push(format!("{}:{}", profile.lossy(tag.key), profile.lossy(text)));
                        }
                        LabelValue::Number { value, .. } if profile.text(tag.key) == NUMBER_KEY => {
                            unit = view.number_units().get(tag.key).to_owned();
                            numbers.push((intern(label(value, &unit, output_unit)), value));
                        }
                        _ => {}
                    }
                }
                texts.sort();
                SetTags { text: intern(texts.join(SEPARATOR)), numbers }
            })
            .collect();
        Tagger { sets, names, unit, texts: FxHashMap::default(), numbers: FxHashMap::default() }
    }

    /// Adds the tags of a sample to node `row`, where it is the leaf or anywhere.
    pub(crate) fn add(&mut self, row: usize, labels: LabelSetId, weight: Weight, at_leaf: bool) {
        let row = row as u32;
        let set = &self.sets[labels.index()];
        let add = |sums: &mut Sums| {
            if at_leaf {
                sums.flat += weight;
            } else {
                sums.cum += weight;
            }
        };
        if set.text != 0 {
            add(self.texts.entry((row, set.text)).or_default());
        }
        for &(name, first_value) in &set.numbers {
            let start = Sums { first_value, ..Sums::default() };
            add(self.numbers.entry((row, set.text, name)).or_insert(start));
        }
    }

    /// Hands the sums over to the nodes, in the order of the texts.
    pub(crate) fn finish(self, nodes: &mut [Node]) {
        let name = |number: u32| self.names[number as usize].clone();
        let mut texts: Vec<_> = self.texts.into_iter().collect();
        texts.sort_by_key(|(key, _)| *key);
        for ((row, text), sums) in texts {
            let tag = Tag { name: name(text), unit: String::new(), value: 0, flat: sums.flat, cum: sums.cum };
            nodes[row as usize].tags.texts.push(tag);
        }
        let mut numbers: Vec<_> = self.numbers.into_iter().collect();
        numbers.sort_by_key(|(key, _)| *key);
        for ((row, text, number), sums) in numbers {
            let groups = &mut nodes[row as usize].tags.numbers;
            let text = name(text);
            if groups.last().is_none_or(|(last, _)| *last != text) {
                groups.push((text, Vec::new()));
            }
            if let Some((_, tags)) = groups.last_mut() {
                tags.push(Tag {
                    name: name(number),
                    unit: self.unit.clone(),
                    value: sums.first_value,
                    flat: sums.flat,
                    cum: sums.cum,
                });
            }
        }
    }
}
