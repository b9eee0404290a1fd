//! Samples of threads that have no timer of their own: those that are so new that they were not found yet, and
//! those that end before they are.
//!
//! A timer on the CPU time of the process sends a signal to whatever thread runs. One that has its own timer
//! leaves it alone; any other one takes a sample that stands for the period, into a ring that all of these
//! share.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering};

use super::ring::{Owner, Record, Ring};
use crate::own_threads::is_own;
use crate::signal::Delivery;
use crate::sys::{thread_id, thread_name};
use crate::unwind::{depth, walk_into};

/// As many samples can be taken at the same moment.
const RINGS: usize = 16;

struct SharedRing {
    /// With it there is one writer at a time.
    is_busy: AtomicBool,
    ring: Ring,
}

static RING: [SharedRing; RINGS] =
    [const { SharedRing { is_busy: AtomicBool::new(false), ring: Ring::new() } }; RINGS];

/// Nanoseconds of samples for which there was no room.
static LOST: AtomicU64 = AtomicU64::new(0);

/// Nanoseconds that passed while the running thread blocked the signal.
static BLOCKED: AtomicU64 = AtomicU64::new(0);

/// How many signals of the timer have come.
static HEARD: AtomicU64 = AtomicU64::new(0);

/// Which use of the timer this is; 0 while there is none.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// Nanoseconds of CPU time of the process between two signals.
static PERIOD: AtomicU64 = AtomicU64::new(1);

/// The numbers of threads that have timers of their own, by their lowest bits; a row is looked at as a whole.
static WITH_TIMER: [[AtomicI32; ROW]; ROWS] = [const { [const { AtomicI32::new(0) }; ROW] }; ROWS];
const ROWS: usize = 512;
const ROW: usize = 16;

fn row(thread: i32) -> &'static [AtomicI32; ROW] {
    &WITH_TIMER[thread.unsigned_abs() as usize % ROWS]
}

/// Notes that a thread is about to have a timer of its own; says whether there was room for it.
pub(super) fn leave_out(thread: i32) -> bool {
    let is_taken =
        |place: &AtomicI32| place.compare_exchange(0, thread, Ordering::Relaxed, Ordering::Relaxed).is_ok();
    row(thread).iter().any(is_taken)
}

/// Notes that a thread has no timer any more.
pub(super) fn take_in(thread: i32) {
    for place in row(thread) {
        _ = place.compare_exchange(thread, 0, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// Hears signals of this generation from now on; says whether there is memory for their samples.
pub(super) fn open(generation: u32, period: u64) -> bool {
    if !RING.iter().all(|shared| shared.ring.make()) {
        return false;
    }
    PERIOD.store(period, Ordering::Relaxed);
    GENERATION.store(generation, Ordering::Release);
    true
}

/// How many signals have come so far, whatever thread they met.
pub(super) fn heard() -> u64 {
    HEARD.load(Ordering::Relaxed)
}

/// Hears no signals any more.
pub(super) fn close() {
    GENERATION.store(0, Ordering::Release);
}

/// For the signal handler: some of the process's time has passed.
pub(super) fn on_process(delivery: Delivery) {
    let Delivery { generation, expiries, registers, was_asleep, .. } = delivery;
    if generation == 0 || GENERATION.load(Ordering::Acquire) != generation {
        return;
    }
    HEARD.fetch_add(1, Ordering::Relaxed);
    let nanos = PERIOD.load(Ordering::Relaxed).saturating_mul(expiries);
    if was_asleep {
        // The thread that ran blocks the signal.
        BLOCKED.fetch_add(nanos, Ordering::Relaxed);
        return;
    }
    let thread = thread_id();
    if row(thread).iter().any(|place| place.load(Ordering::Relaxed) == thread) || is_own(thread) {
        return;
    }
    let owner = Owner { labels: crate::labels::current_in_handler(), thread: thread_name() };
    let vacant = RING.iter().find(|shared| !shared.is_busy.swap(true, Ordering::Acquire));
    let has_room = vacant.is_some_and(|shared| {
        // SAFETY: `is_busy` was taken by this call.
        let has_room =
            unsafe { shared.ring.push(nanos, owner, depth() + 1, |room| walk_into(registers, room)) };
        shared.is_busy.store(false, Ordering::Release);
        has_room
    });
    if !has_room {
        LOST.fetch_add(nanos, Ordering::Relaxed);
    }
}

/// Takes all samples out, and answers the nanoseconds of those that were lost.
///
/// # Safety
/// No other call of this function is under way.
pub(super) unsafe fn drain(mut each: impl FnMut(Record<'_>)) -> u64 {
    for shared in &RING {
        // SAFETY: the caller's promise.
        unsafe { shared.ring.drain(&mut each) };
    }
    LOST.swap(0, Ordering::Relaxed)
}

/// Nanoseconds since the last call that passed while the running thread blocked the signal.
pub(super) fn take_blocked() -> u64 {
    BLOCKED.swap(0, Ordering::Relaxed)
}

/// For the child of a fork: there is no timer, and no thread has one.
pub(super) fn start_over_in_child() {
    close();
    LOST.store(0, Ordering::Relaxed);
    BLOCKED.store(0, Ordering::Relaxed);
    WITH_TIMER.iter().flatten().for_each(|place| place.store(0, Ordering::Relaxed));
    for shared in &RING {
        shared.is_busy.store(false, Ordering::Relaxed);
        // SAFETY: the child has one thread, and no handler is at work in it.
        unsafe { shared.ring.clear() };
    }
}
