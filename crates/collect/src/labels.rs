//! Words that a program says about what a thread is doing, kept with every sample that it takes.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::collections::HashSet;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use crate::countdown::Unsampled;
use crate::fork::{self, Hook, Rank};
use crate::store::{Index, mix};
use crate::sys::{Column, Lock};

/// More different sets than this are not remembered; values of keys with many of them are left out first.
const SETS: usize = 1 << 14;

/// Sets beyond this number must do without values of keys that have many.
const SETS_WITH_ALL: usize = SETS / 4 * 3;

/// A key may have this many values; those that come later are shown as one.
const VALUES: usize = 1024;

/// And this many when sets run out.
const FEW_VALUES: usize = 16;

/// More keys than this are not told apart in the count of their values.
const KEYS: usize = 64;

/// What is shown in place of values for which there is no room.
const TOO_MANY_VALUES: &str = "[too many]";

/// The number of the set without labels.
const NONE: u32 = 0;
/// The number of the set that stands for those for which there was no room.
const TOO_MANY: u32 = 1;
/// The number of the first set in the table.
const FIRST: u32 = 2;

thread_local! {
    /// The set of this thread. Constant at first and never dropped, so that reading it in a handler or an
    /// allocator does nothing else.
    static CURRENT: Cell<u32> = const { Cell::new(NONE) };
}

/// Whether any thread ever had labels. Until then handlers do not touch [`CURRENT`], which in a library
/// that was loaded late may have to be allocated.
static IS_USED: AtomicBool = AtomicBool::new(false);

static TABLE: Lock<Table> =
    Lock::new(Table { sets: Column::empty(), index: Index::empty(), keys: [None; KEYS] });

/// Sets live for ever, so their numbers stay valid.
struct Table {
    sets: Column<&'static Set>,
    index: Index,
    /// The values that each key has had.
    keys: [Option<&'static Key>; KEYS],
}

/// A key of labels, and how many values it has had.
struct Key {
    name: String,
    values: Lock<HashSet<String>>,
    /// Whether values were left out.
    is_flooded: AtomicBool,
}

struct Set {
    hash: u64,
    /// In the order of their keys, which are different.
    pairs: Vec<(String, String)>,
}

/// A set of labels: keys with one value each. A number, so it can be copied and sent for nothing.
///
/// Every different set is remembered for good, so values should be of a kind with few different ones: a
/// route, a tenant, not the number of a request. After 1024 values of one key its further ones are shown as
/// `[too many]`, and after 16 384 sets those of keys with many values; other keys keep theirs, and a comment of the
/// profile names the key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Labels {
    number: u32,
}

impl Labels {
    /// The set without labels.
    pub const fn none() -> Labels {
        Labels { number: NONE }
    }

    /// The labels of the calling thread.
    pub fn current() -> Labels {
        Labels { number: current() }
    }

    /// This set with these labels added, in place of those with the same keys.
    #[must_use]
    pub fn with(self, pairs: &[(&str, &str)]) -> Labels {
        let _quiet = Unsampled::enter();
        let mut all = self.pairs();
        for &(key, value) in pairs {
            match all.iter_mut().find(|(known, _)| known == key) {
                Some((_, known)) => value.clone_into(known),
                None => all.push((key.to_owned(), value.to_owned())),
            }
        }
        all.sort_unstable();
        Labels { number: number_of(&mut all) }
    }

    /// Keys and values, in the order of the keys.
    pub fn pairs(self) -> Vec<(String, String)> {
        let _quiet = Unsampled::enter();
        match self.number {
            NONE => Vec::new(),
            TOO_MANY => vec![("labels".to_owned(), TOO_MANY_VALUES.to_owned())],
            number => {
                // The set is found under the lock and copied outside, because nothing may be allocated
                // there.
                let set = TABLE.hold().sets.get((number - FIRST) as usize).copied();
                set.map(|set| set.pairs.clone()).unwrap_or_default()
            }
        }
    }

    /// Makes these the labels of the calling thread as long as the answer lives.
    #[must_use = "the labels are taken away when this is dropped"]
    pub fn enter(self) -> EnteredLabels {
        if self.number != NONE {
            IS_USED.store(true, Ordering::Relaxed);
        }
        EnteredLabels { before: CURRENT.replace(self.number), not_send: PhantomData }
    }
}

/// Labels that a thread has; see [`Labels::enter`].
#[derive(Debug)]
pub struct EnteredLabels {
    before: u32,
    /// Belongs to its thread.
    not_send: PhantomData<*const ()>,
}

impl Drop for EnteredLabels {
    fn drop(&mut self) {
        CURRENT.set(self.before);
    }
}

