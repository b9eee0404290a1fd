//! Processed profiles of Firefox's profiler, which samply and the page profiler.firefox.com write, too.
//!
//! Tables are structs of columns. Up to version 55 each thread has its own strings, up to 59 all its tables; sources
//! have a table since 58; since 66 the caller of a stack is given by its distance, and since 70 frames name their library
//! themselves. Source: firefox-devtools/profiler, `docs-developer/CHANGELOG-formats.md` and `src/types/profile.ts`.

use std::collections::HashMap;

use hotlist_profile::{
    Function, FunctionId, Label, LabelValue, Line, Location, LocationId, Mapping, MappingId, Profile,
};
use serde::Deserialize;

use super::decode::{decode, integer, wrong};
use crate::error::Malformed;
use crate::format::{Format, Reader};
use crate::named_stacks::NamedStacks;
use crate::read::Limits;
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "firefox",
    title: "Firefox",
    writers: "profiler.firefox.com, samply, Fenix",
    lost: "markers, counters, categories, pages, samples of allocations",
    sniff: Sniff::Keys(&[&["meta", "threads", "meta.preprocessedProfileVersion"]]),
    reader: Reader::Whole(|data, limits| read(&decode(data)?, limits)),
};

/// Older files have other columns.
const OLDEST: u32 = 40;

