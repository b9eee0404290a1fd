//! Where object files come from: this room asks for bytes and never opens a file itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

/// The bytes of a file, mostly a memory map. Clones share them.
pub type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// Gives out files. The session brings one that maps files into memory, tests small ones.
pub trait ObjectStore: Sync {
    /// The bytes of the file at `path`.
    ///
    /// # Errors
    /// When there is no such file, it is no regular file, or it cannot be read.
    fn open(&self, path: &Path) -> Result<Bytes, OpenError>;

    /// The files in a folder, sorted by name; empty when there is no such folder.
    fn list(&self, folder: &Path) -> Vec<PathBuf>;

    /// The same file by its absolute path and by its real one, where these differ from `path`. Rules about folders
    /// count from there: what belongs to a binary lies beside it, not beside a link to it.
    fn other_paths(&self, path: &Path) -> Vec<PathBuf> {
        let _ = path;
        Vec::new()
    }

    /// A file from servers of debug information, by the build id of the binary. No server is asked
    /// unless the user wants that.
    fn by_build_id(&self, build_id: &str, part: Part) -> Inquiry {
        let _ = (build_id, part);
        Inquiry::default()
    }

    /// Something that the running system shows beside files.
    ///
    /// # Errors
    /// [`OpenError::Missing`] when it does not.
    fn running(&self, what: Running) -> Result<Bytes, OpenError> {
        let _ = what;
        Err(OpenError::Missing)
    }
}

/// What the running system shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Running {
    /// The library with which the kernel provides every process, an ELF file.
    Vdso,
    /// The notes of the kernel, with its build id.
    KernelNotes,
    /// The list of the kernel's symbols.
    KernelSymbols,
    /// The list of functions that the just-in-time compiler of this process has written.
    PerfMap(u32),
}

/// What a server is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The file with the debug information.
    DebugInfo,
    /// The binary itself.
    Executable,
}

/// What servers had to say.
#[derive(Clone, Default)]
pub struct Inquiry {
    /// Addresses that do not have the file, or did not give it, and why.
    pub refused: Vec<(String, OpenError)>,
    /// The file.
    pub file: Option<Downloaded>,
}

/// A file from a server.
#[derive(Clone)]
pub struct Downloaded {
    /// Where it is: the copy on this machine.
    pub name: String,
    /// Its bytes.
    pub bytes: Bytes,
}

/// Why a file is not to be had.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum OpenError {
    /// There is none.
    #[error("no such file")]
    Missing,
    /// A folder, device, pipe or socket; reading one could last forever.
    #[error("is {0}, not a file")]
    NotAFile(&'static str),
    /// The system's reason.
    #[error("{0}")]
    Failed(String),
    /// A server that may have it did not give it; the reason.
    #[error("{0}")]
    Server(String),
}
