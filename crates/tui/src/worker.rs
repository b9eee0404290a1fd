//! Threads that look for answers while the screen goes on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use hotlist_report::SourceText;
use hotlist_session::{Note, Profiles};

use crate::answer::answer;
use crate::content::Content;
use crate::query::Query;

/// Two, so that a query never waits for the answer to an older one that is not wanted any more.
const THREADS: usize = 2;

/// Takes queries and hands answers to a function. A query that waits is replaced by a newer one.
pub(crate) struct Worker {
    slot: Arc<Slot>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Slot {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Option<Query>,
    is_closed: bool,
}

/// Where source code comes from, on any thread.
pub type Source = Arc<dyn SourceText + Send + Sync>;

impl Worker {
    /// Looks for answers in `profiles` and calls `deliver` for each, on another thread.
    pub(crate) fn new(
        profiles: &Arc<Profiles>,
        source: &Source,
        deliver: impl Fn(Query, Content, Vec<Note>) + Send + Sync + 'static,
    ) -> Worker {
        let slot = Arc::new(Slot::default());
        let deliver = Arc::new(deliver);
        let threads = (0..THREADS)
            .map(|_| {
                let (slot, deliver) = (Arc::clone(&slot), Arc::clone(&deliver));
                let (profiles, source) = (Arc::clone(profiles), Arc::clone(source));
                std::thread::spawn(move || {
                    while let Some(query) = slot.next() {
                        let found = catch_unwind(AssertUnwindSafe(|| answer(&profiles, &*source, &query)));
                        let (content, notes) = found.unwrap_or_else(|_| {
                            (Content::Failed("this view failed; please report it".to_owned()), Vec::new())
                        });
                        deliver(query, content, notes);
                    }
                })
            })
            .collect();
        Worker { slot, threads }
    }

    /// Asks, in place of what was asked before and has not been begun.
    pub(crate) fn ask(&self, query: Query) {
        self.slot.state.lock().unwrap_or_else(PoisonError::into_inner).waiting = Some(query);
        self.slot.changed.notify_one();
    }
}

impl Drop for Worker {
    /// Lets the threads end by themselves after what they are at, without waiting for them.
    fn drop(&mut self) {
        self.slot.state.lock().unwrap_or_else(PoisonError::into_inner).is_closed = true;
        self.slot.changed.notify_all();
        self.threads.clear();
    }
}

impl Slot {
    fn next(&self) -> Option<Query> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.is_closed {
                return None;
            }
            if let Some(query) = state.waiting.take() {
                return Some(query);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
