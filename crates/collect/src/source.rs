//! The profiles that show a state: heap, locks, threads.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, SystemTime};

use crate::Error;
use crate::encode::{self, Sums};
use crate::heap::{Snapshot, Unsampled};
use crate::symbols::Symbols;
use crate::sync::Contention;
use crate::threads::{ThreadStack, stacks};
use crate::unwind::{Registers, StackBounds, Trace};

/// A profile that can be taken at any moment, such as [`heap`] or [`threads`].
///
/// ```no_run
/// hotlist_collect::heap().write_to(&mut std::fs::File::create("heap.pb.gz")?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Source(pub(crate) Kind);

/// The memory in use, and what was allocated since the start, by who allocated it.
///
/// Empty unless [`Heap`](crate::Heap) is the global allocator.
pub const fn heap() -> Source {
    Source(Kind::Heap)
}

/// The same as [`heap`], but readers show everything that was ever allocated first.
pub const fn allocs() -> Source {
    Source(Kind::Allocs)
}

/// How long others have waited for locks of [`sync`](crate::sync), by who held them. Empty until
/// [`set_mutex_fraction`](crate::sync::set_mutex_fraction).
pub const fn mutex() -> Source {
    Source(Kind::Mutex)
}

/// How long threads have waited for locks and conditions of [`sync`](crate::sync). Empty until
/// [`set_block_rate`](crate::sync::set_block_rate).
pub const fn block() -> Source {
    Source(Kind::Block)
}

/// The stacks of all threads now.
///
/// Each thread is interrupted by a signal for it, as by the CPU profiler: system calls that are never
/// restarted, such as `epoll_wait` and `nanosleep`, fail with `EINTR` then, which `std` and the usual
/// runtimes take care of.
pub const fn threads() -> Source {
    Source(Kind::Goroutine)
}

impl Source {
    /// Writes the profile, compressed, as `go tool pprof` reads it.
    ///
    /// # Errors
    /// When it cannot be taken, or `writer` fails.
    #[inline(never)]
    pub fn write_to(self, writer: &mut dyn Write) -> Result<(), Error> {
        let _quiet = Unsampled::enter();
        let caller = Trace::<1>::of(Registers::here(), StackBounds::default());
        let bytes = self.0.take(caller.frames())?.encode(None)?;
        writer.write_all(&bytes).map_err(Error::Write)
    }
}

/// The profiles of this kind, named as in Go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Allocs,
    Block,
    Goroutine,
    Heap,
    Mutex,
    ThreadCreate,
}

impl Kind {
    /// All of them, in the order of their names.
    pub(crate) const ALL: [Kind; 6] =
        [Kind::Allocs, Kind::Block, Kind::Goroutine, Kind::Heap, Kind::Mutex, Kind::ThreadCreate];

    /// Go's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Allocs => "allocs",
            Kind::Block => "block",
            Kind::Goroutine => "goroutine",
            Kind::Heap => "heap",
            Kind::Mutex => "mutex",
            Kind::ThreadCreate => "threadcreate",
        }
    }

    /// Takes it. `caller` is the stack of the calling thread.
    pub(crate) fn take(self, caller: &[u64]) -> Result<Taken, Error> {
        Ok(match self {
            Kind::Heap => Taken::Heap { snapshot: Snapshot::take(), is_allocs: false },
            Kind::Allocs => Taken::Heap { snapshot: Snapshot::take(), is_allocs: true },
            Kind::Mutex => Taken::Sums(contention_sums(Contention::Mutex)),
            Kind::Block => Taken::Sums(contention_sums(Contention::Block)),
            Kind::Goroutine => Taken::Sums(thread_sums(&[("goroutine", "count")], &stacks(caller)?)),
            Kind::ThreadCreate => Taken::Sums(thread_sums(&[("threadcreate", "count")], &stacks(caller)?)),
        })
    }

    /// How many rows the profile has now, for the index.
    pub(crate) fn count(self) -> usize {
        match self {
            Kind::Heap | Kind::Allocs => crate::heap::table().buckets().len(),
            Kind::Mutex => used(&Contention::Mutex.delays()),
            Kind::Block => used(&Contention::Block.delays()),
            Kind::Goroutine | Kind::ThreadCreate => crate::tasks::threads().len(),
        }
    }
}

fn used(delays: &[crate::sync::Delays]) -> usize {
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
