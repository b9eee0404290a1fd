//! A binary with all that was found for it, and the addresses that it explains.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use hotlist_profile::StringId;

use crate::dwarf::{self, Context, Span, Units, Worker};
use crate::go::GoTable;
use crate::labels::{Label, LabelKind, Labels};
use crate::object_file::{ObjectError, ObjectFile};
use crate::object_labels::Stubs;
use crate::pdb::Pdb;
use crate::positions::{Frame, Positions};
use crate::store::ObjectStore;
use crate::symbol_table::Symbol;

/// The most units that are asked of those that claim an address; more than one claims it only where a linker has
/// folded equal functions.
const MOST_CLAIMS: usize = 4;

/// How much is wanted to know about addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// The function by the symbol table: quick, and without inlined calls.
    Functions,
    /// Functions, inlined calls, files and lines.
    #[default]
    Lines,
}

/// A binary and its companions.
#[derive(Debug)]
pub struct Binary {
    /// Where it was found.
    pub path: PathBuf,
    /// The file itself, or its debug information where the binary is not to be had.
    pub file: Arc<ObjectFile>,
    /// A second file with the debug information and symbols of a stripped binary.
    pub debug: Option<Arc<ObjectFile>>,
    /// What several debug files have in common (`dwz`).
    pub shared: Option<Arc<ObjectFile>>,
    /// Split units in a package (`.dwp`).
    pub package: Option<Arc<ObjectFile>>,
    /// The debug information of a Windows program.
    pub(crate) pdb: Option<Pdb>,
    units: OnceLock<Units>,
    stubs: OnceLock<Stubs>,
}

/// A function with its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionSymbol<'a> {
    /// Its first virtual address.
    pub address: u64,
    /// Its size in bytes; up to the next function where the table does not say.
    pub size: u64,
    /// Its name as the linker knows it, mangled.
    pub name: &'a [u8],
}

impl Binary {
    /// A binary without companions.
    pub fn new(path: impl Into<PathBuf>, file: Arc<ObjectFile>) -> Binary {
        Binary {
            path: path.into(),
            file,
            debug: None,
            shared: None,
            package: None,
            pdb: None,
            units: OnceLock::new(),
            stubs: OnceLock::new(),
        }
    }

    /// The file with the debug information, if any has some.
    pub fn debug_info(&self) -> Option<&ObjectFile> {
        [self.debug.as_ref(), Some(&self.file)]
            .into_iter()
            .flatten()
            .find(|file| file.has_debug_info())
            .map(|file| &**file)
    }

    /// The file with the most symbols.
    fn symbol_file(&self) -> &ObjectFile {
        let files = [Some(&self.file), self.debug.as_ref()];
        let most = files.into_iter().flatten().max_by_key(|file| file.symbols().rows().len());
        most.unwrap_or(&self.file)
    }

