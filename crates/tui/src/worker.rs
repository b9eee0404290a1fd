//! Threads that look for answers while the screen goes on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use hotlist_report::SourceText;
use hotlist_session::{Note, Session};

use crate::answer::{Answer, Ask, answer};

/// Two, so that a question never waits for the answer to an older one that nobody wants any more.
const THREADS: usize = 2;

/// Takes questions and hands answers to a function. A question that waits is replaced by a newer one.
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
    waiting: Option<Ask>,
    is_closed: bool,
}

/// Where source code comes from, on any thread.
pub type Source = Arc<dyn SourceText + Send + Sync>;

impl Worker {
    /// Looks for answers in `session` and calls `deliver` for each, on another thread.
    pub(crate) fn new(
        session: &Arc<Session>,
        source: &Source,
        deliver: impl Fn(Ask, Answer, Vec<Note>) + Send + Sync + 'static,
    ) -> Worker {
        let slot = Arc::new(Slot::default());
        let deliver = Arc::new(deliver);
        let threads = (0..THREADS)
            .map(|_| {
                let (slot, deliver) = (Arc::clone(&slot), Arc::clone(&deliver));
                let (session, source) = (Arc::clone(session), Arc::clone(source));
                std::thread::spawn(move || {
                    while let Some(ask) = slot.next() {
                        let found = catch_unwind(AssertUnwindSafe(|| answer(&session, &*source, &ask)));
                        let (answer, notes) = found.unwrap_or_else(|_| {
                            (Answer::Failed("this view failed; please report it".to_owned()), Vec::new())
                        });
                        deliver(ask, answer, notes);
                    }
                })
            })
            .collect();
        Worker { slot, threads }
    }

    /// Asks, in place of what was asked before and has not been begun.
    pub(crate) fn ask(&self, ask: Ask) {
        self.slot.state.lock().unwrap_or_else(PoisonError::into_inner).waiting = Some(ask);
        self.slot.changed.notify_one();
    }
}

impl Drop for Worker {
    /// Lets the threads end by themselves after what they are at: nobody waits for them.
    fn drop(&mut self) {
        self.slot.state.lock().unwrap_or_else(PoisonError::into_inner).is_closed = true;
        self.slot.changed.notify_all();
        self.threads.clear();
    }
}

impl Slot {
    fn next(&self) -> Option<Ask> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.is_closed {
                return None;
            }
            if let Some(ask) = state.waiting.take() {
                return Some(ask);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
