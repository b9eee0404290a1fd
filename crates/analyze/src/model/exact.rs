//! Filters made by pointing at something: a place, a value of a tag, a side of a comparison. What they name is
//! compared as it is, where the filters in [`Filters`](crate::Filters) are patterns.

use std::collections::BTreeSet;

use hotlist_profile::unit::label;
use hotlist_profile::{LabelValue, LocationId, Profile};

use crate::model::location_set::LocationSet;
use crate::model::path::{PathTrim, clean_path};
use crate::model::place_key::PlaceKey;
use crate::model::view::View;

/// A filter that names one thing. Several of them add up: a sample has to pass each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExactFilter {
    /// Keep samples that pass through a place.
    Through(PlaceKey),
    /// Drop samples that pass through a place.
    Without(PlaceKey),
    /// Leave a place out of all stacks.
    Hidden(PlaceKey),
    /// Keep samples that pass through a function with one of these names.
    ThroughFunctions(BTreeSet<String>),
    /// Leave functions with one of these names out of all stacks.
    HiddenFunctions(BTreeSet<String>),
    /// Drop frames on the root side of a place, and samples without it.
    From(PlaceKey),
    /// Keep samples with this value of a tag.
    Tag(TagText),
    /// Drop samples with this value of a tag.
    NoTag(TagText),
    /// Keep one side of a comparison.
    Side(Side),
}

/// A tag and its value as reports write it: numbers with their unit, all those that read the same alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagText {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

/// One of the two profiles that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What is compared with.
    Base,
    /// What is compared with it.
    New,
}

impl<'p> View<'p> {
    /// Narrows the view. File names of places are those that `trim` leaves, numbers of tags those written in
    /// `output_unit`.
    pub fn apply_exact(&mut self, filters: &[ExactFilter], trim: Option<&PathTrim>, output_unit: &str) {
        for filter in filters {
            let profile = self.profile();
            let matcher = |place| Matcher::new(profile, place, trim);
            match filter {
                ExactFilter::Through(place) => self.choose_stacks(&matcher(place), true),
                ExactFilter::Without(place) => self.choose_stacks(&matcher(place), false),
                ExactFilter::ThroughFunctions(names) => {
                    self.choose_stacks(&Matcher::of_functions(profile, names), true);
                }
                ExactFilter::HiddenFunctions(names) => {
                    self.hide_place(&Matcher::of_functions(profile, names));
                }
                ExactFilter::Hidden(place) => self.hide_place(&matcher(place)),
                ExactFilter::From(place) => self.show_from_place(&matcher(place)),
                ExactFilter::Tag(tag) => {
                    let found = self.label_sets_with(tag, output_unit);
                    self.choose_labels(&found, true);
                }
                ExactFilter::NoTag(tag) => {
                    let found = self.label_sets_with(tag, output_unit);
                    self.choose_labels(&found, false);
                }
                ExactFilter::Side(side) => {
                    let base = profile.base_label();
                    let in_base: Vec<bool> = profile
                        .labels
                        .iter()
                        .map(|labels| base.is_some_and(|base| labels.contains(&base)))
                        .collect();
                    self.choose_labels(&in_base, *side == Side::Base);
                }
            }
        }
    }

    /// Keeps the stacks on which the place is, or those on which it is not.
    fn choose_stacks(&mut self, matcher: &Matcher<'_>, wanted: bool) {
        let profile = self.profile();
        let found: Vec<bool> = profile
            .locations
            .ids()
            .map(|location| !self.is_hidden(location) && matcher.location(self, location))
            .collect();
        let found = LocationSet::new(profile, |location| found[location.index()]);
        self.narrow_stacks(|frames| (found.meets(frames) == wanted).then_some((0, frames.len())));
    }

    fn hide_place(&mut self, matcher: &Matcher<'_>) {
        let profile = self.profile();
        let mut hidden = self.take_hidden().unwrap_or_else(|| vec![false; profile.locations.len()]);
        let rows = profile
            .locations
            .ids()
            .map(|location| {
                let mut rows: Vec<usize> = self.line_rows(location).collect();
                let had_rows = !rows.is_empty();
                rows.retain(|&row| !matcher.line(location, row));
                hidden[location.index()] |=
                    if had_rows { rows.is_empty() } else { matcher.without_line(location) };
                rows
            })
            .collect();
        self.show_lines(rows);
        self.narrow_stacks(|frames| {
            frames.iter().any(|frame| !hidden[frame.index()]).then_some((0, frames.len()))
        });
        self.set_hidden(hidden);
    }

