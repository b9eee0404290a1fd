//! Heap profiles that a program writes to files by itself: on a signal, and when much memory is in use.

#[cfg(target_os = "linux")]
mod thread;
#[cfg(target_os = "linux")]
pub(crate) use thread::{limit_in_use, over_the_limit, write_files_before_the_end};
#[cfg(target_os = "linux")]
pub(crate) mod files;

use crate::Error;

/// When heap profiles are written to files; see [`dumps`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Dumps {
    path: String,
    signal: Option<i32>,
    in_use: Option<u64>,
}

/// Heap profiles in files at this path, to be [started](Dumps::start). In it `%p` becomes the number of the process
/// and `%n` that of the file, beginning with 1; without `%n` every file takes the place of the one before it. A file
/// is replaced when the new one is complete.
///
/// ```no_run
/// hotlist_collect::dumps("/var/tmp/heap-%p-%n.pb.gz")
///     .on_signal(libc::SIGUSR2)
///     .when_in_use(3 << 30)
///     .start()?;
/// # Ok::<(), hotlist_collect::Error>(())
/// ```
pub fn dumps(path: impl Into<String>) -> Dumps {
    Dumps { path: path.into(), signal: None, in_use: None }
}

impl Dumps {
    /// Writes a file whenever the process gets this signal, such as `libc::SIGUSR2`.
    pub fn on_signal(self, signal: i32) -> Dumps {
        Dumps { signal: Some(signal), ..self }
    }

    /// Writes a file when this many bytes are in use, as the profile estimates them, and again whenever they are a
    /// quarter more than at the last time.
    ///
    /// What the kernel counts is more than the blocks in use, so choose a good deal less than the limit at which it
    /// ends the program.
    pub fn when_in_use(self, bytes: u64) -> Dumps {
        Dumps { in_use: Some(bytes), ..self }
    }

    /// Begins. The files are written by a thread of the profiler, as long as the program runs; the child of a fork
    /// writes none.
    ///
    /// # Errors
    /// When dumps were started before, the signal cannot be handled or is handled by the program already, or there
    /// is no thread for it, as on systems other than Linux.
    pub fn start(self) -> Result<(), Error> {
        begin(self).map_err(Error::Dumps)
    }
}

#[cfg(target_os = "linux")]
use thread::begin;

#[cfg(not(target_os = "linux"))]
fn begin(dumps: Dumps) -> std::io::Result<()> {
    drop((dumps.path, dumps.signal, dumps.in_use));
    Err(std::io::Error::new(std::io::ErrorKind::Unsupported, "nothing is dumped on this system"))
}

/// No amount is watched on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn limit_in_use() -> u64 {
    u64::MAX
}

/// No amount is watched on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn over_the_limit() {}
