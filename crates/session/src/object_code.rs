//! Machine code from the object files of this machine, disassembled.

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hotlist_demangle::{Mode, demangle};
use hotlist_disassemble::{AddressName, Disassembler, Instruction, InstructionSet, Syntax};
use hotlist_report::{
    CodeError, CodeFrame, FunctionQuery, MachineFunction, MachineInstruction, MappedFile, ObjectCode,
    SourceFile,
};
use hotlist_symbolize::{
    Architecture, Binary, Detail, Finder, Found, LabelKind, Labels, MappedRange, NamedAddress, Positions,
    Translation, Wanted,
};

use crate::object_files::ObjectFiles;

/// Larger functions are cut off.
const LARGEST_FUNCTION: u64 = 1 << 20;

/// The most bytes that the names of addresses in one function take.
const MOST_TEXT: usize = 64 << 20;

/// Reads code from object files, each opened once.
#[derive(Debug)]
pub struct CodeFiles {
    objects: Arc<ObjectFiles>,
    /// The file that the user named for the first mapping.
    named: Option<String>,
    opened: Mutex<HashMap<MappedFile, Slot>>,
    /// By path and build id; a file may be mapped many times.
    labels: Mutex<HashMap<(String, String), LabelSlot>>,
    /// By path and build id of the binary, and path of the source file.
    sources: Mutex<HashMap<(String, String, String), SourceSlot>>,
}

type Slot = Arc<OnceLock<Result<Arc<Opened>, CodeError>>>;
type SourceSlot = Arc<OnceLock<Option<Arc<SourceFile>>>>;
type LabelSlot = Arc<OnceLock<Result<Arc<Labels>, CodeError>>>;

/// A file and where it was mapped.
#[derive(Debug)]
struct Opened {
    found: Arc<Found>,
    translation: Translation,
    labels: Arc<Labels>,
}

impl CodeFiles {
    /// Code of the files that `objects` finds. `named` is the executable that the user named.
    pub fn new(objects: Arc<ObjectFiles>, named: Option<&str>) -> CodeFiles {
        CodeFiles {
            objects,
            named: named.map(str::to_owned),
            opened: Mutex::default(),
            labels: Mutex::default(),
            sources: Mutex::default(),
        }
    }

    fn open(&self, mapped: &MappedFile) -> Result<Arc<Opened>, CodeError> {
        let slot = {
            let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(opened.entry(mapped.clone()).or_default())
        };
        slot.get_or_init(|| self.read(mapped).map(Arc::new)).clone()
    }

    fn read(&self, mapped: &MappedFile) -> Result<Opened, CodeError> {
        let explain = |reason: &dyn std::fmt::Display| CodeError(format!("{}: {reason}", mapped.path));
        if mapped.path.is_empty() {
            return Err(CodeError("the profile does not name the binary".to_owned()));
        }
        let is_named = self.named.as_deref() == Some(mapped.path.as_str());
        let found = self.objects.find(Wanted { file: &mapped.path, build_id: &mapped.build_id, is_named });
        let Some(binary) = &found.binary else {
            let reasons: Vec<String> = found
                .tried
                .iter()
                .map(|attempt| match attempt.path == mapped.path {
                    true => attempt.outcome.to_string(),
                    false => format!("{}: {}", attempt.path, attempt.outcome),
                })
                .collect();
            return Err(explain(&reasons.join(", ")));
        };
        let range = MappedRange {
            start: mapped.start,
            limit: mapped.limit,
            offset: mapped.offset,
            relocation_symbol: "",
        };
        let translation =
            Translation::new(&binary.file, &mapped.path, &range).map_err(|error| explain(&error))?;
        let slot = {
            let mut labels = self.labels.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(labels.entry((mapped.path.clone(), mapped.build_id.clone())).or_default())
        };
        let labels =
            slot.get_or_init(|| binary.labels().map(Arc::new).map_err(|error| explain(&error))).clone()?;
        Ok(Opened { found, translation, labels })
    }
}

impl Opened {
    fn binary(&self) -> Result<&Binary, CodeError> {
        self.found.binary.as_ref().ok_or_else(|| CodeError("no binary".to_owned()))
    }

    /// The function at a virtual address: from its label to the next one or the end of the section; or a function
    /// without a label that unwinders know.
    fn function_at(&self, code: &[Range<u64>], address: u64) -> Option<Range<u64>> {
        let section = code.iter().find(|section| section.contains(&address))?;
        let labels = self.labels.at_or_before(address);
        let label = labels.iter().find(|label| section.contains(&label.address) && label.address <= address);
        let is_sized = label.is_some_and(|label| address < label.address.saturating_add(label.size));
        if !is_sized
            && let Some(range) = self.found.binary.as_ref()?.unnamed_function(address)
            && label.is_none_or(|label| label.address < range.start)
        {
            return Some(range.start..range.end.min(range.start.saturating_add(LARGEST_FUNCTION)));
        }
        let start = label?.address;
        let next = self.labels.next_address(start).unwrap_or(u64::MAX);
        Some(start..next.min(section.end).min(start.saturating_add(LARGEST_FUNCTION)))
    }

