//! All that is kept of one tenant.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use crate::batch::{Batch, Seen, day_of};
use crate::catalog::Catalog;
use crate::check;
use crate::columns::Columns;
use crate::commit_log::{CommitLog, TableEntry, entry};
use crate::ids::Key;
use crate::intake::Intake;
use crate::merged::{Header, look_up_and_build};
use crate::parquet_file;
use crate::range::{HOUR, now};
use crate::stats::{Damage, TableStats, TenantStats};
use crate::sums::Sums;
use crate::table::{Partition, Table, samples};
use crate::timeline::{Line, Timeline};
use crate::{Error, Range, Refused, Selector, Settings};

/// All that is kept of one tenant.
#[derive(Debug)]
pub(crate) struct Shelf {
    folder: PathBuf,
    state: RwLock<State>,
    /// Held while files are written. Taken before `state`.
    logs: Mutex<Logs>,
    /// Files that could not be read, and why.
    damaged: Mutex<BTreeMap<PathBuf, String>>,
}

/// What questions look at.
#[derive(Debug)]
pub(crate) struct State {
    /// The rows of the segment that is being filled.
    pub batch: Batch,
    /// The rows of segments that are being written to files.
    pub flushing: Vec<Arc<Batch>>,
    pub seen: Seen,
    pub catalog: Catalog,
    /// The files of each table, of which none has rows of `batch` or `flushing`.
    files: Vec<Vec<TableEntry>>,
}

#[derive(Debug)]
struct Logs {
    /// For each table.
    logs: Vec<CommitLog>,
    /// Whether a flush has failed halfway: some tables have rows that are in `flushing` too.
    is_partial: bool,
    /// Files that are in no log any more, and when they may be deleted.
    expired: Vec<(PathBuf, Instant)>,
}

impl Logs {
    fn files(&self) -> Vec<Vec<TableEntry>> {
        self.logs.iter().map(|log| log.files.values().cloned().collect()).collect()
    }
}

