//! How much a store holds, and what is wrong with it.

use std::path::PathBuf;

/// How much a store holds. Sizes are in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// For each tenant, sorted by name.
    pub tenants: Vec<TenantStats>,
    /// Size of the files of the inbox.
    pub inbox_bytes: u64,
    /// Heap memory of rows, catalogs and profiles on their way in, roughly.
    pub memory: u64,
    /// Profiles that were kept since the store was opened.
    pub profiles: u64,
    /// Samples in them.
    pub samples: u64,
    /// Profiles that were refused since the store was opened.
    pub refused: u64,
    /// Files that could not be read since the store was opened.
    pub damaged: Vec<Damage>,
    /// What the last attempt to write, compact or delete files failed with; empty after one that did not fail.
    pub last_failure: String,
}

/// How much a store holds of one tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TenantStats {
    /// Its name.
    pub tenant: String,
    /// How many series it has.
    pub series: u64,
    /// Samples in memory and in files.
    pub samples: u64,
    /// For each table, in the order in which they are written.
    pub tables: Vec<TableStats>,
}

/// How much a table holds in files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableStats {
    /// Its name, such as `samples`.
    pub table: &'static str,
    /// How many files.
    pub files: u64,
    /// How many rows.
    pub rows: u64,
    /// Their size.
    pub bytes: u64,
}

/// A file that is not what the store wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Which one.
    pub file: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// What a check of all files has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckReport {
    /// How many files were read.
    pub files: u64,
    /// How many bytes.
    pub bytes: u64,
    /// What is damaged; the rest is served.
    pub damaged: Vec<Damage>,
    /// Files that nothing refers to, left by a crash. They are removed by themselves when they are an hour old.
    pub orphans: Vec<PathBuf>,
}
