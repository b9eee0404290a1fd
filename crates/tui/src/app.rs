//! What is looked at: the state behind the screen.

use std::sync::Arc;

use hotlist_analyze::{Granularity, TagFilter};
use hotlist_pattern::{Pattern, escape};
use hotlist_profile::Profile;
use hotlist_report::{FlameGraph, FlameKind, Place, Sort};
use hotlist_session::{Note, ViewOptions};
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::answer::{ASSEMBLY, Answer, Ask, Kind, search_pattern};
use crate::cells::plain;
use crate::flame;
use crate::keys::{self, Command};
use crate::theme::Theme;

/// A view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// The call tree.
    Flame,
    /// The heaviest places.
    Top,
    /// Callers and callees of a place.
    Callers,
    /// Its source code.
    Source,
    /// Its assembly.
    Assembly,
    /// The tags.
    Tags,
}

impl Tab {
    /// All of them, in the order of the screen.
    pub const ALL: [Tab; 6] = [Tab::Flame, Tab::Top, Tab::Callers, Tab::Source, Tab::Assembly, Tab::Tags];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Tab::Flame => "Flame",
            Tab::Top => "Top",
            Tab::Callers => "Callers",
            Tab::Source => "Source",
            Tab::Assembly => "Assembly",
            Tab::Tags => "Tags",
        }
    }
}

/// A place that the views are about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Chosen {
    /// What reports call it.
    pub(crate) label: String,
    /// Its function; its file or object file where it has none.
    pub(crate) name: String,
    /// Where its code is.
    pub(crate) location: String,
}

impl Chosen {
    fn of(place: &Place) -> Chosen {
        let name = [&place.function, &place.file, &place.object].into_iter().find(|name| !name.is_empty());
        let location = match (place.file.as_str(), place.line) {
            ("", _) => place.object.clone(),
            (file, 0) => file.to_owned(),
            (file, line) => format!("{file}:{line}"),
        };
        Chosen { label: place.label.clone(), name: name.unwrap_or(&place.label).clone(), location }
    }
}

/// A list with a selected row.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rows {
    pub(crate) selected: usize,
    pub(crate) top: usize,
    /// Columns that are left of the screen.
    pub(crate) shift: usize,
}

impl Rows {
    fn step(&mut self, by: isize, count: usize) {
        self.selected = self.selected.saturating_add_signed(by).min(count.saturating_sub(1));
    }

    /// Scrolls so that the selected row is among the `height` on screen.
    pub(crate) fn scroll(&mut self, height: usize, count: usize) {
        self.selected = self.selected.min(count.saturating_sub(1));
        let height = height.max(1);
        self.top = self.top.min(self.selected).max((self.selected + 1).saturating_sub(height));
        self.top = self.top.min(count.saturating_sub(height));
    }
}

/// What is typed at the bottom of the screen.
#[derive(Debug, Clone)]
pub(crate) struct Typing {
    pub(crate) what: What,
    pub(crate) text: String,
}

/// What a typed pattern is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Search,
    Focus,
}

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

/// A pattern that is searched for.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    pub(crate) text: String,
    pub(crate) pattern: Pattern,
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

/// So many answers are kept, for going back to them.
const KEPT: usize = 24;

/// The state behind the screen.
pub struct App {
    pub(crate) theme: Theme,
    pub(crate) options: ViewOptions,
    pub(crate) sample_types: Vec<String>,
    /// How many samples there are.
    pub(crate) samples: usize,
    pub(crate) tab: Tab,
    pub(crate) chosen: Option<Chosen>,
    /// Places that callers and callees were shown of before.
    visited: Vec<Chosen>,
    undo: Vec<ViewOptions>,
    pub(crate) zoom: Vec<usize>,
    /// The way to the selected frame.
    pub(crate) cursor: Vec<usize>,
    pub(crate) flame_top: usize,
    /// The flame graph is to be scrolled to the selected frame.
    pub(crate) follow: bool,
    /// The source code that was scrolled to its hottest line.
    shown_source: Option<Ask>,
    pub(crate) rows: [Rows; 6],
    pub(crate) search: Option<Search>,
    pub(crate) typing: Option<Typing>,
    pub(crate) message: Option<(String, Tone)>,
    /// Whether the help is shown, and how far it is scrolled.
    pub(crate) help: Option<usize>,
    answers: Vec<(Ask, Arc<Answer>)>,
    /// What was asked for last.
    asked: Option<Ask>,
    /// Columns and rows of the body as drawn last.
    pub(crate) body: (usize, usize),
}

