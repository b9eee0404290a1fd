//! A profile that was read, with the numbers of all its contents: everything that can be done without the store.

use hotlist_formats::{Limits, read_bytes};
use hotlist_profile::{LabelValue, Profile, StackId};

use crate::ids::{Id, Key};
use crate::range::{DAY, SECOND};
use crate::{Labels, ProfileType, Refused, Settings};

/// A profile and the numbers of its contents.
#[derive(Debug)]
pub(crate) struct Intake {
    pub profile: Profile,
    pub labels: Labels,
    /// For each sample type.
    pub types: Vec<ProfileType>,
    /// For each sample type.
    pub series: Vec<Id>,
    /// For each sample type, the sum of its values.
    pub totals: Vec<i64>,
    /// When collection began, in nanoseconds since 1970.
    pub time: i64,
    /// For each row of the tables of the profile.
    pub mappings: Vec<Id>,
    pub functions: Vec<Id>,
    pub locations: Vec<Id>,
    pub stacks: Vec<Id>,
    pub label_sets: Vec<Id>,
    /// How many values are not zero.
    pub samples: u64,
}

/// What a push says beside the profile.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    pub labels: Labels,
    pub name: Option<String>,
    pub time: Option<i64>,
    /// When it arrived, in nanoseconds since 1970.
    pub received: i64,
}

/// Reads a profile within the limits of `settings`.
pub(crate) fn decode(body: &[u8], settings: &Settings) -> Result<Profile, Refused> {
    let limit = Limits { unpacked_bytes: settings.max_unpacked_bytes };
    let too_large = Refused::TooLarge {
        limit: "max_unpacked_bytes",
        value: settings.max_unpacked_bytes,
        flag: "--max-profile-size",
    };
    if body.len() as u64 > settings.max_unpacked_bytes {
        return Err(too_large);
    }
    read_bytes(body, limit).map_err(|error| match error {
        hotlist_formats::Error::TooLarge { .. } | hotlist_formats::Error::Memory { .. } => too_large,
        error => Refused::Unreadable(error.to_string()),
    })
}

impl Intake {
    /// Numbers all contents of `profile`.
    pub fn new(
        profile: Profile,
        envelope: &Envelope,
        settings: &Settings,
        key: &Key,
    ) -> Result<Intake, Refused> {
        let labels = envelope.labels.clone();
        if labels.service().is_empty() {
            return Err(Refused::Unreadable("the label service is missing".to_owned()));
        }
        if let Some(fault) = labels.fault() {
            return Err(Refused::Unreadable(fault));
        }
        if labels.len() as u64 > settings.max_labels {
            let (limit, value) = ("max_labels", settings.max_labels);
            return Err(Refused::TooLarge { limit, value, flag: "--max-labels" });
        }
        let types = ProfileType::all_of(&profile, envelope.name.as_deref());
        if types.is_empty() {
            return Err(Refused::Unreadable("the profile has no sample types".to_owned()));
        }
        let totals: Option<Vec<i64>> =
            profile.totals().iter().map(|&total| i64::try_from(total).ok()).collect();
        let totals =
            totals.ok_or_else(|| Refused::Unreadable("the sum of all values is too large".to_owned()))?;
        let time = time_of(&profile, envelope, settings)?;
        let width = types.len();
        let samples = profile
            .samples
            .ids()
            .map(|id| profile.samples.values(id).iter().filter(|&&value| value != 0).count() as u64);
        let samples = samples.sum();

        let mappings = mapping_ids(&profile, key);
        let functions = function_ids(&profile, key);
        let locations = location_ids(&profile, &mappings, &functions, key);
        let stacks = stack_ids(&profile, &locations, key);
        let label_sets = label_set_ids(&profile, key);
        let series = types.iter().map(|profile_type| {
            let mut content = key.content(b'S');
            content.text(profile_type.to_string().as_bytes());
            for (name, value) in labels.iter() {
                content.text(name.as_bytes()).text(value.as_bytes());
            }
            content.id()
        });
        let series: Vec<Id> = series.collect();
        debug_assert_eq!(series.len(), width);
        Ok(Intake {
            labels,
            types,
            series,
            totals,
            time,
            mappings,
            functions,
            locations,
            stacks,
            label_sets,
            samples,
            profile,
        })
    }
}

