//! What makes a thread take samples: a timer on the clock of its CPU time.
#![allow(unsafe_code)]

use std::time::Duration;

use crate::signal::{Message, SIGNAL};
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
        let time = |duration: Duration| libc::timespec {
            tv_sec: duration.as_secs() as _,
            tv_nsec: libc::c_long::from(duration.subsec_nanos() as i32),
        };
        // SAFETY: both structures live through the calls; the thread's number goes where the kernel reads
        // it.
        unsafe {
            let mut event: libc::sigevent = std::mem::zeroed();
            event.sigev_notify = libc::SIGEV_THREAD_ID;
            event.sigev_signo = SIGNAL;
            event.sigev_value.sival_ptr = std::ptr::without_provenance_mut(message.pack());
            event.sigev_notify_thread_id = thread;
            let mut timer: libc::timer_t = std::mem::zeroed();
            if libc::timer_create(thread_clock(thread), &raw mut event, &raw mut timer) != 0 {
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
