//! The part of a profile that a question is about.

use hotlist_pattern::Pattern;
use hotlist_profile::{LabelSetId, LocationId, Profile, SampleId, StackId, StringId, simplify};
use rustc_hash::FxHashSet;

use crate::model::filter::Filters;
use crate::model::location_set::LocationSet;
use crate::model::memo::Memo;
use crate::model::number_units::{ConflictingUnits, NumberUnits};
use crate::model::parallel::Threads;
use crate::model::sample_value::SampleValue;
use crate::model::view_error::ViewError;
use crate::model::window::{Window, Windowed, each_time};

/// Something about a view that users should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// A filter, by the name that pprof gives it, that no sample passes or meets.
    NoMatch(&'static str),
    /// A tag filter that was read as a range of numbers.
    ReadAsRange {
        /// The option.
        option: &'static str,
        /// Its value.
        value: String,
    },
    /// A numeric tag with several units.
    ConflictingUnits(ConflictingUnits),
    /// A window of time of a profile without times.
    NoTimes,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Warning::NoMatch(option) => write!(f, "{option} expression matched no samples"),
            Warning::ReadAsRange { option, value } => {
                write!(f, "{option}:Interpreted '{value}' as range, not regexp")
            }
            Warning::NoTimes => f.write_str(
                "the profile does not say when its samples were taken, so none is in the window of time",
            ),
            Warning::ConflictingUnits(units) => write!(
                f,
                "For tag {} used unit {}, also encountered unit(s) {}",
                units.key,
                units.used,
                units.ignored.join(", ")
            ),
        }
    }
}

/// How many frames are cut off a stack, at the leaf and at the root.
type Cut = [u32; 2];

/// Stands for stacks that are dropped as a whole.
const DROPPED: Cut = [u32::MAX, 0];

/// What is left of the frames of a stack.
#[inline]
fn cut(frames: &[LocationId], [leaf, root]: Cut) -> &[LocationId] {
    frames.get(leaf as usize..frames.len() - root as usize).unwrap_or_default()
}

/// A selection of samples, frames and tags of a profile, and of the value to sum.
#[derive(Clone, Debug)]
pub struct View<'p> {
    profile: &'p Profile,
    value: SampleValue,
    threads: Threads,
    number_units: NumberUnits,
    total: i64,
    /// The lines of each location that are shown, where they are not all of them: for each location
    /// its row range in `shown_lines`.
    frames: Option<ShownLines>,
    /// Locations that are left out of stacks.
    hidden: Option<Vec<bool>>,
    /// What is cut off each stack, where anything is.
    cuts: Option<Vec<Cut>>,
    /// Which label sets pass the tag filters.
    chosen_labels: Option<Vec<bool>>,
    hidden_keys: FxHashSet<StringId>,
    /// What samples weigh in a window of time, where there is one.
    windowed: Option<Windowed>,
    /// What is known of the profile from other questions.
    memo: Option<&'p Memo>,
}

/// Rows of the profile's line table, by location.
#[derive(Clone, Debug)]
struct ShownLines {
    ends: Vec<u32>,
    lines: Vec<u32>,
}

impl<'p> View<'p> {
    /// Everything in `profile`, with the total of all its samples.
    ///
    /// # Errors
    /// When the values cannot be summed.
    pub fn new(
        profile: &'p Profile,
        value: SampleValue,
        threads: Threads,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, ViewError> {
        let (number_units, conflicts) = NumberUnits::of(profile);
        warnings.extend(conflicts.into_iter().map(Warning::ConflictingUnits));
        let mut view = View {
            profile,
            value,
            threads,
            number_units,
            total: 0,
            frames: None,
            hidden: None,
            cuts: None,
            chosen_labels: None,
            hidden_keys: FxHashSet::default(),
            windowed: None,
            memo: None,
        };
        view.check_sums()?;
        view.total = view.compute_total();
        Ok(view)
    }

    /// The same view, which shares with others what is in `memo`. All of them have to be views of the same
    /// profile.
    #[must_use]
    pub fn with_memo(self, memo: &'p Memo) -> Self {
        View { memo: Some(memo), ..self }
    }

    /// Where to look for what does not depend on the filters, if there are none.
    pub(crate) fn memo(&self) -> Option<&'p Memo> {
        self.memo.filter(|_| self.is_everything())
    }

