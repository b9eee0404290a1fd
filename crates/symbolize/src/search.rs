//! Finding the file of a mapping.
//!
//! The order of places for binaries is pprof's (its function `locateBinaries`): the folders of
//! `PPROF_BINARY_PATH`, each with its subfolders by build id and by path, then the path that the profile
//! names. Every path that was tried is kept with what came of it, so that people can see what is missing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use crate::binary::Binary;
use crate::jitdump::JitDumpError;
use crate::object_file::{ObjectError, ObjectFile};
use crate::store::{Downloaded, ObjectStore, OpenError, Part, Running};

/// The most files that are tried in a folder named by a build id.
const MOST_IN_FOLDER: usize = 64;

/// Where files may be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// The folders of `PPROF_BINARY_PATH`, or `pprof/binaries` in the home folder.
    pub binaries: Vec<PathBuf>,
    /// Folders with debug information of the system, such as `/usr/lib/debug`.
    pub debug: Vec<PathBuf>,
}

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wanted<'a> {
    /// The path in the profile.
    pub file: &'a str,
    /// The build id in the profile; empty when it has none.
    pub build_id: &'a str,
    /// Whether the user named this file; then no other is tried.
    pub is_named: bool,
}

/// What was found, and on which way.
#[derive(Debug, Default)]
pub struct Found {
    /// The binary, if there is one.
    pub binary: Option<Binary>,
    /// Every path that was tried, in order.
    pub tried: Vec<Attempt>,
}

/// A path that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The path, or the address of a server.
    pub path: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is used.
    Taken(Role),
    /// It is not.
    Refused(Refusal),
}

/// What a file is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The binary.
    Binary,
    /// A separate file of debug information.
    DebugInfo,
    /// Debug information that several files share.
    Shared,
    /// Split units of debug information.
    Package,
    /// What a just-in-time compiler wrote down about its code.
    Compiled,
}

/// Why a file is not used.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It makes no sense.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// It is of another build.
    #[error("its build id is {found}, not {wanted}")]
    BuildId {
        /// That of the file; `none` when it has none.
        found: String,
        /// That of the profile or of the binary.
        wanted: String,
    },
    /// It is not the file that the binary was linked with.
    #[error("its checksum is not that of .gnu_debuglink")]
    Checksum,
    /// It is for another processor than the binary.
    #[error("it is for another processor")]
    Processor,
    /// Its code is not where that of the binary is.
    #[error("its section {name} is not where that of the binary is")]
    Section {
        /// The section.
        name: String,
    },
    /// It is not the debug information of a Windows program.
    #[error("not a PDB file")]
    Pdb,
    /// It is not what a just-in-time compiler writes.
    #[error(transparent)]
    JitDump(#[from] JitDumpError),
    /// It adds nothing.
    #[error("holds no debug information")]
    NoDebugInfo,
}

impl Role {
    /// In a word or two.
    pub fn words(self) -> &'static str {
        match self {
            Role::Binary => "binary",
            Role::DebugInfo => "debug information",
            Role::Shared => "shared debug information",
            Role::Package => "split debug information",
            Role::Compiled => "what a just-in-time compiler wrote",
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Outcome::Taken(role) => out.write_str(role.words()),
            Outcome::Refused(refusal) => refusal.fmt(out),
        }
    }
}

/// Looks for the binary `wanted` and for its debug information.
pub fn find(store: &dyn ObjectStore, places: &Places, wanted: Wanted<'_>) -> Found {
    let mut search = Search { store, places, tried: Vec::new() };
    let binary = search.binary(wanted).map(|binary| search.complete(binary, wanted));
    Found { binary, tried: search.tried }
}

pub(crate) struct Search<'s> {
    pub(crate) store: &'s dyn ObjectStore,
    pub(crate) places: &'s Places,
    pub(crate) tried: Vec<Attempt>,
}

