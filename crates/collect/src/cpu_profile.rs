//! CPU profiles as a program takes them.

use std::io::Write;
use std::time::Duration;

use crate::Error;
use crate::countdown::Unsampled;
use crate::cpu::captured::Captured;
use crate::cpu::sampler;

/// How a CPU profile is taken; see [`cpu`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Cpu {
    hertz: u32,
    tells_threads: bool,
}

/// A CPU profile of all threads, to be [started](Cpu::start).
///
/// ```no_run
/// let profile = hotlist_collect::cpu().hertz(1000).start()?;
/// // … what is to be measured …
/// profile.finish(&mut std::fs::File::create("cpu.pb.gz")?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn cpu() -> Cpu {
    Cpu { hertz: 100, tells_threads: true }
}

impl Cpu {
    /// Samples per second of each thread's CPU time: 100 at first, as in Go, and at most 10 000. The
    /// kernel looks at timers once in a tick of its own clock, often 250 times a second; at higher rates a
    /// sample stands for several periods.
    pub fn hertz(self, hertz: u32) -> Cpu {
        Cpu { hertz: hertz.clamp(1, 10_000), ..self }
    }

    /// Whether samples have the name of their thread as a label, `thread`, which they have at first.
    pub fn thread_names(self, are_told: bool) -> Cpu {
        Cpu { tells_threads: are_told, ..self }
    }

    /// Begins to sample. Any number of profiles may be taken at the same time.
    ///
    /// The first call installs a handler for a signal, `SIGURG` unless
    /// [another one was chosen](crate::set_signal), that stays; signals that are not its own go on to the
    /// handler that was there before, under the conditions that it was installed with.
    ///
    /// # Errors
    /// When the system does not let threads be sampled.
    pub fn start(self) -> Result<CpuProfile, Error> {
        let _quiet = Unsampled::enter();
        let period = Duration::from_nanos(1_000_000_000 / u64::from(self.hertz));
        Ok(CpuProfile { id: sampler::start(period, self.tells_threads)?, is_over: false })
    }
}

/// A CPU profile that is being taken. Dropping it gives it up.
#[derive(Debug)]
pub struct CpuProfile {
    id: sampler::Id,
    is_over: bool,
}

impl CpuProfile {
    /// Stops sampling and writes the profile, compressed, as `go tool pprof` reads it.
    ///
    /// # Errors
    /// When `writer` fails, or the process is the child of a fork since the start.
    pub fn finish(self, writer: &mut dyn Write) -> Result<(), Error> {
        let _quiet = Unsampled::enter();
        let captured = self.captured()?;
        writer.write_all(&crate::encode::cpu(&captured, None)?).map_err(Error::Write)
    }

    pub(crate) fn captured(mut self) -> Result<Captured, Error> {
        let _quiet = Unsampled::enter();
        self.is_over = true;
        let forked = || Error::Cpu(std::io::Error::other("the capture began before a fork"));
        sampler::finish(&self.id).ok_or_else(forked)
    }
}

impl Drop for CpuProfile {
    fn drop(&mut self) {
        if !self.is_over {
            let _quiet = Unsampled::enter();
            sampler::cancel(&self.id);
        }
    }
}
