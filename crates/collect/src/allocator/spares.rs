//! Sampled blocks that were given back, for the next samples.

use std::alloc::Layout;
use std::ops::Range;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Sampled blocks start at a multiple of this, so that `dealloc` knows most others by their address.
pub(super) const ALIGNMENT: usize = 4096;

/// The sizes in which sampled blocks are made, and how many of each are kept.
///
/// None is below 1056 bytes: glibc keeps freed blocks up to 1032 bytes in lists of each thread, and would hand
/// out the aligned ones for ever after.
const KINDS: [(usize, usize); 4] = [(1056, 32), (4096, 16), (16 * 1024, 16), (64 * 1024, 4)];

const PLACES: usize = KINDS[0].1 + KINDS[1].1 + KINDS[2].1 + KINDS[3].1;

/// Blocks that are kept for the next samples.
///
/// Samples are made with few different layouts, and a request for one is expensive: glibc takes anything of its
/// size as an occasion to merge all small blocks that were freed, and cuts it out of a larger one, whose rests
/// then stand in the way of others. So as many as a program frees again are kept.
///
/// Without a lock, because a fork may happen at any time: the child then lacks at most a block for each thread
/// that was just here.
#[derive(Debug)]
pub(super) struct Spares {
    blocks: [AtomicPtr<u8>; PLACES],
}

/// The layout with which a sampled block of the requested one is made. `None` for a request that no kind serves:
/// it is too large, or has to start at a multiple of even more.
pub(super) fn layout_for(wanted: Layout) -> Option<Layout> {
    let (size, _) = KINDS.into_iter().find(|&(size, _)| wanted.size() <= size)?;
    let made = Layout::from_size_align(size, ALIGNMENT).ok()?;
    (wanted.align() <= ALIGNMENT).then_some(made)
}

/// The places for blocks of this layout.
fn places(layout: Layout) -> Range<usize> {
    let mut end = 0;
    for (size, count) in KINDS {
        end += count;
        if layout.size() == size && layout.align() == ALIGNMENT {
            return end - count..end;
        }
    }
    0..0
}

impl Spares {
    /// None.
    pub(super) const fn new() -> Self {
        Spares { blocks: [const { AtomicPtr::new(std::ptr::null_mut()) }; PLACES] }
    }

    /// A block of this layout that was kept; null when there is none.
    pub(super) fn take(&self, layout: Layout) -> *mut u8 {
        let places = &self.blocks[places(layout)];
        let mut taken = places.iter().filter(|place| !place.load(Ordering::Relaxed).is_null());
        taken
            .find_map(|place| {
                let block = place.swap(std::ptr::null_mut(), Ordering::Acquire);
                (!block.is_null()).then_some(block)
            })
            .unwrap_or_default()
    }

    /// Keeps a block of this layout; says whether there was room.
    pub(super) fn keep(&self, block: *mut u8, layout: Layout) -> bool {
        let null = std::ptr::null_mut();
        let places = &self.blocks[places(layout)];
        let mut vacant = places.iter().filter(|place| place.load(Ordering::Relaxed).is_null());
        vacant.any(|place| place.compare_exchange(null, block, Ordering::Release, Ordering::Relaxed).is_ok())
    }
}

impl Default for Spares {
    fn default() -> Self {
        Spares::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    #[test]
    fn every_block_comes_back_once_and_as_its_own_kind() {
        let spares = Spares::new();
        let block = |number: usize| std::ptr::without_provenance_mut(number * 4096);
        let mut number = 0;
        for (size, places) in KINDS {
            let kind = layout(size, ALIGNMENT);
            assert!(spares.take(kind).is_null());
            let kept = (0..places + 3).filter(|_| {
                number += 1;
                spares.keep(block(number), kind)
            });
            assert_eq!(kept.count(), places);
        }
        let mut end = 0;
        for (size, places) in KINDS {
            let kind = layout(size, ALIGNMENT);
            let all = std::iter::repeat_with(|| spares.take(kind)).take_while(|block| !block.is_null());
            let mut taken: Vec<usize> = all.map(|block| block.addr() / 4096).collect();
            taken.sort_unstable();
            assert_eq!(taken, (end + 1..=end + places).collect::<Vec<_>>());
            end += places + 3;
            assert!(spares.keep(block(1), kind));
        }
        assert!(!spares.keep(block(1), layout(1056, 16)), "no kind");
        assert!(spares.take(layout(2000, 4096)).is_null());
    }

    #[test]
    fn requests_fit_into_what_is_made() {
        for (size, align, made) in [(1, 1, 1056), (1056, 64, 1056), (1057, 8, 4096), (65_535, 4096, 65_536)] {
            assert_eq!(layout_for(layout(size, align)), Some(layout(made, 4096)));
        }
        assert_eq!(layout_for(layout(100_000, 1)), None);
        assert_eq!(layout_for(layout(8, 8192)), None);
    }
}
