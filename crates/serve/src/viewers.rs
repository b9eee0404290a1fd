//! Merged profiles that people look at, kept for the next question to the same ones.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use hotlist_profile::Profile;
use hotlist_session::{Part, Profiles, Session, SourceFiles, ViewOptions};
use hotlist_store::{Range, Tenant};
use hotlist_web::Viewer;

use crate::failure::Failure;
use crate::server::Shared;
use crate::short_type::selector;

/// The most that are kept.
const KEPT: usize = 8;

/// What is merged: a selector as it was asked for, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selected {
    pub(crate) selector: String,
    pub(crate) range: Range,
}

impl Selected {
    /// The merged profile.
    pub(crate) fn merge(&self, shared: &Shared, tenant: &Tenant) -> Result<Profile, Failure> {
        let selector = selector(&shared.store, tenant, &self.selector, self.range)?;
        Ok(shared.store.merge(tenant, &selector, self.range)?)
    }

    fn part(&self, shared: &Shared, tenant: &Tenant) -> Result<Part, Failure> {
        let time = |nanos: i64| {
            let time = jiff::Timestamp::from_nanosecond(nanos.into()).unwrap_or_default();
            time.strftime("%F %T").to_string()
        };
        let selector = self.selector.trim_end_matches("{}");
        let name = format!("{selector} from {} to {} UTC", time(self.range.from), time(self.range.to));
        Ok(Part { name, profile: self.merge(shared, tenant)? })
    }
}

/// One profile, or two that are compared, of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) tenant: Tenant,
    pub(crate) selected: Selected,
    pub(crate) base: Option<Selected>,
}

/// Those that were asked for last.
#[derive(Debug)]
pub(crate) struct Viewers {
    /// How many bytes they may hold together.
    most: u64,
    /// The latest at the end.
    kept: Mutex<Vec<(Shown, Arc<Viewer>)>>,
}

impl Viewers {
    pub(crate) fn new(most: u64) -> Viewers {
        Viewers { most, kept: Mutex::default() }
    }

    /// The page of what is shown.
    ///
    /// # Errors
    /// When it cannot be merged.
    pub(crate) fn open(&self, shared: &Shared, shown: &Shown) -> Result<Arc<Viewer>, Failure> {
        if let Some(viewer) = self.find(shown) {
            return Ok(viewer);
        }
        let viewer = Arc::new(make(shared, shown)?);
        // What has not ended yet will have more profiles in it the next time.
        if shown.selected.range.to < crate::moment::now() {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push((shown.clone(), Arc::clone(&viewer)));
            let size = |kept: &[(Shown, Arc<Viewer>)]| {
                kept.iter().map(|(_, viewer)| viewer.memory() as u64).sum::<u64>()
            };
            while kept.len() > KEPT || size(&kept) > self.most {
                kept.remove(0);
            }
        }
        Ok(viewer)
    }

    fn find(&self, shown: &Shown) -> Option<Arc<Viewer>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let row = kept.iter().position(|(other, _)| other == shown)?;
        let found = kept.remove(row);
        let viewer = Arc::clone(&found.1);
        kept.push(found);
        Some(viewer)
    }
}

fn make(shared: &Shared, shown: &Shown) -> Result<Viewer, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Internal(error.to_string());
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let part = shown.selected.part(shared, &shown.tenant)?;
    let mut bases =
        shown.base.iter().map(|base| base.part(shared, &shown.tenant)).collect::<Result<Vec<_>, _>>()?;
    for (base, Part { name, profile }) in shown.base.iter().zip(&mut bases) {
        // What a longer time has more of is no difference.
        let ratio = shown.selected.range.nanos() / base.range.nanos();
        if ratio.is_finite() && (ratio - 1.0).abs() > 0.001 {
            profile.scale(ratio);
            *name += &format!(", multiplied by {ratio:.3}");
        }
    }
    let profiles = Profiles::several(vec![part], bases, move |profile| Session::new(profile, threads))
        .map_err(|error| Failure::Bad(error.to_string()))?;
    let site = hotlist_web::Site {
        options: ViewOptions::default(),
        // Programs that are measured have their source elsewhere.
        source: SourceFiles::new(&[], &[], Path::new("/"), |_| None).only_below_roots(),
        settings: None,
        open_file: None,
        page_folder: None,
    };
    Viewer::new(profiles, site, shared.hosts.clone()).map_err(|error| failed(&error))
}
