//! The sampling allocator.
//!
//! Every thread counts its allocated bytes down to a point that is drawn at random; the allocation that
//! passes it is a sample. Each sample stands for `1 / p` allocations, where `p` is the chance that an
//! allocation of its size had (D. G. Horvitz and D. J. Thompson, 1952), so sums over any set of samples
//! are right on average whatever the mix of sizes.
//!
//! A sampled block starts at a multiple of 4096 or has at least [`LARGE`] bytes, so freeing any other
//! block looks nothing up.
#![allow(unsafe_code)]

mod spares;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, Ordering};

use spares::Spares;

use crate::countdown;
use crate::heap::samples::{self, After, decide, finish, take};
use crate::unwind::registers_here;

/// Blocks of this size and more are looked up whatever their address, so that they need no special
/// alignment and can still be resized in place.
const LARGE: usize = 64 * 1024;

/// Requests for blocks that need no more than this, and are no smaller, are told apart: the code that serves them
/// leaves out what allocators ask first, which is more than the whole count of bytes costs.
const USUAL_ALIGNMENT: usize = 8;

static IS_PREPARED: AtomicBool = AtomicBool::new(false);

/// A global allocator that passes everything to another one and samples what is allocated.
///
/// All values share one profile, because a program has one global allocator.
///
/// A program whose global allocator this is listens to its environment (on Linux):
///
/// | variable | what it asks for |
/// |---|---|
/// | `HOTLIST_HEAP_RATE` | the mean number of allocated bytes between two samples, as [`set_heap_rate`] |
/// | `HOTLIST_HEAP_SEED` | a number that makes the same allocations samples in every run, as far as threads come in the same order |
/// | `HOTLIST_HTTP` | the loopback address to serve on, as [`serve`](crate::serve) |
/// | `HOTLIST_HEAP_FILE` | the heap profile in this file when the program exits |
/// | `HOTLIST_CPU_FILE` | a CPU profile of the whole run in this file when the program exits |
/// | `HOTLIST_SIGNAL` | the signal for samples and stacks: `SIGURG`, `SIGPROF`, `SIGRTMIN+3` and so on; see [`set_signal`](crate::set_signal) |
/// | `HOTLIST_STACK_DEPTH` | how many frames a stack has at most, 128 at first |
/// | `HOTLIST_CPU_RATE` | samples per second of CPU time for it, 100 at first |
/// | `HOTLIST_DUMP_SIGNAL` | the heap profile in a file on each of these signals: `SIGUSR1`, `SIGUSR2`, `SIGRTMIN+3` and so on |
/// | `HOTLIST_DUMP_IN_USE` | the heap profile in a file when this many bytes are in use, such as `3GiB` |
/// | `HOTLIST_PUSH`, `HOTLIST_SERVICE` | profiles for a server, as [`push_to_hotlist`](crate::push_to_hotlist), or with `pyroscope+` in front of its address as [`push_to_pyroscope`](crate::push_to_pyroscope); the name they go by |
/// | `HOTLIST_OFF` | none of these, and no samples of the heap |
///
/// `%p` in the name of a file becomes the number of the process, so that children do not overwrite it, and `%n`
/// that of the dump; see [`dumps`](crate::dumps). Files are written before `SIGTERM`, `SIGINT` and `SIGHUP` end the
/// program, unless it handles them itself. One that is killed, or ends by `_exit`, writes no files; nor does the
/// child of a fork.
#[derive(Debug, Default)]
pub struct Heap<A = System> {
    inner: A,
    spares: Spares,
}

impl Heap<System> {
    /// Samples the allocator of the system.
    pub const fn system() -> Self {
        Heap::new(System)
    }
}

impl<A> Heap<A> {
    /// Samples `inner`, such as mimalloc or jemalloc.
    pub const fn new(inner: A) -> Self {
        Heap { inner, spares: Spares::new() }
    }
}

/// Sets the mean number of allocated bytes between two samples: 0 turns sampling off, 1 records every
/// allocation exactly. The calling thread follows at once, others after at most 1 MiB of allocations.
///
/// Samples remember the rate they were taken at, so a change does not distort the profile.
pub fn set_heap_rate(rate: u64) {
    countdown::set_rate(rate);
    // The environment must not overrule the program later on.
    prepare_once(false);
    countdown::restart();
}

