//! The sampler that all captures share: which threads have timers, and who wants their samples.
#![allow(unsafe_code)]

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use super::captured::Captured;
use super::counts::Counts;
use super::process;
use super::ring::Record;
use super::slot::{SLOTS, Slot, slot};
use super::timer::Timer;
use crate::Error;
use crate::fork::{self, Hook, Rank};
use crate::own_threads::OwnThread;
use crate::signal::{self, Message, Purpose, Seen};
use crate::signal_choice;
use crate::sys::{Clock, Lock, clock_nanos, send_signal};
use crate::tasks::{blocks, state, threads};

/// How often rings are emptied and new threads looked for.
const ROUND: Duration = Duration::from_millis(50);

/// Timers that went silent are looked for once in this many rounds.
const WATCH: u32 = 4;

/// The kernel looks at timers once in a tick of its own clock, of which there are a hundred in a second or more: a
/// timer is not silent before it has missed two of them, and several of its own periods.
const PATIENCE: Duration = Duration::from_millis(25);

/// How long the end of a capture waits for threads that are about to run to take their last sample.
const LAST_SAMPLES: Duration = Duration::from_millis(250);

static SAMPLER: Lock<Option<Sampler>> = Lock::new(None);

/// Numbers captures, over forks too.
static NEXT_CAPTURE: AtomicU64 = AtomicU64::new(1);

/// For the child of a fork: nothing is captured here, and the thread that held the lock is gone. What it
/// owned is leaked, since it may have been in the middle of a change.
fn start_over_in_child() {
    // SAFETY: the child has one thread.
    unsafe { SAMPLER.start_over(None) };
    super::slot::start_over_in_child();
    process::start_over_in_child();
}

/// The number of a capture.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Id(u64);

/// Begins a capture with a sample every `period` of CPU time; shorter ones of other captures are shared.
pub(crate) fn start(period: Duration, tells_threads: bool) -> Result<Id, Error> {
    static HOOK: Hook = Hook { in_child: start_over_in_child, ..Hook::NONE };
    fork::register(Rank::Cpu, &HOOK);
    crate::unwind::refresh();
    signal::answer(Purpose::Sample, on_sample);
    signal::answer(Purpose::Process, process::on_process);
    signal::install().map_err(Error::Cpu)?;
    let mut held = SAMPLER.hold();
    let sampler = held.get_or_insert_with(Sampler::new);
    let id = NEXT_CAPTURE.fetch_add(1, Ordering::Relaxed);
    // Samples taken until now are not part of this capture.
    sampler.drain();
    let process = clock_nanos(Clock::Process).unwrap_or(0);
    sampler.captures.push(Capture {
        id,
        period,
        counts: Counts::new(tells_threads),
        short: Counts::new(tells_threads),
        start: SystemTime::now(),
        began: Instant::now(),
        process: process.saturating_sub(sampler.own_nanos()),
        replaced: 0,
        blocked: 0,
    });
    if period < sampler.period {
        sampler.period = period;
        sampler.stop_timers();
    }
    sampler.look_for_threads();
    if sampler.threads.is_empty() && sampler.process.is_none() {
        let refused = std::io::Error::other("the threads of this process cannot be listed or sampled");
        sampler.captures.retain(|capture| capture.id != id);
        sampler.stop_if_unused();
        return Err(Error::Cpu(refused));
    }
    if !sampler.is_collected {
        let collector = std::thread::Builder::new().name("hotlist-cpu".to_owned());
        if let Err(error) = collector.spawn(collect) {
            sampler.captures.retain(|capture| capture.id != id);
            sampler.stop_if_unused();
            return Err(Error::Cpu(error));
        }
        sampler.is_collected = true;
    }
    Ok(Id(id))
}

