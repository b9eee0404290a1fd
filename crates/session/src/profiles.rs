//! Several profiles to look at: all together, one of them, or two compared.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use hotlist_profile::{Merger, Profile};

use crate::error::Error;
use crate::resolve::UsageError;
use crate::session::Session;
use crate::verdicts::Verdicts;

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

/// One of the profiles among which people choose.
#[derive(Debug, Clone)]
enum Choice {
    /// What the command line names, where that is a single one.
    Whole(Arc<OpenProfile>),
    Part(Arc<Part>),
}

impl Choice {
    fn name(&self) -> &str {
        match self {
            Choice::Whole(whole) => &whole.name,
            Choice::Part(part) => &part.name,
        }
    }

    fn profile(&self) -> &Profile {
        match self {
            Choice::Whole(whole) => whole.session.profile(),
            Choice::Part(part) => &part.profile,
        }
    }
}

/// As many profiles can be [added](Profiles::add).
const MOST_ADDED: usize = 64;

/// Profiles among which people choose. Those that were chosen last are kept, each as a session.
pub struct Profiles {
    whole: Arc<OpenProfile>,
    /// Those of the command line first, then those that were added; none is ever taken out.
    choices: RwLock<Vec<Choice>>,
    /// How many of them the command line names.
    named: usize,
    open: Option<Open>,
    /// Those that were asked for last, the latest at the end.
    kept: Mutex<Vec<(Selection, Arc<OpenProfile>)>>,
}

impl fmt::Debug for Profiles {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Profiles").field("whole", &self.whole).finish_non_exhaustive()
    }
}

/// What is chosen, by rows of [`Profiles::names`]. The default is what the command line names: all together, compared
/// with the base that it gives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Selection {
    /// The profile that is shown; `None` for all together.
    pub profile: Option<usize>,
    /// What it is compared with.
    pub base: Option<usize>,
}

/// A profile that is looked at.
#[derive(Debug)]
pub struct OpenProfile {
    /// Its answers.
    pub session: Arc<Session>,
    /// What people call it.
    pub name: String,
    /// What it is compared with.
    pub base: Option<BaseFacts>,
    /// Which places really differ, where sets of runs were compared.
    pub verdicts: Option<Arc<Verdicts>>,
}

impl OpenProfile {
    /// What people call it and what it is compared with, in one line.
    pub fn title(&self) -> String {
        match &self.base {
            Some(base) => format!("{} against {}", self.name, base.name),
            None => self.name.clone(),
        }
    }
}

