//! Tags as frames: `-tagroot` and `-tagleaf` put the values of tags into the stacks.

use std::borrow::Cow;

use hotlist_profile::unit::label;
use hotlist_profile::{
    Function, FunctionId, Label, LabelSetId, LabelValue, Line, Location, LocationId, Profile, StackInterner,
    StringId,
};
use rustc_hash::FxHashMap;

use crate::model::view::Warning;
use crate::model::view_error::ViewError;

/// `profile` with a frame for each key of `roots` at the root and of `leaves` at the leaf of every
/// stack. The function of such a frame is called like the values of the tag, its file like the key.
///
/// The first key of each list is outermost. Numbers are written in `unit`.
///
/// # Errors
/// When the profile would have too many frames.
pub fn with_tag_frames<'p>(
    profile: &'p Profile,
    roots: &[String],
    leaves: &[String],
    unit: &str,
    warnings: &mut Vec<Warning>,
) -> Result<Cow<'p, Profile>, ViewError> {
    if roots.is_empty() && leaves.is_empty() {
        return Ok(Cow::Borrowed(profile));
    }
    let mut framed = TagFrames::new(profile.clone(), unit);
    let mut stacks = StackInterner::default();
    let mut known = FxHashMap::default();
    let mut rows = Vec::with_capacity(profile.samples.len());
    let (mut frames, mut outermost): (Vec<LocationId>, Vec<LocationId>) = Default::default();
    for sample in profile.samples.ids() {
        let (stack, labels) = (profile.samples.stack(sample), profile.samples.labels(sample));
        let row = match known.get(&(stack, labels)) {
            Some(&row) => row,
            None => {
                frames.clear();
                outermost.clear();
                // Frames at the root get the lower ids, as in pprof.
                framed.append(&mut outermost, labels, roots);
                framed.append(&mut frames, labels, leaves);
                frames.extend_from_slice(profile.stacks.get(stack));
                frames.extend_from_slice(&outermost);
                let row = stacks.intern(&frames).ok_or(ViewError::TooManyFrames)?;
                known.insert((stack, labels), row);
                row
            }
        };
        rows.push(row);
    }
    for (keys, option) in [(roots, "TagRoot"), (leaves, "TagLeaf")] {
        if !keys.is_empty() && !keys.iter().any(|key| framed.matched.contains(key)) {
            warnings.push(Warning::NoMatch(option));
        }
    }
    let mut result = framed.profile;
    result.stacks = stacks.into_stacks();
    let mut rows = rows.into_iter();
    result.samples.replace_stacks(|| rows.next());
    Ok(Cow::Owned(result))
}

struct TagFrames<'u> {
    profile: Profile,
    unit: &'u str,
    /// Locations by function name (the values) and file name (the key).
    locations: FxHashMap<(StringId, StringId), LocationId>,
    next_location_id: u64,
    next_function_id: u64,
    matched: Vec<String>,
}

impl<'u> TagFrames<'u> {
    fn new(profile: Profile, unit: &'u str) -> Self {
        let next = |ids: &mut dyn Iterator<Item = u64>| ids.max().unwrap_or(0).wrapping_add(1);
        TagFrames {
            next_location_id: next(&mut profile.locations.rows().iter().map(|location| location.id)),
            next_function_id: next(&mut profile.functions.iter().map(|function| function.id)),
            profile,
            unit,
            locations: FxHashMap::default(),
            matched: Vec::new(),
        }
    }

    /// Adds the frames for `keys`, the last key first since stacks begin with the leaf.
    fn append(&mut self, frames: &mut Vec<LocationId>, labels: LabelSetId, keys: &[String]) {
        for key in keys.iter().rev() {
            let values = self.values(labels, key);
            if !values.is_empty() && !self.matched.contains(key) {
                self.matched.push(key.clone());
            }
            let name = self.profile.strings.intern(values.join(",").as_bytes());
            let file = self.profile.strings.intern(key.as_bytes());
            frames.push(self.location(name, file));
        }
    }

    fn values(&self, labels: LabelSetId, key: &str) -> Vec<String> {
        let of_key = |label: &&Label| self.profile.text(label.key) == key.as_bytes();
        let labels: Vec<Label> = self.profile.labels.get(labels).iter().filter(of_key).copied().collect();
        let mut values = Vec::new();
        for label in &labels {
            if let LabelValue::Text(text) = label.value {
                values.push(self.profile.lossy(text).into_owned());
            }
        }
        for tag in &labels {
            if let LabelValue::Number { value, unit } = tag.value {
                // A number without a unit stays as it is; pprof asks for the unit "" then.
                values.push(match &*self.profile.lossy(unit) {
                    "" if !has_units(&labels) => label(value, "", ""),
                    unit => label(value, unit, self.unit),
                });
            }
        }
        values
    }

    fn location(&mut self, name: StringId, filename: StringId) -> LocationId {
        if let Some(&location) = self.locations.get(&(name, filename)) {
            return location;
        }
        let function = FunctionId::new(self.profile.functions.len());
        let row = Function { id: self.next_function_id, name, filename, ..Function::default() };
        self.profile.functions.push(row);
        self.next_function_id = self.next_function_id.wrapping_add(1);
        let row = Location { id: self.next_location_id, ..Location::default() };
        self.next_location_id = self.next_location_id.wrapping_add(1);
        let location = self.profile.locations.push(row, &[Line { function, line: 0, column: 0 }]);
        self.locations.insert((name, filename), location);
        location
    }
}

fn has_units(labels: &[Label]) -> bool {
    labels.iter().any(|label| matches!(label.value, LabelValue::Number { unit, .. } if !unit.is_empty()))
}

#[cfg(test)]
mod tests {
    use hotlist_profile::Builder;

    use super::*;

    #[test]
    fn frames_at_the_root_get_the_lower_ids() {
        let mut builder = Builder::new(&[("cpu", "nanoseconds")]);
        let function = builder.named_function("main", "main.go");
        let location = builder.source_location(function, 1);
        let mut tag =
            |key, value| Label { key: builder.string(key), value: LabelValue::Text(builder.string(value)) };
        let labels = [tag("user", "ann"), tag("page", "home")];
        builder.sample(&[location], &labels, &[1]).expect("a sample fits");
        let profile = builder.finish();
        let keys = |key: &str| vec![key.to_owned()];
        let framed = with_tag_frames(&profile, &keys("user"), &keys("page"), "", &mut Vec::new());
        let framed = framed.expect("a few frames fit");
        let stack = framed.samples.ids().map(|sample| framed.samples.stack(sample)).next();
        let stack = framed.stacks.get(stack.expect("there is a sample"));
        let ids: Vec<u64> = stack.iter().map(|&location| framed.locations.get(location).id).collect();
        assert_eq!(ids, [3, 1, 2]);
    }
}