/// Ends a capture. `None` when it does not exist any more, since it began before a fork.
pub(crate) fn finish(id: &Id) -> Option<Captured> {
    let mut held = SAMPLER.hold();
    let sampler = held.as_mut()?;
    // The last samples are asked for by signals.
    sampler.keep_the_handler();
    let process = clock_nanos(Clock::Process).unwrap_or(0).saturating_sub(sampler.own_nanos());
    sampler.take_last_samples();
    let place = sampler.captures.iter().position(|capture| capture.id == id.0)?;
    let mut capture = sampler.captures.swap_remove(place);
    let threads = sampler.threads.len();
    let blocked = sampler.blocked(&capture);
    let used = process.saturating_sub(capture.process);
    sampler.stop_if_unused();
    drop(held);
    capture.weigh_short_threads(used);

    // What a thread used before its timer began, or after its last sample, is known for all threads
    // together. Each thread is off by less than a period for no other reason than chance.
    let period = nanos(capture.period);
    let missing = used.saturating_sub(capture.counts.total()) / period;
    if missing > 2 + (threads as f64).sqrt() as u64 {
        let blocked = (capture.blocked / period).min(missing);
        capture.counts.add_blocked(blocked * period);
        capture.counts.add_not_sampled((missing - blocked) * period);
    }
    let duration = capture.began.elapsed();
    let notes = notes(&capture, blocked);
    Some(Captured { counts: capture.counts, period, start: capture.start, duration, notes })
}

/// What the profile lacks, for those who read it.
fn notes(capture: &Capture, blocked: usize) -> Vec<String> {
    let mut notes = Vec::new();
    let (signal, counts) = (signal_choice::name(), &capture.counts);
    let percent = |nanos: u64| nanos as f64 * 100.0 / counts.total().max(1) as f64;
    if capture.replaced > 0 {
        let times = capture.replaced;
        notes.push(format!(
            "the handler of {signal} was replaced during the capture, {times} times, and installed again: \
             there are fewer samples, and some stand for more time"
        ));
    }
    if blocked > 0 {
        notes.push(format!("{blocked} threads block {signal} and have no samples"));
    }
    if counts.lost() > 0 {
        notes.push(format!("{:.1} % of the time is without a stack: no room for it", percent(counts.lost())));
    }
    if counts.truncated() > 0 {
        let share = percent(counts.truncated());
        notes.push(format!("{share:.1} % of the time is in stacks whose root is missing, [truncated]"));
    }
    notes
}

/// For the signal handler: the calling thread is asked for a sample.
fn on_sample(delivery: signal::Delivery) {
    if let Some(slot) = slot(delivery.number) {
        slot.take_sample(delivery.generation, delivery.registers);
    }
}

/// Gives a capture up.
pub(crate) fn cancel(id: &Id) {
    let mut held = SAMPLER.hold();
    if let Some(sampler) = held.as_mut() {
        sampler.captures.retain(|capture| capture.id != id.0);
        sampler.stop_if_unused();
    }
}

/// The thread that empties rings and looks for threads, as long as there are captures.
fn collect() {
    let _own = OwnThread::enter();
    let mut rounds = 0_u32;
    loop {
        std::thread::sleep(ROUND);
        rounds = rounds.wrapping_add(1);
        if rounds.is_multiple_of(20) {
            crate::unwind::refresh();
        }
        let mut held = SAMPLER.hold();
        // In the child of a fork there is no sampler, but then there is no collector either.
        let Some(sampler) = held.as_mut() else { return };
        if sampler.captures.is_empty() {
            sampler.is_collected = false;
            sampler.collector_nanos = 0;
            sampler.ended_nanos += clock_nanos(Clock::ThisThread).unwrap_or(0);
            return;
        }
        sampler.keep_the_handler();
        if rounds.is_multiple_of(WATCH) {
            sampler.wake_silent_timers();
        }
        sampler.look_for_threads();
        sampler.ask_threads_without_timer();
        sampler.drain();
        sampler.collector_nanos = clock_nanos(Clock::ThisThread).unwrap_or(0);
        sampler.collector = crate::sys::thread_id();
    }
}

