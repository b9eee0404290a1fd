//! What happens when the program forks.
//!
//! The heap profile goes on in the child: its table is kept whole by holding its lock across the fork.
//! The child has one thread and no timers, so captures of CPU time begin anew, and the locks of everything
//! that may be in the middle of something in another thread are made free again.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};

static IS_PREPARED: AtomicBool = AtomicBool::new(false);

/// Installs the handlers, once. To be called before anything that a fork could catch half done.
pub(crate) fn prepare() {
    if IS_PREPARED.load(Ordering::Relaxed) || IS_PREPARED.swap(true, Ordering::Relaxed) {
        return;
    }
    #[cfg(unix)]
    // SAFETY: the handlers only take and give back locks that no code holds while it forks, and reset what
    // only lost threads could use.
    unsafe {
        libc::pthread_atfork(Some(before), Some(after_in_parent), Some(after_in_child))
    };
}

/// The loader comes first: while it is asked, blocks may be allocated and freed.
extern "C" fn before() {
    crate::unwind::hold_still();
    crate::labels::hold_still();
    crate::sync::hold_still();
    crate::heap::hold_still();
}

extern "C" fn after_in_parent() {
    crate::heap::go_on();
    crate::sync::go_on();
    crate::labels::go_on();
    crate::unwind::go_on();
}

extern "C" fn after_in_child() {
    after_in_parent();
    #[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
    crate::signal::start_over_in_child();
    crate::cpu::start_over_in_child();
    crate::threads::start_over_in_child();
    crate::own_threads::start_over_in_child();
    crate::http::start_over_in_child();
}
