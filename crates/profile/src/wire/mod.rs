//! The protobuf encoding of a profile, written by hand for this one schema.
//!
//! The schema is `profile.proto` of google/pprof; the encoding is described at
//! <https://protobuf.dev/programming-guides/encoding/>.

pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod error;
mod raw_ids;
mod varint;
#[cfg(target_arch = "x86_64")]
mod words;

/// Field numbers of `message Profile`.
mod profile_field {
    pub(super) const SAMPLE_TYPE: u32 = 1;
    pub(super) const SAMPLE: u32 = 2;
    pub(super) const MAPPING: u32 = 3;
    pub(super) const LOCATION: u32 = 4;
    pub(super) const FUNCTION: u32 = 5;
    pub(super) const STRING_TABLE: u32 = 6;
    pub(super) const DROP_FRAMES: u32 = 7;
    pub(super) const KEEP_FRAMES: u32 = 8;
    pub(super) const TIME_NANOS: u32 = 9;
    pub(super) const DURATION_NANOS: u32 = 10;
    pub(super) const PERIOD_TYPE: u32 = 11;
    pub(super) const PERIOD: u32 = 12;
    pub(super) const COMMENT: u32 = 13;
    pub(super) const DEFAULT_SAMPLE_TYPE: u32 = 14;
    pub(super) const DOC_URL: u32 = 15;
}
