//! All series of a tenant, in memory: what labels lead to.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::columns::Columns;
use crate::table::series;
use crate::{Labels, Matcher, ProfileType, Range, Selector};

/// All series of a tenant.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    series: FxHashMap<i64, Series>,
    memory: usize,
}

/// One series.
#[derive(Debug)]
pub(crate) struct Series {
    pub labels: Labels,
    pub profile_type: ProfileType,
    /// The days since 1970 on which it has profiles, sorted.
    days: Vec<i32>,
}

impl Series {
    fn is_in(&self, range: Range) -> bool {
        let days = range.days();
        let first = self.days.partition_point(|day| day < days.start());
        self.days.get(first).is_some_and(|day| day <= days.end())
    }
}

/// The series that a question is about.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    pub ids: FxHashSet<i64>,
    /// The services all of whose series of this type are in it.
    pub whole_services: FxHashSet<String>,
    /// The services of which at least one series is in it.
    pub services: FxHashSet<String>,
    pub profile_type: String,
}

impl Catalog {
    pub fn len(&self) -> usize {
        self.series.len()
    }

    /// Heap bytes held, roughly.
    pub fn memory(&self) -> usize {
        self.memory
    }

    pub fn get(&self, id: i64) -> Option<&Series> {
        self.series.get(&id)
    }

    pub fn contains(&self, id: i64) -> bool {
        self.series.contains_key(&id)
    }

    /// Adds a day to a series, which may be new.
    pub fn add(&mut self, id: i64, labels: &Labels, profile_type: &ProfileType, day: i32) {
        let memory = &mut self.memory;
        let series = self.series.entry(id).or_insert_with(|| {
            *memory += labels.memory() + 300;
            Series { labels: labels.clone(), profile_type: profile_type.clone(), days: Vec::new() }
        });
        if let Err(place) = series.days.binary_search(&day) {
            series.days.insert(place, day);
        }
    }

    /// Adds what a file of the table `series` holds.
    pub fn add_rows(&mut self, rows: &Columns, day: i32) {
        for row in 0..rows.len() {
            let text = String::from_utf8_lossy(rows.texts(series::PROFILE_TYPE).get(row)).into_owned();
            let Ok(profile_type) = text.parse() else { continue };
            let list = rows.lists(series::LABELS);
            let pair = |at| {
                let text = |element: usize| String::from_utf8_lossy(list.texts(element).get(at)).into_owned();
                (text(0), text(1))
            };
            let labels: Labels = list.range(row).map(pair).collect();
            self.add(rows.longs(series::ID)[row], &labels, &profile_type, day);
        }
    }

    /// Forgets the days before `day`, and the series that have no other.
    pub fn forget_before(&mut self, day: i32) {
        let memory = &mut self.memory;
        self.series.retain(|_, series| {
            series.days.retain(|&known| known >= day);
            if series.days.is_empty() {
                *memory = memory.saturating_sub(series.labels.memory() + 300);
            }
            !series.days.is_empty()
        });
    }

    /// The series with profiles on the days of `range`.
    pub fn in_range(&self, range: Range) -> impl Iterator<Item = (i64, &Series)> {
        let series = self.series.iter().map(|(&id, series)| (id, series));
        series.filter(move |(_, series)| series.is_in(range))
    }

    pub fn select(&self, selector: &Selector, range: Range) -> Selection {
        let mut selection =
            Selection { profile_type: selector.profile_type.to_string(), ..Selection::default() };
        let mut parts = FxHashSet::default();
        for (id, series) in &self.series {
            if series.profile_type != selector.profile_type {
                continue;
            }
            let service = series.labels.service();
            if series.is_in(range) && Matcher::accept_all(&selector.matchers, &series.labels) {
                selection.ids.insert(*id);
                selection.services.insert(service.to_owned());
            } else {
                parts.insert(service);
            }
        }
        let whole = selection.services.iter().filter(|service| !parts.contains(service.as_str()));
        selection.whole_services = whole.cloned().collect();
        selection
    }
}
