//! Large blocks of memory in huge pages.
//!
//! A large profile is a few columns of many megabytes. In pages of 4 KB the system is asked for memory tens of
//! thousands of times while they fill, which takes a tenth of the processor time of a report. Here the largest
//! blocks are mapped on their own, in huge pages where the system has them, and with so much room behind them that
//! they hardly ever move while they grow: addresses that nobody has written to take no memory. Smaller ones gain
//! nothing: they are copied once more on their way here, and as soon as a process wants huge pages Linux has a look at
//! it.
#![allow(unsafe_code, reason = "an allocator hands out memory")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::{NonNull, null_mut};

use rustix::mm::{Advice, MapFlags, MremapFlags, ProtFlags, madvise, mmap_anonymous, mremap, munmap};

/// Leaves small blocks to the system's allocator.
pub(crate) struct HugePages;

/// From this size on a block is large.
const LARGE: usize = 4 << 20;
/// Between the beginning of a mapping, where its length stands, and the block in it. Blocks are aligned to this.
const HEAD: usize = 64;
const PAGE: usize = 4 << 10;
/// Mappings have this size, or it times a power of [`GROWTH`].
const SMALLEST: usize = 512 << 20;
const GROWTH: usize = 16;

fn is_large(layout: Layout) -> bool {
    layout.size() >= LARGE && layout.align() <= HEAD
}

/// The lengths of mapping to try for a block of `size` bytes: with room to grow, and without, where addresses are
/// short.
fn lengths(size: usize) -> impl Iterator<Item = usize> {
    let needed = size.checked_add(HEAD + PAGE - 1).map(|length| length & !(PAGE - 1));
    let roomy = needed.and_then(|needed| {
        std::iter::successors(Some(SMALLEST), |length| length.checked_mul(GROWTH))
            .find(|&length| length >= needed)
    });
    roomy.into_iter().chain(needed)
}

/// A mapping that holds one block.
#[derive(Clone, Copy)]
struct Mapping {
    start: NonNull<u8>,
    length: usize,
}

impl Mapping {
    /// A new mapping, all zeros.
    fn new(size: usize) -> Option<Mapping> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        let map = |length| {
            // SAFETY: no address is asked for, so nothing that is mapped is touched.
            let start =
                unsafe { mmap_anonymous(null_mut(), length, ProtFlags::READ | ProtFlags::WRITE, flags) };
            Some(Mapping { start: NonNull::new(start.ok()?.cast())?, length })
        };
        lengths(size).find_map(map).inspect(|mapping| mapping.settle())
    }

    /// The mapping of a block.
    ///
    /// # Safety
    /// `block` was returned by [`block`](Self::block) of a mapping that is still there.
    unsafe fn of(block: *mut u8) -> Mapping {
        // SAFETY: the block stands behind a head whose beginning is that of the mapping, with its length there.
        unsafe {
            let start = NonNull::new_unchecked(block.sub(HEAD));
            Mapping { start, length: start.cast::<usize>().read() }
        }
    }

    /// Notes the length where [`of`](Self::of) finds it, and asks for huge pages, without which it works too.
    fn settle(self) {
        // SAFETY: the range is that of the mapping, and the advice changes no data. It comes first, since where one
        // small page is in use there is no room for the huge one around it.
        let _ = unsafe { madvise(self.start.as_ptr().cast(), self.length, Advice::LinuxHugepage) };
        // SAFETY: the mapping is longer than the number and aligned to a page.
        unsafe { self.start.cast::<usize>().write(self.length) };
    }

    fn block(self) -> *mut u8 {
        // SAFETY: mappings are longer than their heads.
        unsafe { self.start.as_ptr().add(HEAD) }
    }

    fn has_room_for(self, size: usize) -> bool {
        size <= self.length - HEAD
    }

    /// The same block in a longer mapping, which may be elsewhere.
    fn grown(self, size: usize) -> Option<Mapping> {
        let longer = |length| {
            // SAFETY: the mapping is ours as a whole, and its block is known to its owner only, who gets the new
            // address.
            let start =
                unsafe { mremap(self.start.as_ptr().cast(), self.length, length, MremapFlags::MAYMOVE) };
            Some(Mapping { start: NonNull::new(start.ok()?.cast())?, length })
        };
        lengths(size).find_map(longer).inspect(|mapping| mapping.settle())
    }

    /// Gives the memory behind the first `size` bytes of the block back.
    fn shrink(self, size: usize) {
        let kept = (HEAD + size).next_multiple_of(PAGE);
        if kept < self.length {
            // SAFETY: the range is within the mapping, and its owner no longer needs what is there.
            let _ = unsafe {
                madvise(self.start.as_ptr().add(kept).cast(), self.length - kept, Advice::LinuxDontNeed)
            };
        }
    }

    fn end(self) {
        // SAFETY: the mapping is ours as a whole, and its block has been given back.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.length) };
    }
}

