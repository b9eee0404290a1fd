//! Which number of a sample is summed.

use hotlist_profile::Profile;

use crate::model::view_error::ViewError;

/// Which number of a sample is its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleValue {
    /// The sample type.
    pub column: usize,
    /// Divide sums by the sums of the first sample type.
    pub mean: bool,
}

/// Finds the sample type that `wanted` names, by number or kind; empty asks for the default one.
///
/// `inuse_space` also finds `space`, as old profiles call it.
///
/// # Errors
/// When the profile has no such type.
pub fn choose_sample_type(profile: &Profile, wanted: &str) -> Result<usize, ViewError> {
    let kinds = || profile.sample_types.iter().map(|value_type| profile.text(value_type.kind));
    let Some(last) = profile.sample_types.len().checked_sub(1) else {
        return Err(ViewError::NoSampleTypes);
    };
    if wanted.is_empty() {
        return Ok(profile.default_column().unwrap_or(last));
    }
    if let Ok(index) = wanted.parse::<i64>() {
        return match usize::try_from(index) {
            Ok(index) if index <= last => Ok(index),
            _ => Err(ViewError::SampleIndexRange { index: wanted.to_owned(), last }),
        };
    }
    let without_prefix = wanted.strip_prefix("inuse_").unwrap_or(wanted);
    kinds().position(|kind| kind == wanted.as_bytes() || kind == without_prefix.as_bytes()).ok_or_else(|| {
        let kinds = kinds().map(|kind| String::from_utf8_lossy(kind).into_owned()).collect();
        ViewError::SampleIndexName { index: wanted.to_owned(), kinds }
    })
}
