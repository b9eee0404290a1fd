//! Reading everything, to find what is damaged.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::commit_log::CommitLog;
use crate::ids::Key;
use crate::parquet_file;
use crate::stats::{CheckReport, Damage};
use crate::table::Table;
use crate::{Error, Tenant};

/// So old are files at least that nothing refers to and nobody is about to refer to.
const ORPHANED: Duration = Duration::from_secs(3600);

/// The tenants that have a folder in `folder`.
pub(crate) fn tenants(folder: &Path) -> Result<Vec<Tenant>, Error> {
    let mut tenants = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let name = entry.map_err(Error::file(folder))?.file_name();
        tenants.extend(name.to_str().and_then(Tenant::new));
    }
    tenants.sort();
    Ok(tenants)
}

/// Reads all tables of the tenants in `folder`.
pub(crate) fn check(folder: &Path, key: &Key) -> Result<CheckReport, Error> {
    let mut report = CheckReport::default();
    for tenant in tenants(folder)? {
        for table in Table::ALL {
            let log = CommitLog::read(&folder.join(tenant.as_str()).join(table.name()), table)?;
            report.damaged.extend(log.damage.iter().cloned());
            for entry in log.files.values() {
                let path = log.folder.join(&entry.path);
                report.files += 1;
                report.bytes += entry.bytes;
                if let Err(reason) = check_file(&path, table, entry.bytes, &entry.checksum, key) {
                    report.damaged.push(Damage { file: path, reason });
                }
            }
            report.orphans.extend(orphans(&log));
        }
    }
    Ok(report)
}

fn check_file(path: &Path, table: Table, bytes: u64, checksum: &str, key: &Key) -> Result<(), String> {
    let found = parquet_file::checksum(path, key).map_err(|error| match error {
        Error::File { source, .. } => source.to_string(),
        error => error.to_string(),
    })?;
    if found.bytes != bytes {
        return Err(format!("it has {} bytes where {bytes} were written", found.bytes));
    }
    if !checksum.is_empty() && found.checksum != checksum {
        return Err("its bytes are not those that were written".to_owned());
    }
    parquet_file::visit(path, table, |_| Ok(())).map_err(|error| error.to_string())
}

/// Old files in the folder of a table that its log does not name. None are named where the log is damaged.
pub(crate) fn orphans(log: &CommitLog) -> Vec<PathBuf> {
    let mut found = Vec::new();
    if log.damage.is_empty() {
        let live: BTreeSet<PathBuf> = log.files.values().map(|entry| log.folder.join(&entry.path)).collect();
        walk(&log.folder, &mut |path| {
            let is_ours =
                path.extension().is_some_and(|extension| extension == "parquet" || extension == "tmp");
            let age = fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
            let age = age.and_then(|modified| modified.elapsed().ok()).unwrap_or_default();
            if is_ours && age > ORPHANED && !live.contains(path) {
                found.push(path.to_owned());
            }
        });
    }
    found
}

/// Shows `visit` all files below a folder; what cannot be read is left out.
fn walk(folder: &Path, visit: &mut impl FnMut(&Path)) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&entry.path(), visit),
            Ok(kind) if kind.is_file() => visit(&entry.path()),
            _ => {}
        }
    }
}
