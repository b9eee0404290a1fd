//! The threads of a store: one that commits to the inbox, one that writes files, one that compacts.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender};
use std::time::{Duration, Instant};

use crate::batch::Batch;
use crate::inbox::{self, Record, Segment};
use crate::intake::Intake;
use crate::shelf::Shelf;
use crate::store::Inner;

/// How many profiles are committed together at most.
const LARGEST_GROUP: usize = 64;
/// How long to wait before files are tried again that could not be written.
const PAUSE: Duration = Duration::from_secs(1);

/// What the thread of the inbox is asked for.
pub(crate) enum Job {
    Keep(Box<Keep>),
    /// Write everything to files, and say when it is done.
    Flush(SyncSender<Result<(), String>>),
    Stop,
}

/// A profile on its way in.
pub(crate) struct Keep {
    pub record: Record,
    pub intake: Intake,
    pub shelf: Arc<Shelf>,
    pub reply: SyncSender<Result<(), String>>,
}

/// A segment whose rows are to be written to files.
pub(crate) struct Full {
    segment: u64,
    batches: Vec<(Arc<Shelf>, Arc<Batch>)>,
    reply: Option<SyncSender<Result<(), String>>>,
}

/// Commits profiles to the inbox, as many at a time as have gathered, and then adds their rows.
pub(crate) fn keep(inner: &Inner, mut segment: Segment, jobs: &Receiver<Job>, full: &Sender<Full>) {
    let mut begun = Instant::now();
    let mut is_open = true;
    while is_open {
        let mut group = Vec::new();
        let mut flush = None;
        let first = jobs.recv_timeout(Duration::from_secs(1));
        let mut next = match first {
            Ok(job) => Some(job),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Job::Stop),
        };
        while let Some(job) = next {
            match job {
                Job::Keep(keep) => group.push(*keep),
                Job::Flush(reply) => flush = Some(reply),
                Job::Stop => is_open = false,
            }
            let is_enough = group.len() >= LARGEST_GROUP || flush.is_some() || !is_open;
            next = if is_enough { None } else { jobs.try_recv().ok() };
        }
        if !group.is_empty() {
            commit(inner, &mut segment, group);
        }
        let memory = inner.unflushed();
        let is_full = memory > inner.settings.memory_limit / 8;
        let is_old = segment.records > 0 && begun.elapsed() > inner.settings.flush_interval;
        if is_full || is_old || flush.is_some() {
            rotate(inner, &mut segment, full, flush);
            begun = Instant::now();
        }
    }
}

fn commit(inner: &Inner, segment: &mut Segment, group: Vec<Keep>) {
    let first = segment.records;
    let result = segment.append(group.iter().map(|keep| &keep.record)).map_err(|error| error.to_string());
    if let Err(failure) = &result {
        inner.note_failure(failure);
    }
    for (number, keep) in (first..).zip(group) {
        if result.is_ok() {
            keep.shelf.add(&keep.intake, profile_id(segment.number, number), &inner.key);
            inner.profiles.fetch_add(1, Ordering::Relaxed);
            inner.samples.fetch_add(keep.intake.samples, Ordering::Relaxed);
        }
        // The sender may have gone.
        let _ = keep.reply.send(result.clone());
    }
}

/// The number of a profile: the same when its segment is read again.
pub(crate) fn profile_id(segment: u64, record: u64) -> i64 {
    (segment << 32 | record) as i64
}

/// Begins a new segment and hands the rows of the last one over.
fn rotate(
    inner: &Inner,
    segment: &mut Segment,
    full: &Sender<Full>,
    reply: Option<SyncSender<Result<(), String>>>,
) {
    match Segment::create(&inner.inbox(), segment.number + 1) {
        Ok(next) => {
            let last = std::mem::replace(segment, next).number;
            let most_seen = usize::try_from(inner.settings.memory_limit / 8).unwrap_or(usize::MAX);
            let batches = inner.all_shelves().into_iter().map(|(_, shelf)| shelf);
            let batches = batches.filter_map(|shelf| shelf.rotate(most_seen).map(|batch| (shelf, batch)));
            let batches = batches.collect();
            // The other end goes after this thread.
            let _ = full.send(Full { segment: last, batches, reply });
        }
        Err(error) => {
            inner.note_failure(&error);
            if let Some(reply) = reply {
                let _ = reply.send(Err(error.to_string()));
            }
        }
    }
}

/// Writes full segments to files and deletes them. What cannot be written is tried again until it can.
pub(crate) fn flush(inner: &Inner, full: &Receiver<Full>) {
    while let Ok(Full { segment, mut batches, mut reply }) = full.recv() {
        loop {
            let mut failure = None;
            batches.retain(|(shelf, batch)| match shelf.flush(batch, segment, &inner.key) {
                Ok(()) => false,
                Err(error) => {
                    failure = Some(error.to_string());
                    true
                }
            });
            if failure.is_none() {
                failure = inbox::delete(&inner.inbox(), segment).err().map(|error| error.to_string());
            }
            inner.set_failure(failure.clone());
            if let Some(reply) = reply.take() {
                let _ = reply.send(failure.clone().map_or(Ok(()), Err));
            }
            if failure.is_none() {
                break;
            }
            if inner.is_closing.load(Ordering::Relaxed) {
                // The segment is still there and is read at the next start.
                return;
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// Compacts and drops what is old, again and again.
pub(crate) fn maintain(inner: &Inner, stop: &Receiver<()>) {
    while stop.recv_timeout(inner.settings.maintenance_interval) == Err(RecvTimeoutError::Timeout) {
        if let Err(error) = inner.compact() {
            inner.note_failure(&error);
        }
    }
}