/// Calls `what` with these labels added to those of the calling thread.
///
/// ```
/// let sum = hotlist_collect::with_labels(&[("tenant", "acme")], || (0..10).sum::<u32>());
/// assert_eq!(sum, 45);
/// ```
pub fn with_labels<R>(pairs: &[(&str, &str)], what: impl FnOnce() -> R) -> R {
    let _entered = Labels::current().with(pairs).enter();
    what()
}

/// Labels for futures.
pub trait FutureExt: Future + Sized {
    /// This future, whose thread has these labels whenever it is polled, and no others of the program's.
    fn with_labels(self, labels: Labels) -> WithLabels<Self> {
        WithLabels { future: self, labels }
    }
}

impl<F: Future> FutureExt for F {}

/// A future with labels; see [`FutureExt::with_labels`].
#[derive(Debug)]
#[must_use = "futures do nothing unless they are polled"]
pub struct WithLabels<F> {
    future: F,
    labels: Labels,
}

impl<F: Future> Future for WithLabels<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _entered = self.labels.enter();
        // SAFETY: the inner future is pinned when the outer one is: it is never moved out, and this type
        // has no destructor of its own.
        unsafe { self.map_unchecked_mut(|with| &mut with.future) }.poll(context)
    }
}

/// The number of the set of labels of the calling thread.
pub(crate) fn current() -> u32 {
    CURRENT.get()
}

/// The same, for signal handlers.
pub(crate) fn current_in_handler() -> u32 {
    if IS_USED.load(Ordering::Relaxed) { CURRENT.get() } else { NONE }
}

/// The set with this number.
pub(crate) fn of_number(number: u32) -> Labels {
    Labels { number }
}

static HOOK: Hook = Hook { hold: || TABLE.take(), release: || TABLE.give_back(), in_child: || () };

/// The number of a set in the order of its keys. What there is no room for is left out of it, the values of
/// keys with many of them first.
fn number_of(pairs: &mut [(String, String)]) -> u32 {
    if pairs.is_empty() {
        return NONE;
    }
    fork::register(Rank::Labels, &HOOK);
    if let Some(number) = find(pairs) {
        return number;
    }
    bound(pairs, VALUES);
    if TABLE.hold().sets.len() >= SETS_WITH_ALL {
        bound(pairs, FEW_VALUES);
    }
    intern(pairs)
}

/// Leaves out new values of keys that have had `most` of them.
fn bound(pairs: &mut [(String, String)], most: usize) {
    for (name, value) in pairs {
        let Some(key) = key(name) else { continue };
        // Nothing of the program runs while this lock is held, and no other lock is taken.
        let mut values = key.values.hold();
        let is_known = values.contains(value.as_str());
        let has_room = values.len() < most;
        let place = values.len();
        if !is_known && has_room {
            values.insert(value.clone());
        } else if !is_known || place > most {
            drop(values);
            key.is_flooded.store(true, Ordering::Relaxed);
            TOO_MANY_VALUES.clone_into(value);
        }
    }
}

/// What is known of a key; `None` when there are too many keys.
fn key(name: &str) -> Option<&'static Key> {
    let find = |table: &Table| table.keys.iter().flatten().find(|key| key.name == name).copied();
    if let Some(key) = find(&TABLE.hold()) {
        return Some(key);
    }
    let new = Box::into_raw(Box::new(Key {
        name: name.to_owned(),
        values: Lock::new(HashSet::new()),
        is_flooded: AtomicBool::new(false),
    }));
    let placed = {
        let mut table = TABLE.hold();
        let known = find(&table);
        match table.keys.iter_mut().find(|place| place.is_none()).filter(|_| known.is_none()) {
            // SAFETY: the key was just made, and lives for good when it is in the table.
            Some(place) => Ok(*place.insert(unsafe { &*new })),
            None => Err(known),
        }
    };
    placed.map_or_else(
        |known| {
            // SAFETY: the key is not in the table, so nothing else knows it.
            drop(unsafe { Box::from_raw(new) });
            known
        },
        Some,
    )
}

/// Which values were left out, in words for readers of profiles.
pub(crate) fn notes() -> Vec<String> {
    let keys = TABLE.hold().keys;
    let flooded = keys.into_iter().flatten().filter(|key| key.is_flooded.load(Ordering::Relaxed));
    flooded
        .map(|key| {
            format!("the label {} has had too many values: others are shown as {TOO_MANY_VALUES}", key.name)
        })
        .collect()
}

fn hash_of(pairs: &[(String, String)]) -> u64 {
    let bytes = pairs.iter().flat_map(|(key, value)| [key.as_bytes(), b"\0", value.as_bytes(), b"\0"]);
    bytes.flatten().fold(0, |hash, &byte| mix(hash ^ u64::from(byte)))
}

/// The number of a set that is known.
fn find(pairs: &[(String, String)]) -> Option<u32> {
    TABLE.hold().find(hash_of(pairs), pairs).map(|row| row + FIRST)
}

