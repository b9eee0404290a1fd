//! Signals while people are at the prompt: the terminal is left as it was found.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Ctrl-C from now on sets the flag that is returned, in place of ending the process; other signals that
/// end it first put the terminal into the state that it is in now.
pub(super) fn keep_terminal() -> io::Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGINT, Arc::clone(&interrupted))?;
    let saved = tcgetattr(io::stdin()).ok();
    let mut signals = Signals::new([SIGTERM, SIGHUP])?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if let Some(saved) = &saved {
                // The terminal may be gone, which is one of the reasons for these signals.
                let _ = tcsetattr(io::stdin(), OptionalActions::Now, saved);
            }
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
    Ok(interrupted)
}
