//! Which files are mapped as code, for the profile's mapping table.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::libraries::{self, Library};
use crate::unwind::{CodeSegment, Module, modules};

/// One executable range.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct CodeRange {
    /// First address.
    pub(crate) start: u64,
    /// One past the last.
    pub(crate) limit: u64,
    /// Where in the file it begins.
    pub(crate) offset: u64,
    /// Path of the file or a name in brackets.
    pub(crate) file: String,
    /// In hexadecimal digits; empty when there is none.
    pub(crate) build_id: String,
}

/// The ranges of code that frames lie in: those of this process now, the main binary first, then those of libraries
/// that were sampled and are unloaded.
#[derive(Debug)]
pub(crate) struct CodeMap {
    ranges: Vec<CodeRange>,
    /// So many of them are there now.
    loaded: usize,
    modules: Vec<Module>,
    /// By the number of a library that was sampled: its ranges, unless it is still there.
    unloaded: HashMap<u64, Option<Range<usize>>>,
}

impl CodeMap {
    /// The ranges now.
    pub(crate) fn now() -> CodeMap {
        let modules = modules();
        let ranges = code_ranges(&modules);
        CodeMap { loaded: ranges.len(), ranges, modules, unloaded: HashMap::new() }
    }

    /// No ranges at all.
    #[cfg(test)]
    pub(crate) fn empty() -> CodeMap {
        CodeMap { ranges: Vec::new(), loaded: 0, modules: Vec::new(), unloaded: HashMap::new() }
    }

    /// The ranges so far. Looking a frame up may add some.
    pub(crate) fn ranges(&self) -> &[CodeRange] {
        &self.ranges
    }

    /// The ranges of code that is there now.
    pub(crate) fn loaded(&self) -> &[CodeRange] {
        &self.ranges[..self.loaded]
    }

    /// The ranges of libraries that are unloaded, by the number of their library in frames.
    pub(crate) fn unloaded(&self) -> impl Iterator<Item = (u64, &[CodeRange])> {
        let ranges = self.unloaded.iter();
        let mut ranges: Vec<_> =
            ranges.filter_map(|(&number, ranges)| Some((number, &self.ranges[ranges.clone()?]))).collect();
        ranges.sort_unstable_by_key(|&(number, _)| number);
        ranges.into_iter()
    }

    /// The number of the range that a frame was sampled in.
    pub(crate) fn find(&mut self, frame: u64) -> Option<usize> {
        let mut among = self.of_unloaded(frame).unwrap_or(0..self.loaded);
        let address = libraries::address(frame);
        among.find(|&at| (self.ranges[at].start..self.ranges[at].limit).contains(&address))
    }

    /// The ranges of the library of a frame, if it is unloaded.
    pub(crate) fn of_unloaded(&mut self, frame: u64) -> Option<Range<usize>> {
        let library = libraries::library(frame)?;
        let number = libraries::number_bits(frame);
        if let Some(known) = self.unloaded.get(&number) {
            return known.clone();
        }
        let ranges = (!is_loaded(library, &self.modules)).then(|| {
            let start = self.ranges.len();
            self.ranges.extend(ranges_of_unloaded(library));
            start..self.ranges.len()
        });
        self.unloaded.insert(number, ranges.clone());
        ranges
    }
}

/// Whether a library that was sampled is still where it was.
pub(crate) fn is_loaded(library: &Library, modules: &[Module]) -> bool {
    let is_it = |module: &Module| {
        module.base == library.base
            && module.path.as_os_str().as_encoded_bytes() == library.name()
            && module.build_id.starts_with(library.build_id())
    };
    modules.iter().any(is_it)
}

/// The path of the file of a library.
pub(crate) fn path_of(library: &Library) -> PathBuf {
    let path = PathBuf::from(String::from_utf8_lossy(library.name()).into_owned());
    std::path::absolute(&path).unwrap_or(path)
}

