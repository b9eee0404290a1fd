//! Recording the heap: an object that samples allocations is loaded into the program and all that it starts
//! (`hotlist-preload`), and what it has written is read when they have ended.

mod folder;
mod gathered;
pub(crate) mod image;
mod process_file;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::error::{Error, Gate};
use crate::live::failed;
use crate::live::sys::{self, Held, ProcessFile, Signals, Waiting};
use crate::request::{HeapHappened, HeapRecording, HeapRequest, Program};
use folder::Folder;
use gathered::Gathered;

/// Whether the program had come to its end when the recording ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Program,
    Recording,
}

pub(crate) fn record(request: HeapRequest) -> Result<HeapRecording, Error> {
    let HeapRequest { mut command, rate, seed, duration } = request;
    let object = hotlist_preload::OBJECT.ok_or(Gate::NoObject)?;
    let program = command.get_program().to_string_lossy().into_owned();
    let about = image::check(&command)?;
    let signals = Signals::take().map_err(failed("cannot wait for signals"))?;
    let folder = Folder::new(object)?;
    folder.prepare(&mut command, rate, seed);
    let start = |error| Error::Start { program: program.clone(), error };
    let held = Held::new(command, &signals).map_err(start)?;
    let process = held.process;
    let wall_clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let begin = Instant::now();
    let starting = held.release().map_err(failed("cannot start a program"))?;
    let mut gathered = Gathered::new(rate);
    let end = until_it_ends(process, &signals, duration, begin, &mut || gathered.sweep(&folder));
    let elapsed = begin.elapsed();
    let child = starting.finish().map_err(start)?;
    gathered.finish(&folder);
    let mut warnings: Vec<String> = about.warnings;
    warnings.extend(gathered.warnings());
    let happened = HeapHappened {
        samples: gathered.samples(),
        lost: gathered.lost(),
        processes: gathered.processes(),
        elapsed,
        warnings,
    };
    let mut profile = gathered.profile(end == End::Program);
    profile.time_nanos = i64::try_from(wall_clock.as_nanos()).unwrap_or(0);
    profile.duration_nanos = i64::try_from(elapsed.as_nanos()).unwrap_or(0);
    Ok(HeapRecording { profile, happened, program: Program { child, folder: Some(folder.into()) } })
}

/// Waits until there is a reason to end the recording.
fn until_it_ends(
    process: u32,
    signals: &Signals,
    duration: Option<Duration>,
    begin: Instant,
    sweep: &mut dyn FnMut(),
) -> End {
    /// Files of processes that have ended are read so often.
    const ROUND: Duration = Duration::from_millis(500);
    /// Without a file to wait for, the process is looked at so often (Linux before 5.3).
    const LOOK: Duration = Duration::from_millis(20);
    let mut waiting = Waiting::default();
    let signalled = waiting.add(signals);
    let process_file = ProcessFile::open(process).ok();
    let ended = process_file.as_ref().map(|file| waiting.add(file));
    let mut swept = begin;
    let mut interrupts = 0;
    loop {
        let left = duration.map(|duration| duration.saturating_sub(begin.elapsed()));
        if left == Some(Duration::ZERO) {
            return End::Recording;
        }
        let round = if ended.is_some() { ROUND } else { LOOK };
        waiting.wait(left.map_or(round, |left| left.min(round).max(Duration::from_millis(1))));
        if waiting.has_come(signalled) {
            while let Some(signal) = signals.next() {
                interrupts += 1;
                if interrupts > 1 {
                    return End::Recording;
                }
                let has_it = signal.is_from_kernel && signal.number == libc::SIGINT;
                if !has_it {
                    sys::send(process, signal.number);
                }
            }
        }
        let is_over = match ended {
            Some(row) => waiting.has_come(row),
            None => !sys::is_alive(process),
        };
        if is_over {
            return End::Program;
        }
        if swept.elapsed() >= ROUND {
            sweep();
            swept = Instant::now();
        }
    }
}
