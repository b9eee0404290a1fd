//! Heap and CPU profiles from inside a Rust program, in the format and at the addresses that Go programs use.
//!
//! ```no_run
//! #[global_allocator]
//! static ALLOC: hotlist_collect::Heap = hotlist_collect::Heap::system();
//!
//! fn main() {
//!     let _server = hotlist_collect::serve("127.0.0.1:6060");
//!     // … the program …
//! }
//! ```
//!
//! Then `go tool pprof http://127.0.0.1:6060/debug/pprof/heap` reads the profile of the running program.
//!
//! Profiles carry addresses, mappings and build ids; whoever reads them finds the names in the binary.
//! Linking this crate opens no port and installs no signal handler. Stacks need Linux on x86-64 or
//! aarch64; elsewhere the allocator counts, but its samples have no stacks.
//!
//! | profile | function | needs |
//! |---|---|---|
//! | heap, allocations | [`heap`], [`allocs`] | [`Heap`] as the global allocator |
//! | CPU time | [`cpu`] | |
//! | stacks of all threads | [`threads`] | |
//! | waiting for locks | [`mutex`], [`block`] | the locks of [`sync`] |
//!
//! All of them carry [`Labels`]. What is missing: execution traces, and allocations and locks of code that
//! goes around [`Heap`] and [`sync`], such as C libraries.
//!
//! | feature | adds |
//! |---|---|
//! | `axum`, `hyper` | the endpoints inside of a server that the program already has |
//! | `tracing` | labels from fields of spans |
//! | `symbolize` | names and lines inside of the program, where a reader asks for them |
//!
//! The environment can ask for the same without a change of the program; see [`Heap`].

#![deny(clippy::undocumented_unsafe_blocks)]
#![cfg_attr(
    not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))),
    allow(
        dead_code,
        unused_imports,
        reason = "much of it is for samples of CPU time and stacks, which need Linux"
    )
)]

mod allocator;
mod countdown;
mod cpu;
mod cpu_profile;
mod dumps;
mod encode;
mod environment;
mod error;
#[cfg(target_os = "linux")]
mod exit;
mod fork;
mod heap;
mod http;
mod labels;
mod libraries;
mod maps;
mod marks;
mod own_threads;
mod push;
mod random;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod signal;
mod signal_choice;
mod source;
#[cfg(feature = "tracing")]
mod spans;
mod store;
mod sums;
mod symbols;
pub mod sync;
mod sys;
mod tasks;
mod text;
mod threads;
mod unwind;

pub use allocator::{Heap, set_heap_rate};
pub use countdown::heap_rate;
pub use cpu_profile::{Cpu, CpuProfile, cpu};
pub use dumps::{Dumps, dumps};
pub use error::Error;
#[cfg(feature = "axum")]
pub use http::axum;
#[cfg(feature = "hyper")]
pub use http::hyper;
pub use http::server::{Server, ServerOptions, serve, serve_with};
pub use labels::{EnteredLabels, FutureExt, Labels, WithLabels, with_labels};
pub use push::{Push, PushStatus, Pushing, push_to_hotlist, push_to_pyroscope};
pub use signal_choice::{Signal, set_signal};
pub use source::{Source, allocs, block, heap, mutex, threads};
#[cfg(feature = "tracing")]
pub use spans::LabelsLayer;
pub use unwind::set_stack_depth;

/// What the guides say compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/collect.md")]
#[doc = include_str!("../../../docs/collect-migrating.md")]
mod guides {}