    /// The profile that is viewed.
    pub fn profile(&self) -> &'p Profile {
        self.profile
    }

    /// Which number of a sample is its value.
    pub fn value(&self) -> SampleValue {
        self.value
    }

    /// How many threads passes over this view use.
    pub fn threads(&self) -> Threads {
        self.threads
    }

    /// What percentages refer to: the sum of the absolute values of the samples, or of those of the
    /// base where the profile is a comparison with one.
    pub fn total(&self) -> i64 {
        self.total
    }

    /// Makes the samples that are selected now the ones that percentages refer to.
    pub fn take_total(&mut self) {
        self.total = self.compute_total();
    }

    /// The units of numeric tags.
    pub fn number_units(&self) -> &NumberUnits {
        &self.number_units
    }

    /// The samples that are selected.
    pub fn samples(&self) -> impl Iterator<Item = SampleId> + '_ {
        self.profile.samples.ids().filter(|&sample| self.selects(sample))
    }

    /// Whether `sample` is selected.
    #[inline]
    pub fn selects(&self, sample: SampleId) -> bool {
        self.selects_at_any_time(sample)
            && self.windowed.as_ref().is_none_or(|windowed| windowed.holds(sample))
    }

    /// Whether `sample` would be selected without a window of time.
    #[inline]
    pub(crate) fn selects_at_any_time(&self, sample: SampleId) -> bool {
        let samples = &self.profile.samples;
        self.cuts.as_ref().is_none_or(|cuts| cuts[samples.stack(sample).index()] != DROPPED)
            && self.chosen_labels.as_ref().is_none_or(|chosen| chosen[samples.labels(sample).index()])
    }

    /// Whether the profile is a comparison with a base.
    pub fn has_base(&self) -> bool {
        self.profile.base_label().is_some()
    }

    /// The frames of a stack that are in view, leaf first; locations for which
    /// [`is_hidden`](Self::is_hidden) is true are to be passed over.
    #[inline]
    pub fn frames(&self, stack: StackId) -> &'p [LocationId] {
        let frames = self.profile.stacks.get(stack);
        match &self.cuts {
            None => frames,
            Some(cuts) => cut(frames, cuts[stack.index()]),
        }
    }

    /// Where [`frames`](Self::frames) of a stack stand among the frames of all stacks of the profile.
    pub(crate) fn frame_range(&self, stack: StackId) -> std::ops::Range<u32> {
        let whole = self.profile.stacks.frame_range(stack);
        match self.cuts.as_ref().map_or([0, 0], |cuts| cuts[stack.index()]) {
            DROPPED => whole.start..whole.start,
            [leaf, root] => whole.start + leaf..whole.end - root,
        }
    }

    /// Whether a location is left out of all stacks.
    #[inline]
    pub fn is_hidden(&self, location: LocationId) -> bool {
        self.hidden.as_ref().is_some_and(|hidden| hidden[location.index()])
    }

    /// Whether any location is left out.
    pub(crate) fn hides_frames(&self) -> bool {
        self.hidden.is_some()
    }

    /// Whether tags with this key are left out.
    pub fn is_hidden_key(&self, key: StringId) -> bool {
        self.hidden_keys.contains(&key)
    }

    /// Whether nothing is left out, so that the profile itself can be used.
    pub fn is_everything(&self) -> bool {
        self.frames.is_none()
            && self.hidden.is_none()
            && self.cuts.is_none()
            && self.chosen_labels.is_none()
            && self.hidden_keys.is_empty()
            && self.windowed.is_none()
    }

    /// What samples weigh in a window of time, where there is one.
    pub(crate) fn windowed(&self) -> Option<&Windowed> {
        self.windowed.as_ref()
    }

    /// The rows in the line table of the lines of `location` that are shown, innermost first.
    pub fn line_rows(&self, location: LocationId) -> impl DoubleEndedIterator<Item = usize> + Clone + '_ {
        let (all, some): (std::ops::Range<usize>, &[u32]) = match &self.frames {
            None => (self.profile.locations.line_range(location), &[]),
            Some(shown) => (0..0, shown.get(location)),
        };
        all.chain(some.iter().map(|&row| row as usize))
    }

    /// Value and divisor of a sample; the divisor is 0 unless means are asked for.
    #[inline]
    pub fn weight(&self, sample: SampleId) -> (i64, i64) {
        if let Some(windowed) = &self.windowed {
            return windowed.weight(sample);
        }
        let samples = &self.profile.samples;
        let divisor = if self.value.mean { samples.value(sample, 0) } else { 0 };
        (samples.value(sample, self.value.column), divisor)
    }

    /// Refuses values whose sum might not fit, so that no pass has to look out for that.
    ///
    /// Every sum over a profile is at most the sum of all absolute values.
    fn check_sums(&self) -> Result<(), ViewError> {
        let samples = &self.profile.samples;
        let mut columns = vec![self.value.column];
        columns.extend(self.value.mean.then_some(0));
        for column in columns {
            let sum: i128 =
                samples.ids().map(|id| i128::from(samples.value(id, column).unsigned_abs())).sum();
            if sum > i128::from(i64::MAX) {
                return Err(self.overflow(column));
            }
            // In a comparison what is one sample may have gone up and down.
            let mut sum = 0i128;
            each_time(self.profile, column, false, |timed| sum += i128::from(timed.value.unsigned_abs()));
            if sum > i128::from(i64::MAX) {
                return Err(self.overflow(column));
            }
        }
        Ok(())
    }

    fn overflow(&self, column: usize) -> ViewError {
        ViewError::Overflow { kind: self.profile.lossy(self.profile.sample_types[column].kind).into_owned() }
    }

    fn compute_total(&self) -> i64 {
        let base = self.profile.base_label().filter(|label| !self.is_hidden_key(label.key));
        let in_base: Option<Vec<bool>> =
            base.map(|base| self.profile.labels.iter().map(|labels| labels.contains(&base)).collect());
        let (mut total, mut divisor, mut base_total, mut base_divisor) = (0, 0, 0, 0);
        for sample in self.samples() {
            let (value, by) = self.weight(sample);
            total += value.abs();
            divisor += by;
            if in_base.as_ref().is_some_and(|set| set[self.profile.samples.labels(sample).index()]) {
                base_total += value.abs();
                base_divisor += by;
            }
        }
        if base_total > 0 {
            (total, divisor) = (base_total, base_divisor);
        }
        if divisor == 0 { total } else { total / divisor }
    }

    /// Narrows the view, in the order in which pprof applies its filters.
    pub fn apply(&mut self, filters: &Filters, warnings: &mut Vec<Warning>) {
        let mut warn = |asked: bool, matched: bool, option: &'static str| {
            if asked && !matched {
                warnings.push(Warning::NoMatch(option));
            }
        };
        let matched = self.filter_names(filters);
        warn(filters.focus.is_some(), matched.focus, "Focus");
        warn(filters.ignore.is_some(), matched.ignore, "Ignore");
        warn(filters.hide.is_some(), matched.hide, "Hide");
        warn(filters.show.is_some(), matched.show, "Show");
        if let Some(show_from) = &filters.show_from {
            let matched = self.show_from(show_from);
            warn(true, matched, "ShowFrom");
        }
        let (focused, ignored) = self.filter_tags(filters);
        warn(filters.tag_focus.is_some(), focused, "TagFocus");
        warn(filters.tag_ignore.is_some(), ignored, "TagIgnore");
        let (shown, hidden) = self.filter_keys(filters);
        warn(filters.tag_show.is_some(), shown, "TagShow");
        warn(filters.tag_hide.is_some(), hidden, "TagHide");
        if let Some(prune_from) = &filters.prune_from {
            self.prune_from(prune_from);
        }
        if !filters.window.is_everything() {
            self.narrow_times(filters.window, warnings);
        }
    }

    /// Counts only what came in a window of time. A second window takes the place of the first.
    fn narrow_times(&mut self, window: Window, warnings: &mut Vec<Warning>) {
        let windowed = Windowed::new(self.profile, window, self.value.column, self.value.mean);
        match &windowed {
            None => warnings.push(Warning::NoTimes),
            Some(windowed) if windowed.is_empty() => warnings.push(Warning::NoMatch("Window of time")),
            Some(_) => {}
        }
        self.windowed = Some(windowed.unwrap_or_else(|| Windowed::nothing(self.profile)));
    }

    fn filter_names(&mut self, filters: &Filters) -> NameMatches {
        let Filters { focus, ignore, hide, show, .. } = filters;
        let mut matched = NameMatches { focus: focus.is_none(), ..NameMatches::default() };
        if focus.is_none() && ignore.is_none() && hide.is_none() && show.is_none() {
            return matched;
        }
        let names =
            |pattern: &Option<Pattern>| pattern.as_ref().map(|pattern| NameMatch::of(self.profile, pattern));
        let (focus, ignore, hide, show) = (names(focus), names(ignore), names(hide), names(show));

        let count = self.profile.locations.len();
        let mut marks = vec![Mark::Neither; count];
        let mut hidden = vec![false; count];
        let mut shown = ShownLines::with_capacity(self.profile);
        for location in self.profile.locations.ids() {
            let mark = &mut marks[location.index()];
            let matches = |names: &Option<NameMatch>| {
                names.as_ref().is_some_and(|names| names.location(self, location, self.line_rows(location)))
            };
            if matches(&ignore) {
                matched.ignore = true;
                *mark = Mark::Ignored;
            } else if focus.is_none() || matches(&focus) {
                matched.focus = true;
                *mark = Mark::Focused;
            }
            if hide.is_none() && show.is_none() {
                continue;
            }
            let mut rows: Vec<usize> = self.line_rows(location).collect();
            if let Some(hide) = &hide
                && hide.location(self, location, rows.iter().copied())
            {
                matched.hide = true;
                if hide.object(self.profile, location) {
                    rows.clear();
                } else {
                    rows.retain(|&row| !hide.line(self.profile, row));
                }
                hidden[location.index()] |= rows.is_empty();
            }
            if let Some(show) = &show {
                if !show.object(self.profile, location) {
                    rows.retain(|&row| show.line(self.profile, row));
                }
                hidden[location.index()] |= rows.is_empty();
                matched.show |= !rows.is_empty();
            }
            shown.push(rows);
        }
        let any_hidden = hidden.contains(&true);
        let marked = |mark| LocationSet::new(self.profile, |location| marks[location.index()] == mark);
        let focused = focus.is_some().then(|| marked(Mark::Focused));
        let ignored = matched.ignore.then(|| marked(Mark::Ignored));
        self.narrow_stacks(|frames| {
            let is_kept = match &focused {
                Some(focused) => focused.meets(frames),
                None => !frames.is_empty(),
            } && !ignored.as_ref().is_some_and(|ignored| ignored.meets(frames))
                && (!any_hidden || frames.iter().any(|frame| !hidden[frame.index()]));
            is_kept.then_some((0, frames.len()))
        });
        if hide.is_some() || show.is_some() {
            self.frames = Some(shown);
            self.hidden = any_hidden.then_some(hidden);
        }
        matched
    }

    fn show_from(&mut self, pattern: &Pattern) -> bool {
        let names = NameMatch::of(self.profile, pattern);
        let mut from = vec![false; self.profile.locations.len()];
        let mut shown = ShownLines::with_capacity(self.profile);
        for location in self.profile.locations.ids() {
            let mut rows: Vec<usize> = self.line_rows(location).collect();
            if names.object(self.profile, location) {
                from[location.index()] = true;
            } else if let Some(last) = rows.iter().rposition(|&row| names.line(self.profile, row)) {
                rows.truncate(last + 1);
                from[location.index()] = true;
            }
            shown.push(rows);
        }
        self.frames = Some(shown);
        let hidden = self.hidden.take();
        let is_hidden = |frame: &LocationId| hidden.as_ref().is_some_and(|hidden| hidden[frame.index()]);
        self.narrow_stacks(|frames| {
            let last = frames.iter().rposition(|frame| from[frame.index()] && !is_hidden(frame))?;
            Some((0, last + 1))
        });
        self.hidden = hidden;
        from.contains(&true)
    }

    fn prune_from(&mut self, pattern: &Pattern) {
        let profile = self.profile;
        let matching: Vec<bool> = profile
            .functions
            .iter()
            .map(|function| {
                !function.name.is_empty() && pattern.is_match(simplify(profile.text(function.name)))
            })
            .collect();
        let mut beneath = vec![false; profile.locations.len()];
        let mut shown = ShownLines::with_capacity(profile);
        for location in profile.locations.ids() {
            let mut rows: Vec<usize> = self.line_rows(location).collect();
            let is_match = |&row: &usize| matching[profile.locations.all_lines()[row].function.index()];
            if let Some(first) = rows.iter().position(is_match) {
                rows.drain(..first);
                beneath[location.index()] = true;
            }
            shown.push(rows);
        }
        self.frames = Some(shown);
        let hidden = self.hidden.take();
        let is_hidden = |frame: &LocationId| hidden.as_ref().is_some_and(|hidden| hidden[frame.index()]);
        self.narrow_stacks(|frames| {
            let first = frames.iter().position(|frame| beneath[frame.index()] && !is_hidden(frame));
            Some((first.unwrap_or(0), frames.len()))
        });
        self.hidden = hidden;
    }

    /// Cuts every stack that is still in view down to the part that `keep` returns, relative to what
    /// it is given; `None` drops the stack.
    pub(crate) fn narrow_stacks(&mut self, keep: impl Fn(&[LocationId]) -> Option<(usize, usize)> + Sync) {
        let stacks = &self.profile.stacks;
        let mut cuts = self.cuts.take().unwrap_or_else(|| vec![[0, 0]; stacks.len()]);
        let parts = self.threads.parts(stacks.len(), stacks.frame_count());
        let size = stacks.len().div_ceil(parts).max(1);
        // Each thread writes its part of the one vector.
        self.threads.each(cuts.chunks_mut(size).enumerate().collect(), |(part, cuts)| {
            for (row, ends) in (part * size..).zip(cuts).filter(|(_, ends)| **ends != DROPPED) {
                let frames = cut(stacks.get(StackId::new(row)), *ends);
                let [leaf, root] = *ends;
                *ends = match keep(frames) {
                    Some((start, end)) => [leaf + start as u32, root + (frames.len() - end) as u32],
                    None => DROPPED,
                };
            }
        });
        self.cuts = Some(cuts);
    }

    /// Shows these rows of the line table, the list of each location in turn.
    pub(crate) fn show_lines(&mut self, rows: Vec<Vec<usize>>) {
        let mut shown = ShownLines::with_capacity(self.profile);
        rows.into_iter().for_each(|rows| shown.push(rows));
        self.frames = Some(shown);
    }

    /// The locations that are left out, where any are.
    pub(crate) fn take_hidden(&mut self) -> Option<Vec<bool>> {
        self.hidden.take()
    }

    /// Leaves locations out of all stacks.
    pub(crate) fn set_hidden(&mut self, hidden: Vec<bool>) {
        self.hidden = hidden.contains(&true).then_some(hidden);
    }

    /// Keeps samples whose label set is among `found`, or those whose is not.
    pub(crate) fn choose_labels(&mut self, found: &[bool], wanted: bool) {
        let chosen = self.chosen_labels.get_or_insert_with(|| vec![true; found.len()]);
        for (chosen, &found) in chosen.iter_mut().zip(found) {
            *chosen &= found == wanted;
        }
    }

    /// Returns whether a selected sample passed the focus and whether one met the ignore filter.
    fn filter_tags(&mut self, filters: &Filters) -> (bool, bool) {
        let (focus, ignore) = (&filters.tag_focus, &filters.tag_ignore);
        if focus.is_none() && ignore.is_none() {
            return (true, false);
        }
        let verdicts: Vec<(bool, bool)> = self
            .profile
            .labels
            .iter()
            .map(|labels| {
                let matches =
                    |filter: &crate::TagFilter| filter.matches(self.profile, &self.number_units, labels);
                (focus.as_ref().is_none_or(matches), ignore.as_ref().is_some_and(matches))
            })
            .collect();
        let (mut any_focused, mut any_ignored) = (false, false);
        for sample in self.samples() {
            let (focused, ignored) = verdicts[self.profile.samples.labels(sample).index()];
            any_focused |= focused;
            any_ignored |= ignored;
        }
        self.chosen_labels = Some(verdicts.iter().map(|&(focused, ignored)| focused && !ignored).collect());
        (any_focused, any_ignored)
    }

    /// Returns whether a key of a selected sample is to be shown and whether one is to be hidden.
    fn filter_keys(&mut self, filters: &Filters) -> (bool, bool) {
        let (show, hide) = (&filters.tag_show, &filters.tag_hide);
        let (mut any_shown, mut any_hidden) = (false, false);
        if show.is_none() && hide.is_none() {
            return (any_shown, any_hidden);
        }
        let mut sets: FxHashSet<LabelSetId> = FxHashSet::default();
        sets.extend(self.samples().map(|sample| self.profile.samples.labels(sample)));
        let mut hidden_keys = FxHashSet::default();
        for label in sets.into_iter().flat_map(|set| self.profile.labels.get(set)) {
            let key = self.profile.text(label.key);
            let shown = show.as_ref().is_none_or(|show| show.is_match(key));
            let hidden = hide.as_ref().is_some_and(|hide| hide.is_match(key));
            any_shown |= shown;
            any_hidden |= hidden;
            if !shown || hidden {
                hidden_keys.insert(label.key);
            }
        }
        self.hidden_keys.extend(hidden_keys);
        (any_shown, any_hidden)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Neither,
    Focused,
    Ignored,
}

