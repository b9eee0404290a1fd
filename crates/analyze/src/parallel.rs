//! Splitting passes over the stacks of a profile.

use std::num::NonZeroUsize;
use std::ops::Range;

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

    /// Calls `work` for consecutive parts of `0..rows`, each on a thread of its own, and returns the
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
        const STEPS_PER_THREAD: usize = 200_000;
        let parts = self.0.get().min(cost / STEPS_PER_THREAD).min(rows).max(1);
        if parts == 1 {
            return vec![work(0..rows)];
        }
        let bounds: Vec<usize> = (0..=parts).map(|part| rows * part / parts).collect();
        std::thread::scope(|scope| {
            let work = &work;
            let others: Vec<_> =
                bounds[1..].windows(2).map(|part| scope.spawn(move || work(part[0]..part[1]))).collect();
            let mut results = vec![work(bounds[0]..bounds[1])];
            for other in others {
                match other.join() {
                    Ok(result) => results.push(result),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            results
        })
    }
}

#[test]
fn parts_cover_all_rows_in_order() {
    for threads in [1, 2, 7] {
        let parts = Threads::new(threads).split(1000, usize::MAX, |rows| rows.collect::<Vec<_>>());
        assert_eq!(parts.len(), threads);
        assert!(parts.concat().into_iter().eq(0..1000));
    }
}
