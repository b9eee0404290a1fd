//! Signals that end or stop the process: the terminal is left as it was found.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;

/// Looks after signals from now on to the end of the process.
///
/// While a screen is shown, it gets them. Otherwise Ctrl-C sets a flag, and the others do what they
/// always do; those that end the process after the terminal has been put into the state that it had at
/// the beginning. Windows has Ctrl-C only, and a screen gets that as a key.
#[derive(Debug, Clone)]
pub struct Signals {
    interrupted: Arc<AtomicBool>,
    #[cfg(unix)]
    screen: unix::Owner,
}

/// What a signal means for a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(unix), expect(dead_code, reason = "only Unix has such signals"))]
pub(crate) enum Signal {
    /// Stop until the process is woken up.
    Stop,
    /// End, as this signal ends processes.
    End(i32),
}

impl Signals {
    /// Begins to look after them.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn new() -> io::Result<Signals> {
        let interrupted = Arc::new(AtomicBool::new(false));
        #[cfg(unix)]
        let signals = Signals { screen: unix::watch(&interrupted)?, interrupted };
        #[cfg(not(unix))]
        let signals = {
            signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&interrupted))?;
            Signals { interrupted }
        };
        Ok(signals)
    }

    /// Set when Ctrl-C was pressed.
    pub fn interrupted(&self) -> &AtomicBool {
        &self.interrupted
    }

    /// Hands signals to a screen, or to none.
    #[cfg_attr(not(unix), expect(clippy::unused_self, reason = "only Unix has such signals"))]
    pub(crate) fn hand_to(&self, screen: Option<Sender<Signal>>) {
        #[cfg(unix)]
        self.screen.set(screen);
        #[cfg(not(unix))]
        drop(screen);
    }
}

impl Signal {
    /// Does to the process what the signal does where it is not caught.
    pub(crate) fn obey(self) {
        #[cfg(unix)]
        unix::obey(self);
    }
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::Sender;
    use std::sync::{Arc, Mutex, PoisonError};

    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
    use signal_hook::low_level::emulate_default_handler;

    use super::Signal;

    /// The screen that gets signals, if one is shown.
    #[derive(Debug, Clone)]
    pub(super) struct Owner {
        screen: Arc<Mutex<Option<Sender<Signal>>>>,
        /// No screen is shown.
        is_free: Arc<AtomicBool>,
    }

    impl Owner {
        pub(super) fn set(&self, screen: Option<Sender<Signal>>) {
            self.is_free.store(screen.is_none(), Ordering::Relaxed);
            *self.screen.lock().unwrap_or_else(PoisonError::into_inner) = screen;
        }

        fn take(&self, signal: Signal) -> bool {
            let screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner).clone();
            screen.is_some_and(|screen| screen.send(signal).is_ok())
        }
    }

    pub(super) fn watch(interrupted: &Arc<AtomicBool>) -> io::Result<Owner> {
        let owner = Owner { screen: Arc::default(), is_free: Arc::new(AtomicBool::new(true)) };
        // A line editor has put the terminal in order and takes it back when it goes on: the process has to
        // stop at once, not when the thread below comes to it.
        signal_hook::flag::register_conditional_default(SIGTSTP, Arc::clone(&owner.is_free))?;
        let saved = tcgetattr(io::stdin()).ok();
        let mut incoming = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGQUIT, SIGINT, SIGTSTP])?;
        let (screen, interrupted) = (owner.clone(), Arc::clone(interrupted));
        std::thread::spawn(move || {
            for signal in incoming.forever() {
                let meaning = if signal == SIGTSTP { Signal::Stop } else { Signal::End(signal) };
                if screen.take(meaning) {
                    continue;
                }
                match signal {
                    SIGINT => interrupted.store(true, Ordering::Relaxed),
                    // The process has stopped and gone on by now.
                    SIGTSTP => {}
                    _ => {
                        if let Some(saved) = &saved {
                            // The terminal may be gone, which is one of the reasons for these signals.
                            let _ = tcsetattr(io::stdin(), OptionalActions::Now, saved);
                        }
                        let _ = emulate_default_handler(signal);
                    }
                }
            }
        });
        Ok(owner)
    }

    pub(super) fn obey(signal: Signal) {
        let _ = emulate_default_handler(match signal {
            Signal::Stop => SIGTSTP,
            Signal::End(signal) => signal,
        });
    }
}
