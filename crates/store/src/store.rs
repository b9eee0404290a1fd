//! The store itself: tenants, and questions to them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hotlist_profile::Profile;

use crate::batch::day_of;
use crate::commit_log::sync_folder;
use crate::ids::Key;
use crate::inbox::{self, Record, Segment};
use crate::intake::{Envelope, Intake, decode};
use crate::merged::{self, Contents, Header};
use crate::range::{nanos, now};
use crate::shelf::Shelf;
use crate::writer::{self, Job, Keep};
use crate::{
    CheckReport, Error, Labels, Line, Matcher, ProfileType, Push, Range, Receipt, Refused, Selector,
    Settings, Stats, Tenant, check, look,
};

/// Profiles over time in a folder. Cheap to clone; all clones are one store, and it is closed with the last one.
#[derive(Clone, Debug)]
pub struct Store(Arc<Handle>);

/// The threads of a store, which end with it.
#[derive(Debug)]
struct Handle {
    inner: Arc<Inner>,
    jobs: SyncSender<Job>,
    /// Taken when the store is closed.
    stop: Option<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

/// What the threads of a store share.
#[derive(Debug)]
pub(crate) struct Inner {
    folder: PathBuf,
    pub settings: Settings,
    pub key: Key,
    shelves: RwLock<BTreeMap<Tenant, Arc<Shelf>>>,
    /// Locked while the store is open.
    _lock: File,
    pub is_closing: AtomicBool,
    /// Bytes of profiles on their way in.
    in_flight: AtomicU64,
    pub profiles: AtomicU64,
    pub samples: AtomicU64,
    refused: AtomicU64,
    last_failure: Mutex<String>,
}

/// Segments that could not be read, which are kept.
const DAMAGED: &str = "damaged";

impl Drop for Handle {
    fn drop(&mut self) {
        self.inner.is_closing.store(true, Ordering::Relaxed);
        self.stop.take();
        // It may have ended by itself.
        let _ = self.jobs.send(Job::Stop);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Store {
    /// Opens the store in `folder`, which is made when it is not there. What had reached the inbox only is written to
    /// files first.
    ///
    /// # Errors
    /// When another process has it open, or the folder cannot be used.
    pub fn open(folder: &Path, settings: Settings) -> Result<Store, Error> {
        fs::create_dir_all(folder).map_err(Error::file(folder))?;
        let lock = lock(folder)?;
        let inner = Inner {
            folder: folder.to_owned(),
            settings,
            key: open_key(folder)?,
            shelves: RwLock::default(),
            _lock: lock,
            is_closing: AtomicBool::new(false),
            in_flight: AtomicU64::new(0),
            profiles: AtomicU64::new(0),
            samples: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            last_failure: Mutex::default(),
        };
        for folder in [inner.tenants(), inner.inbox()] {
            fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
        }
        sync_folder(folder)?;
        for tenant in check::tenants(&inner.tenants())? {
            inner.shelf(&tenant)?;
        }
        let segments = inbox::segments(&inner.inbox())?;
        for &segment in &segments {
            inner.replay(segment)?;
        }
        // Numbers are never used twice, not even those of segments that are gone.
        let last = segments.last().copied().max(inner.last_segment());
        let segment = Segment::create(&inner.inbox(), last.map_or(0, |last| last + 1))?;

        let inner = Arc::new(inner);
        let (jobs, job_receiver) = sync_channel(1024);
        let (full, full_receiver) = channel();
        let (stop, stop_receiver) = channel();
        let [keeper, flusher, maintainer] = [inner.clone(), inner.clone(), inner.clone()];
        let threads = vec![
            thread::spawn(move || writer::keep(&keeper, segment, &job_receiver, &full)),
            thread::spawn(move || writer::flush(&flusher, &full_receiver)),
            thread::spawn(move || writer::maintain(&maintainer, &stop_receiver)),
        ];
        Ok(Store(Arc::new(Handle { inner, jobs, stop: Some(stop), threads })))
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.0.inner.folder
    }

    /// The settings it was opened with.
    pub fn settings(&self) -> &Settings {
        &self.0.inner.settings
    }

    /// Keeps a profile. It is safe on disk when this returns.
    ///
    /// # Errors
    /// When it is not a profile, exceeds a limit, or cannot be kept safely.
    pub fn push(&self, tenant: &Tenant, push: Push<'_>) -> Result<Receipt, Refused> {
        let result = self.try_push(tenant, push);
        if result.is_err() {
            self.0.inner.refused.fetch_add(1, Ordering::Relaxed);
        }
        result
    }

    fn try_push(&self, tenant: &Tenant, push: Push<'_>) -> Result<Receipt, Refused> {
        let inner = &*self.0.inner;
        let Push { labels, name, time, body } = push;
        let limit = inner.settings.memory_limit;
        if inner.unflushed() > limit / 2 {
            return Err(busy(limit / 2));
        }
        let mut in_flight = InFlight::enter(inner, body.len() as u64)?;
        let mut envelope = Envelope { labels, name: name.map(str::to_owned), time, received: now() };
        let profile = decode(&body, &inner.settings)?;
        in_flight.grow(profile.memory() as u64)?;
        let intake = Intake::new(profile, &envelope, &inner.settings, &inner.key)?;
        let shelf = inner.shelf(tenant)?;
        shelf.admit(&intake, &inner.settings)?;
        let receipt = Receipt { series: intake.series.len() as u64, samples: intake.samples, durable: true };
        // So that it is the same when the inbox is read again.
        envelope.time = Some(intake.time);
        let record = Record { tenant: tenant.as_str().to_owned(), envelope, body };
        let (reply, answer) = sync_channel(1);
        let keep = Job::Keep(Box::new(Keep { record, intake, shelf, reply }));
        self.0.jobs.send(keep).map_err(|_| Error::Closed)?;
        answer.recv().map_err(|_| Error::Closed)?.map_err(Error::NotKept)?;
        Ok(receipt)
    }

    /// The types of profiles in `range`.
    ///
    /// # Errors
    /// None so far.
    pub fn types(&self, tenant: &Tenant, range: Range) -> Result<Vec<ProfileType>, Error> {
        let types = self.collect(tenant, &[], range, |_, profile_type, all: &mut BTreeSet<_>| {
            all.insert(profile_type.clone());
        });
        Ok(types.into_iter().collect())
    }

    /// The names of the labels of series that pass `matchers`.
    ///
    /// # Errors
    /// None so far.
    pub fn label_names(
        &self,
        tenant: &Tenant,
        matchers: &[Matcher],
        range: Range,
    ) -> Result<Vec<String>, Error> {
        let names = self.collect(tenant, matchers, range, |labels, _, all: &mut BTreeSet<_>| {
            all.extend(labels.iter().map(|(name, _)| name.to_owned()));
        });
        Ok(names.into_iter().collect())
    }

    /// The values of the label `name` of series that pass `matchers`.
    ///
    /// # Errors
    /// None so far.
    pub fn label_values(
        &self,
        tenant: &Tenant,
        name: &str,
        matchers: &[Matcher],
        range: Range,
    ) -> Result<Vec<String>, Error> {
        let values = self.collect(tenant, matchers, range, |labels, _, all: &mut BTreeSet<_>| {
            all.extend(Some(labels.get(name)).filter(|value| !value.is_empty()).map(str::to_owned));
        });
        Ok(values.into_iter().collect())
    }

    /// The series that pass `matchers`.
    ///
    /// # Errors
    /// None so far.
    pub fn series(
        &self,
        tenant: &Tenant,
        matchers: &[Matcher],
        range: Range,
    ) -> Result<Vec<SeriesLabels>, Error> {
        let series = self.collect(tenant, matchers, range, |labels, profile_type, all: &mut BTreeSet<_>| {
            all.insert(SeriesLabels { profile_type: profile_type.clone(), labels: labels.clone() });
        });
        Ok(series.into_iter().collect())
    }

    /// All profiles of the series that `selector` names in `range`, as one. It has one sample type. Where nothing
    /// is found it has no samples.
    ///
    /// # Errors
    /// When the answer needs more memory than there may be.
    pub fn merge(&self, tenant: &Tenant, selector: &Selector, range: Range) -> Result<Profile, Error> {
        match self.0.inner.existing(tenant) {
            Some(shelf) => shelf.merge(selector, range, &self.0.inner.settings),
            None => nothing(selector),
        }
    }

    /// Sums by time, a line for each combination of the values of the labels `by`.
    ///
    /// # Errors
    /// When there would be too many steps.
    pub fn timeline(
        &self,
        tenant: &Tenant,
        selector: &Selector,
        range: Range,
        step: Duration,
        by: &[String],
    ) -> Result<Vec<Line>, Error> {
        match self.0.inner.existing(tenant) {
            Some(shelf) => shelf.timeline(selector, range, nanos(step), by),
            None => Ok(Vec::new()),
        }
    }

    /// How much there is.
    pub fn stats(&self) -> Stats {
        let inner = &*self.0.inner;
        let mut stats = Stats {
            memory: inner.in_flight.load(Ordering::Relaxed),
            profiles: inner.profiles.load(Ordering::Relaxed),
            samples: inner.samples.load(Ordering::Relaxed),
            refused: inner.refused.load(Ordering::Relaxed),
            last_failure: self.last_failure(),
            ..Stats::default()
        };
        for (tenant, shelf) in inner.all_shelves() {
            stats.tenants.push(shelf.stats(tenant.as_str()));
            stats.memory += shelf.memory().1 as u64;
            stats.damaged.extend(shelf.damaged());
        }
        stats.damaged.extend(inbox::aside(&inner.inbox(), DAMAGED));
        let files = fs::read_dir(inner.inbox()).into_iter().flatten().flatten();
        stats.inbox_bytes =
            files.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum();
        stats
    }

    /// What the last attempt to write, compact or delete files failed with; empty after one that did not fail.
    pub fn last_failure(&self) -> String {
        self.0.inner.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads all files of the tables of the store in `folder`, which may be open, and says which are damaged, and which
    /// segments of the inbox were set aside. Changes nothing.
    ///
    /// # Errors
    /// When there is no store in the folder.
    pub fn check(folder: &Path) -> Result<CheckReport, Error> {
        let key = read_key(folder)?;
        let mut report = check::check(&folder.join(TENANTS), &key)?;
        report.damaged.extend(inbox::aside(&folder.join(INBOX), DAMAGED));
        Ok(report)
    }

    /// How much the store in `folder` holds in files, which may be open; what is in the inbox only is not counted, but
    /// for its size.
    ///
    /// # Errors
    /// When there is no store in the folder, or its folders cannot be read.
    pub fn look(folder: &Path) -> Result<Stats, Error> {
        read_key(folder)?;
        let inbox = folder.join(INBOX);
        let mut stats = look::look(&folder.join(TENANTS), &inbox)?;
        stats.damaged.extend(inbox::aside(&inbox, DAMAGED));
        Ok(stats)
    }

    /// Writes all rows in memory to files. The store does that by itself from time to time.
    ///
    /// # Errors
    /// When files cannot be written; the rows stay in memory and in the inbox.
    pub fn flush(&self) -> Result<(), Error> {
        let (reply, answer) = sync_channel(1);
        self.0.jobs.send(Job::Flush(reply)).map_err(|_| Error::Closed)?;
        answer.recv().map_err(|_| Error::Closed)?.map_err(Error::NotKept)
    }

    /// Compacts files and drops what is older than the retention. The store does that by itself from time to time.
    ///
    /// # Errors
    /// When files cannot be read or written; nothing is lost.
    pub fn compact(&self) -> Result<(), Error> {
        self.0.inner.compact()
    }

    fn collect<C: Default>(
        &self,
        tenant: &Tenant,
        matchers: &[Matcher],
        range: Range,
        mut add: impl FnMut(&Labels, &ProfileType, &mut C),
    ) -> C {
        let mut all = C::default();
        if let Some(shelf) = self.0.inner.existing(tenant) {
            for (_, series) in shelf.read().catalog.in_range(range) {
                if Matcher::accept_all(matchers, &series.labels) {
                    add(&series.labels, &series.profile_type, &mut all);
                }
            }
        }
        all
    }
}

/// What a series measures, and its labels.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SeriesLabels {
    /// What is measured.
    pub profile_type: ProfileType,
    /// The labels, `service` among them.
    pub labels: Labels,
}

impl Inner {
    fn existing(&self, tenant: &Tenant) -> Option<Arc<Shelf>> {
        self.shelves.read().unwrap_or_else(PoisonError::into_inner).get(tenant).cloned()
    }

    /// All of a tenant, who may be new.
    fn shelf(&self, tenant: &Tenant) -> Result<Arc<Shelf>, Error> {
        if let Some(shelf) = self.existing(tenant) {
            return Ok(shelf);
        }
        let mut shelves = self.shelves.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(shelf) = shelves.get(tenant) {
            return Ok(shelf.clone());
        }
        let shelf = Arc::new(Shelf::open(&self.tenants().join(tenant.as_str()))?);
        shelves.insert(tenant.clone(), shelf.clone());
        Ok(shelf)
    }

    pub fn all_shelves(&self) -> Vec<(Tenant, Arc<Shelf>)> {
        let shelves = self.shelves.read().unwrap_or_else(PoisonError::into_inner);
        shelves.iter().map(|(tenant, shelf)| (tenant.clone(), shelf.clone())).collect()
    }

    /// The folder of the segments.
    pub fn inbox(&self) -> PathBuf {
        self.folder.join(INBOX)
    }

    fn tenants(&self) -> PathBuf {
        self.folder.join(TENANTS)
    }

    /// Heap bytes of rows that are not in files.
    pub fn unflushed(&self) -> u64 {
        self.all_shelves().iter().map(|(_, shelf)| shelf.memory().0 as u64).sum()
    }

    fn last_segment(&self) -> Option<u64> {
        self.all_shelves().iter().filter_map(|(_, shelf)| shelf.last_segment()).max()
    }

    /// Writes what a segment holds to files, except for what is there already, and deletes it. One that cannot be
    /// read is put aside.
    fn replay(&self, segment: u64) -> Result<(), Error> {
        // What was kept is kept, whatever the limits are now.
        let settings = Settings {
            retention: None,
            max_unpacked_bytes: u64::MAX,
            max_labels: u64::MAX,
            ..self.settings.clone()
        };
        let mut is_whole = true;
        let read = inbox::visit(&self.inbox(), segment, |number, record| {
            let Some(tenant) = Tenant::new(&record.tenant) else {
                is_whole = false;
                return Ok(());
            };
            let shelf = self.shelf(&tenant)?;
            let intake = decode(&record.body, &settings)
                .and_then(|profile| Intake::new(profile, &record.envelope, &settings, &self.key));
            match intake {
                Ok(intake) => shelf.add(&intake, writer::profile_id(segment, number as u64), &self.key),
                Err(refused) => {
                    is_whole = false;
                    self.note_failure(&refused);
                }
            }
            Ok(())
        });
        for (_, shelf) in self.all_shelves() {
            if let Some(batch) = shelf.rotate(usize::MAX) {
                shelf.flush(&batch, segment, &self.key)?;
            }
        }
        match read {
            Ok(()) if is_whole => inbox::delete(&self.inbox(), segment),
            // A profile in it could not be read: whoever finds out why still has it.
            Ok(()) => inbox::set_aside(&self.inbox(), segment, DAMAGED),
            Err(error @ Error::Inbox { .. }) => {
                self.note_failure(&error);
                inbox::set_aside(&self.inbox(), segment, DAMAGED)
            }
            Err(error) => Err(error),
        }
    }

    pub fn compact(&self) -> Result<(), Error> {
        let first_day =
            self.settings.retention.map(|retention| day_of(now().saturating_sub(nanos(retention))));
        for (_, shelf) in self.all_shelves() {
            shelf.compact(first_day, self.settings.memory_limit / 8, &self.key)?;
        }
        Ok(())
    }

    pub fn note_failure(&self, failure: &dyn std::fmt::Display) {
        self.set_failure(Some(failure.to_string()));
    }

    pub fn set_failure(&self, failure: Option<String>) {
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = failure.unwrap_or_default();
    }
}

/// The share of a profile in the memory of profiles on their way in.
struct InFlight<'a> {
    inner: &'a Inner,
    bytes: u64,
}

impl<'a> InFlight<'a> {
    fn enter(inner: &'a Inner, bytes: u64) -> Result<Self, Refused> {
        let mut in_flight = InFlight { inner, bytes: 0 };
        in_flight.grow(bytes)?;
        Ok(in_flight)
    }

