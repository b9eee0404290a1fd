//! Comparing sets of loaded profiles, each of which is one run of a program.

use std::borrow::Cow;
use std::num::NonZeroUsize;

use hotlist_analyze::{Threads, View, ViewError, Warning};
use hotlist_compare::{CompareError, Comparison, Run, Sensitivity};
use hotlist_profile::Profile;
use hotlist_report::Note;

use crate::error::Error;
use crate::options::ViewOptions;
use crate::resolve::Question;

/// A loaded profile that is one run of a set.
#[derive(Debug, Clone, Copy)]
pub struct LoadedRun<'p> {
    /// What people call it, mostly the path of its file.
    pub name: &'p str,
    /// The profile.
    pub profile: &'p Profile,
}

/// How sets are looked at and compared.
#[derive(Debug, Clone)]
pub struct SetOptions<'o> {
    /// Filters, sample type and what counts as one place. Of heap profiles allocated bytes are compared where no sample
    /// type is named, since what is in use depends on collections.
    pub view: &'o ViewOptions,
    /// How they are compared. Detail, path prefixes and filters come from `view`.
    pub compare: hotlist_compare::Options,
    /// How many threads look at profiles.
    pub threads: NonZeroUsize,
}

/// Says which functions differ between two sets of runs, beyond what runs differ by themselves.
///
/// # Errors
/// When an option makes no sense or the sets cannot be compared; the text names the run where it is about one.
pub fn compare_sets(
    base: &[LoadedRun<'_>],
    new: &[LoadedRun<'_>],
    options: &SetOptions<'_>,
    notes: &mut Vec<Note>,
) -> Result<Comparison, Error> {
    options
        .with_runs([base, new], notes, |[base, new], options| hotlist_compare::compare(&base, &new, options))
}

/// Says what comparisons of runs like these could show.
///
/// # Errors
/// As [`compare_sets`].
pub fn sensitivity_of(
    runs: &[LoadedRun<'_>],
    options: &SetOptions<'_>,
    notes: &mut Vec<Note>,
) -> Result<Sensitivity, Error> {
    options.with_runs([runs], notes, |[runs], options| hotlist_compare::sensitivity(&runs, options))
}

impl SetOptions<'_> {
    /// Hands the runs of each of `sets`, filtered, to `take`.
    fn with_runs<R, const SETS: usize>(
        &self,
        sets: [&[LoadedRun<'_>]; SETS],
        notes: &mut Vec<Note>,
        take: impl FnOnce([Vec<Run<'_>>; SETS], &hotlist_compare::Options) -> Result<R, CompareError>,
    ) -> Result<R, Error> {
        let mut question = Question::new(const { &hotlist_report::TEXT }, None, self.view)?;
        let all: Vec<LoadedRun<'_>> = sets.concat();
        if question.sample_index.is_empty()
            && let Some(run) = all.first()
            && run.profile.sample_types.iter().any(|kind| run.profile.text(kind.kind) == ALLOCATED.as_bytes())
        {
            ALLOCATED.clone_into(&mut question.sample_index);
        }
        let mut options = self.compare.clone();
        options.detail = question.options.detail;
        options.path_trim = question.options.path_trim.clone();
        options.filters = self.view.active_filters();

        let mut warnings: Vec<Warning> = question.range_warnings();
        let of_run = |run: &LoadedRun<'_>, error: ViewError| Error::Run { name: run.name.to_owned(), error };
        let framed: Vec<Cow<'_, Profile>> = all
            .iter()
            .map(|run| question.framed(run.profile, &mut warnings).map_err(|error| of_run(run, error)))
            .collect::<Result<_, _>>()?;
        let threads = Threads::new(self.threads.get());
        let views: Vec<View<'_>> = all
            .iter()
            .zip(&framed)
            .map(|(run, profile)| {
                question.view(profile, threads, None, &mut warnings).map_err(|error| of_run(run, error))
            })
            .collect::<Result<_, _>>()?;
        let mut runs = all.iter().zip(&views).map(|(run, view)| Run { name: run.name, view });
        let sets = sets.map(|set| runs.by_ref().take(set.len()).collect());
        // Twenty runs mostly have the same to say.
        for warning in warnings {
            let note = Note::Warning(warning.to_string());
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        Ok(take(sets, &options)?)
    }
}

/// What is compared of heap profiles.
const ALLOCATED: &str = "alloc_space";
