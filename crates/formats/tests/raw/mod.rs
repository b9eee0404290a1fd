//! The text that pprof prints for `-raw`, to compare profiles with recorded ones.

use std::fmt::Write;

use hotlist_profile::{LabelValue, Profile, SampleId, StringId};

/// Everything that `-raw` shows of `profile`.
pub fn dump(profile: &Profile) -> String {
    let mut out = String::new();
    write_profile(profile, &mut out).expect("writing to a string cannot fail");
    out
}

fn write_profile(p: &Profile, out: &mut String) -> std::fmt::Result {
    for &comment in &p.comments {
        writeln!(out, "Comment: {}", p.lossy(comment))?;
    }
    if !p.doc_url.is_empty() {
        writeln!(out, "Doc: {}", p.lossy(p.doc_url))?;
    }
    writeln!(out, "PeriodType: {} {}", p.lossy(p.period_type.kind), p.lossy(p.period_type.unit))?;
    writeln!(out, "Period: {}", p.period)?;
    if p.time_nanos != 0 {
        writeln!(out, "Time: {}", time(p.time_nanos))?;
    }
    if p.duration_nanos != 0 {
        writeln!(out, "Duration: {:.4}", duration(p.duration_nanos))?;
    }
    writeln!(out, "Samples:")?;
    let types: Vec<String> = p
        .sample_types
        .iter()
        .map(|t| {
            let default = if t.kind == p.default_sample_type { "[dflt]" } else { "" };
            format!("{}/{}{default}", p.lossy(t.kind), p.lossy(t.unit))
        })
        .collect();
    writeln!(out, "{}", types.join(" "))?;
    for sample in p.samples.ids() {
        for value in p.samples.values(sample) {
            write!(out, " {value:10}")?;
        }
        write!(out, ": ")?;
        for &location in p.frames(sample) {
            write!(out, "{} ", p.locations.get(location).id)?;
        }
        writeln!(out)?;
        for line in labels(p, sample) {
            writeln!(out, "                {line}")?;
        }
    }
    writeln!(out, "Locations")?;
    for id in p.locations.ids() {
        let location = p.locations.get(id);
        let mut start = format!("{:6}: {:#x} ", location.id, location.address);
        if let Some(mapping) = location.mapping {
            write!(start, "M={} ", p.mapping(mapping).id)?;
        }
        if location.is_folded {
            start.push_str("[F] ");
        }
        if p.locations.lines(id).is_empty() {
            writeln!(out, "{start}")?;
        }
        for line in p.locations.lines(id) {
            let function = p.function(line.function);
            let (name, file) = (p.lossy(function.name), p.lossy(function.filename));
            write!(out, "{start}{name} {file}:{}:{} s={}", line.line, line.column, function.start_line)?;
            if function.name != function.system_name {
                write!(out, "({})", p.lossy(function.system_name))?;
            }
            writeln!(out)?;
            start = " ".repeat(13);
        }
    }
    writeln!(out, "Mappings")?;
    for m in &p.mappings {
        write!(out, "{}: {:#x}/{:#x}/{:#x} ", m.id, m.start, m.limit, m.offset)?;
        write!(out, "{} {} ", p.lossy(m.file), p.lossy(m.build_id))?;
        let has = [
            (m.has.functions, "[FN]"),
            (m.has.filenames, "[FL]"),
            (m.has.line_numbers, "[LN]"),
            (m.has.inline_frames, "[IN]"),
        ];
        writeln!(out, "{}", has.iter().filter(|(set, _)| *set).map(|(_, mark)| *mark).collect::<String>())?;
    }
    Ok(())
}

/// The line of text labels and the line of numeric ones, keys in order.
fn labels(p: &Profile, sample: SampleId) -> Vec<String> {
    let (mut texts, mut numbers) = (Vec::<(StringId, Vec<String>)>::new(), Vec::new());
    for label in p.labels.get(p.samples.labels(sample)) {
        let (group, value) = match label.value {
            LabelValue::Text(text) => (&mut texts, p.lossy(text).into_owned()),
            LabelValue::Number { value, unit } if unit.is_empty() => (&mut numbers, value.to_string()),
            LabelValue::Number { value, unit } => (&mut numbers, format!("{value} {}", p.lossy(unit))),
        };
        match group.iter_mut().find(|(key, _)| *key == label.key) {
            Some((_, values)) => values.push(value),
            None => group.push((label.key, vec![value])),
        }
    }
    [texts, numbers]
        .into_iter()
        .filter(|group| !group.is_empty())
        .map(|group| {
            let mut keys: Vec<String> = group
                .into_iter()
                .map(|(key, values)| format!("{}:[{}]", p.lossy(key), values.join(" ")))
                .collect();
            keys.sort();
            keys.join(" ")
        })
        .collect()
}

fn time(nanos: i64) -> String {
    let (seconds, fraction) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days since the first of March of year 0, so that the leap day is the last of its year.
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let day_of_era = day.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let date = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let fraction = match fraction {
        0 => String::new(),
        _ => format!(".{fraction:09}").trim_end_matches('0').to_owned(),
    };
    format!("{year:04}-{month:02}-{date:02} {hour:02}:{minute:02}:{second:02}{fraction} +0000 UTC")
}

/// As Go prints a duration.
fn duration(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    let decimal = |unit: u64| {
        let fraction = format!("{:0width$}", nanos % unit, width = unit.ilog10() as usize);
        let fraction = fraction.trim_end_matches('0');
        let dot = if fraction.is_empty() || unit == 1 { "" } else { "." };
        (dot, if unit == 1 { String::new() } else { fraction.to_owned() })
    };
    let (unit, name) = match nanos {
        0..1_000 => (1, "ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    let (dot, fraction) = decimal(unit);
    let whole = nanos / unit;
    if unit < 1_000_000_000 || whole < 60 {
        format!("{sign}{whole}{dot}{fraction}{name}")
    } else if whole < 3600 {
        format!("{sign}{}m{}{dot}{fraction}s", whole / 60, whole % 60)
    } else {
        format!("{sign}{}h{}m{}{dot}{fraction}s", whole / 3600, whole / 60 % 60, whole % 60)
    }
}