impl Search<'_> {
    fn binary(&mut self, wanted: Wanted<'_>) -> Option<Binary> {
        let own = PathBuf::from(wanted.file);
        let take = |path: PathBuf, file: ObjectFile| Some(Binary::new(path, Arc::new(file)));
        if wanted.is_named {
            let file = self.open(&own, wanted.build_id, IdRule::Known, Role::Binary)?;
            return take(own, file);
        }
        for path in self.candidates(wanted) {
            if let Some(file) = self.open(&path, wanted.build_id, IdRule::Same, Role::Binary) {
                return take(path, file);
            }
        }
        // Names such as [vdso] are of no file, and relative paths are not those of this machine.
        let is_path = !wanted.file.is_empty() && !wanted.file.starts_with('[');
        if is_path && let Some(file) = self.open(&own, wanted.build_id, IdRule::Known, Role::Binary) {
            return take(own, file);
        }
        if is_vdso(wanted.file) && !wanted.build_id.is_empty() {
            let opened = self.store.running(Running::Vdso).map_err(Refusal::from);
            let checked = opened.and_then(|bytes| check(bytes, wanted.build_id, IdRule::Same));
            let name = "[vdso] of this machine";
            if let Some(file) = self.note(name.to_owned(), checked, Role::Binary) {
                return take(PathBuf::from(name), file);
            }
        }
        // Without the binary its debug information still has the names.
        for path in by_build_id(&self.places.debug, wanted.build_id, "") {
            if let Some(file) = self.open(&path, wanted.build_id, IdRule::Same, Role::Binary) {
                return take(path, file);
            }
        }
        for path in by_build_id(&self.places.debug, wanted.build_id, ".debug") {
            if let Some(file) = self.open(&path, wanted.build_id, IdRule::Same, Role::DebugInfo) {
                return take(path, file);
            }
        }
        for (part, role) in [(Part::Executable, Role::Binary), (Part::DebugInfo, Role::DebugInfo)] {
            if let Some((name, file)) = self.download(wanted.build_id, part, role) {
                return take(PathBuf::from(name), file);
            }
        }
        None
    }

    /// Paths below the folders for binaries.
    fn candidates(&self, wanted: Wanted<'_>) -> Vec<PathBuf> {
        let Wanted { file, build_id, .. } = wanted;
        let base = Path::new(file).file_name().map(PathBuf::from).unwrap_or_default();
        let relative = PathBuf::from(file.trim_start_matches('/'));
        let parent = relative.parent().map(PathBuf::from).unwrap_or_default();
        let debug_name = |path: &Path| {
            let mut name = path.as_os_str().to_owned();
            name.push(".debug");
            PathBuf::from(name)
        };
        let mut paths = Vec::new();
        for folder in &self.places.binaries {
            if is_plain(build_id) {
                let of_build = folder.join(build_id);
                if !file.is_empty() {
                    paths.push(of_build.join(&base));
                }
                paths.extend(self.store.list(&of_build).into_iter().take(MOST_IN_FOLDER));
                paths.push(folder.join(&relative).join(build_id));
                if let Some((start, rest)) = build_id.split_at_checked(2) {
                    paths.push(folder.join(start).join(format!("{rest}.debug")));
                }
            }
            if !file.is_empty() {
                paths.push(folder.join(&base));
                paths.push(folder.join(&relative));
                paths.push(debug_name(&folder.join(&relative)));
                paths.push(folder.join(&parent).join(".debug").join(debug_name(&base)));
                paths.push(folder.join("usr/lib/debug").join(&parent).join(debug_name(&base)));
            }
        }
        let mut seen = std::collections::HashSet::new();
        paths.retain(|path| seen.insert(path.clone()));
        paths
    }

    pub(crate) fn open(
        &mut self,
        path: &Path,
        build_id: &str,
        rule: IdRule,
        role: Role,
    ) -> Option<ObjectFile> {
        let opened = self.store.open(path).map_err(Refusal::from);
        let checked = opened.and_then(|bytes| check(bytes, build_id, rule));
        self.note(path.display().to_string(), checked, role)
    }

    pub(crate) fn download(
        &mut self,
        build_id: &str,
        part: Part,
        role: Role,
    ) -> Option<(String, ObjectFile)> {
        if !is_plain(build_id) {
            return None;
        }
        let inquiry = self.store.by_build_id(build_id, part);
        for (address, error) in inquiry.refused {
            self.refuse(&address, error.into());
        }
        let Downloaded { name, bytes } = inquiry.file?;
        let checked = check(bytes, build_id, IdRule::Same);
        let file = self.note(name.clone(), checked, role)?;
        Some((name, file))
    }

    pub(crate) fn note(
        &mut self,
        path: String,
        file: Result<ObjectFile, Refusal>,
        role: Role,
    ) -> Option<ObjectFile> {
        match file {
            Ok(file) => {
                self.tried.push(Attempt { path, outcome: Outcome::Taken(role) });
                Some(file)
            }
            Err(refusal) => {
                self.tried.push(Attempt { path, outcome: Outcome::Refused(refusal) });
                None
            }
        }
    }

    pub(crate) fn refuse(&mut self, path: &str, refusal: Refusal) {
        self.tried.push(Attempt { path: path.to_owned(), outcome: Outcome::Refused(refusal) });
    }

    /// The file that was taken last is not used after all.
    pub(crate) fn take_back(&mut self, refusal: Refusal) {
        if let Some(last) = self.tried.last_mut() {
            last.outcome = Outcome::Refused(refusal);
        }
    }
}

/// What the build id of a file must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdRule {
    /// Anything.
    Any,
    /// The wanted one, if both are known.
    Known,
    /// The wanted one, if that is known.
    Same,
}

fn check(bytes: crate::Bytes, build_id: &str, rule: IdRule) -> Result<ObjectFile, Refusal> {
    let file = ObjectFile::parse(bytes)?;
    let unknown = build_id.is_empty() || (rule == IdRule::Known && file.build_id.is_empty());
    if rule == IdRule::Any || unknown || file.build_id.eq_ignore_ascii_case(build_id) {
        return Ok(file);
    }
    let found = if file.build_id.is_empty() { "none".to_owned() } else { file.build_id.clone() };
    Err(Refusal::BuildId { found, wanted: build_id.to_owned() })
}

/// Whether a mapping is of the library that the kernel provides.
fn is_vdso(file: &str) -> bool {
    let base = file.rsplit('/').next().unwrap_or(file);
    base == "[vdso]" || base.starts_with("linux-vdso")
}

/// `.build-id/ab/cdef.debug` below each folder.
pub(crate) fn by_build_id(folders: &[PathBuf], build_id: &str, suffix: &str) -> Vec<PathBuf> {
    match build_id.split_at_checked(2) {
        Some((start, rest)) if is_plain(build_id) && !rest.is_empty() => folders
            .iter()
            .map(|folder| folder.join(".build-id").join(start).join(format!("{rest}{suffix}")))
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether a part of a path that a stranger wrote stays in its folder.
pub(crate) fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0'])
}

impl From<crate::mini_debug_info::MiniError> for Refusal {
    fn from(error: crate::mini_debug_info::MiniError) -> Self {
        Refusal::Object(ObjectError::Damaged(error.to_string().into()))
    }
}
