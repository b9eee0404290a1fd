//! Object files of this machine, mapped into memory, for symbols and disassembly.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hotlist_fetch::Environment;
use hotlist_symbolize::{
    Bytes, Finder, Found, Inquiry, ObjectStore, OpenError, Part, Places, Running, Wanted, find,
};

use crate::debuginfod::Debuginfod;
use crate::running_system;

/// Finds and opens object files, and keeps what it has found.
pub struct ObjectFiles {
    places: Places,
    debuginfod: Option<Debuginfod>,
    /// Folders, without links, below which files are opened; `None` for all.
    below: Option<Vec<PathBuf>>,
    found: Mutex<HashMap<Key, Arc<OnceLock<Arc<Found>>>>>,
    /// Files that were open when they were mapped, by path and build id.
    kept: Mutex<HashMap<(String, String), Bytes>>,
}

type Key = (String, String, bool);

impl ObjectFiles {
    /// Files where the environment says that they are: `PPROF_BINARY_PATH` or `pprof/binaries` in the home
    /// folder, and the system's folders of debug information; and the servers of `DEBUGINFOD_URLS`.
    pub fn new(environment: &Environment) -> ObjectFiles {
        let binaries = match (&environment.pprof_binary_path, &environment.home) {
            (Some(path), _) => {
                std::env::split_paths(path).filter(|path| !path.as_os_str().is_empty()).collect()
            }
            (None, Some(home)) => vec![home.join("pprof").join("binaries")],
            (None, None) => Vec::new(),
        };
        let debug = if cfg!(unix) { vec![PathBuf::from("/usr/lib/debug")] } else { Vec::new() };
        let debuginfod = Debuginfod::new(environment);
        ObjectFiles {
            places: Places { binaries, debug },
            debuginfod,
            below: None,
            found: Mutex::default(),
            kept: Mutex::default(),
        }
    }

    /// Opens no file but below `folders` and below those that the environment names, whatever a profile says that its
    /// binaries are. Links are followed before that is decided.
    #[must_use]
    pub fn only_below(self, folders: &[PathBuf]) -> ObjectFiles {
        let Places { binaries, debug } = &self.places;
        let all = [folders, binaries, debug].into_iter().flatten();
        ObjectFiles { below: Some(all.filter_map(|folder| folder.canonicalize().ok()).collect()), ..self }
    }
}

impl std::fmt::Debug for ObjectFiles {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ObjectFiles").field("places", &self.places).finish_non_exhaustive()
    }
}

/// Files as [`ObjectFiles`] finds them, but for one that it keeps.
struct WithKept<'a> {
    files: &'a ObjectFiles,
    path: &'a Path,
    bytes: Bytes,
}

impl ObjectStore for WithKept<'_> {
    fn open(&self, path: &Path) -> Result<Bytes, OpenError> {
        if path == self.path { Ok(Arc::clone(&self.bytes)) } else { self.files.open(path) }
    }

    fn list(&self, folder: &Path) -> Vec<PathBuf> {
        self.files.list(folder)
    }

    fn other_paths(&self, path: &Path) -> Vec<PathBuf> {
        self.files.other_paths(path)
    }

    fn by_build_id(&self, build_id: &str, part: Part) -> Inquiry {
        self.files.by_build_id(build_id, part)
    }

    fn running(&self, what: Running) -> Result<Bytes, OpenError> {
        self.files.running(what)
    }
}

impl ObjectFiles {
    /// Keeps a file that a program has mapped, for when it is looked for by the same path and build id: the file may be
    /// gone by then, or be another one for the program than for us. Returns its build id; empty when it has none.
    pub fn keep(&self, path: &str, build_id: &str, file: &File) -> String {
        let Ok(bytes) = map_file(file) else { return String::new() };
        let own = hotlist_symbolize::ObjectFile::parse(Arc::clone(&bytes)).map(|file| file.build_id);
        let own = own.unwrap_or_default();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        for known in [build_id, &own] {
            kept.entry((path.to_owned(), known.to_owned())).or_insert_with(|| Arc::clone(&bytes));
        }
        own
    }

    /// A source file of the build, from servers of debug information, and where it is.
    pub(crate) fn downloaded_source(&self, build_id: &str, path: &str) -> Option<(String, String)> {
        self.debuginfod.as_ref()?.source(build_id, path)
    }
}

