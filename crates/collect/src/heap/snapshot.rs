//! The state of the heap profile at one moment.

use std::time::SystemTime;

use super::samples::table;
use super::table::{Bucket, Sums};
use super::weight::FRACTION_BITS;
use crate::countdown::heap_rate;
use crate::sys::Column;
use crate::unwind::MOST_FRAMES;

/// The sums at one moment, which no allocation changes any more.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The rate at that moment.
    pub(crate) rate: u64,
    /// Samples that were left out because a table was full.
    pub(crate) lost: u64,
    /// When it was taken.
    pub(crate) time: SystemTime,
    /// How long the profile covers, in nanoseconds; 0 when it covers the whole run.
    pub(crate) duration_nanos: u64,
    /// One row for each stack and size.
    pub(crate) rows: Vec<Row>,
}

/// The figures of one stack and size.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Row {
    /// Code addresses, leaf first.
    pub(crate) frames: Vec<u64>,
    /// The number of the set of labels.
    pub(crate) labels: u32,
    /// Mean size of a block.
    pub(crate) block_size: u64,
    /// Objects and bytes allocated, then in use.
    pub(crate) values: [i64; 4],
}

impl Snapshot {
    /// The state now. The calling thread must not be taking samples.
    pub(crate) fn take() -> Snapshot {
        crate::unwind::refresh();
        // While the lock is held nothing may be allocated or freed, so the sums are first copied to
        // memory of the profiler's own. A row that comes in between is left to the next snapshot.
        let size = table().buckets().len();
        let mut copy: Column<Bucket> = Column::with_capacity(size.max(1));
        let lost = {
            let table = table();
            copy.extend(&table.buckets()[..size]);
            table.lost
        };
        let rows = copy
            .iter()
            .map(|bucket| Row {
                frames: frames(bucket.stack),
                labels: bucket.labels,
                block_size: bucket.block_size(),
                values: {
                    let [allocated_objects, allocated_bytes] = rounded(bucket.allocated);
                    let [used_objects, used_bytes] = rounded(bucket.in_use);
                    [allocated_objects, allocated_bytes, used_objects, used_bytes]
                },
            })
            .collect();
        Snapshot { rate: heap_rate(), lost, time: SystemTime::now(), duration_nanos: 0, rows }
    }

    /// What was allocated between `base` and this one, and what is in use now.
    pub(crate) fn growth_since(&self, base: &Snapshot) -> Snapshot {
        let mut rows = self.rows.clone();
        for (row, old) in rows.iter_mut().zip(&base.rows) {
            row.values[0] -= old.values[0];
            row.values[1] -= old.values[1];
        }
        let duration = self.time.duration_since(base.time).unwrap_or_default();
        let duration_nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Snapshot { rows, duration_nanos, ..*self }
    }

    /// What happened between `base` and this one; figures in use may be negative.
    pub(crate) fn since(mut self, base: &Snapshot) -> Snapshot {
        // Rows keep their place, so a row of the base stands at the same place here.
        for (row, old) in self.rows.iter_mut().zip(&base.rows) {
            for (value, old) in row.values.iter_mut().zip(old.values) {
                *value -= old;
            }
        }
        let duration = self.time.duration_since(base.time).unwrap_or_default();
        self.duration_nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self
    }
}

/// A stack, copied twice because the vector must not be made under the lock.
fn frames(stack: u32) -> Vec<u64> {
    let mut copy = [0; MOST_FRAMES];
    let count = {
        let table = table();
        let frames = table.frames(stack);
        let count = frames.len().min(copy.len());
        copy[..count].copy_from_slice(&frames[..count]);
        count
    };
    copy[..count].to_vec()
}

fn rounded(sums: Sums) -> [i64; 2] {
    [sums.objects, sums.bytes].map(|sum| {
        let half = 1_u128 << (FRACTION_BITS - 1);
        i64::try_from((sum + half) >> FRACTION_BITS).unwrap_or(i64::MAX)
    })
}
