//! Recording on Linux: who is recorded is started or found, rings are emptied, and it is seen when that ends.

mod binaries;
mod decoding;
mod events;
mod existing;
mod gates;
mod layout;
mod off_cpu;
mod ring;
mod sorter;
pub(crate) mod sys;

use std::collections::HashSet;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hotlist_formats::perf::{Summary, kind};

use crate::error::{Error, Gate};
use crate::request::{Happened, Machine, Program, Progress, Recording, Request, Target};
use binaries::Binaries;
use decoding::{Decoded, Decoding};
pub(crate) use events::failed;
use events::{Events, Sampling};
use gates::Whom;
use layout::{EXIT, THROTTLE, kind_of, word};
use off_cpu::OffCpu;
use ring::HEADER;
use sorter::Batch;
use sys::{Held, Hurry, ProcessFile, Signals, Waiting};

/// Rings are looked at so often, if they do not fill up sooner.
const ROUND: Duration = Duration::from_millis(50);
/// The same where waiting threads are to be looked at before they go on.
const SHORT_ROUND: Duration = Duration::from_millis(5);
/// From when a record has its time until it is in the ring. Interrupts take microseconds, but a virtual processor may be
/// taken away meanwhile.
const LATENESS: u64 = 5_000_000;
/// What was read and not yet decoded has no more bytes. Beyond it the kernel finds no room, which it counts.
const MOST_HELD: usize = 48 << 20;
/// A batch is handed on when it has so many bytes.
const BATCH: usize = 1 << 20;

pub(crate) fn record(
    request: Request,
    machine: Machine<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Recording, Error> {
    let Request { target, frequency, stacks, duration, off_cpu } = request;
    let sampling = Sampling { frequency, stacks, switches: off_cpu, data_mappings: machine.see.is_some() };
    let begin = Instant::now();
    let signals = Signals::take().map_err(failed("cannot wait for signals"))?;
    let mut rings = Rings::new(Binaries::new(machine.keep), off_cpu);
    let recorded = match target {
        Target::Command(command) => {
            let program = command.get_program().to_string_lossy().into_owned();
            let start = |error| Error::Start { program: program.clone(), error };
            crate::heap::image::check_rights(&command)?;
            let held = Held::new(command, &signals).map_err(&start)?;
            match Events::open(sampling, Whom::OwnChild, held.process as i32) {
                Ok(events) => Recorded::Child { held, events, program },
                Err(error) => {
                    held.cancel();
                    return Err(error);
                }
            }
        }
        Target::Process(process) => {
            if !sys::is_alive(process) {
                return Err(Gate::NoProcess { process }.into());
            }
            let events = Events::attach(sampling, process, &mut |events| rings.forked(events))?;
            Recorded::Process { process, events }
        }
        Target::System => Recorded::System { events: Events::open(sampling, Whom::Everyone, -1)? },
    };
    let is_full = Arc::new(AtomicBool::new(false));
    let (sender, batches) = channel();
    let events = recorded.events();
    let mut happened = Happened {
        ring_bytes: events.ring_bytes(),
        without_kernel: events.excludes_kernel().then(gates::without_kernel),
        ..Happened::default()
    };
    let all_events: Vec<_> = [events.event()].into_iter().chain(off_cpu.then(off_cpu::event)).collect();
    let decoding = Decoding {
        events: all_events,
        attributes: events.attributes(),
        shows_kernel: !events.excludes_kernel(),
        unwinder: machine.unwinder,
        see: machine.see,
        is_full: Arc::clone(&is_full),
    };
    let wall_clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (decoded, child) = std::thread::scope(|scope| {
        let decoder = std::thread::Builder::new()
            .name("decode".to_owned())
            .spawn_scoped(scope, move || decoding.run(&batches))
            .map_err(failed("cannot start a thread"))?;
        let mut recorder =
            Recorder { rings, sender, signals: &signals, is_full: &is_full, duration, progress, begin };
        let child = recorder.run(recorded, &mut happened);
        // The decoder ends when nobody can send any more.
        drop(recorder);
        let decoded = decoder.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        child.map(|child| (decoded, child))
    })?;
    let Decoded { mut profile, summary, stopped } = decoded;
    happened.summary = Summary { lost: happened.summary.lost.max(summary.lost), ..summary };
    happened.stopped = stopped;
    profile.time_nanos = i64::try_from(wall_clock.as_nanos()).unwrap_or(0);
    profile.duration_nanos = i64::try_from(happened.elapsed.as_nanos()).unwrap_or(0);
    Ok(Recording { profile, happened, program: child.map(|child| Program { child, folder: None }) })
}

/// Who is recorded, with the events that are open for it.
enum Recorded {
    Child { held: Held, events: Events, program: String },
    Process { process: u32, events: Events },
    System { events: Events },
}

impl Recorded {
    fn events(&self) -> &Events {
        match self {
            Recorded::Child { events, .. }
            | Recorded::Process { events, .. }
            | Recorded::System { events } => events,
        }
    }
}

/// What is read from rings, and counted while it is.
struct Rings<'a> {
    binaries: Binaries<'a>,
    held: Arc<AtomicUsize>,
    batch: Batch,
    progress: Progress,
    throttled: u64,
    off_cpu: Option<OffCpu>,
}

