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

mod countdown;
mod filter;
mod index;
mod snapshot;
mod table;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub(crate) use countdown::Unsampled;
pub(crate) use snapshot::Snapshot;
use table::Table;

use crate::sys::{Held, Lock};
use crate::unwind::{Depth, MAX_FRAMES, Registers, walk};

/// The mean number of allocated bytes between two samples, as in Go.
const DEFAULT_RATE: u64 = 512 * 1024;

/// Sampled blocks below [`LARGE`] start at a multiple of this, so that `dealloc` knows the others by
/// their address.
const SAMPLED_ALIGNMENT: usize = 4096;

/// Sampled blocks have at least this size: glibc keeps freed blocks up to 1032 bytes in per-thread lists
/// and would hand out the aligned ones for ever after.
const SAMPLED_SIZE: usize = 1056;

/// Blocks of this size and more are looked up whatever their address, so that they need no special
/// alignment and can still be resized in place.
const LARGE: usize = 64 * 1024;

/// The frames of this module at the leaf of every stack.
const OWN_FRAMES: usize = 1;

/// An address that no code has: the frame that says the rest of the stack was cut off.
pub(crate) const TRUNCATED: u64 = 1;

/// Another one: the stack of samples that were lost because there was no room for them.
pub(crate) const LOST: u64 = 2;

static RATE: AtomicU64 = AtomicU64::new(DEFAULT_RATE);
static TABLE: Lock<Table> = Lock::new(Table::empty());
static IS_PREPARED: AtomicBool = AtomicBool::new(false);

/// A global allocator that passes everything to another one and samples what is allocated.
///
/// All values share one profile, because a program has one global allocator.
#[derive(Debug, Default)]
pub struct Heap<A = System> {
    inner: A,
}

impl Heap<System> {
    /// Samples the allocator of the system.
    pub const fn system() -> Self {
        Heap { inner: System }
    }
}

impl<A> Heap<A> {
    /// Samples `inner`, such as mimalloc or jemalloc.
    pub const fn new(inner: A) -> Self {
        Heap { inner }
    }
}

/// The mean number of allocated bytes between two samples; 0 when sampling is off.
pub fn heap_rate() -> u64 {
    RATE.load(Ordering::Relaxed)
}

/// Sets the mean number of allocated bytes between two samples: 0 turns sampling off, 1 records every
/// allocation exactly. The calling thread follows at once, others after at most 1 MiB of allocations.
///
/// Samples remember the rate they were taken at, so a change does not distort the profile.
pub fn set_heap_rate(rate: u64) {
    RATE.store(rate.min(1 << 40), Ordering::Relaxed);
    countdown::restart();
}

/// Which of the two heap profiles of Go is meant; they differ in the type that is shown first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeapKind {
    /// `heap`: what is in use.
    InUse,
    /// `allocs`: everything that was ever allocated.
    Allocated,
}

/// Writes the heap profile, compressed, as `go tool pprof` reads it.
///
/// # Errors
/// When `writer` fails.
pub fn write_heap(kind: HeapKind, writer: &mut dyn std::io::Write) -> Result<(), crate::Error> {
    let _quiet = Unsampled::enter();
    let bytes = crate::encode::heap(&Snapshot::take(), kind)?;
    writer.write_all(&bytes).map_err(crate::Error::Write)
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
    #[cold]
    #[inline(never)]
    unsafe fn alloc_slow(&self, layout: Layout, is_zeroed: bool) -> *mut u8 {
        let allocate = |layout| {
            // SAFETY: the layout has the size and at least the alignment that was asked for.
            unsafe { if is_zeroed { self.inner.alloc_zeroed(layout) } else { self.inner.alloc(layout) } }
        };
        prepare();
        let Some(rate) = decide(layout.size()) else { return allocate(layout) };
        let block = allocate(sampled_layout(layout));
        if !block.is_null() {
            record(block, layout.size(), rate, Registers::here());
        }
        countdown::resume();
        block
    }

    #[cold]
    #[inline(never)]
    unsafe fn dealloc_slow(&self, block: *mut u8, layout: Layout) {
        // Forgotten first: once the block is freed another thread may get it and record it anew.
        let layout = if forget(block) { sampled_layout(layout) } else { layout };
        // SAFETY: this is the layout the block was made with.
        unsafe { self.inner.dealloc(block, layout) }
    }

    /// Counts as one block freed and another one allocated, as Go and jemalloc do.
    #[cold]
    #[inline(never)]
    unsafe fn realloc_slow(&self, block: *mut u8, layout: Layout, size: usize, is_hit: bool) -> *mut u8 {
        prepare();
        let rate = if is_hit { decide(size) } else { None };
        let old = if may_be_sampled(block, layout.size()) { take(block) } else { None };
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
                let new = self.inner.alloc(making);
                if !new.is_null() {
                    std::ptr::copy_nonoverlapping(block, new, layout.size().min(size));
                    self.inner.dealloc(block, made);
                }
                new
            }
        };
        match (new.is_null(), old) {
            (true, Some(old)) => TABLE.hold().put_back(block as u64, old),
            (false, _) => {
                if let Some(rate) = rate {
                    record(new, size, rate, Registers::here());
                }
            }
            _ => {}
        }
        if rate.is_some() {
            countdown::resume();
        }
        new
    }
}

