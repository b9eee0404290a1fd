//! What is to be recorded, and what came of it.

use std::fs::File;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use hotlist_formats::perf::{Summary, Unwinder};
use hotlist_profile::Profile;
use tempfile::TempDir;

/// What to record, and how.
#[derive(Debug)]
pub struct Request {
    /// Of whom.
    pub target: Target,
    /// How often a second a processor is looked at while it works for the target.
    pub frequency: u32,
    /// How callers are found.
    pub stacks: Stacks,
    /// For how long; without it, until the target ends or somebody interrupts.
    pub duration: Option<Duration>,
    /// Whether the time in which threads wait is recorded too, as another sample type.
    pub off_cpu: bool,
}

/// Who is recorded.
#[derive(Debug)]
pub enum Target {
    /// A program that is started for it, and everything that it starts.
    Command(Command),
    /// A process that runs, and everything that it starts from now on.
    Process(u32),
    /// All processes.
    System,
}

/// How callers are found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Stacks {
    /// By the tables of the binaries, and by frame pointers where they have none; from the lowest 16 KiB of a stack.
    #[default]
    Auto,
    /// The same from as much of a stack as the kernel hands out, 64 KiB.
    Dwarf,
    /// By frame pointers alone, which the kernel follows. It costs least and needs programs that were built with them.
    FramePointers,
}

/// Takes a file that is mapped into a process: its path in there, its build id as far as that is known, and the file.
/// Returns its build id in hexadecimal digits, empty when it has none.
pub type KeepFile<'a> = dyn Fn(&str, &str, File) -> String + 'a;

/// Sees every record with its header, the event first, then those of the kernel in the order of time: behind the
/// sixteen bytes of its header it is a stream of perf.
pub type SeeRecord<'a> = dyn FnMut(&[u8]) + Send + 'a;

/// What a recording needs of the machine beside the kernel.
pub struct Machine<'a> {
    /// Finds callers.
    pub unwinder: &'a mut (dyn Unwinder + Send),
    /// Called as soon as a file is mapped, since it may be gone when its names are needed.
    pub keep: &'a KeepFile<'a>,
    /// Sees the records.
    pub see: Option<&'a mut SeeRecord<'a>>,
}

impl std::fmt::Debug for Machine<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Machine").finish_non_exhaustive()
    }
}

/// How far a recording is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// Samples so far.
    pub samples: u64,
    /// Records so far for which there was no room.
    pub lost: u64,
    /// For how long it runs.
    pub elapsed: Duration,
}

/// A recording.
#[derive(Debug)]
pub struct Recording {
    /// The profile, without names.
    pub profile: Profile,
    /// What people should know about it.
    pub happened: Happened,
    /// The program that was started, which may still run.
    pub program: Option<Program>,
}

/// What happened while recording.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Happened {
    /// What was in it.
    pub summary: Summary,
    /// How often a processor was too busy with taking samples, so that the kernel left some out.
    pub throttled: u64,
    /// For how long it was recorded.
    pub elapsed: Duration,
    /// From what the process was made until it could run its program.
    pub start: Duration,
    /// Bytes of memory in which the kernel wrote.
    pub ring_bytes: usize,
    /// Why there are no frames of the kernel, and no samples of its work.
    pub without_kernel: Option<String>,
    /// Why it ended before its end, where that is the recorder's fault.
    pub stopped: Option<String>,
}

/// Whose heap is recorded, and how.
#[derive(Debug)]
pub struct HeapRequest {
    /// The program, which is started for it. All that it starts is recorded too.
    pub command: Command,
    /// The mean number of allocated bytes between two samples; 1 for all allocations.
    pub rate: u64,
    /// What decides which allocations are samples; 0 for others in every run.
    pub seed: u64,
    /// For how long; without it, until the program ends or somebody interrupts.
    pub duration: Option<Duration>,
}

/// The heap as it was recorded.
#[derive(Debug)]
pub struct HeapRecording {
    /// The profile, without names of functions.
    pub profile: Profile,
    /// What people should know about it.
    pub happened: HeapHappened,
    /// The program, which may still run.
    pub program: Program,
}

/// What happened while the heap was recorded.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HeapHappened {
    /// Samples.
    pub samples: u64,
    /// Samples for which there was no room.
    pub lost: u64,
    /// Programs and children of forks that have allocated, each run of a program for itself.
    pub processes: u64,
    /// For how long it was recorded.
    pub elapsed: Duration,
    /// What is missing, and why.
    pub warnings: Vec<String>,
}

/// A program that was started.
#[derive(Debug)]
pub struct Program {
    pub(crate) child: Child,
    /// What it needs as long as it runs.
    pub(crate) folder: Option<TempDir>,
}

impl Program {
    /// Waits until it has ended.
    ///
    /// # Errors
    /// Those of the system.
    pub fn wait(mut self) -> std::io::Result<ExitStatus> {
        let status = self.child.wait();
        drop(self.folder);
        status
    }
}
