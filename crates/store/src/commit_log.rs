//! Which files make up a table: a log of commits by the protocol of Delta Lake
//! (<https://github.com/delta-io/delta/blob/master/PROTOCOL.md>), so that other engines read the table too.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::parquet_file::Written;
use crate::range::{HOUR, Range, now};
use crate::stats::Damage;
use crate::table::{ELEMENT, Field, Kind, MAP_FIELDS, Partition, Table};
use crate::{Error, range::DAY};

/// The application of transactions, whose versions are segments of the inbox.
const APPLICATION: &str = "hotlist-inbox";

/// A file of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TableEntry {
    /// Below the folder of the table.
    pub path: String,
    /// Days since 1970.
    pub day: i32,
    /// The hour of the day, where the table is kept by hours.
    pub hour: Option<i32>,
    pub bytes: u64,
    pub rows: u64,
    /// Empty where the log has none.
    pub checksum: String,
}

impl TableEntry {
    /// The time that its rows may be from.
    pub fn range(&self) -> Range {
        let start = i64::from(self.day) * DAY + i64::from(self.hour.unwrap_or(0)) * HOUR;
        Range { from: start, to: start + if self.hour.is_some() { HOUR } else { DAY } }
    }

    /// Whether it may have rows of `table` that matter to `range`. Contents belong to days.
    pub fn matters(&self, table: Table, range: Range) -> bool {
        match table {
            Table::Samples | Table::Profiles => self.range().overlaps(range),
            _ => range.days().contains(&self.day),
        }
    }
}

/// The log of one table.
#[derive(Debug)]
pub(crate) struct CommitLog {
    pub table: Table,
    /// The folder of the table.
    pub folder: PathBuf,
    /// The next commit.
    next: u64,
    /// The last segment of the inbox that is in the table.
    pub segment: Option<u64>,
    /// By path.
    pub files: BTreeMap<String, TableEntry>,
    /// Commits that cannot be read. Nothing is deleted while there are any.
    pub damage: Vec<Damage>,
}

impl CommitLog {
    /// Reads the log of a table, without making it when it is not there.
    pub fn read(folder: &Path, table: Table) -> Result<CommitLog, Error> {
        CommitLog::read_before(folder, table, u64::MAX)
    }

    /// Reads the log of a table as it was before a segment of the inbox with the number `segment` or a higher one was
    /// added.
    pub fn read_before(folder: &Path, table: Table, segment: u64) -> Result<CommitLog, Error> {
        let mut log = CommitLog {
            table,
            folder: folder.to_owned(),
            next: 0,
            segment: None,
            files: BTreeMap::new(),
            damage: Vec::new(),
        };
        for version in versions(&folder.join("_delta_log"))? {
            if version > log.next {
                // Those behind it count all the same: what they name is there.
                let file = log.commit_path(log.next);
                log.damage.push(Damage { file, reason: "the commit is missing".to_owned() });
            }
            let path = log.commit_path(version);
            let bytes = fs::read(&path).map_err(Error::file(&path))?;
            if segment_of(&bytes).is_some_and(|added| added >= segment) {
                break;
            }
            log.apply(&path, &bytes);
            log.next = version + 1;
        }
        Ok(log)
    }

    /// Opens the log of a table, which is made when it is not there.
    pub fn open(folder: &Path, table: Table) -> Result<CommitLog, Error> {
        let commits = folder.join("_delta_log");
        fs::create_dir_all(&commits).map_err(Error::file(&commits))?;
        let mut log = CommitLog::read(folder, table)?;
        if log.next == 0 {
            let mut id = [0; 16];
            getrandom::fill(&mut id).map_err(|error| Error::damaged(folder, error))?;
            log.write(&[
                json!({ "protocol": { "minReaderVersion": 1, "minWriterVersion": 2 } }),
                json!({ "metaData": {
                    "id": uuid(id),
                    "format": { "provider": "parquet", "options": {} },
                    "schemaString": schema(table).to_string(),
                    "partitionColumns": partition_columns(table),
                    "configuration": {},
                    "createdTime": now() / 1_000_000,
                } }),
            ])?;
        }
        Ok(log)
    }

    fn commit_path(&self, version: u64) -> PathBuf {
        self.folder.join("_delta_log").join(format!("{version:020}.json"))
    }

