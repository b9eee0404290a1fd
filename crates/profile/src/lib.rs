//! The data model of hotlist: a profile as columns, and what can be done with one as a whole.
//!
//! A [`Profile`] holds what a `profile.proto` file holds, laid out for passes over millions of
//! samples: every string once in [`Strings`], every stack once (or nearly so) in [`Stacks`], every distinct
//! label set once in [`LabelSets`], and tables whose rows refer to each other by dense 32-bit ids.
//!
//! ```
//! use hotlist_profile::{Builder, decode, encode_to_vec, merge};
//!
//! let mut builder = Builder::new(&[("cpu", "nanoseconds")]);
//! let main = builder.named_function("main", "main.rs");
//! let leaf = builder.source_location(main, 3);
//! builder.sample(&[leaf], &[], &[10_000_000]).unwrap();
//! let bytes = encode_to_vec(&builder.finish());
//!
//! let twice = merge([decode(&bytes).unwrap(), decode(&bytes).unwrap()]).unwrap().unwrap();
//! assert_eq!(twice.totals(), [20_000_000]);
//! ```
//!
//! Compression, other formats and files are the business of `hotlist-formats`; filters and sums
//! that of `hotlist-analyze`.

mod builder;
mod id;
mod index;
mod label;
mod merge;
mod profile;
mod prune;
mod scale;
mod simplify;
mod stack;
mod strings;
mod times;
mod timestamps;
pub mod unit;
mod wire;

pub use builder::{AddError, Builder, Full};
pub use id::{FunctionId, LabelSetId, LocationId, MappingId, SampleId, StackId, StringId};
pub use label::{Label, LabelSets, LabelValue};
pub use merge::{MergeError, Merger, merge};
pub use profile::{Function, Line, Location, Locations, Mapping, Profile, Samples, Symbolized, ValueType};
pub use scale::Incompatible;
pub use simplify::simplify;
pub use stack::{StackInterner, Stacks};
pub use strings::Strings;
pub use times::{Moment, Times};
pub use timestamps::TIMESTAMP;
pub use wire::decode::{Decoder, decode, looks_like_profile};
pub use wire::encode::{encode, encode_to_vec};
pub use wire::error::{DecodeError, WireError};
