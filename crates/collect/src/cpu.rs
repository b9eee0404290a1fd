//! The CPU profiler: a timer for each thread, counting the CPU time of that thread alone.
//!
//! `setitimer` loses most signals above the kernel's tick rate and favours some threads; a POSIX timer on
//! the clock of one thread reports how many expiries each signal stands for. The handler unwinds straight
//! into a ring that only this thread writes and only the collector reads; it takes no lock, allocates
//! nothing and touches no thread-local variable, because the timer itself carries the number of the ring.
#![allow(unsafe_code)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use crate::Error;
use crate::encode::Captured;
use crate::heap::{LOST, TRUNCATED, Unsampled};
use crate::sys::{Lock, Region};
use crate::unwind::{Depth, MAX_FRAMES, Registers, StackBounds, walk};

/// The most threads that are sampled at a time.
const SLOTS: usize = 4096;
/// Words in a ring: room for about 60 of the deepest stacks.
const RING: usize = 8192;
/// How often rings are emptied and new threads looked for.
const ROUND: Duration = Duration::from_millis(20);
/// Marks the timers of this profiler.
const COOKIE: usize = 0x4854_0000;

/// The ring of one thread. Its memory stays for ever, so a signal that arrives late does no harm.
struct Slot {
    words: AtomicPtr<AtomicU64>,
    /// Words ever written, by the handler.
    written: AtomicUsize,
    /// Words ever read, by the collector.
    read: AtomicUsize,
    /// Expiries that found no room.
    lost: AtomicU64,
}

static RINGS: [Slot; SLOTS] = [const {
    Slot {
        words: AtomicPtr::new(std::ptr::null_mut()),
        written: AtomicUsize::new(0),
        read: AtomicUsize::new(0),
        lost: AtomicU64::new(0),
    }
}; SLOTS];

/// Whether a capture is under way.
static IS_BUSY: Lock<bool> = Lock::new(false);
/// The handler that was there before, as `sa_sigaction` and whether it takes three arguments.
static PREVIOUS: AtomicUsize = AtomicUsize::new(0);
static PREVIOUS_FLAGS: AtomicUsize = AtomicUsize::new(0);

impl Slot {
    /// Appends `[length, weight, frames…]`, or counts the loss. Only for the thread of the ring.
    fn push(&self, weight: u64, frames: &[u64]) {
        let words = self.words.load(Ordering::Acquire);
        let written = self.written.load(Ordering::Relaxed);
        let used = written.wrapping_sub(self.read.load(Ordering::Acquire));
        if words.is_null() || used + frames.len() + 2 > RING {
            self.lost.fetch_add(weight, Ordering::Relaxed);
            return;
        }
        let head = [frames.len() as u64, weight];
        for (offset, &word) in head.iter().chain(frames).enumerate() {
            // SAFETY: the index is below the size of the ring, whose memory is never given back.
            unsafe { (*words.add(written.wrapping_add(offset) % RING)).store(word, Ordering::Relaxed) };
        }
        self.written.store(written.wrapping_add(frames.len() + 2), Ordering::Release);
    }

    /// Takes everything out. Only for the collector.
    fn drain(&self, counts: &mut HashMap<Vec<u64>, u64>) {
        let words = self.words.load(Ordering::Acquire);
        if words.is_null() {
            return;
        }
        let end = self.written.load(Ordering::Acquire);
        let mut at = self.read.load(Ordering::Relaxed);
        let word = |at: usize| {
            // SAFETY: as in `push`.
            unsafe { (*words.add(at % RING)).load(Ordering::Relaxed) }
        };
        while at != end {
            let length = (word(at) as usize).min(MAX_FRAMES + 1);
            let frames = (0..length).map(|frame| word(at.wrapping_add(2 + frame))).collect();
            *counts.entry(frames).or_default() += word(at.wrapping_add(1));
            at = at.wrapping_add(length + 2);
        }
        self.read.store(at, Ordering::Release);
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            *counts.entry(vec![LOST]).or_default() += lost;
        }
    }
}

