//! Why nothing was recorded, and what helps.

use std::io;

use thiserror::Error;

/// Why nothing was recorded.
#[derive(Debug, Error)]
pub enum Error {
    /// Another system.
    #[error(
        "recording needs Linux on x86-64 or aarch64; recordings and profiles of all systems can be read here"
    )]
    System,
    /// The system does not allow it; what helps.
    #[error(transparent)]
    Refused(#[from] Gate),
    /// The program cannot be started.
    #[error("cannot run {program}: {error}")]
    Start {
        /// Its name.
        program: String,
        /// Why.
        error: io::Error,
    },
    /// Something of the system failed.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        error: io::Error,
    },
}

impl Error {
    /// The exit code that a shell gives, where a program could not be started: 127 if there is none, 126 if there is.
    pub fn exit_code(&self) -> Option<u8> {
        match self {
            Error::Start { error, .. } if error.kind() == io::ErrorKind::NotFound => Some(127),
            Error::Start { .. } => Some(126),
            _ => None,
        }
    }
}

/// What stands in the way, with what helps.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Gate {
    /// Users may record nothing.
    #[error(
        "kernel.perf_event_paranoid is {level}, so users may record nothing: run `sudo sysctl \
         kernel.perf_event_paranoid=2`, or hotlist as root"
    )]
    Paranoid {
        /// The setting.
        level: i32,
    },
    /// All processes are for root.
    #[error(
        "kernel.perf_event_paranoid is {level}, so users may not record all processes: run hotlist as root, or `sudo \
         sysctl kernel.perf_event_paranoid=0`"
    )]
    Everything {
        /// The setting.
        level: i32,
    },
    /// A filter of system calls, as in containers.
    #[error(
        "a filter of system calls (seccomp) forbids perf_event_open, as in containers: start the container with \
         `--cap-add PERFMON`, or with `--security-opt seccomp=unconfined`"
    )]
    Seccomp,
    /// A process of somebody else.
    #[error("process {process} belongs to user {user}: run hotlist as that user, or as root")]
    OtherUser {
        /// Its number.
        process: u32,
        /// Who runs it.
        user: u32,
    },
    /// A process that may not be looked into.
    #[error(
        "process {process} may not be looked into, as after setuid or prctl(PR_SET_DUMPABLE): run hotlist as root"
    )]
    Hidden {
        /// Its number.
        process: u32,
    },
    /// There is none.
    #[error(
        "there is no process {process}; numbers are those of this pid namespace, so run hotlist where `ps` shows \
         the process"
    )]
    NoProcess {
        /// The number.
        process: u32,
    },
    /// There may be no memory for the kernel to write into.
    #[error(
        "no memory may be locked for the kernel to write into ({error}): raise `ulimit -l`, or \
         kernel.perf_event_mlock_kb, or end other recordings"
    )]
    LockedMemory {
        /// What the kernel says.
        error: String,
    },
    /// There may be no more open files.
    #[error("{needed} files are needed, one for each thread and processor: raise `ulimit -n`")]
    OpenFiles {
        /// How many.
        needed: usize,
    },
    /// Too often.
    #[error(
        "the kernel takes {most} samples a second at most: use -F {most}, or raise kernel.perf_event_max_sample_rate"
    )]
    Frequency {
        /// What it allows.
        most: u32,
    },
    /// The kernel cannot.
    #[error("this kernel has no perf events (CONFIG_PERF_EVENTS)")]
    NoEvents,
    /// This build has no object to load.
    #[error(
        "this hotlist was built without the object that records heaps: build it where a linker is, or take a release"
    )]
    NoObject,
    /// Nothing can be loaded from where files can be written.
    #[error(
        "programs may be loaded from none of /dev/shm, $TMPDIR and /var/tmp (noexec): set TMPDIR to a folder where they may"
    )]
    NoExecutableFolder,
    /// Nothing can be loaded into a static program.
    #[error(
        "{program} is statically linked, so nothing can be loaded into it: link it dynamically, or build a profiler in (hotlist-collect for Rust)"
    )]
    Static {
        /// Its path.
        program: String,
    },
    /// Go has an allocator of its own, and a profile of it.
    #[error(
        "{program} is written in Go, which has its own profile of the heap: `hotlist http://HOST:PORT/debug/pprof/heap`, or runtime/pprof"
    )]
    GoHeap {
        /// Its path.
        program: String,
    },
    /// Users may neither look at it nor load anything into it.
    #[error(
        "{program} gets other rights when it starts (setuid, setgid or capabilities), so it cannot be recorded like this: \
         run hotlist as the user that it becomes, or record a copy without them (`cp {program} /tmp`)"
    )]
    Privileged {
        /// Its path.
        program: String,
    },
    /// The object is for this processor.
    #[error(
        "{program} is for another processor or for 32 bits, so hotlist's object cannot be loaded into it"
    )]
    OtherArchitecture {
        /// Its path.
        program: String,
    },
    /// What else it says.
    #[error("perf_event_open: {error}")]
    Other {
        /// What the kernel says.
        error: String,
    },
}
