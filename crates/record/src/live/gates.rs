//! Which gate of the system refused, when it only says that it did.

use std::io;
use std::os::unix::fs::MetadataExt;

use super::sys;
use crate::error::Gate;

/// Who was to be recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Whom {
    OwnChild,
    Process(u32),
    Everyone,
}

/// Why `perf_event_open` has failed.
pub(super) fn of_open(error: &io::Error, whom: Whom, files: usize) -> Gate {
    match error.raw_os_error() {
        Some(libc::EACCES | libc::EPERM) => of_refusal(error, whom),
        Some(libc::ESRCH) if let Whom::Process(process) = whom => Gate::NoProcess { process },
        Some(libc::EMFILE | libc::ENFILE) => Gate::OpenFiles { needed: files },
        Some(libc::ENOSYS) => Gate::NoEvents,
        _ => Gate::Other { error: error.to_string() },
    }
}

fn of_refusal(error: &io::Error, whom: Whom) -> Gate {
    // The default is that of the kernel; where the setting is hidden, nobody but a container hides it.
    let level = setting("kernel/perf_event_paranoid").unwrap_or(2);
    let is_root = sys::effective_user() == 0;
    if error.raw_os_error() == Some(libc::EPERM) && is_filtered() {
        return Gate::Seccomp;
    }
    if let Whom::Process(process) = whom
        && !is_root
        && let Ok(metadata) = std::fs::metadata(format!("/proc/{process}"))
        && metadata.uid() != sys::effective_user()
    {
        // Processes that hide belong to root.
        let real_user = real_user(process);
        return match real_user {
            Some(user) if user == sys::effective_user() => Gate::Hidden { process },
            _ => Gate::OtherUser { process, user: real_user.unwrap_or(metadata.uid()) },
        };
    }
    match whom {
        _ if level > 2 && !is_root => Gate::Paranoid { level },
        Whom::Everyone if level > 0 && !is_root => Gate::Everything { level },
        _ if is_filtered() => Gate::Seccomp,
        Whom::Process(process) if !is_root => Gate::Hidden { process },
        _ => Gate::Other { error: error.to_string() },
    }
}

/// Why memory for a ring was refused.
pub(super) fn of_map(error: &io::Error) -> Gate {
    match error.raw_os_error() {
        Some(libc::EPERM | libc::ENOMEM | libc::EAGAIN) => Gate::LockedMemory { error: error.to_string() },
        _ => Gate::Other { error: format!("cannot map its memory: {error}") },
    }
}

/// Whether the kernel takes samples so often.
pub(super) fn check_frequency(frequency: u32) -> Result<(), Gate> {
    match setting("kernel/perf_event_max_sample_rate").and_then(|most| u32::try_from(most).ok()) {
        Some(most) if frequency > most => Err(Gate::Frequency { most }),
        _ => Ok(()),
    }
}

/// Why the kernel's work is left out.
pub(super) fn without_kernel() -> String {
    let level = setting("kernel/perf_event_paranoid").unwrap_or(2);
    if level > 1 {
        format!("time in the kernel is left out: kernel.perf_event_paranoid is {level}; 1 or root shows it")
    } else {
        "time in the kernel is left out: this user may not see it".to_owned()
    }
}

fn setting(name: &str) -> Option<i32> {
    std::fs::read_to_string(format!("/proc/sys/{name}")).ok()?.trim().parse().ok()
}

/// Whether a filter decides on system calls of this process.
fn is_filtered() -> bool {
    field_of("self", "Seccomp:").is_some_and(|mode| mode == "2")
}

fn real_user(process: u32) -> Option<u32> {
    field_of(&process.to_string(), "Uid:")?.parse().ok()
}

/// The first word behind `name` in the status of a process.
fn field_of(process: &str, name: &str) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next().map(str::to_owned)
}