impl App {
    /// Looks at `profile` as `options` say.
    pub fn new(profile: &Profile, options: ViewOptions, theme: Theme) -> App {
        App {
            theme,
            options,
            sample_types: profile
                .sample_types
                .iter()
                .map(|kind| profile.lossy(kind.kind).into_owned())
                .collect(),
            samples: profile.samples.len(),
            tab: Tab::Flame,
            chosen: None,
            visited: Vec::new(),
            undo: Vec::new(),
            zoom: Vec::new(),
            cursor: Vec::new(),
            flame_top: 0,
            follow: false,
            shown_source: None,
            rows: [Rows::default(); 6],
            search: None,
            typing: None,
            message: None,
            help: None,
            answers: Vec::new(),
            asked: None,
            body: (80, 20),
        }
    }

    /// What the screen needs and nobody has asked for yet. When it has everything: what most people look at
    /// next.
    pub fn wanted(&mut self) -> Option<Ask> {
        let next = self.question(Kind::Top);
        let mut asks = self.needed().chain([next]);
        let ask = asks.find(|ask| self.find(ask).is_none())?;
        drop(asks);
        if self.asked.as_ref() == Some(&ask) {
            return None;
        }
        self.asked = Some(ask.clone());
        Some(ask)
    }

    /// Everything that the screen shows.
    fn needed(&self) -> impl Iterator<Item = Ask> + use<'_> {
        let matches = self.search.as_ref().map(|search| self.question(Kind::Matches(search.text.clone())));
        self.ask().into_iter().chain(matches)
    }

    fn question(&self, kind: Kind) -> Ask {
        Ask { kind, options: self.options.clone() }
    }

    /// What the current view asks.
    pub(crate) fn ask(&self) -> Option<Ask> {
        let exactly = || self.chosen.as_ref().map(|chosen| exact(&chosen.label));
        let function = || self.chosen.as_ref().map(|chosen| exact(&chosen.name));
        let kind = match self.tab {
            Tab::Flame => Kind::Flame(self.zoom.clone()),
            Tab::Top => Kind::Top,
            Tab::Callers => Kind::Callers(exactly()?),
            Tab::Source => Kind::Source(function()?),
            Tab::Assembly => {
                hotlist_report::find(ASSEMBLY)?;
                Kind::Assembly(function()?)
            }
            Tab::Tags => Kind::Tags,
        };
        Some(self.question(kind))
    }

    pub(crate) fn find(&self, ask: &Ask) -> Option<&Arc<Answer>> {
        self.answers.iter().find(|(other, _)| other == ask).map(|(_, answer)| answer)
    }

    /// The answer for the current view, or the newest one of its kind while that is on its way.
    pub(crate) fn current(&self) -> (Option<Arc<Answer>>, bool) {
        let Some(ask) = self.ask() else { return (None, false) };
        if let Some(answer) = self.find(&ask) {
            return (Some(Arc::clone(answer)), false);
        }
        let same = |other: &&(Ask, Arc<Answer>)| {
            std::mem::discriminant(&other.0.kind) == std::mem::discriminant(&ask.kind)
                && !matches!(*other.1, Answer::Failed(_))
        };
        (self.answers.iter().rev().find(same).map(|(_, answer)| Arc::clone(answer)), true)
    }

    /// Whether something is being computed that the screen shows.
    pub fn is_working(&self) -> bool {
        self.needed().any(|ask| self.find(&ask).is_none())
    }

    /// Takes an answer in.
    pub fn take(&mut self, ask: Ask, answer: Answer, notes: &[Note]) {
        if self.ask().as_ref() == Some(&ask)
            && let Some(Note::Warning(text)) = notes.iter().find(|note| matches!(note, Note::Warning(_)))
        {
            self.message = Some((plain(text), Tone::Warning));
        }
        self.answers.retain(|(other, _)| *other != ask);
        self.answers.push((ask, Arc::new(answer)));
        if self.answers.len() > KEPT {
            self.answers.remove(0);
        }
        self.choose();
    }

    /// The weight of what matches the search, and the total that it is a part of.
    pub(crate) fn matches(&self) -> Option<i64> {
        let search = self.search.as_ref()?;
        let ask = self.question(Kind::Matches(search.text.clone()));
        match **self.find(&ask)? {
            Answer::Matches(weight) => Some(weight),
            _ => None,
        }
    }

    /// Reacts to a key, or to anything else that a terminal reports.
    pub fn event(&mut self, event: &Event) -> Effect {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(*key),
            Event::Mouse(mouse) => {
                crate::view::mouse(self, *mouse);
                self.choose();
                Effect::Draw
            }
            Event::Paste(text) => {
                if let Some(typing) = &mut self.typing {
                    typing.text.extend(text.chars().filter(|character| !character.is_control()));
                }
                Effect::Draw
            }
            Event::Resize(..) => Effect::Redraw,
            _ => Effect::Draw,
        }
    }

    fn key(&mut self, key: KeyEvent) -> Effect {
        if self.typing.is_some() {
            return self.typed(key);
        }
        let Some(command) = keys::command(key) else {
            return Effect::Draw;
        };
        if let Some(top) = &mut self.help {
            match command {
                Command::Up => *top = top.saturating_sub(1),
                Command::Down => *top += 1,
                Command::PageUp => *top = top.saturating_sub(10),
                Command::PageDown => *top += 10,
                Command::Suspend => return Effect::Suspend,
                Command::Redraw => return Effect::Redraw,
                _ => self.help = None,
            }
            return Effect::Draw;
        }
        self.message = None;
        let effect = self.command(command);
        self.follow = true;
        self.choose();
        effect
    }

    /// A key while a pattern is typed.
    fn typed(&mut self, key: KeyEvent) -> Effect {
        let Some(typing) = &mut self.typing else { return Effect::Draw };
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => self.typing = None,
            KeyCode::Char('c') if is_control => self.typing = None,
            KeyCode::Char('u') if is_control => typing.text.clear(),
            KeyCode::Char('z') if is_control => return Effect::Suspend,
            KeyCode::Char(character) if !is_control => typing.text.push(character),
            KeyCode::Backspace => {
                typing.text.pop();
            }
            KeyCode::Enter => {
                let typing = typing.clone();
                self.finish(&typing);
            }
            _ => {}
        }
        Effect::Draw
    }

    /// Uses what was typed; a pattern that is none stays there to be corrected.
    fn finish(&mut self, typing: &Typing) {
        self.message = None;
        if typing.text.is_empty() {
            self.typing = None;
            match typing.what {
                What::Search => self.search = None,
                What::Focus => self.change(|options| options.focus.clear()),
            }
            return;
        }
        let pattern = match typing.what {
            What::Search => search_pattern(&typing.text),
            What::Focus => Pattern::new(&typing.text),
        };
        match pattern {
            Err(error) => self.message = Some((plain(&error.to_string()), Tone::Wrong)),
            Ok(pattern) => {
                self.typing = None;
                match typing.what {
                    What::Focus => self.change(|options| options.focus.clone_from(&typing.text)),
                    What::Search => {
                        self.search = Some(Search { text: typing.text.clone(), pattern });
                        if !self.selected_matches() {
                            self.next_match(1);
                        }
                        self.choose();
                    }
                }
            }
        }
    }

    pub(crate) fn command(&mut self, command: Command) -> Effect {
        let page = self.body.1.saturating_sub(2).max(1) as isize;
        match command {
            Command::Quit => return Effect::Quit,
            Command::Suspend => return Effect::Suspend,
            Command::Redraw => return Effect::Redraw,
            Command::Help => self.help = Some(0),
            Command::Tab(tab) => self.tab = tab,
            Command::NextTab => self.turn_tab(1),
            Command::PreviousTab => self.turn_tab(Tab::ALL.len() - 1),
            Command::Up => self.go_up(),
            Command::Down => self.go_down(),
            Command::Left => self.go_sideways(-1),
            Command::Right => self.go_sideways(1),
            Command::PageUp => self.jump(-page),
            Command::PageDown => self.jump(page),
            Command::First => self.jump(isize::MIN),
            Command::Last => self.jump(isize::MAX),
            Command::Enter => self.enter(),
            Command::Back => self.back(),
            Command::Escape => self.escape(),
            Command::Search => self.typing = Some(Typing { what: What::Search, text: String::new() }),
            Command::NextMatch => self.next_match(1),
            Command::PreviousMatch => self.next_match(-1),
            Command::Focus => self.filter(|options, pattern| pattern.clone_into(&mut options.focus)),
            Command::Ignore => self.filter(|options, pattern| add(&mut options.ignore, pattern)),
            Command::Hide => self.filter(|options, pattern| add(&mut options.hide, pattern)),
            Command::TypeFocus => {
                self.typing = Some(Typing { what: What::Focus, text: self.options.focus.clone() });
            }
            Command::Undo => match self.undo.pop() {
                Some(options) => {
                    self.options = options;
                    self.zoom.clear();
                }
                None => self.say("nothing to undo"),
            },
            Command::ClearFilters => self.change(|options| {
                for filter in [
                    &mut options.focus,
                    &mut options.ignore,
                    &mut options.hide,
                    &mut options.show,
                    &mut options.show_from,
                    &mut options.tagfocus,
                    &mut options.tagignore,
                    &mut options.prune_from,
                ] {
                    filter.clear();
                }
            }),
            Command::NextType => self.turn_type(1),
            Command::PreviousType => self.turn_type(-1),
            Command::NextGranularity => self.turn_granularity(1),
            Command::PreviousGranularity => self.turn_granularity(-1),
            Command::Sort => self.change(|options| {
                options.sort = match options.sort {
                    Sort::Flat => Sort::Cum,
                    Sort::Cum => Sort::Flat,
                }
            }),
            Command::Invert => self.change(|options| options.inverted = !options.inverted),
            Command::Relative => {
                self.change(|options| options.relative_percentages = !options.relative_percentages);
            }
        }
        Effect::Draw
    }

    pub(crate) fn say(&mut self, text: &str) {
        self.message = Some((text.to_owned(), Tone::Plain));
    }

    /// Changes the options so that it can be undone. Ways through flame graphs hold for one view only.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut ViewOptions)) {
        let before = self.options.clone();
        change(&mut self.options);
        if self.options != before {
            self.undo.push(before);
            self.zoom.clear();
            self.cursor.clear();
            self.flame_top = 0;
        }
    }

    fn filter(&mut self, change: impl FnOnce(&mut ViewOptions, &str)) {
        match self.chosen.as_ref().map(|chosen| exact(&chosen.name)) {
            Some(pattern) if matches!(self.tab, Tab::Flame | Tab::Top | Tab::Callers) => {
                self.change(|options| change(options, &pattern));
            }
            _ => self.say("select a place first, in the flame graph, top or callers"),
        }
    }

    fn turn_tab(&mut self, by: usize) {
        let at = self.tab as usize;
        self.tab = Tab::ALL[(at + by) % Tab::ALL.len()];
    }

    fn turn_type(&mut self, by: isize) {
        let types = self.sample_types.clone();
        if types.len() < 2 {
            self.say("there is one sample type only");
            return;
        }
        let shown = self.sample_type();
        let at = match self.options.sample_index.parse::<usize>() {
            Ok(index) => index,
            Err(_) => types.iter().position(|kind| *kind == shown).unwrap_or(types.len() - 1),
        };
        let next = (at as isize + by).rem_euclid(types.len() as isize) as usize;
        self.change(|options| options.sample_index = next.to_string());
        self.say(&format!("sample type: {}", plain(&types[next])));
    }

    /// The name of the sample type that is shown, as far as an answer has told it.
    fn sample_type(&self) -> String {
        if let Ok(index) = self.options.sample_index.parse::<usize>()
            && let Some(kind) = self.sample_types.get(index)
        {
            return kind.clone();
        }
        let told = self.answers.iter().rev().find_map(|(_, answer)| answer.header());
        let told = told.map(|header| header.sample_type.clone()).unwrap_or_default();
        told.strip_prefix("mean_").map_or(told.clone(), str::to_owned)
    }

    fn turn_granularity(&mut self, by: isize) {
        const ALL: [(Granularity, &str); 5] = [
            (Granularity::Functions, "functions"),
            (Granularity::FileFunctions, "functions by file"),
            (Granularity::Files, "files"),
            (Granularity::Lines, "lines"),
            (Granularity::Addresses, "addresses"),
        ];
        let current = self.options.granularity.unwrap_or_default();
        let at = ALL.iter().position(|(granularity, _)| *granularity == current).unwrap_or(0);
        let (granularity, name) = ALL[(at as isize + by).rem_euclid(ALL.len() as isize) as usize];
        self.change(|options| options.granularity = Some(granularity));
        self.say(&format!("granularity: {name}"));
    }

    fn escape(&mut self) {
        if self.search.take().is_none() {
            self.zoom.clear();
        }
    }

    fn enter(&mut self) {
        match self.tab {
            Tab::Flame => {
                self.zoom.clone_from(&self.cursor);
                self.flame_top = 0;
            }
            Tab::Top => {
                self.visited.clear();
                self.rows[Tab::Callers as usize] = Rows::default();
                self.tab = Tab::Callers;
            }
            Tab::Callers => {
                if let Some(label) = self.selected_neighbour() {
                    // The answer about it will tell its function.
                    let next = Chosen { name: label.clone(), label, location: String::new() };
                    self.visited.extend(self.chosen.replace(next));
                    self.rows[Tab::Callers as usize] = Rows::default();
                }
            }
            Tab::Tags => {
                if let Some((key, value)) = self.selected_tag() {
                    // A number with a unit is compared as such, anything else as text.
                    let is_number = value.starts_with(|first: char| first.is_ascii_digit() || first == '-')
                        && TagFilter::parse(&value).is_ok_and(|filter| filter.is_range());
                    let wanted = if is_number { value } else { exact(&value) };
                    self.change(|options| options.tagfocus = format!("{key}={wanted}"));
                }
            }
            Tab::Source | Tab::Assembly => {}
        }
    }

    fn back(&mut self) {
        match self.tab {
            Tab::Flame => {
                self.zoom.pop();
            }
            Tab::Callers => {
                if let Some(chosen) = self.visited.pop() {
                    self.chosen = Some(chosen);
                    self.rows[Tab::Callers as usize] = Rows::default();
                }
            }
            _ => {}
        }
    }

    fn go_up(&mut self) {
        match self.tab {
            Tab::Flame => {
                self.cursor.pop();
            }
            _ => self.step(-1),
        }
    }

    fn go_down(&mut self) {
        if self.tab != Tab::Flame {
            return self.step(1);
        }
        let Some((graph, bars)) = self.flame_bars() else { return };
        let Answer::Flame(graph) = &*graph else { return };
        let at = flame::find(graph, &self.cursor);
        let child = bars.iter().find(|bar| {
            let frame = &graph.frames[bar.frame];
            frame.parent == at && bar.frame != 0 && matches!(frame.kind, FlameKind::Place(_))
        });
        if let Some(child) = child {
            self.cursor = flame::path(graph, child.frame);
        }
    }

    fn go_sideways(&mut self, by: isize) {
        if self.tab != Tab::Flame {
            let shift = &mut self.rows[self.tab as usize].shift;
            *shift = shift.saturating_add_signed(8 * by).min(10_000);
            return;
        }
        let Some((graph, bars)) = self.flame_bars() else { return };
        let Answer::Flame(graph) = &*graph else { return };
        let at = flame::find(graph, &self.cursor);
        let Some(here) = bars.iter().find(|bar| bar.frame == at) else { return };
        let is_place = |bar: &&flame::Bar| matches!(graph.frames[bar.frame].kind, FlameKind::Place(_));
        let mut level: Vec<_> = bars.iter().filter(|bar| bar.depth == here.depth).filter(is_place).collect();
        level.sort_by_key(|bar| bar.start);
        let next = match by {
            1.. => level.iter().find(|bar| bar.start >= here.end),
            _ => level.iter().rev().find(|bar| bar.end <= here.start),
        };
        if let Some(next) = next {
            self.cursor = flame::path(graph, next.frame);
        }
    }

    /// Moves by so many rows.
    fn jump(&mut self, by: isize) {
        if self.tab != Tab::Flame {
            return self.step(by);
        }
        match by {
            isize::MIN => self.cursor.clear(),
            isize::MAX => {
                for _ in 0..10_000 {
                    let before = self.cursor.len();
                    self.go_down();
                    if self.cursor.len() == before {
                        break;
                    }
                }
            }
            up if up < 0 => self.cursor.truncate(self.cursor.len().saturating_sub(up.unsigned_abs())),
            down => (0..down).for_each(|_| self.go_down()),
        }
    }

    fn step(&mut self, by: isize) {
        let count = self.count();
        self.rows[self.tab as usize].step(by, count);
    }

    /// How many rows the current view has.
    pub(crate) fn count(&self) -> usize {
        match self.current().0.as_deref() {
            Some(Answer::Top(table)) => table.rows.len(),
            Some(Answer::Callers(neighbours)) => {
                neighbours.entries.first().map_or(0, |entry| entry.callers.len() + entry.callees.len() + 1)
            }
            Some(Answer::Source(listing)) => crate::view::source_rows(listing),
            Some(Answer::Text(lines)) => lines.len(),
            Some(Answer::Tags(tags)) => tags.keys.iter().map(|key| key.values.len() + 1).sum(),
            _ => 0,
        }
    }

    /// The flame graph on screen with the places of its frames.
    pub(crate) fn flame_bars(&self) -> Option<(Arc<Answer>, Vec<flame::Bar>)> {
        let answer = self.current().0?;
        let Answer::Flame(graph) = &*answer else { return None };
        let bars = flame::bars(graph, flame::find(graph, &self.zoom), self.body.0);
        Some((answer, bars))
    }

    /// Lets the chosen place follow the selection of the current view.
    fn choose(&mut self) {
        let chosen = match (self.tab, self.current().0.as_deref()) {
            (Tab::Flame, Some(Answer::Flame(graph))) => chosen_frame(graph, &self.cursor),
            (Tab::Top, Some(Answer::Top(table))) => {
                let row = self.rows[Tab::Top as usize].selected.min(table.rows.len().saturating_sub(1));
                table.rows.get(row).map(|row| Chosen::of(&row.place))
            }
            (Tab::Callers, Some(Answer::Callers(neighbours))) => {
                let label = self.chosen.as_ref().map(|chosen| &chosen.label);
                let entry = neighbours.entries.iter().find(|entry| Some(&entry.place.label) == label);
                entry.map(|entry| Chosen::of(&entry.place))
            }
            _ => None,
        };
        match (chosen, &self.chosen, self.current().0.as_deref()) {
            (Some(chosen), ..) => self.chosen = Some(chosen),
            // As long as nothing was selected, the other views are about the hottest place.
            (None, None, Some(Answer::Flame(graph))) => {
                let is_place = |row: &usize| matches!(graph.frames[*row].kind, FlameKind::Place(_));
                let hottest = (0..graph.frames.len())
                    .filter(is_place)
                    .max_by_key(|&row| (graph.frames[row].flat.size(), std::cmp::Reverse(row)));
                self.chosen = hottest.and_then(|row| chosen_frame(graph, &flame::path(graph, row)));
            }
            _ => {}
        }
    }

    fn selected_neighbour(&self) -> Option<String> {
        let answer = self.current().0?;
        let Answer::Callers(neighbours) = &*answer else { return None };
        let entry = neighbours.entries.first()?;
        let row = self.rows[Tab::Callers as usize].selected;
        if row < entry.callers.len() {
            return Some(entry.callers[row].place.label.clone());
        }
        let callee = row.checked_sub(entry.callers.len() + 1)?;
        entry.callees.get(callee).map(|callee| callee.place.label.clone())
    }

    fn selected_tag(&self) -> Option<(String, String)> {
        let answer = self.current().0?;
        let Answer::Tags(tags) = &*answer else { return None };
        let mut row = self.rows[Tab::Tags as usize].selected;
        for key in &tags.keys {
            if row <= key.values.len() {
                let value = key.values.get(row.checked_sub(1)?)?;
                return Some((key.key.clone(), value.value.clone()));
            }
            row -= key.values.len() + 1;
        }
        None
    }

    /// Whether source code is on the screen for the first time since it was asked for.
    pub(crate) fn take_fresh_source(&mut self) -> bool {
        let Some(ask) = self.ask() else { return false };
        if self.find(&ask).is_none() || self.shown_source.as_ref() == Some(&ask) {
            return false;
        }
        self.shown_source = Some(ask);
        true
    }

    /// Whether a text is what is searched for.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.search.as_ref().is_some_and(|search| search.pattern.is_match(text.as_bytes()))
    }

    fn selected_matches(&self) -> bool {
        match self.tab {
            Tab::Flame | Tab::Top => self.chosen.as_ref().is_some_and(|chosen| self.is_match(&chosen.label)),
            _ => self
                .texts()
                .get(self.rows[self.tab as usize].selected)
                .is_some_and(|text| self.is_match(text)),
        }
    }

    /// What the rows of the current view say.
    fn texts(&self) -> Vec<String> {
        match self.current().0.as_deref() {
            Some(Answer::Top(table)) => table.rows.iter().map(|row| row.place.label.clone()).collect(),
            Some(Answer::Callers(neighbours)) => neighbours.entries.first().map_or(Vec::new(), |entry| {
                let callers = entry.callers.iter().map(|caller| caller.place.label.clone());
                let callees = entry.callees.iter().map(|callee| callee.place.label.clone());
                callers.chain([entry.place.label.clone()]).chain(callees).collect()
            }),
            Some(Answer::Source(listing)) => crate::view::source_texts(listing),
            Some(Answer::Text(lines)) => lines.clone(),
            Some(Answer::Tags(tags)) => tags
                .keys
                .iter()
                .flat_map(|key| {
                    let values = key.values.iter().map(|value| value.value.clone());
                    std::iter::once(key.key.clone()).chain(values)
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    fn next_match(&mut self, by: isize) {
        if self.search.is_none() {
            self.say("search with / first");
            return;
        }
        if self.tab == Tab::Flame {
            let Some(answer) = self.current().0 else { return };
            let Answer::Flame(graph) = &*answer else { return };
            let at = flame::find(graph, &self.cursor);
            let is_match = |row: usize| match graph.frames[row].kind {
                FlameKind::Place(place) => self.is_match(&graph.places[place].place.label),
                _ => false,
            };
            match turn(graph.frames.len(), at, by, is_match) {
                Some(row) => {
                    self.cursor = flame::path(graph, row);
                    if !self.cursor.starts_with(&self.zoom) {
                        self.zoom.clear();
                    }
                }
                None => self.say("no match in this view"),
            }
            return;
        }
        let texts = self.texts();
        let at = self.rows[self.tab as usize].selected;
        match turn(texts.len(), at, by, |row| self.is_match(&texts[row])) {
            Some(row) => self.rows[self.tab as usize].selected = row,
            None => self.say("no match in this view"),
        }
    }
}

/// The next of `count` rows after `at`, in the direction `by`, for which `is_match` holds.
fn turn(count: usize, at: usize, by: isize, is_match: impl Fn(usize) -> bool) -> Option<usize> {
    let count = count as isize;
    (1..=count).map(|step| (at as isize + by * step).rem_euclid(count) as usize).find(|&row| is_match(row))
}

/// The place of the frame that `path` leads to.
fn chosen_frame(graph: &FlameGraph, path: &[usize]) -> Option<Chosen> {
    match graph.frames.get(flame::find(graph, path))?.kind {
        FlameKind::Place(place) => Some(Chosen::of(&graph.places[place].place)),
        _ => None,
    }
}

/// A pattern that matches `text` and nothing else.
fn exact(text: &str) -> String {
    format!("^{}$", escape(text))
}

fn add(patterns: &mut String, pattern: &str) {
    if !patterns.is_empty() {
        patterns.push('|');
    }
    patterns.push_str(pattern);
}
