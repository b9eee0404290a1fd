//! What there is to know about a profile beside its samples.

use hotlist_analyze::{choose_sample_type, has_times};
use hotlist_profile::StringId;
use hotlist_session::OpenProfile;
use serde::Serialize;

use crate::files;
use crate::shared::Shared;

/// The most mappings that are told.
const MOST_MAPPINGS: usize = 500;

/// A profile without its samples.
#[derive(Debug, Serialize)]
pub(crate) struct ProfileFacts<'a> {
    /// What the page calls it.
    name: &'a str,
    sample_types: Vec<SampleType>,
    /// The row of the sample type that is shown when none is asked for.
    default_sample_type: usize,
    /// Nanoseconds since the Unix epoch; 0 when unknown.
    time_nanos: i64,
    /// Nanoseconds; 0 when unknown.
    duration_nanos: i64,
    period_type: SampleType,
    period: i64,
    comments: Vec<String>,
    doc_url: String,
    drop_frames: String,
    keep_frames: String,
    /// Whether samples of a base were subtracted that can be told apart.
    comparison: bool,
    /// Whether sets of runs were compared, so that it is known which places really differ.
    verdicts: bool,
    /// The other side of a comparison.
    base: Option<ComparedWith<'a>>,
    /// The names of the profiles among which `profile` and `base` choose, by their numbers from 1 on.
    profiles: Vec<String>,
    /// The largest file that can be dropped on the page, in bytes; 0 where none can.
    largest_file: u64,
    samples: usize,
    stacks: usize,
    locations: usize,
    functions: usize,
    mapping_count: usize,
    /// Whether samples have times.
    times: bool,
    /// The first of the mappings.
    mappings: Vec<MappingFacts>,
    /// The keys of tags, in the order in which they first occur.
    tag_keys: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ComparedWith<'a> {
    name: &'a str,
    /// The sum of its values, for each sample type.
    totals: &'a [i64],
    time_nanos: i64,
    duration_nanos: i64,
}

#[derive(Debug, Serialize)]
struct SampleType {
    kind: String,
    unit: String,
}

#[derive(Debug, Serialize)]
struct MappingFacts {
    file: String,
    build_id: String,
    /// First address, in hexadecimal.
    start: String,
    /// One past the last address, in hexadecimal.
    limit: String,
    has_functions: bool,
    has_lines: bool,
}

impl<'a> ProfileFacts<'a> {
    pub(crate) fn of(opened: &'a OpenProfile, shared: &Shared) -> ProfileFacts<'a> {
        let profile = opened.session.profile();
        let text = |id: StringId| profile.lossy(id).into_owned();
        let sample_type = |value_type: &hotlist_profile::ValueType| SampleType {
            kind: text(value_type.kind),
            unit: text(value_type.unit),
        };
        let base = profile.base_label();
        let mut keys: Vec<StringId> = Vec::new();
        for label in profile.labels.iter().flatten() {
            if base.is_none_or(|base| base.key != label.key)
                && !keys.contains(&label.key)
                && keys.len() < 1000
            {
                keys.push(label.key);
            }
        }
        ProfileFacts {
            name: &opened.name,
            sample_types: profile.sample_types.iter().map(sample_type).collect(),
            default_sample_type: choose_sample_type(profile, "").unwrap_or(0),
            time_nanos: profile.time_nanos,
            duration_nanos: profile.duration_nanos,
            period_type: sample_type(&profile.period_type),
            period: profile.period,
            comments: profile.comments.iter().map(|&comment| text(comment)).collect(),
            doc_url: text(profile.doc_url),
            drop_frames: text(profile.drop_frames),
            keep_frames: text(profile.keep_frames),
            comparison: base.is_some(),
            verdicts: opened.verdicts.is_some(),
            base: opened.base.as_ref().map(|base| ComparedWith {
                name: &base.name,
                totals: &base.totals,
                time_nanos: base.time_nanos,
                duration_nanos: base.duration_nanos,
            }),
            profiles: shared.profiles.names(),
            largest_file: shared.site.open_file.as_ref().map_or(0, |_| files::LARGEST as u64),
            samples: profile.samples.len(),
            stacks: profile.stacks.len(),
            locations: profile.locations.len(),
            functions: profile.functions.len(),
            mapping_count: profile.mappings.len(),
            times: has_times(profile),
            mappings: profile
                .mappings
                .iter()
                .take(MOST_MAPPINGS)
                .map(|mapping| MappingFacts {
                    file: text(mapping.file),
                    build_id: text(mapping.build_id),
                    start: format!("{:#x}", mapping.start),
                    limit: format!("{:#x}", mapping.limit),
                    has_functions: mapping.has.functions,
                    has_lines: mapping.has.line_numbers,
                })
                .collect(),
            tag_keys: keys.into_iter().map(text).collect(),
        }
    }
}
