//! From records, in the order of time, to a profile.

use std::sync::Arc;

use hotlist_profile::{
    Builder, Label, LabelValue, Location, LocationId, Mapping, MappingId, Profile, StringId,
};
use rustc_hash::FxHashMap;

use super::address_space::{AddressSpace, Mapped, MappedFile};
use super::event::Event;
use super::fields::{ByteOrder, Fields, Result};
use super::processes::Processes;
use super::record::{CpuMode, Record, kind};
use super::sample::{Events, Sample, SampledRegisters};
use super::unwinder::{Processor, SampledStack, StackEnd, Summary, Unwinder};

/// The kernel's mappings belong to this process in records.
const KERNEL_PID: u32 = u32::MAX;

/// Where the callers of a frame lie on another stack, as below the scheduler of Go, which has copied nothing of that one,
/// the kernel has found them by frame pointers, if the program has these. Says whether they lead on: the chain has one of
/// the last frames, and all behind it is code of a file.
fn go_on(frames: &mut Vec<u64>, end: StackEnd, chain: &[u64], maps: &AddressSpace) -> bool {
    // What has no caller by the tables may be the end of a stack and not of all calls. Where a caller was wanted and not
    // found, the last frames may be wrong already.
    let doubtful = match end {
        StackEnd::Root => 1,
        StackEnd::Lost => 3,
        StackEnd::Truncated => 0,
    };
    for last in (frames.len().saturating_sub(doubtful)..frames.len()).rev() {
        let Some(place) = chain.iter().position(|address| *address == frames[last]) else { continue };
        let rest = &chain[place + 1..];
        let is_code = |address: &u64| maps.find(*address).is_some();
        if !rest.iter().all(is_code) {
            return false;
        }
        frames.truncate(last + 1);
        frames.extend_from_slice(rest);
        return true;
    }
    false
}

/// Values of a call chain from here on are no addresses but say what follows (`PERF_CONTEXT_MAX`).
const FIRST_CONTEXT: u64 = 0xffff_ffff_ffff_f001;

/// More mappings than this are not copied from process to process.
const MOST_COPIED: usize = 1 << 25;

/// Takes records of `perf_event_open` one after the other, in the order of time, and makes a profile of them.
///
/// The records may come from a file or from the kernel.
pub struct Decoder<'a> {
    events: Events,
    processor: Option<Processor>,
    unwinder: &'a mut dyn Unwinder,
    processes: Processes,
    kernel: AddressSpace,
    files: Files,
    mappings: Mappings,
    builder: Builder,
    locations: FxHashMap<(usize, u64), LocationId>,
    /// Stands for frames that were not sampled.
    truncated: Option<LocationId>,
    /// Where processes that make code write down what they made.
    code_lists: FxHashMap<u32, String>,
    labels: FxHashMap<(u32, u32, StringId, StringId), Vec<Label>>,
    keys: Keys,
    /// The column of each event.
    columns: Vec<usize>,
    values: Vec<i64>,
    summary: Summary,
    first_time: Option<u64>,
    last_time: u64,
    frames: Vec<u64>,
    /// The frames of the program that the kernel has found.
    chain: Vec<u64>,
    stack: Vec<LocationId>,
}

impl std::fmt::Debug for Decoder<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Decoder").field("events", &self.events.all).finish_non_exhaustive()
    }
}

/// What is known of a recording before its first record.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// The events that samples are of.
    pub events: Vec<Event>,
    /// The machine, by which registers are understood: `x86_64`, `aarch64`; empty when it is not known.
    pub machine: String,
    /// Files whose builds are known, by path.
    pub build_ids: std::collections::HashMap<String, String>,
}

struct Keys {
    thread: StringId,
    tid: StringId,
    pid: StringId,
    command: StringId,
}

/// The files that were mapped.
#[derive(Default)]
struct Files {
    known: FxHashMap<(String, String), Arc<MappedFile>>,
    build_ids: std::collections::HashMap<String, String>,
}

impl Files {
    fn get(&mut self, path: String, build_id: String) -> Arc<MappedFile> {
        let build_id = match self.build_ids.get(&path) {
            Some(known) if build_id.is_empty() => known.clone(),
            _ => build_id,
        };
        let number = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        let file = |path: &str, build_id: &str| {
            Arc::new(MappedFile { number, path: path.to_owned(), build_id: build_id.to_owned() })
        };
        Arc::clone(
            self.known.entry((path, build_id)).or_insert_with_key(|(path, build_id)| file(path, build_id)),
        )
    }
}

