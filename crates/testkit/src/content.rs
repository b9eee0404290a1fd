//! What a profile holds, as text that two profiles with equal content share.

use std::collections::BTreeMap;
use std::fmt::Write;

use hotlist_profile::{Label, LabelValue, LocationId, Profile, SampleId, StringId, ValueType};

/// Everything in `profile`, row by row with the ids of the encoded form; only the numbering of
/// strings, stacks and label sets, which no file holds, does not show.
pub fn describe(profile: &Profile) -> String {
    let mut text = String::new();
    let name = |id: StringId| profile.lossy(id).into_owned();
    let kind = |value: &ValueType| format!("{}/{}", name(value.kind), name(value.unit));
    let types: Vec<String> = profile.sample_types.iter().map(kind).collect();
    let _ = writeln!(text, "types {types:?} default {:?}", name(profile.default_sample_type));
    let _ = writeln!(text, "time {} duration {}", profile.time_nanos, profile.duration_nanos);
    let _ = writeln!(text, "period {} {}", kind(&profile.period_type), profile.period);
    let _ = writeln!(text, "drop {:?} keep {:?}", name(profile.drop_frames), name(profile.keep_frames));
    let comments: Vec<String> = profile.comments.iter().map(|&comment| name(comment)).collect();
    let _ = writeln!(text, "comments {comments:?} doc {:?}", name(profile.doc_url));
    for row in &profile.mappings {
        let (file, build_id) = (name(row.file), name(row.build_id));
        let _ = writeln!(
            text,
            "mapping {} {:x}..{:x} at {:x} {file:?} {build_id:?} {:?}",
            row.id, row.start, row.limit, row.offset, row.has
        );
    }
    for row in &profile.functions {
        let (called, linked, file) = (name(row.name), name(row.system_name), name(row.filename));
        let _ = writeln!(text, "function {} {called:?} {linked:?} {file:?} {}", row.id, row.start_line);
    }
    for id in profile.locations.ids() {
        let row = profile.locations.get(id);
        let mapping = row.mapping.map(|mapping| profile.mapping(mapping).id);
        let _ = write!(text, "location {} {mapping:?} {:x} {}", row.id, row.address, row.is_folded);
        for line in profile.locations.lines(id) {
            let _ = write!(text, " {}:{}:{}", profile.function(line.function).id, line.line, line.column);
        }
        text.push('\n');
    }
    for id in profile.samples.ids() {
        let stack: Vec<u64> = profile.frames(id).iter().map(|&at| profile.locations.get(at).id).collect();
        let labels: Vec<String> = labels(profile, id).map(|label| label_text(profile, label)).collect();
        let _ = writeln!(text, "sample {stack:?} {labels:?} {:?}", profile.samples.values(id));
    }
    text
}

/// The sums of the values of equal samples, by stack and labels as text; those that are all zero are
/// left out. Ids, the order of rows and load addresses do not show.
pub fn sums(profile: &Profile) -> BTreeMap<String, Vec<i64>> {
    let mut sums = BTreeMap::<String, Vec<i64>>::new();
    for id in profile.samples.ids() {
        let stack: Vec<String> = profile.frames(id).iter().map(|&at| frame_text(profile, at)).collect();
        let mut labels: Vec<String> = labels(profile, id).map(|label| label_text(profile, label)).collect();
        labels.sort_unstable();
        let key = format!("{} {}", stack.join(" < "), labels.join(" "));
        let sum = sums.entry(key).or_insert_with(|| vec![0; profile.samples.width()]);
        sum.iter_mut().zip(profile.samples.values(id)).for_each(|(sum, value)| *sum += value);
    }
    sums.retain(|_, sum| sum.iter().any(|&value| value != 0));
    sums
}

fn labels(profile: &Profile, id: SampleId) -> impl Iterator<Item = &Label> {
    profile.labels.get(profile.samples.labels(id)).iter()
}

fn label_text(profile: &Profile, label: &Label) -> String {
    let key = profile.lossy(label.key);
    match label.value {
        LabelValue::Text(text) => format!("{key}={:?}", profile.lossy(text)),
        LabelValue::Number { value, unit } => format!("{key}={value}{:?}", profile.lossy(unit)),
    }
}

fn frame_text(profile: &Profile, id: LocationId) -> String {
    let location = profile.locations.get(id);
    let mut text = match location.mapping.map(|mapping| profile.mapping(mapping)) {
        Some(mapping) => {
            let offset = location.address.wrapping_sub(mapping.start);
            format!("{}+{offset:x}", profile.lossy(mapping.file))
        }
        None => format!("{:x}", location.address),
    };
    for line in profile.locations.lines(id) {
        let function = profile.function(line.function);
        let (name, file) = (profile.lossy(function.name), profile.lossy(function.filename));
        let _ = write!(text, "/{name}@{file}#{}:{}:{}", function.start_line, line.line, line.column);
    }
    text
}
