//! What was pushed, as it came, until it is in files: segments in SQLite, the file format most tried against loss of
//! power.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use rusqlite::{Connection, params};

use crate::Error;
use crate::commit_log::sync_folder;
use crate::intake::Envelope;
use crate::stats::Damage;

/// A profile as it came.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub tenant: String,
    pub envelope: Envelope,
    pub body: Bytes,
}

/// A segment that takes records. It is deleted as a whole once its rows are in files, since deleting rows is slow.
#[derive(Debug)]
pub(crate) struct Segment {
    pub number: u64,
    path: PathBuf,
    connection: Connection,
    /// How many records it has.
    pub records: u64,
}

pub(crate) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:010}.sqlite"))
}

/// The segments in a folder, oldest first.
pub(crate) fn segments(folder: &Path) -> Result<Vec<u64>, Error> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let name = entry.map_err(Error::file(folder))?.file_name();
        numbers.extend(name.to_str().and_then(|name| name.strip_suffix(".sqlite")?.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Deletes a segment whose rows are in files.
pub(crate) fn delete(folder: &Path, number: u64) -> Result<(), Error> {
    let path = path(folder, number);
    // The log beside it goes last: without it the segment would look complete.
    for path in [path.clone(), with_suffix(&path, "-shm"), with_suffix(&path, "-wal")] {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::file(&path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Renames a segment that cannot be read, so that nothing of it is lost.
pub(crate) fn set_aside(folder: &Path, number: u64, word: &str) -> Result<(), Error> {
    let path = path(folder, number);
    for suffix in ["", "-shm", "-wal"] {
        let file = with_suffix(&path, suffix);
        if file.exists() {
            let aside = with_suffix(&with_suffix(&path, &format!(".{word}")), suffix);
            fs::rename(&file, aside).map_err(Error::file(&file))?;
        }
    }
    Ok(())
}

/// The segments that were set aside.
pub(crate) fn aside(folder: &Path, word: &str) -> Vec<Damage> {
    let suffix = format!(".{word}");
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let files = files.filter(|file| file.to_string_lossy().ends_with(&suffix));
    let reason = "profiles in it could not be read at a start of the store";
    let mut found: Vec<Damage> = files.map(|file| Damage { file, reason: reason.to_owned() }).collect();
    found.sort_by(|one, other| one.file.cmp(&other.file));
    found
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

impl Segment {
    /// Makes a new segment.
    pub fn create(folder: &Path, number: u64) -> Result<Segment, Error> {
        let path = path(folder, number);
        let make = || {
            let connection = Connection::open(&path)?;
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.execute_batch(
                "create table records (sequence integer primary key, tenant text not null, labels text not null,
                     name text, time integer, received integer not null, body blob not null)",
            )?;
            Ok(connection)
        };
        let connection = make().map_err(Error::inbox(&path))?;
        sync_folder(folder)?;
        Ok(Segment { number, path, connection, records: 0 })
    }

    /// Adds records, all or none. They survive a crash afterwards. The first of them gets the number
    /// [`records`](Self::records).
    pub fn append<'a>(&mut self, records: impl Iterator<Item = &'a Record>) -> Result<(), Error> {
        let mut count = self.records;
        let add = || {
            let transaction = self.connection.transaction()?;
            {
                let mut insert =
                    transaction.prepare("insert into records values (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
                for Record { tenant, envelope, body } in records {
                    let labels: Vec<(&str, &str)> = envelope.labels.iter().collect();
                    let labels = serde_json::json!(labels).to_string();
                    let Envelope { name, time, received, .. } = envelope;
                    insert.execute(params![count as i64, tenant, labels, name, time, received, &body[..]])?;
                    count += 1;
                }
            }
            transaction.commit()
        };
        add().map_err(Error::inbox(&self.path))?;
        self.records = count;
        Ok(())
    }
}

/// Shows `visit` the records of a segment with their numbers, in their order.
pub(crate) fn visit(
    folder: &Path,
    number: u64,
    mut visit: impl FnMut(i64, Record) -> Result<(), Error>,
) -> Result<(), Error> {
    let path = path(folder, number);
    let mut result = Ok(());
    let mut read = || {
        let connection = Connection::open(&path)?;
        let tables = "select count(*) from sqlite_master where name = 'records'";
        if connection.query_row(tables, [], |row| row.get::<_, i64>(0))? == 0 {
            return Ok(());
        }
        let all =
            "select sequence, tenant, labels, name, time, received, body from records order by sequence";
        let mut statement = connection.prepare(all)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let labels: String = row.get(2)?;
            let labels: Vec<(String, String)> = serde_json::from_str(&labels).unwrap_or_default();
            let envelope = Envelope {
                labels: labels.into_iter().collect(),
                name: row.get(3)?,
                time: row.get(4)?,
                received: row.get(5)?,
            };
            let record = Record { tenant: row.get(1)?, envelope, body: row.get::<_, Vec<u8>>(6)?.into() };
            result = visit(row.get(0)?, record);
            if result.is_err() {
                break;
            }
        }
        Ok(())
    };
    read().map_err(Error::inbox(&path))?;
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut segment = Segment::create(folder.path(), 7).unwrap();
        let record = |body: u8| Record {
            tenant: "default".to_owned(),
            envelope: Envelope {
                labels: [("service", "api")].into_iter().collect(),
                name: None,
                time: Some(5),
                received: 6,
            },
            body: vec![body; 3].into(),
        };
        segment.append([record(1), record(2)].iter()).unwrap();
        segment.append([record(3)].iter()).unwrap();
        drop(segment);
        assert_eq!(segments(folder.path()).unwrap(), [7]);
        let mut seen = Vec::new();
        visit(folder.path(), 7, |number, record| {
            assert_eq!(record.envelope.labels.service(), "api");
            seen.push((number, record.body[0]));
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, [(0, 1), (1, 2), (2, 3)]);
        delete(folder.path(), 7).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
