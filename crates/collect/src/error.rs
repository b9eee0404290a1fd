//! What can go wrong.

use std::io;

/// Why a profile could not be written or served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The profile could not be written.
    #[error("cannot write the profile: {0}")]
    Write(#[source] io::Error),
    /// The server cannot listen.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address that was asked for.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// An address that other machines can reach was asked for without a token.
    #[error("{address} is not a loopback address: set a token or allow it explicitly")]
    NotLoopback {
        /// The address that was asked for.
        address: String,
    },
    /// The system does not let threads be sampled.
    #[error("{0}")]
    Cpu(#[source] io::Error),
    /// The stacks of threads cannot be taken.
    #[error("{0}")]
    Threads(#[source] io::Error),
    /// The profile has too many frames.
    #[error(transparent)]
    Full(#[from] hotlist_profile::Full),
}
