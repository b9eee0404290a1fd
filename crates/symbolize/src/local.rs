//! Giving a profile the symbols that files on this machine have.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::HashMap;
use hotlist_profile::{
    Function, FunctionId, Line, LocationId, Locations, Mapping, MappingId, Profile, StringId, Symbolized,
};
use rustc_hash::FxBuildHasher;

use crate::binary::Detail;
use crate::jitdump::JitDump;
use crate::kernel::{KernelSymbols, build_id_of_notes};
use crate::perf_map::{PerfMap, Processes};
use crate::positions::{Frame, Positions};
use crate::search::{Attempt, Found, Outcome, Refusal, Role, Wanted};
use crate::store::{ObjectStore, OpenError, Running};
use crate::translate::{MappedRange, Translation};

/// How kernels are called in profiles; the symbol follows from which addresses are counted.
const KERNEL: &str = "[kernel.kallsyms]";

/// Finds files for mappings; the session's keeps what it has found.
pub trait Finder: Sync {
    /// The binary for `wanted`, and every path that was tried.
    fn find(&self, wanted: Wanted<'_>) -> std::sync::Arc<Found>;

    /// Where files come from.
    fn store(&self) -> &dyn ObjectStore;
}

/// What is wanted of [`symbolize`].
#[derive(Debug, Clone, Copy)]
pub struct SymbolizeOptions<'a> {
    /// How much to look up.
    pub detail: Detail,
    /// Also for mappings that have symbols.
    pub force: bool,
    /// The file that the user named for the first mapping.
    pub binary: Option<&'a str>,
    /// How many threads may work.
    pub threads: usize,
}

/// What came of a mapping.
#[derive(Debug, Clone)]
pub struct MappingReport {
    /// The mapping.
    pub mapping: MappingId,
    /// How it ended.
    pub state: State,
    /// Every path that was tried, in order.
    pub tried: Vec<Attempt>,
    /// Locations of the mapping.
    pub locations: usize,
    /// Locations whose function is known now.
    pub functions: usize,
    /// Locations whose line is known now.
    pub lines: usize,
    /// Why debug information was not read to its end.
    pub damage: Option<String>,
}

/// How it ended for a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// No location is in it.
    Unused,
    /// It has symbols, and new ones were not asked for.
    HasSymbols,
    /// It is of no file, such as `[vdso]` or memory of the program itself.
    NoFile,
    /// The profile does not name its file.
    Unnamed,
    /// No file was found.
    Missing,
    /// A file was found but cannot be used; the reason.
    Failed(String),
    /// Addresses were looked up in this file.
    Done(String),
}

/// Looks up the addresses of all mappings that need symbols, several at the same time.
///
/// No file is touched when no mapping needs symbols. The result does not depend on the number of threads.
pub fn symbolize(
    profile: &mut Profile,
    finder: &dyn Finder,
    options: &SymbolizeOptions<'_>,
) -> Vec<MappingReport> {
    let (mut reports, jobs) = plan(profile, options);
    if jobs.is_empty() {
        return reports;
    }
    let answers = {
        let profile = &*profile;
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, JobResult)>> = Mutex::new(Vec::new());
        let workers = options.threads.clamp(1, jobs.len());
        let threads = (options.threads / workers).max(1);
        let work = || {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(job) = jobs.get(number) else { return };
                let answer = look_up(profile, job, finder, options, threads);
                if let Ok(mut done) = done.lock() {
                    done.push((number, answer));
                }
            }
        };
        if workers == 1 {
            work();
        } else {
            std::thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(work))));
        }
        let mut done = done.into_inner().unwrap_or_default();
        done.sort_by_key(|(number, _)| *number);
        done
    };
    let mut lines = NewLines::default();
    let mut writer = FunctionWriter::new(profile);
    for (number, answer) in answers {
        let job = &jobs[number];
        let report = &mut reports[job.mapping.index()];
        report.tried = answer.tried;
        report.state = answer.state;
        if let Some(positions) = &answer.positions {
            report.damage.clone_from(&positions.damage);
            writer.write(profile, job, &answer.rows, positions, &mut lines, report);
        }
    }
    lines.apply(profile);
    reports
}

/// The locations of a mapping that need symbols.
#[derive(Debug)]
struct Job {
    mapping: MappingId,
    /// The process whose just-in-time compiler has made the code.
    compiled_by: Option<u32>,
    locations: Vec<LocationId>,
}

