//! From events to samples.

use std::collections::HashMap;

use hotlist_profile::{Label, LabelValue, LocationId, Profile};

use super::chunk::{Chunk, Value};
use super::reader::Result;
use crate::named_stacks::{Frame, NamedStacks};

/// All sample types; those that stay zero are left out at the end.
const TYPES: [(&str, &str); 11] = [
    ("samples", "count"),
    ("cpu", "nanoseconds"),
    ("wall_samples", "count"),
    ("wall", "nanoseconds"),
    ("alloc_objects", "count"),
    ("alloc_space", "bytes"),
    ("inuse_space", "bytes"),
    ("contentions", "count"),
    ("delay", "nanoseconds"),
    ("native_objects", "count"),
    ("native_space", "bytes"),
];
const SAMPLES: usize = 0;
const CPU: usize = 1;
const WALL_SAMPLES: usize = 2;
const WALL: usize = 3;
const ALLOC_OBJECTS: usize = 4;
const ALLOC_SPACE: usize = 5;
const IN_USE_SPACE: usize = 6;
const CONTENTIONS: usize = 7;
const DELAY: usize = 8;
const NATIVE_OBJECTS: usize = 9;
const NATIVE_SPACE: usize = 10;
/// The type that is shown when none is asked for: the first of these that there is.
const PREFERRED: [usize; 8] =
    [CPU, SAMPLES, WALL, WALL_SAMPLES, ALLOC_SPACE, IN_USE_SPACE, DELAY, NATIVE_SPACE];

type Values = [i64; TYPES.len()];

/// The stack of an allocation, its labels and its size.
type Allocated = (Vec<LocationId>, Vec<Label>, i64);

/// A call of an allocator of native memory, or of its counterpart.
struct NativeCall {
    /// Since the start of the first chunk.
    time: i64,
    address: i64,
    /// None for a call that frees.
    allocated: Option<Allocated>,
}

/// Makes a profile of the chunks of a file.
pub(super) struct Importer {
    pub(super) stacks: NamedStacks,
    native_calls: Vec<NativeCall>,
    /// From which times are counted, in nanoseconds since the Unix epoch: the start of the first chunk.
    start_nanos: Option<i64>,
    duration_nanos: i64,
    has_unfinished: bool,
    /// In nanoseconds; 0 when unknown.
    cpu_interval: i64,
    wall_interval: i64,
}

impl Importer {
    pub(super) fn new() -> Self {
        Importer {
            stacks: NamedStacks::new(&TYPES),
            native_calls: Vec::new(),
            start_nanos: None,
            duration_nanos: 0,
            has_unfinished: false,
            cpu_interval: 0,
            wall_interval: 0,
        }
    }

    pub(super) fn note_unfinished(&mut self) {
        self.has_unfinished = true;
    }

    pub(super) fn chunk(&mut self, chunk: &Chunk<'_>) -> Result<()> {
        self.start_nanos.get_or_insert(chunk.start_nanos);
        let header = &mut self.stacks.builder.profile;
        if header.time_nanos == 0 || chunk.start_nanos < header.time_nanos {
            header.time_nanos = chunk.start_nanos;
        }
        self.duration_nanos = self.duration_nanos.saturating_add(chunk.duration_nanos.max(0));
        let kinds: HashMap<i64, &str> =
            chunk.metadata.classes.iter().map(|(&id, class)| (id, &*class.name)).collect();
        let sampling = kinds.iter().find(|(_, name)| **name == "jdk.ExecutionSample").map(|(&id, _)| id);
        chunk.each_event(|event| {
            if kinds.get(&event.class) == Some(&"jdk.ActiveSetting") {
                self.setting(chunk, &chunk.event(&event)?, sampling);
            }
            Ok(())
        })?;
        let mut places = Places { chunk, stacks: HashMap::new() };
        chunk.each_event(|event| {
            let Some(kind) = kinds.get(&event.class).copied().and_then(Kind::of) else { return Ok(()) };
            let object = chunk.event(&event)?;
            self.event(kind, &object, &mut places)
        })
    }

    /// Settings of async-profiler are texts such as `5000000`, those of the JDK such as `20 ms`.
    fn setting(&mut self, chunk: &Chunk<'_>, object: &Value, sampling: Option<i64>) {
        let (Some(name), Some(value)) = (chunk.text(object, "name"), chunk.text(object, "value")) else {
            return;
        };
        match name {
            "interval" => self.cpu_interval = value.parse().unwrap_or(0).max(0),
            "wall" => self.wall_interval = value.parse().unwrap_or(0).max(0),
            "period" if chunk.number(object, "id") == sampling => {
                if let Some((number, "ms")) = value.split_once(' ') {
                    self.cpu_interval = number.parse::<i64>().unwrap_or(0).saturating_mul(1_000_000).max(0);
                }
            }
            _ => {}
        }
    }

