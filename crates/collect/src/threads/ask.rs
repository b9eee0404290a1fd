//! Asking every thread by a signal; each answers from its handler.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::thread_stack::ThreadStack;
use crate::Error;
use crate::countdown::Unsampled;
use crate::fork::{self, Hook, Rank};
use crate::marks::NO_ANSWER;
use crate::signal::{self, Delivery, Message, Purpose};
use crate::signal_choice;
use crate::sys::{Lock, Region, send_signal, thread_id};
use crate::tasks::{name, state, threads};
use crate::unwind::{MOST_FRAMES, depth, walk_into};

/// The most threads whose stacks are taken at a time.
const PLACES: usize = 4096;

/// How long threads have for their answers.
const ANSWER: Duration = Duration::from_millis(200);

/// Where one thread puts its answer.
struct AnswerSlot {
    /// The generation, times four, plus what is going on.
    state: AtomicU32,
    labels: AtomicU32,
    length: AtomicU64,
    frames: UnsafeCell<[u64; MOST_FRAMES]>,
}

const ASKED: u32 = 1;
const ANSWERING: u32 = 2;
const ANSWERED: u32 = 3;

/// The places of the current generations. The memory is never given back: an answer may be late.
static PLACES_START: AtomicPtr<AnswerSlot> = AtomicPtr::new(std::ptr::null_mut());

/// Held while threads are asked.
static GENERATION: Lock<u32> = Lock::new(0);

/// For the child of a fork: whoever asked is gone.
fn start_over_in_child() {
    // SAFETY: the child has one thread. An answer that was under way goes to places that are left alone.
    unsafe { GENERATION.start_over(0) };
    PLACES_START.store(std::ptr::null_mut(), Ordering::Release);
}

fn place(number: u32) -> Option<&'static AnswerSlot> {
    let start = PLACES_START.load(Ordering::Acquire);
    if start.is_null() || number as usize >= PLACES {
        return None;
    }
    // SAFETY: there are `PLACES` places, zeroed at first, which is a valid value, and they stay for ever.
    Some(unsafe { &*start.add(number as usize) })
}

/// For the signal handler: the calling thread is asked for its stack.
fn on_request(delivery: Delivery) {
    let Delivery { number, generation, registers, .. } = delivery;
    let Some(place) = place(number) else { return };
    let with = |state| generation << 2 | state;
    let asked =
        place.state.compare_exchange(with(ASKED), with(ANSWERING), Ordering::Acquire, Ordering::Relaxed);
    if asked.is_err() {
        return;
    }
    // SAFETY: from here to the store below the frames belong to this call: nobody else gets from `ASKED`
    // to `ANSWERING`, and the reader waits for `ANSWERED`.
    let length = unsafe {
        let frames: &mut [u64; MOST_FRAMES] = &mut *place.frames.get();
        walk_into(registers, &mut frames[..=depth()])
    };
    place.labels.store(crate::labels::current_in_handler(), Ordering::Relaxed);
    place.length.store(length as u64, Ordering::Relaxed);
    place.state.store(with(ANSWERED), Ordering::Release);
}

