//! Adding up the samples that a question is about, by stack and labels.

use std::path::Path;

use parquet::errors::ParquetError;
use rustc_hash::FxHashMap;

use crate::catalog::Selection;
use crate::columns::Columns;
use crate::parquet_file::{Group, TableFile, guarded, only_text};
use crate::table::{Table, samples};
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

    /// Adds the rows of a file, reading no column that does not matter. `is_whole` says that all its rows are from the
    /// time in question.
    pub fn add_file(
        &mut self,
        path: &Path,
        selection: &Selection,
        range: Range,
        is_whole: bool,
    ) -> Result<(), Error> {
        guarded(path, || {
            let file = TableFile::open(path, Table::Samples)?;
            for number in 0..file.groups() {
                let group = file.group(number).map_err(|error| Error::damaged(path, error))?;
                let range = (!is_whole).then_some(range);
                self.add_group(&group, selection, range).map_err(|failure| match failure {
                    Failure::File(error) => Error::damaged(path, error),
                    Failure::Sum(error) => error,
                })?;
                self.check()?;
            }
            Ok(())
        })
    }

    fn add_group(
        &mut self,
        group: &Group<'_>,
        selection: &Selection,
        range: Option<Range>,
    ) -> Result<(), Failure> {
        let text = |column| only_text(group.metadata(), column);
        let text = |column| text(column).map(|text| String::from_utf8_lossy(&text).into_owned());
        let (service, profile_type) = (text(samples::SERVICE), text(samples::PROFILE_TYPE));
        let is_other_type = profile_type.as_ref().is_some_and(|only| *only != selection.profile_type);
        if is_other_type || service.as_ref().is_some_and(|only| !selection.services.contains(only)) {
            return Ok(());
        }
        let is_all =
            profile_type.is_some() && service.is_some_and(|only| selection.whole_services.contains(&only));
        let labels = group.metadata().column(samples::LABEL_SET_ID).statistics();
        let has_labels = labels.and_then(|labels| labels.null_count_opt()) != Some(group.len() as u64);
        let series = if is_all { None } else { Some(group.longs(samples::SERIES_ID)?) };
        let ts = if range.is_some() { Some(group.longs(samples::TS)?) } else { None };
        let labels = if has_labels { Some(group.optional_longs(samples::LABEL_SET_ID)?) } else { None };
        let (stacks, values) = (group.longs(samples::STACK_ID)?, group.longs(samples::VALUE)?);
        // Rows of a stack stand together.
        let mut run = (0, 0, 0_i64);
        for row in 0..stacks.len() {
            let is_known = series.as_ref().is_none_or(|series| selection.ids.contains(&series[row]));
            let is_in_time = match (&ts, range) {
                (Some(ts), Some(range)) => range.contains(ts[row].saturating_mul(1000)),
                _ => true,
            };
            if !is_known || !is_in_time {
                continue;
            }
            let labels = labels.as_ref().and_then(|labels| labels[row]).unwrap_or(0);
            if (run.0, run.1) != (stacks[row], labels) {
                self.add(run.0, run.1, run.2)?;
                run = (stacks[row], labels, 0);
            }
            run.2 = run.2.checked_add(values[row]).ok_or_else(overflow)?;
        }
        self.add(run.0, run.1, run.2)?;
        Ok(())
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

/// Why a row group cannot be added.
enum Failure {
    File(ParquetError),
    Sum(Error),
}

impl From<ParquetError> for Failure {
    fn from(error: ParquetError) -> Self {
        Failure::File(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Sum(error)
    }
}

fn overflow() -> Error {
    Error::Query(
        "the sum of the values of a stack does not fit in 64 bits; ask for a shorter time".to_owned(),
    )
}