/// A mapping of the profile. Code that is in the same place of the same file in several processes is in one of them,
/// at the addresses that it had in the first.
struct Row {
    start: u64,
    limit: u64,
    offset: u64,
    file: Arc<MappedFile>,
    /// In the profile, once there are samples in it.
    id: Option<MappingId>,
}

#[derive(Default)]
struct Mappings {
    rows: Vec<Row>,
    by_place: FxHashMap<(u32, u64), usize>,
}

/// The row of addresses at which nothing is mapped.
const NOWHERE: usize = usize::MAX;

impl Mappings {
    /// The mapping of a range of a file, with the row that its code is in.
    fn place(&mut self, start: u64, limit: u64, offset: u64, file: Arc<MappedFile>, is_made: bool) -> Mapped {
        // Memory has no places beside its addresses.
        let key = (file.number, if is_made { start } else { offset });
        let rows = &mut self.rows;
        let row = *self.by_place.entry(key).or_insert_with(|| {
            rows.push(Row { start, limit, offset, file: Arc::clone(&file), id: None });
            rows.len() - 1
        });
        let known = &mut rows[row];
        known.limit = known.limit.max(known.start.saturating_add(limit.saturating_sub(start)));
        Mapped { start, limit, offset, file, row, shift: known.start.wrapping_sub(start) }
    }
}

/// Where a frame was found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Kernel,
    User,
}

impl<'a> Decoder<'a> {
    /// Nothing was read yet.
    pub fn new(order: ByteOrder, recorded: Recorded, unwinder: &'a mut dyn Unwinder) -> Decoder<'a> {
        let mut types = vec![("samples".to_owned(), "count")];
        let mut columns = Vec::new();
        for event in &recorded.events {
            if event.is_dummy() {
                columns.push(0);
                continue;
            }
            let unit = if event.is_clock() { "nanoseconds" } else { "count" };
            let new = (event.title(), unit);
            let column = types.iter().position(|known| *known == new).unwrap_or(types.len());
            if column == types.len() {
                types.push(new);
            }
            columns.push(column);
        }
        let named: Vec<(&str, &str)> = types.iter().map(|(name, unit)| (name.as_str(), *unit)).collect();
        let mut builder = Builder::new(&named);
        let shown = recorded.events.iter().position(Event::is_clock).map_or(1, |event| columns[event]);
        let shown = shown.min(types.len() - 1);
        let shown_type = builder.profile.sample_types[shown];
        builder.profile.default_sample_type = shown_type.kind;
        builder.profile.period_type = shown_type;
        let counted = recorded.events.iter().zip(&columns).find(|(_, column)| **column == shown);
        builder.profile.period = counted.map_or(1, |(event, _)| period(event));
        let keys = Keys {
            thread: builder.string("thread"),
            tid: builder.string("tid"),
            pid: builder.string("pid"),
            command: builder.string("comm"),
        };
        let processor = match recorded.machine.as_str() {
            "x86_64" => Some(Processor::X86_64),
            "aarch64" => Some(Processor::Aarch64),
            "" => recorded.events.iter().find_map(|event| processor_of(event.user_registers)),
            _ => None,
        };
        let mut events = Events::new(order);
        recorded.events.into_iter().for_each(|event| events.push(event));
        Decoder {
            events,
            processor,
            unwinder,
            processes: Processes::default(),
            kernel: AddressSpace::default(),
            files: Files { build_ids: recorded.build_ids, ..Files::default() },
            mappings: Mappings::default(),
            builder,
            locations: FxHashMap::default(),
            truncated: None,
            code_lists: FxHashMap::default(),
            labels: FxHashMap::default(),
            keys,
            columns,
            values: vec![0; types.len()],
            summary: Summary::default(),
            first_time: None,
            last_time: 0,
            frames: Vec::new(),
            chain: Vec::new(),
            stack: Vec::new(),
        }
    }

    /// Takes a record. Kinds that are not known are passed over.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn record(&mut self, record: Record<'_>) -> Result<()> {
        let order = self.events.order;
        let mut fields = Fields::new(record.body, order);
        match record.kind {
            kind::SAMPLE => match self.events.sample(record.body)? {
                Some(sample) => self.sample(&sample, record.mode())?,
                None => self.summary.unknown += 1,
            },
            kind::MMAP if !record.is_data() => {
                let (pid, _) = (fields.u32()?, fields.u32()?);
                let (start, size, offset) = (fields.u64()?, fields.u64()?, fields.u64()?);
                self.map(record, pid, start, size, offset, String::new(), fields.text())?;
            }
            kind::MMAP2 if !record.is_data() => {
                const EXECUTABLE: u32 = 4;
                let (pid, _) = (fields.u32()?, fields.u32()?);
                let (start, size, offset) = (fields.u64()?, fields.u64()?, fields.u64()?);
                let mut identity = Fields::new(fields.bytes(24)?, order);
                let (protection, _flags) = (fields.u32()?, fields.u32()?);
                let build_id = if record.has_build_id() {
                    let size = usize::from(identity.u8()?).min(20);
                    identity.bytes(3)?;
                    hex(identity.bytes(size)?)
                } else {
                    String::new()
                };
                // Old kernels do not tell how the kernel itself is protected.
                if protection & EXECUTABLE != 0 || pid == KERNEL_PID {
                    self.map(record, pid, start, size, offset, build_id, fields.text())?;
                }
            }
            kind::COMM => {
                let (pid, tid) = (fields.u32()?, fields.u32()?);
                let name = self.builder.string(fields.text());
                if record.is_exec() {
                    self.processes.execute(pid);
                }
                self.processes.rename(tid, name);
            }
            kind::FORK => {
                let (pid, parent_pid) = (fields.u32()?, fields.u32()?);
                let (tid, parent_tid) = (fields.u32()?, fields.u32()?);
                self.processes.fork(pid, tid, parent_pid, parent_tid, !record.is_made_up_fork());
            }
            kind::LOST => {
                let (_id, lost) = (fields.u64()?, fields.u64()?);
                self.summary.lost = self.summary.lost.saturating_add(lost);
            }
            kind::LOST_SAMPLES => {
                self.summary.lost = self.summary.lost.saturating_add(fields.u64()?);
            }
            _ => {}
        }
        if self.processes.copied > MOST_COPIED {
            return Err("processes have too many mappings".to_owned());
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "they are the fields of a record")]
    fn map(
        &mut self,
        record: Record<'_>,
        pid: u32,
        start: u64,
        size: u64,
        offset: u64,
        build_id: String,
        path: &[u8],
    ) -> Result<()> {
        let limit = start.checked_add(size).ok_or("a mapping ends behind the last address")?;
        let mut path = String::from_utf8_lossy(path).into_owned();
        let is_kernel = pid == KERNEL_PID || record.mode() == CpuMode::Kernel;
        if !is_kernel && is_code_list(&path) {
            self.code_lists.insert(pid, path);
            return Ok(());
        }
        let is_made = !is_kernel && is_memory(&path);
        if is_made {
            // So perf calls what a program made itself, and so the file is called that may tell of it.
            path = self.code_lists.get(&pid).cloned().unwrap_or_else(|| format!("/tmp/perf-{pid}.map"));
        }
        let known = is_kernel.then(|| kernel_file(&path)).flatten();
        let build_id = match known.and_then(|known| self.files.build_ids.get(known)) {
            Some(known) if build_id.is_empty() => known.clone(),
            _ => build_id,
        };
        let file = self.files.get(path, build_id);
        let mapped = self.mappings.place(start, limit, offset, file, is_made);
        if is_kernel {
            self.kernel.insert(mapped);
            return Ok(());
        }
        self.unwinder.mapped(pid, &mapped);
        let row = mapped.row;
        self.processes.maps_mut(pid).insert(mapped);
        let process = self.processes.process(pid);
        if process.program.is_none() && !is_made {
            process.program = Some(row);
        }
        Ok(())
    }

