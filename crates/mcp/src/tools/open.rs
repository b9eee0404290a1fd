//! `open`: a profile, and what there is to know about it.

use hotlist_profile::{Profile, ValueType, unit};
use hotlist_session::{Note, SymbolState};
use rmcp::model::CallToolResult;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::budget::{Answer, Room, fit, result};
use crate::desk::{Desk, name};
use crate::quote::{quoted, shown};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::shelf::Opened;
use crate::tool::{Tool, input, output};
use crate::values::Values;

pub(crate) const TOOL: Tool = Tool {
    name: "open",
    title: "Open a profile",
    description: "Opens a profile (pprof and other formats) from a file or address and tells its sample types with their \
                  totals, time, binaries and tag keys. Without source, lists what is open. Begin here; then tree follows \
                  the time down the calls, and top lists the heaviest functions.",
    options: &[],
    open_world: true,
    input: input::<Arguments>,
    output: output::<Opening>,
    call,
};

/// The most entries of each list.
const MOST: usize = 100;

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Arguments {
    /// File below a root of the server, or URL it may ask
    source: Option<String>,
}

/// A profile that is open, or all of them.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Opening {
    /// What is open.
    open: Vec<Handle>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<Facts>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Handle {
    profile: String,
    name: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Facts {
    profile: String,
    name: String,
    /// What each sample has.
    sample_types: Vec<SampleType>,
    /// The one that is summed when none is asked for.
    default_sample_type: String,
    /// How many samples that one has.
    samples: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    begun: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<String>,
    /// What lies between two samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<String>,
    functions: usize,
    binaries: Vec<Binary>,
    #[serde(skip_serializing_if = "is_zero")]
    more_binaries: usize,
    /// Keys of tags, for tags, tagfocus and tagignore.
    tag_keys: Vec<String>,
    #[serde(skip_serializing_if = "is_zero")]
    more_tag_keys: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    comments: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct SampleType {
    name: String,
    unit: String,
    total: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Binary {
    file: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    build_id: String,
    /// Whether its functions have names.
    has_functions: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn call(desk: &Desk, request: &Request) -> Result<CallToolResult, Refusal> {
    let Arguments { source } = request.own()?;
    let opened = source.map(|source| desk.open(&source)).transpose()?;
    let slots = desk.slots();
    let answer = fit(request.max_bytes, MOST, |room| Opening {
        open: slots
            .iter()
            .map(|slot| Handle { profile: slot.handle.clone(), name: shown(&name(&slot.source), room.name) })
            .collect(),
        profile: opened.as_ref().map(|opened| facts(opened, room)),
    })?;
    result(&answer)
}

fn facts(opened: &Opened, room: Room) -> Facts {
    let profile = opened.session.profile();
    let text = |id| shown(&profile.lossy(id), room.name);
    let totals: Vec<i64> = totals(profile);
    let default = hotlist_analyze::choose_sample_type(profile, "").unwrap_or(0);
    let sample_type = |(value_type, total): (&ValueType, &i64)| {
        let (name, unit) = (text(value_type.kind), text(value_type.unit));
        let total = Values::new(&unit, name.clone(), *total).text(*total);
        SampleType { name, unit, total }
    };
    let period = profile.period_type;
    let period_unit = profile.lossy(period.unit);
    let used: Vec<_> = opened.symbols.iter().filter(|report| report.state == SymbolState::Unused).collect();
    let is_used = |mapping: &&hotlist_profile::Mapping| {
        !used.iter().any(|unused| unused.start == mapping.start && unused.limit == mapping.limit)
    };
    let mappings: Vec<_> = profile.mappings.iter().filter(is_used).collect();
    let keys = tag_keys(profile);
    let notes = opened.notes.iter().filter_map(|note| match note {
        Note::Warning(text) => Some(shown(text, room.name)),
        Note::Info(_) => None,
    });
    Facts {
        profile: opened.handle.clone(),
        name: shown(&opened.name, room.name),
        sample_types: profile.sample_types.iter().zip(&totals).map(sample_type).collect(),
        default_sample_type: profile
            .sample_types
            .get(default)
            .map_or_else(String::new, |value_type| text(value_type.kind)),
        samples: opened.samples(default).count,
        begun: (profile.time_nanos != 0).then(|| date(profile.time_nanos)),
        duration: (profile.duration_nanos != 0)
            .then(|| unit::label(profile.duration_nanos, "nanoseconds", "auto")),
        period: (profile.period != 0).then(|| {
            let label = Values::new(&period_unit, text(period.kind), profile.period).text(profile.period);
            format!("{label} of {}", text(period.kind))
        }),
        functions: profile.functions.len(),
        more_binaries: mappings.len().saturating_sub(room.rows),
        binaries: mappings
            .into_iter()
            .take(room.rows)
            .map(|mapping| Binary {
                file: text(mapping.file),
                build_id: text(mapping.build_id),
                has_functions: mapping.has.functions,
            })
            .collect(),
        more_tag_keys: keys.len().saturating_sub(room.rows),
        tag_keys: keys.into_iter().take(room.rows).map(text).collect(),
        comments: profile.comments.iter().take(room.rows.min(10)).map(|&comment| text(comment)).collect(),
        notes: notes.take(room.rows.min(10)).collect(),
    }
}

/// The sum of the absolute values of each sample type.
fn totals(profile: &Profile) -> Vec<i64> {
    let mut totals = vec![0i64; profile.sample_types.len()];
    for sample in profile.samples.ids() {
        for (total, value) in totals.iter_mut().zip(profile.samples.values(sample)) {
            *total = total.saturating_add(value.saturating_abs());
        }
    }
    totals
}

/// The keys of tags, in the order in which they first occur.
fn tag_keys(profile: &Profile) -> Vec<hotlist_profile::StringId> {
    let mut seen = std::collections::HashSet::new();
    profile.labels.iter().flatten().map(|label| label.key).filter(|&key| seen.insert(key)).collect()
}

/// A time since the Unix epoch as a date of the Gregorian calendar, in UTC.
///
/// Days are turned into years as in Howard Hinnant's `civil_from_days`
/// (<https://howardhinnant.github.io/date_algorithms.html>): a year begins in March, and 400 years have 146097 days.
fn date(nanos: i64) -> String {
    let seconds = nanos.div_euclid(1_000_000_000);
    let (days, second) = (seconds.div_euclid(86_400) + 719_468, seconds.rem_euclid(86_400));
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

impl Answer for Opening {
    fn text(&self) -> String {
        let Some(facts) = &self.profile else {
            let open: Vec<String> = self
                .open
                .iter()
                .map(|handle| format!("{} {}", handle.profile, quoted(&handle.name)))
                .collect();
            return if open.is_empty() {
                "no profile is open: name one as source\n".to_owned()
            } else {
                format!("open: {}\n", open.join(", "))
            };
        };
        let types: Vec<String> = facts
            .sample_types
            .iter()
            .map(|sample_type| format!("{} {}", quoted(&sample_type.name), sample_type.total))
            .collect();
        let mut text = format!(
            "{} {} is open. Names in quotes are data of the profile.\n",
            facts.profile,
            quoted(&facts.name)
        );
        text +=
            &format!("sample types: {}; default {}\n", types.join(", "), quoted(&facts.default_sample_type));
        text += &format!("{} samples, {} functions", facts.samples, facts.functions);
        for (word, value) in
            [("begun", &facts.begun), ("took", &facts.duration), ("a sample each", &facts.period)]
        {
            if let Some(value) = value {
                text += &format!(", {word} {value}");
            }
        }
        text.push('\n');
        for binary in &facts.binaries {
            let names = if binary.has_functions { "" } else { ", functions without names" };
            text += &format!("binary: {}{names}\n", quoted(&binary.file));
        }
        if !facts.tag_keys.is_empty() {
            let keys: Vec<String> = facts.tag_keys.iter().map(|key| quoted(key)).collect();
            text += &format!("tag keys: {}\n", keys.join(", "));
        }
        for comment in &facts.comments {
            text += &format!("comment: {}\n", quoted(comment));
        }
        for note in &facts.notes {
            text += &format!("note: {}\n", quoted(note));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_798_761_599, "2026-12-31 23:59:59 UTC"),
            (-1, "1969-12-31 23:59:59 UTC"),
        ] {
            assert_eq!(date(seconds * 1_000_000_000), expected);
        }
    }
}
