//! What can go wrong between a source and its bytes, and between bytes and a file.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::notice::seconds;
use crate::url::UrlError;

/// Why a source could not be opened, or a file not be written.
///
/// Every message is one line that starts with the source as the user typed it, or the path.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be opened.
    #[error("{address}: {}", plain(.cause))]
    File {
        /// The path as typed.
        address: String,
        /// The system's reason.
        #[source]
        cause: io::Error,
    },
    /// The source has the form of a URL but is none.
    #[error("{address}: invalid URL: {cause}")]
    Url {
        /// The source as typed, any password hidden.
        address: String,
        /// The part that does not fit.
        #[source]
        cause: UrlError,
    },
    /// No connection, or one that broke before the answer came.
    #[error("{address}: fetching {url}: {reason}")]
    Transport {
        /// The source as typed, any password hidden.
        address: String,
        /// The URL that was asked.
        url: String,
        /// The reason, one line.
        reason: String,
    },
    /// The server did not answer in time.
    #[error("{address}: fetching {url}: no answer within {}", seconds(*.limit))]
    Timeout {
        /// The source as typed, any password hidden.
        address: String,
        /// The URL that was asked.
        url: String,
        /// How long we waited.
        limit: Duration,
    },
    /// The server answered with a status other than 200.
    #[error("{address}: server response: {status}{}", body.as_ref().map(|body| format!(" - {body}")).unwrap_or_default())]
    Status {
        /// The source as typed, any password hidden.
        address: String,
        /// Code and words, as in `404 Not Found`.
        status: String,
        /// What the server says about it; only servers that declare themselves as pprof endpoints are quoted.
        body: Option<String>,
    },
    /// The TLS options contradict each other, or name files that cannot be used.
    #[error("{0}")]
    Tls(String),
    /// A file could not be written.
    #[error("{}: {}", .path.display(), plain(.cause))]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        cause: io::Error,
    },
    /// No folder is usable for the copy of a fetched profile, or its names are all taken.
    #[error("could not save profile: {0}")]
    Save(String),
}

impl Error {
    /// What the user can do about it, where there is something.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Error::Timeout { .. } => Some("-timeout sets how many seconds to wait"),
            _ => None,
        }
    }
}

/// The system's reason in the form of our messages: lower case and without the error number.
pub(crate) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = match text.find(" (os error ") {
        Some(end) => &text[..end],
        None => &text,
    };
    let mut letters = text.chars();
    match letters.next() {
        // A word in capitals is a name and stays.
        Some(first) if !letters.as_str().starts_with(|next: char| next.is_uppercase()) => {
            one_line(&format!("{}{}", first.to_lowercase(), letters.as_str()))
        }
        _ => one_line(text),
    }
}

/// Text from outside as one printable line: control characters become spaces, ends are trimmed.
pub(crate) fn one_line(text: &str) -> String {
    let cleaned: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    cleaned.trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_error_reads_as_one_plain_phrase() {
        let missing = io::Error::from_raw_os_error(2);
        assert_eq!(plain(&missing), "no such file or directory");
        assert_eq!(plain(&io::Error::other("TLS is\nbroken\x1b[0m")), "TLS is broken [0m");
    }

    #[test]
    fn a_status_quotes_the_body_only_when_there_is_one() {
        let status =
            |body| Error::Status { address: "http://h/x".into(), status: "404 Not Found".into(), body };
        assert_eq!(status(None).to_string(), "http://h/x: server response: 404 Not Found");
        assert_eq!(
            status(Some("Unknown profile".into())).to_string(),
            "http://h/x: server response: 404 Not Found - Unknown profile"
        );
    }
}
