//! Answers that were given before. Equal questions that come at the same time are worked out once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::response::Answer;

/// Keeps answers up to a number of bytes, those that were asked for last.
#[derive(Debug)]
pub(crate) struct AnswerCache {
    capacity: usize,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    by_key: HashMap<String, Entry>,
    clock: u64,
}

#[derive(Debug)]
struct Entry {
    answer: Arc<OnceLock<Answer>>,
    used: u64,
}

impl Entry {
    /// About how much memory it holds.
    fn size(&self, key: &str) -> usize {
        const OVERHEAD: usize = 500;
        OVERHEAD + key.len() + self.answer.get().map_or(0, |answer| answer.body.len())
    }
}

impl AnswerCache {
    pub(crate) fn new(capacity: usize) -> AnswerCache {
        AnswerCache { capacity, entries: Mutex::default() }
    }

    /// The answer with this key, from `compute` when there is none yet.
    pub(crate) fn get(&self, key: &str, compute: impl FnOnce() -> Answer) -> Answer {
        let cell = {
            let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            entries.clock += 1;
            let used = entries.clock;
            let entry = entries
                .by_key
                .entry(key.to_owned())
                .or_insert_with(|| Entry { answer: Arc::default(), used });
            entry.used = used;
            Arc::clone(&entry.answer)
        };
        let answer = cell.get_or_init(compute).clone();
        self.make_room();
        answer
    }

    fn make_room(&self) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let mut size: usize = entries.by_key.iter().map(|(key, entry)| entry.size(key)).sum();
        while size > self.capacity {
            // What is being worked out is not thrown away: others wait for it.
            let oldest = entries
                .by_key
                .iter()
                .filter(|(_, entry)| entry.answer.get().is_some())
                .min_by_key(|(_, entry)| entry.used)
                .map(|(key, entry)| (key.clone(), entry.size(key)));
            let Some((key, freed)) = oldest else { break };
            entries.by_key.remove(&key);
            size -= freed;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use hyper::StatusCode;

    use super::*;

    #[test]
    fn the_oldest_answers_go_first() {
        let cache = AnswerCache::new(5000);
        let computed = AtomicUsize::new(0);
        let ask = |key: &str| {
            cache.get(key, || {
                computed.fetch_add(1, Ordering::Relaxed);
                Answer::new(StatusCode::OK, "text/plain", vec![0u8; 1000])
            });
            computed.load(Ordering::Relaxed)
        };
        assert_eq!([ask("a"), ask("b"), ask("c"), ask("a")], [1, 2, 3, 3]);
        assert_eq!([ask("d"), ask("a"), ask("b")], [4, 4, 5], "b was the oldest when d came");
    }

    #[test]
    fn equal_questions_at_once_are_answered_once() {
        let cache = AnswerCache::new(1 << 20);
        let computed = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..10 {
                scope.spawn(|| {
                    cache.get("k", || {
                        computed.fetch_add(1, Ordering::Relaxed);
                        std::thread::sleep(std::time::Duration::from_millis(20));
                        Answer::new(StatusCode::OK, "text/plain", "x")
                    })
                });
            }
        });
        assert_eq!(computed.into_inner(), 1);
    }
}