// SAFETY: every block comes from `inner` and goes back to it with the layout it was made with: the
// requested one, or for a small sampled block the one of `sampled_layout`, which is told from the first
// by the live table.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Heap<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if countdown::passes(layout.size()) {
            // SAFETY: the contract of this function is passed on.
            return unsafe { self.alloc_slow(layout, false) };
        }
        if layout.align() > USUAL_ALIGNMENT || layout.size() < layout.align() {
            // SAFETY: the contract of this function is passed on.
            return unsafe { self.alloc_aligned(layout) };
        }
        // SAFETY: the contract of this function is passed on.
        unsafe { self.inner.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if countdown::passes(layout.size()) {
            // SAFETY: the contract of this function is passed on.
            return unsafe { self.alloc_slow(layout, true) };
        }
        // SAFETY: the contract of this function is passed on.
        unsafe { self.inner.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if may_be_sampled(block, layout.size()) {
            // SAFETY: the contract of this function is passed on.
            return unsafe { self.dealloc_slow(block, layout) };
        }
        // SAFETY: the contract of this function is passed on, and the block was not sampled.
        unsafe { self.inner.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let is_hit = countdown::passes(size);
        if is_hit || may_be_sampled(block, layout.size()) {
            // SAFETY: the contract of this function is passed on.
            return unsafe { self.realloc_slow(block, layout, size, is_hit) };
        }
        // SAFETY: the contract of this function is passed on, and the block was not sampled.
        unsafe { self.inner.realloc(block, layout, size) }
    }
}

impl<A: GlobalAlloc> Heap<A> {
    /// # Safety
    /// As for `alloc`.
    #[cold]
    #[inline(never)]
    unsafe fn alloc_slow(&self, layout: Layout, is_zeroed: bool) -> *mut u8 {
        prepare_once(true);
        let rate = decide(layout.size());
        let making = if rate.is_some() { sampled_layout(layout) } else { layout };
        // SAFETY: the layout has at least the size and the alignment that was asked for.
        let block = unsafe { self.make(making, if is_zeroed { layout.size() } else { 0 }) };
        let Some(rate) = rate else { return block };
        finish(block, layout.size(), rate, registers_here());
        block
    }

    /// # Safety
    /// As for `alloc`.
    #[cold]
    #[inline(never)]
    unsafe fn alloc_aligned(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the contract of this function is passed on.
        unsafe { self.inner.alloc(layout) }
    }

    /// # Safety
    /// As for `dealloc`.
    #[cold]
    #[inline(never)]
    unsafe fn dealloc_slow(&self, block: *mut u8, layout: Layout) {
        if samples::may_hold(block) {
            // SAFETY: the contract of this function is passed on.
            return unsafe { self.dealloc_held(block, layout) };
        }
        // SAFETY: the contract of this function is passed on, and the block was not sampled.
        unsafe { self.inner.dealloc(block, layout) }
    }

    /// # Safety
    /// As for `dealloc`.
    #[cold]
    #[inline(never)]
    unsafe fn dealloc_held(&self, block: *mut u8, layout: Layout) {
        // Forgotten first: once the block is freed another thread may get it and record it anew.
        let layout = if take(block, After::Freed).is_some() { sampled_layout(layout) } else { layout };
        // SAFETY: this is the layout the block was made with.
        unsafe { self.unmake(block, layout) }
    }

    /// A block of this layout from `inner`, or one that was kept. Its first `zeros` bytes are zero.
    ///
    /// # Safety
    /// As for `alloc`; `zeros` is not more than the size.
    unsafe fn make(&self, layout: Layout, zeros: usize) -> *mut u8 {
        let kept = self.spares.take(layout);
        if kept.is_null() {
            // SAFETY: the contract of this function is passed on.
            return unsafe {
                if zeros == 0 { self.inner.alloc(layout) } else { self.inner.alloc_zeroed(layout) }
            };
        }
        // SAFETY: the block was made with this layout, and belongs to nobody else now.
        unsafe { kept.write_bytes(0, zeros) };
        kept
    }

    /// Gives a block back to `inner`, or keeps it.
    ///
    /// # Safety
    /// As for `dealloc`, with the layout it was made with.
    unsafe fn unmake(&self, block: *mut u8, layout: Layout) {
        if !self.spares.keep(block, layout) {
            // SAFETY: the contract of this function is passed on.
            unsafe { self.inner.dealloc(block, layout) }
        }
    }

    /// Counts as one block freed and another one allocated, as Go and jemalloc do.
    ///
    /// # Safety
    /// As for `realloc`.
    #[cold]
    #[inline(never)]
    unsafe fn realloc_slow(&self, block: *mut u8, layout: Layout, size: usize, is_hit: bool) -> *mut u8 {
        prepare_once(true);
        let rate = if is_hit { decide(size) } else { None };
        let old = if may_be_sampled(block, layout.size()) { take(block, After::Undecided) } else { None };
        // SAFETY: the caller guarantees that the new size is valid for this alignment.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        let made = if old.is_some() { sampled_layout(layout) } else { layout };
        let making = if rate.is_some() { sampled_layout(wanted) } else { wanted };

        // SAFETY: the block was made with `made`, and the new one is made with `making`: in place when
        // both have the alignment that was asked for, else by hand.
        let new = unsafe {
            if made == layout && making == wanted {
                self.inner.realloc(block, layout, size)
            } else {
                let new = self.make(making, 0);
                if !new.is_null() {
                    std::ptr::copy_nonoverlapping(block, new, layout.size().min(size));
                    self.unmake(block, made);
                }
                new
            }
        };
        if let Some(old) = old {
            samples::settle(old, block, new);
        }
        if let Some(rate) = rate {
            finish(new, size, rate, registers_here());
        }
        new
    }
}

#[inline(always)]
fn may_be_sampled(block: *mut u8, size: usize) -> bool {
    size >= LARGE || block.addr() & (spares::ALIGNMENT - 1) == 0
}

/// The layout a sampled block of the requested layout is made with.
fn sampled_layout(layout: Layout) -> Layout {
    if layout.size() >= LARGE {
        return layout;
    }
    // Where it must start at a multiple of even more, it starts at one of 4096 as well.
    spares::layout_for(layout).unwrap_or(layout)
}

/// What has to be done at the first allocation that gets here: read the rate from the environment, keep
/// the table whole across a fork, and make unwinding possible.
fn prepare_once(reads_environment: bool) {
    if IS_PREPARED.load(Ordering::Relaxed) || IS_PREPARED.swap(true, Ordering::Relaxed) {
        return;
    }
    if let Some(rate) = crate::environment::heap_rate().filter(|_| reads_environment) {
        countdown::set_rate(rate);
    }
    if let Some(depth) = crate::environment::stack_depth() {
        crate::unwind::set_stack_depth(depth);
    }
    if let Some(seed) = crate::environment::heap_seed() {
        countdown::set_seed(seed);
    }
    #[cfg(target_os = "linux")]
    crate::exit::keep();
    samples::prepare();
    crate::unwind::refresh();
}
