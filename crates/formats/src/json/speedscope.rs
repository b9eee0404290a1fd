//! Profiles of speedscope, which many tools write.
//!
//! ```text
//! {"shared": {"frames": [{"name": "main", "file": "a.py", "line": 3}, …]},
//!  "profiles": [{"type": "sampled", "name": "thread 1", "unit": "seconds", "samples": [[0, 1], …], "weights": [0.01, …]},
//!               {"type": "evented", …, "events": [{"type": "O", "frame": 0, "at": 0.5}, {"type": "C", …}]}]}
//! ```
//! Stacks begin with the root. Source: <https://www.speedscope.app/file-format-schema.json>.

use hotlist_profile::{Label, LabelValue, LocationId, Profile};
use serde::Deserialize;

use super::decode::{decode, integer, wrong};
use crate::error::Malformed;
use crate::format::{Format, Reader};
use crate::named_stacks::{Frame as NamedFrame, NamedStacks};
use crate::read::Limits;
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "speedscope",
    title: "speedscope",
    writers: "speedscope, py-spy, rbspy, dotnet-trace, and many others",
    lost: "columns, the order of samples without times",
    sniff: Sniff::Keys(&[&["shared", "profiles"]]),
    reader: Reader::Whole(|data, limits| read(&decode(data)?, limits)),
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    shared: Shared,
    profiles: Vec<OneProfile>,
    #[serde(default)]
    exporter: String,
    active_profile_index: Option<usize>,
}

#[derive(Deserialize)]
struct Shared {
    frames: Vec<Frame>,
}

#[derive(Deserialize)]
struct Frame {
    name: String,
    file: Option<String>,
    line: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OneProfile {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default)]
    name: String,
    unit: Unit,
    #[serde(default)]
    start_value: f64,
    #[serde(default)]
    end_value: f64,
    #[serde(default)]
    samples: Vec<Vec<u32>>,
    #[serde(default)]
    weights: Vec<f64>,
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Sampled,
    Evented,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Unit {
    None,
    Nanoseconds,
    Microseconds,
    Milliseconds,
    Seconds,
    Bytes,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: EventKind,
    frame: u32,
    at: f64,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
enum EventKind {
    O,
    C,
}

impl Unit {
    /// The sample type of values in this unit, and what they are multiplied with.
    fn sample_type(self) -> ((&'static str, &'static str), f64) {
        const TIME: (&str, &str) = ("time", "nanoseconds");
        match self {
            Unit::None => (("samples", "count"), 1.0),
            Unit::Nanoseconds => (TIME, 1.0),
            Unit::Microseconds => (TIME, 1e3),
            Unit::Milliseconds => (TIME, 1e6),
            Unit::Seconds => (TIME, 1e9),
            Unit::Bytes => (("space", "bytes"), 1.0),
        }
    }

    /// How many nanoseconds it has, if it is one of time.
    fn nanoseconds(self) -> Option<f64> {
        match self {
            Unit::None | Unit::Bytes => None,
            time => Some(time.sample_type().1),
        }
    }

    /// What profiles call it.
    fn name(self) -> &'static str {
        match self {
            Unit::None => "count",
            Unit::Nanoseconds => "nanoseconds",
            Unit::Microseconds => "microseconds",
            Unit::Milliseconds => "milliseconds",
            Unit::Seconds => "seconds",
            Unit::Bytes => "bytes",
        }
    }
}

impl File {
    /// Whether hotlist wrote it, so that the names of profiles are those of sample types.
    fn is_own(&self) -> bool {
        self.exporter.starts_with("hotlist@")
    }

    /// The sample type of a profile, and what its weights are multiplied with.
    fn sample_type<'f>(&self, profile: &'f OneProfile) -> ((&'f str, &'f str), f64) {
        match profile.name.rsplit_once('/') {
            _ if !self.is_own() => profile.unit.sample_type(),
            Some((kind, unit)) if profile.unit == Unit::None => ((kind, unit), 1.0),
            _ => ((&profile.name, profile.unit.name()), 1.0),
        }
    }
}

