//! Why there is no answer.

use std::fmt;

use hotlist_report::ReportError;
use hotlist_session::{Error, UsageError};

use crate::quote::shown;

/// The longest line of a refusal, in bytes: texts of errors may quote what a profile says.
const LONGEST: usize = 600;

/// Why there is no answer, in one line that says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal(String);

impl Refusal {
    pub(crate) fn new(text: impl AsRef<str>) -> Refusal {
        Refusal(shown(text.as_ref(), LONGEST))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        let advice = match &error {
            Error::Report(ReportError::NoMatches(_) | ReportError::NoPlace(_)) => {
                ": search finds names, and top lists the heaviest; filters may hide it"
            }
            Error::Report(ReportError::NoCode { .. }) => ": symbols tells which binaries are missing",
            _ => "",
        };
        Refusal::new(format!("{error}{advice}"))
    }
}

impl From<UsageError> for Refusal {
    fn from(error: UsageError) -> Refusal {
        Error::from(error).into()
    }
}
