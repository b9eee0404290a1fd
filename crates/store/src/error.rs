//! What can go wrong in a store.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why the store cannot do what it was asked for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder of the store cannot be used.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process has the folder open.
    #[error("{}: another process has this store open", path.display())]
    Locked {
        /// The folder of the store.
        path: PathBuf,
    },
    /// A file holds something else than what the store wrote.
    #[error("{}: {reason}", path.display())]
    Damaged {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The inbox failed.
    #[error("{}: {source}", path.display())]
    Inbox {
        /// The segment.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// The question makes no sense.
    #[error("{0}")]
    Query(String),
    /// The answer is larger than a limit allows.
    #[error(
        "the answer needs {value} bytes of memory, more than the limit of {limit} bytes; {flag} raises it"
    )]
    Limit {
        /// The limit, in bytes.
        limit: u64,
        /// What would be needed at least, in bytes.
        value: u64,
        /// The option that raises the limit.
        flag: &'static str,
    },
    /// What was to be kept or written could not be.
    #[error("{0}")]
    NotKept(String),
    /// The store is being closed.
    #[error("the store is closed")]
    Closed,
}

impl Error {
    /// Makes an error of `path` from one of the system.
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::File { path, source }
    }

    /// Makes an error of `path` from one of SQLite.
    pub(crate) fn inbox(path: &Path) -> impl FnOnce(rusqlite::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::Inbox { path, source }
    }

    /// `path` holds something else than what the store wrote.
    pub(crate) fn damaged(path: &Path, reason: impl std::fmt::Display) -> Error {
        Error::Damaged { path: path.to_owned(), reason: reason.to_string() }
    }
}
