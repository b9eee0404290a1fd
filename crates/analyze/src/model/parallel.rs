//! Splitting work on the rows of a profile over threads.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};

/// How many threads a pass may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threads(NonZeroUsize);

impl Threads {
    /// `count` threads, one when it is zero.
    pub fn new(count: usize) -> Self {
        Threads(NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN))
    }

    /// Only the calling thread.
    pub const ONE: Threads = Threads(NonZeroUsize::MIN);

    /// Calls `work` for consecutive parts of `0..rows`, each on its own thread, and returns the
    /// results in the order of the parts.
    ///
    /// `cost` is about how many simple steps all rows take together; small passes stay on the calling
    /// thread, since starting another one costs more than it gains.
    pub(crate) fn split<R: Send>(
        self,
        rows: usize,
        cost: usize,
        work: impl Fn(Range<usize>) -> R + Sync,
    ) -> Vec<R> {
        let parts = self.parts(rows, cost);
        if parts == 1 {
            return vec![work(0..rows)];
        }
        let bounds: Vec<usize> = (0..=parts).map(|part| rows * part / parts).collect();
        self.each(bounds.windows(2).map(|part| part[0]..part[1]).collect(), work)
    }

    /// Calls `work` for lots of consecutive rows of `0..rows`, each thread with its own state, which `begin`
    /// makes, and returns what `end` makes of the states. Which state has seen which rows is left to chance: a
    /// thread that starts late, or on a processor that others use as well, takes fewer lots.
    ///
    /// `cost` is as for [`split`](Self::split).
    pub(crate) fn share<S, R: Send>(
        self,
        rows: usize,
        cost: usize,
        begin: impl Fn() -> S + Sync,
        work: impl Fn(&mut S, Range<usize>) + Sync,
        end: impl Fn(S) -> R + Sync,
    ) -> Vec<R> {
        const LOTS_PER_THREAD: usize = 16;
        let threads = self.parts(rows, cost);
        let lot = rows.div_ceil(threads * LOTS_PER_THREAD).max(1);
        let next = AtomicUsize::new(0);
        let run = |_| {
            let mut state = begin();
            loop {
                let start = next.fetch_add(lot, Ordering::Relaxed);
                if start >= rows {
                    return end(state);
                }
                work(&mut state, start..rows.min(start + lot));
            }
        };
        self.each((0..threads).collect(), run)
    }

    /// The number of parts for `rows` rows that take `cost` simple steps together.
    pub(crate) fn parts(self, rows: usize, cost: usize) -> usize {
        const STEPS_PER_THREAD: usize = 200_000;
        self.0.get().min(cost / STEPS_PER_THREAD).min(rows).max(1)
    }

    /// How many threads there are.
    pub(crate) fn count(self) -> usize {
        self.0.get()
    }

    /// Does each of `lots` on its own thread, and returns the results in the order of the lots.
    pub(crate) fn each<L: Send, R: Send>(self, lots: Vec<L>, work: impl Fn(L) -> R + Sync) -> Vec<R> {
        std::thread::scope(|scope| {
            let work = &work;
            let mut lots = lots.into_iter();
            let first = lots.next();
            let others: Vec<_> = lots.map(|lot| scope.spawn(move || work(lot))).collect();
            let mut results: Vec<R> = first.map(work).into_iter().collect();
            for other in others {
                match other.join() {
                    Ok(result) => results.push(result),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            results
        })
    }

    /// What `one` and `other` return, at the same time if that is worth a thread; `cost` is as for
    /// [`split`](Self::split).
    pub(crate) fn both<A, B: Send>(
        self,
        cost: usize,
        one: impl FnOnce() -> A,
        other: impl FnOnce() -> B + Send,
    ) -> (A, B) {
        if self.0.get() == 1 || cost < BOTH {
            return (one(), other());
        }
        std::thread::scope(|scope| {
            let other = scope.spawn(other);
            let one = one();
            (one, other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })
    }

    /// Hands to `take`, one after the other, the bytes that a worker makes of each piece of `0..rows`; a piece
    /// has `piece` rows. Each thread has its own worker, and pieces are made while others are taken; only
    /// a few are in memory at a time.
    ///
    /// # Errors
    /// Those of `take`, after which nothing more is made.
    pub fn in_order<W, E>(
        self,
        rows: usize,
        piece: usize,
        worker: impl Fn() -> W + Sync,
        mut take: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E>
    where
        W: FnMut(Range<usize>, &mut Vec<u8>),
    {
        let piece = piece.max(1);
        let pieces = rows.div_ceil(piece);
        let range = |number: usize| number * piece..rows.min((number + 1) * piece);
        let threads = self.0.get().min(pieces);
        if threads <= 1 {
            let (mut work, mut bytes) = (worker(), Vec::new());
            return (0..pieces).try_for_each(|number| {
                bytes.clear();
                work(range(number), &mut bytes);
                take(&bytes)
            });
        }
        std::thread::scope(|scope| {
            // Each thread makes every so-manieth piece. Buffers go back and are used again.
            let lanes: Vec<Lane> = (0..threads)
                .map(|first| {
                    let (made, from_worker) = sync_channel(PIECES_AHEAD);
                    let (give_back, used) = channel::<Vec<u8>>();
                    let worker = &worker;
                    scope.spawn(move || {
                        let mut work = worker();
                        for number in (first..pieces).step_by(threads) {
                            let mut bytes = used.try_recv().unwrap_or_default();
                            bytes.clear();
                            work(range(number), &mut bytes);
                            if made.send(bytes).is_err() {
                                break;
                            }
                        }
                    });
                    Lane { from_worker, give_back }
                })
                .collect();
            for lane in (0..pieces).map(|number| &lanes[number % threads]) {
                // A worker that has panicked sends nothing more; the scope passes its panic on.
                let Ok(bytes) = lane.from_worker.recv() else { break };
                take(&bytes)?;
                let _ = lane.give_back.send(bytes);
            }
            Ok(())
        })
    }
}

/// The number of steps from which doing two things at once is worth a thread.
const BOTH: usize = 50_000;

/// How many pieces of a thread may wait to be taken.
const PIECES_AHEAD: usize = 2;

/// The ways from a worker and back to it.
struct Lane {
    from_worker: Receiver<Vec<u8>>,
    give_back: Sender<Vec<u8>>,
}

#[test]
fn parts_cover_all_rows_in_order() {
    for threads in [1, 2, 7] {
        let parts = Threads::new(threads).split(1000, usize::MAX, |rows| rows.collect::<Vec<_>>());
        assert_eq!(parts.len(), threads);
        assert!(parts.concat().into_iter().eq(0..1000));
    }
}

#[test]
fn shares_cover_all_rows_once() {
    for threads in [1, 2, 7] {
        for rows in [0, 1, 5, 1000] {
            let states = Threads::new(threads).share(
                rows,
                usize::MAX,
                Vec::new,
                |seen, rows| seen.extend(rows),
                |seen| seen,
            );
            let mut seen = states.concat();
            seen.sort_unstable();
            assert!(seen.into_iter().eq(0..rows));
        }
    }
}

#[test]
fn pieces_come_in_order_and_stop_at_an_error() {
    let worker = || |rows: Range<usize>, bytes: &mut Vec<u8>| bytes.extend(rows.map(|row| row as u8));
    for threads in [1, 2, 7] {
        let mut all = Vec::new();
        let take = |bytes: &[u8]| {
            all.extend_from_slice(bytes);
            if all.len() > 150 { Err(all.len()) } else { Ok(()) }
        };
        assert_eq!(Threads::new(threads).in_order(250, 7, worker, take), Err(154));
        assert!(all.into_iter().eq(0..154));
        assert_eq!(Threads::new(threads).in_order(0, 7, worker, |_| Err(())), Ok(()));
    }
}
