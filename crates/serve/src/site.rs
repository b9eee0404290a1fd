//! What a server needs to know.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use hotlist_store::Store;
use hotlist_web::Address;
use thiserror::Error;
use tokio_rustls::rustls::ClientConfig;

use crate::scrape::ScrapeConfig;
use crate::tell::Tell;
use crate::tenants::Tenants;

/// What a server needs to know.
#[derive(Debug)]
pub struct Site {
    /// Where profiles are kept.
    pub store: Store,
    /// Where to listen.
    pub address: Address,
    /// Other names by which requests may call the server; with [tokens](Self::tenants) every name will do.
    pub names: Vec<String>,
    /// Whose requests are answered.
    pub tenants: Tenants,
    /// Certificate chain and key in PEM, for https.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// What to ask for profiles.
    pub scrape: Option<ScrapeConfig>,
    /// Whom scrapes over https trust.
    pub authorities: Arc<ClientConfig>,
    /// The largest profile, packed and unpacked, in bytes.
    pub max_profile: u64,
    /// How many bytes all requests may hold together.
    pub request_memory: u64,
    /// Who is told what goes on.
    pub tell: Tell,
}

/// Why a server does not start, or ends.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The address cannot be listened at.
    #[error("cannot listen at {address}: {source}")]
    Listen {
        /// The address.
        address: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Certificate or key cannot be used.
    #[error("{}: {reason}", path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The system has no threads, random numbers or connections.
    #[error(transparent)]
    System(#[from] io::Error),
}
