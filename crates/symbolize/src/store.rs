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

    /// A file from a server of debug information, by the build id of the binary.
    ///
    /// # Errors
    /// [`OpenError::Missing`] when there is no server or it does not have the file.
    fn by_build_id(&self, build_id: &str, part: Part) -> Result<Downloaded, OpenError> {
        let _ = (build_id, part);
        Err(OpenError::Missing)
    }
}

/// What a server is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The file with the debug information.
    DebugInfo,
    /// The binary itself.
    Executable,
}

/// A file from a server.
#[derive(Clone)]
pub struct Downloaded {
    /// Where it is from, for people.
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
}