/// So long after they have left the log files are deleted, for those who are reading them.
const GRACE: Duration = Duration::from_secs(3600);
/// So long after its end an hour or a day is compacted.
const SETTLED: i64 = 10 * 60 * 1_000_000_000;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shelf {
    /// Opens the tables in `folder`, which are made when they are not there.
    pub fn open(folder: &Path) -> Result<Shelf, Error> {
        let logs = Table::ALL.into_iter().map(|table| CommitLog::open(&folder.join(table.name()), table));
        let logs = Logs { logs: logs.collect::<Result<_, _>>()?, is_partial: false, expired: Vec::new() };
        let mut damaged = BTreeMap::new();
        for damage in logs.logs.iter().flat_map(|log| &log.damage) {
            damaged.insert(damage.file.clone(), damage.reason.clone());
        }
        let mut catalog = Catalog::default();
        for entry in logs.logs[Table::Series as usize].files.values() {
            let path = folder.join(Table::Series.name()).join(&entry.path);
            let read = parquet_file::visit(&path, Table::Series, |rows| {
                catalog.add_rows(rows, entry.day);
                Ok(())
            });
            if let Err(error) = read {
                damaged.insert(path, error.to_string());
            }
        }
        let state = State {
            batch: Batch::default(),
            flushing: Vec::new(),
            seen: Seen::default(),
            catalog,
            files: logs.files(),
        };
        for path in logs.logs.iter().flat_map(check::orphans) {
            // One that cannot be deleted is tried again at the next start.
            let _ = std::fs::remove_file(path);
        }
        Ok(Shelf {
            folder: folder.to_owned(),
            state: RwLock::new(state),
            logs: Mutex::new(logs),
            damaged: Mutex::new(damaged),
        })
    }

    pub fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last segment of the inbox that is in a table.
    pub fn last_segment(&self) -> Option<u64> {
        lock(&self.logs).logs.iter().filter_map(|log| log.segment).max()
    }

    /// Files that could not be read.
    pub fn damaged(&self) -> Vec<Damage> {
        let damaged = lock(&self.damaged);
        damaged.iter().map(|(file, reason)| Damage { file: file.clone(), reason: reason.clone() }).collect()
    }

    /// Heap bytes held, roughly: rows that are not in files, and everything.
    pub fn memory(&self) -> (usize, usize) {
        let state = self.read();
        let rows = state.batch.memory() + state.flushing.iter().map(|batch| batch.memory()).sum::<usize>();
        (rows, rows + state.catalog.memory() + state.seen.memory())
    }

    pub fn stats(&self, tenant: &str) -> TenantStats {
        let state = self.read();
        let tables = Table::ALL.into_iter().zip(&state.files).map(|(table, files)| TableStats {
            table: table.name(),
            files: files.len() as u64,
            rows: files.iter().map(|file| file.rows).sum(),
            bytes: files.iter().map(|file| file.bytes).sum(),
        });
        let tables: Vec<TableStats> = tables.collect();
        let in_memory = state.batch.rows + state.flushing.iter().map(|batch| batch.rows).sum::<u64>();
        let samples = in_memory + tables[Table::Samples as usize].rows;
        TenantStats { tenant: tenant.to_owned(), series: state.catalog.len() as u64, samples, tables }
    }

    /// Takes the rows so far away from those to come, so that they can be written to files.
    pub fn rotate(&self, most_seen: usize) -> Option<Arc<Batch>> {
        let mut state = self.write();
        if state.seen.memory() > most_seen {
            state.seen.clear();
        }
        if state.batch.is_empty() {
            return None;
        }
        let batch = Arc::new(std::mem::take(&mut state.batch));
        state.flushing.push(batch.clone());
        Some(batch)
    }

    /// Writes the rows of a segment to files. After a failure it may be tried again: what is there is left alone.
    pub fn flush(&self, batch: &Arc<Batch>, segment: u64, key: &Key) -> Result<(), Error> {
        let mut logs = lock(&self.logs);
        logs.is_partial = true;
        for log in &mut logs.logs {
            if log.segment.is_some_and(|last| last >= segment) {
                continue;
            }
            let mut added = Vec::new();
            for (&day, rows) in &batch.days {
                write_day(log, day, rows.table(log.table), key, &mut added)?;
            }
            if !added.is_empty() {
                log.commit(added, &[], Some(segment))?;
            }
        }
        logs.is_partial = false;
        let mut state = self.write();
        state.files = logs.files();
        state.flushing.retain(|flushing| !Arc::ptr_eq(flushing, batch));
        Ok(())
    }

    /// Puts the files of hours and days that are over together, within `memory` bytes, and drops days before
    /// `first_day`. Rows can be written to files between any two steps of it.
    pub fn compact(&self, first_day: Option<i32>, memory: u64, key: &Key) -> Result<(), Error> {
        for table in Table::ALL {
            self.compact_step(|logs, gone| drop_old(&mut logs[table as usize], first_day, gone))?;
        }
        if let Some(day) = first_day {
            let mut state = self.write();
            state.catalog.forget_before(day);
            state.seen.forget_before(day);
        }
        for table in Table::ALL {
            let compact = |logs: &mut [CommitLog], gone: &mut Vec<PathBuf>| {
                compact_part(&mut logs[table as usize], memory, key, gone)
            };
            while self.compact_step(compact)? {}
        }
        Ok(())
    }

    /// Changes the logs by `step`, which names the files that have left them, and returns what it returns: whether there
    /// may be more to do. Does nothing where a log is damaged or a flush has failed halfway.
    fn compact_step(
        &self,
        step: impl FnOnce(&mut [CommitLog], &mut Vec<PathBuf>) -> Result<bool, Error>,
    ) -> Result<bool, Error> {
        let mut logs = lock(&self.logs);
        if logs.is_partial || logs.logs.iter().any(|log| !log.damage.is_empty()) {
            return Ok(false);
        }
        let mut gone = Vec::new();
        let result = step(&mut logs.logs, &mut gone);
        let now = Instant::now();
        logs.expired.extend(gone.into_iter().map(|path| (path, now + GRACE)));
        logs.expired
            .retain(|(path, when)| *when > now || std::fs::remove_file(path).is_err() && path.exists());
        self.write().files = logs.files();
        result
    }

    /// Whether there is room for the series of a profile.
    pub fn admit(&self, intake: &Intake, settings: &Settings) -> Result<(), Refused> {
        let state = self.read();
        if state.seen.check(intake).is_err() {
            let reason = "a part of the profile has the number of another one in the store".to_owned();
            return Err(Refused::Unreadable(reason));
        }
        let new = intake.series.iter().filter(|id| !state.catalog.contains(id.id)).count();
        if (state.catalog.len() + new) as u64 > settings.max_series && new > 0 {
            return Err(Refused::Series {
                limit: "max_series",
                value: settings.max_series,
                flag: "--max-series",
            });
        }
        Ok(())
    }

    /// Adds the rows of a profile.
    pub fn add(&self, intake: &Intake, sequence: i64, key: &Key) {
        let State { batch, seen, catalog, .. } = &mut *self.write();
        batch.add(intake, sequence, seen, key);
        for (id, profile_type) in intake.series.iter().zip(&intake.types) {
            catalog.add(id.id, &intake.labels, profile_type, day_of(intake.time));
        }
    }

    /// The files of a table with rows from `range`. Those that cannot be read are left out of answers and noted.
    fn in_range(&self, state: &State, table: Table, range: Range) -> Vec<(PathBuf, TableEntry)> {
        let folder = self.folder.join(table.name());
        let files = state.files[table as usize].iter().filter(|entry| entry.matters(table, range));
        files.map(|entry| (folder.join(&entry.path), entry.clone())).collect()
    }

    /// Whether the file could be read; one that could not is noted, and the rest serves.
    fn note(&self, path: PathBuf, result: Result<(), Error>) -> Result<(), Error> {
        match result {
            Err(error @ (Error::Damaged { .. } | Error::File { .. })) => {
                lock(&self.damaged).insert(path, error.to_string());
                Ok(())
            }
            result => result,
        }
    }

    /// Shows `visit` all rows of a table on the days of `range`.
    fn visit(
        &self,
        table: Table,
        range: Range,
        mut visit: impl FnMut(&Columns) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for (path, _) in self.visit_memory(table, range, &mut visit)? {
            let result = parquet_file::visit(&path, table, &mut visit);
            self.note(path, result)?;
        }
        Ok(())
    }

    /// Shows `visit` the rows in memory, and returns the files that have the others.
    fn visit_memory(
        &self,
        table: Table,
        range: Range,
        mut visit: impl FnMut(&Columns) -> Result<(), Error>,
    ) -> Result<Vec<(PathBuf, TableEntry)>, Error> {
        let state = self.read();
        let batches = state.flushing.iter().map(Arc::as_ref).chain([&state.batch]);
        let days = batches.flat_map(|batch| &batch.days);
        for (_, day) in days.filter(|(day, _)| range.days().contains(day)) {
            visit(day.table(table))?;
        }
        Ok(self.in_range(&state, table, range))
    }

    pub fn merge(
        &self,
        selector: &Selector,
        range: Range,
        settings: &Settings,
    ) -> Result<hotlist_profile::Profile, Error> {
        let limit = settings.memory_limit / 4;
        let selection = self.read().catalog.select(selector, range);
        let mut sums = Sums::new(limit);
        let files =
            self.visit_memory(Table::Samples, range, |rows| sums.add_rows(rows, &selection, range))?;
        for (path, entry) in files {
            let result = sums.add_file(&path, &selection, range, range.covers(entry.range()));
            self.note(path, result)?;
        }
        let sums = sums.sorted();
        let mut header = Header::default();
        self.visit(Table::Profiles, range, |rows| {
            header.add_rows(rows, &selection.ids, range);
            Ok(())
        })?;
        look_up_and_build(&selector.profile_type, &header, &sums, limit, |table, visit| {
            self.visit(table, range, visit)
        })
    }

    pub fn timeline(
        &self,
        selector: &Selector,
        range: Range,
        step: i64,
        by: &[String],
    ) -> Result<Vec<Line>, Error> {
        let mut timeline = {
            let state = self.read();
            let selection = state.catalog.select(selector, range);
            Timeline::new(selection.ids.iter(), &state.catalog, by, range, step)?
        };
        self.visit(Table::Profiles, range, |rows| {
            timeline.add_rows(rows);
            Ok(())
        })?;
        Ok(timeline.finish())
    }
}