fn ranges_of_unloaded(library: &Library) -> impl Iterator<Item = CodeRange> {
    let file = path_of(library).to_string_lossy().into_owned();
    let build_id = hexadecimal(library.build_id());
    library.code().iter().map(move |code| CodeRange {
        start: code.start,
        limit: code.end,
        offset: code.offset,
        file: file.clone(),
        build_id: build_id.clone(),
    })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The executable ranges of this process, the main binary first.
fn code_ranges(modules: &[Module]) -> Vec<CodeRange> {
    let text = std::fs::read("/proc/self/maps").unwrap_or_default();
    let mut ranges = parse(&String::from_utf8_lossy(&text));
    if ranges.is_empty() {
        // Without /proc, as in an empty root, the loader knows the same, but for what the kernel maps itself.
        return modules.iter().flat_map(ranges_of).collect();
    }
    for range in &mut ranges {
        let module = modules.iter().find(|module| {
            module.segments.iter().any(|&(start, end)| start < range.limit && range.start < end)
        });
        if let Some(Module { build_id, .. }) = module {
            range.build_id = hexadecimal(build_id);
        }
    }
    let main = std::env::current_exe().unwrap_or_default();
    ranges.sort_by_key(|range| Path::new(&range.file) != main);
    ranges
}

/// The executable segments of a module. The first module is the main binary, which the loader has no name for.
fn ranges_of(module: &Module) -> Vec<CodeRange> {
    let build_id = hexadecimal(&module.build_id);
    let file = if module.path.as_os_str().is_empty() { program() } else { module.path.clone() };
    let range = |code: &CodeSegment| CodeRange {
        start: code.start,
        limit: code.end,
        offset: code.offset,
        file: file.to_string_lossy().into_owned(),
        build_id: build_id.clone(),
    };
    module.code.iter().map(range).collect()
}

/// The path that this program was started by.
fn program() -> PathBuf {
    std::env::current_exe()
        .or_else(|_| std::path::absolute(std::env::args_os().next().unwrap_or_default()))
        .unwrap_or_default()
}

/// The executable lines of `/proc/<pid>/maps` (proc_pid_maps(5)).
fn parse(text: &str) -> Vec<CodeRange> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<CodeRange> {
    let mut rest = line;
    let mut field = || {
        let (field, after) = rest.split_once(' ').unwrap_or((rest, ""));
        rest = after.trim_start();
        field
    };
    let (addresses, permissions, offset, _device, _inode) = (field(), field(), field(), field(), field());
    let (start, limit) = addresses.split_once('-')?;
    let number = |digits| u64::from_str_radix(digits, 16).ok();
    if permissions.as_bytes().get(2) != Some(&b'x') {
        return None;
    }
    Some(CodeRange {
        start: number(start)?,
        limit: number(limit)?,
        offset: number(offset)?,
        // The file was replaced while the program runs, as every upgrade does; its old path still says
        // which program this is.
        file: rest.trim_end().trim_end_matches(" (deleted)").to_owned(),
        build_id: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_executable_lines() {
        let text = "\
55d0-55e0 r--p 00000000 fe:00 1 /bin/a b
55e0-55f0 r-xp 00001000 fe:00 1                  /bin/a b
7f00-7f10 r-xp 00000000 00:00 0                  [vdso]
7f20-7f30 r-xp 00000000 00:00 0 \n8000-9000 r-xp 00002000 fe:00 9 /tmp/x (deleted)
nonsense
";
        let ranges = parse(text);
        let shown: Vec<_> = ranges
            .iter()
            .map(|range| (range.start, range.limit, range.offset, range.file.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                (0x55e0, 0x55f0, 0x1000, "/bin/a b"),
                (0x7f00, 0x7f10, 0, "[vdso]"),
                (0x7f20, 0x7f30, 0, ""),
                (0x8000, 0x9000, 0x2000, "/tmp/x")
            ]
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_loader_knows_the_same_ranges() {
        let modules = modules();
        let with = code_ranges(&modules);
        let without: Vec<CodeRange> = modules.iter().flat_map(ranges_of).collect();
        let here = the_loader_knows_the_same_ranges as *const () as u64;
        let of = |ranges: &[CodeRange]| {
            let range = ranges.iter().find(|range| (range.start..range.limit).contains(&here));
            let range = range.expect("this function has a range").clone();
            (range.file, range.build_id, here - range.start + range.offset)
        };
        assert_eq!(of(&without), of(&with));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_program_comes_first() {
        let here = this_program_comes_first as *const () as u64;
        let map = CodeMap::now();
        let first = &map.loaded()[0];
        assert!((first.start..first.limit).contains(&here), "{first:?}");
    }
}
