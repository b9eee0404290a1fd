//! A whole profile: `raw`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use hotlist_profile::{Label, LabelValue, Line, Profile, SampleId, StringId};
use jiff::Timestamp;

use crate::Context;
use crate::clean::clean;

pub(super) fn draw(profile: &Profile, out: &mut dyn Write, context: &Context) -> io::Result<()> {
    let text = |id: StringId| clean(&profile.lossy(id)).into_owned();
    for &comment in &profile.comments {
        writeln!(out, "Comment: {}", text(comment))?;
    }
    if !profile.doc_url.is_empty() {
        writeln!(out, "Doc: {}", text(profile.doc_url))?;
    }
    let period = profile.period_type;
    writeln!(out, "PeriodType: {} {}", text(period.kind), text(period.unit))?;
    writeln!(out, "Period: {}", profile.period)?;
    if profile.time_nanos != 0 {
        writeln!(out, "Time: {}", time(profile.time_nanos, context))?;
    }
    if profile.duration_nanos != 0 {
        // Four characters, like pprof's format `%.4v`.
        let duration: String = go_duration(profile.duration_nanos).chars().take(4).collect();
        writeln!(out, "Duration: {duration}")?;
    }
    writeln!(out, "Samples:")?;
    let types: Vec<String> = profile
        .sample_types
        .iter()
        .map(|value_type| {
            let is_default = value_type.kind == profile.default_sample_type;
            let mark = if is_default { "[dflt]" } else { "" };
            format!("{}/{}{mark}", text(value_type.kind), text(value_type.unit))
        })
        .collect();
    writeln!(out, "{}", types.join(" ").trim())?;
    for sample in profile.samples.ids() {
        write_sample(profile, sample, out)?;
    }
    writeln!(out, "Locations")?;
    for id in profile.locations.ids() {
        let location = profile.locations.get(id);
        write!(out, "{:>6}: {:#x} ", location.id, location.address)?;
        if let Some(mapping) = location.mapping {
            write!(out, "M={} ", profile.mapping(mapping).id)?;
        }
        if location.is_folded {
            write!(out, "[F] ")?;
        }
        let lines = profile.locations.lines(id);
        for (position, line) in lines.iter().enumerate() {
            if position > 0 {
                write!(out, "             ")?;
            }
            writeln!(out, "{}", source_line(profile, line))?;
        }
        if lines.is_empty() {
            writeln!(out)?;
        }
    }
    writeln!(out, "Mappings")?;
    for mapping in &profile.mappings {
        let has = mapping.has;
        let flags: String = [
            (has.functions, "[FN]"),
            (has.filenames, "[FL]"),
            (has.line_numbers, "[LN]"),
            (has.inline_frames, "[IN]"),
        ]
        .iter()
        .filter_map(|&(set, flag)| set.then_some(flag))
        .collect();
        writeln!(
            out,
            "{}: {:#x}/{:#x}/{:#x} {} {} {flags}",
            mapping.id,
            mapping.start,
            mapping.limit,
            mapping.offset,
            text(mapping.file),
            text(mapping.build_id),
        )?;
    }
    Ok(())
}

fn source_line(profile: &Profile, line: &Line) -> String {
    let function = profile.function(line.function);
    let text = |id: StringId| clean(&profile.lossy(id)).into_owned();
    let mut shown = format!(
        "{} {}:{}:{} s={}",
        text(function.name),
        text(function.filename),
        line.line,
        line.column,
        function.start_line
    );
    if function.name != function.system_name {
        shown += &format!("({})", text(function.system_name));
    }
    shown
}

fn write_sample(profile: &Profile, sample: SampleId, out: &mut dyn Write) -> io::Result<()> {
    for value in profile.samples.values(sample) {
        write!(out, " {value:>10}")?;
    }
    write!(out, ": ")?;
    for &location in profile.frames(sample) {
        write!(out, "{} ", profile.locations.get(location).id)?;
    }
    writeln!(out)?;
    let labels = profile.labels.get(profile.samples.labels(sample));
    for line in [text_labels(profile, labels), number_labels(profile, labels)] {
        if !line.is_empty() {
            writeln!(out, "                {}", line.join(" "))?;
        }
    }
    Ok(())
}