impl<'a> Rings<'a> {
    fn new(binaries: Binaries<'a>, off_cpu: bool) -> Rings<'a> {
        let held = Arc::default();
        let batch = Batch::new(&held);
        Rings {
            binaries,
            held,
            batch,
            progress: Progress::default(),
            throttled: 0,
            off_cpu: off_cpu.then(OffCpu::default),
        }
    }

    /// Reads what is in the rings; `more` takes a full batch and says whether there is room for more.
    fn read(&mut self, events: &mut Events, forks: &mut dyn FnMut(i32), more: &mut dyn FnMut(Batch) -> bool) {
        let layout = events.layout;
        for ring in &mut events.rings {
            ring.read(|record| {
                match kind_of(record) {
                    kind::SAMPLE => self.progress.samples += 1,
                    kind::LOST => self.progress.lost += word(record, HEADER + 8),
                    kind::LOST_SAMPLES => self.progress.lost += word(record, HEADER),
                    kind::MMAP2 => self.binaries.record(record),
                    kind::FORK => forks((word(record, HEADER + 8) & 0xffff_ffff) as i32),
                    THROTTLE => self.throttled += 1,
                    kind::SWITCH => {
                        self.off_cpu.iter_mut().for_each(|off_cpu| off_cpu.switch(record));
                        return true;
                    }
                    EXIT => {
                        let thread = (word(record, HEADER + 8) & 0xffff_ffff) as u32;
                        self.off_cpu.iter_mut().for_each(|off_cpu| off_cpu.exit(thread));
                    }
                    _ => {}
                }
                self.batch.push(layout, record);
                self.batch.bytes() < BATCH || more(self.next_batch())
            });
        }
    }

    fn next_batch(&mut self) -> Batch {
        std::mem::replace(&mut self.batch, Batch::new(&self.held))
    }

    /// The threads that were started since it was last asked.
    fn forked(&mut self, events: &mut Events) -> HashSet<i32> {
        let mut threads = HashSet::new();
        let mut kept = Vec::new();
        let mut take = |thread| {
            threads.insert(thread);
        };
        self.read(events, &mut take, &mut |batch| {
            kept.push(batch);
            true
        });
        for batch in kept {
            self.batch.append(&batch);
        }
        threads
    }

    fn is_full(&self) -> bool {
        self.held.load(Ordering::Relaxed) > MOST_HELD
    }
}

struct Recorder<'r, 'a> {
    rings: Rings<'a>,
    sender: Sender<Batch>,
    signals: &'r Signals,
    is_full: &'r AtomicBool,
    duration: Option<Duration>,
    progress: &'r mut dyn FnMut(Progress),
    begin: Instant,
}

impl Recorder<'_, '_> {
    /// Records; returns the child, if there is one.
    fn run(&mut self, recorded: Recorded, happened: &mut Happened) -> Result<Option<Child>, Error> {
        let binaries = &mut self.rings.binaries;
        let batch = &mut self.rings.batch;
        let (starting, process, mut events) = match recorded {
            Recorded::Child { held, events, program } => (Some((held, program)), None, events),
            Recorded::Process { process, events } => {
                batch.push_first(|bytes| existing::process(process, binaries, bytes));
                if let Some(off_cpu) = &mut self.rings.off_cpu {
                    let now = sys::now();
                    for thread in existing::waiting(process) {
                        off_cpu.waits_already(process, thread, now);
                    }
                }
                (None, Some(process), events)
            }
            Recorded::System { events } => {
                batch.push_first(|bytes| existing::everyone(binaries, bytes));
                (None, None, events)
            }
        };
        let begin = Instant::now();
        happened.start = self.begin.elapsed();
        let hurry = Hurry::begin();
        let process = starting.as_ref().map(|(held, _): &(Held, String)| held.process).or(process);
        let program = match starting {
            Some((held, program)) => {
                Some((held.release().map_err(failed("cannot start a program"))?, program))
            }
            None => None,
        };
        self.until_it_ends(&mut events, process, program.is_some(), begin);
        events.disable();
        happened.elapsed = begin.elapsed();
        // A full decoder is waited for: these are the last records.
        self.empty(&mut events, u64::MAX, true);
        happened.throttled = self.rings.throttled;
        happened.summary.lost = self.rings.progress.lost.max(events.lost());
        drop(hurry);
        let started = program
            .map(|(starting, program)| starting.finish().map_err(|error| Error::Start { program, error }));
        started.transpose()
    }