/// The stacks of all threads but those of the profiler. That of the calling thread begins with `caller`.
///
/// # Errors
/// When the threads cannot be listed, or signals are refused.
pub(crate) fn stacks(caller: &[u64]) -> Result<Vec<ThreadStack>, Error> {
    static HOOK: Hook = Hook { in_child: start_over_in_child, ..Hook::NONE };
    let _quiet = Unsampled::enter();
    fork::register(Rank::Threads, &HOOK);
    crate::unwind::refresh();
    signal::answer(Purpose::Stack, on_request);
    signal::install().map_err(Error::Threads)?;
    let mut generation = GENERATION.hold();
    if PLACES_START.load(Ordering::Acquire).is_null() {
        let Some(region) = Region::reserve(PLACES * size_of::<AnswerSlot>()) else {
            return Err(Error::Threads(std::io::ErrorKind::OutOfMemory.into()));
        };
        PLACES_START.store(region.start().cast(), Ordering::Release);
        std::mem::forget(region);
    }
    *generation = *generation % (Message::GENERATIONS - 1) + 1;
    let mut listed = threads();
    if listed.is_empty() {
        let unlisted = std::io::Error::other("the threads of this process cannot be listed");
        return Err(Error::Threads(unlisted));
    }
    listed.sort_unstable();
    // As many as there are places have stacks, the others are listed.
    let this = thread_id();
    let asked: Vec<(i32, Option<&AnswerSlot>)> = listed
        .into_iter()
        .enumerate()
        .map(|(number, thread)| {
            let place = u32::try_from(number).ok().and_then(place).filter(|_| thread != this);
            (thread, place.filter(|place| ask(place, number as u32, *generation, thread)))
        })
        .collect();
    let end = Instant::now() + ANSWER;
    let is_waiting = |(_, place): &(i32, Option<&AnswerSlot>)| {
        place.is_some_and(|place| place.state.load(Ordering::Relaxed) & 3 != ANSWERED)
    };
    while asked.iter().any(is_waiting) && Instant::now() < end {
        std::thread::sleep(Duration::from_micros(200));
    }
    let mut is_late = false;
    let all = asked
        .iter()
        .filter_map(|&(thread, place)| {
            // A thread that ended meanwhile has no state.
            let state = state(thread)?;
            let answer = place.and_then(|place| answer(place, *generation, &mut is_late));
            let (labels, frames) = match answer {
                Some(answer) => answer,
                None if thread == this => (crate::labels::current(), caller.to_vec()),
                None => (0, vec![NO_ANSWER]),
            };
            Some(ThreadStack { number: thread, name: name(thread), state, labels, frames })
        })
        .collect();
    if is_late {
        // Somebody still writes there.
        PLACES_START.store(std::ptr::null_mut(), Ordering::Release);
    }
    Ok(all)
}

/// Asks a thread; says whether the signal is on its way.
fn ask(place: &AnswerSlot, number: u32, generation: u32, thread: i32) -> bool {
    place.state.store(generation << 2 | ASKED, Ordering::Release);
    send_signal(
        thread,
        signal_choice::number(),
        Message { purpose: Purpose::Stack, number, generation }.pack(),
    )
}

/// Labels and frames, if the thread has answered; from then on its answer is not accepted any more.
fn answer(place: &AnswerSlot, generation: u32, is_late: &mut bool) -> Option<(u32, Vec<u64>)> {
    let with = |state| generation << 2 | state;
    match place.state.compare_exchange(with(ASKED), 0, Ordering::Acquire, Ordering::Acquire) {
        Err(state) if state == with(ANSWERED) => {
            // SAFETY: the writer is done, and the next one needs `ASKED`, which only this thread sets.
            let frames = unsafe { &*place.frames.get() };
            let length = place.length.load(Ordering::Relaxed) as usize;
            Some((place.labels.load(Ordering::Relaxed), frames.get(..length).unwrap_or_default().to_vec()))
        }
        Err(_) => {
            *is_late = true;
            None
        }
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn waits_here(gate: &std::sync::Barrier) {
        gate.wait();
        gate.wait();
        std::hint::black_box(());
    }

    #[test]
    fn every_thread_has_a_stack_and_a_name() {
        let gate = std::sync::Barrier::new(4);
        std::thread::scope(|scope| {
            for number in 0..3 {
                let thread = std::thread::Builder::new().name(format!("waiter {number}"));
                thread.spawn_scoped(scope, || waits_here(&gate)).unwrap();
            }
            gate.wait();
            for _ in 0..20 {
                let all = stacks(&[4711]).unwrap();
                let waiters: Vec<_> = all.iter().filter(|thread| thread.name.starts_with("waiter")).collect();
                assert_eq!(waiters.len(), 3);
                let own = waits_here as *const () as u64;
                for waiter in waiters {
                    let is_there = waiter.frames.iter().any(|frame| frame.wrapping_sub(own) < 512);
                    assert!(is_there, "{waiter:x?} {own:x}");
                }
                let this = all.iter().find(|thread| thread.number == thread_id()).unwrap();
                assert_eq!(this.frames, [4711]);
            }
            gate.wait();
        });
    }
}
