//! Where the signals of one thread's timer go.
#![allow(unsafe_code)]

use super::ring::{Owner, Record, Ring};
use crate::sys::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};
use crate::sys::{Clock, clock_nanos, thread_name};
use crate::unwind::{Registers, depth, walk_into};

/// The most threads that are sampled at a time.
pub(crate) const SLOTS: usize = 4096;

/// All slots. Statics, because a handler may be late.
static ALL: [Slot; SLOTS] = [const { Slot::new() }; SLOTS];

/// What the handler needs to know of a thread, and its ring.
///
/// The weight of a sample does not come from the timer but from the thread's own clock: the number of
/// periods that have passed since the last sample. So it does not matter how often the kernel looks at
/// timers, how many expiries a signal stands for, or what made the thread take the sample.
#[derive(Debug)]
pub(crate) struct Slot {
    /// Which use of the slot this is; 0 when it is vacant.
    generation: AtomicU32,
    /// Whether a handler is at work. With it there is one writer of the ring whatever happens.
    is_busy: AtomicBool,
    /// Nanoseconds of CPU time between two samples.
    period: AtomicU64,
    /// The CPU time of the thread at which the next sample is due.
    next: AtomicU64,
    /// The CPU time of the thread up to which samples count now; what comes later is left to later ones.
    limit: AtomicU64,
    ring: Ring,
    /// Nanoseconds of samples that found no room in the ring.
    lost: AtomicU64,
}

/// The slot of this number.
pub(crate) fn slot(number: u32) -> Option<&'static Slot> {
    ALL.get(number as usize)
}

/// For the child of a fork: no slot is in use.
pub(crate) fn start_over_in_child() {
    for slot in ALL.iter().filter(|slot| !slot.is_unused()) {
        slot.generation.store(0, Ordering::Relaxed);
        slot.is_busy.store(false, Ordering::Relaxed);
        slot.lost.store(0, Ordering::Relaxed);
        // SAFETY: the child has one thread, and no handler is at work in it.
        unsafe { slot.ring.clear() };
    }
}

impl Slot {
    /// A vacant one.
    pub(crate) const fn new() -> Self {
        Slot {
            generation: AtomicU32::new(0),
            is_busy: AtomicBool::new(false),
            period: AtomicU64::new(1),
            next: AtomicU64::new(0),
            limit: AtomicU64::new(u64::MAX),
            ring: Ring::new(),
            lost: AtomicU64::new(0),
        }
    }

    fn is_unused(&self) -> bool {
        self.generation.load(Ordering::Relaxed) == 0 && !self.is_busy.load(Ordering::Relaxed)
    }

    /// Begins a use: from now on signals of this generation are heard. `next` is the CPU time of the
    /// thread at which the first sample is due. Says whether the slot could be used.
    pub(crate) fn open(&self, generation: u32, period: u64, next: u64) -> bool {
        // After the end of the use before this one: the other half of the agreement with the handler.
        fence(Ordering::SeqCst);
        if self.is_busy.load(Ordering::Acquire) || !self.ring.make() {
            return false;
        }
        self.period.store(period.max(1), Ordering::Relaxed);
        self.next.store(next, Ordering::Relaxed);
        self.limit.store(u64::MAX, Ordering::Relaxed);
        self.generation.store(generation, Ordering::Release);
        true
    }

    /// Ends a use. A handler may still be at work.
    pub(crate) fn close(&self) {
        self.generation.store(0, Ordering::Release);
    }

    /// Whether the thread, which has used `now` nanoseconds of CPU time, has something to tell.
    pub(crate) fn is_due(&self, now: u64) -> bool {
        now >= self.next.load(Ordering::Relaxed)
    }

    /// Nanoseconds of CPU time until the next sample is due, for a thread that has used `now`.
    pub(crate) fn until_due(&self, now: u64) -> u64 {
        self.next.load(Ordering::Relaxed).saturating_sub(now)
    }

    /// Counts CPU time up to here only, or again without a limit.
    pub(crate) fn set_limit(&self, limit: Option<u64>) {
        self.limit.store(limit.unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Takes a sample, for the signal handler: no lock, no allocation, nothing that is made on first use.
    pub(crate) fn take_sample(&self, generation: u32, registers: Registers) {
        if generation == 0 || self.generation.load(Ordering::Relaxed) != generation {
            return;
        }
        // Only a handler that slept just here, while its use ended and another one began, meets another
        // one at work; its time is then counted by whatever comes next.
        if self.is_busy.swap(true, Ordering::Acquire) {
            return;
        }
        // Again, now that `open` is kept out: either this load sees the end of the use, or `open` sees
        // that a handler is busy. Without the fence in both places neither might.
        fence(Ordering::SeqCst);
        if self.generation.load(Ordering::Acquire) != generation {
            self.leave();
            return;
        }
        let period = self.period.load(Ordering::Relaxed);
        let next = self.next.load(Ordering::Relaxed);
        let now = clock_nanos(Clock::ThisThread).unwrap_or(next).min(self.limit.load(Ordering::Relaxed));
        if let Some(over) = now.checked_sub(next) {
            let nanos = (over / period + 1).saturating_mul(period);
            self.next.store(next.saturating_add(nanos), Ordering::Relaxed);
            let owner = Owner { labels: crate::labels::current_in_handler(), thread: thread_name() };
            // SAFETY: `is_busy` was taken by this call.
            let has_room =
                unsafe { self.ring.push(nanos, owner, depth() + 1, |room| walk_into(registers, room)) };
            if !has_room {
                self.lost.fetch_add(nanos, Ordering::Relaxed);
            }
        }
        self.leave();
    }

    /// The handler is done. An exchange and not a store, because the checker of the models keeps only
    /// exchanges of one word in one order with each other.
    fn leave(&self) {
        self.is_busy.swap(false, Ordering::Release);
    }

    /// Takes everything out, and answers the nanoseconds of samples that were lost.
    ///
    /// # Safety
    /// No other call of this function for this slot is under way.
    pub(crate) unsafe fn drain(&self, each: impl FnMut(Record<'_>)) -> u64 {
        // SAFETY: the caller's promise.
        unsafe { self.ring.drain(each) };
        self.lost.swap(0, Ordering::Relaxed)
    }
}
