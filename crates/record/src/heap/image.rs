//! Whether an object can be loaded into a program, as its file tells before it is started.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Gate};
use crate::live::sys;

/// What is known about a program that can be recorded.
#[derive(Debug, Default)]
pub(super) struct About {
    /// What will be missing.
    pub(super) warnings: Vec<String>,
}

/// Looks at the file of a program, or at that of the interpreter of a script.
pub(super) fn check(command: &Command) -> Result<About, Error> {
    let name = PathBuf::from(command.get_program());
    // Who starts it will say that there is none.
    let folders = folders(command);
    let Some(path) = find(&name, &folders) else { return Ok(About::default()) };
    look(&path, &folders, 0)
}

/// Refuses a program that users may not look at: the kernel ends the events of one that gets other rights.
pub(crate) fn check_rights(command: &Command) -> Result<(), Error> {
    let path = find(Path::new(command.get_program()), &folders(command));
    let path = path.filter(|path| sys::effective_user() != 0 && gets_rights(path));
    path.map_or(Ok(()), |path| Err(Gate::Privileged { program: path.display().to_string() }.into()))
}

/// Whether a program runs with rights that this one has not.
fn gets_rights(path: &Path) -> bool {
    let Ok(about) = path.metadata() else { return false };
    let (mode, user, group) = (about.mode(), sys::effective_user(), sys::effective_group());
    let changes_user = mode & 0o4000 != 0 && about.uid() != user;
    let changes_group = mode & 0o2000 != 0 && mode & 0o010 != 0 && about.gid() != group;
    changes_user || changes_group || (user != 0 && sys::has_capabilities(path))
}

/// Where the command looks for programs, as far as it says so.
fn folders(command: &Command) -> Vec<PathBuf> {
    let mut set = command.get_envs().filter(|(name, _)| *name == "PATH");
    let path = set.find_map(|(_, value)| value);
    path.into_iter().flat_map(std::env::split_paths).collect()
}

/// The file that `execvp` would run.
fn find(name: &Path, folders: &[PathBuf]) -> Option<PathBuf> {
    let is_program = |path: &Path| {
        path.metadata().is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
    };
    if name.as_os_str().as_encoded_bytes().contains(&b'/') {
        return is_program(name).then(|| name.to_owned());
    }
    folders.iter().map(|folder| folder.join(name)).find(|path| is_program(path))
}

fn look(path: &Path, folders: &[PathBuf], depth: u32) -> Result<About, Error> {
    /// Interpreters of interpreters, as the kernel follows them.
    const DEEPEST: u32 = 4;
    let program = path.display().to_string();
    let Ok(mut file) = File::open(path) else { return Ok(About::default()) };
    if gets_rights(path) {
        return Err(Gate::Privileged { program }.into());
    }
    let mut start = Vec::new();
    if file.by_ref().take(4096).read_to_end(&mut start).is_err() {
        return Ok(About::default());
    }
    if let Some(line) = start.strip_prefix(b"#!") {
        return match interpreter(line, folders).filter(|_| depth < DEEPEST) {
            Some(path) => look(&path, folders, depth + 1),
            None => Ok(About::default()),
        };
    }
    let Some(image) = Image::read(&start) else { return Ok(About::default()) };
    if !image.is_native {
        return Err(Gate::OtherArchitecture { program }.into());
    }
    let is_go = image.has_text(&mut file, ".go.buildinfo").unwrap_or(false);
    if !image.has_loader {
        return Err(if is_go { Gate::GoHeap { program } } else { Gate::Static { program } }.into());
    }
    let mut about = About::default();
    if is_go {
        about.warnings.push(format!(
            "{program} is written in Go, whose heap is not seen, only that of its C libraries: its own \
             /debug/pprof/heap has it"
        ));
    }
    if let Some(name) = image.carried_allocator(&mut file).unwrap_or(None) {
        about.warnings.push(format!(
            "{program} carries {name}, an allocator with names of its own: what goes through it is not seen"
        ));
    }
    Ok(about)
}

