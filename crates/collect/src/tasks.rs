//! The threads of this process, as the kernel lists them.

/// The numbers of all threads, without those of the profiler. Empty where `/proc` is missing.
pub(crate) fn threads() -> Vec<i32> {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let numbers = tasks.filter_map(|task| task.file_name().to_str()?.parse().ok());
    numbers.filter(|&thread| !crate::own_threads::is_own(thread)).collect()
}

/// What a thread does, as the letter of `proc_pid_stat(5)`: `R` runs or wants to, `S` sleeps. `None` when
/// it has ended.
pub(crate) fn state(thread: i32) -> Option<char> {
    let text = std::fs::read(format!("/proc/self/task/{thread}/stat")).ok()?;
    // The name before it is in brackets and may itself have brackets in it.
    let end = text.iter().rposition(|&byte| byte == b')')?;
    text.get(end + 2).map(|&byte| char::from(byte))
}

/// Whether a thread blocks a signal; `false` when that is not known.
#[cfg(target_os = "linux")]
pub(crate) fn blocks(thread: i32, signal: i32) -> bool {
    let text = std::fs::read_to_string(format!("/proc/self/task/{thread}/status")).unwrap_or_default();
    let blocked = text.lines().find_map(|line| line.strip_prefix("SigBlk:"));
    let blocked = blocked.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok()).unwrap_or(0);
    (1..=64).contains(&signal) && blocked >> (signal - 1) & 1 != 0
}

/// The name of a thread; empty when it has ended.
pub(crate) fn name(thread: i32) -> String {
    let text = std::fs::read(format!("/proc/self/task/{thread}/comm")).unwrap_or_default();
    String::from_utf8_lossy(&text).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_thread_runs_under_its_name() {
        std::thread::Builder::new()
            .name("a (b) c".to_owned())
            .spawn(|| {
                let this = crate::sys::thread_id();
                assert!(threads().contains(&this));
                assert_eq!((state(this), name(this)), (Some('R'), "a (b) c".to_owned()));
            })
            .unwrap()
            .join()
            .unwrap();
        assert_eq!((state(i32::MAX), name(i32::MAX)), (None, String::new()));
    }
}
