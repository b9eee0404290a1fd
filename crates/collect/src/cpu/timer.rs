//! What makes a thread take samples: a timer on the clock of its CPU time.
#![allow(unsafe_code)]

use std::time::Duration;

use crate::signal::Message;
use crate::signal_choice;
use crate::sys::thread_clock;

/// The timer of one thread; deleted when dropped.
#[derive(Debug)]
pub(crate) struct Timer {
    timer: libc::timer_t,
}

// SAFETY: the kernel's number of a timer may be used from every thread of the process.
unsafe impl Send for Timer {}

impl Timer {
    /// Sends `message` to `thread` after `first` of its CPU time, and then once in each `period`. `None`
    /// when the system refuses, or the thread has ended.
    ///
    /// `setitimer`, the alternative, counts all threads together, and loses most signals at rates above
    /// that of the kernel's clock.
    pub(crate) fn start(thread: i32, message: Message, period: Duration, first: Duration) -> Option<Timer> {
        Timer::with_clock(thread_clock(thread), Some(thread), message, period, first)
    }

    /// Sends `message` to the thread that runs when `first` of CPU time of the whole process has passed, and then
    /// once in each `period`. `None` when the system refuses, or would not choose the running thread.
    pub(crate) fn of_process(message: Message, period: Duration, first: Duration) -> Option<Timer> {
        if !chooses_the_running_thread() {
            return None;
        }
        Timer::with_clock(libc::CLOCK_PROCESS_CPUTIME_ID, None, message, period, first)
    }

    fn with_clock(
        clock: libc::clockid_t,
        thread: Option<i32>,
        message: Message,
        period: Duration,
        first: Duration,
    ) -> Option<Timer> {
        let time = |duration: Duration| libc::timespec {
            tv_sec: duration.as_secs() as _,
            tv_nsec: libc::c_long::from(duration.subsec_nanos() as i32),
        };
        // SAFETY: both structures live through the calls; the thread's number goes where the kernel reads
        // it.
        unsafe {
            let mut event: libc::sigevent = std::mem::zeroed();
            event.sigev_notify = if thread.is_some() { libc::SIGEV_THREAD_ID } else { libc::SIGEV_SIGNAL };
            event.sigev_signo = signal_choice::number();
            event.sigev_value.sival_ptr = std::ptr::without_provenance_mut(message.pack());
            event.sigev_notify_thread_id = thread.unwrap_or(0);
            let mut timer: libc::timer_t = std::mem::zeroed();
            if libc::timer_create(clock, &raw mut event, &raw mut timer) != 0 {
                return None;
            }
            let timer = Timer { timer };
            let first = first.max(Duration::from_nanos(1));
            let setting = libc::itimerspec { it_interval: time(period), it_value: time(first) };
            (libc::timer_settime(timer.timer, 0, &raw const setting, std::ptr::null_mut()) == 0)
                .then_some(timer)
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // SAFETY: the timer exists. A failure, as in a sandbox that refuses the call, changes nothing.
        unsafe { libc::timer_delete(self.timer) };
    }
}

/// Whether a signal for the process goes to the thread that runs, and not to the first one: since Linux 6.4
/// (commit bcb7ee79029d, "posix-timers: Prefer delivery of signals to the current thread").
fn chooses_the_running_thread() -> bool {
    // SAFETY: the call fills in the structure, whose texts end with a zero byte.
    let release = unsafe {
        let mut system: libc::utsname = std::mem::zeroed();
        libc::uname(&raw mut system);
        std::ffi::CStr::from_ptr(system.release.as_ptr()).to_string_lossy().into_owned()
    };
    let mut numbers = release.split(|character: char| !character.is_ascii_digit()).map(str::parse::<u32>);
    let mut next = || numbers.next().and_then(Result::ok).unwrap_or(0);
    (next(), next()) >= (6, 4)
}
