//! Sampled blocks of the smallest kind that were given back, for the next samples.

use std::sync::atomic::{AtomicPtr, Ordering};

const PLACES: usize = 32;

/// Blocks that are kept for the next small samples.
///
/// All small samples are made with one layout, and a request for one is expensive: glibc takes anything of its size
/// as an occasion to merge all small blocks that were freed. So as many as a program frees again are kept.
///
/// Without a lock, because a fork may happen at any time: the child then lacks at most a block for each thread
/// that was just here.
#[derive(Debug)]
pub(super) struct Spares {
    blocks: [AtomicPtr<u8>; PLACES],
}

impl Spares {
    /// None.
    pub(super) const fn new() -> Self {
        Spares { blocks: [const { AtomicPtr::new(std::ptr::null_mut()) }; PLACES] }
    }

    /// A block that was kept; null when there is none.
    pub(super) fn take(&self) -> *mut u8 {
        let mut places = self.blocks.iter().filter(|place| !place.load(Ordering::Relaxed).is_null());
        places
            .find_map(|place| {
                let block = place.swap(std::ptr::null_mut(), Ordering::Acquire);
                (!block.is_null()).then_some(block)
            })
            .unwrap_or_default()
    }

    /// Keeps a block; says whether there was room.
    pub(super) fn keep(&self, block: *mut u8) -> bool {
        let null = std::ptr::null_mut();
        let mut vacant = self.blocks.iter().filter(|place| place.load(Ordering::Relaxed).is_null());
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

    #[test]
    fn every_block_comes_back_once() {
        let spares = Spares::new();
        assert!(spares.take().is_null());
        let block = |number| std::ptr::without_provenance_mut(number * 4096);
        let kept = (1..=PLACES + 3).filter(|&number| spares.keep(block(number))).count();
        assert_eq!(kept, PLACES);
        let mut taken: Vec<usize> = std::iter::repeat_with(|| spares.take())
            .take_while(|block| !block.is_null())
            .map(|p| p.addr())
            .collect();
        taken.sort_unstable();
        assert_eq!(taken, (1..=PLACES).map(|number| number * 4096).collect::<Vec<_>>());
        assert!(spares.keep(block(1)));
    }
}
