//! Traces of Chrome: its own, and those that other tools write in its format.
//!
//! ```text
//! {"traceEvents": [{"name": "f", "ph": "B", "ts": 10, "pid": 1, "tid": 2}, …, {"name": "f", "ph": "E", "ts": 30, …}]}
//! ```
//! The array may stand alone, and may never end. Times are microseconds. Where the trace holds profiles of V8, these are
//! read; otherwise spans (`B` with `E`, `X` with a duration) make the stacks, and a stack weighs the time during which its
//! innermost span was the innermost one. Source: "Trace Event Format",
//! <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>.

use std::borrow::Cow;
use std::collections::HashMap;

use hotlist_profile::{Label, LabelValue, LocationId, Profile};
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Deserializer, de};

use super::cpuprofile::{self, ProfileParts};
use super::decode::{decode, integer, wrong};
use super::scan::{Elements, Members, string};
use crate::error::Malformed;
use crate::format::{Format, Reader};
use crate::input::Input;
use crate::named_stacks::{Frame, NamedStacks};
use crate::read::Limits;
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "chrome",
    title: "Chrome trace",
    writers: "Chrome, Node, clang -ftime-trace, rustc, Perfetto's converters, and many others",
    lost: "events that are neither spans nor profiles, arguments, categories",
    sniff: Sniff::Keys(&[&["traceEvents"], &["[].ph", "[].ts"], &["[].ph", "[].name"]]),
    reader: Reader::Stream(read),
};

/// The part of an event that all have.
#[derive(Default)]
struct Event<'a> {
    name: Cow<'a, str>,
    ph: Cow<'a, str>,
    ts: f64,
    dur: f64,
    pid: Id,
    tid: Id,
}

impl<'a> Event<'a> {
    /// Reads an object. Traces are large and this is all that is wanted of most events, so the rest is passed over.
    fn of(object: &'a [u8]) -> Result<Self, Malformed> {
        let text = |value| string(value).ok_or_else(|| wrong("a name or phase that is no text"));
        let mut event = Event::default();
        let mut members = Members::of(object);
        while let Some((key, value)) = members.next()? {
            match key {
                b"\"name\"" => event.name = text(value)?,
                b"\"ph\"" => event.ph = text(value)?,
                b"\"ts\"" => event.ts = number(value)?,
                b"\"dur\"" => event.dur = number(value)?,
                b"\"pid\"" => event.pid = Id::of(value)?,
                b"\"tid\"" => event.tid = Id::of(value)?,
                _ => {}
            }
        }
        Ok(event)
    }
}

/// A number as it stands in JSON.
fn number(value: &[u8]) -> Result<f64, Malformed> {
    let number = std::str::from_utf8(value).ok().and_then(|text| text.parse::<f64>().ok());
    number.filter(|number| number.is_finite()).ok_or_else(|| wrong("a time that is no number"))
}

