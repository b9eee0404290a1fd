//! Profiles that wait for the server.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// So many may wait, with so many bytes in all; the oldest ones go first.
const MOST: usize = 64;
const MOST_BYTES: usize = 16 << 20;

/// The first pause after a failure, and the longest one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// One request to come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Waiting {
    /// Path and query.
    pub(super) target: String,
    /// The compressed profile.
    pub(super) body: Vec<u8>,
}

/// The profiles that wait, oldest first, and when the server is asked again.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    failures: u32,
    not_before: Option<Instant>,
}

impl Queue {
    /// Adds a profile; says how many others had to go for it.
    pub(super) fn push(&mut self, waiting: Waiting) -> u64 {
        self.bytes += waiting.body.len();
        self.waiting.push_back(waiting);
        let mut dropped = 0;
        while self.waiting.len() > MOST || self.bytes > MOST_BYTES {
            self.pop();
            dropped += 1;
        }
        dropped
    }

    /// The oldest one.
    pub(super) fn first(&self) -> Option<&Waiting> {
        self.waiting.front()
    }

    /// Takes the oldest one out.
    pub(super) fn pop(&mut self) {
        if let Some(gone) = self.waiting.pop_front() {
            self.bytes -= gone.body.len();
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// When the server may be asked next; `None` when there is nothing to ask for.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        (!self.waiting.is_empty()).then(|| self.not_before.unwrap_or(now))
    }

    /// The server has answered.
    pub(super) fn succeeded(&mut self) {
        (self.failures, self.not_before) = (0, None);
    }

    /// It has not, or asks for a pause. `chance` is between 0 and 1: programs that lost their server at the same
    /// moment do not all come back at the same moment.
    pub(super) fn failed(&mut self, now: Instant, asked: Option<Duration>, chance: f64) {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(6)).min(LONGEST_PAUSE);
        let pause = pause.mul_f64(0.5 + chance / 2.0).max(asked.unwrap_or_default().min(LONGEST_PAUSE * 5));
        self.failures += 1;
        self.not_before = Some(now + pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(size: usize) -> Waiting {
        Waiting { target: String::new(), body: vec![7; size] }
    }

    #[test]
    fn the_oldest_ones_go_when_there_are_too_many() {
        let mut queue = Queue::default();
        let dropped: u64 = (0..MOST + 5).map(|size| queue.push(waiting(size))).sum();
        assert_eq!((dropped, queue.len()), (5, MOST));
        assert_eq!(queue.first().unwrap().body.len(), 5);
        assert_eq!(queue.push(waiting(MOST_BYTES)), MOST as u64);
        assert_eq!((queue.len(), queue.bytes), (1, MOST_BYTES));
        assert_eq!(queue.push(waiting(MOST_BYTES + 1)), 2, "one that is too large by itself");
        assert_eq!((queue.len(), queue.bytes), (0, 0));
    }

    #[test]
    fn pauses_double_up_to_a_minute() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        assert_eq!(queue.due(now), None);
        queue.push(waiting(1));
        assert_eq!(queue.due(now), Some(now));
        let mut pauses = Vec::new();
        for _ in 0..9 {
            queue.failed(now, None, 1.0);
            pauses.push((queue.due(now).unwrap() - now).as_secs());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        queue.failed(now, Some(Duration::from_secs(100)), 0.0);
        assert_eq!(queue.due(now).unwrap() - now, Duration::from_secs(100));
        queue.succeeded();
        queue.failed(now, None, 0.0);
        assert_eq!(queue.due(now).unwrap() - now, Duration::from_millis(500));
    }
}