fn text_labels(profile: &Profile, labels: &[Label]) -> Vec<String> {
    let mut by_key: BTreeMap<StringId, Vec<String>> = BTreeMap::new();
    for label in labels {
        if let LabelValue::Text(text) = label.value {
            by_key.entry(label.key).or_default().push(clean(&profile.lossy(text)).into_owned());
        }
    }
    lines(profile, by_key)
}

fn number_labels(profile: &Profile, labels: &[Label]) -> Vec<String> {
    let mut by_key: BTreeMap<StringId, Vec<(i64, StringId)>> = BTreeMap::new();
    for label in labels {
        if let LabelValue::Number { value, unit } = label.value {
            by_key.entry(label.key).or_default().push((value, unit));
        }
    }
    let texts = by_key.into_iter().map(|(key, values)| {
        // Units are shown for a key as soon as one of its values has one.
        let with_units = values.iter().any(|(_, unit)| !unit.is_empty());
        let text = |(value, unit): &(i64, StringId)| {
            if with_units { format!("{value} {}", clean(&profile.lossy(*unit))) } else { value.to_string() }
        };
        (key, values.iter().map(text).collect())
    });
    lines(profile, texts.collect())
}

fn lines(profile: &Profile, by_key: BTreeMap<StringId, Vec<String>>) -> Vec<String> {
    let mut lines: Vec<String> = by_key
        .into_iter()
        .map(|(key, values)| format!("{}:[{}]", clean(&profile.lossy(key)), values.join(" ")))
        .collect();
    lines.sort();
    lines
}

/// Date and time with fraction, offset and abbreviation of the zone.
fn time(nanos: i64, context: &Context) -> String {
    match Timestamp::from_nanosecond(nanos.into()) {
        Ok(time) => time
            .to_zoned_datetime(context.time_zone.clone())
            .strftime("%Y-%m-%d %H:%M:%S%.f %z %Z")
            .to_string(),
        Err(_) => format!("{nanos} ns since 1970"),
    }
}

/// A duration as Go writes it: `1h2m3.5s`, `1.5ms`, `0s`.
fn go_duration(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let size = nanos.unsigned_abs();
    let fraction = |whole: u64, rest: u64, digits: usize| {
        let rest = format!("{rest:0digits$}");
        match rest.trim_end_matches('0') {
            "" => whole.to_string(),
            rest => format!("{whole}.{rest}"),
        }
    };
    let text = match size {
        0 => "0s".to_owned(),
        1..1_000 => format!("{size}ns"),
        1_000..1_000_000 => format!("{}µs", fraction(size / 1_000, size % 1_000, 3)),
        1_000_000..1_000_000_000 => format!("{}ms", fraction(size / 1_000_000, size % 1_000_000, 6)),
        _ => {
            let (seconds, rest) = (size / 1_000_000_000, size % 1_000_000_000);
            let last = format!("{}s", fraction(seconds % 60, rest, 9));
            match (seconds / 3600, seconds / 60 % 60) {
                (0, 0) => last,
                (0, minutes) => format!("{minutes}m{last}"),
                (hours, minutes) => format!("{hours}h{minutes}m{last}"),
            }
        }
    };
    format!("{sign}{text}")
}

#[test]
fn durations() {
    for (nanos, expected) in [
        (0, "0s"),
        (5_000_000_000, "5s"),
        (1_234_567_890, "1.23456789s"),
        (3_723_500_000_000, "1h2m3.5s"),
        (60_000_000_000, "1m0s"),
        (1_500, "1.5µs"),
        (-2_000_000, "-2ms"),
    ] {
        assert_eq!(go_duration(nanos), expected);
    }
}
