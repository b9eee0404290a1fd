//! The formats that are written as JSON, and what they have in common.

pub(crate) mod cpuprofile;
mod decode;
mod outline;
pub(crate) mod speedscope;

pub(crate) use decode::decode;
pub(crate) use outline::Outline;