fn intern(pairs: &[(String, String)]) -> u32 {
    if let Some(number) = find(pairs) {
        return number;
    }
    let hash = hash_of(pairs);
    // Allocated outside of the lock, and given back there too when another thread was faster.
    let set = Box::into_raw(Box::new(Set { hash, pairs: pairs.to_vec() }));
    let row = {
        let mut table = TABLE.hold();
        if table.sets.capacity() == 0 {
            table.sets = Column::with_capacity(SETS);
            table.index = Index::with_capacity(SETS);
        }
        match table.find(hash, pairs) {
            Some(row) => Err(Some(row)),
            // SAFETY: the set was just made, and lives for good when it is in the table.
            None => table.add(unsafe { &*set }).ok_or(None),
        }
    };
    match row {
        Ok(row) => row + FIRST,
        Err(known) => {
            // SAFETY: the set is not in the table, so nothing else knows it.
            drop(unsafe { Box::from_raw(set) });
            known.map_or(TOO_MANY, |row| row + FIRST)
        }
    }
}

impl Table {
    fn find(&self, hash: u64, pairs: &[(String, String)]) -> Option<u32> {
        let is_it = |row: u32| {
            let set = self.sets[row as usize];
            set.hash == hash && set.pairs == pairs
        };
        self.index.find(hash, is_it)
    }

    fn add(&mut self, set: &'static Set) -> Option<u32> {
        let row = u32::try_from(self.sets.len()).ok()?;
        let sets = &self.sets;
        if !self.index.make_room(1, |row| sets[row as usize].hash) || !self.sets.push(set) {
            return None;
        }
        self.index.insert(set.hash, row);
        Some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In one test, because all of a program share the table.
    #[test]
    fn a_flood_of_one_key_leaves_the_others_alone() {
        let value_of = |labels: Labels, wanted: &str| {
            let found = labels.pairs().into_iter().find(|(key, _)| key == wanted);
            found.map(|(_, value)| value).unwrap_or_default()
        };
        for number in 0..20_000 {
            let trace = format!("{number:032x}");
            let labels = Labels::none().with(&[("flood", &trace), ("tenant of the flood", "acme")]);
            assert_eq!(value_of(labels, "tenant of the flood"), "acme");
            let expected = if number < VALUES { &trace } else { TOO_MANY_VALUES };
            assert_eq!(value_of(labels, "flood"), expected);
        }
        let later = Labels::none().with(&[("tenant after the flood", "other")]);
        assert_eq!(value_of(later, "tenant after the flood"), "other");
        let notes = notes();
        assert!(notes.iter().any(|note| note.contains("the label flood has")), "{notes:?}");
        assert!(!notes.iter().any(|note| note.contains("tenant")), "{notes:?}");
    }

    #[test]
    fn equal_sets_have_one_number() {
        let one = Labels::none().with(&[("b", "2"), ("a", "1")]);
        let same = Labels::none().with(&[("a", "0")]).with(&[("b", "2"), ("a", "1")]);
        assert_eq!(one, same);
        assert_eq!(one.pairs(), [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())]);
        assert_ne!(one, one.with(&[("a", "3")]));
        assert_eq!(Labels::none().with(&[]), Labels::none());
        assert_eq!(Labels::none().pairs(), []);
    }

    #[test]
    fn labels_come_and_go_with_the_scope() {
        assert_eq!(Labels::current(), Labels::none());
        let outer = Labels::none().with(&[("outer", "1")]);
        with_labels(&[("outer", "1")], || {
            assert_eq!(Labels::current(), outer);
            with_labels(&[("inner", "2")], || {
                assert_eq!(Labels::current(), outer.with(&[("inner", "2")]));
                assert_eq!(current_in_handler(), current());
            });
            let caught = std::panic::catch_unwind(|| with_labels(&[("x", "y")], || panic!("on purpose")));
            assert!(caught.is_err());
            assert_eq!(Labels::current(), outer);
        });
        assert_eq!(Labels::current(), Labels::none());
    }

    #[test]
    fn a_future_has_its_labels_only_while_it_is_polled() {
        let labels = Labels::none().with(&[("task", "7")]);
        let mut seen = Vec::new();
        let mut polls = 0;
        let future = std::future::poll_fn(|_| {
            seen.push(Labels::current());
            polls += 1;
            if polls == 3 { Poll::Ready(()) } else { Poll::Pending }
        });
        let mut future = std::pin::pin!(future.with_labels(labels));
        let mut context = Context::from_waker(std::task::Waker::noop());
        while future.as_mut().poll(&mut context).is_pending() {
            assert_eq!(Labels::current(), Labels::none());
        }
        assert_eq!(seen, [labels; 3]);
    }
}
