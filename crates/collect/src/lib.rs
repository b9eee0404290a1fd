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
//! What is not here: lock profiles and the stacks of all threads. The endpoints that exist in Go for them
//! say so, or answer with an empty profile where scrapers expect one by default.

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod cpu;
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[path = "cpu_missing.rs"]
mod cpu;
mod encode;
mod error;
mod heap;
mod http;
mod maps;
mod sys;
mod unwind;

pub use error::Error;
pub use heap::{Heap, HeapKind, heap_rate, set_heap_rate, write_heap};
pub use http::{Server, ServerOptions, serve, serve_with};

/// Samples all threads but the calling one for `time`, `hertz` times per second of the CPU time of each,
/// and writes the profile, compressed, as `go tool pprof` reads it.
///
/// The first call installs a handler for `SIGPROF` that stays; signals that are not its own go on to the
/// handler that was there before.
///
/// # Errors
/// When a capture is under way, when the system does not let threads be sampled, or when `writer` fails.
pub fn write_cpu(
    time: std::time::Duration,
    hertz: u32,
    writer: &mut dyn std::io::Write,
) -> Result<(), Error> {
    let end = std::time::Instant::now() + time;
    let captured = cpu::capture(hertz, || std::time::Instant::now() >= end)?;
    let _quiet = heap::Unsampled::enter();
    writer.write_all(&encode::cpu(&captured)?).map_err(Error::Write)
}
