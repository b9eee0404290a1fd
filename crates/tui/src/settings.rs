//! Changes of how the profile is looked at, each of which can be undone.

use hotlist_analyze::Granularity;
use hotlist_pattern::{Pattern, escape};
use hotlist_report::Sort;
use hotlist_session::{PRESETS, Preset, Selection, ViewOptions};

use crate::app::{Aim, App};
use crate::cells::plain;
use crate::pointed::Pointed;
use crate::prompt::Purpose;
use crate::tab::Tab;

/// A pattern that matches `text` and nothing else.
pub(crate) fn exact(text: &str) -> String {
    format!("^{}$", escape(text))
}

impl App {
    /// Changes the options so that it can be undone. Paths through flame graphs hold for one view only.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut ViewOptions)) {
        let before = self.aim();
        change(&mut self.options);
        self.remember(before);
    }

    /// Looks at another of several profiles, or at two compared.
    pub(crate) fn select_profile(&mut self, selection: Selection) {
        let before = self.aim();
        self.selection = selection;
        self.remember(before);
    }

    /// Goes on to the next kind of changes, of which comparisons show no others then.
    pub(crate) fn turn_changes(&mut self) {
        if !self.facts.is_comparison {
            return self.say("nothing is compared here");
        }
        let before = self.aim();
        self.changes = self.changes.next();
        self.undo.push(before);
        self.say(self.changes.name());
    }

    fn aim(&self) -> Aim {
        Aim {
            options: self.options.clone(),
            pointed: self.pointed.clone(),
            selection: self.selection,
            changes: self.changes,
        }
    }

    /// Keeps what was looked at before, if it was something else.
    fn remember(&mut self, before: Aim) {
        if self.aim() != before {
            self.undo.push(before);
            self.flame.zoom.clear();
            self.flame.cursor.clear();
            self.flame.top = 0;
        }
    }

    pub(crate) fn undo(&mut self) {
        match self.undo.pop() {
            Some(Aim { options, pointed, selection, changes }) => {
                (self.options, self.pointed) = (options, pointed);
                (self.selection, self.changes) = (selection, changes);
                self.flame.zoom.clear();
            }
            None => self.say("nothing to undo"),
        }
    }

    /// Keeps, drops or hides exactly the chosen place.
    pub(crate) fn filter(&mut self, purpose: Purpose) {
        match self.chosen.as_ref().map(|chosen| Pointed::new(purpose, chosen)) {
            Some(pointed) if matches!(self.tab, Tab::Flame | Tab::Top | Tab::Callers) => {
                let before = self.aim();
                if !self.pointed.contains(&pointed) {
                    self.pointed.push(pointed);
                }
                self.remember(before);
            }
            _ => self.say("select a place first, in the flame graph, top or callers"),
        }
    }

    /// The pattern of a filter as it is in force.
    pub(crate) fn filter_text(&self, purpose: Purpose) -> String {
        match purpose {
            Purpose::Search => self.search.as_ref().map(|search| search.text.clone()).unwrap_or_default(),
            Purpose::Focus => text_of(&self.options.focus).to_owned(),
            Purpose::Ignore => text_of(&self.options.ignore).to_owned(),
            Purpose::Hide => text_of(&self.options.hide).to_owned(),
        }
    }

    /// Sets a filter to a pattern that was typed.
    pub(crate) fn set_filter(&mut self, purpose: Purpose, pattern: &str) {
        // What is none has been refused where it was typed.
        if let Ok(pattern) = Pattern::new(pattern) {
            self.change(|options| *filter_of(options, purpose) = Some(pattern));
        }
    }

    pub(crate) fn clear_filters(&mut self) {
        let before = self.aim();
        self.pointed.clear();
        let options = &mut self.options;
        for filter in [
            &mut options.focus,
            &mut options.ignore,
            &mut options.hide,
            &mut options.show,
            &mut options.show_from,
            &mut options.prune_from,
        ] {
            *filter = None;
        }
        (options.tagfocus, options.tagignore) = (None, None);
        self.remember(before);
    }

    /// The preset in force.
    pub(crate) fn preset(&self) -> Option<&'static Preset> {
        PRESETS.iter().find(|preset| text_of(&self.options.hide).ends_with(preset.hide))
    }

    /// Goes on to the next preset, and behind the last one to none.
    pub(crate) fn turn_preset(&mut self) {
        let current = self.preset();
        let position =
            current.and_then(|current| PRESETS.iter().position(|preset| preset.name == current.name));
        let next = PRESETS.get(position.map_or(0, |position| position + 1));
        self.change(|options| {
            let own = current.and_then(|current| text_of(&options.hide).strip_suffix(current.hide));
            if let Some(own) = own.map(|own| own.trim_end_matches('|')) {
                options.hide = Some(own).filter(|own| !own.is_empty()).and_then(|own| Pattern::new(own).ok());
            }
            if let Some(next) = next {
                add(&mut options.hide, next.hide);
            }
        });
        self.say(&match next {
            Some(preset) => format!("{}: {}", preset.name, preset.help),
            None => "everything is shown".to_owned(),
        });
    }

    pub(crate) fn turn_type(&mut self, by: isize) {
        let types = self.facts.sample_types.clone();
        if types.len() < 2 {
            self.say("there is only one sample type");
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

    pub(crate) fn turn_granularity(&mut self, by: isize) {
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

    pub(crate) fn turn_sort(&mut self) {
        if self.tab == Tab::Verdicts {
            self.verdict_order = self.verdict_order.next();
            self.scrolls[Tab::Verdicts as usize].selected = 0;
            return self.say(self.verdict_order.name());
        }
        self.change(|options| {
            options.sort = match options.sort {
                Sort::Flat => Sort::Cum,
                Sort::Cum => Sort::Flat,
            }
        });
    }
}

/// The text of a filter; empty when it is not set.
pub(crate) fn text_of(filter: &Option<Pattern>) -> &str {
    filter.as_ref().map_or("", Pattern::as_str)
}

fn filter_of(options: &mut ViewOptions, purpose: Purpose) -> &mut Option<Pattern> {
    match purpose {
        Purpose::Ignore => &mut options.ignore,
        Purpose::Hide => &mut options.hide,
        Purpose::Focus | Purpose::Search => &mut options.focus,
    }
}

/// Lets `patterns` match what `pattern` matches, too.
fn add(patterns: &mut Option<Pattern>, pattern: &str) {
    let before = text_of(patterns);
    if before.split('|').any(|known| known == pattern) {
        return;
    }
    let all = if before.is_empty() { pattern.to_owned() } else { format!("{before}|{pattern}") };
    // Together they may be larger than a pattern can be; then those before stay.
    if let Ok(all) = Pattern::new(&all) {
        *patterns = Some(all);
    }
}