/// The program that the first line of a script names.
fn interpreter(line: &[u8], folders: &[PathBuf]) -> Option<PathBuf> {
    let line = line.split(|&byte| byte == b'\n').next()?;
    let text = String::from_utf8_lossy(line);
    let mut words = text.split_ascii_whitespace();
    let path = Path::new(words.next()?).to_owned();
    if path.file_name().is_some_and(|name| name == "env") {
        let name = words.find(|word| !word.starts_with('-') && !word.contains('='))?;
        return find(Path::new(name), folders);
    }
    Some(path)
}

/// The head of an ELF file.
struct Image {
    is_native: bool,
    has_loader: bool,
    /// Where the table of sections is, the size and number of its entries, and which one has their names.
    sections: u64,
    section_size: u64,
    section_count: u64,
    names: u64,
}

impl Image {
    /// From the first bytes of a file; `None` where that is no program.
    fn read(bytes: &[u8]) -> Option<Image> {
        const INTERPRETER: u32 = 3;
        const MACHINE: u16 = if cfg!(target_arch = "x86_64") { 62 } else { 183 };
        if bytes.get(..4)? != b"\x7fELF" {
            return None;
        }
        let half = |at: usize| bytes.get(at..at + 2).map(|two| u16::from_le_bytes([two[0], two[1]]));
        let long = |at: usize| bytes.get(at..)?.first_chunk().map(|eight| u64::from_le_bytes(*eight));
        let is_native = bytes.get(4..6)? == [2, 1] && half(18)? == MACHINE;
        let (table, size, count) = (long(32)?, u64::from(half(54)?), u64::from(half(56)?));
        let kind = |index: u64| {
            let at = usize::try_from(table.checked_add(index * size)?).ok()?;
            Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
        };
        Some(Image {
            is_native,
            // A table that does not begin with the file is nothing that a linker writes.
            has_loader: !is_native
                || (0..count).any(|index| kind(index).is_none_or(|kind| kind == INTERPRETER)),
            sections: long(40)?,
            section_size: u64::from(half(58)?),
            section_count: u64::from(half(60)?),
            names: u64::from(half(62)?),
        })
    }

    /// Whether a section has this name.
    fn has_text(&self, file: &mut (impl Read + Seek), name: &str) -> io::Result<bool> {
        const LONGEST: u64 = 1 << 20;
        let at = self.sections.saturating_add(self.section_size.saturating_mul(self.names));
        file.seek(SeekFrom::Start(at))?;
        let mut entry = [0; 64];
        file.read_exact(&mut entry)?;
        let [_, start, size] = place_of(&entry);
        file.seek(SeekFrom::Start(start))?;
        let mut names = Vec::new();
        file.take(size.min(LONGEST)).read_to_end(&mut names)?;
        Ok(names.split(|&byte| byte == 0).any(|found| found == name.as_bytes()))
    }

    /// The name of an allocator that is linked into the program without taking the place of the system's, as far as its
    /// symbols tell.
    fn carried_allocator(&self, file: &mut (impl Read + Seek)) -> io::Result<Option<&'static str>> {
        const TEXTS: u64 = 3;
        const LONGEST: u64 = 64 << 20;
        const KNOWN: [(&[u8], &str); 5] = [
            (b"_rjem_malloc", "jemalloc"),
            (b"je_malloc", "jemalloc"),
            (b"mi_malloc", "mimalloc"),
            (b"tc_malloc", "tcmalloc"),
            (b"rpmalloc", "rpmalloc"),
        ];
        for section in 0..self.section_count {
            file.seek(SeekFrom::Start(self.sections.saturating_add(section * self.section_size)))?;
            let mut entry = [0; 64];
            file.read_exact(&mut entry)?;
            let [kind, start, size] = place_of(&entry);
            if kind != TEXTS {
                continue;
            }
            file.seek(SeekFrom::Start(start))?;
            let mut texts = Vec::new();
            file.take(size.min(LONGEST)).read_to_end(&mut texts)?;
            let mut texts = texts.split(|&byte| byte == 0);
            let found = texts.find_map(|text| KNOWN.iter().find(|(symbol, _)| *symbol == text));
            if let Some((_, name)) = found {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }
}

/// The kind of a section, where it is in the file, and how many bytes it has (`Elf64_Shdr`).
fn place_of(entry: &[u8; 64]) -> [u64; 3] {
    let long = |at: usize| u64::from_le_bytes(entry[at..at + 8].try_into().unwrap_or_default());
    [long(4) & 0xffff_ffff, long(24), long(32)]
}
