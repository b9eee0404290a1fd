//! What can go wrong.

use std::io;

/// Why a profile could not be taken, written or served.
///
/// What the system says is the [source](std::error::Error::source), and not repeated in the text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The profile could not be written.
    #[error("cannot write the profile")]
    Write(#[source] io::Error),
    /// The server cannot listen.
    #[error("cannot listen on {address}")]
    #[non_exhaustive]
    Listen {
        /// The address that was asked for.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// An address that other machines can reach was asked for without a token.
    #[error("{address} is not a loopback address: set a token or allow it explicitly")]
    #[non_exhaustive]
    NotLoopback {
        /// The address that was asked for.
        address: String,
    },
    /// The system does not let threads be sampled.
    #[error("cannot sample the threads")]
    Cpu(#[source] io::Error),
    /// The stacks of threads cannot be taken.
    #[error("cannot take the stacks of the threads")]
    Threads(#[source] io::Error),
    /// The signal cannot be used.
    #[error("cannot use the signal")]
    Signal(#[source] io::Error),
    /// Profiles cannot be sent to a server.
    #[error("cannot send profiles to {url}")]
    #[non_exhaustive]
    Push {
        /// The address that was asked for.
        url: String,
        /// Why.
        source: io::Error,
    },
    /// Profiles cannot be written to files by themselves.
    #[error("cannot start dumps")]
    Dumps(#[source] io::Error),
    /// The profile has too many frames.
    #[error("the profile has too many frames")]
    #[non_exhaustive]
    Full,
}

/// The text of an error and of all its sources, in one line.
pub(crate) fn whole_text(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_does_not_repeat_its_source() {
        let error = Error::Listen {
            address: "127.0.0.1:1".to_owned(),
            source: io::Error::other("the address is taken"),
        };
        assert_eq!(error.to_string(), "cannot listen on 127.0.0.1:1");
        assert_eq!(whole_text(&error), "cannot listen on 127.0.0.1:1: the address is taken");
    }
}
