//! Everything that a profile says, as text, with all strings written out.
//!
//! Profiles that say the same have equal descriptions, whatever the numbers of their strings, stacks
//! and label sets.

use std::fmt::Write;

use hotlist_profile::{LabelValue, Profile, StringId, ValueType};

/// Describes `profile`.
pub fn describe(profile: &Profile) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_profile(profile, &mut out);
    out
}

fn write_profile(profile: &Profile, out: &mut String) -> std::fmt::Result {
    let text = |id: StringId| profile.text(id).escape_ascii();
    let kind = |value: ValueType| format!("{} in {}", text(value.kind), text(value.unit));
    for &sample_type in &profile.sample_types {
        writeln!(out, "type {}", kind(sample_type))?;
    }
    writeln!(out, "default {}", text(profile.default_sample_type))?;
    writeln!(out, "period {} {}", profile.period, kind(profile.period_type))?;
    writeln!(out, "time {} {}", profile.time_nanos, profile.duration_nanos)?;
    writeln!(out, "frames {} {}", text(profile.drop_frames), text(profile.keep_frames))?;
    writeln!(out, "doc {}", text(profile.doc_url))?;
    for &comment in &profile.comments {
        writeln!(out, "comment {}", text(comment))?;
    }
    for mapping in &profile.mappings {
        let (file, build_id) = (text(mapping.file), text(mapping.build_id));
        let (start, limit, offset) = (mapping.start, mapping.limit, mapping.offset);
        writeln!(out, "mapping {} {start} {limit} {offset} {file} {build_id} {:?}", mapping.id, mapping.has)?;
    }
    for function in &profile.functions {
        let (name, system_name) = (text(function.name), text(function.system_name));
        let (file, line) = (text(function.filename), function.start_line);
        writeln!(out, "function {} {name} {system_name} {file} {line}", function.id)?;
    }
    for id in profile.locations.ids() {
        let location = profile.locations.get(id);
        let mapping = location.mapping.map(|mapping| profile.mapping(mapping).id);
        let (address, folded) = (location.address, location.is_folded);
        write!(out, "location {} {mapping:?} {address} {folded}", location.id)?;
        for line in profile.locations.lines(id) {
            let function = profile.function(line.function).id;
            write!(out, ", {function}:{}:{}", line.line, line.column)?;
        }
        writeln!(out)?;
    }
    for sample in profile.samples.ids() {
        write!(out, "sample {:?}", profile.samples.values(sample))?;
        for &location in profile.frames(sample) {
            write!(out, " {}", profile.locations.get(location).id)?;
        }
        for label in profile.labels.get(profile.samples.labels(sample)) {
            // An encoded label without text, number and unit is none, so zero without a unit gets lost.
            if label.value == (LabelValue::Number { value: 0, unit: StringId::EMPTY }) {
                continue;
            }
            write!(out, " {}=", text(label.key))?;
            match label.value {
                LabelValue::Text(value) => write!(out, "{}", text(value))?,
                LabelValue::Number { value, unit } => write!(out, "{value} {}", text(unit))?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}
