//! The profiles that are served: all together, one of them, or two compared.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use hotlist_profile::{Merger, Profile};
use hotlist_session::Session;
use serde::Serialize;

use crate::query::Query;

/// Sessions of chosen profiles that are kept beside the one of all together: each holds a copy.
const KEPT: usize = 3;

/// One of several profiles.
#[derive(Debug)]
pub struct Part {
    /// What people call it, such as the name of its file.
    pub name: String,
    /// The profile.
    pub profile: Profile,
}

/// Makes the session of a profile: how many threads look at it and where its machine code is.
type Open = Box<dyn Fn(Profile) -> Session + Send + Sync>;

/// The profiles of a server.
pub struct Profiles {
    whole: Arc<Opened>,
    parts: Vec<Part>,
    open: Option<Open>,
    /// Those that were asked for last, the latest at the end.
    kept: Mutex<Vec<(Selection, Arc<Opened>)>>,
}

impl fmt::Debug for Profiles {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Profiles").field("whole", &self.whole).finish_non_exhaustive()
    }
}

/// What an address asks for: rows of the parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    /// `None` for all together.
    profile: Option<usize>,
    base: Option<usize>,
}

/// A profile that is looked at.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) session: Session,
    /// What the page calls it.
    pub(crate) name: String,
    /// What it is compared with.
    pub(crate) base: Option<BaseFacts>,
}

/// What is told of the other side of a comparison.
#[derive(Debug, Clone, Serialize)]
pub struct BaseFacts {
    /// What people call it.
    pub name: String,
    /// The sum of its values, for each sample type.
    pub totals: Vec<i64>,
    /// Nanoseconds since the Unix epoch; 0 when unknown.
    pub time_nanos: i64,
    /// Nanoseconds; 0 when unknown.
    pub duration_nanos: i64,
}

impl BaseFacts {
    /// The facts of a profile that was not scaled yet.
    pub fn of(name: &str, profile: &Profile) -> BaseFacts {
        let total = |column| {
            let samples = &profile.samples;
            samples.ids().fold(0i64, |sum, id| sum.saturating_add(samples.value(id, column).saturating_abs()))
        };
        BaseFacts {
            name: name.to_owned(),
            totals: (0..profile.sample_types.len()).map(total).collect(),
            time_nanos: profile.time_nanos,
            duration_nanos: profile.duration_nanos,
        }
    }
}

impl Profiles {
    /// One profile, or several that are shown together only.
    pub fn one(session: Session, name: &str) -> Profiles {
        let whole = Arc::new(Opened { session, name: name.to_owned(), base: None });
        Profiles { whole, parts: Vec::new(), open: None, kept: Mutex::default() }
    }

    /// Several profiles, to be looked at together, one by one and in comparison. With `bases` the page begins with a
    /// comparison of all `parts` with all of these.
    ///
    /// # Errors
    /// When they do not fit together.
    pub fn several(
        parts: Vec<Part>,
        bases: Vec<Part>,
        open: impl Fn(Profile) -> Session + Send + Sync + 'static,
    ) -> Result<Profiles, hotlist_session::Error> {
        let together = |parts: &[Part]| merged(parts.iter().map(|part| part.profile.clone()));
        let mut profile = together(&parts)?;
        let mut base = None;
        if !bases.is_empty() {
            let other = together(&bases)?;
            base = Some(BaseFacts::of(&name_of(&bases), &other));
            profile = compared(profile, other)?;
        }
        let whole = Arc::new(Opened { session: open(profile), name: name_of(&parts), base });
        let parts = parts.into_iter().chain(bases).collect();
        Ok(Profiles { whole, parts, open: Some(Box::new(open)), kept: Mutex::default() })
    }

    /// The names of the profiles that can be chosen; none where there is but one.
    pub(crate) fn names(&self) -> Vec<&str> {
        if self.parts.len() < 2 {
            Vec::new()
        } else {
            self.parts.iter().map(|part| part.name.as_str()).collect()
        }
    }

    /// What a query asks for.
    ///
    /// # Errors
    /// In words, when there is no such profile or two do not fit together.
    pub(crate) fn chosen(&self, query: &Query) -> Result<Arc<Opened>, String> {
        let row = |key: &str| match query.get(key) {
            None => Ok(None),
            Some(text) => match text.parse::<usize>() {
                Ok(number) if (1..=self.names().len()).contains(&number) => Ok(Some(number - 1)),
                _ => Err(format!("{key}: must be a number up to {}", self.names().len())),
            },
        };
        let selection = Selection { profile: row("profile")?, base: row("base")? };
        let Some(open) = self.open.as_ref().filter(|_| selection != Selection::default()) else {
            return Ok(Arc::clone(&self.whole));
        };
        // Who asks for the same meanwhile waits for it.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let opened = match kept.iter().position(|(other, _)| *other == selection) {
            Some(row) => kept.remove(row).1,
            None => Arc::new(self.make(selection, open).map_err(|error| error.to_string())?),
        };
        kept.push((selection, Arc::clone(&opened)));
        if kept.len() > KEPT {
            kept.remove(0);
        }
        Ok(opened)
    }

    fn make(&self, selection: Selection, open: &Open) -> Result<Opened, hotlist_session::Error> {
        let (mut profile, name) = match selection.profile {
            Some(row) => (self.parts[row].profile.clone(), self.parts[row].name.clone()),
            None => (merged(self.parts.iter().map(|part| part.profile.clone()))?, name_of(&self.parts)),
        };
        let base = selection.base.map(|row| &self.parts[row]);
        if let Some(part) = base {
            profile = compared(profile, part.profile.clone())?;
        }
        let base = base.map(|part| BaseFacts::of(&part.name, &part.profile));
        Ok(Opened { session: open(profile), name, base })
    }
}

/// What people call some profiles together.
fn name_of(parts: &[Part]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.name.clone(),
        [first, rest @ ..] => format!("{} and {} more", first.name, rest.len()),
    }
}

fn merged(profiles: impl IntoIterator<Item = Profile>) -> Result<Profile, hotlist_session::Error> {
    let mut merger = Merger::of_several();
    for profile in profiles {
        merger.add(profile)?;
    }
    Ok(merger.finish()?.unwrap_or_default())
}

/// A profile from which another one is taken, so that both sides can be told apart.
fn compared(profile: Profile, mut base: Profile) -> Result<Profile, hotlist_session::Error> {
    base.mark_as_base();
    base.scale(-1.0);
    merged([profile, base])
}
