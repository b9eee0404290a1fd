//! The mutex and block profiles: what is remembered, and which events are.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::countdown::{self, Unsampled};
use crate::fork::{self, Hook, Rank};
use crate::store::{Index, Stacks, mix};
use crate::sys::{Column, Lock};
use crate::unwind::{MOST_FRAMES, registers_here, with_trace};

/// One profile remembers up to this many stacks, and pairs of a stack and a set of labels.
const ROWS: usize = 1 << 14;
const FRAMES: usize = 1 << 19;

/// The frame of [`remember`].
const OWN_FRAMES: usize = 1;

/// One in this many releases of a lock that others wait for is recorded; 0 for none.
static MUTEX_FRACTION: AtomicU64 = AtomicU64::new(0);
/// Nanoseconds of waiting between two records; 0 for none.
static BLOCK_RATE: AtomicU64 = AtomicU64::new(0);

static MUTEX: Lock<Table> = Lock::new(Table::empty());
static BLOCK: Lock<Table> = Lock::new(Table::empty());

/// Records one in `fraction` releases of a lock that others wait for, as Go's `SetMutexProfileFraction`:
/// 1 records all, 0 none, which is so at first.
pub fn set_mutex_fraction(fraction: u64) {
    MUTEX_FRACTION.store(fraction, Ordering::Relaxed);
}

/// What [`set_mutex_fraction`] set.
pub fn mutex_fraction() -> u64 {
    MUTEX_FRACTION.load(Ordering::Relaxed)
}

/// Records one wait in each `nanos` nanoseconds spent waiting, as Go's `SetBlockProfileRate`: 1 records
/// all, 0 none, which is so at first. Waits that are longer are always recorded, shorter ones by chance,
/// with a weight that makes up for it.
pub fn set_block_rate(nanos: u64) {
    BLOCK_RATE.store(nanos, Ordering::Relaxed);
}

/// What [`set_block_rate`] set.
pub fn block_rate() -> u64 {
    BLOCK_RATE.load(Ordering::Relaxed)
}

/// Which of the two profiles is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Contention {
    /// Who held the lock.
    Mutex,
    /// Who waited.
    Block,
}

/// Whether waits have to be timed.
pub(super) fn is_on() -> bool {
    mutex_fraction() != 0 || block_rate() != 0
}

/// A lock was released for which others have waited this long.
#[cold]
pub(super) fn released(nanos: u64) {
    let fraction = mutex_fraction();
    if fraction == 0 || !random().is_multiple_of(fraction) {
        return;
    }
    // Scaled as in `runtime/mprof.go`, `mutexevent`.
    remember(&MUTEX, fraction as f64, nanos.saturating_mul(fraction));
}

/// The calling thread has waited this long.
#[cold]
pub(super) fn waited(nanos: u64) {
    let rate = block_rate();
    let nanos = nanos.max(1);
    if rate == 0 || nanos < rate && random() % rate >= nanos {
        return;
    }
    // Scaled as in `runtime/mprof.go`, `saveBlockEventStack`: what had a chance of `nanos / rate` counts
    // as its inverse.
    let (count, nanos) = if nanos < rate { (rate as f64 / nanos as f64, rate) } else { (1.0, nanos) };
    remember(&BLOCK, count, nanos);
}

#[inline(never)]
fn remember(table: &Lock<Table>, count: f64, nanos: u64) {
    let _quiet = Unsampled::enter();
    fork::register(Rank::Contention, &HOOK);
    with_trace(registers_here(), countdown::bounds(), OWN_FRAMES, |frames| {
        table.hold().add(frames, crate::labels::current(), count, nanos);
    });
}

/// A random number (xorshift64, G. Marsaglia, 2003).
fn random() -> u64 {
    thread_local! {
        static STATE: Cell<u64> = const { Cell::new(0) };
    }
    static THREADS: AtomicU64 = AtomicU64::new(1);
    let mut state = STATE.get();
    if state == 0 {
        state = mix(THREADS.fetch_add(1, Ordering::Relaxed)) | 1;
    }
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    STATE.set(state);
    // The low bits of the state itself are the weakest ones.
    mix(state)
}

/// The delays of one stack and set of labels.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Delays {
    /// Code addresses, leaf first.
    pub(crate) frames: Vec<u64>,
    /// The number of the set of labels.
    pub(crate) labels: u32,
    /// How often it happened.
    pub(crate) count: f64,
    /// How long it took in all.
    pub(crate) nanos: u64,
}

