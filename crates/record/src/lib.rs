//! Profiles of any process on Linux.
//!
//! [`record`] starts a program, or looks at one that runs, or at all of them. The kernel interrupts it so often a
//! second and writes down where it was, with its registers and the lowest part of its stack, into memory that is
//! shared with it (`perf_event_open`). A thread empties these rings and opens files as they are mapped; another one
//! brings records into the order of time and hands them to [`hotlist_formats::perf::Decoder`], as if they came from a
//! file of perf. Callers are found at once, so that no stack is ever stored.
//!
//! Nothing is printed here, and files are opened only below `/proc`, or by the path that the kernel tells. Names of
//! functions are for those who have the profile and the files that were kept.
//!
//! [`record_heap`] is another way for another thing: it lets the loader put an object into the program that stands in front
//! of its allocator.
//!
//! Who needs hardware counters, tracepoints or scripts should use perf.

mod error;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod heap;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod live;
mod request;

pub use error::{Error, Gate};
pub use request::{
    Happened, HeapHappened, HeapRecording, HeapRequest, KeepFile, Machine, Program, Progress, Recording,
    Request, SeeRecord, Stacks, Target,
};

/// Records until the target ends, the time is over, or somebody interrupts.
///
/// SIGINT, SIGTERM and SIGHUP are kept from ending this process meanwhile. The first one goes on to a program that was
/// started here, unless it comes from the terminal and the program has it already; the second one ends the recording.
/// Where no program was started, the first one does.
///
/// # Errors
/// When there is nothing to record, or it may not be recorded. A program that was to be started has done nothing then.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub fn record(
    request: Request,
    machine: Machine<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Recording, Error> {
    live::record(request, machine, progress)
}

/// Tells that nothing can be recorded here.
///
/// # Errors
/// Always.
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
pub fn record(
    request: Request,
    machine: Machine<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Recording, Error> {
    let _ = (request, machine, progress);
    Err(Error::System)
}

/// Records the heap of a program that is started for it, and of all that it starts, until it ends, the time is over, or
/// somebody interrupts. Signals are handled as by [`record`].
///
/// # Errors
/// When nothing can be loaded into the program. It was not started then.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub fn record_heap(request: HeapRequest) -> Result<HeapRecording, Error> {
    heap::record(request)
}

/// Tells that nothing can be recorded here.
///
/// # Errors
/// Always.
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
pub fn record_heap(request: HeapRequest) -> Result<HeapRecording, Error> {
    drop(request);
    Err(Error::System)
}