/// One capture under way.
#[derive(Debug)]
struct Capture {
    id: u64,
    period: Duration,
    counts: Counts,
    /// The samples that the timer of the process has taken, of threads without timers.
    short: Counts,
    start: SystemTime,
    began: Instant,
    /// The CPU time of the process when it began.
    process: u64,
    /// How often another handler was found in the place of ours.
    replaced: u64,
    /// Nanoseconds that passed while the running thread blocked the signal.
    blocked: u64,
}

impl Capture {
    /// Adds the samples of threads without timers.
    ///
    /// How often the timer of the process meets such a thread is chance, but how much time they have used together
    /// is known: what the process has `used` beyond that of the threads with timers. So their samples stand for
    /// that, as far as it can be by chance.
    fn weigh_short_threads(&mut self, used: u64) {
        let (short, blocked) = (self.short.total() as f64, self.blocked as f64);
        if short == 0.0 {
            return;
        }
        let rest = used.saturating_sub(self.counts.total()) as f64;
        let chance = (2.0 / (short / nanos(self.period) as f64).sqrt()).min(0.5);
        let factor = (rest / (short + blocked)).clamp(1.0 - chance, 1.0 + chance);
        self.counts.add_scaled(&self.short, factor);
        self.blocked = (blocked * factor) as u64;
    }
}

/// One sampled thread.
#[derive(Debug)]
struct Thread {
    /// `None` where the system refuses timers: then the thread is asked every round.
    timer: Option<Timer>,
    message: Message,
    slot: &'static Slot,
}

impl Thread {
    /// Puts another timer in the place of one that sends no signals any more.
    fn restart(&mut self, number: i32, period: Duration) {
        let now = clock_nanos(Clock::Thread(number)).unwrap_or(0);
        drop(self.timer.take());
        let first = Duration::from_nanos(self.slot.until_due(now));
        self.timer = Timer::start(number, self.message, period, first);
    }
}

#[derive(Debug)]
struct Sampler {
    captures: Vec<Capture>,
    /// The shortest period of all captures.
    period: Duration,
    threads: HashMap<i32, Thread>,
    /// For threads that are not among these; `None` where the system refuses it.
    process: Option<Timer>,
    /// How many of its signals had come when that was last looked at, and the CPU time of the process then.
    process_heard: (u64, u64),
    /// Threads that were there before the captures, and those that were seen since.
    known: HashSet<i32>,
    vacant: VecDeque<u32>,
    generation: u32,
    is_collected: bool,
    /// The CPU time of collectors that have ended, and of the current one when it was last seen.
    ended_nanos: u64,
    collector_nanos: u64,
    collector: i32,
    random: u64,
}

impl Sampler {
    fn new() -> Self {
        Sampler {
            captures: Vec::new(),
            period: Duration::MAX,
            threads: HashMap::new(),
            process: None,
            process_heard: (0, 0),
            known: HashSet::new(),
            vacant: (0..SLOTS as u32).collect(),
            generation: 0,
            is_collected: false,
            ended_nanos: 0,
            collector_nanos: 0,
            collector: 0,
            random: 0x9e37_79b9_7f4a_7c15 ^ u64::from(std::process::id()),
        }
    }

    /// The CPU time that the collectors used.
    fn own_nanos(&self) -> u64 {
        let current = if self.is_collected { clock_nanos(Clock::Thread(self.collector)) } else { None };
        self.ended_nanos + current.unwrap_or(self.collector_nanos)
    }

    /// Starts timers for threads that have none, and ends those of threads that are gone.
    fn look_for_threads(&mut self) {
        if self.process.is_none() {
            self.begin_process();
        }
        let is_first = self.threads.is_empty() && self.known.is_empty();
        let listed = threads();
        let alive: HashSet<i32> = listed.iter().copied().collect();
        let gone: Vec<i32> = self.threads.keys().filter(|thread| !alive.contains(thread)).copied().collect();
        for thread in gone {
            self.end(thread);
        }
        self.known.retain(|thread| alive.contains(thread));
        for thread in listed {
            if !self.threads.contains_key(&thread) {
                let is_new = self.known.insert(thread) && !is_first;
                self.begin(thread, is_new);
            }
        }
    }