#[derive(Deserialize)]
struct File {
    meta: Meta,
    #[serde(default)]
    libs: Vec<Library>,
    #[serde(default)]
    shared: Tables,
    threads: Vec<Thread>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    /// Milliseconds.
    #[serde(default)]
    interval: f64,
    /// Milliseconds since the Unix epoch.
    #[serde(default)]
    start_time: f64,
    preprocessed_profile_version: u32,
    #[serde(default)]
    sample_units: SampleUnits,
    /// Set by hotlist where the times of samples mean nothing.
    #[serde(default)]
    times_are_made_up: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct SampleUnits {
    #[serde(rename = "threadCPUDelta")]
    thread_cpu_delta: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Library {
    #[serde(default)]
    name: String,
    #[serde(default)]
    path: String,
    code_id: Option<String>,
    #[serde(default)]
    breakpad_id: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Tables {
    #[serde(alias = "stringTable")]
    string_array: Option<Vec<String>>,
    stack_table: Option<StackTable>,
    frame_table: FrameTable,
    func_table: FunctionTable,
    resource_table: ResourceTable,
    sources: Sources,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct StackTable {
    frame: Vec<u32>,
    prefix: Vec<Option<u32>>,
    prefix_offset: Vec<u32>,
}

impl StackTable {
    /// The caller of a stack; `None` for a root.
    fn caller(&self, stack: u32) -> Option<u32> {
        match self.prefix_offset.get(stack as usize) {
            Some(0) => None,
            Some(distance) => stack.checked_sub(*distance),
            None => self.prefix.get(stack as usize).copied().flatten(),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct FrameTable {
    address: Vec<Option<i64>>,
    inline_depth: Vec<u32>,
    func: Vec<u32>,
    line: Vec<Option<i64>>,
    column: Vec<Option<i64>>,
    lib: Vec<i64>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct FunctionTable {
    name: Vec<u32>,
    resource: Vec<i64>,
    file_name: Vec<Option<u32>>,
    source: Vec<Option<u32>>,
    line_number: Vec<Option<i64>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ResourceTable {
    lib: Vec<Option<i64>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Sources {
    filename: Vec<u32>,
}

#[derive(Deserialize)]
struct Thread {
    #[serde(default)]
    name: String,
    #[serde(default)]
    pid: serde_json::Value,
    #[serde(default)]
    tid: serde_json::Value,
    samples: Samples,
    /// Its own tables, in older versions.
    #[serde(flatten)]
    tables: Tables,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Samples {
    stack: Vec<Option<u32>>,
    #[serde(default)]
    time: Vec<f64>,
    #[serde(default)]
    time_deltas: Vec<f64>,
    weight: Option<Vec<Option<f64>>>,
    weight_type: Option<String>,
    #[serde(rename = "threadCPUDelta")]
    thread_cpu_delta: Option<Vec<Option<f64>>>,
}

impl Samples {
    /// The sample type of the weights, and what they are multiplied with.
    fn weight_type(&self) -> ((&'static str, &'static str), f64) {
        match self.weight_type.as_deref() {
            Some("tracing-ms") => (("time", "nanoseconds"), 1e6),
            Some("bytes") => (("space", "bytes"), 1.0),
            _ => (("samples", "count"), 1.0),
        }
    }
}

const CPU: (&str, &str) = ("cpu", "nanoseconds");

fn read(file: &File, limits: Limits) -> Result<Profile, Malformed> {
    let version = file.meta.preprocessed_profile_version;
    if version < OLDEST {
        return Err(wrong(format!("version {version} of the format is not read, only {OLDEST} and later")));
    }
    let nanoseconds_of_delta = match &*file.meta.sample_units.thread_cpu_delta {
        "ns" => Some(1.0),
        "" | "µs" | "us" => Some(1e3),
        // Cycles of the processor.
        _ => None,
    };
    let mut types: Vec<(&str, &str)> = Vec::new();
    let mut add_type = |wanted| {
        if !types.contains(&wanted) {
            types.push(wanted);
        }
    };
    file.threads.iter().for_each(|thread| add_type(thread.samples.weight_type().0));
    let has_cpu = file.threads.iter().any(|thread| thread.samples.thread_cpu_delta.is_some());
    if has_cpu && nanoseconds_of_delta.is_some() {
        add_type(CPU);
    }
    if types.is_empty() {
        return Err(wrong("there is no thread in the file"));
    }
    let mut stacks = NamedStacks::new(&types).limited(limits);
    stacks.builder.profile.time_nanos = nanos(file.meta.start_time, 1e6)?;
    stacks.builder.period("wall", "nanoseconds", nanos(file.meta.interval, 1e6)?.max(0));
    stacks.builder.profile.default_sample_type = stacks.builder.string(types[0].0);
    let mut importer =
        Importer { file, libraries: vec![None; file.libs.len()], locations: HashMap::new(), stacks };
    for thread in &file.threads {
        importer.thread(thread, &types, nanoseconds_of_delta)?;
    }
    Ok(importer.finish())
}

/// Whole nanoseconds.
fn nanos(value: f64, factor: f64) -> Result<i64, Malformed> {
    integer(value * factor).ok_or_else(|| wrong(format!("a time or weight of {value}")))
}

/// Row `index` of a column.
fn cell<T: Copy>(column: &[T], index: u32, what: &str) -> Result<T, Malformed> {
    let found = column.get(index as usize).copied();
    found.ok_or_else(|| wrong(format!("{what} {index} of {}", column.len())))
}

/// Where a frame is: its mapping and address, and its lines, the innermost first.
type Place = (Option<MappingId>, u64, Vec<Line>);

struct Importer<'f> {
    file: &'f File,
    /// The mappings of libraries.
    libraries: Vec<Option<MappingId>>,
    locations: HashMap<Place, LocationId>,
    stacks: NamedStacks,
}

/// The tables that hold for a thread.
struct OfThread<'f> {
    strings: &'f [String],
    stack_table: &'f StackTable,
    tables: &'f Tables,
    sources: &'f Sources,
}

impl<'f> Importer<'f> {
    fn thread(
        &mut self,
        thread: &'f Thread,
        types: &[(&str, &str)],
        nanoseconds_of_delta: Option<f64>,
    ) -> Result<(), Malformed> {
        let shared = &self.file.shared;
        let (tables, stack_table) = match (&thread.tables.stack_table, &shared.stack_table) {
            (Some(own), _) => (&thread.tables, own),
            (None, Some(common)) => (shared, common),
            (None, None) => return Err(wrong(format!("thread {:?} has no stacks", thread.name))),
        };
        let own_strings = thread.tables.string_array.as_deref();
        let strings = own_strings.or(shared.string_array.as_deref()).unwrap_or_default();
        let of_thread = OfThread { strings, stack_table, tables, sources: &shared.sources };
        let labels = self.labels(thread);
        let samples = &thread.samples;
        let ((kind, unit), factor) = samples.weight_type();
        let column = types.iter().position(|known| *known == (kind, unit)).unwrap_or_default();
        let cpu = types.iter().position(|known| *known == CPU).zip(nanoseconds_of_delta);
        let mut known: HashMap<u32, Vec<LocationId>> = HashMap::new();
        let mut time = 0.0;
        let mut values = vec![0i64; types.len()];
        for (row, stack) in samples.stack.iter().enumerate() {
            time = match samples.time.get(row) {
                Some(time) => *time,
                None => time + samples.time_deltas.get(row).copied().unwrap_or_default(),
            };
            let weight = match &samples.weight {
                Some(weights) => weights.get(row).copied().flatten().unwrap_or(0.0),
                None => 1.0,
            };
            values[column] = nanos(weight, factor)?;
            if values[column] < 0 {
                return Err(wrong(format!("a weight of {weight} in thread {:?}", thread.name)));
            }
            if let (Some((column, factor)), Some(deltas)) = (cpu, &samples.thread_cpu_delta) {
                values[column] = nanos(deltas.get(row).copied().flatten().unwrap_or(0.0).max(0.0), factor)?;
            }
            if values.iter().all(|&value| value == 0) {
                continue;
            }
            let frames = match stack {
                None => &[][..],
                Some(stack) => {
                    if !known.contains_key(stack) {
                        let frames = self.stack(*stack, &of_thread)?;
                        known.insert(*stack, frames);
                    }
                    known.get(stack).map(Vec::as_slice).unwrap_or_default()
                }
            };
            let at = if self.file.meta.times_are_made_up { None } else { Some(nanos(time, 1e6)?) };
            self.stacks.add_at(at, frames, &labels, &values).map_err(wrong)?;
        }
        Ok(())
    }

    fn labels(&mut self, thread: &Thread) -> Vec<Label> {
        let builder = &mut self.stacks.builder;
        let mut labels = Vec::new();
        if !thread.name.is_empty() {
            let (key, name) = (builder.string("thread"), builder.string(&thread.name));
            labels.push(Label { key, value: LabelValue::Text(name) });
        }
        for (key, id) in [("tid", &thread.tid), ("pid", &thread.pid)] {
            let number = id.as_i64().or_else(|| id.as_str()?.parse().ok());
            let value = match (number, id.as_str()) {
                (Some(value), _) => LabelValue::Number { value, unit: hotlist_profile::StringId::EMPTY },
                (None, Some(text)) if !text.is_empty() => LabelValue::Text(builder.string(text)),
                _ => continue,
            };
            labels.push(Label { key: builder.string(key), value });
        }
        labels
    }

    /// The locations of a stack, the leaf first.
    fn stack(&mut self, leaf: u32, of_thread: &OfThread<'_>) -> Result<Vec<LocationId>, Malformed> {
        let mut locations = Vec::new();
        let mut lines = Vec::new();
        let (mut next, mut steps) = (Some(leaf), 0);
        while let Some(stack) = next {
            steps += 1;
            if steps > of_thread.stack_table.frame.len() {
                return Err(wrong("the stacks form a circle"));
            }
            let frame = cell(&of_thread.stack_table.frame, stack, "stack")?;
            let frames = &of_thread.tables.frame_table;
            let function = cell(&frames.func, frame, "frame")?;
            lines.push(Line {
                function: self.function(function, of_thread)?,
                line: frames.line.get(frame as usize).copied().flatten().unwrap_or(0).max(0),
                column: frames.column.get(frame as usize).copied().flatten().unwrap_or(0).max(0),
            });
            next = of_thread.stack_table.caller(stack);
            // Inlined functions are at the place of the one that they are inlined into.
            let depth = frames.inline_depth.get(frame as usize).copied().unwrap_or(0);
            if depth == 0 || next.is_none() {
                let location = self.location(frame, function, std::mem::take(&mut lines), of_thread)?;
                locations.push(location);
            }
        }
        Ok(locations)
    }

    fn location(
        &mut self,
        frame: u32,
        function: u32,
        mut lines: Vec<Line>,
        of_thread: &OfThread<'_>,
    ) -> Result<LocationId, Malformed> {
        let tables = of_thread.tables;
        let library = match tables.frame_table.lib.get(frame as usize) {
            Some(library) => *library,
            None => {
                let resource = tables.func_table.resource.get(function as usize).copied().unwrap_or(-1);
                let resource = usize::try_from(resource).ok();
                resource.and_then(|row| tables.resource_table.lib.get(row).copied().flatten()).unwrap_or(-1)
            }
        };
        let mapping = match usize::try_from(library) {
            Ok(library) => Some(self.library(library)?),
            Err(_) => None,
        };
        let address = tables.frame_table.address.get(frame as usize).copied().flatten().unwrap_or(-1);
        let address = u64::try_from(address).unwrap_or(0);
        let name = tables.func_table.name.get(function as usize);
        let name = name.and_then(|&name| of_thread.strings.get(name as usize)).map_or("", String::as_str);
        // Where the name of a function is its address, none is known.
        if mapping.is_some() && address != 0 && name.starts_with("0x") && lines.len() == 1 {
            lines.clear();
        } else if let Some(mapping) = mapping {
            self.stacks.builder.profile.mappings[mapping.index()].has.functions = true;
        }
        let builder = &mut self.stacks.builder;
        if let Some(mapping) = mapping {
            let limit = &mut builder.profile.mappings[mapping.index()].limit;
            *limit = (*limit).max(address.saturating_add(1));
        }
        let place = (mapping, address, lines);
        if let Some(&known) = self.locations.get(&place) {
            return Ok(known);
        }
        let id = builder.location(Location { mapping, address, ..Location::default() }, &place.2);
        self.locations.insert(place, id);
        Ok(id)
    }

    fn library(&mut self, row: usize) -> Result<MappingId, Malformed> {
        let library = self.file.libs.get(row);
        let library = library.ok_or_else(|| wrong(format!("library {row} of {}", self.file.libs.len())))?;
        if let Some(known) = self.libraries[row] {
            return Ok(known);
        }
        let builder = &mut self.stacks.builder;
        let file = builder.string(if library.path.is_empty() { &library.name } else { &library.path });
        let is_id = |id: &&str| id.bytes().any(|byte| byte != b'0');
        let build_id = library.code_id.as_deref().filter(is_id).map(str::to_owned);
        let build_id = build_id.or_else(|| build_id_of(&library.breakpad_id)).unwrap_or_default();
        let build_id = builder.string(build_id);
        let mapping = builder.mapping(Mapping { file, build_id, ..Mapping::default() });
        self.libraries[row] = Some(mapping);
        Ok(mapping)
    }

    fn function(&mut self, row: u32, of_thread: &OfThread<'_>) -> Result<FunctionId, Malformed> {
        let table = &of_thread.tables.func_table;
        let text = |index: u32| {
            let found = of_thread.strings.get(index as usize);
            found.ok_or_else(|| wrong(format!("string {index} of {}", of_thread.strings.len())))
        };
        let name = text(cell(&table.name, row, "function")?)?;
        let file = match (table.source.get(row as usize), table.file_name.get(row as usize)) {
            (Some(Some(source)), _) => text(cell(&of_thread.sources.filename, *source, "source")?)?,
            (_, Some(Some(file))) => text(*file)?,
            _ => "",
        };
        let builder = &mut self.stacks.builder;
        let (name, filename) = (builder.string(name), builder.string(file));
        let start_line = table.line_number.get(row as usize).copied().flatten().unwrap_or(0).max(0);
        Ok(builder.function(Function { id: 0, name, system_name: name, filename, start_line }))
    }

    fn finish(self) -> Profile {
        self.stacks.finish()
    }
}

/// The start of the build id that a breakpad id was made of: a GUID, whose first three parts are little-endian, and an age.
fn build_id_of(breakpad_id: &str) -> Option<String> {
    let guid = breakpad_id.get(..32).filter(|guid| guid.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    if guid.bytes().all(|byte| byte == b'0') {
        return None;
    }
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    Some(order.iter().map(|&byte| guid[2 * byte..2 * byte + 2].to_ascii_lowercase()).collect())
}