    /// The functions of the symbol table, by address.
    pub fn functions(&self) -> Vec<FunctionSymbol<'_>> {
        let file = self.symbol_file();
        let rows = file.symbols().rows();
        if rows.is_empty()
            && let Some(go) = GoTable::open(&self.file)
        {
            let function =
                |row| go.function(row).map(|(address, size, name)| FunctionSymbol { address, size, name });
            return (0..go.len()).filter_map(function).collect();
        }
        let code = file.code_ranges();
        let function = |symbol: &Symbol| {
            let guess = || self.end_of_unsized(symbol.address, &code).saturating_sub(symbol.address);
            let size = if symbol.size > 0 { symbol.size } else { guess() };
            FunctionSymbol { address: symbol.address, size, name: symbol.name(file) }
        };
        rows.iter().map(function).collect()
    }

    /// Where the function of a symbol without a size ends at the latest: at the end of its section, at the next
    /// symbol of any kind, or where unwinders know the end of a function or the beginning of another.
    fn end_of_unsized(&self, start: u64, code: &[Range<u64>]) -> u64 {
        let after = code.partition_point(|range| range.start <= start);
        let section = code[..after].iter().rev().find(|range| range.contains(&start));
        // A debug file has the symbols, and the binary the rest.
        let files = [Some(&self.file), self.debug.as_ref()];
        let by_unwinders = files.into_iter().flatten().map(|file| file.function_bounds().end_of(start));
        let next = self.symbol_file().symbols().end_of_unsized(start);
        section.map_or(start, |range| range.end).min(next).min(by_unwinders.min().unwrap_or(u64::MAX))
    }

    /// The function at `address` that unwinders know, when nothing has its name.
    pub fn unnamed_function(&self, address: u64) -> Option<Range<u64>> {
        let files = [Some(&self.file), self.debug.as_ref()];
        files.into_iter().flatten().find_map(|file| file.function_bounds().holding(address))
    }

    /// The names of addresses in its code. Where no table of the linker has functions, they are those of
    /// [`functions`](Self::functions).
    ///
    /// # Errors
    /// When the headers of the file are damaged.
    pub fn labels(&self) -> Result<Labels, ObjectError> {
        let labels = Labels::of(&self.file, self.debug.as_deref())?;
        if labels.iter().any(|label| label.kind == LabelKind::Function) {
            return Ok(labels);
        }
        let label = |function: FunctionSymbol<'_>| Label {
            address: function.address,
            name: String::from_utf8_lossy(function.name).into_owned(),
            size: function.size,
            kind: LabelKind::Function,
            global: false,
            synthetic: true,
        };
        let functions: Vec<Label> = self.functions().into_iter().map(label).collect();
        Ok(labels.with(functions))
    }

    /// The text of the source file at `path`, where the compiler has put it into the debug information.
    pub fn source(&self, path: &str) -> Option<String> {
        let dwarf = dwarf::load(self.debug_info()?, self.shared.as_deref()).ok()?;
        dwarf::source(&dwarf, path.as_bytes()).map(|text| String::from_utf8_lossy(text).into_owned())
    }

    /// The functions, inlined calls and lines of the sorted virtual `addresses`, with up to `threads`
    /// threads. The answer does not depend on their number.
    ///
    /// Where debug information is damaged, what can be read of it and the symbol table answer;
    /// [`Positions::damage`] says why.
    pub fn positions(
        &self,
        addresses: &[u64],
        detail: Detail,
        store: &dyn ObjectStore,
        threads: usize,
    ) -> Positions {
        debug_assert!(addresses.is_sorted());
        let (mut answers, mut damage) = (Vec::new(), None);
        if detail == Detail::Lines
            && let Some(debug) = self.debug_info()
        {
            match self.by_dwarf(debug, addresses, store, threads) {
                Ok(found) => answers = found,
                Err(error) => damage = Some(error.to_string()),
            }
            damage = damage.or_else(|| self.units.get()?.damage.clone());
        }
        let symbols = self.symbol_file();
        let code = symbols.code_ranges();
        let stubs = self.stubs.get_or_init(|| Stubs::read(&self.file));
        // Of assembly debug information knows the end, though not the functions.
        let units = self.units.get().filter(|_| detail == Detail::Lines);
        let end_of_unsized = |start: u64| {
            let end = self.end_of_unsized(start, &code);
            units.map_or(end, |units| end.min(units.end_around(start)))
        };
        let mut spans: Vec<Option<(usize, Span)>> = vec![None; addresses.len()];
        for (worker, answers) in answers.iter().enumerate() {
            for &span in &answers.spans {
                let kept = &mut spans[span.address as usize];
                if kept.is_none_or(|(_, kept)| !kept.has_function) {
                    *kept = Some((worker, span));
                }
            }
        }
        let go = self.go(detail);
        let by_pdb = match (&self.pdb, detail) {
            (Some(pdb), Detail::Lines) => Some(pdb.positions(&self.file, addresses)),
            _ => None,
        };
        let mut positions = Positions::default();
        positions.damage = damage.or_else(|| by_pdb.as_ref()?.damage.clone());
        let mut frames: Vec<Frame> = Vec::new();
        for (row, (&address, span)) in addresses.iter().zip(&spans).enumerate() {
            frames.clear();
            if let Some((worker, span)) = span {
                let from = &answers[*worker];
                let mut keep = |id: StringId| positions.strings.intern(from.strings.get(id));
                frames.extend(from.frames[span.start..span.end].iter().map(|frame| Frame {
                    function: keep(frame.function),
                    file: keep(frame.file),
                    ..*frame
                }));
            }
            if let Some(from) = &by_pdb
                && frames.is_empty()
            {
                let mut keep = |id: StringId| positions.strings.intern(from.strings.get(id));
                frames.extend(from.frames(row).iter().map(|frame| Frame {
                    function: keep(frame.function),
                    file: keep(frame.file),
                    ..*frame
                }));
            }
            let by_go = frames.is_empty()
                && go.as_ref().is_some_and(|go| go.frames(address, &mut positions.strings, &mut frames));
            if !by_go
                && frames.is_empty()
                && let Some(stub) = stubs.name_at(address)
            {
                if !stub.is_empty() {
                    let function = positions.strings.intern(stub.as_bytes());
                    frames.push(Frame { function, ..Frame::default() });
                }
            } else if !by_go
                && let Some(symbol) = symbols.symbols().lookup(address)
                && (symbol.size > 0 || symbol.address == address || address < end_of_unsized(symbol.address))
            {
                let name = positions.strings.intern(symbol.name(symbols));
                if frames.is_empty() {
                    frames.push(Frame::default());
                }
                if let Some(last) = frames.last_mut() {
                    // The linker's name tells copies of a function apart, as llvm-symbolizer does.
                    if last.function.is_empty() || symbol.size > 0 {
                        last.function = name;
                    }
                    if last.file.is_empty()
                        && let Some(source) = symbols.symbols().source(symbol, symbols)
                    {
                        last.file = positions.strings.intern(source);
                    }
                }
            }
            positions.push(frames.iter().copied());
        }
        positions
    }

    /// Go's own tables, where there is no debug information and its facts are wanted.
    fn go(&self, detail: Detail) -> Option<GoTable<'_>> {
        let symbols_do = detail == Detail::Functions && !self.symbol_file().symbols().rows().is_empty();
        if self.debug_info().is_some() || symbols_do { None } else { GoTable::open(&self.file) }
    }

    fn by_dwarf(
        &self,
        file: &ObjectFile,
        addresses: &[u64],
        store: &dyn ObjectStore,
        threads: usize,
    ) -> Result<Vec<dwarf::Answers>, ObjectError> {
        let dwarf = dwarf::load(file, self.shared.as_deref())?;
        let lowest_code = file.code_ranges().first().map_or(0, |range| range.start);
        let units = self.units.get_or_init(|| Units::read(&dwarf, lowest_code));
        let package = self.package.as_deref().and_then(|package| dwarf::load_package(package).ok());
        let folders = homes(store, &self.path);
        let symbols = self.symbol_file().symbols();
        let context = Context {
            dwarf: &dwarf,
            units,
            package: package.as_ref(),
            open_split: &|compiler_folder, name| open_split(store, &folders, compiler_folder, name),
            lowest_code,
            is_padding: &|address| symbols.is_padding(address),
        };
        let mut answers: Vec<dwarf::Answers> = Vec::new();
        let mut open: Vec<(u32, Vec<u32>)> = claims(units, addresses);
        for round in 0..MOST_CLAIMS {
            let jobs = jobs(&open, round);
            if jobs.is_empty() {
                break;
            }
            let done = work(context, addresses, &jobs, threads);
            for answer in &done {
                for span in answer.spans.iter().filter(|span| span.has_function) {
                    if let Ok(place) = open.binary_search_by_key(&span.address, |(address, _)| *address) {
                        open[place].1.clear();
                    }
                }
            }
            answers.extend(done);
        }
        Ok(answers)
    }
}

