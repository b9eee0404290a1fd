//! Signals that end or stop the process: the terminal is left as it was found.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::low_level::emulate_default_handler;

/// Looks after signals from now on to the end of the process.
///
/// While a screen is shown, it gets them. Otherwise Ctrl-C sets a flag, and the others do what they
/// always do; those that end the process after the terminal has been put into the state that it had at
/// the beginning.
#[derive(Debug, Clone)]
pub struct Signals {
    interrupted: Arc<AtomicBool>,
    /// Nobody shows a screen.
    is_free: Arc<AtomicBool>,
    screen: Arc<Mutex<Option<Sender<i32>>>>,
}

impl Signals {
    /// Begins to look after them.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn new() -> io::Result<Signals> {
        let is_free = Arc::new(AtomicBool::new(true));
        let signals = Signals { interrupted: Arc::default(), is_free, screen: Arc::default() };
        // A line editor has put the terminal in order and takes it back when it goes on: the process has to
        // stop at once, not when the thread below comes to it.
        signal_hook::flag::register_conditional_default(SIGTSTP, Arc::clone(&signals.is_free))?;
        let saved = tcgetattr(io::stdin()).ok();
        let mut incoming = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGQUIT, SIGINT, SIGTSTP])?;
        let own = signals.clone();
        std::thread::spawn(move || {
            for signal in incoming.forever() {
                let screen = own.screen.lock().unwrap_or_else(PoisonError::into_inner).clone();
                if screen.is_some_and(|screen| screen.send(signal).is_ok()) {
                    continue;
                }
                match signal {
                    SIGINT => {
                        own.interrupted.store(true, Ordering::Relaxed);
                        continue;
                    }
                    // The process has stopped and gone on by now.
                    SIGTSTP => continue,
                    _ => {}
                }
                if let Some(saved) = &saved {
                    // The terminal may be gone, which is one of the reasons for these signals.
                    let _ = tcsetattr(io::stdin(), OptionalActions::Now, saved);
                }
                let _ = emulate_default_handler(signal);
            }
        });
        Ok(signals)
    }

    /// Set when Ctrl-C was pressed.
    pub fn interrupted(&self) -> &AtomicBool {
        &self.interrupted
    }

    /// Hands signals to a screen, or to nobody.
    pub(crate) fn hand_to(&self, screen: Option<Sender<i32>>) {
        self.is_free.store(screen.is_none(), Ordering::Relaxed);
        *self.screen.lock().unwrap_or_else(PoisonError::into_inner) = screen;
    }
}