/// A signal of one of our timers, or one for the handler that was there before.
extern "C" fn on_signal(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes valid pointers to a handler with SA_SIGINFO; `si_overrun` and the value
    // stand where `siginfo_t` has them for timers: after three words and the timer's number.
    let (is_timer, overrun, value) = unsafe {
        let words = info.cast::<i32>();
        ((*info).si_code == libc::SI_TIMER, *words.add(5), (*info).si_value().sival_ptr.addr())
    };
    let index = value.wrapping_sub(COOKIE);
    if !is_timer || index >= SLOTS {
        return chain(signal, info, context);
    }
    // SAFETY: the context is that of the handler.
    let registers = unsafe { Registers::interrupted(context) };
    let mut frames = [0; MAX_FRAMES + 1];
    let (mut count, depth) = walk(registers, StackBounds::default(), &mut frames[..MAX_FRAMES]);
    if depth == Depth::Cut {
        frames[count] = TRUNCATED;
        count += 1;
    }
    RINGS[index].push(1 + u64::try_from(overrun).unwrap_or(0), frames.get(..count).unwrap_or_default());
}

fn chain(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let previous = PREVIOUS.load(Ordering::Acquire);
    // The default would end the program: a signal that came late must not.
    if previous == libc::SIG_DFL || previous == libc::SIG_IGN {
        return;
    }
    // SAFETY: the address and the kind of the handler are those that `sigaction` reported.
    unsafe {
        if PREVIOUS_FLAGS.load(Ordering::Acquire) & libc::SA_SIGINFO as usize != 0 {
            let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) =
                std::mem::transmute(previous);
            handler(signal, info, context);
        } else {
            let handler: extern "C" fn(i32) = std::mem::transmute(previous);
            handler(signal);
        }
    }
}

/// Installs the handler, once and for ever: a timer signal after its removal would end the program.
fn install() -> std::io::Result<()> {
    static IS_INSTALLED: Lock<bool> = Lock::new(false);
    let mut is_installed = IS_INSTALLED.hold();
    if *is_installed {
        return Ok(());
    }
    // SAFETY: the action is complete, and the old one is stored before the first timer exists.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        let mut old: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_signal as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART | libc::SA_ONSTACK;
        libc::sigemptyset(&raw mut action.sa_mask);
        if libc::sigaction(libc::SIGPROF, &raw const action, &raw mut old) != 0 {
            return Err(std::io::Error::last_os_error());
        }
        PREVIOUS_FLAGS.store(old.sa_flags as usize, Ordering::Release);
        PREVIOUS.store(old.sa_sigaction, Ordering::Release);
    }
    *is_installed = true;
    Ok(())
}

/// The timer of one thread; deleted when dropped.
struct Timer {
    timer: libc::timer_t,
    slot: usize,
}

