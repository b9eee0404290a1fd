//! The processed format of Firefox's profiler, version 60, in gzip: a thread for each thread of the profile.
//!
//! It holds one sample type, the default one. Tables are structs of columns; all are shared by the threads in this version.
//! Source: firefox-devtools/profiler, `docs-developer/CHANGELOG-formats.md` and `src/types/profile.ts`.

use std::collections::HashMap;
use std::hash::Hash;
use std::io::{self, Write};

use hotlist_profile::{FunctionId, LocationId, MappingId, Profile, SampleId};
use serde::Serialize;

use super::threads::Thread;
use super::{Export, are_times_complete, check_not_negative, default_column};

pub(super) const EXPORT: Export = Export {
    name: "firefox",
    readers: "profiler.firefox.com, samply load",
    lost: "all sample types but the default one, labels but for threads",
    extensions: &["firefox.json.gz", "firefox"],
    write,
};

/// The version that is written. Later ones are not needed for what profiles hold, and readers bring it up to theirs.
const VERSION: u32 = 60;

#[derive(Serialize)]
struct File {
    meta: Meta,
    libs: Vec<Library>,
    shared: Shared,
    threads: Vec<ThreadTable>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    /// Milliseconds.
    interval: f64,
    /// Milliseconds since the Unix epoch.
    start_time: f64,
    process_type: u32,
    product: String,
    imported_from: &'static str,
    stackwalk: u32,
    version: u32,
    preprocessed_profile_version: u32,
    marker_schema: [u32; 0],
    categories: [Category; 1],
    symbolicated: bool,
    /// For our reader: whether the times of samples mean nothing.
    times_are_made_up: bool,
}

