//! What is looked at: the state behind the screen.

use std::sync::Arc;

use hotlist_session::{Note, Profiles, Selection, ViewOptions};

use crate::cells::plain;
use crate::changes::Changes;
use crate::chosen::Chosen;
use crate::content::Content;
use crate::contents::Contents;
use crate::facts::Facts;
use crate::layout::Layout;
use crate::pointed::Pointed;
use crate::prompt::{Prompt, Purpose};
use crate::query::{Query, Topic};
use crate::scroll::Scroll;
use crate::search::{Hits, Search};
use crate::tab::Tab;
use crate::tabs;
use crate::theme::Theme;
use crate::verdict_order::VerdictOrder;

/// How a message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It tells what has changed.
    Plain,
    /// What is shown may not be as intended.
    Warning,
    /// What was typed makes no sense.
    Wrong,
}

/// What the program around the screen is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing but to draw.
    Draw,
    /// Draw everything anew.
    Redraw,
    /// Stop until the shell wakes the process up.
    Suspend,
    /// End.
    Quit,
}

/// Where one is in flame graphs. Paths are ids of places from the root on.
#[derive(Debug, Clone, Default)]
pub(crate) struct FlameState {
    /// The path to the frame that takes the whole width.
    pub(crate) zoom: Vec<usize>,
    /// The path to the selected frame.
    pub(crate) cursor: Vec<usize>,
    /// The depth of the first row on the screen.
    pub(crate) top: usize,
    /// The picture is to be scrolled to the selected frame.
    pub(crate) follow: bool,
}

/// The state behind the screen.
pub struct App {
    pub(crate) theme: Theme,
    /// The profiles among which people choose; none where there is but one.
    pub(crate) names: Vec<String>,
    /// What all of them together are called.
    pub(crate) whole: String,
    pub(crate) facts: Facts,
    /// The profile that the facts are of.
    facts_of: Selection,
    pub(crate) selection: Selection,
    pub(crate) options: ViewOptions,
    pub(crate) changes: Changes,
    pub(crate) verdict_order: VerdictOrder,
    /// Places that people pointed at to keep, drop or hide them.
    pub(crate) pointed: Vec<Pointed>,
    pub(crate) undo: Vec<Aim>,
    /// Columns and rows of the screen as drawn last.
    pub(crate) size: (u16, u16),
    pub(crate) tab: Tab,
    /// Whether the table stands beside the flame graph where there is room.
    pub(crate) is_beside: bool,
    /// The place that was chosen, in whichever view.
    pub(crate) chosen: Option<Chosen>,
    /// The heaviest place of the flame graph: what the views are about until one is chosen.
    pub(crate) hottest: Option<Chosen>,
    /// Places that callers and callees were shown of before.
    pub(crate) visited: Vec<Chosen>,
    pub(crate) flame: FlameState,
    pub(crate) scrolls: [Scroll; Tab::ALL.len()],
    /// The source code that was scrolled to its hottest line.
    shown_source: Option<Query>,
    pub(crate) search: Option<Search>,
    hits: Option<Hits>,
    pub(crate) prompt: Option<Prompt>,
    /// The lines that were typed last and given up, which the next prompt begins with.
    pub(crate) drafts: Vec<(Purpose, String)>,
    pub(crate) message: Option<(String, Tone)>,
    /// How far the help is scrolled while it is shown.
    pub(crate) help: Option<usize>,
    /// Where one is in the list of profiles while it is shown.
    pub(crate) chooser: Option<Scroll>,
    contents: Contents,
    /// What was asked for last.
    asked: Option<Query>,
}

