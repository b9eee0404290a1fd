//! A loaded profile and the answers it gives.

use std::borrow::Cow;
use std::io::Write;
use std::num::NonZeroUsize;

use hotlist_analyze::{Memo, SampleValue, Threads, View, Warning, choose_sample_type, with_tag_frames};
use hotlist_profile::Profile;
use hotlist_render::{Context, Drawing};
use hotlist_report::{Header, NoCode, NoSource, Note, ObjectCode, Request, Shape, SourceText};

use crate::error::Error;
use crate::resolve::Question;

/// A loaded profile. Answers never change it.
pub struct Session {
    profile: Profile,
    threads: Threads,
    /// What answers have in common.
    memo: Memo,
    code: Box<dyn ObjectCode + Send + Sync>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Session").field("profile", &self.profile).finish_non_exhaustive()
    }
}

impl Session {
    /// A session that looks at `profile` with this number of threads.
    pub fn new(profile: Profile, threads: NonZeroUsize) -> Session {
        Session { profile, threads: Threads::new(threads.get()), memo: Memo::new(), code: Box::new(NoCode) }
    }

    /// The same with the machine code of the profiled program.
    pub fn with_code(self, code: impl ObjectCode + Send + Sync + 'static) -> Session {
        Session { code: Box::new(code), ..self }
    }

    /// The profile as loaded.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// What is known about the profile, and its total for the value that `question` is about. Filters
    /// have no say.
    ///
    /// # Errors
    /// When the profile has no such value.
    pub fn header(&self, question: &Question) -> Result<Header, Error> {
        let value = SampleValue {
            column: choose_sample_type(&self.profile, &question.sample_index)?,
            mean: question.mean,
        };
        let view = View::new(&self.profile, value, self.threads, &mut Vec::new())?;
        Ok(Request { view: &view, options: &question.options, source: &NoSource, code: &NoCode }.header())
    }

    /// Another sample type that has values, where the one that `question` is about has none but 0: one in the same
    /// unit, or else the last one. What is returned is its name.
    pub fn another_sample_type(&self, question: &Question) -> Option<String> {
        let profile = &self.profile;
        let chosen = choose_sample_type(profile, &question.sample_index).ok()?;
        let has_values = |column: usize| {
            profile
                .samples
                .ids()
                .any(|sample| profile.samples.values(sample).get(column).is_some_and(|&v| v != 0))
        };
        if has_values(chosen) {
            return None;
        }
        let others: Vec<usize> =
            (0..profile.sample_types.len()).filter(|&column| has_values(column)).collect();
        let unit = |column: usize| profile.sample_types[column].unit;
        let same_unit = others.iter().rev().find(|&&column| unit(column) == unit(chosen));
        let other = same_unit.or(others.last())?;
        Some(profile.lossy(profile.sample_types[*other].kind).into_owned())
    }

    /// Answers `question` and hands the shape to `take`.
    ///
    /// # Errors
    /// When the question has no answer, and those of `take`.
    pub fn answer<R>(
        &self,
        question: &Question,
        source: &dyn SourceText,
        notes: &mut Vec<Note>,
        take: impl FnOnce(&Shape<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut found = Vec::new();
        let result = self.look(question, notes, |view| {
            let request = Request { view, options: &question.options, source, code: &*self.code };
            let shape = (question.report.build)(&request)?;
            found = shape.notes();
            take(&shape)
        });
        notes.append(&mut found);
        result
    }

    /// Hands the part of the profile that `question` is about to `take`, for what is no report.
    ///
    /// # Errors
    /// When the profile cannot be looked at this way, and those of `take`.
    pub fn look<R>(
        &self,
        question: &Question,
        notes: &mut Vec<Note>,
        take: impl FnOnce(&View<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut warnings: Vec<Warning> = Vec::new();
        for (option, value) in &question.ranges {
            warnings.push(Warning::ReadAsRange { option, value: value.clone() });
        }
        let unit = &question.options.output_unit;
        let (roots, leaves) = (&question.tag_roots, &question.tag_leaves);
        let profile = with_tag_frames(&self.profile, roots, leaves, unit, &mut warnings)?;
        let value = SampleValue {
            column: choose_sample_type(&profile, &question.sample_index)?,
            mean: question.mean,
        };
        let mut view = View::new(&profile, value, self.threads, &mut warnings)?;
        if let Cow::Borrowed(_) = profile {
            view = view.with_memo(&self.memo);
        }
        view.apply(&question.filters, &mut warnings);
        for filters in &question.more_filters {
            view.apply(filters, &mut warnings);
        }
        view.apply_exact(&question.exact, Some(&question.options.path_trim), &question.options.output_unit);
        if question.relative_percentages {
            view.take_total();
        }
        notes.extend(warnings.iter().map(|warning| Note::Warning(warning.to_string())));
        take(&view)
    }

    /// Answers `question` and draws the answer.
    ///
    /// # Errors
    /// When there is no answer, the drawing does not fit it, or `out` fails.
    pub fn draw(
        &self,
        question: &Question,
        drawing: &Drawing,
        source: &dyn SourceText,
        out: &mut dyn Write,
        context: &Context,
        notes: &mut Vec<Note>,
    ) -> Result<(), Error> {
        self.answer(question, source, notes, |shape| {
            if !drawing.accepts(shape.kind()) {
                return Err(Error::Drawing { report: question.report.name, drawing: drawing.name });
            }
            drawing.draw(shape, out, context)?;
            out.flush()?;
            Ok(())
        })
    }
}
