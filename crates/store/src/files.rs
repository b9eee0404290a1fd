//! The files of a store, for those who read them without it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use hotlist_profile::Profile;

use crate::catalog::{Catalog, Selection};
use crate::columns::Columns;
use crate::commit_log::{self, CommitLog, TableEntry, date};
use crate::merged::{Header, look_up_and_build};
use crate::parquet_file;
use crate::stats::Damage;
use crate::store::TENANTS;
use crate::sums::{Sum, Sums};
use crate::table::Table;
use crate::{Error, ProfileType, Range, Selector, Tenant};

/// The files of one tenant as a moment has left them. The store may be open, here or on another machine; what is in its
/// inbox only is not among them. Samples and headers of profiles go together: those of a profile are all there or none.
///
/// A store's own answer is [`Store::merge`](crate::Store::merge). Here its steps can be taken one by one, so that
/// somebody else adds up the samples: [`ask`](Files::ask), [`add_up`](Files::add_up) once or many times, wherever that
/// is, and [`profile`](Files::profile).
#[derive(Debug)]
pub struct Files {
    tenant: Tenant,
    /// For each table.
    logs: Vec<CommitLog>,
    catalog: Catalog,
    /// How many bytes an answer may take.
    limit: u64,
    damaged: Mutex<BTreeMap<PathBuf, String>>,
}

/// A file of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TableFile {
    /// Where it is below the folder of the store, with `/` between names.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// How many rows it has.
    pub rows: u64,
    /// The day of all its rows, such as `2026-11-30`.
    pub date: String,
    /// The hour of the day, in UTC, where the table is kept by hours.
    pub hour: Option<i32>,
    /// The time that its rows may be from.
    pub range: Range,
}

impl TableFile {
    fn new(tenant: &Tenant, table: Table, entry: &TableEntry) -> Self {
        TableFile {
            path: format!("{TENANTS}/{tenant}/{}/{}", table.name(), entry.path),
            bytes: entry.bytes,
            rows: entry.rows,
            date: date(entry.day),
            hour: entry.hour,
            range: entry.range(),
        }
    }
}

/// Which samples a question is about, and where they are.
#[derive(Debug)]
pub struct Question {
    selection: Selection,
    profile_type: ProfileType,
    range: Range,
    header: Header,
    entries: Vec<TableEntry>,
    files: Vec<TableFile>,
    /// The series of services that are not whole.
    single: Vec<i64>,
}

impl Question {
    /// What is measured; the value of the column `profile_type`.
    pub fn profile_type(&self) -> &ProfileType {
        &self.profile_type
    }

    /// The time of the profiles.
    pub fn range(&self) -> Range {
        self.range
    }

    /// The files that may have such samples, sorted by path.
    pub fn files(&self) -> &[TableFile] {
        &self.files
    }

    /// The services all of whose series are meant, sorted.
    pub fn whole_services(&self) -> Vec<&str> {
        sorted(self.selection.whole_services.iter())
    }

    /// The services of which some series are meant, sorted; [`series`](Self::series) says which.
    pub fn part_services(&self) -> Vec<&str> {
        let services = self.selection.services.iter();
        sorted(services.filter(|&service| !self.selection.whole_services.contains(service)))
    }

    /// The series that are meant of services that are not whole, sorted.
    pub fn series(&self) -> &[i64] {
        &self.single
    }

    /// How many profiles are meant.
    pub fn profiles(&self) -> u64 {
        self.header.count
    }

    /// What the headers of the profiles say that their samples add up to.
    pub fn total(&self) -> i128 {
        self.header.total
    }
}

fn sorted<'a>(names: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// What samples of a stack with a set of labels add up to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StackSum {
    /// The column `stack_id`.
    pub stack: i64,
    /// The column `label_set_id`; 0 where there is none.
    pub labels: i64,
    /// The sum of the column `value`.
    pub value: i64,
}

impl Files {
    /// Reads which files there are of `tenant` in the store in `folder`. Answers may take `limit` bytes of memory.
    ///
    /// # Errors
    /// When the folder holds no store, or cannot be read.
    pub fn open(folder: &Path, tenant: &Tenant, limit: u64) -> Result<Files, Error> {
        crate::store::read_key(folder)?;
        let shelf = folder.join(TENANTS).join(tenant.as_str());
        let log = |table: Table, segment| CommitLog::read_before(&shelf.join(table.name()), table, segment);
        // Headers are written last, so all that belongs to them is there. Segments that are written meanwhile do not
        // count.
        let profiles = log(Table::Profiles, u64::MAX)?;
        let next = profiles.segment.map_or(0, |segment| segment.saturating_add(1));
        let mut logs = Vec::new();
        for table in Table::ALL {
            logs.push(match table {
                Table::Profiles => break,
                Table::Samples => log(table, next)?,
                _ => log(table, u64::MAX)?,
            });
        }
        logs.push(profiles);
        let mut files = Files {
            tenant: tenant.clone(),
            logs,
            catalog: Catalog::default(),
            limit,
            damaged: Mutex::default(),
        };
        for damage in files.logs.iter().flat_map(|log| &log.damage) {
            files.blame(damage.file.clone(), damage.reason.clone());
        }
        let mut catalog = Catalog::default();
        for entry in files.logs[Table::Series as usize].files.values() {
            files.read(Table::Series, entry, &mut |rows| {
                catalog.add_rows(rows, entry.day);
                Ok(())
            })?;
        }
        files.catalog = catalog;
        Ok(files)
    }

