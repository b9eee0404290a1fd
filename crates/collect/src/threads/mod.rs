//! The stacks of all threads, at one moment.
//!
//! Every thread is asked by a signal. One that blocks the signal, or waits in the kernel where no signal is
//! taken, does not answer; it is listed with a mark instead of a stack.

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) mod ask;
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[path = "missing.rs"]
pub(crate) mod ask;
pub(crate) mod thread_stack;