    fn grow(&mut self, bytes: u64) -> Result<(), Refused> {
        self.bytes += bytes;
        let limit = self.inner.settings.memory_limit / 4;
        let before = self.inner.in_flight.fetch_add(bytes, Ordering::Relaxed);
        // One alone is let in: its own limit has let it pass.
        if before + bytes > limit && before + bytes > self.bytes { Err(busy(limit)) } else { Ok(()) }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.inner.in_flight.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

fn busy(value: u64) -> Refused {
    Refused::Busy { limit: "memory_limit", value, flag: "--memory-limit" }
}

/// The answer where there is nothing.
fn nothing(selector: &Selector) -> Result<Profile, Error> {
    merged::build(&selector.profile_type, &Header::default(), &[], &Contents::default())
}

/// The folder of the tables, one folder a tenant.
pub(crate) const TENANTS: &str = "tenants";
/// The folder of what is not in files yet.
const INBOX: &str = "inbox";

/// Locks the folder for this process, until the file is closed.
fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join("LOCK");
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(Error::file(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(Error::Locked { path: folder.to_owned() }),
        Err(fs::TryLockError::Error(source)) => Err(Error::File { path, source }),
    }
}

/// The key of the store, which is made with it.
fn open_key(folder: &Path) -> Result<Key, Error> {
    let path = folder.join("store.json");
    if path.exists() {
        return read_key(folder);
    }
    let mut key = [0; 16];
    getrandom::fill(&mut key).map_err(|error| Error::damaged(&path, error))?;
    let text = serde_json::json!({ "format": 1, "key": format!("{:032x}", u128::from_be_bytes(key)) });
    let temporary = path.with_extension("tmp");
    let write = || {
        let mut file = File::create(&temporary)?;
        writeln!(file, "{text}")?;
        file.sync_all()?;
        fs::rename(&temporary, &path)
    };
    write().map_err(Error::file(&path))?;
    Ok(Key(key))
}

pub(crate) fn read_key(folder: &Path) -> Result<Key, Error> {
    let path = folder.join("store.json");
    let text = fs::read(&path).map_err(Error::file(&path))?;
    let value: serde_json::Value =
        serde_json::from_slice(&text).map_err(|error| Error::damaged(&path, error))?;
    if value["format"] != 1 {
        return Err(Error::damaged(&path, "the store is of a later version"));
    }
    let key = value["key"].as_str().and_then(|key| u128::from_str_radix(key, 16).ok());
    key.map(|key| Key(key.to_be_bytes())).ok_or_else(|| Error::damaged(&path, "the key is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_in_the_inbox_that_cannot_be_read_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        drop(Store::open(folder.path(), Settings::default()).unwrap());
        let inbox = folder.path().join(INBOX);
        let last = inbox::segments(&inbox).unwrap().last().copied().unwrap_or(0);
        let mut segment = Segment::create(&inbox, last + 1).unwrap();
        let envelope = Envelope { labels: Labels::default(), name: None, time: None, received: 1 };
        let body = b"no profile".as_slice().into();
        segment.append([&Record { tenant: "default".to_owned(), envelope, body }].into_iter()).unwrap();
        drop(segment);

        for _ in 0..2 {
            let store = Store::open(folder.path(), Settings::default()).unwrap();
            let damaged = store.stats().damaged;
            assert_eq!(damaged.len(), 1, "{damaged:?}");
            assert!(damaged[0].file.exists());
            drop(store);
            assert_eq!(Store::check(folder.path()).unwrap().damaged, damaged);
        }
    }
}