    fn sample(&mut self, sample: &Sample<'_>, mode: CpuMode) -> Result<()> {
        self.first_time.get_or_insert(sample.time);
        self.last_time = self.last_time.max(sample.time);
        self.summary.samples += 1;
        self.summary.with_branches += u64::from(sample.has_branches);
        self.processes.process(sample.pid).samples += 1;
        self.stack.clear();
        self.chain.clear();
        let mut side = if mode == CpuMode::Kernel { Side::Kernel } else { Side::User };
        let mut is_exact = true;
        for word in sample.call_chain.iter().flat_map(|words| words.iter()) {
            if word >= FIRST_CONTEXT {
                side = side_of(word).unwrap_or(side);
                // What is at the front of a part was interrupted there, and called nothing.
                is_exact = true;
                continue;
            }
            let address = if is_exact { word } else { word.saturating_sub(1) };
            is_exact = false;
            if side == Side::User {
                self.chain.push(address);
            } else {
                self.push(sample, side, address);
            }
        }
        let registers = sample.registers.as_ref();
        if !registers.is_some_and(|registers| self.unwind(sample, registers)) {
            for place in 0..self.chain.len() {
                self.push(sample, Side::User, self.chain[place]);
            }
        }
        if self.stack.is_empty()
            && let Some(instruction) = sample.instruction
        {
            self.push(sample, side, instruction);
        }
        let labels = self.labels(sample);
        let period = i64::try_from(sample.period).unwrap_or(i64::MAX);
        self.values.fill(0);
        self.values[self.columns[sample.event]] = period;
        self.values[0] = 1;
        let added = self.builder.add(&self.stack, &self.labels[&labels], &self.values);
        added.map(drop).map_err(|error| error.to_string())
    }