impl App {
    /// Looks at the first of `profiles` as `options` say.
    pub fn new(profiles: &Profiles, options: ViewOptions, theme: Theme) -> App {
        let names = profiles.names();
        let facts = Facts::of(profiles.whole());
        let message = (names.len() > 1 && profiles.whole().base.is_none()).then(|| {
            (format!("{} profiles together: P shows one of them or compares two", names.len()), Tone::Plain)
        });
        App {
            theme,
            names,
            whole: facts.name.clone(),
            tab: if facts.has_verdicts { Tab::Verdicts } else { Tab::Flame },
            facts,
            facts_of: Selection::default(),
            selection: Selection::default(),
            options,
            changes: Changes::default(),
            verdict_order: VerdictOrder::default(),
            pointed: Vec::new(),
            undo: Vec::new(),
            size: (80, 24),
            is_beside: true,
            chosen: None,
            hottest: None,
            visited: Vec::new(),
            flame: FlameState::default(),
            scrolls: [Scroll::default(); Tab::ALL.len()],
            shown_source: None,
            search: None,
            hits: None,
            prompt: None,
            drafts: Vec::new(),
            message,
            help: None,
            chooser: None,
            contents: Contents::default(),
            asked: None,
        }
    }

    /// The views that there are.
    pub(crate) fn tabs(&self) -> &'static [Tab] {
        Tab::of(self.facts.has_verdicts)
    }

    /// Where everything stands on the screen.
    pub(crate) fn layout(&self) -> Layout {
        Layout::new(self.size, self.tab, self.is_beside)
    }

    /// What the screen needs and was not asked for yet. When it has everything: what most people look at
    /// next.
    pub fn wanted(&mut self) -> Option<Query> {
        let next = [Tab::Flame, Tab::Top].into_iter().filter_map(|tab| self.query(tab));
        let query =
            self.needed().into_iter().chain(next).find(|query| self.contents.find(query).is_none())?;
        if self.asked.as_ref() == Some(&query) {
            return None;
        }
        self.asked = Some(query.clone());
        Some(query)
    }

    /// Everything that the screen shows.
    fn needed(&self) -> Vec<Query> {
        let facts = (self.facts_of != self.selection).then(|| self.ask(Topic::Facts));
        let panes = self.layout().panes();
        let mut needed: Vec<Query> =
            facts.into_iter().chain(panes.filter_map(|(tab, _)| self.query(tab))).collect();
        if let Some(search) = &self.search {
            needed.push(self.ask(Topic::Matches(search.text.clone())));
        }
        if self.tab == Tab::Flame
            && let Some(chosen) = &self.chosen
            && let Some(Content::Top(table)) = self.content(Tab::Top).as_deref()
            && table.rows.iter().all(|row| row.place.label != chosen.label)
        {
            needed.push(self.ask(Topic::Weights(chosen.label.clone())));
        }
        needed
    }

    pub(crate) fn ask(&self, topic: Topic) -> Query {
        let (options, pointed) = (self.options.clone(), self.pointed.clone());
        Query { topic, options, pointed, selection: self.selection }
    }

    /// What a view asks; nothing while it lacks a place to ask about.
    pub(crate) fn query(&self, tab: Tab) -> Option<Query> {
        Some(self.ask(tabs::topic(self, tab)?))
    }

    /// The content of a view, when it has arrived.
    pub(crate) fn content(&self, tab: Tab) -> Option<Arc<Content>> {
        self.contents.find(&self.query(tab)?).cloned()
    }

    /// The content of a view, or the newest one of its kind while that is on its way.
    pub(crate) fn newest(&self, tab: Tab) -> (Option<Arc<Content>>, Age) {
        let Some(query) = self.query(tab) else { return (None, Age::Current) };
        match self.contents.find(&query) {
            Some(content) => (Some(Arc::clone(content)), Age::Current),
            None => (self.contents.similar(&query).cloned(), Age::Old),
        }
    }

    /// The content of the current view, or the newest one of its kind.
    pub(crate) fn current(&self) -> Option<Arc<Content>> {
        self.newest(self.tab).0
    }

    /// Whether something is being computed that the screen shows.
    pub fn is_working(&self) -> bool {
        self.needed().iter().any(|query| self.contents.find(query).is_none())
    }

    /// Takes the answer to a query in.
    pub fn take(&mut self, query: Query, content: Content, notes: &[Note]) {
        if self.query(self.tab).as_ref() == Some(&query)
            && let Some(Note::Warning(text)) = notes.iter().find(|note| matches!(note, Note::Warning(_)))
        {
            self.message = Some((plain(text), Tone::Warning));
        }
        self.contents.insert(query, content);
        self.settle();
    }

    /// Takes in what is known of the profile that is looked at, lets the chosen place follow the selection of the current
    /// view, and the other views follow it.
    pub(crate) fn settle(&mut self) {
        if self.facts_of != self.selection
            && let Some(content) = self.contents.find(&self.ask(Topic::Facts))
            && let Content::Facts(facts) = &**content
        {
            self.facts = facts.clone();
            self.facts_of = self.selection;
            if !self.tabs().contains(&self.tab) {
                self.tab = Tab::Flame;
            }
        }
        tabs::choose(self);
        self.hits = self.find_hits();
    }

    /// The place that views of one place are about.
    pub(crate) fn subject(&self) -> Option<&Chosen> {
        self.chosen.as_ref().or(self.hottest.as_ref())
    }

    /// Own weight and weight with callees of the chosen place, wherever it occurs.
    pub(crate) fn weights(&self) -> Option<(i64, i64)> {
        let label = &self.chosen.as_ref()?.label;
        if let Some(Content::Top(table)) = self.content(Tab::Top).as_deref()
            && let Some(row) = table.rows.iter().find(|row| row.place.label == *label)
        {
            return Some((row.flat, row.cum));
        }
        match **self.contents.find(&self.ask(Topic::Weights(label.clone())))? {
            Content::Weights { flat, cum } => Some((flat, cum)),
            _ => None,
        }
    }

    /// The weight of what passes through matches of the search.
    pub(crate) fn matches(&self) -> Option<i64> {
        let search = self.search.as_ref()?;
        match **self.contents.find(&self.ask(Topic::Matches(search.text.clone())))? {
            Content::Matches(weight) => Some(weight),
            _ => None,
        }
    }

    /// The name of the sample type that is shown, as far as it is known by now.
    pub(crate) fn sample_type(&self) -> String {
        if let Ok(index) = self.options.sample_index.parse::<usize>()
            && let Some(kind) = self.facts.sample_types.get(index)
        {
            return kind.clone();
        }
        let told = self.contents.iter().find_map(Content::header);
        let told = told.map(|header| header.sample_type.clone()).unwrap_or_default();
        told.strip_prefix("mean_").map_or(told.clone(), str::to_owned)
    }

    /// Whether a text is what is searched for.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.search.as_ref().is_some_and(|search| search.is_match(text))
    }

    /// The rows of the current view that match the search.
    pub(crate) fn hits(&self) -> Option<&Hits> {
        self.hits.as_ref()
    }

    fn find_hits(&self) -> Option<Hits> {
        let search = self.search.as_ref()?;
        let query = self.query(self.tab)?;
        let content = self.contents.find(&query)?;
        let (rows, is_partial) = tabs::hits(content, search, self.matches());
        Some(Hits { rows, is_partial })
    }

    /// Whether source code is on the screen for the first time since it was asked for.
    pub(crate) fn take_fresh_source(&mut self) -> bool {
        let Some(query) = self.query(self.tab) else { return false };
        if self.contents.find(&query).is_none() || self.shown_source.as_ref() == Some(&query) {
            return false;
        }
        self.shown_source = Some(query);
        true
    }

    pub(crate) fn say(&mut self, text: &str) {
        self.message = Some((text.to_owned(), Tone::Plain));
    }
}

/// What is looked at, and how: what can be undone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Aim {
    pub(crate) options: ViewOptions,
    pub(crate) pointed: Vec<Pointed>,
    pub(crate) selection: Selection,
    pub(crate) changes: Changes,
}

/// Whether a content is for the question as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    /// It is.
    Current,
    /// It is for an earlier one.
    Old,
}