    fn show_from_place(&mut self, matcher: &Matcher<'_>) {
        let profile = self.profile();
        let mut from = vec![false; profile.locations.len()];
        let rows = profile
            .locations
            .ids()
            .map(|location| {
                let mut rows: Vec<usize> = self.line_rows(location).collect();
                if rows.is_empty() {
                    from[location.index()] = matcher.without_line(location);
                } else if let Some(last) = rows.iter().rposition(|&row| matcher.line(location, row)) {
                    rows.truncate(last + 1);
                    from[location.index()] = true;
                }
                from[location.index()] &= !self.is_hidden(location);
                rows
            })
            .collect();
        self.show_lines(rows);
        self.narrow_stacks(|frames| {
            let last = frames.iter().rposition(|frame| from[frame.index()])?;
            Some((0, last + 1))
        });
    }

    fn label_sets_with(&self, tag: &TagText, output_unit: &str) -> Vec<bool> {
        let profile = self.profile();
        profile
            .labels
            .iter()
            .map(|labels| {
                labels.iter().filter(|label| profile.lossy(label.key) == tag.key.as_str()).any(|found| {
                    match found.value {
                        LabelValue::Text(text) => profile.lossy(text) == tag.value.as_str(),
                        // The address outlives a change of the unit.
                        LabelValue::Number { value, .. } => [output_unit, "minimum"]
                            .into_iter()
                            .any(|unit| label(value, self.number_units().get(found.key), unit) == tag.value),
                    }
                })
            })
            .collect()
    }
}

/// Which frames a filter is about.
struct Matcher<'a> {
    profile: &'a Profile,
    /// The place that frames are or are a part of: every part of the key that is told apart is equal.
    place: &'a PlaceKey,
    /// Which functions have the name and the file.
    functions: Vec<bool>,
    /// Whether only the binary is known, so that functions with a name are no part of it.
    is_nameless: bool,
}

impl<'a> Matcher<'a> {
    fn new(profile: &'a Profile, place: &'a PlaceKey, trim: Option<&PathTrim>) -> Matcher<'a> {
        let is_file = |path: &str| {
            let trimmed = trim.map_or(path, |trim| trim.apply(path));
            !trimmed.is_empty() && clean_path(trimmed) == place.file.as_str()
        };
        let is_nameless = place.function.is_empty() && place.file.is_empty();
        let functions = profile
            .functions
            .iter()
            .map(|function| match is_nameless {
                true => function.name.is_empty(),
                false => {
                    (place.function.is_empty() || profile.lossy(function.name) == place.function.as_str())
                        && (place.file.is_empty() || is_file(&profile.lossy(function.filename)))
                }
            })
            .collect();
        Matcher { profile, place, functions, is_nameless }
    }

    fn of_functions(profile: &'a Profile, names: &BTreeSet<String>) -> Matcher<'a> {
        const ANY: &PlaceKey = &PlaceKey {
            function: String::new(),
            file: String::new(),
            line: 0,
            column: 0,
            address: 0,
            object: String::new(),
        };
        let is_one = |name| names.contains(&*profile.lossy(name));
        let functions = profile.functions.iter().map(|function| is_one(function.name)).collect();
        Matcher { profile, place: ANY, functions, is_nameless: false }
    }

    fn location(&self, view: &View<'_>, location: LocationId) -> bool {
        let mut rows = view.line_rows(location).peekable();
        match rows.peek() {
            None => self.without_line(location),
            Some(_) => rows.any(|row| self.line(location, row)),
        }
    }

    /// Whether it is about a row of the line table, which belongs to `location`.
    fn line(&self, location: LocationId, row: usize) -> bool {
        let line = self.profile.locations.all_lines()[row];
        let PlaceKey { line: number, column, .. } = *self.place;
        self.functions[line.function.index()]
            && (number == 0 || line.line == number)
            && (column == 0 || line.column == column)
            && self.code(location)
    }

    /// Whether it is about a location without lines.
    fn without_line(&self, location: LocationId) -> bool {
        self.is_nameless && (self.place.line, self.place.column) == (0, 0) && self.code(location)
    }

    /// Whether address and object file are those of the place.
    fn code(&self, location: LocationId) -> bool {
        let PlaceKey { address, object, .. } = self.place;
        (*address == 0 || self.profile.locations.get(location).address == *address)
            && (object.is_empty() && !self.is_nameless
                || self.profile.lossy(self.profile.object_file(location)) == object.as_str())
    }
}

#[cfg(test)]
mod tests {
    use hotlist_testkit::{Values, profiles};
    use proptest::prelude::*;

