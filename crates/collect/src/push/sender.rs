//! The thread that takes profiles and sends them.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::PushStatus;
use super::client::post;
use super::queue::{Queue, Waiting};
use super::url::Url;
use crate::cpu_profile::{self, CpuProfile};
use crate::encode;
use crate::error::whole_text;
use crate::heap::snapshot::Snapshot;
use crate::own_threads::OwnThread;
use crate::symbols::Symbols;

/// For one request, and for the last ones when it ends.
const REQUEST_TIME: Duration = Duration::from_secs(5);
const LAST_TIME: Duration = Duration::from_secs(2);

/// What is sent where.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) url: Url,
    /// Path and query, but for what differs from profile to profile.
    pub(super) target: String,
    /// Whether the target says what a profile is of.
    pub(super) has_kinds: bool,
    /// Whether the target says from when to when a profile is.
    pub(super) has_times: bool,
    /// Whether names are looked up here, as far as that is possible.
    pub(super) has_names: bool,
    pub(super) token: Option<String>,
    pub(super) every: Duration,
    pub(super) hertz: u32,
    pub(super) heap: bool,
}

/// What the thread and its owner have in common.
#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_stopped: bool,
    status: PushStatus,
}

impl Shared {
    pub(super) fn status(&self) -> PushStatus {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).status.clone()
    }

    pub(super) fn stop(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).is_stopped = true;
        self.changed.notify_all();
    }

    fn note(&self, change: impl FnOnce(&mut PushStatus)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner).status);
    }

    /// Waits until then; says whether it is to stop.
    fn wait_until(&self, time: Instant) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while !state.is_stopped {
            let Some(left) = time.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
            else {
                return false;
            };
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

/// Takes profiles and sends them until it is stopped. The first heap profile shows what was allocated since `base`.
pub(super) fn run(plan: &Plan, base: Option<Snapshot>, shared: &Shared) {
    let _own = OwnThread::enter();
    let mut sender = Sender { plan, shared, queue: Queue::default(), base, symbols: None, random: seed() };
    loop {
        let (from, end) = (SystemTime::now(), Instant::now() + plan.every);
        let capture = sender.capture();
        // What waits is sent while the next profile is being taken.
        let is_stopped = loop {
            let due = sender.queue.due(Instant::now()).unwrap_or(end).min(end);
            if shared.wait_until(due) {
                break true;
            }
            if due == end {
                break false;
            }
            sender.send(REQUEST_TIME);
        };
        sender.take(capture, from);
        if is_stopped {
            sender.queue.succeeded();
            sender.send(LAST_TIME);
            return;
        }
        if sender.queue.due(Instant::now()).is_some_and(|due| due <= Instant::now()) {
            sender.send(REQUEST_TIME);
        }
    }
}

struct Sender<'a> {
    plan: &'a Plan,
    shared: &'a Shared,
    queue: Queue,
    /// The heap when the last profile of it was taken.
    base: Option<Snapshot>,
    /// Names that were looked up before.
    symbols: Option<Symbols>,
    random: u64,
}

impl Sender<'_> {
    fn capture(&self) -> Option<CpuProfile> {
        if self.plan.hertz == 0 {
            return None;
        }
        let started = cpu_profile::cpu().hertz(self.plan.hertz).start();
        started.map_err(|error| self.shared.note(|status| status.failure = Some(whole_text(&error)))).ok()
    }

    /// Takes the profiles of what happened since `from`.
    fn take(&mut self, capture: Option<CpuProfile>, from: SystemTime) {
        let until = SystemTime::now();
        if self.plan.has_names {
            self.symbols = Symbols::renewed(self.symbols.take());
        }
        if let Some(captured) = capture.and_then(|capture| capture.captured().ok())
            && captured.counts.total() > 0
        {
            let bytes = encode::cpu(&captured, self.symbols.as_mut());
            self.add(bytes, "process_cpu", from, until);
        }
        if let Some(base) = self.base.take() {
            let now = Snapshot::take();
            let growth = now.growth_since(&base);
            if growth.rows.iter().any(|row| row.values != [0; 4]) {
                let bytes = encode::heap(&growth, false, self.symbols.as_mut());
                self.add(bytes, "memory", from, until);
            }
            self.base = Some(now);
        }
    }

    /// `kind` is the name of such profiles in stores, as Pyroscope and Parca have it.
    fn add(&mut self, bytes: Result<Vec<u8>, crate::Error>, kind: &str, from: SystemTime, until: SystemTime) {
        let body = match bytes {
            Ok(body) => body,
            Err(error) => return self.shared.note(|status| status.failure = Some(whole_text(&error))),
        };
        let mut target = self.plan.target.clone();
        if self.plan.has_kinds {
            target.push_str(&format!("&name={kind}"));
        }
        if self.plan.has_times {
            let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            target.push_str(&format!("&from={}&until={}", seconds(from), seconds(until)));
        }
        let dropped = self.queue.push(Waiting { target, body });
        self.shared.note(|status| status.dropped += dropped);
        self.count();
    }

    /// Sends what waits, until the server fails or `time` is over.
    fn send(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Some(Waiting { target, body }) = self.queue.first() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let answered = post(&self.plan.url, target, self.plan.token.as_deref(), body, left);
            let (failure, is_over, pause) = match answered {
                Ok(answer) if (200..300).contains(&answer.status) => (None, true, None),
                Ok(answer) => {
                    let is_over = !matches!(answer.status, 408 | 425 | 429 | 500..);
                    let text =
                        if answer.text.is_empty() { String::new() } else { format!(": {}", answer.text) };
                    (Some(format!("the server answers {}{text}", answer.status)), is_over, answer.retry_after)
                }
                Err(error) => (Some(error.to_string()), false, None),
            };
            if is_over {
                self.queue.pop();
                self.queue.succeeded();
            } else {
                let (random, chance) = crate::random::uniform(self.random);
                self.random = random;
                self.queue.failed(Instant::now(), pause, chance);
            }
            self.shared.note(|status| {
                if is_over {
                    *(if failure.is_none() { &mut status.sent } else { &mut status.dropped }) += 1;
                }
                status.failure = failure;
            });
            self.count();
            if !is_over {
                break;
            }
        }
    }

    fn count(&self) {
        self.shared.note(|status| status.waiting = self.queue.len());
    }
}

/// Differs between processes that start at the same time.
fn seed() -> u64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (time.as_nanos() as u64 ^ u64::from(std::process::id()) << 32) | 1
}
