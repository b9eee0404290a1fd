//! What completes a binary: files with its debug information, in whole or in part.
//!
//! Debug information of stripped binaries is looked for as GDB does
//! (<https://sourceware.org/gdb/current/onlinedocs/gdb.html/Separate-Debug-Files.html>): by build id, then by
//! `.gnu_debuglink`. What `dwz` has moved out is found by `.gnu_debugaltlink` or `.debug_sup`, split units in a
//! package beside the binary.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use object::Object;

use crate::binary::{Binary, homes};
use crate::mini_debug_info;
use crate::object_file::{Format, ObjectFile, Section};
use crate::pdb::Pdb;
use crate::search::{Attempt, IdRule, Outcome, Refusal, Role, Search, Wanted, by_build_id, is_plain};
use crate::store::Part;
use crate::supplementary::Supplementary;

impl Search<'_> {
    /// Looks for what a binary does not have itself.
    pub(crate) fn complete(&mut self, mut binary: Binary, wanted: Wanted<'_>) -> Binary {
        if binary.debug_info().is_none() {
            binary.debug = self.debug_file(&binary, wanted).map(Arc::new);
        }
        if binary.file.format == Format::Pe {
            binary.pdb = self.pdb(&binary);
        }
        if binary.debug.is_none() {
            // A small copy of the symbols, packed into a section of the stripped binary.
            match mini_debug_info::read(&binary.file) {
                Ok(symbols) => binary.debug = symbols.map(Arc::new),
                Err(error) => {
                    self.refuse(&format!("{}(.gnu_debugdata)", binary.path.display()), error.into());
                }
            }
        }
        binary.shared = self.shared(&binary).map(Arc::new);
        if binary.debug_info().is_some_and(|file| file.section(".debug_addr").is_some()) {
            binary.package = self.package(&binary).map(Arc::new);
        }
        binary
    }

    fn debug_file(&mut self, binary: &Binary, wanted: Wanted<'_>) -> Option<ObjectFile> {
        let build_id = match binary.file.build_id.as_str() {
            "" => wanted.build_id,
            own => own,
        };
        let useful = |file: &ObjectFile| file.has_debug_info() || !file.symbols().rows().is_empty();
        if binary.file.format == Format::MachO {
            return self.names_of(&binary.path).into_iter().find_map(|path| {
                let bundle = with_suffix(&path, ".dSYM").join("Contents/Resources/DWARF");
                let file =
                    self.open(&bundle.join(path.file_name()?), build_id, IdRule::Same, Role::DebugInfo)?;
                self.check_against(&binary.file, file)
            });
        }
        let mut folders = self.places.debug.clone();
        folders.extend(self.places.binaries.iter().cloned());
        for path in by_build_id(&folders, build_id, ".debug") {
            if let Some(file) = self.open(&path, build_id, IdRule::Same, Role::DebugInfo) {
                if !useful(&file) {
                    self.take_back(Refusal::NoDebugInfo);
                } else if let Some(file) = self.check_against(&binary.file, file) {
                    return Some(file);
                }
            }
        }
        if let Some(file) = self.by_debuglink(binary) {
            return Some(file);
        }
        let (_, file) = self.download(build_id, Part::DebugInfo, Role::DebugInfo)?;
        self.check_against(&binary.file, file)
    }

    /// All names of a file.
    fn names_of(&self, path: &Path) -> Vec<PathBuf> {
        let mut paths = vec![path.to_owned()];
        paths.extend(self.store.other_paths(path));
        paths
    }

    /// Takes the debug file that was opened last only if its code is where that of the binary is: else names
    /// would be wrong.
    fn check_against(&mut self, binary: &ObjectFile, debug: ObjectFile) -> Option<ObjectFile> {
        match differs(binary, &debug) {
            None => Some(debug),
            Some(refusal) => {
                self.take_back(refusal);
                None
            }
        }
    }

    /// `.gnu_debuglink` has the name of the debug file and the CRC of its content.
    fn by_debuglink(&mut self, binary: &Binary) -> Option<ObjectFile> {
        let view = binary.file.view().ok()?;
        let (name, crc) = view.gnu_debuglink().ok()??;
        let name = std::str::from_utf8(name).ok().filter(|name| is_plain(name))?;
        let folders = homes(self.store, &binary.path);
        let mut paths: Vec<PathBuf> =
            folders.iter().flat_map(|folder| [folder.join(name), folder.join(".debug").join(name)]).collect();
        for debug in &self.places.debug {
            let relative = folders.iter().filter_map(|folder| folder.strip_prefix("/").ok());
            paths.extend(relative.map(|folder| debug.join(folder).join(name)));
        }
        // A link to itself is of a binary that was renamed.
        let own = self.names_of(&binary.path);
        paths.retain(|path| !own.contains(path));
        for path in paths {
            let Some(file) = self.open(&path, "", IdRule::Any, Role::DebugInfo) else { continue };
            if crc32fast::hash(file.data()) != crc {
                self.take_back(Refusal::Checksum);
            } else if let Some(file) = self.check_against(&binary.file, file) {
                return Some(file);
            }
        }
        None
    }

    /// What `dwz` found in several debug files and moved to one that they share.
    fn shared(&mut self, binary: &Binary) -> Option<ObjectFile> {
        let link = Supplementary::of(binary.debug_info()?)?;
        // A relative path counts from the debug file, which was the last to be opened if it is one.
        let debug_path = self
            .tried
            .iter()
            .rev()
            .find(|attempt| attempt.outcome == Outcome::Taken(Role::DebugInfo))
            .map_or(binary.path.clone(), |attempt| PathBuf::from(&attempt.path));
        let folders = homes(self.store, &debug_path).into_iter();
        let mut paths: Vec<PathBuf> = folders.map(|folder| folder.join(&link.name)).collect();
        if let Some(base) = link.name.file_name() {
            paths.extend(self.places.debug.iter().map(|folder| folder.join(".dwz").join(base)));
        }
        paths.extend(by_build_id(&self.places.debug, &link.id, ".debug"));
        for path in paths {
            let Some(file) = self.open(&path, "", IdRule::Any, Role::Shared) else { continue };
            match link.check(&file) {
                Ok(()) => return Some(file),
                Err(found) => self.take_back(Refusal::BuildId { found, wanted: link.id.clone() }),
            }
        }
        self.download(&link.id, Part::DebugInfo, Role::Shared).map(|(_, file)| file)
    }

    /// The PDB of a Windows program: where the linker wrote it, beside the program, or below the folders for
    /// binaries, also in the way of symbol servers.
    fn pdb(&mut self, binary: &Binary) -> Option<Pdb> {
        let view = binary.file.view().ok()?;
        let info = view.pdb_info().ok()??;
        let recorded = String::from_utf8_lossy(info.path()).into_owned();
        let name = Some(last_part(&recorded)).filter(|name| is_plain(name))?;
        let mut paths: Vec<PathBuf> =
            homes(self.store, &binary.path).into_iter().map(|folder| folder.join(name)).collect();
        for folder in &self.places.binaries {
            paths.push(folder.join(name).join(&binary.file.build_id).join(name));
            paths.push(folder.join(name));
        }
        paths.push(PathBuf::from(&recorded));
        for path in paths {
            let shown = path.display().to_string();
            let bytes = match self.store.open(&path) {
                Ok(bytes) => bytes,
                Err(error) => {
                    self.refuse(&shown, error.into());
                    continue;
                }
            };
            match Pdb::open(bytes) {
                Some(pdb) if pdb.build_id.eq_ignore_ascii_case(&binary.file.build_id) => {
                    self.tried.push(Attempt { path: shown, outcome: Outcome::Taken(Role::DebugInfo) });
                    return Some(pdb);
                }
                Some(pdb) => {
                    let wanted = binary.file.build_id.clone();
                    self.refuse(&shown, Refusal::BuildId { found: pdb.build_id, wanted });
                }
                None => self.refuse(&shown, Refusal::Pdb),
            }
        }
        None
    }

    /// The `.dwp` package of split units, beside the binary or its debug file.
    fn package(&mut self, binary: &Binary) -> Option<ObjectFile> {
        let mut names = self.names_of(&binary.path);
        let debug = self.tried.iter().rev().find(|tried| tried.outcome == Outcome::Taken(Role::DebugInfo));
        if let Some(attempt) = debug {
            names.extend(self.names_of(Path::new(&attempt.path)));
        }
        let paths: Vec<PathBuf> = names.iter().map(|path| with_suffix(path, ".dwp")).collect();
        paths.into_iter().find_map(|path| self.open(&path, "", IdRule::Any, Role::Package))
    }
}

/// Why names of `debug` would be wrong for `binary`, if they would.
fn differs(binary: &ObjectFile, debug: &ObjectFile) -> Option<Refusal> {
    let processor = |file: &ObjectFile| (file.architecture, file.is_64, file.is_little_endian);
    if processor(binary) != processor(debug) {
        return Some(Refusal::Processor);
    }
    let code = debug.sections.iter().filter(|section| section.is_executable && section.size > 0);
    let is_elsewhere = |section: &&Section| {
        let own = binary.sections.iter().find(|own| own.name == section.name && own.is_executable);
        own.is_some_and(|own| (own.address, own.size) != (section.address, section.size))
    };
    let section = code.filter(|_| binary.format == Format::Elf).find(is_elsewhere)?;
    Some(Refusal::Section { name: section.name.clone() })
}

/// The last part of a path of Windows or of this machine.
fn last_part(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// A path whose last part goes on with `suffix`.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
