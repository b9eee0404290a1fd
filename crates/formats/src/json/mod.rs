//! The formats that are written as JSON, and what they have in common.

pub(crate) mod chrome;
pub(crate) mod cpuprofile;
mod decode;
pub(crate) mod dhat;
pub(crate) mod firefox;
pub(crate) mod heapprofile;
mod outline;
mod scan;
pub(crate) mod speedscope;

pub(crate) use decode::decode;
pub(crate) use outline::Outline;
