//! The profiles that are open, by their handles.

use std::collections::{HashMap, VecDeque};
use std::ffi::OsString;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use hotlist_analyze::{SampleValue, Threads, View};
use hotlist_session::compare::effective_samples;
use hotlist_session::{Note, Session, SymbolReport};

use crate::kept_trees::KeptTrees;
use crate::refusal::Refusal;

/// How many profiles are open at most; the one that was not used for the longest time is closed.
const MOST: usize = 16;

/// How many closed profiles are remembered.
const REMEMBERED: usize = 100;

/// The profiles that are open.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    /// How many profiles were opened ever.
    opened: usize,
    /// Those that are open, the one that was used last at the end.
    slots: Vec<Slot>,
    /// Those that were closed last, with what they were opened from.
    closed: VecDeque<(String, OsString)>,
}

/// A profile that is open or being opened.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    /// `p1`, `p2` and so on.
    pub(crate) handle: String,
    /// What it was opened from.
    pub(crate) source: OsString,
    /// The profile, once it is there; who needs it meanwhile waits.
    pub(crate) cell: Arc<OnceLock<Result<Arc<Opened>, Refusal>>>,
}

/// A profile that is open.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) handle: String,
    /// What people call it: the name of its file without folders.
    pub(crate) name: String,
    pub(crate) session: Session,
    /// What was told when it was loaded.
    pub(crate) notes: Vec<Note>,
    /// Where symbols were looked for.
    pub(crate) symbols: Vec<SymbolReport>,
    /// The number of samples, by sample type.
    samples: Mutex<HashMap<usize, Samples>>,
    trees: Mutex<KeptTrees>,
}

/// How many samples stand behind some values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Samples {
    /// Their number. Where they differ in weight, how many equal ones would say as much.
    pub(crate) count: u64,
    /// Whether the values are known as well as such a number says; otherwise it is that of the records alone.
    pub(crate) is_of_lots: bool,
}

impl Samples {
    /// Those that are selected.
    pub(crate) fn of(view: &View<'_>) -> Samples {
        match effective_samples(view) {
            Some(count) => Samples { count: count.round() as u64, is_of_lots: true },
            None => Samples { count: view.samples().count() as u64, is_of_lots: false },
        }
    }

    /// By how many percentage points a share may be off, at worst, with 95 % confidence: that of one half.
    pub(crate) fn margin(self) -> f64 {
        98.0 / (self.count.max(1) as f64).sqrt()
    }
}

impl Opened {
    pub(crate) fn new(handle: &str, name: String, session: Session) -> Opened {
        Opened {
            handle: handle.to_owned(),
            name,
            session,
            notes: Vec::new(),
            symbols: Vec::new(),
            samples: Mutex::default(),
            trees: Mutex::default(),
        }
    }

    /// The call trees that were asked for last.
    pub(crate) fn trees(&self) -> MutexGuard<'_, KeptTrees> {
        self.trees.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All samples of a sample type.
    pub(crate) fn samples(&self, column: usize) -> Samples {
        let mut known = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry(column).or_insert_with(|| {
            let value = SampleValue { column, mean: false };
            let view = View::new(self.session.profile(), value, Threads::ONE, &mut Vec::new());
            view.map_or(Samples { count: 0, is_of_lots: false }, |view| Samples::of(&view))
        })
    }
}

impl Shelf {
    /// Room for a profile from `source`.
    pub(crate) fn add(&mut self, source: OsString) -> Slot {
        self.opened += 1;
        let slot = Slot { handle: format!("p{}", self.opened), source, cell: Arc::default() };
        self.slots.push(slot.clone());
        if self.slots.len() > MOST {
            let Slot { handle, source, .. } = self.slots.remove(0);
            self.closed.push_back((handle, source));
            if self.closed.len() > REMEMBERED {
                self.closed.pop_front();
            }
        }
        slot
    }

    /// Forgets a profile that could not be opened.
    pub(crate) fn remove(&mut self, handle: &str) {
        self.slots.retain(|slot| slot.handle != handle);
    }

    /// The profile with this handle, or the one that was used last.
    pub(crate) fn get(&mut self, handle: Option<&str>) -> Result<Slot, Refusal> {
        let row = match handle {
            None => self.slots.len().checked_sub(1),
            Some(handle) => self.slots.iter().position(|slot| slot.handle == handle),
        };
        if let Some(row) = row {
            let slot = self.slots.remove(row);
            self.slots.push(slot.clone());
            return Ok(slot);
        }
        let Some(handle) = handle else {
            return Err(Refusal::new("no profile is open: call open with its file or address as source"));
        };
        let closed = self.closed.iter().find(|(closed, _)| closed == handle);
        Err(Refusal::new(match closed {
            Some((_, source)) => format!(
                "profile {handle} was closed, since {MOST} others were used after it: open {} again",
                source.to_string_lossy()
            ),
            None => format!("there is no profile {handle:?}; {}", self.told()),
        }))
    }

    /// The profiles that are open, in the order in which they were opened.
    pub(crate) fn slots(&self) -> Vec<Slot> {
        let mut slots = self.slots.clone();
        slots.sort_by_key(|slot| slot.handle[1..].parse::<usize>().unwrap_or(0));
        slots
    }

    fn told(&self) -> String {
        let handles: Vec<String> = self.slots().into_iter().map(|slot| slot.handle).collect();
        if handles.is_empty() {
            "none is open: call open".to_owned()
        } else {
            format!("open are {}", handles.join(", "))
        }
    }
}
