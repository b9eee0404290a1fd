//! Source code, asked for by the path that a profile names.

use std::sync::Arc;

use thiserror::Error;

/// Where source code comes from. Reports never open files themselves.
pub trait SourceText {
    /// The file that a profile calls `path`.
    ///
    /// # Errors
    /// When it is not found or may not be shown; the text stands in the report.
    fn open(&self, path: &str) -> Result<Arc<SourceFile>, SourceError>;
}

/// A source file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceFile {
    /// Its lines without line ends.
    pub lines: Vec<String>,
    /// Which file was taken, where it is not the one that the profile names.
    pub found_at: Option<String>,
    /// When it was last written, in seconds since the Unix epoch; `None` when unknown.
    pub modified: Option<i64>,
}

/// Why source code cannot be shown.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("{0}")]
pub struct SourceError(pub String);

/// No source code at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSource;

impl SourceText for NoSource {
    fn open(&self, path: &str) -> Result<Arc<SourceFile>, SourceError> {
        Err(SourceError(format!("could not find file {path}")))
    }
}