impl Timer {
    fn start(thread: i32, slot: usize, period: Duration, first: Duration) -> Option<Timer> {
        let words = &RINGS[slot].words;
        if words.load(Ordering::Acquire).is_null() {
            let region = Region::reserve(RING * 8)?;
            words.store(region.start().cast(), Ordering::Release);
            std::mem::forget(region);
        }
        // The clock of another thread's CPU time (clock_getcpuclockid(3), as the kernel encodes it).
        let clock = (!thread << 3) | 6;
        let time = |duration: Duration| libc::timespec {
            tv_sec: duration.as_secs() as _,
            tv_nsec: libc::c_long::from(duration.subsec_nanos() as i32),
        };
        // SAFETY: both structures live through the calls; the thread's number goes where the kernel reads it.
        unsafe {
            let mut event: libc::sigevent = std::mem::zeroed();
            event.sigev_notify = libc::SIGEV_THREAD_ID;
            event.sigev_signo = libc::SIGPROF;
            event.sigev_value.sival_ptr = std::ptr::without_provenance_mut(COOKIE + slot);
            event.sigev_notify_thread_id = thread;
            let mut timer: libc::timer_t = std::mem::zeroed();
            if libc::timer_create(clock, &raw mut event, &raw mut timer) != 0 {
                return None;
            }
            let timer = Timer { timer, slot };
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

/// Samples all threads `hertz` times per second of their CPU time until `until` says that it is over.
/// The calling thread does the work.
pub(crate) fn capture(hertz: u32, mut is_over: impl FnMut() -> bool) -> Result<Captured, Error> {
    let _quiet = Unsampled::enter();
    if std::mem::replace(&mut *IS_BUSY.hold(), true) {
        return Err(Error::CpuBusy);
    }
    let result = capture_alone(hertz, &mut is_over);
    *IS_BUSY.hold() = false;
    result
}

fn capture_alone(hertz: u32, is_over: &mut dyn FnMut() -> bool) -> Result<Captured, Error> {
    install().map_err(Error::Cpu)?;
    let period = Duration::from_nanos(1_000_000_000 / u64::from(hertz.clamp(1, 10_000)));
    let (start, began) = (SystemTime::now(), Instant::now());
    let own = crate::sys::thread_id();
    let mut timers: HashMap<i32, Timer> = HashMap::new();
    let mut vacant: Vec<usize> = (0..SLOTS).rev().collect();
    let mut counts = HashMap::new();
    for slot in &RINGS {
        // Signals that came after the last capture are not part of this one.
        slot.drain(&mut HashMap::new());
    }
    let mut is_refused = false;
    loop {
        let threads = threads();
        for &thread in threads.iter().filter(|&&thread| thread != own) {
            if timers.contains_key(&thread) {
                continue;
            }
            let Some(slot) = vacant.pop() else { break };
            // Uniform in the period, so that short-lived threads are neither favoured nor missed.
            let first = period.mul_f64(random()).max(Duration::from_nanos(1));
            match Timer::start(thread, slot, period, first) {
                Some(timer) => _ = timers.insert(thread, timer),
                None => {
                    vacant.push(slot);
                    is_refused = true;
                }
            }
        }
        std::thread::sleep(ROUND);
        for timer in timers.values() {
            RINGS[timer.slot].drain(&mut counts);
        }
        timers.retain(|thread, timer| {
            let is_alive = threads.contains(thread);
            if !is_alive {
                vacant.push(timer.slot);
            }
            is_alive
        });
        if is_over() {
            break;
        }
    }
    if timers.is_empty() && counts.is_empty() && is_refused {
        return Err(Error::Cpu(std::io::Error::other("the system refuses timers for threads")));
    }
    let slots: Vec<usize> = timers.into_values().map(|timer| timer.slot).collect();
    for slot in slots {
        RINGS[slot].drain(&mut counts);
    }
    let period = i64::try_from(period.as_nanos()).unwrap_or(i64::MAX);
    Ok(Captured { counts, period, start, duration: began.elapsed() })
}

/// The numbers of all threads of this process.
fn threads() -> Vec<i32> {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    tasks.filter_map(|task| task.file_name().to_str()?.parse().ok()).collect()
}

/// A number from 0 to 1, good enough to spread first expiries.
fn random() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_keeps_what_fits_and_counts_the_rest() {
        // The last ring is never reached by a capture here, which hands out the first ones first.
        let slot = &RINGS[SLOTS - 1];
        let region = Region::reserve(RING * 8).unwrap();
        slot.words.store(region.start().cast(), Ordering::Release);
        for round in 1..=3_u64 {
            for sample in 0..1000_u64 {
                slot.push(2, &[sample % 7, round, 5]);
            }
            for _ in 0..1000 {
                slot.push(1, &[9; 20]);
            }
            let mut counts = HashMap::new();
            slot.drain(&mut counts);
            let kept = (RING - 1000 * 5) / 22;
            assert_eq!(counts[&vec![9; 20]], kept as u64);
            assert_eq!(counts[&vec![LOST]], 1000 - kept as u64);
            assert_eq!(counts[&vec![3, round, 5]], 2 * 143);
            assert_eq!(counts.values().sum::<u64>(), 3000);
        }
        slot.words.store(std::ptr::null_mut(), Ordering::Release);
    }
}
