//! When the next sample is due, for each thread on its own.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::unwind::StackBounds;

/// The mean number of allocated bytes between two samples, as in Go.
const DEFAULT_RATE: u64 = 512 * 1024;

/// Larger means are not told apart from "off" by any program.
const LARGEST_RATE: u64 = 1 << 40;

static RATE: AtomicU64 = AtomicU64::new(DEFAULT_RATE);

/// A thread looks at the rate at least once in this many allocated bytes.
const LOOK: i64 = 1 << 20;

/// What a thread remembers. Nothing here needs to be dropped or allocated.
struct Thread {
    /// Bytes to the next sample beyond the ones in [`LEFT`].
    beyond: Cell<i64>,
    /// The rate the point was drawn for; 0 when none was drawn.
    rate: Cell<u64>,
    random: Cell<u64>,
    bounds: Cell<StackBounds>,
    /// How many [`Unsampled`] there are.
    quiet: Cell<u32>,
}

thread_local! {
    /// Bytes until this thread has something to do. Zero at first, so that its first allocation is
    /// noticed.
    static LEFT: Cell<i64> = const { Cell::new(0) };
    static THREAD: Thread = const {
        Thread {
            beyond: Cell::new(0),
            rate: Cell::new(0),
            random: Cell::new(0),
            bounds: Cell::new(StackBounds { low: 0, high: 0 }),
            quiet: Cell::new(0),
        }
    };
}

/// The mean number of allocated bytes between two samples; 0 when sampling is off.
pub fn heap_rate() -> u64 {
    RATE.load(Ordering::Relaxed)
}

/// Sets the mean. Threads notice when they look next.
pub(crate) fn set_rate(rate: u64) {
    RATE.store(rate.min(LARGEST_RATE), Ordering::Relaxed);
}

/// Counts `size` bytes; whether something is to be done now. The whole cost of an ordinary allocation:
/// one subtraction in memory and one jump.
#[inline(always)]
pub(crate) fn passes(size: usize) -> bool {
    LEFT.with(|left| {
        let now = left.get().wrapping_sub(size as i64);
        left.set(now);
        now < 0
    })
}

/// To be called when [`passes`] said yes: the rate at which this allocation is a sample, or `None` when
/// it is not one. After `Some` the thread takes no samples until [`resume`] is called.
pub(crate) fn decide(size: usize) -> Option<u64> {
    let rate = heap_rate();
    THREAD.with(|thread| {
        let left = LEFT.get().saturating_add(thread.beyond.get());
        let (left, drawn_for) = if rate == thread.rate.get() && rate != 0 {
            (left, rate)
        } else {
            // The first allocation of the thread, or the rate was changed: a new point is drawn, which
            // is right because the distance to the old one says nothing about the new one.
            (draw(thread, rate).saturating_sub(size as i64), rate)
        };
        if rate == 0 || left >= 0 {
            set(thread, left.max(0), drawn_for);
            return None;
        }
        LEFT.set(i64::MAX);
        Some(rate)
    })
}

/// Draws the point of the next sample.
pub(crate) fn resume() {
    THREAD.with(|thread| {
        let rate = heap_rate();
        set(thread, draw(thread, rate), rate);
    });
}

/// Makes the calling thread look at the rate at its next allocation.
pub(crate) fn restart() {
    THREAD.with(|thread| {
        thread.rate.set(0);
        if thread.quiet.get() == 0 {
            LEFT.set(0);
            thread.beyond.set(0);
        }
    });
}

/// The stack of this thread, found out when it takes its first sample.
pub(crate) fn bounds() -> StackBounds {
    THREAD.with(|thread| {
        if thread.bounds.get() == StackBounds::default() {
            thread.bounds.set(StackBounds::of_this_thread());
        }
        thread.bounds.get()
    })
}

fn set(thread: &Thread, left: i64, rate: u64) {
    LEFT.set(left.min(LOOK));
    thread.beyond.set((left - LOOK).max(0));
    thread.rate.set(rate);
}

/// The distance to the next sample: exponential with mean `rate`, rounded down, so that an allocation of
/// `s` bytes passes it with the chance `1 - e^(-s / rate)` exactly.
fn draw(thread: &Thread, rate: u64) -> i64 {
    match rate {
        0 => LOOK,
        1 => 0,
        _ => {
            let mut state = thread.random.get();
            if state == 0 {
                state = seed(thread);
            }
            let (state, uniform) = crate::random::uniform(state);
            thread.random.set(state);
            (-uniform.ln() * rate as f64) as i64
        }
    }
}

/// What the random numbers of all threads begin with; 0 when it is to be another one in every run.
static SEED: AtomicU64 = AtomicU64::new(0);

/// Makes the samples the same in every run in which threads come in the same order.
pub(crate) fn set_seed(seed: u64) {
    SEED.store(seed, Ordering::Relaxed);
}

fn seed(thread: &Thread) -> u64 {
    static THREADS: AtomicU64 = AtomicU64::new(1);
    let number = THREADS.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
    let first = match SEED.load(Ordering::Relaxed) {
        // The kernel puts threads at other addresses in every run.
        0 => std::ptr::from_ref(thread).addr() as u64,
        seed => seed,
    };
    let mut mixed = number ^ first.rotate_left(32);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)) | 1
}

/// While a value of this type lives, the thread that made it takes no samples: for the work of the
/// profiler itself.
#[derive(Debug)]
pub(crate) struct Unsampled {
    left: i64,
    /// Belongs to its thread.
    not_send: PhantomData<*const ()>,
}

impl Unsampled {
    /// Stops sampling on this thread.
    pub(crate) fn enter() -> Unsampled {
        THREAD.with(|thread| thread.quiet.set(thread.quiet.get() + 1));
        Unsampled { left: LEFT.replace(i64::MAX), not_send: PhantomData }
    }

    /// Stops sampling on this thread until it ends: for threads of the profiler.
    pub(crate) fn for_ever() {
        std::mem::forget(Unsampled::enter());
    }
}

impl Drop for Unsampled {
    fn drop(&mut self) {
        THREAD.with(|thread| {
            let quiet = thread.quiet.get() - 1;
            thread.quiet.set(quiet);
            // The rate was changed meanwhile: the old point means nothing any more.
            LEFT.set(if quiet == 0 && thread.rate.get() == 0 { 0 } else { self.left });
        });
    }
}