impl Finder for ObjectFiles {
    fn find(&self, wanted: Wanted<'_>) -> Arc<Found> {
        let key = (wanted.file.to_owned(), wanted.build_id.to_owned(), wanted.is_named);
        let slot = {
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(found.entry(key).or_default())
        };
        // Others wait for this file only, not for the whole table.
        let look = || {
            let key = (wanted.file.to_owned(), wanted.build_id.to_owned());
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key).map(Arc::clone);
            Arc::new(match kept {
                Some(bytes) => {
                    let store = WithKept { files: self, path: Path::new(wanted.file), bytes };
                    find(&store, &self.places, wanted)
                }
                None => find(self, &self.places, wanted),
            })
        };
        Arc::clone(slot.get_or_init(look))
    }

    fn store(&self) -> &dyn ObjectStore {
        self
    }
}

impl ObjectStore for ObjectFiles {
    fn open(&self, path: &Path) -> Result<Bytes, OpenError> {
        if let Some(folders) = &self.below {
            // Whether there is a file elsewhere is not told either.
            let real = path.canonicalize().map_err(|_| OpenError::Missing)?;
            if !folders.iter().any(|folder| real.starts_with(folder)) {
                return Err(OpenError::Missing);
            }
        }
        map(path)
    }

    fn list(&self, folder: &Path) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        paths
    }

    fn other_paths(&self, path: &Path) -> Vec<PathBuf> {
        let paths = [std::path::absolute(path), std::fs::canonicalize(path)];
        let mut others: Vec<PathBuf> = paths.into_iter().flatten().filter(|other| other != path).collect();
        others.dedup();
        others
    }

    fn by_build_id(&self, build_id: &str, part: Part) -> Inquiry {
        self.debuginfod.as_ref().map(|servers| servers.ask(build_id, part)).unwrap_or_default()
    }

    fn running(&self, what: Running) -> Result<Bytes, OpenError> {
        running_system::read(what)
    }
}

/// Maps a file into memory.
pub(crate) fn map(path: &Path) -> Result<Bytes, OpenError> {
    let explain = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => OpenError::Missing,
        io::ErrorKind::PermissionDenied => OpenError::Failed("permission denied".to_owned()),
        _ => OpenError::Failed(error.to_string()),
    };
    // To open a pipe would already wait for its other end.
    let metadata = std::fs::metadata(path).map_err(explain)?;
    if !metadata.is_file() {
        return Err(OpenError::NotAFile(kind(&metadata)));
    }
    map_file(&File::open(path).map_err(explain)?).map_err(explain)
}

/// Maps a file that is open.
fn map_file(file: &File) -> io::Result<Bytes> {
    if file.metadata()?.len() == 0 {
        return Ok(Arc::new(Vec::new()));
    }
    // SAFETY: the map is only read. Another process may write to the file meanwhile; then bytes change
    // under us, which the parsers stand as they stand any damage: they check each number that they use, once
    // they have it. A file that is made shorter ends the program with SIGBUS, as in every tool that maps
    // binaries; compilers and package managers replace files instead, which does not touch the map.
    #[expect(unsafe_code, reason = "debug information has gigabytes, of which a few pages are needed")]
    let map = unsafe { memmap2::Mmap::map(file) }?;
    Ok(Arc::new(map))
}

fn kind(metadata: &std::fs::Metadata) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = metadata.file_type();
        if kind.is_fifo() {
            return "a pipe";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
        if kind.is_socket() {
            return "a socket";
        }
    }
    if metadata.is_dir() { "a folder" } else { "something else" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let error = |path: &Path| map(path).err().map(|error| error.to_string());
        assert_eq!(error(folder.path()).as_deref(), Some("is a folder, not a file"));
        assert_eq!(error(&folder.path().join("none")).as_deref(), Some("no such file"));
        if cfg!(unix) {
            assert_eq!(error(Path::new("/dev/zero")).as_deref(), Some("is a device, not a file"));
        }
        let path = folder.path().join("file");
        std::fs::write(&path, "text").unwrap();
        assert_eq!((*map(&path).unwrap()).as_ref(), b"text");
        std::fs::write(&path, "").unwrap();
        assert_eq!((*map(&path).unwrap()).as_ref(), b"");
    }

    #[cfg(unix)]
    #[test]
    fn files_elsewhere_are_not_opened_where_folders_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("in")).unwrap();
        std::fs::write(path("in/app"), "app").unwrap();
        std::fs::write(path("secret"), "secret").unwrap();
        std::os::unix::fs::symlink(path("secret"), path("in/link")).unwrap();
        let objects = ObjectFiles::new(&Environment::default()).only_below(&[path("in")]);
        assert!(objects.open(&path("in/app")).is_ok());
        for elsewhere in ["secret", "in/../secret", "in/link", "none"] {
            let error = objects.open(&path(elsewhere)).err();
            assert_eq!(error, Some(OpenError::Missing), "{elsewhere}");
        }
    }
}
