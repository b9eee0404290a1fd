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

use super::decode::{decode, wrong};
use crate::error::Malformed;
use crate::format::{Format, Reader};
use crate::named_stacks::{Frame as NamedFrame, NamedStacks};
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "speedscope",
    title: "speedscope",
    writers: "speedscope, py-spy, rbspy, dotnet-trace, and many others",
    lost: "columns, the order of samples and events",
    sniff: Sniff::Keys(&[&["shared", "profiles"]]),
    reader: Reader::Whole(|data, _| read(&decode(data)?)),
};

#[derive(Deserialize)]
struct File {
    shared: Shared,
    profiles: Vec<OneProfile>,
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
}

fn read(file: &File) -> Result<Profile, Malformed> {
    let mut types: Vec<(&str, &str)> = Vec::new();
    for profile in &file.profiles {
        let (sample_type, _) = profile.unit.sample_type();
        if !types.contains(&sample_type) {
            types.push(sample_type);
        }
    }
    if types.is_empty() {
        return Err(wrong("there is no profile in the file"));
    }
    let mut stacks = NamedStacks::new(&types);
    let (kind, unit) = types[0];
    stacks.builder.period(kind, unit, 1);
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
    for profile in &file.profiles {
        let (sample_type, factor) = profile.unit.sample_type();
        let column = types.iter().position(|known| *known == sample_type).unwrap_or_default();
        let mut labels = Vec::new();
        if !profile.name.is_empty() && file.profiles.len() > 1 {
            let (key, value) = (stacks.builder.string("thread"), stacks.builder.string(&profile.name));
            labels.push(Label { key, value: LabelValue::Text(value) });
        }
        let mut values = vec![0; types.len()];
        let mut add = |stack: &[LocationId], weight: f64| -> Result<(), Malformed> {
            let value = (weight * factor).round();
            if !(0.0..9.2e18).contains(&value) {
                return Err(wrong(format!("a weight of {weight} in profile {:?}", profile.name)));
            }
            values[column] = value as i64;
            if values[column] == 0 { Ok(()) } else { stacks.add(stack, &labels, &values).map_err(wrong) }
        };
        match profile.kind {
            Kind::Sampled => add_samples(profile, &frames, &mut add)?,
            Kind::Evented => add_events(profile, &frames, &mut add)?,
        }
    }
    Ok(stacks.finish())
}

type Add<'a> = dyn FnMut(&[LocationId], f64) -> Result<(), Malformed> + 'a;

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
    for (sample, &weight) in profile.samples.iter().zip(&profile.weights) {
        stack.clear();
        for &frame in sample.iter().rev() {
            stack.push(location(frames, frame)?);
        }
        add(&stack, weight)?;
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
            add(&stack, at - last)?;
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
