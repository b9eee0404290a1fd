//! The samples of the heap: taken, forgotten when their blocks are freed, and kept whole across forks.

use super::filter::Filter;
use super::table::{Live, Sample, Table};
use super::weight::Weight;
use crate::fork::{self, Hook, Rank};
use crate::sys::{Held, Lock};
use crate::unwind::{Registers, with_trace};
use crate::{countdown, dumps};

/// The frame of the allocator at the leaf of every stack.
const OWN_FRAMES: usize = 1;

/// Of the blocks in the table.
static FILTER: Filter = Filter::new();
static TABLE: Lock<Table> = Lock::new(Table::empty());

/// The rate at which this allocation is a sample; `None` also when the table has no room for it. After
/// `Some` a place in the table is promised, and the thread takes no samples until [`finish`].
pub(crate) fn decide(size: usize) -> Option<u64> {
    let rate = countdown::decide(size)?;
    if !TABLE.hold().promise() {
        countdown::resume();
        return None;
    }
    Some(rate)
}

/// Unwinds and remembers the block, unless it is null. Nothing here allocates from the heap.
#[inline(never)]
pub(crate) fn finish(block: *mut u8, size: usize, rate: u64, registers: Registers) {
    if block.is_null() {
        TABLE.hold().break_promise();
    } else {
        with_trace(registers, countdown::bounds(), OWN_FRAMES, |frames| {
            let sample = Sample {
                address: block as u64,
                size: size as u64,
                frames,
                labels: crate::labels::current(),
                weight: Weight::of(size as u64, rate),
            };
            let mut table = TABLE.hold();
            table.insert(&sample);
            FILTER.add(block as u64);
            if table.bytes_in_use() >= dumps::limit_in_use() {
                drop(table);
                dumps::over_the_limit();
            }
        });
    }
    countdown::resume();
}

/// What becomes of a block that is taken out of the table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// It is freed for certain.
    Freed,
    /// It may come back; its place stays promised.
    Undecided,
}

/// Removes a block from the live table, if it is there.
pub(crate) fn take(block: *mut u8, after: After) -> Option<Live> {
    if !FILTER.may_hold(block as u64) {
        return None;
    }
    let mut table = TABLE.hold();
    let old = table.remove(block as u64)?;
    if after == After::Freed {
        table.break_promise();
    }
    FILTER.remove(block as u64);
    Some(old)
}

/// Whether the block may be a sampled one.
pub(crate) fn may_hold(block: *mut u8) -> bool {
    FILTER.may_hold(block as u64)
}

/// Ends what [`take`] left undecided: `block` lives on if `new` is null, and is gone otherwise.
pub(crate) fn settle(old: Live, block: *mut u8, new: *mut u8) {
    let mut table = TABLE.hold();
    if new.is_null() {
        table.put_back(old);
        FILTER.add(block as u64);
    } else {
        table.break_promise();
    }
}

/// Keeps the table whole across forks: no thread is in the middle of a change then.
pub(crate) fn prepare() {
    static HOOK: Hook = Hook { hold: || TABLE.take(), release: || TABLE.give_back(), in_child: || () };
    fork::register(Rank::Heap, &HOOK);
}

/// The table, for as long as the answer lives. Allocating or freeing meanwhile may wait for ever.
pub(crate) fn table() -> Held<'static, Table> {
    TABLE.hold()
}