    /// Begins to sample the threads that have no timer.
    fn begin_process(&mut self) {
        self.generation = self.generation % (Message::GENERATIONS - 1) + 1;
        let message = Message { purpose: Purpose::Process, number: 0, generation: self.generation };
        let period = nanos(self.period).max(1);
        if process::open(message.generation, period) {
            let first = Duration::from_nanos(1 + self.random() % period);
            self.process = Timer::of_process(message, self.period, first);
            self.process_heard = (process::heard(), clock_nanos(Clock::Process).unwrap_or(0));
        }
    }

    /// Begins to sample a thread. What a new one has used until now is part of its first sample, unless the
    /// timer of the process has stood for it.
    fn begin(&mut self, thread: i32, is_new: bool) {
        let period = nanos(self.period).max(1);
        let now = clock_nanos(Clock::Thread(thread));
        let since = if is_new && self.process.is_none() { 0 } else { now.unwrap_or(0) };
        // Uniform in the period, so that threads that live shortly are neither favoured nor missed.
        let next = since + 1 + self.random() % period;
        if !process::leave_out(thread) {
            return;
        }
        for _ in 0..self.vacant.len().min(64) {
            let Some(number) = self.vacant.pop_front() else { break };
            let Some(slot) = slot(number) else { continue };
            self.generation = self.generation % (Message::GENERATIONS - 1) + 1;
            let message = Message { purpose: Purpose::Sample, number, generation: self.generation };
            if !slot.open(message.generation, period, next) {
                self.vacant.push_back(number);
                continue;
            }
            let first = Duration::from_nanos(next.saturating_sub(now.unwrap_or(0)));
            let timer = Timer::start(thread, message, self.period, first);
            self.threads.insert(thread, Thread { timer, message, slot });
            return;
        }
        process::take_in(thread);
    }

    /// Ends the sampling of a thread; what it has written is given to the captures.
    fn end(&mut self, thread: i32) {
        if let Some(mut ended) = self.threads.remove(&thread) {
            drop(ended.timer.take());
            process::take_in(thread);
            ended.slot.close();
            drain(ended.slot, &mut self.captures);
            // The next thread gets this one, which has memory already.
            self.vacant.push_front(ended.message.number);
        }
    }

    fn stop_timers(&mut self) {
        let all: Vec<i32> = self.threads.keys().copied().collect();
        all.into_iter().for_each(|thread| self.end(thread));
        self.process = None;
        process::close();
        self.drain();
    }

    /// Installs the handler again where it was replaced, and notes that.
    fn keep_the_handler(&mut self) {
        if signal::install().is_ok_and(|seen| seen != Seen::Ours) {
            self.captures.iter_mut().for_each(|capture| capture.replaced += 1);
            // A timer whose signal is ignored is put aside, and one whose signal was thrown away while it was on
            // its way is not armed again: neither sends another one (kernel/signal.c, `do_sigaction`).
            for (&number, thread) in &mut self.threads {
                thread.restart(number, self.period);
            }
            self.restart_process();
        }
    }

    /// Starts timers anew that should have sent signals and did not: something took the handler away for so short a
    /// time that nobody saw it.
    fn wake_silent_timers(&mut self) {
        let patience = PATIENCE.max(self.period * 4);
        for (&number, thread) in self.threads.iter_mut().filter(|(_, thread)| thread.timer.is_some()) {
            let now = clock_nanos(Clock::Thread(number)).unwrap_or(0);
            if thread.slot.is_due(now.saturating_sub(nanos(patience)))
                && !blocks(number, signal_choice::number())
            {
                thread.restart(number, self.period);
            }
        }
        let now = clock_nanos(Clock::Process).unwrap_or(0);
        let heard = process::heard();
        if heard != self.process_heard.0 {
            self.process_heard = (heard, now);
        } else if now.saturating_sub(self.process_heard.1) > nanos(patience) {
            self.restart_process();
        }
    }

