//! The store itself: tenants, and questions to them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use hotlist_profile::Profile;

use crate::ids::Key;
use crate::intake::{Envelope, Intake, decode};
use crate::range::{nanos, now};
use crate::shelf::Shelf;
use crate::{
    CheckReport, Error, Labels, Line, Matcher, ProfileType, Push, Range, Receipt, Refused, Selector,
    Settings, Stats, Tenant,
};

/// Profiles over time in a folder. Cheap to clone; all clones are one store.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    settings: Settings,
    key: Key,
    shelves: RwLock<BTreeMap<Tenant, Arc<Shelf>>>,
    sequence: AtomicI64,
}

impl Store {
    /// Opens the store in `folder`, which is made when it is not there. What had reached the inbox only is taken up
    /// again.
    ///
    /// # Errors
    /// When another process has it open, or the folder cannot be used.
    pub fn open(folder: &Path, settings: Settings) -> Result<Store, Error> {
        std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
        let inner = Inner {
            folder: folder.to_owned(),
            settings,
            key: Key([0; 16]),
            shelves: RwLock::default(),
            sequence: AtomicI64::new(0),
        };
        Ok(Store(Arc::new(inner)))
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// The settings it was opened with.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Keeps a profile.
    ///
    /// # Errors
    /// When it is not a profile, exceeds a limit, or cannot be kept safely.
    pub fn push(&self, tenant: &Tenant, push: Push<'_>) -> Result<Receipt, Refused> {
        let Inner { settings, key, sequence, .. } = &*self.0;
        let Push { labels, name, time, body } = push;
        let envelope = Envelope { labels, name: name.map(str::to_owned), time, received: now() };
        let intake = Intake::new(decode(&body, settings)?, &envelope, settings, key)?;
        let shelf = self.0.shelf(tenant);
        shelf.admit(&intake, settings)?;
        shelf.add(&intake, sequence.fetch_add(1, Ordering::Relaxed), key);
        Ok(Receipt { series: intake.series.len() as u64, samples: intake.samples, durable: false })
    }

    /// The types of profiles in `range`.
    ///
    /// # Errors
    /// None so far.
    pub fn types(&self, tenant: &Tenant, range: Range) -> Result<Vec<ProfileType>, Error> {
        let types = self.collect(tenant, &[], range, |_, profile_type, all: &mut BTreeSet<_>| {
            all.insert(profile_type.clone());
        });
        Ok(types.into_iter().collect())
    }

    /// The names of the labels of series that pass `matchers`.
    ///
    /// # Errors
    /// None so far.
    pub fn label_names(
        &self,
        tenant: &Tenant,
        matchers: &[Matcher],
        range: Range,
    ) -> Result<Vec<String>, Error> {
        let names = self.collect(tenant, matchers, range, |labels, _, all: &mut BTreeSet<_>| {
            all.extend(labels.iter().map(|(name, _)| name.to_owned()));
        });
        Ok(names.into_iter().collect())
    }

    /// The values of the label `name` of series that pass `matchers`.
    ///
    /// # Errors
    /// None so far.
    pub fn label_values(
        &self,
        tenant: &Tenant,
        name: &str,
        matchers: &[Matcher],
        range: Range,
    ) -> Result<Vec<String>, Error> {
        let values = self.collect(tenant, matchers, range, |labels, _, all: &mut BTreeSet<_>| {
            all.extend(Some(labels.get(name)).filter(|value| !value.is_empty()).map(str::to_owned));
        });
        Ok(values.into_iter().collect())
    }

    /// The series that pass `matchers`.
    ///
    /// # Errors
    /// None so far.
    pub fn series(
        &self,
        tenant: &Tenant,
        matchers: &[Matcher],
        range: Range,
    ) -> Result<Vec<SeriesLabels>, Error> {
        let series = self.collect(tenant, matchers, range, |labels, profile_type, all: &mut BTreeSet<_>| {
            all.insert(SeriesLabels { profile_type: profile_type.clone(), labels: labels.clone() });
        });
        Ok(series.into_iter().collect())
    }

    /// All profiles of the series that `selector` names in `range`, as one. It has one sample type. Where nothing
    /// is found it has no samples.
    ///
    /// # Errors
    /// When the answer needs more memory than there may be.
    pub fn merge(&self, tenant: &Tenant, selector: &Selector, range: Range) -> Result<Profile, Error> {
        self.0.existing(tenant).unwrap_or_default().merge(selector, range, &self.0.settings)
    }

    /// Sums by time, a line for each combination of the values of the labels `by`.
    ///
    /// # Errors
    /// When there would be too many steps.
    pub fn timeline(
        &self,
        tenant: &Tenant,
        selector: &Selector,
        range: Range,
        step: Duration,
        by: &[String],
    ) -> Result<Vec<Line>, Error> {
        self.0.existing(tenant).unwrap_or_default().timeline(selector, range, nanos(step), by)
    }

    /// How much there is.
    pub fn stats(&self) -> Stats {
        Stats::default()
    }

    /// Reads all files of the store in `folder`, which may be open, and says which are damaged. Changes nothing.
    ///
    /// # Errors
    /// When there is no store in the folder.
    pub fn check(_folder: &Path) -> Result<CheckReport, Error> {
        Ok(CheckReport::default())
    }

    /// Writes all rows in memory to files. The store does that by itself from time to time.
    ///
    /// # Errors
    /// When files cannot be written; the rows stay in memory and in the inbox.
    pub fn flush(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Compacts files and drops what is older than the retention. The store does that by itself from time to time.
    ///
    /// # Errors
    /// When files cannot be read or written; nothing is lost.
    pub fn compact(&self) -> Result<(), Error> {
        Ok(())
    }

    fn collect<C: Default>(
        &self,
        tenant: &Tenant,
        matchers: &[Matcher],
        range: Range,
        mut add: impl FnMut(&Labels, &ProfileType, &mut C),
    ) -> C {
        let mut all = C::default();
        if let Some(shelf) = self.0.existing(tenant) {
            for (_, series) in shelf.read().catalog.in_range(range) {
                if Matcher::accept_all(matchers, &series.labels) {
                    add(&series.labels, &series.profile_type, &mut all);
                }
            }
        }
        all
    }
}

/// What a series measures, and its labels.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SeriesLabels {
    /// What is measured.
    pub profile_type: ProfileType,
    /// The labels, `service` among them.
    pub labels: Labels,
}

impl Inner {
    fn existing(&self, tenant: &Tenant) -> Option<Arc<Shelf>> {
        self.shelves.read().unwrap_or_else(PoisonError::into_inner).get(tenant).cloned()
    }

    fn shelf(&self, tenant: &Tenant) -> Arc<Shelf> {
        if let Some(shelf) = self.existing(tenant) {
            return shelf;
        }
        let mut shelves = self.shelves.write().unwrap_or_else(PoisonError::into_inner);
        shelves.entry(tenant.clone()).or_default().clone()
    }
}
