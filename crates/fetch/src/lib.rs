//! Where a profile comes from: a path, `-` or a URL becomes a stream of bytes and its origin.
//!
//! A source as typed is first understood ([`Locator`]), then opened ([`Fetcher`]). The reader that comes
//! back streams: the decoder pulls, and no profile is ever held here as a whole. What the user should see
//! on the way ("Fetching profile over HTTP from …") arrives as [`Notice`] values; this crate prints nothing
//! and reads no environment variable, the caller hands in an [`Environment`].
//!
//! ```
//! use hotlist_fetch::{Environment, Fetch, Fetcher, Timing, TlsOptions};
//! use std::ffi::OsStr;
//! use std::io::Read;
//!
//! let fetcher = Fetcher::new(TlsOptions::default(), Environment::default())?;
//! let mut fetched = fetcher.fetch(OsStr::new("Cargo.toml"), &Timing::default(), &mut |_| {})?;
//! let mut start = [0; 9];
//! fetched.reader.read_exact(&mut start)?;
//! assert_eq!(&start, b"[package]");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The rules for a source (what is a file, what is a URL, which path and which `seconds` a URL gets, how
//! long to wait) are those of `go tool pprof`; [`locator`] states them. The other half of the crate writes:
//! [`save_profile`] keeps a copy of what came from a server, [`write_beside`] replaces an output file only
//! when it is complete.
//!
//! What it does not do: it does not look into the bytes (gzip included, unless the server declares it as
//! the encoding of the transfer), and it does not run converters for `perf.data`.

mod connector;
mod environment;
mod error;
mod fetcher;
mod file;
mod http;
pub mod locator;
mod named;
mod notice;
mod output;
mod percent;
mod proxy;
mod save;
mod tls;
mod url;
mod verifier;

pub use environment::Environment;
pub use error::Error;
pub use fetcher::{Download, Fetch, Fetched, Fetcher, Limits, Origin, Timing};
pub use locator::Locator;
pub use named::Named;
pub use notice::Notice;
pub use output::write_beside;
pub use save::{SavedName, save_profile};
pub use tls::TlsOptions;
pub use url::{Url, UrlError};
