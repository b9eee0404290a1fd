//! speedscope's own format: a sampled profile for each sample type.
//!
//! Stacks begin with the root, and inlined functions are frames of their own. The name of a profile is that of its sample
//! type, by which our reader tells several of one unit apart. Source:
//! <https://www.speedscope.app/file-format-schema.json>.

use std::collections::HashMap;
use std::io::{self, Write};
use std::rc::Rc;

use hotlist_profile::{Profile, SampleId};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::frames::{NameAndPlace, names_of};
use super::{Export, are_times_complete, check_not_negative, default_column, refuse};

pub(super) const EXPORT: Export = Export {
    name: "speedscope",
    readers: "speedscope",
    lost: "labels, addresses, columns",
    extensions: &["speedscope.json", "speedscope"],
    write,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    exporter: String,
    active_profile_index: usize,
    shared: Shared<'a>,
    profiles: Vec<OneProfile<'a>>,
}

#[derive(Serialize)]
struct Shared<'a> {
    frames: Vec<Frame<'a>>,
}

#[derive(Serialize)]
struct Frame<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    file: &'a str,
    #[serde(skip_serializing_if = "is_zero")]
    line: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_zero(line: &i64) -> bool {
    *line == 0
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OneProfile<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    unit: &'static str,
    start_value: i64,
    end_value: i64,
    samples: Stacks<'a>,
    weights: Weights<'a>,
}

fn write(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let columns: Vec<usize> = (0..profile.sample_types.len()).collect();
    check_not_negative(profile, &columns, "speedscope")?;
    let default = default_column(profile)?;
    let names: Vec<Vec<NameAndPlace<'_>>> =
        profile.locations.ids().map(|location| names_of(profile, location)).collect();
    let mut rows: HashMap<&NameAndPlace<'_>, u32> = HashMap::new();
    let mut frames = Vec::new();
    // For each location its frames, the outermost first.
    let locations: Vec<Vec<u32>> = names
        .iter()
        .map(|names| {
            let mut row = |place| {
                *rows.entry(place).or_insert_with(|| {
                    frames.push(Frame { name: &place.name, file: &place.file, line: place.line });
                    frames.len() as u32 - 1
                })
            };
            names.iter().rev().map(&mut row).collect()
        })
        .collect();
    let profiles = columns.iter().map(|&column| {
        let of = Rc::new(Column::of(profile, &locations, column));
        let total = profile.totals()[column];
        let end_value =
            i64::try_from(total).map_err(|_| refuse("the sum of the values does not fit in 64 bits"))?;
        let (name, unit) = name_and_unit(profile, column);
        let (samples, weights) = (Stacks(Rc::clone(&of)), Weights(of));
        Ok(OneProfile { kind: "sampled", name, unit, start_value: 0, end_value, samples, weights })
    });
    let file = File {
        schema: "https://www.speedscope.app/file-format-schema.json",
        exporter: format!("hotlist@{}", env!("CARGO_PKG_VERSION")),
        active_profile_index: default,
        profiles: profiles.collect::<io::Result<_>>()?,
        shared: Shared { frames },
    };
    serde_json::to_writer(&mut *out, &file)?;
    out.write_all(b"\n")
}

/// The name of the profile of a sample type, and its unit as speedscope knows it. A unit that it does not know becomes
/// part of the name.
fn name_and_unit(profile: &Profile, column: usize) -> (String, &'static str) {
    let value_type = profile.sample_types[column];
    let (kind, unit) = (profile.lossy(value_type.kind), profile.lossy(value_type.unit));
    let known = match &*unit {
        "count" => "none",
        "nanoseconds" => "nanoseconds",
        "microseconds" => "microseconds",
        "milliseconds" => "milliseconds",
        "seconds" => "seconds",
        "bytes" => "bytes",
        _ => return (format!("{kind}/{unit}"), "none"),
    };
    (kind.into_owned(), known)
}

/// The samples of a column in the order of their times, where these are known of all.
struct Column<'a> {
    profile: &'a Profile,
    locations: &'a [Vec<u32>],
    rows: Vec<(SampleId, i64)>,
}

impl<'a> Column<'a> {
    fn of(profile: &'a Profile, locations: &'a [Vec<u32>], column: usize) -> Self {
        let samples = &profile.samples;
        let rows = match samples.times().filter(|_| are_times_complete(profile, column)) {
            Some(times) => {
                let mut moments: Vec<_> = times.iter().collect();
                moments.sort_by_key(|moment| moment.nanos);
                moments.iter().map(|moment| (moment.sample, moment.values[column])).collect()
            }
            None => samples.ids().map(|id| (id, samples.value(id, column))).collect(),
        };
        Column { profile, locations, rows }
    }

    fn samples(&self) -> impl Iterator<Item = (SampleId, i64)> + '_ {
        self.rows.iter().copied().filter(|&(_, value)| value != 0)
    }
}

struct Stacks<'a>(Rc<Column<'a>>);

impl Serialize for Stacks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all = serializer.serialize_seq(None)?;
        let mut stack: Vec<u32> = Vec::new();
        for (sample, _) in self.0.samples() {
            stack.clear();
            for location in self.0.profile.frames(sample).iter().rev() {
                stack.extend(&self.0.locations[location.index()]);
            }
            all.serialize_element(&stack)?;
        }
        all.end()
    }
}

struct Weights<'a>(Rc<Column<'a>>);

impl Serialize for Weights<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.samples().map(|(_, value)| value))
    }
}
