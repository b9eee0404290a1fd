//! The profiles that show a state: heap, locks, threads.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, SystemTime};

use crate::Error;
use crate::countdown::Unsampled;
use crate::encode;
use crate::heap::snapshot::Snapshot;
use crate::sums::Sums;
use crate::symbols::Symbols;
use crate::sync::contention::{Contention, Delays};
use crate::threads::ask::stacks;
use crate::threads::thread_stack::ThreadStack;
use crate::unwind::{StackBounds, registers_here, with_trace};

/// A profile that can be taken at any moment, such as [`heap`] or [`threads`].
///
/// ```no_run
/// hotlist_collect::heap().write_to(&mut std::fs::File::create("heap.pb.gz")?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Source(pub(crate) ProfileKind);

/// The memory in use, and what was allocated since the start, by who allocated it.
///
/// Empty unless [`Heap`](crate::Heap) is the global allocator.
pub const fn heap() -> Source {
    Source(ProfileKind::Heap)
}

/// The same as [`heap`], but readers show everything that was ever allocated first.
pub const fn allocs() -> Source {
    Source(ProfileKind::Allocs)
}

/// How long others have waited for locks of [`sync`](crate::sync), by who held them. Empty until
/// [`set_mutex_fraction`](crate::sync::set_mutex_fraction).
pub const fn mutex() -> Source {
    Source(ProfileKind::Mutex)
}

/// How long threads have waited for locks and conditions of [`sync`](crate::sync). Empty until
/// [`set_block_rate`](crate::sync::set_block_rate).
pub const fn block() -> Source {
    Source(ProfileKind::Block)
}

/// The stacks of all threads now.
///
/// Each thread is interrupted by a signal for it, as by the CPU profiler: system calls that are never
/// restarted, such as `epoll_wait` and `nanosleep`, fail with `EINTR` then, which `std` and the usual
/// runtimes take care of.
pub const fn threads() -> Source {
    Source(ProfileKind::Goroutine)
}

impl Source {
    /// Writes the profile, compressed, as `go tool pprof` reads it.
    ///
    /// # Errors
    /// When it cannot be taken, or `writer` fails.
    #[inline(never)]
    pub fn write_to(self, writer: &mut dyn Write) -> Result<(), Error> {
        let _quiet = Unsampled::enter();
        let caller = with_trace(registers_here(), StackBounds::default(), 1, <[u64]>::to_vec);
        let bytes = self.0.take(&caller)?.encode(None)?;
        writer.write_all(&bytes).map_err(Error::Write)
    }
}

/// The profiles of this kind, named as in Go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ProfileKind {
    Allocs,
    Block,
    Goroutine,
    Heap,
    Mutex,
    ThreadCreate,
}

impl ProfileKind {
    /// All of them, in the order of their names.
    pub(crate) const ALL: [ProfileKind; 6] = [
        ProfileKind::Allocs,
        ProfileKind::Block,
        ProfileKind::Goroutine,
        ProfileKind::Heap,
        ProfileKind::Mutex,
        ProfileKind::ThreadCreate,
    ];

    /// Go's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ProfileKind::Allocs => "allocs",
            ProfileKind::Block => "block",
            ProfileKind::Goroutine => "goroutine",
            ProfileKind::Heap => "heap",
            ProfileKind::Mutex => "mutex",
            ProfileKind::ThreadCreate => "threadcreate",
        }
    }

    /// Takes it. `caller` is the stack of the calling thread.
    pub(crate) fn take(self, caller: &[u64]) -> Result<Taken, Error> {
        Ok(match self {
            ProfileKind::Heap => Taken::Heap { snapshot: Snapshot::take(), is_allocs: false },
            ProfileKind::Allocs => Taken::Heap { snapshot: Snapshot::take(), is_allocs: true },
            ProfileKind::Mutex => Taken::Sums(contention_sums(Contention::Mutex)),
            ProfileKind::Block => Taken::Sums(contention_sums(Contention::Block)),
            ProfileKind::Goroutine => Taken::Sums(thread_sums(&[("goroutine", "count")], &stacks(caller)?)),
            ProfileKind::ThreadCreate => {
                Taken::Sums(thread_sums(&[("threadcreate", "count")], &stacks(caller)?))
            }
        })
    }

    /// How many rows the profile has now, for the index.
    pub(crate) fn count(self) -> usize {
        match self {
            ProfileKind::Heap | ProfileKind::Allocs => crate::heap::samples::table().buckets().len(),
            ProfileKind::Mutex => used(&Contention::Mutex.delays()),
            ProfileKind::Block => used(&Contention::Block.delays()),
            ProfileKind::Goroutine | ProfileKind::ThreadCreate => crate::tasks::threads().len(),
        }
    }
}

fn used(delays: &[Delays]) -> usize {
    delays.iter().filter(|delay| delay.count > 0.0).count()
}

/// A profile that was taken.
#[derive(Debug)]
pub(crate) enum Taken {
    /// One of the two heap profiles.
    Heap { snapshot: Snapshot, is_allocs: bool },
    /// Any other.
    Sums(Sums),
}

impl Taken {
    /// What happened between `base` and this one, which is of the same kind.
    pub(crate) fn since(self, base: &Taken) -> Taken {
        match (self, base) {
            (Taken::Heap { snapshot, is_allocs }, Taken::Heap { snapshot: base, .. }) => {
                Taken::Heap { snapshot: snapshot.since(base), is_allocs }
            }
            (Taken::Sums(sums), Taken::Sums(base)) => Taken::Sums(sums.since(base)),
            (taken, _) => taken,
        }
    }

    /// The compressed profile.
    pub(crate) fn encode(&self, symbols: Option<&mut Symbols>) -> Result<Vec<u8>, Error> {
        match self {
            Taken::Heap { snapshot, is_allocs } => encode::heap(snapshot, *is_allocs, symbols),
            Taken::Sums(sums) => encode::sums(sums, symbols),
        }
    }
}

fn contention_sums(contention: Contention) -> Sums {
    let mut rows: BTreeMap<(Vec<u64>, u32), Vec<i64>> = BTreeMap::new();
    for delays in contention.delays().into_iter().filter(|delays| delays.count > 0.0) {
        let nanos = i64::try_from(delays.nanos).unwrap_or(i64::MAX);
        rows.insert((delays.frames, delays.labels), vec![delays.count as i64, nanos]);
    }
    Sums {
        types: &[("contentions", "count"), ("delay", "nanoseconds")],
        period: ("contentions", "count"),
        time: SystemTime::now(),
        duration: Duration::ZERO,
        rows,
    }
}

fn thread_sums(types: &'static [(&'static str, &'static str)], threads: &[ThreadStack]) -> Sums {
    let mut rows: BTreeMap<(Vec<u64>, u32), Vec<i64>> = BTreeMap::new();
    for thread in threads {
        rows.entry((thread.frames.clone(), thread.labels)).or_insert_with(|| vec![0])[0] += 1;
    }
    Sums { types, period: types[0], time: SystemTime::now(), duration: Duration::ZERO, rows }
}
