//! What a user should be told while a source is opened.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// One line for the user, to be shown when it arrives: the work it announces may take minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A server is about to be asked.
    Fetching {
        /// The URL that is asked, any password hidden.
        url: String,
    },
    /// The server was asked to measure for a while, so the answer takes that long.
    Waiting {
        /// The length of the measurement.
        duration: Duration,
    },
    /// A folder for copies cannot be used; the next choice is tried.
    UnusableFolder {
        /// The folder.
        folder: PathBuf,
        /// The system's reason.
        reason: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, line: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::Fetching { url } => write!(line, "Fetching profile over HTTP from {url}"),
            Notice::Waiting { duration } => write!(line, "Please wait... ({})", seconds(*duration)),
            Notice::UnusableFolder { folder, reason } => {
                write!(line, "Could not use temp dir {}: {reason}", folder.display())
            }
        }
    }
}

/// A duration the way Go writes it: `30s`, `1m30s`, `1h0m0s`, `6.5s`, `250ms`.
pub(crate) fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(1) && !duration.is_zero() {
        return format!("{}ms", duration.as_millis().max(1));
    }
    let whole = duration.as_secs();
    let fraction = format!("{:03}", duration.subsec_millis());
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let rest = format!("{}{point}{fraction}s", whole % 60);
    match (whole / 3600, whole / 60 % 60) {
        (0, 0) => rest,
        (0, minutes) => format!("{minutes}m{rest}"),
        (hours, minutes) => format!("{hours}h{minutes}m{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_in_go() {
        let check = |millis, expected: &str| assert_eq!(seconds(Duration::from_millis(millis)), expected);
        check(0, "0s");
        check(250, "250ms");
        check(6_500, "6.5s");
        check(30_000, "30s");
        check(90_000, "1m30s");
        check(3_600_000, "1h0m0s");
    }

    #[test]
    fn the_lines_are_those_of_pprof() {
        let fetching = Notice::Fetching { url: "http://h/debug/pprof/heap".into() };
        assert_eq!(fetching.to_string(), "Fetching profile over HTTP from http://h/debug/pprof/heap");
        let waiting = Notice::Waiting { duration: Duration::from_secs(30) };
        assert_eq!(waiting.to_string(), "Please wait... (30s)");
    }
}
