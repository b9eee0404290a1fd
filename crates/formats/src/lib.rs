//! Bytes to a [`Profile`](hotlist_profile::Profile) and back.
//!
//! [`read`] takes a stream and [`read_bytes`] a buffer; both find out by the first bytes whether the
//! data is gzip, zstd or plain, and in which of [many formats](ALL) it is. [`write()`] makes the gzip file that every
//! pprof tool reads.
//!
//! ```
//! use hotlist_formats::{Limits, read_bytes, write};
//!
//! let text = "goroutine profile: total 3\n3 @ 0x10a1 0x20b2\n";
//! let profile = read_bytes(text.as_bytes(), Limits::default()).unwrap();
//! assert_eq!(profile.totals(), [3]);
//!
//! let mut file = Vec::new();
//! write(&profile, &mut file).unwrap();
//! assert_eq!(read_bytes(&file, Limits::default()).unwrap().totals(), [3]);
//! ```
//!
//! Opening files and asking servers is the business of `hotlist-fetch`.

mod ahead;
mod error;
mod export;
mod foreign;
mod format;
mod input;
mod jfr;
mod json;
mod legacy;
mod named_stacks;
mod otlp;
pub mod perf;
mod piece;
mod protobuf;
mod read;
mod sniff;
mod text;
mod unpack;
mod write;
mod zstd;

pub use error::{Error, Malformed, Position};
pub use export::{EXPORTS, Export, WriteProfile, export_for_file, export_named};
pub use format::{ALL, Format, ReadRecording, ReadStream, ReadWhole, Reader, named};
pub use input::Input;
pub use read::{Limits, read, read_as, read_bytes, read_bytes_as, read_with};
pub use sniff::{Claim, Head, Sniff};
pub use write::write;