/// What is told of the other side of a comparison.
#[derive(Debug, Clone)]
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
    fn of(name: &str, profile: &Profile) -> BaseFacts {
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
    pub fn one(session: Arc<Session>, name: &str) -> Profiles {
        let whole = Arc::new(OpenProfile { session, name: name.to_owned(), base: None, verdicts: None });
        let choices = RwLock::new(vec![Choice::Whole(Arc::clone(&whole))]);
        Profiles { whole, choices, named: 1, open: None, kept: Mutex::default() }
    }

    /// The same, to which others can be [added](Self::add); `open` makes their sessions.
    #[must_use]
    pub fn open_to_others(self, open: impl Fn(Profile) -> Session + Send + Sync + 'static) -> Profiles {
        Profiles { open: Some(Box::new(open)), ..self }
    }

    /// Several profiles, to be looked at together, one by one and in comparison. With `bases`, all `parts` compared with
    /// all of these come first.
    ///
    /// # Errors
    /// When they do not fit together.
    pub fn several(
        parts: Vec<Part>,
        bases: Vec<Part>,
        open: impl Fn(Profile) -> Session + Send + Sync + 'static,
    ) -> Result<Profiles, Error> {
        let mut profile = merged_parts(&parts)?;
        let mut base = None;
        if !bases.is_empty() {
            let other = merged_parts(&bases)?;
            base = Some(BaseFacts::of(&name_of(&bases), &other));
            profile = compared(profile, other)?;
        }
        let session = Arc::new(open(profile));
        let whole = Arc::new(OpenProfile { session, name: name_of(&parts), base, verdicts: None });
        Ok(Profiles::of_parts(whole, parts.into_iter().chain(bases), Box::new(open)))
    }

    /// Adds a profile to those that can be chosen, and returns its row of [`names`](Self::names). Another one of its
    /// name makes a number follow it.
    ///
    /// # Errors
    /// When there are too many already, or these profiles are [one](Self::one) alone for ever.
    pub fn add(&self, mut part: Part) -> Result<usize, Error> {
        if self.open.is_none() {
            return Err(UsageError::Other("no profile can be added here".to_owned()).into());
        }
        let mut choices = self.choices.write().unwrap_or_else(PoisonError::into_inner);
        if choices.len() >= self.named + MOST_ADDED {
            return Err(UsageError::Other(format!("{MOST_ADDED} profiles were added already")).into());
        }
        let is_taken = |name: &str| choices.iter().any(|choice| choice.name() == name);
        if is_taken(&part.name) {
            let numbered = (2..).map(|number| format!("{} ({number})", part.name));
            part.name = numbered.into_iter().find(|name| !is_taken(name)).unwrap_or_default();
        }
        choices.push(Choice::Part(Arc::new(part)));
        Ok(choices.len() - 1)
    }

    /// Two sets of runs and what their comparison says. All new runs compared with all of the base come first, one side
    /// multiplied so that both had as much to do; each run can be looked at besides, and any two compared.
    ///
    /// # Errors
    /// When they do not fit together.
    pub fn of_sets(
        new: Vec<Part>,
        base: Vec<Part>,
        verdicts: Verdicts,
        open: impl Fn(Profile) -> Session + Send + Sync + 'static,
    ) -> Result<Profiles, Error> {
        let (mut profile, mut other) = (merged_parts(&new)?, merged_parts(&base)?);
        // Counts would be lost if they were made smaller.
        let ratio = verdicts.exposure_ratio();
        if ratio >= 1.0 {
            other.scale(ratio);
        } else {
            profile.scale(1.0 / ratio);
        }
        let name =
            |count: usize, side: &str| format!("{count} {side} run{}", if count == 1 { "" } else { "s" });
        let facts = BaseFacts::of(&name(base.len(), "base"), &other);
        let session = Arc::new(open(compared(profile, other)?));
        let name = name(new.len(), "new");
        let verdicts = Some(Arc::new(verdicts));
        let whole = Arc::new(OpenProfile { session, name, base: Some(facts), verdicts });
        Ok(Profiles::of_parts(whole, new.into_iter().chain(base), Box::new(open)))
    }

    fn of_parts(whole: Arc<OpenProfile>, parts: impl Iterator<Item = Part>, open: Open) -> Profiles {
        let choices: Vec<Choice> = parts.map(|part| Choice::Part(Arc::new(part))).collect();
        let named = choices.len();
        Profiles { whole, choices: RwLock::new(choices), named, open: Some(open), kept: Mutex::default() }
    }

    /// What the command line names.
    pub fn whole(&self) -> &Arc<OpenProfile> {
        &self.whole
    }

    /// The names of the profiles that can be chosen; none where there is but one.
    pub fn names(&self) -> Vec<String> {
        let choices = self.choices();
        if choices.len() < 2 {
            Vec::new()
        } else {
            choices.iter().map(|choice| choice.name().to_owned()).collect()
        }
    }

    fn choices(&self) -> Vec<Choice> {
        self.choices.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is chosen, as a profile. Rows that there are not stand for nothing.
    ///
    /// # Errors
    /// When two profiles do not fit together.
    pub fn open(&self, selection: Selection) -> Result<Arc<OpenProfile>, Error> {
        let Some(open) = self.open.as_ref().filter(|_| selection != Selection::default()) else {
            return Ok(Arc::clone(&self.whole));
        };
        // Who asks for the same meanwhile waits for it.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let opened = match kept.iter().position(|(other, _)| *other == selection) {
            Some(row) => kept.remove(row).1,
            None => Arc::new(self.make(selection, open)?),
        };
        kept.push((selection, Arc::clone(&opened)));
        if kept.len() > KEPT {
            kept.remove(0);
        }
        Ok(opened)
    }

    fn make(&self, selection: Selection, open: &Open) -> Result<OpenProfile, Error> {
        let choices = self.choices();
        let choice = |row: Option<usize>| choices.get(row?);
        let named = &choices[..self.named];
        let (mut profile, name) = match choice(selection.profile) {
            Some(choice) => (choice.profile().clone(), choice.name().to_owned()),
            None => {
                let name = together(named.iter().map(Choice::name));
                (merged(named.iter().map(|choice| choice.profile().clone()))?, name)
            }
        };
        let base = choice(selection.base);
        if let Some(base) = base {
            profile = compared(profile, base.profile().clone())?;
        }
        let base = base.map(|base| BaseFacts::of(base.name(), base.profile()));
        Ok(OpenProfile { session: Arc::new(open(profile)), name, base, verdicts: None })
    }
}

