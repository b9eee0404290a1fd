//! The formats from before `profile.proto`, a file each, and what they share.
//!
//! Their grammars are those of pprof, which reads them with unanchored regular expressions: a sample
//! may stand anywhere in its line. [`scan`] matches such patterns in one pass over the line.

mod address_names;
mod address_samples;
pub(crate) mod contention;
mod frame_lists;
mod go_comments;
pub(crate) mod go_count;
pub(crate) mod go_stacks;
pub(crate) mod gperftools_cpu;
pub(crate) mod heap;
pub(crate) mod java_cpu;
mod java_locations;
pub(crate) mod java_text;
pub(crate) mod jemalloc;
mod lines;
mod map_line;
mod mapping_layout;
mod memory_map;
mod scan;
pub(crate) mod symbolized;
pub(crate) mod threads;
mod unsampling;
mod words;

pub(crate) use scan::excerpt;