#[derive(Default)]
struct NameMatches {
    focus: bool,
    ignore: bool,
    hide: bool,
    show: bool,
}

impl ShownLines {
    fn with_capacity(profile: &Profile) -> Self {
        ShownLines {
            ends: Vec::with_capacity(profile.locations.len()),
            lines: Vec::with_capacity(profile.locations.all_lines().len()),
        }
    }

    fn push(&mut self, rows: Vec<usize>) {
        self.lines.extend(rows.into_iter().map(|row| row as u32));
        self.ends.push(self.lines.len() as u32);
    }

    fn get(&self, location: LocationId) -> &[u32] {
        let row = location.index();
        let start = if row == 0 { 0 } else { self.ends[row - 1] as usize };
        &self.lines[start..self.ends[row] as usize]
    }
}

/// Which functions and mappings a pattern matches. A text is looked at once, however many functions share it.
struct NameMatch {
    functions: Vec<bool>,
    mappings: Vec<bool>,
}

impl NameMatch {
    fn of(profile: &Profile, pattern: &Pattern) -> Self {
        let mut verdicts: Vec<Option<bool>> = vec![None; profile.strings.len()];
        let mut is_match =
            |id: StringId| *verdicts[id.index()].get_or_insert_with(|| pattern.is_match(profile.text(id)));
        NameMatch {
            functions: profile
                .functions
                .iter()
                .map(|function| is_match(function.name) || is_match(function.filename))
                .collect(),
            mappings: profile.mappings.iter().map(|mapping| is_match(mapping.file)).collect(),
        }
    }

    fn line(&self, profile: &Profile, row: usize) -> bool {
        self.functions[profile.locations.all_lines()[row].function.index()]
    }

    fn object(&self, profile: &Profile, location: LocationId) -> bool {
        profile.locations.get(location).mapping.is_some_and(|mapping| self.mappings[mapping.index()])
    }

    fn location(&self, view: &View<'_>, location: LocationId, mut rows: impl Iterator<Item = usize>) -> bool {
        rows.any(|row| self.line(view.profile, row)) || self.object(view.profile, location)
    }
}