    /// Records until there is a reason not to.
    fn until_it_ends(&mut self, events: &mut Events, process: Option<u32>, is_child: bool, begin: Instant) {
        const OFTEN: Duration = Duration::from_millis(10);
        let mut waiting = Waiting::default();
        let signals = waiting.add(self.signals);
        // Linux before 5.3 does not have them; then the process is looked at in each round.
        let process_file = process.and_then(|process| ProcessFile::open(process).ok());
        let ended = process_file.as_ref().map(|file| waiting.add(file));
        events.wait_for(&mut waiting);
        let mut interrupts = 0;
        loop {
            let left = self.duration.map(|duration| duration.saturating_sub(begin.elapsed()));
            if left == Some(Duration::ZERO) || self.is_full.load(Ordering::Relaxed) {
                return;
            }
            // Where the decoder is behind, rings are tried again soon.
            let round = match (&self.rings.off_cpu, self.rings.is_full()) {
                (Some(_), _) => SHORT_ROUND,
                (None, true) => OFTEN,
                (None, false) => ROUND,
            };
            waiting.wait(left.map_or(round, |left| left.min(round).max(Duration::from_millis(1))));
            let until = sys::now().saturating_sub(LATENESS);
            self.empty(events, until, false);
            self.rings.progress.elapsed = begin.elapsed();
            (self.progress)(self.rings.progress);
            if waiting.has_come(signals) {
                while let Some(signal) = self.signals.next() {
                    interrupts += 1;
                    let Some(child) = process.filter(|_| is_child && interrupts == 1) else { return };
                    let has_it = signal.is_from_kernel && signal.number == libc::SIGINT;
                    if !has_it {
                        sys::send(child, signal.number);
                    }
                }
            }
            let is_over = match ended {
                Some(row) => waiting.has_come(row),
                None => process.is_some_and(|process| !sys::is_alive(process)),
            };
            if is_over {
                return;
            }
        }
    }

    /// Empties the rings. All records from before `until` are in them by now.
    fn empty(&mut self, events: &mut Events, until: u64, all: bool) {
        let began = sys::now();
        let (sender, held) = (self.sender.clone(), Arc::clone(&self.rings.held));
        let mut is_behind = !all && self.rings.is_full();
        if !is_behind {
            self.rings.read(events, &mut |_| (), &mut |batch| {
                // Who would read it has stopped where it cannot be sent.
                let _ = sender.send(batch);
                is_behind |= !all && held.load(Ordering::Relaxed) > MOST_HELD;
                !is_behind
            });
        }
        if let Some(off_cpu) = &mut self.rings.off_cpu {
            off_cpu.round(if all { u64::MAX } else { began }, &mut self.rings.batch);
            if all {
                off_cpu.finish(began, &mut self.rings.batch);
            }
        }
        let mut batch = self.rings.next_batch();
        // What was left in a ring may be older.
        batch.complete_until = if is_behind { 0 } else { until };
        let _ = self.sender.send(batch);
    }
}