/// Writes the rows of a day, sorted, and adds the files to `added`.
fn write_day(
    log: &CommitLog,
    day: i32,
    rows: &Columns,
    key: &Key,
    added: &mut Vec<TableEntry>,
) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let sorted = rows.sorted(log.table);
    let mut hours: BTreeMap<Option<i32>, Vec<u32>> = BTreeMap::new();
    for row in sorted {
        let hour = (log.table.partition() == Partition::Hour).then(|| {
            let nanos = rows.longs(samples::TS)[row as usize].saturating_mul(1000);
            (nanos.div_euclid(HOUR).rem_euclid(24)) as i32
        });
        hours.entry(hour).or_default().push(row);
    }
    for (hour, sorted) in hours {
        added.push(write_rows(log, day, hour, &rows.select(log.table, &sorted), key)?);
    }
    Ok(())
}

fn write_rows(
    log: &CommitLog,
    day: i32,
    hour: Option<i32>,
    rows: &Columns,
    key: &Key,
) -> Result<TableEntry, Error> {
    let path = log.new_path(day, hour)?;
    let written = parquet_file::write(&log.folder.join(&path), log.table, rows, key)?;
    Ok(entry(path, day, hour, rows.len(), written))
}

/// Takes the files of the days before `first_day` out of the log. There is never more to do.
fn drop_old(log: &mut CommitLog, first_day: Option<i32>, gone: &mut Vec<PathBuf>) -> Result<bool, Error> {
    let Some(first_day) = first_day else { return Ok(false) };
    let old: Vec<TableEntry> = log.files.values().filter(|entry| entry.day < first_day).cloned().collect();
    if !old.is_empty() {
        log.commit(Vec::new(), &old, None)?;
        gone.extend(old.iter().map(|entry| log.folder.join(&entry.path)));
    }
    Ok(false)
}