impl Contention {
    /// What was recorded until now. Rows keep their place for ever.
    pub(crate) fn delays(self) -> Vec<Delays> {
        let _quiet = Unsampled::enter();
        let table = match self {
            Contention::Mutex => &MUTEX,
            Contention::Block => &BLOCK,
        };
        // Nothing is allocated under the lock; rows that come in between are left to the next look.
        let size = table.hold().rows.len();
        let mut copy: Column<Row> = Column::with_capacity(size.max(1));
        copy.extend(&table.hold().rows[..size]);
        let frames = |stack| {
            let mut copy = [0; MOST_FRAMES];
            let held = table.hold();
            let frames = held.stacks.frames(stack);
            let count = frames.len().min(copy.len());
            copy[..count].copy_from_slice(&frames[..count]);
            drop(held);
            copy[..count].to_vec()
        };
        copy.iter()
            .map(|row| Delays {
                frames: frames(row.stack),
                labels: row.labels,
                count: row.count,
                nanos: row.nanos,
            })
            .collect()
    }
}

static HOOK: Hook = Hook {
    hold: || {
        MUTEX.take();
        BLOCK.take();
    },
    release: || {
        BLOCK.give_back();
        MUTEX.give_back();
    },
    in_child: || (),
};

struct Table {
    stacks: Stacks,
    rows: Column<Row>,
    index: Index,
}

#[derive(Clone, Copy)]
struct Row {
    stack: u32,
    labels: u32,
    count: f64,
    nanos: u64,
}

impl Row {
    fn hash(&self) -> u64 {
        row_hash(self.stack, self.labels)
    }
}

fn row_hash(stack: u32, labels: u32) -> u64 {
    mix(u64::from(stack) << 32 | u64::from(labels))
}

impl Table {
    const fn empty() -> Self {
        Table { stacks: Stacks::empty(), rows: Column::empty(), index: Index::empty() }
    }

    /// Adds delays of a stack. When there is no room they are added to the first row, so that sums stay
    /// right.
    fn add(&mut self, frames: &[u64], labels: u32, count: f64, nanos: u64) {
        if self.rows.capacity() == 0 {
            *self = Table {
                stacks: Stacks::with_capacity(ROWS, FRAMES),
                rows: Column::with_capacity(ROWS),
                index: Index::with_capacity(ROWS),
            };
            // The first row is for those for which there is no room.
            self.row(&[], 0);
        }
        let row = self.row(frames, labels).unwrap_or(0);
        if let Some(row) = self.rows.get_mut(row as usize) {
            row.count += count;
            row.nanos = row.nanos.saturating_add(nanos);
        }
    }

    fn row(&mut self, frames: &[u64], labels: u32) -> Option<u32> {
        let stack = self.stacks.intern_or_nothing(frames)?;
        let rows = &self.rows;
        let is_it = |row: u32| rows[row as usize].stack == stack && rows[row as usize].labels == labels;
        if let Some(row) = self.index.find(row_hash(stack, labels), is_it) {
            return Some(row);
        }
        let new = u32::try_from(rows.len()).ok().filter(|&new| (new as usize) < rows.capacity())?;
        if !self.index.make_room(1, |row| rows[row as usize].hash()) {
            return None;
        }
        let row = Row { stack, labels, count: 0.0, nanos: 0 };
        self.index.insert(row.hash(), new);
        self.rows.push(row);
        Some(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_stay_right_when_there_is_no_room() {
        let mut table = Table::empty();
        for number in 0..ROWS as u64 + 100 {
            table.add(&[number + 5000], 0, 1.0, 3);
        }
        let count: f64 = table.rows.iter().map(|row| row.count).sum();
        let nanos: u64 = table.rows.iter().map(|row| row.nanos).sum();
        assert_eq!((count, nanos), (ROWS as f64 + 100.0, (ROWS as u64 + 100) * 3));
        assert!(table.rows.len() <= ROWS);
    }

    #[test]
    fn labels_keep_rows_apart() {
        let mut table = Table::empty();
        for labels in [1, 2, 1] {
            table.add(&[5000], labels, 1.0, 1);
        }
        assert_eq!(table.rows.iter().map(|row| row.count).collect::<Vec<_>>(), [0.0, 2.0, 1.0]);
    }
}
