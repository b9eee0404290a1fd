//! What a store holds, from its files alone.

use std::fs;
use std::path::Path;

use crate::catalog::Catalog;
use crate::check::tenants;
use crate::commit_log::CommitLog;
use crate::stats::{Stats, TableStats, TenantStats};
use crate::table::Table;
use crate::{Error, parquet_file};

/// How much the tenants in `folder` hold in files. What is damaged is named, and not counted.
pub(crate) fn look(folder: &Path, inbox: &Path) -> Result<Stats, Error> {
    let mut stats = Stats::default();
    for tenant in tenants(folder)? {
        let mut of_tenant = TenantStats { tenant: tenant.as_str().to_owned(), ..TenantStats::default() };
        let mut catalog = Catalog::default();
        for table in Table::ALL {
            let log = CommitLog::read(&folder.join(tenant.as_str()).join(table.name()), table)?;
            stats.damaged.extend(log.damage.iter().cloned());
            let mut sums = TableStats { table: table.name(), ..TableStats::default() };
            for entry in log.files.values() {
                sums.files += 1;
                sums.rows += entry.rows;
                sums.bytes += entry.bytes;
                if table == Table::Series {
                    let path = log.folder.join(&entry.path);
                    let read = parquet_file::visit(&path, table, |rows| {
                        catalog.add_rows(rows, entry.day);
                        Ok(())
                    });
                    // A check tells of files that cannot be read.
                    drop(read);
                }
            }
            if table == Table::Samples {
                of_tenant.samples = sums.rows;
            }
            of_tenant.tables.push(sums);
        }
        of_tenant.series = catalog.len() as u64;
        stats.tenants.push(of_tenant);
    }
    let files = fs::read_dir(inbox).into_iter().flatten().flatten();
    stats.inbox_bytes = files.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum();
    Ok(stats)
}