    /// Adds the frames of a stack that was sampled as memory; says whether it was.
    fn unwind(&mut self, sample: &Sample<'_>, registers: &SampledRegisters<'_>) -> bool {
        let Some(stack) = self.processor.and_then(|processor| sampled_stack(processor, sample, registers))
        else {
            return false;
        };
        self.summary.unwound += 1;
        let mut frames = std::mem::take(&mut self.frames);
        frames.clear();
        let nothing = AddressSpace::default();
        let maps = self.processes.maps(sample.pid).unwrap_or(&nothing);
        let mut end = self.unwinder.unwind(maps, &stack, &mut frames);
        if go_on(&mut frames, end, &self.chain, maps) {
            end = StackEnd::Root;
        }
        for &address in &frames {
            self.push(sample, Side::User, address);
        }
        self.frames = frames;
        match end {
            StackEnd::Root => {}
            StackEnd::Truncated => {
                self.summary.truncated += 1;
                let location = *self.truncated.get_or_insert_with(|| {
                    let function = self.builder.named_function("[truncated]", "");
                    self.builder.source_location(function, 0)
                });
                self.stack.push(location);
            }
            StackEnd::Lost => self.summary.broken += 1,
        }
        true
    }

    fn push(&mut self, sample: &Sample<'_>, side: Side, address: u64) {
        let maps = match side {
            Side::Kernel => Some(&self.kernel),
            Side::User => self.processes.maps(sample.pid),
        };
        let mapped = maps.and_then(|maps| maps.find(address));
        let (row, place) = mapped.map_or((NOWHERE, address), |it| (it.row, address.wrapping_add(it.shift)));
        let location = match self.locations.get(&(row, place)) {
            Some(&known) => known,
            None => {
                let mapping = (row != NOWHERE).then(|| self.mapping(row));
                let location = Location { mapping, address: place, ..Location::default() };
                let location = self.builder.location(location, &[]);
                self.locations.insert((row, place), location);
                location
            }
        };
        self.stack.push(location);
    }

    fn mapping(&mut self, row: usize) -> MappingId {
        let Row { start, limit, offset, ref file, id } = self.mappings.rows[row];
        if let Some(id) = id {
            return id;
        }
        let (file, build_id) = (self.builder.string(&file.path), self.builder.string(&file.build_id));
        let id = self.builder.mapping(Mapping { start, limit, offset, file, build_id, ..Mapping::default() });
        self.mappings.rows[row].id = Some(id);
        id
    }

    /// The key of the labels of a sample.
    fn labels(&mut self, sample: &Sample<'_>) -> (u32, u32, StringId, StringId) {
        let (pid, tid) = (sample.pid, sample.tid);
        let command = self.processes.name(pid).unwrap_or(StringId::EMPTY);
        let thread = self.processes.name(tid).unwrap_or(command);
        let key = (pid, tid, thread, command);
        let keys = &self.keys;
        self.labels.entry(key).or_insert_with(|| {
            let mut labels = Vec::new();
            for (key, name) in [(keys.thread, thread), (keys.command, command)] {
                if name != StringId::EMPTY {
                    labels.push(Label { key, value: LabelValue::Text(name) });
                }
            }
            for (key, number) in [(keys.tid, tid), (keys.pid, pid)] {
                if number != u32::MAX {
                    let value = LabelValue::Number { value: i64::from(number), unit: StringId::EMPTY };
                    labels.push(Label { key, value });
                }
            }
            labels
        });
        key
    }

    /// The recording ends in the middle of a record.
    pub fn is_cut(&mut self) {
        self.summary.is_cut = true;
    }

    /// What was read so far.
    pub fn summary(&self) -> Summary {
        Summary { processes: self.processes.sampled().count() as u64, ..self.summary }
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        const LOCATION: usize = size_of::<((usize, u64), LocationId)>() + 1;
        const ROW: usize = size_of::<Row>() + size_of::<((u32, u64), usize)>();
        self.builder.memory()
            + self.locations.capacity() * LOCATION
            + self.mappings.rows.len() * ROW
            + self.labels.len() * 256
    }