/// For each address the units that claim it.
fn claims(units: &Units, addresses: &[u64]) -> Vec<(u32, Vec<u32>)> {
    let mut found = Vec::new();
    let mut claims = Vec::with_capacity(addresses.len());
    for (number, &address) in (0u32..).zip(addresses) {
        units.holding(address, &mut found);
        claims.push((number, found.clone()));
    }
    claims
}

/// What to ask of each unit in this round, when the units of earlier rounds knew no function.
fn jobs(open: &[(u32, Vec<u32>)], round: usize) -> Vec<(u32, Vec<u32>)> {
    let mut wanted: Vec<(u32, u32)> =
        open.iter().filter_map(|(number, units)| Some((*units.get(round)?, *number))).collect();
    wanted.sort_unstable();
    wanted
        .chunk_by(|a, b| a.0 == b.0)
        .map(|job| (job[0].0, job.iter().map(|&(_, number)| number).collect()))
        .collect()
}

fn work(
    context: Context<'_>,
    addresses: &[u64],
    jobs: &[(u32, Vec<u32>)],
    threads: usize,
) -> Vec<dwarf::Answers> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut worker = Worker::new(context);
        while let Some((unit, numbers)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let wanted: Vec<u64> = numbers.iter().map(|&number| addresses[number as usize]).collect();
            worker.unit(*unit, &wanted, numbers);
        }
        worker.answers
    };
    let threads = threads.clamp(1, jobs.len());
    if threads == 1 {
        return vec![run()];
    }
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let answers = run();
                if let Ok(mut done) = done.lock() {
                    done.push(answers);
                }
            });
        }
    });
    done.into_inner().unwrap_or_default()
}

/// The folders that a file is in: as it was named, by its absolute path and by its real one.
pub(crate) fn homes(store: &dyn ObjectStore, path: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for path in [path.to_owned()].into_iter().chain(store.other_paths(path)) {
        if let Some(folder) = path.parent().filter(|folder| !folders.iter().any(|other| other == folder)) {
            folders.push(folder.to_owned());
        }
    }
    folders
}

/// Opens a `.dwo` file where the compiler wrote it, or beside the binary.
fn open_split(
    store: &dyn ObjectStore,
    beside: &[PathBuf],
    compiler_folder: &[u8],
    name: &[u8],
) -> Option<Arc<ObjectFile>> {
    let name = PathBuf::from(String::from_utf8_lossy(name).into_owned());
    let compiler_folder = PathBuf::from(String::from_utf8_lossy(compiler_folder).into_owned());
    let mut places = vec![compiler_folder.join(&name)];
    for folder in beside {
        places.extend([folder.join(&name)].into_iter().chain(name.file_name().map(|name| folder.join(name))));
    }
    let open = |path: &PathBuf| ObjectFile::parse(store.open(path).ok()?).ok();
    places.iter().find_map(open).map(Arc::new)
}