    /// The names of all tables.
    pub fn tables() -> impl Iterator<Item = &'static str> {
        Table::ALL.into_iter().map(Table::name)
    }

    /// The files of a table, sorted by path; `None` when there is no such table.
    pub fn table(&self, name: &str) -> Option<Vec<TableFile>> {
        let table = Table::ALL.into_iter().find(|table| table.name() == name)?;
        let files = self.logs[table as usize].files.values();
        Some(files.map(|entry| TableFile::new(&self.tenant, table, entry)).collect())
    }

    /// The schema of a table, as JSON in the form of Delta's `schemaString`; `None` when there is no such table.
    pub fn schema(name: &str) -> Option<String> {
        let table = Table::ALL.into_iter().find(|table| table.name() == name)?;
        Some(commit_log::schema(table).to_string())
    }

    /// Files and commits that could not be read so far, which are left out.
    pub fn damaged(&self) -> Vec<Damage> {
        let damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        damaged.iter().map(|(file, reason)| Damage { file: file.clone(), reason: reason.clone() }).collect()
    }

    /// Finds the series that `selector` names, and the files of their samples in `range`.
    ///
    /// # Errors
    /// None so far: headers that cannot be read are left out.
    pub fn ask(&self, selector: &Selector, range: Range) -> Result<Question, Error> {
        let selection = self.catalog.select(selector, range);
        let mut header = Header::default();
        self.visit(Table::Profiles, range, &mut |rows| {
            header.add_rows(rows, &selection.ids, range);
            Ok(())
        })?;
        let is_single = |id: &i64| {
            let series = self.catalog.get(*id);
            series.is_none_or(|series| !selection.whole_services.contains(series.labels.service()))
        };
        let mut single: Vec<i64> = selection.ids.iter().copied().filter(is_single).collect();
        single.sort_unstable();
        let entries = self.logs[Table::Samples as usize].files.values();
        let entries: Vec<TableEntry> = match selection.ids.is_empty() {
            true => Vec::new(),
            false => entries.filter(|entry| entry.matters(Table::Samples, range)).cloned().collect(),
        };
        Ok(Question {
            files: entries.iter().map(|entry| TableFile::new(&self.tenant, Table::Samples, entry)).collect(),
            selection,
            profile_type: selector.profile_type.clone(),
            range,
            header,
            entries,
            single,
        })
    }

    /// Adds up the samples of a question in some of its files, which are numbers of [`Question::files`].
    ///
    /// # Errors
    /// When a sum does not fit in 64 bits, or there are too many. Files that cannot be read are left out.
    pub fn add_up(&self, question: &Question, files: &[usize]) -> Result<Vec<StackSum>, Error> {
        let mut sums = Sums::new(self.limit);
        for entry in files.iter().filter_map(|&file| question.entries.get(file)) {
            let path = self.path(Table::Samples, entry);
            let is_whole = question.range.covers(entry.range());
            let result = sums.add_file(&path, &question.selection, question.range, is_whole);
            self.note(path, result)?;
        }
        let sum = |Sum { stack, labels, value }| StackSum { stack, labels, value };
        Ok(sums.sorted().into_iter().map(sum).collect())
    }

    /// The answer, where `sums` are those of all files together; a stack may be among them several times.
    ///
    /// # Errors
    /// When a sum does not fit in 64 bits, or the answer needs too much memory.
    pub fn profile(
        &self,
        question: &Question,
        sums: impl IntoIterator<Item = StackSum>,
    ) -> Result<Profile, Error> {
        let mut all = Sums::new(self.limit);
        for sum in sums {
            all.add(sum.stack, sum.labels, sum.value)?;
            all.check()?;
        }
        let (sums, range) = (all.sorted(), question.range);
        let rows =
            |table, visit: &mut dyn FnMut(&Columns) -> Result<(), Error>| self.visit(table, range, visit);
        look_up_and_build(&question.profile_type, &question.header, &sums, self.limit, rows)
    }

    fn blame(&self, file: PathBuf, reason: String) {
        self.damaged.lock().unwrap_or_else(PoisonError::into_inner).insert(file, reason);
    }

    fn path(&self, table: Table, entry: &TableEntry) -> PathBuf {
        self.logs[table as usize].folder.join(&entry.path)
    }

    /// Whether the file could be read; one that could not is noted, and the rest serves.
    fn note(&self, path: PathBuf, result: Result<(), Error>) -> Result<(), Error> {
        match result {
            Err(error @ (Error::Damaged { .. } | Error::File { .. })) => {
                self.blame(path, error.to_string());
                Ok(())
            }
            result => result,
        }
    }

    fn read(
        &self,
        table: Table,
        entry: &TableEntry,
        visit: &mut dyn FnMut(&Columns) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let path = self.path(table, entry);
        let result = parquet_file::visit(&path, table, visit);
        self.note(path, result)
    }

    /// Shows `visit` all rows of a table on the days of `range`.
    fn visit(
        &self,
        table: Table,
        range: Range,
        visit: &mut dyn FnMut(&Columns) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for entry in self.logs[table as usize].files.values().filter(|entry| entry.matters(table, range)) {
            self.read(table, entry, visit)?;
        }
        Ok(())
    }
}