    /// The profile of everything that was read.
    pub fn finish(mut self) -> Profile {
        let summary = self.summary();
        self.unwinder.summary(&summary);
        for warning in summary.warnings() {
            let comment = self.builder.string(&warning);
            self.builder.profile.comments.push(comment);
        }
        let program = self
            .processes
            .sampled()
            .filter(|process| process.program.is_some())
            .max_by_key(|process| (process.samples, std::cmp::Reverse(process.program)))
            .and_then(|process| process.program);
        let program = program.map(|row| self.mapping(row));
        let mut profile = self.builder.finish();
        let first = self.first_time.unwrap_or(self.last_time);
        profile.duration_nanos = i64::try_from(self.last_time - first).unwrap_or(i64::MAX);
        if let Some(program) = program {
            bring_to_front(&mut profile, program);
        }
        profile
    }
}

/// Makes a mapping the first, which is taken for that of the program.
fn bring_to_front(profile: &mut Profile, program: MappingId) {
    let first = MappingId::new(0);
    if program == first {
        return;
    }
    profile.mappings.swap(first.index(), program.index());
    let (one, other) = (profile.mappings[first.index()].id, profile.mappings[program.index()].id);
    profile.mappings[first.index()].id = other;
    profile.mappings[program.index()].id = one;
    for id in profile.locations.ids() {
        let mapping = &mut profile.locations.get_mut(id).mapping;
        if *mapping == Some(first) {
            *mapping = Some(program);
        } else if *mapping == Some(program) {
            *mapping = Some(first);
        }
    }
}

/// How much of an event is between two samples of it; 1 when that changes.
fn period(event: &Event) -> i64 {
    let period = match (event.period, event.frequency) {
        (Some(period), _) => Some(period),
        (None, Some(frequency)) if event.is_clock() => 1_000_000_000_u64.checked_div(frequency),
        (None, _) => None,
    };
    period.and_then(|period| i64::try_from(period).ok()).unwrap_or(1)
}

/// Whether a mapping only tells where a process writes down the code that it makes (`jit-PID.dump`).
fn is_code_list(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let number = name.strip_prefix("jit-").and_then(|rest| rest.strip_suffix(".dump"));
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether a mapping is of no file but of memory.
fn is_memory(path: &str) -> bool {
    path.is_empty()
        || path.starts_with("//anon")
        || path.starts_with("/dev/zero")
        || path.starts_with("/anon_hugepage")
        || path.starts_with("/memfd:")
        || path.starts_with("/SYSV")
        || path.starts_with("[anon")
        || path.starts_with("[heap")
        || path.starts_with("[stack")
}

/// By which name the build of a kernel is known.
fn kernel_file(path: &str) -> Option<&str> {
    const KERNEL: &str = "[kernel.kallsyms]";
    path.starts_with(KERNEL).then_some(KERNEL)
}

fn side_of(context: u64) -> Option<Side> {
    const HYPERVISOR: u64 = (-32_i64) as u64;
    const KERNEL: u64 = (-128_i64) as u64;
    const USER: u64 = (-512_i64) as u64;
    const GUEST_KERNEL: u64 = (-2176_i64) as u64;
    const GUEST_USER: u64 = (-2560_i64) as u64;
    match context {
        HYPERVISOR | KERNEL | GUEST_KERNEL => Some(Side::Kernel),
        USER | GUEST_USER => Some(Side::User),
        _ => None,
    }
}

/// Of which processor registers are that have these numbers (`arch/*/include/uapi/asm/perf_regs.h`).
fn processor_of(registers: u64) -> Option<Processor> {
    const X86_64_POINTERS: u64 = 1 << 6 | 1 << 7 | 1 << 8;
    const AARCH64_POINTERS: u64 = 1 << 29 | 1 << 31 | 1 << 32;
    if registers & AARCH64_POINTERS == AARCH64_POINTERS {
        Some(Processor::Aarch64)
    } else if registers & X86_64_POINTERS == X86_64_POINTERS {
        Some(Processor::X86_64)
    } else {
        None
    }
}

fn sampled_stack<'a>(
    processor: Processor,
    sample: &Sample<'a>,
    registers: &SampledRegisters<'_>,
) -> Option<SampledStack<'a>> {
    if !registers.is_64 {
        return None;
    }
    let (instruction, stack_pointer, frame_pointer, link) = match processor {
        Processor::X86_64 => (8, 7, 6, None),
        Processor::Aarch64 => (32, 31, 29, Some(30)),
    };
    Some(SampledStack {
        processor,
        instruction: registers.get(instruction)?,
        stack_pointer: registers.get(stack_pointer)?,
        frame_pointer: registers.get(frame_pointer).unwrap_or(0),
        link: link.and_then(|link| registers.get(link)).unwrap_or(0),
        bytes: sample.stack,
    })
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
