//! Samples: which allocations are some, and what is written down of them.

use core::sync::atomic::Ordering;

use crate::layout::{head, record, sums};
use crate::live::{self, Block, Tables, tables};
use crate::{file, math, start, thread, walk};

/// Whether the allocation of `size` bytes that was just counted is a sample. After yes, the thread takes no samples until
/// [`finish`] is called.
#[cold]
#[inline(never)]
pub(crate) fn is_due(size: usize) -> bool {
    /// Where nothing is known yet, a thread asks again after so many bytes.
    const SOON: i64 = 1 << 20;
    let thread = thread::this();
    let rate = match start::rate() {
        start::Rate::Unknown => {
            thread.left.set(SOON);
            return false;
        }
        start::Rate::Off => {
            thread.left.set(i64::MAX);
            return false;
        }
        start::Rate::Every(rate) => rate,
    };
    if thread.random.get() == 0 {
        thread.random.set(start::seed(core::ptr::from_ref(thread).addr() as u64));
        let left = draw(thread, rate).saturating_sub(size as i64);
        thread.left.set(left);
        if left >= 0 {
            return false;
        }
    }
    thread.left.set(i64::MAX);
    true
}

/// Draws the point of the next sample.
pub(crate) fn finish() {
    let thread = thread::this();
    if let start::Rate::Every(rate) = start::rate() {
        thread.left.set(draw(thread, rate));
    }
}

/// The distance to the next sample: exponential with mean `rate`, rounded down, so that an allocation of `s` bytes passes
/// it with the chance `1 - e^(-s / rate)` exactly.
fn draw(thread: &thread::Thread, rate: u64) -> i64 {
    if rate <= 1 {
        return 0;
    }
    let (state, uniform) = math::uniform(thread.random.get());
    thread.random.set(state);
    (-math::ln(uniform) * rate as f64) as i64
}

/// Remembers a block that is a sample.
#[inline(never)]
pub(crate) fn keep(block: *mut u8, size: usize) {
    let Some(tables) = tables(start::in_child) else { return };
    let start::Rate::Every(rate) = start::rate() else { return };
    let mut words = [0; walk::WORDS];
    let count = walk::callers(tables, &mut words);
    let Some(place) = record_of(tables, &words[..count], group(size as u64)) else { return live::lost() };
    let (objects, bytes) = math::weight(size as u64, rate);
    if !tables.insert(block.addr() as u64, Block { record: place, objects, bytes }) {
        return live::lost();
    }
    file::add(place + sums::SAMPLES, 1);
    file::add(place + sums::SAMPLED_BYTES, size as u64);
    file::add(place + sums::OBJECTS, objects);
    file::add(place + sums::BYTES, bytes);
    file::add(head::SAMPLES, 1);
}

/// Forgets a block, if it is a sample.
#[inline(never)]
pub(crate) fn take(block: *mut u8) -> Option<Block> {
    tables(start::in_child)?.remove(block.addr() as u64)
}

/// Counts a block that was taken as freed.
pub(crate) fn freed(block: Block) {
    file::add(block.record + sums::FREED_OBJECTS, block.objects);
    file::add(block.record + sums::FREED_BYTES, block.bytes);
}

/// Puts a block back that was not freed after all.
pub(crate) fn put_back(block: *mut u8, taken: Block) {
    let is_kept = tables(start::in_child).is_some_and(|tables| tables.insert(block.addr() as u64, taken));
    if !is_kept {
        freed(taken);
    }
}

/// The record of a stack and a group of sizes.
fn record_of(tables: Tables, frames: &[u64], group: u64) -> Option<usize> {
    let hash = frames.iter().fold(group.wrapping_mul(0x9e37_79b9_7f4a_7c15), |hash, &frame| {
        let mixed = (hash ^ frame).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed ^ mixed >> 32
    });
    let words = sums::FRAMES + frames.len();
    let load = |place: usize| file::word(place).map(|word| word.load(Ordering::Relaxed));
    let is_it = |place: usize| {
        load(place) == Some(record::SUMS | words as u64)
            && load(place + sums::GROUP) == Some(group)
            && (place + sums::FRAMES..).zip(frames).all(|(at, &frame)| load(at) == Some(frame))
    };
    tables.record(hash, is_it, || {
        let place = file::reserve(words)?;
        for (at, &frame) in (place + sums::FRAMES..).zip(frames) {
            file::word(at)?.store(frame, Ordering::Relaxed);
        }
        file::word(place + sums::GROUP)?.store(group, Ordering::Relaxed);
        file::word(place)?.store(record::SUMS | words as u64, Ordering::Release);
        Some(place)
    })
}

/// The smallest size of the group of `size`: its four highest binary digits.
fn group(size: u64) -> u64 {
    let dropped = (u64::BITS - size.leading_zeros()).saturating_sub(4);
    size >> dropped << dropped
}