/// Puts files of the first hour or day together that is over and has some to be put together. Returns whether there was
/// one.
fn compact_part(log: &mut CommitLog, memory: u64, key: &Key, gone: &mut Vec<PathBuf>) -> Result<bool, Error> {
    let mut parts: BTreeMap<(i32, Option<i32>), Vec<&TableEntry>> = BTreeMap::new();
    for entry in log.files.values().filter(|entry| entry.range().to.saturating_add(SETTLED) < now()) {
        parts.entry((entry.day, entry.hour)).or_default().push(entry);
    }
    let part = parts.into_iter().find_map(|(part, files)| {
        let files = fitting(files, memory);
        (files.len() > 1).then_some((part, files))
    });
    let Some(((day, hour), files)) = part else { return Ok(false) };
    let mut all = Columns::new(log.table);
    for entry in &files {
        parquet_file::visit(&log.folder.join(&entry.path), log.table, |rows| {
            (0..rows.len()).for_each(|row| all.append(rows, row));
            Ok(())
        })?;
    }
    let mut sorted = all.sorted(log.table);
    if log.table.is_content() {
        let order = log.table.order();
        sorted.dedup_by(|one, other| all.compare(*one as usize, &all, *other as usize, order).is_eq());
    }
    let added = write_rows(log, day, hour, &all.select(log.table, &sorted), key)?;
    log.commit(vec![added], &files, None)?;
    gone.extend(files.iter().map(|entry| log.folder.join(&entry.path)));
    Ok(true)
}

/// The smallest of `files`, as many as fit into `memory` bytes together.
fn fitting(mut files: Vec<&TableEntry>, memory: u64) -> Vec<TableEntry> {
    /// How many bytes a row of any table may take in memory, about.
    const ROW: u64 = 200;
    files.sort_by_key(|entry| entry.rows);
    let mut rows = 0u64;
    let fitting = files.into_iter().take_while(|entry| {
        rows = rows.saturating_add(entry.rows);
        rows.saturating_mul(ROW) <= memory
    });
    fitting.cloned().collect()
}
