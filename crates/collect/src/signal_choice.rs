//! Which signal the profiler interrupts threads with.

use crate::Error;

/// Which signal interrupts threads for samples and stacks; see [`set_signal`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Signal {
    /// `SIGURG`, the only one of these that ends nothing where its handler was removed, and the one that
    /// debuggers pass on in silence. Go's runtime uses it for the same reasons.
    #[default]
    Urgent,
    /// `SIGPROF`, which other profilers use as well.
    Profiling,
    /// `SIGRTMIN` plus this.
    RealTime(u8),
}

/// Chooses the signal, in place of what `HOTLIST_SIGNAL` says. To be called before the first capture.
///
/// With any other than [`Signal::Urgent`] the program ends when something resets the handler to the default
/// while a capture is under way.
///
/// # Errors
/// When another signal is in use already, there is no such signal, or threads are not interrupted on this system.
pub fn set_signal(signal: Signal) -> Result<(), Error> {
    choose(signal)
        .map_err(|reason| Error::Signal(std::io::Error::new(std::io::ErrorKind::InvalidInput, reason)))
}

#[cfg(not(target_os = "linux"))]
fn choose(_signal: Signal) -> Result<(), &'static str> {
    Err("threads are not interrupted on this system")
}

#[cfg(target_os = "linux")]
use chosen::choose;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) use chosen::name;
#[cfg(target_os = "linux")]
pub(crate) use chosen::{number, parse};

#[cfg(target_os = "linux")]
mod chosen {
    use std::sync::atomic::{AtomicI32, Ordering};

    use super::Signal;
    use crate::environment;

    impl Signal {
        /// The system's number; `None` when there is no such real-time signal.
        fn number(self) -> Option<i32> {
            match self {
                Signal::Urgent => Some(libc::SIGURG),
                Signal::Profiling => Some(libc::SIGPROF),
                Signal::RealTime(above) => {
                    let number = libc::SIGRTMIN() + i32::from(above);
                    (number <= libc::SIGRTMAX()).then_some(number)
                }
            }
        }

        /// Reads `SIGURG`, `SIGPROF` or `SIGRTMIN+3`, with or without `SIG`.
        fn parse(text: &str) -> Option<Signal> {
            let text = text.trim();
            match text.strip_prefix("SIG").unwrap_or(text) {
                "URG" => Some(Signal::Urgent),
                "PROF" => Some(Signal::Profiling),
                other => {
                    let above = other.strip_prefix("RTMIN")?;
                    let above = if above.is_empty() { "0" } else { above.strip_prefix('+')? };
                    Some(Signal::RealTime(above.parse().ok()?)).filter(|signal| signal.number().is_some())
                }
            }
        }
    }

    /// The number of the signal with this name, if it is one of those that can be chosen.
    pub(crate) fn parse(text: &str) -> Option<i32> {
        Signal::parse(text)?.number()
    }

    /// The number of the signal that is used; 0 until one is needed.
    static NUMBER: AtomicI32 = AtomicI32::new(0);

    /// The signal that is used. Not for the handler the first time.
    pub(crate) fn number() -> i32 {
        let number = NUMBER.load(Ordering::Relaxed);
        if number != 0 {
            return number;
        }
        let wanted = environment::signal().and_then(parse).unwrap_or(libc::SIGURG);
        NUMBER.compare_exchange(0, wanted, Ordering::Relaxed, Ordering::Relaxed).err().unwrap_or(wanted)
    }

    pub(super) fn choose(signal: Signal) -> Result<(), &'static str> {
        let wanted = signal.number().ok_or("there is no such real-time signal")?;
        match NUMBER.compare_exchange(0, wanted, Ordering::Relaxed, Ordering::Relaxed) {
            Err(used) if used != wanted => Err("another signal is in use already"),
            _ => Ok(()),
        }
    }

    /// The name of the signal that is used.
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    pub(crate) fn name() -> String {
        match number() {
            libc::SIGURG => "SIGURG".to_owned(),
            libc::SIGPROF => "SIGPROF".to_owned(),
            other => format!("SIGRTMIN+{}", other - libc::SIGRTMIN()),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn signals_have_names() {
            let read = |text| Signal::parse(text).and_then(Signal::number);
            assert_eq!(read("SIGPROF"), Some(libc::SIGPROF));
            assert_eq!(read("URG"), Some(libc::SIGURG));
            assert_eq!(read("SIGRTMIN+3"), Some(libc::SIGRTMIN() + 3));
            assert_eq!(read("SIGRTMIN"), Some(libc::SIGRTMIN()));
            for wrong in ["", "SIGKILL", "SIGSEGV", "SIGRTMIN+200", "SIGRTMIN-1", "9"] {
                assert_eq!(read(wrong), None, "{wrong}");
            }
        }
    }
}