    /// The names of a virtual address, for people.
    fn names(&self, address: u64) -> Vec<&str> {
        let labels = self.labels.at_or_before(address).iter().filter(|label| label.address == address);
        labels.filter(|label| label.kind != LabelKind::Debugging).map(|label| label.name.as_str()).collect()
    }
}

impl ObjectCode for CodeFiles {
    fn functions(
        &self,
        mapped: &MappedFile,
        query: &FunctionQuery<'_>,
    ) -> Result<Vec<MachineFunction>, CodeError> {
        let opened = self.open(mapped)?;
        let code = opened.binary()?.file.code_ranges();
        let mut wanted: Vec<(Range<u64>, bool)> = Vec::new();
        let add = |range: Option<Range<u64>>, matches: bool, wanted: &mut Vec<(Range<u64>, bool)>| {
            wanted.extend(range.map(|range| (range, matches)));
        };
        for label in opened.labels.iter() {
            if label.kind != LabelKind::Debugging && matches_name(query, &label.name) {
                add(opened.function_at(&code, label.address), true, &mut wanted);
            }
        }
        for &address in query.addresses {
            let address = opened.translation.to_virtual(address);
            add(address.and_then(|address| opened.function_at(&code, address)), false, &mut wanted);
        }
        if let Some(address) = query.either {
            // What is mapped is an address of the process, everything else one of the file.
            let mapped = (mapped.start..mapped.limit).contains(&address);
            let address = if mapped { opened.translation.to_virtual(address) } else { Some(address) };
            add(address.and_then(|address| opened.function_at(&code, address)), true, &mut wanted);
        }
        if let (Some(address), true) = (query.either, wanted.is_empty())
            && !opened.labels.iter().any(|label| label.kind == LabelKind::Function)
        {
            let missing = "no symbols and no unwind tables say which function holds it";
            return Err(CodeError(format!("{}: {address:#x}: {missing}", mapped.path)));
        }
        wanted.sort_by_key(|(range, matches)| (range.start, !matches));
        wanted.dedup_by_key(|(range, _)| range.start);
        let function = |(range, matches): (Range<u64>, bool)| {
            let start = opened.translation.to_runtime(range.start)?;
            let mut names: Vec<String> = opened.names(range.start).into_iter().map(readable).collect();
            names.dedup();
            if names.is_empty() {
                names.push(format!("{:#x}", range.start));
            }
            // A name that was asked for stands first.
            if let Some(row) = names.iter().position(|name| (query.matches)(name)) {
                names[..=row].rotate_right(1);
            }
            Some(MachineFunction {
                names,
                matches,
                range: start..start.checked_add(range.end - range.start)?,
            })
        };
        Ok(wanted.into_iter().filter_map(function).collect())
    }

    fn instructions(
        &self,
        mapped: &MappedFile,
        range: Range<u64>,
        intel_syntax: bool,
    ) -> Result<Vec<MachineInstruction>, CodeError> {
        let opened = self.open(mapped)?;
        let binary = opened.binary()?;
        let set = match binary.file.architecture {
            Architecture::X86_64 => InstructionSet::X86_64,
            Architecture::Aarch64 if binary.file.is_little_endian => InstructionSet::Aarch64,
            _ => return Err(CodeError(format!("{}: code of this processor is not known", mapped.path))),
        };
        let Some(start) = opened.translation.to_virtual(range.start) else { return Ok(Vec::new()) };
        let length = range.end.saturating_sub(range.start).min(LARGEST_FUNCTION);
        let code = binary.file.code(start..start.saturating_add(length));
        let syntax = if intel_syntax { Syntax::Intel } else { Syntax::Att };
        let room = Cell::new(MOST_TEXT);
        let lookup = |address| {
            let NamedAddress { name, address } = opened.labels.nearest(address)?;
            let name = in_full(&name);
            room.set(room.get().checked_sub(name.len())?);
            Some(AddressName { name: name.into(), address })
        };
        let instructions: Vec<Instruction> =
            Disassembler::new(set, syntax).instructions(code, start, &lookup).collect();
        let addresses: Vec<u64> = instructions.iter().map(|instruction| instruction.address).collect();
        let positions = binary.positions(&addresses, Detail::Lines, self.objects.store(), 1);
        let instructions =
            instructions.into_iter().enumerate().map(|(row, instruction)| MachineInstruction {
                address: range.start.wrapping_add(instruction.address.wrapping_sub(start)),
                file_address: instruction.address,
                length: instruction.length,
                text: instruction.text,
                target: instruction.target,
                frames: frames(&positions, row),
            });
        Ok(instructions.collect())
    }