fn plan(profile: &Profile, options: &SymbolizeOptions<'_>) -> (Vec<MappingReport>, Vec<Job>) {
    let mut of_mapping: Vec<Vec<LocationId>> = vec![Vec::new(); profile.mappings.len()];
    let mut all = vec![0usize; profile.mappings.len()];
    for id in profile.locations.ids() {
        let location = profile.locations.get(id);
        let Some(mapping) = location.mapping else { continue };
        all[mapping.index()] += 1;
        // What has lines, though its mapping does not say so, misses nothing.
        let misses = location.address != 0 && profile.locations.lines(id).is_empty();
        if misses || options.force {
            of_mapping[mapping.index()].push(id);
        }
    }
    let processes = Processes::new(profile);
    let mut jobs = Vec::new();
    let mut reports = Vec::with_capacity(profile.mappings.len());
    for (row, locations) in of_mapping.into_iter().enumerate() {
        let mapping = MappingId::new(row);
        let Mapping { file, has, .. } = *profile.mapping(mapping);
        let has_symbols = has.functions || has.filenames || has.line_numbers;
        let named = row == 0 && options.binary.is_some();
        let needs = all[row] != 0 && (!has_symbols || options.force) && !locations.is_empty() && !named;
        let compiled_by = needs.then(|| processes.of_compiled(&profile.lossy(file))).flatten();
        let state = if all[row] == 0 {
            State::Unused
        } else if (has_symbols && !options.force) || locations.is_empty() {
            State::HasSymbols
        } else if file.is_empty() {
            State::Unnamed
        } else if !named
            && is_of_no_file(&profile.lossy(file))
            && profile.mapping(mapping).build_id.is_empty()
            && compiled_by.is_none()
        {
            State::NoFile
        } else {
            State::Missing
        };
        reports.push(MappingReport {
            mapping,
            tried: Vec::new(),
            locations: all[row],
            functions: 0,
            lines: 0,
            damage: None,
            state: state.clone(),
        });
        if state == State::Missing {
            jobs.push(Job { mapping, compiled_by, locations });
        }
    }
    (reports, jobs)
}

/// Whether a mapping is of something that is no file: `Mapping.Unsymbolizable` in pprof.
pub fn is_of_no_file(file: &str) -> bool {
    let base = file.rsplit('/').next().unwrap_or(file);
    // Some writers put the address of a server there.
    let is_url = file.starts_with("http://") || file.starts_with("https://");
    is_url
        || base.starts_with('[')
        || base.starts_with("linux-vdso")
        || file.starts_with("/dev/dri/")
        || file == "//anon"
        || file.starts_with("/memfd:")
}

/// What was found for a job.
struct JobResult {
    state: State,
    tried: Vec<Attempt>,
    /// For each location of the job its row among the positions.
    rows: Vec<Option<usize>>,
    positions: Option<Positions>,
}

fn look_up(
    profile: &Profile,
    job: &Job,
    finder: &dyn Finder,
    options: &SymbolizeOptions<'_>,
    threads: usize,
) -> JobResult {
    let mapping = profile.mapping(job.mapping);
    let (file, build_id) = (profile.lossy(mapping.file), profile.lossy(mapping.build_id));
    let is_named = job.mapping.index() == 0 && options.binary.is_some();
    if let Some(process) = job.compiled_by {
        return by_compiler(profile, job, finder.store(), process);
    }
    let found = finder.find(Wanted { file: &file, build_id: &build_id, is_named });
    let tried = found.tried.clone();
    let failed = |state| JobResult { state, tried: found.tried.clone(), rows: Vec::new(), positions: None };
    let Some(binary) = &found.binary else {
        if file.starts_with(KERNEL)
            && let Some(answer) = by_running_kernel(profile, job, finder.store(), &build_id, &tried)
        {
            return answer;
        }
        // A kernel's or vdso's name is no path; without a file for its build there is nothing to miss.
        let state = match reason(&tried) {
            _ if is_of_no_file(&file) => State::NoFile,
            Some(reason) => State::Failed(reason),
            None => State::Missing,
        };
        return failed(state);
    };
    let path = binary.path.display().to_string();
    let mapped = MappedRange {
        start: mapping.start,
        limit: mapping.limit,
        offset: mapping.offset,
        relocation_symbol: file.strip_prefix(KERNEL).unwrap_or_default(),
    };
    let translation = match Translation::new(&binary.file, &path, &mapped) {
        Ok(translation) => translation,
        Err(error) => return failed(State::Failed(format!("{path}: {error}"))),
    };
    let virtual_address = |id: &LocationId| {
        let address = profile.locations.get(*id).address;
        translation.to_virtual(address).filter(|_| address != 0)
    };
    let wanted: Vec<Option<u64>> = job.locations.iter().map(virtual_address).collect();
    let mut sorted: Vec<u64> = wanted.iter().flatten().copied().collect();
    sorted.sort_unstable();
    sorted.dedup();
    let positions = binary.positions(&sorted, options.detail, finder.store(), threads);
    let rows = wanted.iter().map(|address| address.and_then(|a| sorted.binary_search(&a).ok())).collect();
    JobResult { state: State::Done(path), tried, rows, positions: Some(positions) }
}