// SAFETY: blocks are as large as asked for and aligned to `HEAD` at least, and whether a block is large, and so
// who gave it out, follows from its layout.
unsafe impl GlobalAlloc for HugePages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_large(layout) {
            return Mapping::new(layout.size()).map_or(null_mut(), Mapping::block);
        }
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_large(layout) {
            // New mappings are zero.
            return Mapping::new(layout.size()).map_or(null_mut(), Mapping::block);
        }
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if is_large(layout) {
            // SAFETY: a large block comes from a mapping.
            unsafe { Mapping::of(block) }.end();
        } else {
            // SAFETY: as the caller promises.
            unsafe { System.dealloc(block, layout) }
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the size fits the alignment.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (is_large(layout), is_large(new)) {
            // SAFETY: as the caller promises.
            (false, false) => unsafe { System.realloc(block, layout, size) },
            (true, true) => {
                // SAFETY: a large block comes from a mapping.
                let mapping = unsafe { Mapping::of(block) };
                if !mapping.has_room_for(size) {
                    return mapping.grown(size).map_or(null_mut(), Mapping::block);
                }
                if size < layout.size() {
                    mapping.shrink(size);
                }
                block
            }
            _ => {
                // SAFETY: both layouts are valid, and two blocks do not overlap.
                unsafe {
                    let moved = self.alloc(new);
                    if !moved.is_null() {
                        moved.copy_from_nonoverlapping(block, layout.size().min(size));
                        self.dealloc(block, layout);
                    }
                    moved
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 8).unwrap()
    }

    #[test]
    fn blocks_keep_what_is_in_them_while_they_grow_and_shrink() {
        // One byte in so many is enough to tell blocks apart, and takes little memory.
        const STRIDE: usize = 3 << 20;
        let sizes =
            [1000, LARGE - 1, LARGE, 3 * LARGE, SMALLEST - HEAD, SMALLEST, 2 * SMALLEST, LARGE, 77, LARGE];
        let marked = |size: usize| (0..size).step_by(STRIDE).chain([size - 1]);
        let mark = |at: usize| (at >> 20) as u8 ^ 7;
        let mut kept = 0;
        // SAFETY: each call gets the block and the layout of the one before, and only bytes within are used that
        // were written before they are read.
        unsafe {
            let mut block = HugePages.alloc(layout(sizes[0]));
            for (&size, next) in sizes.iter().zip(sizes[1..].iter().map(Some).chain([None])) {
                assert!(!block.is_null());
                assert!((0..kept).step_by(STRIDE).all(|at| block.add(at).read() == mark(at)), "{size}");
                marked(size).for_each(|at| block.add(at).write(mark(at)));
                match next {
                    Some(&next) => block = HugePages.realloc(block, layout(size), next),
                    None => HugePages.dealloc(block, layout(size)),
                }
                kept = size.min(next.copied().unwrap_or(0));
            }
        }
    }

    #[test]
    fn zeroed_blocks_are_zero_and_aligned() {
        for align in [1, 8, HEAD, 4096] {
            let layout = Layout::from_size_align(LARGE + 5, align).unwrap();
            // SAFETY: the block is used within its size and given back with its layout.
            unsafe {
                let block = HugePages.alloc_zeroed(layout);
                assert!(block.addr().is_multiple_of(align));
                assert!(std::slice::from_raw_parts(block, layout.size()).iter().all(|&byte| byte == 0));
                block.write_bytes(1, layout.size());
                HugePages.dealloc(block, layout);
            }
        }
    }

    #[test]
    fn sizes_beyond_all_memory_are_refused() {
        assert!(lengths(usize::MAX).next().is_none());
        // SAFETY: a null block is not used.
        assert!(unsafe { HugePages.alloc(layout(isize::MAX as usize - 7)) }.is_null());
    }
}