/// What only some have.
#[derive(Deserialize)]
struct Details {
    #[serde(default)]
    id: Id,
    #[serde(default)]
    args: Arguments,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Arguments {
    /// Of metadata: the name of a thread or process.
    name: Option<serde_json::Value>,
    data: Option<ProfileData>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ProfileData {
    start_time: f64,
    end_time: f64,
    cpu_profile: Option<ProfileParts>,
    time_deltas: Vec<f64>,
}

/// The number of a process, a thread or a profile, or a text that stands for one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Id {
    Number(i64),
    Text(String),
}

impl Default for Id {
    fn default() -> Self {
        Id::Number(0)
    }
}

impl Id {
    /// Reads it as it stands in JSON.
    fn of(value: &[u8]) -> Result<Self, Malformed> {
        let digits = value.strip_prefix(b"-").unwrap_or(value);
        // Nearly all are numbers of a few digits.
        if (1..=18).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) {
            let number = digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
            return Ok(Id::Number(if digits.len() < value.len() { -number } else { number }));
        }
        decode(value)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Id;
            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("a number or a text")
            }
            fn visit_i64<E>(self, value: i64) -> Result<Id, E> {
                Ok(Id::Number(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Id, E> {
                Ok(Id::Number(value as i64))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Id, E> {
                Ok(Id::Number(value as i64))
            }
            fn visit_unit<E>(self) -> Result<Id, E> {
                Ok(Id::default())
            }
            fn visit_str<E>(self, text: &str) -> Result<Id, E> {
                Ok(text.parse().map_or_else(|_| Id::Text(text.to_owned()), Id::Number))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// One end of a span, or a whole one.
#[derive(Clone, Copy)]
struct Mark {
    /// A row of the threads.
    thread: u32,
    kind: MarkKind,
    /// Nanoseconds.
    time: i64,
    /// Of a whole span; nanoseconds.
    duration: i64,
    place: LocationId,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum MarkKind {
    Begin,
    End,
    /// Both ends.
    Whole,
}

#[derive(Default)]
struct Importer {
    threads: HashMap<(Id, Id), u32, FxBuildHasher>,
    /// In the order of their rows.
    thread_ids: Vec<(Id, Id)>,
    thread_names: HashMap<(Id, Id), String>,
    process_names: HashMap<Id, String>,
    marks: Vec<Mark>,
    /// Profiles of V8 in pieces, by process and id, with the thread that is profiled.
    profiles: Vec<((Id, Id), OneProfile)>,
    profile_rows: HashMap<(Id, Id), usize>,
}

#[derive(Default)]
struct OneProfile {
    thread: (Id, Id),
    start: f64,
    end: f64,
    /// Pieces with the times at which they were written.
    pieces: Vec<(f64, ProfileParts)>,
}

fn read(input: &mut Input<'_>, limits: Limits) -> Result<Profile, Malformed> {
    let mut elements = Elements::new(input, "traceEvents")?;
    let mut importer = Importer::default();
    let mut stacks = NamedStacks::new(&[("time", "nanoseconds")]).limited(limits);
    // What is asked for once is kept, as most events have one of a few names.
    let mut places: HashMap<String, LocationId, FxBuildHasher> = HashMap::default();
    let most_marks = limits.memory() / size_of::<Mark>();
    let mut count = 0u64;
    while let Some(element) = elements.next()? {
        count += 1;
        // What is no object, such as the 0 that some writers put last, says nothing.
        if element.first() != Some(&b'{') {
            continue;
        }
        let in_event = |error: Malformed| wrong(format!("event {count}: {}", error.reason));
        let event = Event::of(element).map_err(in_event)?;
        importer.event(&event, element, &mut stacks, &mut places).map_err(in_event)?;
        if importer.marks.len() > most_marks {
            return Err(wrong("the spans take too much memory; -max_size raises this limit"));
        }
    }
    if importer.profiles.is_empty() { importer.spans(stacks) } else { importer.profiles(limits) }
}

/// Nanoseconds in as many microseconds.
fn nanos(micros: f64) -> Result<i64, Malformed> {
    integer(micros * 1000.0).ok_or_else(|| wrong(format!("a time of {micros} microseconds")))
}

impl Importer {
    fn event(
        &mut self,
        event: &Event<'_>,
        raw: &[u8],
        stacks: &mut NamedStacks,
        places: &mut HashMap<String, LocationId, FxBuildHasher>,
    ) -> Result<(), Malformed> {
        let kind = match (&*event.ph, &*event.name) {
            (_, "Profile" | "ProfileChunk" | "CpuProfile") => {
                return self.profile_event(event, &decode(raw)?);
            }
            ("M", "thread_name" | "process_name") => {
                let details: Details = decode(raw)?;
                if let Some(serde_json::Value::String(name)) = details.args.name {
                    match &*event.name {
                        "thread_name" => {
                            self.thread_names.insert((event.pid.clone(), event.tid.clone()), name);
                        }
                        _ => {
                            self.process_names.insert(event.pid.clone(), name);
                        }
                    }
                }
                return Ok(());
            }
            ("B", _) => MarkKind::Begin,
            ("E", _) => MarkKind::End,
            ("X", _) => MarkKind::Whole,
            _ => return Ok(()),
        };
        if !self.profiles.is_empty() {
            return Ok(());
        }
        let place = match places.get(&*event.name) {
            Some(&place) => place,
            None => {
                let name = if event.name.is_empty() { "(unnamed)" } else { &event.name };
                let place = stacks.location(&Frame { function: name.as_bytes(), ..Frame::default() });
                places.insert(event.name.clone().into_owned(), place);
                place
            }
        };
        let thread = self.thread(event);
        let (time, duration) = (nanos(event.ts)?, nanos(event.dur)?.max(0));
        self.marks.push(Mark { thread, kind, time, duration, place });
        Ok(())
    }

    fn thread(&mut self, event: &Event<'_>) -> u32 {
        let id = (event.pid.clone(), event.tid.clone());
        if let Some(&row) = self.threads.get(&id) {
            return row;
        }
        let row = self.thread_ids.len() as u32;
        self.thread_ids.push(id.clone());
        self.threads.insert(id, row);
        row
    }

    /// A profile of V8, or the beginning or a piece of one.
    fn profile_event(&mut self, event: &Event<'_>, details: &Details) -> Result<(), Malformed> {
        let Some(data) = &details.args.data else { return Ok(()) };
        // Spans are not needed from now on.
        self.marks = Vec::new();
        let key = (event.pid.clone(), details.id.clone());
        let row = *self.profile_rows.entry(key.clone()).or_insert_with(|| {
            self.profiles.push((key, OneProfile::default()));
            self.profiles.len() - 1
        });
        let profile = &mut self.profiles[row].1;
        if event.name != "ProfileChunk" {
            // Pieces come from a thread of their own.
            profile.thread = (event.pid.clone(), event.tid.clone());
            profile.start = data.start_time;
        }
        profile.end = profile.end.max(data.end_time);
        if let Some(parts) = &data.cpu_profile {
            let mut parts = parts.clone();
            if parts.time_deltas.is_empty() {
                parts.time_deltas.clone_from(&data.time_deltas);
            }
            profile.end = profile.end.max(parts.end_time);
            if parts.start_time != 0.0 {
                profile.start = parts.start_time;
            }
            profile.pieces.push((event.ts, parts));
        }
        Ok(())
    }

    /// The labels of a thread.
    fn labels(&self, (pid, tid): &(Id, Id), stacks: &mut NamedStacks) -> Vec<Label> {
        let mut labels = Vec::new();
        let texts = [
            ("thread", self.thread_names.get(&(pid.clone(), tid.clone())).cloned()),
            ("process", self.process_names.get(pid).cloned()),
        ];
        for (key, text) in texts {
            if let Some(text) = text {
                let (key, text) = (stacks.builder.string(key), stacks.builder.string(text));
                labels.push(Label { key, value: LabelValue::Text(text) });
            }
        }
        for (key, id) in [("tid", tid), ("pid", pid)] {
            let value = match id {
                Id::Number(value) => {
                    LabelValue::Number { value: *value, unit: hotlist_profile::StringId::EMPTY }
                }
                Id::Text(text) => LabelValue::Text(stacks.builder.string(text)),
            };
            labels.push(Label { key: stacks.builder.string(key), value });
        }
        labels
    }

    /// The profile of the spans.
    fn spans(mut self, mut stacks: NamedStacks) -> Result<Profile, Malformed> {
        let mut marks = std::mem::take(&mut self.marks);
        let Some(start) = marks.iter().map(|mark| mark.time).min() else {
            return Err(Malformed::unlike(
                crate::error::Position::Line(1),
                "there are no spans and no profiles in it",
            ));
        };
        // At the same time ends come first, and of spans that begin then the longest; all else stays in its order.
        marks.sort_by(|one, other| {
            let key = |mark: &Mark| (mark.thread, mark.time, mark.kind != MarkKind::End);
            key(one).cmp(&key(other)).then_with(|| match (one.kind, other.kind) {
                (MarkKind::Whole, MarkKind::Whole) => other.duration.cmp(&one.duration),
                _ => std::cmp::Ordering::Equal,
            })
        });
        let mut unmatched = 0u64;
        let mut last = start;
        for of_thread in marks.chunk_by(|one, other| one.thread == other.thread) {
            let labels = self.labels(&self.thread_ids[of_thread[0].thread as usize].clone(), &mut stacks);
            let mut spans =
                Spans { stacks: &mut stacks, labels, start, open: Vec::new(), stack: Vec::new(), now: start };
            unmatched += spans.add(of_thread)?;
            last = last.max(spans.now);
        }
        stacks.builder.profile.duration_nanos = last.saturating_sub(start);
        if unmatched > 0 {
            let text = format!("ends of spans without a beginning, which are left out: {unmatched}");
            let comment = stacks.builder.string(text);
            stacks.builder.profile.comments.push(comment);
        }
        Ok(stacks.finish())
    }

    /// The profile of V8's profiles.
    fn profiles(mut self, limits: Limits) -> Result<Profile, Malformed> {
        let mut stacks = cpuprofile::stacks(limits);
        let start = self.profiles.iter().map(|(_, profile)| profile.start).fold(f64::INFINITY, f64::min);
        for (_, profile) in std::mem::take(&mut self.profiles) {
            let OneProfile { thread, start: own_start, end, mut pieces } = profile;
            pieces.sort_by(|one, other| one.0.total_cmp(&other.0));
            let mut whole = ProfileParts::between(own_start, end);
            for (_, piece) in pieces {
                whole.nodes.extend(piece.nodes);
                whole.samples.extend(piece.samples);
                whole.time_deltas.extend(piece.time_deltas);
            }
            let labels = self.labels(&thread, &mut stacks);
            cpuprofile::add(&whole, start, &labels, &mut stacks)?;
        }
        cpuprofile::finish(stacks)
    }
}

/// The spans of a thread.
struct Spans<'s> {
    stacks: &'s mut NamedStacks,
    labels: Vec<Label>,
    /// When the trace begins.
    start: i64,
    /// The open spans, the outermost first; the time at which each ends, where that is known.
    open: Vec<(LocationId, Option<i64>)>,
    /// The same, the leaf first.
    stack: Vec<LocationId>,
    now: i64,
}

impl Spans<'_> {
    /// Adds the spans of sorted marks and returns how many ends had no beginning.
    fn add(&mut self, marks: &[Mark]) -> Result<u64, Malformed> {
        let mut unmatched = 0;
        for mark in marks {
            self.close_until(mark.time)?;
            self.pass(mark.time)?;
            match mark.kind {
                MarkKind::Begin => self.open.push((mark.place, None)),
                MarkKind::Whole => {
                    // A span cannot last longer than the one that it is in.
                    let outer = self.open.iter().rev().find_map(|(_, end)| *end);
                    let end = mark.time.saturating_add(mark.duration);
                    self.open.push((mark.place, Some(outer.map_or(end, |outer| outer.min(end)))));
                }
                MarkKind::End => {
                    // Those inside of it have ended without saying so.
                    let begun =
                        self.open.iter().rposition(|&(place, end)| end.is_none() && place == mark.place);
                    // Writers may leave the name out.
                    let unnamed = || self.open.iter().rposition(|(_, end)| end.is_none());
                    match begun.or_else(|| if self.is_unnamed(mark.place) { unnamed() } else { None }) {
                        Some(row) => self.open.truncate(row),
                        None => unmatched += 1,
                    }
                }
            }
        }
        // What is open at the last time ends then, or when it says.
        self.close_until(i64::MAX)?;
        Ok(unmatched)
    }

    fn is_unnamed(&self, place: LocationId) -> bool {
        let lines = self.stacks.builder.profile.locations.lines(place);
        lines.iter().all(|line| {
            let function = self.stacks.builder.profile.function(line.function);
            self.stacks.builder.profile.text(function.name) == b"(unnamed)"
        })
    }

    /// Closes the spans that end until `time`.
    fn close_until(&mut self, time: i64) -> Result<(), Malformed> {
        while let Some(row) = self.open.iter().rposition(|(_, end)| end.is_some_and(|end| end <= time)) {
            let end = self.open[row].1.unwrap_or(time);
            self.pass(end)?;
            self.open.truncate(row);
        }
        Ok(())
    }

    /// The time until `time` belongs to what is open.
    fn pass(&mut self, time: i64) -> Result<(), Malformed> {
        if time > self.now && !self.open.is_empty() {
            self.stack.clear();
            self.stack.extend(self.open.iter().rev().map(|(place, _)| *place));
            let at = self.now.saturating_sub(self.start);
            let value = time.saturating_sub(self.now);
            self.stacks.add_at(Some(at), &self.stack, &self.labels, &[value]).map_err(wrong)?;
        }
        self.now = self.now.max(time);
        Ok(())
    }
}
