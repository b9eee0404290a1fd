//! Why there is no answer.

use hotlist_compare::CompareError;
use hotlist_profile::{Incompatible, MergeError};
use hotlist_report::ReportError;
use thiserror::Error;

use crate::resolve::UsageError;

/// Why loading or answering failed. One line each, which names the file or the option.
#[derive(Debug, Error)]
pub enum Error {
    /// Options that make no sense.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// A source that could not be opened; the text names it.
    #[error(transparent)]
    Fetch(#[from] hotlist_fetch::Error),
    /// A source that could not be read.
    #[error("{source_name}: {error}")]
    Read {
        /// The source as typed.
        source_name: String,
        /// What is wrong with it.
        error: hotlist_formats::Error,
    },
    /// Of several sources none could be read.
    #[error("failed to fetch any {what} profiles: {}", first_of(failures))]
    Several {
        /// `source` or `base`.
        what: &'static str,
        /// Why, for each.
        failures: Vec<Error>,
    },
    /// There was nothing to read.
    #[error("failed to fetch any {0} profiles")]
    NothingFetched(&'static str),
    /// Profiles that do not fit together.
    #[error("cannot merge profiles: {0}")]
    Merge(#[from] MergeError),
    /// A base that measures something else.
    #[error("cannot normalize: {0}")]
    Normalize(#[from] Incompatible),
    /// A pattern in the profile that is none.
    #[error("failed to compile the profile's {field} regexp: {error}")]
    ProfilePattern {
        /// `drop_frames` or `keep_frames`.
        field: &'static str,
        /// What is wrong with it.
        error: hotlist_pattern::Error,
    },
    /// A report without an answer.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A drawing that cannot show the shape of a report.
    #[error("-{report} cannot be written as {drawing}")]
    Drawing {
        /// The report.
        report: &'static str,
        /// The drawing.
        drawing: &'static str,
    },
    /// Sets of runs that cannot be compared.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// A run that cannot be looked at as it was asked.
    #[error("{name}: {error}")]
    Run {
        /// What people call the run.
        name: String,
        /// Why not.
        error: hotlist_analyze::ViewError,
    },
    /// The output could not be written.
    #[error("{0}")]
    Write(#[from] std::io::Error),
}

impl From<hotlist_analyze::ViewError> for Error {
    fn from(error: hotlist_analyze::ViewError) -> Self {
        Error::Report(error.into())
    }
}

/// One line for all failures.
fn first_of(failures: &[Error]) -> String {
    match failures {
        [] => String::new(),
        [only] => only.to_string(),
        [first, others @ ..] => format!("{first} (and {} more failures)", others.len()),
    }
}
