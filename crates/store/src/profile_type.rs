//! What a series measures.

use std::fmt;
use std::str::FromStr;

use hotlist_profile::Profile;

use crate::Error;

/// What a series measures, written as Parca and Pyroscope do: `name:sample_type:unit:period_type:period_unit`, with
/// `:delta` behind it where values are changes since the profile before.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct ProfileType {
    /// The kind of profile, such as `process_cpu` or `memory`.
    pub name: String,
    /// What a value measures, such as `cpu`.
    pub sample_type: String,
    /// In which unit, such as `nanoseconds`.
    pub sample_unit: String,
    /// What is counted between two samples; may be empty.
    pub period_type: String,
    /// In which unit; may be empty.
    pub period_unit: String,
    /// Whether values are changes since the profile before.
    pub is_delta: bool,
}

impl ProfileType {
    /// The types of all values of `profile`, in their order. `name` may end in `:delta`.
    pub(crate) fn all_of(profile: &Profile, name: Option<&str>) -> Vec<ProfileType> {
        let text = |id| profile.lossy(id).replace([':', '{'], "_");
        let (name, is_delta) = match name {
            Some(name) => match name.strip_suffix(":delta") {
                Some(name) => (name, true),
                None => (name, false),
            },
            None => (usual_name(profile), false),
        };
        let name = name.replace([':', '{'], "_");
        let types = profile.sample_types.iter().map(|sample_type| ProfileType {
            name: name.clone(),
            sample_type: text(sample_type.kind),
            sample_unit: text(sample_type.unit),
            period_type: text(profile.period_type.kind),
            period_unit: text(profile.period_type.unit),
            is_delta,
        });
        types.collect()
    }
}

/// The name that Pyroscope and Parca have for a profile with these sample types.
fn usual_name(profile: &Profile) -> &'static str {
    let has =
        |kind: &[u8]| profile.sample_types.iter().any(|sample_type| profile.text(sample_type.kind) == kind);
    if has(b"cpu") || profile.text(profile.period_type.kind) == b"cpu" {
        "process_cpu"
    } else if has(b"inuse_space") || has(b"alloc_space") || has(b"space") {
        "memory"
    } else if has(b"contentions") || has(b"delay") {
        "mutex"
    } else if has(b"goroutine") || has(b"goroutines") {
        "goroutine"
    } else {
        "profile"
    }
}

impl fmt::Display for ProfileType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ProfileType { name, sample_type, sample_unit, period_type, period_unit, is_delta } = self;
        write!(f, "{name}:{sample_type}:{sample_unit}:{period_type}:{period_unit}")?;
        if *is_delta { f.write_str(":delta") } else { Ok(()) }
    }
}

impl FromStr for ProfileType {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parts: Vec<&str> = text.split(':').collect();
        let (parts, is_delta) = match parts.as_slice() {
            [parts @ .., "delta"] if parts.len() == 5 => (parts, true),
            parts => (parts, false),
        };
        let [name, sample_type, sample_unit, period_type, period_unit] = parts else {
            let form = "name:sample_type:unit:period_type:period_unit";
            return Err(Error::Query(format!("{text:?} is not a profile type: it has the form {form}")));
        };
        Ok(ProfileType {
            name: (*name).to_owned(),
            sample_type: (*sample_type).to_owned(),
            sample_unit: (*sample_unit).to_owned(),
            period_type: (*period_type).to_owned(),
            period_unit: (*period_unit).to_owned(),
            is_delta,
        })
    }
}