    fn source(&self, mapped: &MappedFile, path: &str) -> Option<Arc<SourceFile>> {
        let slot = {
            let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
            let key = (mapped.path.clone(), mapped.build_id.clone(), path.to_owned());
            Arc::clone(sources.entry(key).or_default())
        };
        slot.get_or_init(|| {
            let opened = self.open(mapped).ok()?;
            let binary = opened.binary().ok()?;
            let (text, place) = match binary.source(path) {
                Some(text) => (text, format!("{path} in {}", binary.path.display())),
                None => self.objects.downloaded_source(&binary.file.build_id, path)?,
            };
            let lines = text.lines().map(str::to_owned).collect();
            Some(Arc::new(SourceFile { lines, found_at: Some(place), modified: None }))
        })
        .clone()
    }

    fn built(&self, mapped: &MappedFile) -> Option<i64> {
        let opened = self.open(mapped).ok()?;
        let modified = std::fs::metadata(&opened.binary().ok()?.path).ok()?.modified().ok()?;
        i64::try_from(modified.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs()).ok()
    }
}

fn frames(positions: &Positions, row: usize) -> Vec<CodeFrame> {
    if row >= positions.len() {
        return Vec::new();
    }
    let frame = |frame: &hotlist_symbolize::Frame| {
        let system_name = positions.lossy(frame.function).into_owned();
        CodeFrame {
            function: readable(&system_name),
            system_name,
            file: positions.lossy(frame.file).into_owned(),
            line: frame.line.into(),
        }
    };
    positions.frames(row).iter().map(frame).collect()
}

/// Whether a name, in one of the forms that people know it by, is asked for.
fn matches_name(query: &FunctionQuery<'_>, name: &str) -> bool {
    let bare = without_version(name);
    (query.matches)(bare)
        || (is_mangled(bare)
            && [Mode::Default, Mode::Templates, Mode::Full]
                .into_iter()
                .any(|mode| demangle(bare, mode).is_some_and(|name| (query.matches)(&name))))
}

/// A name as symbolized profiles have it.
fn readable(name: &str) -> String {
    let bare = without_version(name);
    is_mangled(bare).then(|| demangle(bare, Mode::Default)).flatten().unwrap_or_else(|| bare.to_owned())
}

/// A name with its parameters, as objdump writes it, versions and stubs included.
fn in_full(name: &str) -> String {
    let (bare, rest) = name.split_at(name.find('@').unwrap_or(name.len()));
    match is_mangled(bare).then(|| demangle(bare, Mode::Full)).flatten() {
        Some(text) => text + &clones(bare) + rest,
        None => name.to_owned(),
    }
}

/// What stands behind the name of a copy that the compiler has made: ` [clone .cold]`.
fn clones(mangled: &str) -> String {
    let Some((name, mut suffixes)) = mangled.find('.').map(|dot| mangled.split_at(dot)) else {
        return String::new();
    };
    // Rust's suffixes are never shown. Its names end with a hash, the newer ones begin with another prefix.
    let hash = name.strip_suffix('E').and_then(|name| name.get(name.len().checked_sub(19)?..));
    let is_hash = |hash: &str| {
        hash.starts_with("17h") && hash.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'h')
    };
    if name.starts_with("_R") || hash.is_some_and(is_hash) {
        return String::new();
    }
    let mut text = String::new();
    while let Some(rest) = suffixes.strip_prefix('.') {
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let mut end = rest.bytes().take_while(|&byte| is_word(byte)).count();
        // Numbers belong to the word before.
        while let Some(number) = rest[end..].strip_prefix('.') {
            match number.bytes().take_while(u8::is_ascii_digit).count() {
                0 => break,
                digits => end += 1 + digits,
            }
        }
        if end == 0 {
            break;
        }
        text += &format!(" [clone .{}]", &rest[..end]);
        suffixes = &rest[end..];
    }
    text
}

fn is_mangled(name: &str) -> bool {
    name.starts_with("_Z") || name.starts_with("_R") || name.starts_with("__Z")
}

/// `memcpy` of `memcpy@@GLIBC_2.14`; names of stubs, such as `puts@plt`, stay.
fn without_version(name: &str) -> &str {
    match name.find('@') {
        Some(at) if at > 0 && !name.ends_with("@plt") => &name[..at],
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_objdump() {
        for (name, expected) in [
            ("main", "main"),
            ("main.cold", "main.cold"),
            ("_Z4worki", "work(int)"),
            ("_Z4worki.cold", "work(int) [clone .cold]"),
            ("_Z4worki.part.0.isra.1", "work(int) [clone .part.0] [clone .isra.1]"),
            ("_Z4worki.constprop.0.cold", "work(int) [clone .constprop.0] [clone .cold]"),
            ("_Z4worki@plt", "work(int)@plt"),
            ("_ZN4core3mem4drop17h36aace316010de19E.llvm.178086033", "core::mem::drop"),
        ] {
            assert_eq!(in_full(name), expected);
        }
    }
}