/// The functions that a just-in-time compiler has made: by its dump, where the process had one mapped, with lines; and
/// by the list that it wrote for `perf`.
fn by_compiler(profile: &Profile, job: &Job, store: &dyn ObjectStore, process: u32) -> JobResult {
    let base = format!("jit-{process}.dump");
    let is_dump = |path: &str| path.rsplit('/').next() == Some(base.as_str());
    let paths = profile.mappings.iter().map(|mapping| profile.lossy(mapping.file));
    let dump_path = paths.filter(|path| is_dump(path)).map(|path| path.into_owned()).next();
    let map_path = format!("/tmp/perf-{process}.map");
    let mut tried = Vec::new();
    let mut note = |path: &str, outcome| tried.push(Attempt { path: path.to_owned(), outcome });
    let dump_bytes = dump_path.as_ref().and_then(|path| {
        let opened = store.open(Path::new(path));
        opened.map_err(|error| note(path, Outcome::Refused(error.into()))).ok()
    });
    let dump = dump_bytes.as_ref().and_then(|bytes| {
        let path = dump_path.as_deref().unwrap_or_default();
        let parsed = JitDump::parse((**bytes).as_ref());
        let outcome = match &parsed {
            Ok(_) => Outcome::Taken(Role::Compiled),
            Err(error) => Outcome::Refused(Refusal::JitDump(*error)),
        };
        note(path, outcome);
        parsed.ok()
    });
    let map_bytes = store.running(Running::PerfMap(process));
    note(
        &map_path,
        match &map_bytes {
            Ok(_) => Outcome::Taken(Role::Compiled),
            Err(error) => Outcome::Refused(error.clone().into()),
        },
    );
    let map = map_bytes.as_ref().ok().map(|bytes| PerfMap::parse((**bytes).as_ref()));
    let used = match (&dump, &map) {
        (Some(_), _) => dump_path.unwrap_or_default(),
        (None, Some(_)) => map_path,
        (None, None) => return JobResult { state: State::NoFile, tried, rows: Vec::new(), positions: None },
    };
    let functions = dump.as_ref().map(JitDump::functions);
    let mut positions = Positions::default();
    for id in &job.locations {
        let address = profile.locations.get(*id).address;
        let by_dump = functions.as_ref().and_then(|functions| functions.frame(address, &mut positions));
        let by_map = || map.as_ref().and_then(|map| map.frame(address, &mut positions));
        let frame = by_dump.or_else(by_map);
        positions.push(frame);
    }
    positions.damage = dump.as_ref().and_then(|dump| dump.damage).map(|damage| damage.to_string());
    let rows = (0..positions.len()).map(Some).collect();
    JobResult { state: State::Done(used), tried, rows, positions: Some(positions) }
}

/// The functions of a kernel, if it is the one that runs this machine.
fn by_running_kernel(
    profile: &Profile,
    job: &Job,
    store: &dyn ObjectStore,
    build_id: &str,
    tried: &[Attempt],
) -> Option<JobResult> {
    let notes = store.running(Running::KernelNotes).ok()?;
    let running = build_id_of_notes((*notes).as_ref())?;
    let mut tried = tried.to_vec();
    let path = "the running kernel".to_owned();
    if !running.eq_ignore_ascii_case(build_id) {
        let refusal = Refusal::BuildId { found: running, wanted: build_id.to_owned() };
        tried.push(Attempt { path, outcome: Outcome::Refused(refusal) });
        return Some(JobResult { state: State::NoFile, tried, rows: Vec::new(), positions: None });
    }
    let list = store.running(Running::KernelSymbols).ok()?;
    let symbols = KernelSymbols::parse((*list).as_ref());
    if symbols.is_empty() {
        let refusal = Refusal::Open(OpenError::Failed("it shows no addresses of its symbols".to_owned()));
        tried.push(Attempt { path, outcome: Outcome::Refused(refusal) });
        return Some(JobResult { state: State::NoFile, tried, rows: Vec::new(), positions: None });
    }
    let mapping = profile.mapping(job.mapping);
    let file = profile.lossy(mapping.file);
    let counted_from = symbols.address_of(file.strip_prefix(KERNEL).unwrap_or_default().as_bytes());
    let shift = counted_from.map_or(0, |now| now.wrapping_sub(mapping.start));
    let addresses: Vec<u64> = job.locations.iter().map(|id| profile.locations.get(*id).address).collect();
    let rows = addresses.iter().enumerate().map(|(row, &address)| (address != 0).then_some(row)).collect();
    let positions = symbols.positions(&addresses, shift);
    tried.push(Attempt { path: path.clone(), outcome: Outcome::Taken(Role::Binary) });
    Some(JobResult { state: State::Done(path), tried, rows, positions: Some(positions) })
}

