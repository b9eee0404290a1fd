//! CPU profiles: each thread takes samples of itself as its CPU time passes.
//!
//! A timer on the clock of each thread sends it a signal; the handler unwinds straight into a ring that
//! only this thread writes and only the collector reads ([`ring`]). How much time a sample stands for is
//! read from the thread's clock ([`slot`]). One sampler serves all captures that are under way
//! ([`sampler`]).

pub(crate) mod captured;
pub(crate) mod counts;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod limits;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod process;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod ring;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) mod sampler;
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[path = "missing.rs"]
pub(crate) mod sampler;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod slot;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod timer;