#[inline(always)]
fn may_be_sampled(block: *mut u8, size: usize) -> bool {
    block.addr().is_multiple_of(SAMPLED_ALIGNMENT) || size >= LARGE
}

/// The layout a sampled block of the requested layout is made with.
fn sampled_layout(layout: Layout) -> Layout {
    if layout.size() >= LARGE {
        return layout;
    }
    let (size, align) = (layout.size().max(SAMPLED_SIZE), layout.align().max(SAMPLED_ALIGNMENT));
    Layout::from_size_align(size, align).unwrap_or(layout)
}

/// The rate at which this allocation is a sample; `None` also when the table has no room for it.
fn decide(size: usize) -> Option<u64> {
    let rate = countdown::decide(size)?;
    if !TABLE.hold().has_room() {
        countdown::resume();
        return None;
    }
    Some(rate)
}

/// Unwinds and remembers. Nothing here allocates from the heap.
#[inline(never)]
fn record(block: *mut u8, size: usize, rate: u64, registers: Registers) {
    let mut frames = [0; MAX_FRAMES + OWN_FRAMES + 1];
    let (mut count, depth) = walk(registers, countdown::bounds(), &mut frames[..MAX_FRAMES + OWN_FRAMES]);
    if depth == Depth::Cut {
        frames[count] = TRUNCATED;
        count += 1;
    }
    let stack = frames.get(OWN_FRAMES..count).unwrap_or_default();
    let weight = countdown::Weight::of(size as u64, rate);
    let mut table = TABLE.hold();
    if table.insert(block as u64, size as u64, stack, weight) {
        filter::add(block as u64);
    }
}

/// Removes a block from the live table; says whether it was there.
fn forget(block: *mut u8) -> bool {
    take(block).is_some()
}

fn take(block: *mut u8) -> Option<table::Live> {
    if !filter::may_hold(block as u64) {
        return None;
    }
    let mut table = TABLE.hold();
    let old = table.remove(block as u64)?;
    filter::remove(block as u64);
    Some(old)
}

/// The table, for as long as the answer lives. Allocating or freeing meanwhile may wait for ever.
pub(crate) fn table() -> Held<'static, Table> {
    TABLE.hold()
}

/// What has to be done once: read the environment, and keep the table whole across a fork.
fn prepare() {
    if IS_PREPARED.load(Ordering::Relaxed) || IS_PREPARED.swap(true, Ordering::Relaxed) {
        return;
    }
    if let Some(rate) = rate_of_environment() {
        RATE.store(rate, Ordering::Relaxed);
    }
    extern "C" fn before() {
        TABLE.take();
    }
    extern "C" fn after() {
        TABLE.give_back();
    }
    // SAFETY: the handlers only take and give back the lock, in the forking thread itself.
    unsafe { libc::pthread_atfork(Some(before), Some(after), Some(after)) };
}

/// `HOTLIST_HEAP_RATE`, read without allocating.
fn rate_of_environment() -> Option<u64> {
    // SAFETY: the environment is read before the program had a chance to change it from other threads:
    // this runs at the first allocation.
    let text = unsafe {
        let text = libc::getenv(c"HOTLIST_HEAP_RATE".as_ptr());
        if text.is_null() {
            return None;
        }
        std::ffi::CStr::from_ptr(text)
    };
    text.to_str().ok()?.parse::<u64>().ok().map(|rate| rate.min(1 << 40))
}