fn read(file: &File, limits: Limits) -> Result<Profile, Malformed> {
    let mut types: Vec<(&str, &str)> = Vec::new();
    for profile in &file.profiles {
        let (sample_type, _) = file.sample_type(profile);
        if !types.contains(&sample_type) {
            types.push(sample_type);
        }
    }
    if types.is_empty() {
        return Err(wrong("there is no profile in the file"));
    }
    let mut stacks = NamedStacks::new(&types).limited(limits);
    if let Some(active) = file.active_profile_index.and_then(|active| file.profiles.get(active)) {
        let ((kind, _), _) = file.sample_type(active);
        stacks.builder.profile.default_sample_type = stacks.builder.string(kind);
    }
    let frames: Vec<LocationId> = file
        .shared
        .frames
        .iter()
        .map(|frame| {
            stacks.location(&NamedFrame {
                function: frame.name.as_bytes(),
                file: frame.file.as_deref().unwrap_or_default().as_bytes(),
                line: frame.line.map_or(0, |line| line as i64).max(0),
                module: b"",
            })
        })
        .collect();
    let started = file.profiles.iter().map(|profile| profile.start_value);
    let start = started.fold(f64::INFINITY, f64::min);
    for profile in &file.profiles {
        let (sample_type, factor) = file.sample_type(profile);
        let column = types.iter().position(|known| *known == sample_type).unwrap_or_default();
        let mut labels = Vec::new();
        if !profile.name.is_empty() && file.profiles.len() > 1 && !file.is_own() {
            let (key, value) = (stacks.builder.string("thread"), stacks.builder.string(&profile.name));
            labels.push(Label { key, value: LabelValue::Text(value) });
        }
        let mut values = vec![0; types.len()];
        // What hotlist writes has weights alone.
        let nanos_each = profile.unit.nanoseconds().filter(|_| !file.is_own());
        let mut add = |stack: &[LocationId], at: f64, weight: f64| -> Result<(), Malformed> {
            let value = integer(weight * factor).filter(|value| *value >= 0);
            let refused = || wrong(format!("a weight of {weight} in profile {:?}", profile.name));
            values[column] = value.ok_or_else(refused)?;
            if values[column] == 0 {
                return Ok(());
            }
            let nanos = nanos_each.map(|each| ((at - start) * each).round() as i64);
            stacks.add_at(nanos, stack, &labels, &values).map_err(wrong)
        };
        match profile.kind {
            Kind::Sampled => add_samples(profile, &frames, &mut add)?,
            Kind::Evented => add_events(profile, &frames, &mut add)?,
        }
    }
    Ok(stacks.finish())
}

/// Takes a stack, the time of it in the unit of its profile, and its weight.
type Add<'a> = dyn FnMut(&[LocationId], f64, f64) -> Result<(), Malformed> + 'a;

fn location(frames: &[LocationId], index: u32) -> Result<LocationId, Malformed> {
    let found = frames.get(index as usize).copied();
    found.ok_or_else(|| wrong(format!("frame {index} of {} frames", frames.len())))
}

fn add_samples(profile: &OneProfile, frames: &[LocationId], add: &mut Add<'_>) -> Result<(), Malformed> {
    if profile.weights.len() != profile.samples.len() {
        let (samples, weights) = (profile.samples.len(), profile.weights.len());
        return Err(wrong(format!("{samples} samples with {weights} weights in profile {:?}", profile.name)));
    }
    let mut stack = Vec::new();
    let mut at = profile.start_value;
    for (sample, &weight) in profile.samples.iter().zip(&profile.weights) {
        stack.clear();
        for &frame in sample.iter().rev() {
            stack.push(location(frames, frame)?);
        }
        add(&stack, at, weight)?;
        at += weight;
    }
    Ok(())
}

fn add_events(profile: &OneProfile, frames: &[LocationId], add: &mut Add<'_>) -> Result<(), Malformed> {
    let mut open: Vec<LocationId> = Vec::new();
    let mut stack = Vec::new();
    let mut last = f64::NEG_INFINITY;
    let mut pass = |open: &[LocationId], at: f64| -> Result<(), Malformed> {
        if at < last {
            return Err(wrong(format!(
                "an event at {at} behind one at {last} in profile {:?}",
                profile.name
            )));
        }
        if !open.is_empty() && at > last {
            stack.clear();
            stack.extend(open.iter().rev());
            add(&stack, last, at - last)?;
        }
        last = at;
        Ok(())
    };
    for event in &profile.events {
        pass(&open, event.at)?;
        let frame = location(frames, event.frame)?;
        match event.kind {
            EventKind::O => open.push(frame),
            EventKind::C if open.last() == Some(&frame) => {
                open.pop();
            }
            EventKind::C => {
                return Err(wrong(format!(
                    "frame {} is closed, but is not the innermost open one",
                    event.frame
                )));
            }
        }
    }
    if open.is_empty() { Ok(()) } else { pass(&open, profile.end_value) }
}