/// When the profile began. A day ahead of the clock is the most that is believed.
fn time_of(profile: &Profile, envelope: &Envelope, settings: &Settings) -> Result<i64, Refused> {
    let oldest = match settings.retention {
        Some(retention) => envelope.received.saturating_sub(crate::range::nanos(retention)).max(SECOND),
        None => SECOND,
    };
    let kept = oldest..envelope.received.saturating_add(DAY);
    match envelope.time {
        Some(time) if kept.contains(&time) => Ok(time),
        Some(time) if time < kept.start => Err(Refused::OutOfTime(
            "the profile is older than profiles are kept; --retention says how long".to_owned(),
        )),
        Some(_) => Err(Refused::OutOfTime("the profile is from more than a day in the future".to_owned())),
        None if kept.contains(&profile.time_nanos) => Ok(profile.time_nanos),
        None => Ok(envelope.received),
    }
}

fn mapping_ids(profile: &Profile, key: &Key) -> Vec<Id> {
    let id = |mapping: &hotlist_profile::Mapping| {
        let has = mapping.has;
        let flags = [has.functions, has.filenames, has.line_numbers, has.inline_frames];
        let mut content = key.content(b'm');
        content.text(profile.text(mapping.build_id)).text(profile.text(mapping.file));
        content.number(mapping.offset as i64).number(mapping.limit.wrapping_sub(mapping.start) as i64);
        for flag in flags {
            content.number(flag.into());
        }
        content.id()
    };
    profile.mappings.iter().map(id).collect()
}

fn function_ids(profile: &Profile, key: &Key) -> Vec<Id> {
    let id = |function: &hotlist_profile::Function| {
        let mut content = key.content(b'f');
        content.text(profile.text(function.name)).text(profile.text(function.system_name));
        content.text(profile.text(function.filename)).number(function.start_line).id()
    };
    profile.functions.iter().map(id).collect()
}

/// The address of a location as the file of its mapping counts, which is the same wherever it is loaded.
pub(crate) fn file_address(profile: &Profile, location: hotlist_profile::Location) -> Option<i64> {
    let base = location.mapping.map_or(0, |mapping| {
        let mapping = profile.mapping(mapping);
        mapping.start.wrapping_sub(mapping.offset)
    });
    (location.address != 0).then(|| location.address.wrapping_sub(base) as i64)
}

fn location_ids(profile: &Profile, mappings: &[Id], functions: &[Id], key: &Key) -> Vec<Id> {
    let id = |id| {
        let location = profile.locations.get(id);
        let mut content = key.content(b'l');
        content.number(location.mapping.map_or(0, |mapping| mappings[mapping.index()].id));
        let address = file_address(profile, location);
        content
            .number(address.is_some().into())
            .number(address.unwrap_or(0))
            .number(location.is_folded.into());
        for line in profile.locations.lines(id) {
            content.number(functions[line.function.index()].id).number(line.line).number(line.column);
        }
        content.id()
    };
    profile.locations.ids().map(id).collect()
}

fn stack_ids(profile: &Profile, locations: &[Id], key: &Key) -> Vec<Id> {
    let id = |stack: usize| {
        let mut content = key.content(b's');
        for location in profile.stacks.get(StackId::new(stack)) {
            content.number(locations[location.index()].id);
        }
        content.id()
    };
    (0..profile.stacks.len()).map(id).collect()
}

/// The empty set has the number 0, which stands for nothing.
fn label_set_ids(profile: &Profile, key: &Key) -> Vec<Id> {
    let id = |labels: &[hotlist_profile::Label]| {
        if labels.is_empty() {
            return Id::default();
        }
        let mut content = key.content(b'L');
        for label in labels {
            content.text(profile.text(label.key));
            match label.value {
                LabelValue::Text(text) => content.number(0).text(profile.text(text)),
                LabelValue::Number { value, unit } => {
                    content.number(1).number(value).text(profile.text(unit))
                }
            };
        }
        content.id()
    };
    profile.labels.iter().map(id).collect()
}
