//! The functions that take the place of the allocator's.
//!
//! Blocks are those of the next allocator, made and given back by it alone, so it does not matter when a block goes
//! around this object. A sampled block lies where few others do ([`may_be_sample`]), so freeing looks nothing up for
//! most.
//!
//! Those functions are left alone that the C library makes of others (`reallocarray`, `strdup`): a program with an
//! allocator of its own may lack them, and its blocks must not come here.

use core::ffi::c_int;

use crate::samples;
use crate::thread::passes;
use crate::{live, next};

const PAGE: usize = 4096;

/// glibc maps large blocks alone; they begin so many bytes behind the start of a page.
const BEHIND_HEAD: usize = 16;

/// Blocks of this size and more are first asked for as they are: where they lie as [`may_be_sample`] wants, they can
/// still grow in place.
const LARGE: usize = 64 * 1024;

/// Sampled blocks have no less: glibc keeps lists of small ones for each thread, and would hand out the aligned ones for
/// ever after.
const LEAST: usize = 1056;

/// Whether a block lies where samples do. One of 128 others does by chance.
#[inline(always)]
fn may_be_sample(block: *mut u8) -> bool {
    block.addr() & (PAGE - 1) & !BEHIND_HEAD == 0
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn malloc(size: usize) -> *mut u8 {
    if passes(size) {
        // SAFETY: the caller's.
        return unsafe { malloc_slow(size) };
    }
    // SAFETY: the caller's.
    unsafe { next::malloc()(size) }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn free(block: *mut u8) {
    if may_be_sample(block) {
        // SAFETY: the caller's.
        return unsafe { free_slow(block) };
    }
    // SAFETY: the caller's.
    unsafe { next::free()(block) }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut u8 {
    let (bytes, is_too_much) = count.overflowing_mul(size);
    if !is_too_much && passes(bytes) {
        // SAFETY: the caller's.
        return unsafe { calloc_slow(count, size) };
    }
    // SAFETY: the caller's.
    unsafe { next::calloc()(count, size) }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn realloc(block: *mut u8, size: usize) -> *mut u8 {
    let is_hit = passes(size);
    if is_hit || may_be_sample(block) {
        // SAFETY: the caller's.
        return unsafe { realloc_slow(block, size, is_hit) };
    }
    // SAFETY: the caller's.
    unsafe { next::realloc()(block, size) }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn memalign(alignment: usize, size: usize) -> *mut u8 {
    // SAFETY: the caller's.
    unsafe { aligned(alignment, size).unwrap_or_else(|| next::memalign()(alignment, size)) }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn aligned_alloc(alignment: usize, size: usize) -> *mut u8 {
    // SAFETY: the caller's.
    unsafe { aligned(alignment, size).unwrap_or_else(|| next::aligned_alloc()(alignment, size)) }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn posix_memalign(into: *mut *mut u8, alignment: usize, size: usize) -> c_int {
    // SAFETY: the caller's; the block goes where the caller wants it.
    unsafe {
        match aligned(alignment, size).filter(|_| alignment >= size_of::<usize>()) {
            Some(block) if !block.is_null() => {
                into.write(block);
                0
            }
            _ => next::posix_memalign()(into, alignment, size),
        }
    }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn valloc(size: usize) -> *mut u8 {
    // SAFETY: the caller's.
    unsafe { aligned(PAGE, size).unwrap_or_else(|| next::valloc()(size)) }
}

#[cold]
#[inline(never)]
unsafe fn malloc_slow(size: usize) -> *mut u8 {
    // SAFETY: the caller's.
    unsafe {
        if !samples::is_due(size) {
            return next::malloc()(size);
        }
        let mut block = core::ptr::null_mut();
        if size >= LARGE {
            block = in_place(next::malloc()(size));
        }
        if block.is_null() {
            block = next::memalign()(PAGE, size.max(LEAST));
        }
        sampled(block, size)
    }
}

#[cold]
#[inline(never)]
unsafe fn free_slow(block: *mut u8) {
    if !block.is_null()
        && let Some(taken) = samples::take(block)
    {
        samples::freed(taken);
    }
    // SAFETY: the caller's.
    unsafe { next::free()(block) }
}

#[cold]
#[inline(never)]
unsafe fn calloc_slow(count: usize, size: usize) -> *mut u8 {
    let bytes = count * size;
    // SAFETY: the caller's.
    unsafe {
        if !samples::is_due(bytes) {
            return next::calloc()(count, size);
        }
        let mut block = core::ptr::null_mut();
        if bytes >= LARGE {
            block = in_place(next::calloc()(count, size));
        }
        if block.is_null() {
            block = next::memalign()(PAGE, bytes.max(LEAST));
            if !block.is_null() {
                block.write_bytes(0, bytes);
            }
        }
        sampled(block, bytes)
    }
}

/// Counts as one block freed and another one allocated, as Go and jemalloc do.
#[cold]
#[inline(never)]
unsafe fn realloc_slow(block: *mut u8, size: usize, is_hit: bool) -> *mut u8 {
    let is_sample = is_hit && samples::is_due(size);
    let taken = if may_be_sample(block) && !block.is_null() { samples::take(block) } else { None };
    // SAFETY: the caller's. What is copied lies in both blocks, which have at least `size` bytes.
    unsafe {
        let mut new = next::realloc()(block, size);
        // A block that was to have no bytes is freed, and there is none.
        let is_gone = !new.is_null() || size == 0;
        match taken {
            Some(taken) if is_gone => samples::freed(taken),
            Some(taken) => samples::put_back(block, taken),
            None => {}
        }
        if !is_sample {
            return new;
        }
        if !new.is_null() && !may_be_sample(new) {
            let moved = next::memalign()(PAGE, size.max(LEAST));
            if moved.is_null() {
                live::lost();
                samples::finish();
                return new;
            }
            moved.copy_from_nonoverlapping(new, size);
            next::free()(new);
            new = moved;
        }
        sampled(new, size)
    }
}

/// A sample with an alignment; `None` where it is none, or the request is not as it should be.
#[inline(always)]
unsafe fn aligned(alignment: usize, size: usize) -> Option<*mut u8> {
    // SAFETY: the caller's.
    if passes(size) { unsafe { aligned_slow(alignment, size) } } else { None }
}

#[cold]
#[inline(never)]
unsafe fn aligned_slow(alignment: usize, size: usize) -> Option<*mut u8> {
    if !alignment.is_power_of_two() || !samples::is_due(size) {
        return None;
    }
    // SAFETY: the caller's.
    unsafe { Some(sampled(next::memalign()(alignment.max(PAGE), size.max(LEAST)), size)) }
}

/// The block, if samples may lie there; else it is given back.
unsafe fn in_place(block: *mut u8) -> *mut u8 {
    if may_be_sample(block) {
        return block;
    }
    // SAFETY: nobody else has it.
    unsafe { next::free()(block) };
    core::ptr::null_mut()
}

/// Writes a sample down; the block may be null.
fn sampled(block: *mut u8, size: usize) -> *mut u8 {
    if !block.is_null() {
        samples::keep(block, size);
    }
    samples::finish();
    block
}
