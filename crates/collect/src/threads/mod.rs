//! The stacks of all threads, at one moment.
//!
//! Every thread is asked by a signal. One that blocks the signal, or waits in the kernel where no signal is
//! taken, does not answer; it is listed with a mark instead of a stack.

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod ask;
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[path = "missing.rs"]
mod ask;

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) use ask::on_wish;
pub(crate) use ask::start_over_in_child;

use crate::Error;
use crate::heap::Unsampled;

/// One thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ThreadStack {
    /// The kernel's number.
    pub(crate) number: i32,
    /// The name.
    pub(crate) name: String,
    /// What it does, as the letter of `proc_pid_stat(5)`.
    pub(crate) state: char,
    /// The number of its set of labels.
    pub(crate) labels: u32,
    /// Code addresses, leaf first; the mark of no answer when there was none.
    pub(crate) frames: Vec<u64>,
}

/// The stacks of all threads but those of the profiler. That of the calling thread is `caller`.
///
/// # Errors
/// When the threads cannot be listed, or signals are refused.
pub(crate) fn stacks(caller: &[u64]) -> Result<Vec<ThreadStack>, Error> {
    let _quiet = Unsampled::enter();
    ask::stacks(caller)
}