    fn apply(&mut self, path: &Path, bytes: &[u8]) {
        for line in bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let action = serde_json::from_slice::<Value>(line).map_err(|error| error.to_string());
            if let Err(reason) = action.and_then(|action| self.apply_action(&action)) {
                self.damage.push(Damage { file: path.to_owned(), reason });
            }
        }
    }

    fn apply_action(&mut self, action: &Value) -> Result<(), String> {
        let path_of = |action: &Value| action["path"].as_str().map(str::to_owned).ok_or("a file has no path");
        if let Some(add) = action.get("add") {
            let path = path_of(add)?;
            let values = &add["partitionValues"];
            let day = values["date"].as_str().and_then(day_of_date).ok_or("a file has no date")?;
            let hour = values["hour"].as_str().and_then(|hour| hour.parse().ok());
            let stats = add["stats"].as_str().and_then(|stats| serde_json::from_str::<Value>(stats).ok());
            let entry = TableEntry {
                path: path.clone(),
                day,
                hour,
                bytes: add["size"].as_u64().ok_or("a file has no size")?,
                rows: stats.and_then(|stats| stats["numRecords"].as_u64()).unwrap_or(0),
                checksum: add["tags"]["hotlist.checksum"].as_str().unwrap_or("").to_owned(),
            };
            self.files.insert(path, entry);
        } else if let Some(remove) = action.get("remove") {
            self.files.remove(&path_of(remove)?);
        } else if let Some(transaction) = action.get("txn") {
            let version = transaction["version"].as_u64().ok_or("a transaction has no version")?;
            self.segment = self.segment.max(Some(version));
        }
        Ok(())
    }

    /// A path for a new file, below the folder of the table. Its folder is there afterwards.
    pub fn new_path(&self, day: i32, hour: Option<i32>) -> Result<String, Error> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| Error::damaged(&self.folder, error))?;
        let hour = hour.map(|hour| format!("/hour={hour}")).unwrap_or_default();
        let parent = format!("date={}{hour}", date(day));
        let folder = self.folder.join(&parent);
        fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
        Ok(format!("{parent}/part-{}.parquet", uuid(random)))
    }

    /// Commits files that are added and removed, as one step. `segment` is the one that is in the table from then on.
    pub fn commit(
        &mut self,
        added: Vec<TableEntry>,
        removed: &[TableEntry],
        segment: Option<u64>,
    ) -> Result<(), Error> {
        let milliseconds = now() / 1_000_000;
        // Compaction changes no data: readers that follow the log may leave it out.
        let is_change = segment.is_some();
        let mut actions = Vec::new();
        for entry in &added {
            let parent = self.folder.join(&entry.path);
            sync_folder(parent.parent().unwrap_or(&self.folder))?;
            actions.push(json!({ "add": {
                "path": entry.path,
                "partitionValues": partition_values(entry),
                "size": entry.bytes,
                "modificationTime": milliseconds,
                "dataChange": is_change,
                "stats": json!({ "numRecords": entry.rows }).to_string(),
                "tags": { "hotlist.checksum": entry.checksum },
            } }));
        }
        for entry in removed {
            actions.push(json!({ "remove": {
                "path": entry.path,
                "deletionTimestamp": milliseconds,
                "dataChange": is_change || added.is_empty(),
                "extendedFileMetadata": true,
                "partitionValues": partition_values(entry),
                "size": entry.bytes,
            } }));
        }
        if let Some(version) = segment {
            actions.push(json!({ "txn": {
                "appId": APPLICATION, "version": version, "lastUpdated": milliseconds,
            } }));
        }
        self.write(&actions)?;
        for entry in removed {
            self.files.remove(&entry.path);
        }
        self.files.extend(added.into_iter().map(|entry| (entry.path.clone(), entry)));
        self.segment = self.segment.max(segment);
        Ok(())
    }

    /// Puts the next commit in place: its name appears with all its bytes, and only if nobody else has taken it.
    fn write(&mut self, actions: &[Value]) -> Result<(), Error> {
        let folder = self.folder.join("_delta_log");
        let temporary = folder.join(".next.tmp");
        let path = self.commit_path(self.next);
        let put = || {
            let mut file = File::create(&temporary)?;
            for action in actions {
                writeln!(file, "{action}")?;
            }
            file.sync_all()?;
            fs::hard_link(&temporary, &path)?;
            fs::remove_file(&temporary)
        };
        put().map_err(Error::file(&path))?;
        // Readers find it from now on, so it counts whatever comes next.
        self.next += 1;
        sync_folder(&folder)
    }
}

/// The segment of the inbox that a commit adds.
fn segment_of(commit: &[u8]) -> Option<u64> {
    let mut lines = commit.split(|&byte| byte == b'\n').filter(|line| line.starts_with(b"{\"txn\""));
    let action = serde_json::from_slice::<Value>(lines.next()?).ok()?;
    action["txn"]["version"].as_u64()
}

/// The versions of the commits in a folder, in their order; none where there is no folder.
fn versions(folder: &Path) -> Result<Vec<u64>, Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::file(folder)(error)),
    };
    let mut versions = Vec::new();
    for entry in entries {
        let name = entry.map_err(Error::file(folder))?.file_name();
        let digits = name.to_str().and_then(|name| name.strip_suffix(".json"));
        let digits = digits.filter(|digits| digits.len() == 20);
        versions.extend(
            digits.and_then(|digits| digits.parse::<u64>().ok()).filter(|&version| version < u64::MAX),
        );
    }
    versions.sort_unstable();
    Ok(versions)
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), Error> {
    // Other systems have no such call on folders.
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::file(folder))?;
    }
    Ok(())
}

