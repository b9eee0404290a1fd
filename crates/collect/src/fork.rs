//! What happens when the program forks.
//!
//! Whatever has a lock or counts on other threads registers a [`Hook`] before it is first used. Before a fork
//! all locks are taken, in the order of their ranks, so that no other thread is in the middle of a change; after
//! it they are given back, in the parent and in the child. The child then begins anew what needs threads or
//! timers, since it has neither.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// Who is to be held, in the order in which locks are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rank {
    /// The list of modules. The first one: while the loader is asked, blocks may be allocated and freed.
    Modules,
    /// The table of labels.
    Labels,
    /// The tables of the locks of the program.
    Contention,
    /// The table of samples, which every other one may want while it allocates.
    Heap,
    /// The installation of the signal handler.
    Signal,
    /// The sampler of CPU time.
    Cpu,
    /// The stacks of all threads.
    Threads,
    /// The list of the profiler's own threads.
    OwnThreads,
    /// The requests that are being answered.
    Requests,
    /// The profiles that the program writes by itself.
    Dumps,
}

const RANKS: usize = Rank::Dumps as usize + 1;

/// What one part of the crate does around a fork. It must not allocate.
#[derive(Debug)]
pub(crate) struct Hook {
    /// Before the fork: takes locks.
    pub(crate) hold: fn(),
    /// After the fork, in the parent and in the child: gives them back.
    pub(crate) release: fn(),
    /// In the child, when everything was given back: forgets what stayed in the parent.
    pub(crate) in_child: fn(),
}

impl Hook {
    /// Does nothing.
    pub(crate) const NONE: Hook = Hook { hold: || (), release: || (), in_child: || () };
}

static HOOKS: [AtomicPtr<Hook>; RANKS] = [const { AtomicPtr::new(std::ptr::null_mut()) }; RANKS];

thread_local! {
    /// The ranks that this thread, which is about to fork, has taken, as bits: others may register meanwhile.
    static TAKEN: Cell<u32> = const { Cell::new(0) };
}

/// Calls the hook around every fork from now on. To be called before anything that a fork could catch half
/// done, and without a lock.
pub(crate) fn register(rank: Rank, hook: &'static Hook) {
    let place = &HOOKS[rank as usize];
    if !place.load(Ordering::Relaxed).is_null() {
        return;
    }
    place.store(std::ptr::from_ref(hook).cast_mut(), Ordering::Release);
    static IS_PREPARED: AtomicBool = AtomicBool::new(false);
    if IS_PREPARED.swap(true, Ordering::Relaxed) {
        return;
    }
    #[cfg(unix)]
    // SAFETY: the handlers only take and give back locks that no code holds while it forks, and reset what
    // only lost threads could use.
    unsafe {
        libc::pthread_atfork(Some(before), Some(after_in_parent), Some(after_in_child))
    };
}

fn hook(rank: usize) -> Option<&'static Hook> {
    // SAFETY: null, or a hook that lives for ever, as `register` asks for.
    unsafe { HOOKS[rank].load(Ordering::Acquire).as_ref() }
}

#[cfg(unix)]
extern "C" fn before() {
    let mut taken = 0;
    for (rank, hook) in (0..RANKS).filter_map(|rank| Some((rank, hook(rank)?))) {
        (hook.hold)();
        taken |= 1 << rank;
    }
    TAKEN.set(taken);
}

#[cfg(unix)]
extern "C" fn after_in_parent() {
    let taken = TAKEN.replace(0);
    for hook in (0..RANKS).rev().filter(|rank| taken >> rank & 1 != 0).filter_map(hook) {
        (hook.release)();
    }
}

#[cfg(unix)]
extern "C" fn after_in_child() {
    after_in_parent();
    for hook in (0..RANKS).filter_map(hook) {
        (hook.in_child)();
    }
}