    fn event(&mut self, kind: Kind, object: &Value, places: &mut Places<'_, '_>) -> Result<()> {
        let chunk = places.chunk;
        let number = |name: &str| chunk.number(object, name).unwrap_or(0).max(0);
        let mut values: Values = [0; TYPES.len()];
        match kind {
            Kind::Execution => {
                values[SAMPLES] = 1;
                values[CPU] = self.cpu_interval;
            }
            Kind::CpuTime => {
                values[SAMPLES] = 1;
                values[CPU] = nanoseconds(number("samplingPeriod"), chunk.ticks_per_second);
            }
            Kind::WallClock => {
                values[WALL_SAMPLES] = chunk.number(object, "samples").unwrap_or(1).max(0);
                values[WALL] =
                    values[WALL_SAMPLES].checked_mul(self.wall_interval).ok_or("the times are too long")?;
            }
            Kind::Allocation => {
                values[ALLOC_OBJECTS] = 1;
                values[ALLOC_SPACE] = ["weight", "tlabSize", "allocationSize"]
                    .iter()
                    .find_map(|name| chunk.number(object, name))
                    .unwrap_or(0)
                    .max(0);
            }
            Kind::Live => values[IN_USE_SPACE] = number("allocationSize"),
            Kind::Lock => {
                values[CONTENTIONS] = 1;
                values[DELAY] = nanoseconds(number("duration"), chunk.ticks_per_second);
            }
            Kind::Malloc | Kind::Free => {}
        }
        let time = self.time(chunk, object);
        let stack = places.stack(object, &mut self.stacks);
        let labels = self.labels(chunk, object);
        if matches!(kind, Kind::Malloc | Kind::Free) {
            self.native_calls.push(NativeCall {
                time,
                address: chunk.number(object, "address").unwrap_or(0),
                allocated: (kind == Kind::Malloc).then(|| (stack, labels, number("size"))),
            });
            return Ok(());
        }
        self.stacks.add_at(Some(time), &stack, &labels, &values)
    }

    /// When an event began, in nanoseconds since the start of the first chunk.
    fn time(&self, chunk: &Chunk<'_>, object: &Value) -> i64 {
        let ticks = chunk.number(object, "startTime").unwrap_or(chunk.start_ticks);
        let in_chunk = nanoseconds(ticks.saturating_sub(chunk.start_ticks), chunk.ticks_per_second);
        let start = self.start_nanos.unwrap_or(chunk.start_nanos);
        chunk.start_nanos.saturating_sub(start).saturating_add(in_chunk)
    }

    fn labels(&mut self, chunk: &Chunk<'_>, object: &Value) -> Vec<Label> {
        let builder = &mut self.stacks.builder;
        let mut labels = Vec::new();
        let mut text = |key: &str, value: &str| {
            let (key, value) = (builder.string(key), builder.string(value));
            labels.push(Label { key, value: LabelValue::Text(value) });
        };
        let thread = ["sampledThread", "eventThread"].iter().find_map(|name| chunk.field(object, name));
        if let Some(name) =
            thread.and_then(|thread| chunk.text(thread, "javaName").or_else(|| chunk.text(thread, "osName")))
        {
            text("thread", name);
        }
        if let Some(state) = chunk.field(object, "state").and_then(|state| chunk.text(state, "name")) {
            text("state", state);
        }
        let class =
            ["objectClass", "monitorClass", "parkedClass"].iter().find_map(|name| chunk.field(object, name));
        if let Some(name) = class.and_then(|class| chunk.text(class, "name")) {
            text("class", &name.replace('/', "."));
        }
        if let Some(tid) = thread.and_then(|thread| chunk.number(thread, "osThreadId")).filter(|&tid| tid > 0)
        {
            let (key, unit) = (builder.string("tid"), hotlist_profile::StringId::EMPTY);
            labels.push(Label { key, value: LabelValue::Number { value: tid, unit } });
        }
        labels
    }