    fn restart_process(&mut self) {
        if self.process.take().is_some() {
            self.begin_process();
        }
    }

    /// How many threads block the signal, of those that should have taken samples long ago.
    fn blocked(&self, capture: &Capture) -> usize {
        let patience = nanos(capture.period).saturating_mul(10);
        let is_silent = |number: i32, thread: &Thread| {
            let now = clock_nanos(Clock::Thread(number)).unwrap_or(0);
            thread.slot.is_due(now.saturating_sub(patience)) && blocks(number, signal_choice::number())
        };
        self.threads.iter().filter(|&(&number, thread)| is_silent(number, thread)).count()
    }

    fn stop_if_unused(&mut self) {
        if self.captures.is_empty() {
            self.stop_timers();
            self.known.clear();
            self.period = Duration::MAX;
        }
    }

    fn drain(&mut self) {
        for thread in self.threads.values() {
            drain(thread.slot, &mut self.captures);
        }
        // SAFETY: only the holder of the sampler's lock gets here.
        let lost = unsafe {
            process::drain(|record| {
                self.captures.iter_mut().for_each(|capture| capture.short.add(record.key, record.nanos));
            })
        };
        let blocked = process::take_blocked();
        for capture in &mut self.captures {
            capture.counts.add_lost(lost);
            capture.blocked += blocked;
        }
    }

    /// Where timers are refused, a thread that has used its period and runs gets a signal from here. One
    /// that sleeps gets none: it would interrupt its system call.
    fn ask_threads_without_timer(&self) {
        for (&number, thread) in self.threads.iter().filter(|(_, thread)| thread.timer.is_none()) {
            if is_due(number, thread) && state(number) == Some('R') {
                send_signal(number, signal_choice::number(), thread.message.pack());
            }
        }
    }

    /// Makes the threads that run take a sample of what they have used until now, and no more. The kernel
    /// looks at timers once in a tick of its own clock, and only at the thread that runs just then; so the
    /// CPU time since the last look would be missing, which with many threads is a lot.
    fn take_last_samples(&mut self) {
        let mut waiting: Vec<(i32, u64, bool)> = Vec::new();
        for (&number, thread) in &self.threads {
            if let Some(now) = clock_nanos(Clock::Thread(number)) {
                thread.slot.set_limit(Some(now));
                waiting.push((number, now, false));
            }
        }
        let end = Instant::now() + LAST_SAMPLES;
        loop {
            waiting.retain_mut(|(number, limit, is_asked)| {
                let Some(thread) = self.threads.get(number) else { return false };
                let is_missing = thread.slot.is_due(*limit) && state(*number) == Some('R');
                if is_missing && !*is_asked {
                    *is_asked = send_signal(*number, signal_choice::number(), thread.message.pack());
                }
                is_missing && *is_asked
            });
            if waiting.is_empty() || Instant::now() >= end {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        self.drain();
        self.threads.values().for_each(|thread| thread.slot.set_limit(None));
    }

    /// xorshift64 (G. Marsaglia, 2003), good enough to spread first expiries.
    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }
}

fn is_due(number: i32, thread: &Thread) -> bool {
    clock_nanos(Clock::Thread(number)).is_some_and(|now| thread.slot.is_due(now))
}

fn drain(slot: &Slot, captures: &mut [Capture]) {
    // SAFETY: only the holder of the sampler's lock gets here.
    let lost = unsafe { slot.drain(|record| give(captures, record)) };
    for capture in captures {
        capture.counts.add_lost(lost);
    }
}

fn give(captures: &mut [Capture], record: Record<'_>) {
    for capture in captures {
        capture.counts.add(record.key, record.nanos);
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