fn name_of(parts: &[Part]) -> String {
    together(parts.iter().map(|part| part.name.as_str()))
}

/// What people call some profiles together.
fn together<'n>(mut names: impl ExactSizeIterator<Item = &'n str>) -> String {
    let count = names.len();
    let first = names.next().unwrap_or_default();
    if count > 1 { format!("{first} and {} more", count - 1) } else { first.to_owned() }
}

fn merged_parts(parts: &[Part]) -> Result<Profile, Error> {
    merged(parts.iter().map(|part| part.profile.clone()))
}

fn merged(profiles: impl IntoIterator<Item = Profile>) -> Result<Profile, Error> {
    let mut merger = Merger::of_several();
    for profile in profiles {
        merger.add(profile)?;
    }
    Ok(merger.finish()?.unwrap_or_default())
}

/// A profile from which another one is taken, so that both sides can be told apart.
fn compared(profile: Profile, mut base: Profile) -> Result<Profile, Error> {
    base.mark_as_base();
    base.scale(-1.0);
    merged([profile, base])
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use hotlist_profile::Builder;

    use super::*;

    fn part(name: &str, weight: i64) -> Part {
        let mut builder = Builder::new(&[("cpu", "nanoseconds")]);
        let main = builder.named_function("main", "main.go");
        let main = builder.source_location(main, 1);
        builder.sample(&[main], &[], &[weight]).expect("a sample fits");
        Part { name: name.to_owned(), profile: builder.finish() }
    }

    fn sum(opened: &OpenProfile) -> i64 {
        let samples = &opened.session.profile().samples;
        samples.ids().map(|id| samples.value(id, 0)).sum()
    }

    fn check(profiles: &Profiles, profile: Option<usize>, base: Option<usize>, expected: (&str, i64)) {
        let opened = profiles.open(Selection { profile, base }).expect("they fit together");
        assert_eq!((opened.title().as_str(), sum(&opened)), expected, "{profile:?} {base:?}");
    }

    #[test]
    fn any_two_are_compared() {
        let open = |profile| Session::new(profile, NonZeroUsize::MIN);
        let parts = || vec![part("a", 1), part("b", 20), part("c", 300)];
        let profiles = Profiles::several(parts(), Vec::new(), open).expect("they fit together");
        assert_eq!(profiles.names(), ["a", "b", "c"]);
        check(&profiles, None, None, ("a and 2 more", 321));
        check(&profiles, Some(1), None, ("b", 20));
        check(&profiles, Some(1), Some(0), ("b against a", 19));
        check(&profiles, Some(0), Some(2), ("a against c", -299));
        check(&profiles, None, Some(0), ("a and 2 more against a", 320));
        // What the command line compares comes first, and its bases can be chosen too.
        let profiles = Profiles::several(parts(), vec![part("old", 4000)], open).expect("they fit together");
        check(&profiles, None, None, ("a and 2 more against old", -3679));
        check(&profiles, Some(3), None, ("old", 4000));
        // What is added can be chosen and compared, and changes nothing else.
        assert_eq!(profiles.add(part("b", 50_000)).expect("there is room"), 4);
        assert_eq!(profiles.names(), ["a", "b", "c", "old", "b (2)"]);
        check(&profiles, Some(4), Some(1), ("b (2) against b", 49_980));
        check(&profiles, None, None, ("a and 2 more against old", -3679));
        check(&profiles, None, Some(0), ("a and 3 more against a", 4320));
        // One alone leaves no choice.
        let profiles = Profiles::several(vec![part("a", 1)], Vec::new(), open).expect("one fits");
        assert!(profiles.names().is_empty());
        check(&profiles, None, None, ("a", 1));
        let session = Arc::new(open(part("a", 1).profile));
        assert!(Profiles::one(Arc::clone(&session), "a").add(part("b", 1)).is_err());
        let profiles = Profiles::one(session, "a").open_to_others(open);
        assert!(profiles.names().is_empty());
        for row in 1..=MOST_ADDED {
            assert_eq!(profiles.add(part("b", 20)).expect("there is room"), row);
        }
        assert!(profiles.add(part("c", 1)).is_err());
        check(&profiles, Some(1), Some(0), ("b against a", 19));
        check(&profiles, None, Some(1), ("a against b", -19));
    }
}