    pub(super) fn finish(mut self) -> Result<Profile> {
        let mut live: HashMap<i64, (i64, Allocated)> = HashMap::new();
        self.native_calls.sort_by_key(|call| call.time);
        for call in std::mem::take(&mut self.native_calls) {
            match call.allocated {
                Some(allocated) => live.insert(call.address, (call.time, allocated)),
                None => live.remove(&call.address),
            };
        }
        let mut live: Vec<_> = live.into_iter().collect();
        live.sort_by_key(|(address, _)| *address);
        for (_, (time, (stack, labels, size))) in live {
            let mut values: Values = [0; TYPES.len()];
            (values[NATIVE_OBJECTS], values[NATIVE_SPACE]) = (1, size);
            self.stacks.add_at(Some(time), &stack, &labels, &values)?;
        }
        if self.has_unfinished {
            let comment = self.stacks.builder.string("a chunk that was not finished is left out");
            self.stacks.builder.profile.comments.push(comment);
        }
        let mut profile = self.stacks.finish();
        profile.duration_nanos = self.duration_nanos;
        // A later chunk may say that it began before the first one.
        let start = self.start_nanos.unwrap_or(profile.time_nanos);
        profile.samples.shift_times(start.saturating_sub(profile.time_nanos));
        let totals = profile.totals();
        let mut kept: Vec<usize> = (0..TYPES.len()).filter(|&column| totals[column] != 0).collect();
        if kept.is_empty() {
            kept.push(SAMPLES);
        }
        let shown = PREFERRED.iter().find(|column| kept.contains(column)).copied().unwrap_or(kept[0]);
        profile.default_sample_type = profile.sample_types[shown].kind;
        profile.period_type = profile.sample_types[shown];
        profile.period = match shown {
            CPU => self.cpu_interval,
            WALL => self.wall_interval,
            _ => 1,
        };
        profile.samples.select_columns(&kept);
        profile.sample_types = kept.iter().map(|&column| profile.sample_types[column]).collect();
        Ok(profile)
    }
}

/// What an event is a sample of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Execution,
    CpuTime,
    WallClock,
    Allocation,
    Live,
    Lock,
    Malloc,
    Free,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "jdk.ExecutionSample" | "jdk.NativeMethodSample" => Kind::Execution,
            "jdk.CPUTimeSample" => Kind::CpuTime,
            "profiler.WallClockSample" => Kind::WallClock,
            "jdk.ObjectAllocationSample"
            | "jdk.ObjectAllocationInNewTLAB"
            | "jdk.ObjectAllocationOutsideTLAB" => Kind::Allocation,
            "profiler.LiveObject" => Kind::Live,
            "jdk.JavaMonitorEnter" | "jdk.ThreadPark" | "profiler.NativeLock" => Kind::Lock,
            "profiler.Malloc" => Kind::Malloc,
            "profiler.Free" => Kind::Free,
            _ => return None,
        })
    }
}

fn nanoseconds(ticks: i64, ticks_per_second: i64) -> i64 {
    let nanos = i128::from(ticks) * 1_000_000_000 / i128::from(ticks_per_second);
    i64::try_from(nanos).unwrap_or(i64::MAX)
}

/// The stacks of a chunk by the numbers of their constants.
struct Places<'a, 'b> {
    chunk: &'a Chunk<'b>,
    stacks: HashMap<i64, Vec<LocationId>>,
}

impl Places<'_, '_> {
    /// The stack of an event, the leaf first.
    fn stack(&mut self, object: &Value, stacks: &mut NamedStacks) -> Vec<LocationId> {
        let key = match self.chunk.raw_field(object, "stackTrace") {
            Some(Value::Constant(_, index)) => *index,
            _ => return Vec::new(),
        };
        if let Some(known) = self.stacks.get(&key) {
            return known.clone();
        }
        let frames =
            self.chunk.field(object, "stackTrace").and_then(|trace| self.chunk.field(trace, "frames"));
        let locations: Vec<LocationId> = match frames {
            Some(Value::Array(frames)) => frames.iter().map(|frame| self.location(frame, stacks)).collect(),
            _ => Vec::new(),
        };
        self.stacks.insert(key, locations.clone());
        locations
    }

    fn location(&self, frame: &Value, stacks: &mut NamedStacks) -> LocationId {
        let chunk = self.chunk;
        let method = chunk.field(frame, "method");
        let name = method.and_then(|method| chunk.text(method, "name")).unwrap_or("[unknown]");
        let class =
            method.and_then(|method| chunk.field(method, "type")).and_then(|class| chunk.text(class, "name"));
        let kind = chunk.field(frame, "type").and_then(|kind| chunk.text(kind, "description"));
        // Frames that are not Java's have their library in the place of the class.
        let (function, module) = match (class, kind) {
            (_, Some("Kernel")) => (name.to_owned(), "[kernel]"),
            (library, Some("Native" | "C++")) => (name.to_owned(), library.unwrap_or_default()),
            (Some(class), _) => (format!("{}.{name}", class.replace('/', ".")), ""),
            (None, _) => (name.to_owned(), ""),
        };
        let line = chunk.number(frame, "lineNumber").unwrap_or(0).max(0);
        stacks.location(&Frame { function: function.as_bytes(), file: b"", line, module: module.as_bytes() })
    }
}