/// What was written, as an entry of the log.
pub(crate) fn entry(path: String, day: i32, hour: Option<i32>, rows: usize, written: Written) -> TableEntry {
    let Written { bytes, checksum } = written;
    TableEntry { path, day, hour, bytes, rows: rows as u64, checksum }
}

fn partition_columns(table: Table) -> &'static [&'static str] {
    match table.partition() {
        Partition::Day => &["date"],
        Partition::Hour => &["date", "hour"],
    }
}

fn partition_values(entry: &TableEntry) -> Value {
    match entry.hour {
        None => json!({ "date": date(entry.day) }),
        Some(hour) => json!({ "date": date(entry.day), "hour": hour.to_string() }),
    }
}

/// The schema of a table as the log has it.
pub(crate) fn schema(table: Table) -> Value {
    let mut fields: Vec<Value> = table.fields().iter().map(schema_field).collect();
    fields.push(json!({ "name": "date", "type": "date", "nullable": true, "metadata": {} }));
    if table.partition() == Partition::Hour {
        fields.push(json!({ "name": "hour", "type": "integer", "nullable": true, "metadata": {} }));
    }
    json!({ "type": "struct", "fields": fields })
}

fn schema_field(field: &Field) -> Value {
    let nullable = field.kind == Kind::OptionalLong;
    json!({ "name": field.name, "type": schema_type(field.kind), "nullable": nullable, "metadata": {} })
}

fn schema_type(kind: Kind) -> Value {
    match kind {
        Kind::Long | Kind::OptionalLong => json!("long"),
        Kind::Timestamp => json!("timestamp"),
        Kind::Int => json!("integer"),
        Kind::Bool => json!("boolean"),
        Kind::Text => json!("string"),
        Kind::List(fields) => {
            let element = match fields {
                [field] if field.name == ELEMENT => schema_type(field.kind),
                fields => {
                    json!({ "type": "struct", "fields": fields.iter().map(schema_field).collect::<Vec<_>>() })
                }
            };
            json!({ "type": "array", "elementType": element, "containsNull": false })
        }
        Kind::TextMap => json!({
            "type": "map",
            "keyType": schema_type(MAP_FIELDS[0].kind),
            "valueType": schema_type(MAP_FIELDS[1].kind),
            "valueContainsNull": false,
        }),
    }
}

/// Random bytes as a UUID of version 4 (RFC 9562).
fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = format!("{:032x}", u128::from_be_bytes(bytes));
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}

/// The date of a day since 1970, such as `2026-11-30`, in the proleptic Gregorian calendar. Years begin in March here,
/// so that the leap day is the last one.
pub(crate) fn date(day: i32) -> String {
    let days = i64::from(day) + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let calendar_month = if month < 10 { month + 3 } else { month - 9 };
    let calendar_year = era * 400 + year + i64::from(calendar_month <= 2);
    format!("{calendar_year:04}-{calendar_month:02}-{of_month:02}")
}

/// The day since 1970 of a date.
fn day_of_date(date: &str) -> Option<i32> {
    let mut parts = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, of_month) = (parts.next()??, parts.next()??, parts.next()??);
    let year = year - i64::from(month <= 2);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + of_month - 1;
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day = era * 146_097 + year * 365 + year / 4 - year / 100 + of_year - 719_468;
    i32::try_from(day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_the_same() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(20_787), "2026-11-30");
        assert_eq!(date(11_016), "2000-02-29");
        for day in (-200_000..200_000).step_by(17) {
            assert_eq!(day_of_date(&date(day)), Some(day));
        }
    }

    #[test]
    fn a_log_is_read_as_it_was_written_and_names_torn_commits() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = CommitLog::open(folder.path(), Table::Samples).unwrap();
        let file = |hour| TableEntry {
            path: log.new_path(20_787, Some(hour)).unwrap(),
            day: 20_787,
            hour: Some(hour),
            bytes: 5,
            rows: 1,
            checksum: "ab".to_owned(),
        };
        let (one, two) = (file(1), file(2));
        log.commit(vec![one.clone()], &[], Some(3)).unwrap();
        log.commit(vec![two.clone()], &[one], None).unwrap();
        let read = CommitLog::open(folder.path(), Table::Samples).unwrap();
        assert_eq!((read.files.values().collect::<Vec<_>>(), read.segment), (vec![&two], Some(3)));
        assert!(read.damage.is_empty());

        let path = log.commit_path(2);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 3]).unwrap();
        let read = CommitLog::open(folder.path(), Table::Samples).unwrap();
        assert_eq!(read.damage[0].file, path);
        assert_eq!(read.files.len(), 1, "the other commits count");

        fs::write(&path, &bytes).unwrap();
        fs::remove_file(log.commit_path(1)).unwrap();
        let mut read = CommitLog::open(folder.path(), Table::Samples).unwrap();
        assert_eq!(read.damage[0].file, log.commit_path(1));
        assert_eq!(read.files.values().collect::<Vec<_>>(), [&two], "what comes behind the gap counts");
        read.commit(vec![two.clone()], &[], Some(4)).unwrap();
        assert!(log.commit_path(3).exists(), "and goes on behind it");
    }
}