    use super::*;
    use crate::model::granularity::{Detail, Granularity};
    use crate::model::node::NodeTable;
    use crate::model::parallel::Threads;
    use crate::model::sample_value::SampleValue;
    use crate::passes::tags::sum_tags;

    const VALUE: SampleValue = SampleValue { column: 0, mean: false };

    fn granularity() -> impl Strategy<Value = Granularity> {
        prop_oneof![
            Just(Granularity::Functions),
            Just(Granularity::FileFunctions),
            Just(Granularity::Files),
            Just(Granularity::Lines),
            Just(Granularity::Addresses),
        ]
    }

    /// Whether `other` is the place of `key` or a part of it: every part that the key tells apart is equal there.
    fn covers(key: &PlaceKey, other: &PlaceKey) -> bool {
        fn fits<T: PartialEq + Default>(mine: &T, other: &T) -> bool {
            *mine == T::default() || mine == other
        }
        key == other
            || *key != PlaceKey::default()
                && fits(&key.function, &other.function)
                && fits(&key.file, &other.file)
                && fits(&key.line, &other.line)
                && fits(&key.column, &other.column)
                && fits(&key.address, &other.address)
                && fits(&key.object, &other.object)
    }

    proptest! {
        #[test]
        fn places_and_what_is_left_of_them(profile in profiles(Values::Any), granularity in granularity()) {
            let Ok(view) = View::new(&profile, VALUE, Threads::ONE, &mut Vec::new()) else { return Ok(()) };
            let detail = Detail { granularity, ..Detail::default() };
            let table = NodeTable::new(&view, detail, None);
            for node in table.ids() {
                let key = table.info(node).key();
                if granularity == Granularity::Files && key.file.is_empty() {
                    // Its key is that of code without a name.
                    continue;
                }
                // A key without a line or a file has all that the function has in other lines and files.
                let part = |table: &NodeTable<'_, '_>, node| {
                    let other = table.info(node).key();
                    covers(&key, &other) && key.function.is_empty() == other.function.is_empty()
                };
                let on_it = |sample| {
                    let frames = view.frames(profile.samples.stack(sample));
                    frames.iter().any(|&location| table.nodes(location).iter().any(|&node| part(&table, node)))
                };
                let look = |filter: fn(PlaceKey) -> ExactFilter| {
                    let mut narrowed = view.clone();
                    narrowed.apply_exact(&[filter(key.clone())], None, "minimum");
                    narrowed
                };
                let (with, without) = (look(ExactFilter::Through), look(ExactFilter::Without));
                for sample in view.samples() {
                    prop_assert_eq!(with.selects(sample), on_it(sample), "{}", &key);
                    prop_assert_eq!(without.selects(sample), !on_it(sample), "{}", &key);
                }
                let hidden = look(ExactFilter::Hidden);
                let left = NodeTable::new(&hidden, detail, None);
                for sample in hidden.samples() {
                    let mut frames = hidden.frames(profile.samples.stack(sample)).iter();
                    prop_assert!(!frames.any(|&location| left.nodes(location).iter().any(|&node| part(&left, node))));
                }
                let from = look(ExactFilter::From);
                let below = NodeTable::new(&from, detail, None);
                for sample in view.samples() {
                    prop_assert_eq!(from.selects(sample), on_it(sample));
                    if from.selects(sample) {
                        let frames = from.frames(profile.samples.stack(sample));
                        let root = frames.last().and_then(|&location| below.nodes(location).last().copied());
                        prop_assert!(root.is_some_and(|root| part(&below, root)));
                    }
                }
            }
        }

        #[test]
        fn values_of_tags_weigh_what_their_samples_weigh(profile in profiles(Values::Any)) {
            let Ok(view) = View::new(&profile, VALUE, Threads::ONE, &mut Vec::new()) else { return Ok(()) };
            let weight = |view: &View<'_>| view.samples().map(|sample| view.weight(sample).0).sum::<i64>();
            for sums in sum_tags(&view, "minimum") {
                for value in sums.values {
                    let tag = TagText { key: sums.key.clone(), value: value.text.clone() };
                    let look = |filter| {
                        let mut part = view.clone();
                        part.apply_exact(&[filter], None, "minimum");
                        weight(&part)
                    };
                    prop_assert_eq!(look(ExactFilter::Tag(tag.clone())), value.weight);
                    prop_assert_eq!(look(ExactFilter::NoTag(tag)), weight(&view) - value.weight);
                }
            }
        }
    }
}
