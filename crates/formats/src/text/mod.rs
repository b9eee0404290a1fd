//! The formats that are plain text, line by line.

pub(crate) mod callgrind;
pub(crate) mod folded;
pub(crate) mod heaptrack;
mod lines;
pub(crate) mod perf_script;
