//! A loaded profile and the answers it gives.

use std::borrow::Cow;
use std::io::Write;
use std::num::NonZeroUsize;

use hotlist_analyze::{Memo, SampleValue, Threads, Timeline, View, Warning, choose_sample_type};
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
        self.answer_changed(question, source, notes, |_, _| {}, |_, shape| take(shape))
    }

    /// As [`answer`](Self::answer), with the part of the profile that the shape is about.
    ///
    /// # Errors
    /// As those of [`answer`](Self::answer).
    pub fn answer_with_view<R>(
        &self,
        question: &Question,
        source: &dyn SourceText,
        notes: &mut Vec<Note>,
        take: impl FnOnce(&View<'_>, &Shape<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.answer_changed(question, source, notes, |_, _| {}, take)
    }

    /// As [`answer_with_view`](Self::answer_with_view), after a change to the shape.
    fn answer_changed<R>(
        &self,
        question: &Question,
        source: &dyn SourceText,
        notes: &mut Vec<Note>,
        change: impl FnOnce(&View<'_>, &mut Shape<'_>),
        take: impl FnOnce(&View<'_>, &Shape<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut found = Vec::new();
        let result = self.look(question, notes, |view| {
            let request = Request { view, options: &question.options, source, code: &*self.code };
            let mut shape = (question.report.build)(&request)?;
            change(view, &mut shape);
            found = shape.notes();
            take(view, &shape)
        });
        notes.append(&mut found);
        result
    }

    /// What `question` is about over time, in at most `bins` slices; `None` for a profile without times of samples.
    ///
    /// # Errors
    /// When the profile cannot be looked at this way.
    pub fn timeline(
        &self,
        question: &Question,
        bins: usize,
        notes: &mut Vec<Note>,
    ) -> Result<Option<Timeline>, Error> {
        self.look(question, notes, |view| Ok(view.timeline(bins)))
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
        let mut warnings: Vec<Warning> = question.range_warnings();
        let profile = question.framed(&self.profile, &mut warnings)?;
        let memo = matches!(profile, Cow::Borrowed(_)).then_some(&self.memo);
        let view = question.view(&profile, self.threads, memo, &mut warnings)?;
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
        let choose_type = |view: &View<'_>, shape: &mut Shape<'_>| {
            if let (true, Shape::Profile(profile)) = (drawing.has_one_type, shape)
                && profile.default_column() != Some(view.value().column)
            {
                let kind = profile.sample_types[view.value().column].kind;
                profile.to_mut().default_sample_type = kind;
            }
        };
        self.answer_changed(question, source, notes, choose_type, |_, shape| {
            if !drawing.accepts(shape.kind()) {
                return Err(Error::Drawing { report: question.report.name, drawing: drawing.name });
            }
            drawing.draw(shape, out, context)?;
            out.flush()?;
            Ok(())
        })
    }
}
