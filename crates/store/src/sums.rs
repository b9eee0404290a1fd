//! Adding up the samples that a question is about, by stack and labels.

use rustc_hash::FxHashMap;

use crate::catalog::Selection;
use crate::columns::Columns;
use crate::table::samples;
use crate::{Error, Range};

/// The sum of each stack with each set of labels.
#[derive(Debug)]
pub(crate) struct Sums {
    sums: FxHashMap<(i64, i64), i64>,
    /// How many bytes they may take.
    limit: u64,
}

impl Sums {
    pub fn new(limit: u64) -> Self {
        Sums { sums: FxHashMap::default(), limit }
    }

    /// Adds a value; `labels` is 0 where there are none.
    #[inline]
    pub fn add(&mut self, stack: i64, labels: i64, value: i64) -> Result<(), Error> {
        let sum = self.sums.entry((stack, labels)).or_default();
        *sum = sum.checked_add(value).ok_or_else(overflow)?;
        Ok(())
    }

    /// Adds the rows of a table in memory.
    pub fn add_rows(&mut self, rows: &Columns, selection: &Selection, range: Range) -> Result<(), Error> {
        let (stacks, ts) = (rows.longs(samples::STACK_ID), rows.longs(samples::TS));
        let (series, values) = (rows.longs(samples::SERIES_ID), rows.longs(samples::VALUE));
        let labels = rows.optional_longs(samples::LABEL_SET_ID);
        for row in 0..rows.len() {
            if range.contains(ts[row].saturating_mul(1000)) && selection.ids.contains(&series[row]) {
                self.add(stacks[row], labels[row].unwrap_or(0), values[row])?;
            }
        }
        self.check()
    }

    /// Fails when there are more sums than memory allows.
    pub fn check(&self) -> Result<(), Error> {
        let value = self.sums.capacity() as u64 * (size_of::<((i64, i64), i64)>() as u64 + 1);
        if value > self.limit {
            return Err(Error::Limit { limit: self.limit, value, flag: "--memory-limit" });
        }
        Ok(())
    }

    /// All sums that are not zero, sorted by stack and labels.
    pub fn sorted(self) -> Vec<Sum> {
        let sums = self.sums.into_iter().filter(|&(_, value)| value != 0);
        let mut sums: Vec<Sum> = sums.map(|((stack, labels), value)| Sum { stack, labels, value }).collect();
        sums.sort_unstable_by_key(|sum| (sum.stack, sum.labels));
        sums
    }
}

/// The sum of a stack with a set of labels, which is 0 where there are none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum {
    pub stack: i64,
    pub labels: i64,
    pub value: i64,
}

fn overflow() -> Error {
    Error::Query(
        "the sum of the values of a stack does not fit in 64 bits; ask for a shorter time".to_owned(),
    )
}