/// Why files that are there were refused, for the mapping as a whole.
fn reason(tried: &[Attempt]) -> Option<String> {
    tried.iter().rev().find_map(|attempt| match &attempt.outcome {
        // Those of servers are told for themselves.
        Outcome::Refused(Refusal::Open(OpenError::Missing | OpenError::Server(_))) | Outcome::Taken(_) => {
            None
        }
        Outcome::Refused(refusal) => Some(format!("{}: {refusal}", attempt.path)),
    })
}

/// Adds functions to a profile, equal ones once.
struct FunctionWriter {
    functions: HashMap<(StringId, StringId, i64), FunctionId, FxBuildHasher>,
    next_id: u64,
}

impl FunctionWriter {
    fn new(profile: &Profile) -> Self {
        let highest = profile.functions.iter().map(|function| function.id).max().unwrap_or(0);
        FunctionWriter { functions: HashMap::default(), next_id: highest.saturating_add(1) }
    }

    fn write(
        &mut self,
        profile: &mut Profile,
        job: &Job,
        rows: &[Option<usize>],
        positions: &Positions,
        lines: &mut NewLines,
        report: &mut MappingReport,
    ) {
        let mut strings: Vec<Option<StringId>> = vec![None; positions.strings.len()];
        let mut has = Symbolized::default();
        for (&location, row) in job.locations.iter().zip(rows) {
            let frames = row.map_or(&[][..], |row| positions.frames(row));
            if frames.is_empty() {
                continue;
            }
            let start = lines.lines.len();
            for frame in frames {
                has.functions |= !frame.function.is_empty();
                has.filenames |= !frame.file.is_empty();
                has.line_numbers |= frame.line != 0;
                let function = self.function(profile, frame, positions, &mut strings);
                let (line, column) = (i64::from(frame.line), i64::from(frame.column));
                lines.lines.push(Line { function, line, column });
            }
            report.functions += usize::from(frames.iter().any(|frame| !frame.function.is_empty()));
            report.lines += usize::from(frames.iter().any(|frame| frame.line != 0));
            // As in pprof: the mapping can show inlined calls, whether there are any or not.
            has.inline_frames = true;
            lines.of.insert(location, start..lines.lines.len());
        }
        let kept = &mut profile.mappings[job.mapping.index()].has;
        kept.functions |= has.functions;
        kept.filenames |= has.filenames;
        kept.line_numbers |= has.line_numbers;
        kept.inline_frames |= has.inline_frames;
    }

    fn function(
        &mut self,
        profile: &mut Profile,
        frame: &Frame,
        positions: &Positions,
        strings: &mut [Option<StringId>],
    ) -> FunctionId {
        let mut keep = |id: StringId| {
            *strings[id.index()].get_or_insert_with(|| profile.strings.intern(positions.strings.get(id)))
        };
        let (name, filename) = (keep(frame.function), keep(frame.file));
        let start_line = i64::from(frame.start_line);
        *self.functions.entry((name, filename, start_line)).or_insert_with(|| {
            let id = FunctionId::new(profile.functions.len());
            profile.functions.push(Function {
                id: self.next_id,
                name,
                system_name: name,
                filename,
                start_line,
            });
            self.next_id = self.next_id.saturating_add(1);
            id
        })
    }
}

/// Lines that take the place of those that locations have.
#[derive(Debug, Default)]
pub(crate) struct NewLines {
    pub(crate) lines: Vec<Line>,
    pub(crate) of: HashMap<LocationId, std::ops::Range<usize>, FxBuildHasher>,
}

impl NewLines {
    pub(crate) fn apply(&self, profile: &mut Profile) {
        if self.of.is_empty() {
            return;
        }
        let old = std::mem::take(&mut profile.locations);
        let mut new = Locations::default();
        for id in old.ids() {
            let mut location = old.get(id);
            match self.of.get(&id) {
                Some(range) => {
                    location.is_folded = false;
                    new.push(location, &self.lines[range.clone()]);
                }
                None => {
                    new.push(location, old.lines(id));
                }
            }
        }
        profile.locations = new;
    }
}
