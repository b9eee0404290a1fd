//! Two profiles with the same sample types and units.

use crate::Profile;
use crate::merge::MergeError;
use crate::profile::ValueType;
use crate::scale::Incompatible;
use crate::unit::{convertible, scale};

/// Brings two profiles to the same sample types in the order of `one`, and to the same units.
pub(super) fn align(one: &mut Profile, other: &mut Profile) -> Result<(), MergeError> {
    let kinds = |profile: &Profile| -> Vec<Vec<u8>> {
        profile.sample_types.iter().map(|value_type| profile.text(value_type.kind).to_vec()).collect()
    };
    let (own, theirs) = (kinds(one), kinds(other));
    let common: Vec<&Vec<u8>> = own.iter().filter(|kind| theirs.contains(kind)).collect();
    if common.is_empty() {
        let (one, other) = (one.type_names().join(" "), other.type_names().join(" "));
        return Err(MergeError::NothingInCommon { one, other });
    }
    select_types(one, &own, &common);
    select_types(other, &theirs, &common);

    let units = |profile: &Profile, value_type: ValueType| profile.lossy(value_type.unit).into_owned();
    let mut ratios = (vec![1.0; common.len()], vec![1.0; common.len()]);
    for column in 0..common.len() {
        let (a, b) = (units(one, one.sample_types[column]), units(other, other.sample_types[column]));
        if let Some(Finer { unit, one: x, other: y }) = finer(&a, &b) {
            (ratios.0[column], ratios.1[column]) = (x, y);
            one.sample_types[column].unit = one.strings.intern(unit.as_bytes());
            other.sample_types[column].unit = other.strings.intern(unit.as_bytes());
        }
    }
    one.scale_columns(&ratios.0);
    other.scale_columns(&ratios.1);

    let (a, b) = (units(one, one.period_type), units(other, other.period_type));
    if one.text(one.period_type.kind) == other.text(other.period_type.kind)
        && let Some(Finer { unit, one: x, other: y }) = finer(&a, &b)
    {
        for (profile, ratio) in [(&mut *one, x), (&mut *other, y)] {
            profile.period = (profile.period as f64 * ratio) as i64;
            profile.period_type.unit = profile.strings.intern(unit.as_bytes());
        }
    }
    match (one.has_period_type(), other.has_period_type()) {
        (false, true) => one.take_period_type(other),
        (true, false) => other.take_period_type(one),
        _ => {}
    }
    for (what, a, b) in [
        ("period types", one.period_name(), other.period_name()),
        ("sample types", one.type_names().join(" "), other.type_names().join(" ")),
    ] {
        if a != b {
            return Err(Incompatible { what, one: a, other: b }.into());
        }
    }
    Ok(())
}

impl Profile {
    fn take_period_type(&mut self, other: &Profile) {
        let ValueType { kind, unit } = other.period_type;
        let (kind, unit) = (self.strings.intern(other.text(kind)), self.strings.intern(other.text(unit)));
        self.period_type = ValueType { kind, unit };
    }
}

/// The finer of two units, and what values in each are multiplied by to be in it.
struct Finer {
    unit: String,
    one: f64,
    other: f64,
}

/// `None` when the units are equal or do not convert.
fn finer(one: &str, other: &str) -> Option<Finer> {
    if one == other || !convertible(one, other) {
        return None;
    }
    let unit = if scale(1, other, one).0 < 1.0 { other } else { one };
    Some(Finer { unit: unit.to_owned(), one: scale(1, one, unit).0, other: scale(1, other, unit).0 })
}

fn select_types(profile: &mut Profile, kinds: &[Vec<u8>], wanted: &[&Vec<u8>]) {
    let columns: Vec<usize> =
        wanted.iter().filter_map(|kind| kinds.iter().position(|own| own == *kind)).collect();
    if columns.iter().copied().eq(0..kinds.len()) {
        return;
    }
    profile.samples.select_columns(&columns);
    profile.sample_types = columns.iter().map(|&column| profile.sample_types[column]).collect();
    if !profile.sample_types.iter().any(|value_type| value_type.kind == profile.default_sample_type) {
        profile.default_sample_type = profile.sample_types[0].kind;
    }
}