#[derive(Serialize)]
struct Category {
    name: &'static str,
    color: &'static str,
    subcategories: [&'static str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Library {
    arch: &'static str,
    name: String,
    path: String,
    debug_name: String,
    debug_path: String,
    breakpad_id: String,
    code_id: Option<String>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Shared {
    string_array: Vec<String>,
    stack_table: StackTable,
    frame_table: FrameTable,
    func_table: FunctionTable,
    resource_table: ResourceTable,
    native_symbols: NativeSymbols,
    sources: Sources,
}

#[derive(Serialize, Default)]
struct StackTable {
    frame: Vec<u32>,
    prefix: Vec<Option<u32>>,
    length: usize,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct FrameTable {
    /// Relative to the library; -1 when unknown.
    address: Vec<i64>,
    inline_depth: Vec<u32>,
    category: Vec<u32>,
    subcategory: Vec<u32>,
    func: Vec<u32>,
    native_symbol: Vec<Option<u32>>,
    #[serde(rename = "innerWindowID")]
    inner_window_id: Vec<Option<u32>>,
    line: Vec<Option<i64>>,
    column: Vec<Option<i64>>,
    length: usize,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct FunctionTable {
    name: Vec<u32>,
    #[serde(rename = "isJS")]
    is_js: Vec<bool>,
    #[serde(rename = "relevantForJS")]
    relevant_for_js: Vec<bool>,
    /// A row of the resources; -1 for none.
    resource: Vec<i64>,
    source: Vec<Option<u32>>,
    line_number: Vec<Option<i64>>,
    column_number: Vec<Option<i64>>,
    length: usize,
}

#[derive(Serialize, Default)]
struct ResourceTable {
    lib: Vec<Option<u32>>,
    name: Vec<u32>,
    host: Vec<Option<u32>>,
    #[serde(rename = "type")]
    kind: Vec<u32>,
    length: usize,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct NativeSymbols {
    lib_index: [u32; 0],
    address: [u32; 0],
    name: [u32; 0],
    function_size: [u32; 0],
    length: usize,
}

#[derive(Serialize, Default)]
struct Sources {
    uuid: Vec<Option<String>>,
    filename: Vec<u32>,
    length: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ThreadTable {
    process_type: &'static str,
    process_startup_time: f64,
    process_shutdown_time: Option<f64>,
    register_time: f64,
    unregister_time: Option<f64>,
    paused_ranges: [u32; 0],
    name: String,
    is_main_thread: bool,
    pid: String,
    tid: Id,
    samples: SampleTable,
    markers: Markers,
}

/// The number of a thread, or a name where it has none.
#[derive(Serialize)]
#[serde(untagged)]
enum Id {
    Number(u64),
    Text(String),
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct SampleTable {
    stack: Vec<Option<u32>>,
    /// Milliseconds.
    time: Vec<f64>,
    weight: Vec<serde_json::Number>,
    weight_type: &'static str,
    length: usize,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Markers {
    data: [u32; 0],
    name: [u32; 0],
    start_time: [u32; 0],
    end_time: [u32; 0],
    phase: [u32; 0],
    category: [u32; 0],
    length: usize,
}

/// What weights of the profiler can be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WeightType {
    Samples,
    Bytes,
    /// Written as milliseconds; so many nanoseconds are in the unit of the profile.
    Time(i64),
}

impl WeightType {
    fn of(unit: &str) -> Self {
        match unit {
            "nanoseconds" => WeightType::Time(1),
            "microseconds" => WeightType::Time(1_000),
            "milliseconds" => WeightType::Time(1_000_000),
            "seconds" => WeightType::Time(1_000_000_000),
            "bytes" => WeightType::Bytes,
            _ => WeightType::Samples,
        }
    }

    fn name(self) -> &'static str {
        match self {
            WeightType::Samples => "samples",
            WeightType::Bytes => "bytes",
            WeightType::Time(_) => "tracing-ms",
        }
    }

    fn number(self, value: i64) -> serde_json::Number {
        match self {
            WeightType::Samples | WeightType::Bytes => value.into(),
            WeightType::Time(nanos) => {
                serde_json::Number::from_f64(millis(value, nanos)).unwrap_or_else(|| value.into())
            }
        }
    }
}

/// Milliseconds in as many units of `nanos` nanoseconds.
fn millis(value: i64, nanos: i64) -> f64 {
    value as f64 * nanos as f64 / 1e6
}

fn write(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let column = default_column(profile)?;
    check_not_negative(profile, &[column], "a profile of Firefox")?;
    let unit = WeightType::of(&profile.lossy(profile.sample_types[column].unit));
    let mut tables = Tables::new(profile);
    let threads = tables.threads(column, unit);
    let period_unit = WeightType::of(&profile.lossy(profile.period_type.unit));
    let interval = match period_unit {
        WeightType::Time(nanos) if profile.period > 0 => millis(profile.period, nanos),
        _ => 1.0,
    };
    let main = profile.mappings.first().map(|main| profile.lossy(main.file)).unwrap_or_default();
    let product = match main.rsplit('/').next().unwrap_or_default() {
        "" => "hotlist".to_owned(),
        name => name.to_owned(),
    };
    let file = File {
        meta: Meta {
            interval,
            start_time: profile.time_nanos as f64 / 1e6,
            process_type: 0,
            product,
            imported_from: "hotlist",
            stackwalk: 1,
            version: 29,
            preprocessed_profile_version: VERSION,
            marker_schema: [],
            categories: [Category { name: "Other", color: "grey", subcategories: ["Other"] }],
            symbolicated: true,
            times_are_made_up: profile.samples.times().is_none() || !are_times_complete(profile, column),
        },
        libs: tables.libraries,
        shared: tables.shared,
        threads,
    };
    let mut packed = flate2::write::GzEncoder::new(out, flate2::Compression::new(6));
    serde_json::to_writer(&mut packed, &file)?;
    packed.finish()?.flush()
}

/// Rows that are numbered when they are first met.
struct Numbered<K>(HashMap<K, u32>);

impl<K: Hash + Eq> Numbered<K> {
    /// The number of `key`; `add` makes its row when it is new.
    fn get(&mut self, key: K, add: impl FnOnce()) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(key).or_insert_with(|| {
            add();
            next
        })
    }
}

/// What makes two frames the same.
#[derive(PartialEq, Eq, Hash)]
struct FrameKey {
    function: u32,
    address: i64,
    depth: u32,
    line: i64,
    column: i64,
}

struct Tables<'p> {
    profile: &'p Profile,
    shared: Shared,
    libraries: Vec<Library>,
    strings: Numbered<String>,
    /// The resource of a mapping, each of which has a library.
    resources: Numbered<MappingId>,
    sources: Numbered<u32>,
    /// By name, resource and function, where there is one.
    functions: Numbered<(u32, i64, Option<FunctionId>)>,
    frames: Numbered<FrameKey>,
    stacks: Numbered<(Option<u32>, u32)>,
    /// The frames of a location, the outermost first.
    locations: Vec<Option<Vec<u32>>>,
}

impl<'p> Tables<'p> {
    fn new(profile: &'p Profile) -> Self {
        Tables {
            profile,
            shared: Shared::default(),
            libraries: Vec::new(),
            strings: Numbered(HashMap::new()),
            resources: Numbered(HashMap::new()),
            sources: Numbered(HashMap::new()),
            functions: Numbered(HashMap::new()),
            frames: Numbered(HashMap::new()),
            stacks: Numbered(HashMap::new()),
            locations: vec![None; profile.locations.len()],
        }
    }

    /// The threads with their samples, in the order in which the samples name them.
    fn threads(&mut self, column: usize, unit: WeightType) -> Vec<ThreadTable> {
        let profile = self.profile;
        let of_labels: Vec<Thread> = (0..profile.labels.len())
            .map(|row| Thread::of(profile, hotlist_profile::LabelSetId::new(row)))
            .collect();
        let mut numbers: Numbered<&Thread> = Numbered(HashMap::new());
        let mut tables: Vec<ThreadTable> = Vec::new();
        for (sample, nanos, value) in timed_values(profile, column) {
            let thread = &of_labels[profile.samples.labels(sample).index()];
            let row = numbers.get(thread, || tables.push(thread_table(thread, tables.len(), unit)));
            let stack = self.stack(sample);
            let samples = &mut tables[row as usize].samples;
            // Without times samples follow each other, each as long as it weighs.
            let time = match (samples.time.last(), samples.weight.last()) {
                _ if nanos.is_some() => millis(nanos.unwrap_or_default(), 1),
                (Some(time), Some(weight)) if matches!(unit, WeightType::Time(_)) => {
                    time + weight.as_f64().unwrap_or_default()
                }
                (Some(time), _) => time + 1.0,
                (None, _) => 0.0,
            };
            samples.stack.push(stack);
            samples.time.push(time);
            samples.weight.push(unit.number(value));
            samples.length += 1;
        }
        if tables.is_empty() {
            tables.push(thread_table(&Thread::default(), 0, unit));
        }
        tables
    }

    fn stack(&mut self, sample: SampleId) -> Option<u32> {
        let mut prefix = None;
        for &location in self.profile.frames(sample).iter().rev() {
            if self.locations[location.index()].is_none() {
                let frames = self.frames_of(location);
                self.locations[location.index()] = Some(frames);
            }
            for &frame in self.locations[location.index()].iter().flatten() {
                let table = &mut self.shared.stack_table;
                prefix = Some(self.stacks.get((prefix, frame), || {
                    table.frame.push(frame);
                    table.prefix.push(prefix);
                    table.length += 1;
                }));
            }
        }
        prefix
    }

    fn frames_of(&mut self, location: LocationId) -> Vec<u32> {
        let profile = self.profile;
        let row = profile.locations.get(location);
        let resource = row.mapping.map_or(-1, |mapping| i64::from(self.resource(mapping)));
        let address = row.mapping.filter(|_| row.address != 0).map_or(-1, |mapping| {
            let mapping = profile.mapping(mapping);
            let relative = row.address.wrapping_sub(mapping.start).wrapping_add(mapping.offset);
            i64::try_from(relative).unwrap_or(-1)
        });
        let lines = profile.locations.lines(location);
        if lines.is_empty() {
            let name = if row.address == 0 { "<unknown>".to_owned() } else { format!("{:#x}", row.address) };
            let name = self.string(name);
            let function = self.function(name, resource, None);
            return vec![self.frame(FrameKey { function, address, depth: 0, line: 0, column: 0 })];
        }
        let outermost_first = lines.iter().rev().enumerate();
        outermost_first
            .map(|(depth, line)| {
                let function = profile.function(line.function);
                let name = if function.name.is_empty() { function.system_name } else { function.name };
                let name = self.string(profile.lossy(name).into_owned());
                let function = self.function(name, resource, Some(line.function));
                let (line, column) = (line.line, line.column);
                self.frame(FrameKey { function, address, depth: depth as u32, line, column })
            })
            .collect()
    }

    fn string(&mut self, text: String) -> u32 {
        let array = &mut self.shared.string_array;
        self.strings.get(text.clone(), || array.push(text))
    }

    fn resource(&mut self, id: MappingId) -> u32 {
        let mapping = self.profile.mapping(id);
        let path = self.profile.lossy(mapping.file).into_owned();
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let name_row = self.string(name.clone());
        let build_id = self.profile.lossy(mapping.build_id).into_owned();
        let (table, libraries) = (&mut self.shared.resource_table, &mut self.libraries);
        self.resources.get(id, || {
            libraries.push(Library {
                arch: "",
                debug_name: name.clone(),
                name,
                debug_path: path.clone(),
                path,
                breakpad_id: breakpad_id(&build_id),
                code_id: (!build_id.is_empty()).then_some(build_id),
            });
            table.lib.push(Some(libraries.len() as u32 - 1));
            table.name.push(name_row);
            table.host.push(None);
            // A library.
            table.kind.push(1);
            table.length += 1;
        })
    }

    fn function(&mut self, name: u32, resource: i64, id: Option<FunctionId>) -> u32 {
        let row = id.map(|id| self.profile.function(id)).unwrap_or_default();
        let source =
            (!row.filename.is_empty()).then(|| self.source(self.profile.lossy(row.filename).into_owned()));
        let table = &mut self.shared.func_table;
        self.functions.get((name, resource, id), || {
            table.name.push(name);
            table.is_js.push(false);
            table.relevant_for_js.push(false);
            table.resource.push(resource);
            table.source.push(source);
            table.line_number.push((row.start_line > 0).then_some(row.start_line));
            table.column_number.push(None);
            table.length += 1;
        })
    }

    fn source(&mut self, path: String) -> u32 {
        let name = self.string(path);
        let table = &mut self.shared.sources;
        self.sources.get(name, || {
            table.uuid.push(None);
            table.filename.push(name);
            table.length += 1;
        })
    }

    fn frame(&mut self, key: FrameKey) -> u32 {
        let FrameKey { function, address, depth, line, column } = key;
        let table = &mut self.shared.frame_table;
        self.frames.get(key, || {
            table.address.push(address);
            table.inline_depth.push(depth);
            table.category.push(0);
            table.subcategory.push(0);
            table.func.push(function);
            table.native_symbol.push(None);
            table.inner_window_id.push(None);
            table.line.push((line > 0).then_some(line));
            table.column.push((column > 0).then_some(column));
            table.length += 1;
        })
    }
}

/// The values of a sample type that are not zero, in the order of their times where times account for all of them.
fn timed_values(profile: &Profile, column: usize) -> Vec<(SampleId, Option<i64>, i64)> {
    let samples = &profile.samples;
    let mut values: Vec<_> = match samples.times().filter(|_| are_times_complete(profile, column)) {
        Some(times) => {
            times.iter().map(|moment| (moment.sample, Some(moment.nanos), moment.values[column])).collect()
        }
        None => samples.ids().map(|id| (id, None, samples.value(id, column))).collect(),
    };
    values.retain(|&(_, _, value)| value != 0);
    values.sort_by_key(|&(_, nanos, _)| nanos);
    values
}

fn thread_table(thread: &Thread, row: usize, unit: WeightType) -> ThreadTable {
    let name = match (&*thread.name, &*thread.tid) {
        ("", "") => "all threads".to_owned(),
        ("", tid) => format!("thread {tid}"),
        (name, _) => name.to_owned(),
    };
    let tid = match thread.tid.parse() {
        Ok(number) => Id::Number(number),
        // Threads of one process are told apart by it.
        Err(_) => Id::Text(if thread.tid.is_empty() { format!("{}", row + 1) } else { thread.tid.clone() }),
    };
    ThreadTable {
        process_type: "default",
        process_startup_time: 0.0,
        process_shutdown_time: None,
        register_time: 0.0,
        unregister_time: None,
        paused_ranges: [],
        name,
        is_main_thread: row == 0,
        pid: if thread.pid.is_empty() { "1".to_owned() } else { thread.pid.clone() },
        tid,
        samples: SampleTable { weight_type: unit.name(), ..SampleTable::default() },
        markers: Markers::default(),
    }
}

/// The id by which symbol servers of the profiler know a build: of a GNU build id the first 16 bytes as a GUID, whose
/// first three parts are little-endian, and the age 0.
fn breakpad_id(build_id: &str) -> String {
    let is_hex = build_id.len() >= 32 && build_id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex {
        return "000000000000000000000000000000000".to_owned();
    }
    let bytes: Vec<&str> = (0..16).map(|byte| &build_id[2 * byte..2 * byte + 2]).collect();
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    order.iter().map(|&byte| bytes[byte].to_ascii_uppercase()).chain(["0".to_owned()]).collect()
}

#[test]
fn build_ids_become_guids() {
    assert_eq!(breakpad_id("0123456789abcdef0123456789abcdef01234567"), "67452301AB89EFCD0123456789ABCDEF0");
    assert_eq!(breakpad_id("xyz"), "0".repeat(33));
}
