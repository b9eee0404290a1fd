//! What the keys do.

use crate::answer::NO_VERDICTS;
use crate::app::{App, Effect};
use crate::chooser;
use crate::keys::Command;
use crate::prompt::{Prompt, Purpose};
use crate::tab::Tab;
use crate::tabs;
use crate::view::verdict_rows_shown;

/// Carries a command out.
pub(crate) fn perform(app: &mut App, command: Command) -> Effect {
    let pane = app.layout().pane(app.tab);
    let rows = if app.tab == Tab::Verdicts { verdict_rows_shown(pane) } else { pane.height };
    let page = rows.saturating_sub(2).max(1) as isize;
    match command {
        Command::Quit => return Effect::Quit,
        Command::Suspend => return Effect::Suspend,
        Command::Redraw => return Effect::Redraw,
        Command::Help => app.help = Some(0),
        Command::Tab(tab) if app.tabs().contains(&tab) => app.tab = tab,
        Command::Tab(_) => app.say(NO_VERDICTS),
        Command::NextTab => app.tab = app.tab.neighbour(1, app.tabs()),
        Command::PreviousTab => app.tab = app.tab.neighbour(-1, app.tabs()),
        Command::Beside => turn_beside(app),
        Command::Up => match app.tab {
            Tab::Flame => tabs::flame::go_up(app),
            _ => step(app, -1),
        },
        Command::Down => match app.tab {
            Tab::Flame => {
                tabs::flame::go_down(app);
            }
            _ => step(app, 1),
        },
        Command::Left => go_sideways(app, -1),
        Command::Right => go_sideways(app, 1),
        Command::PageUp => jump(app, -page),
        Command::PageDown => jump(app, page),
        Command::First => jump(app, isize::MIN),
        Command::Last => jump(app, isize::MAX),
        Command::Enter => tabs::enter(app),
        Command::Back => tabs::back(app),
        Command::Escape => {
            if app.search.take().is_none() {
                app.flame.zoom.clear();
            }
        }
        Command::Search => ask(app, Purpose::Search, String::new()),
        Command::NextMatch => next_match(app, 1),
        Command::PreviousMatch => next_match(app, -1),
        Command::Focus => app.filter(Purpose::Focus),
        Command::Ignore => app.filter(Purpose::Ignore),
        Command::Hide => app.filter(Purpose::Hide),
        Command::TypeFocus => ask(app, Purpose::Focus, app.filter_text(Purpose::Focus)),
        Command::TypeIgnore => ask(app, Purpose::Ignore, app.filter_text(Purpose::Ignore)),
        Command::TypeHide => ask(app, Purpose::Hide, app.filter_text(Purpose::Hide)),
        Command::NextPreset => app.turn_preset(),
        Command::Undo => app.undo(),
        Command::ClearFilters => app.clear_filters(),
        Command::NextType => app.turn_type(1),
        Command::PreviousType => app.turn_type(-1),
        Command::NextGranularity => app.turn_granularity(1),
        Command::PreviousGranularity => app.turn_granularity(-1),
        Command::Sort => app.turn_sort(),
        Command::Invert => app.change(|options| options.inverted = !options.inverted),
        Command::Collapse => app.change(|options| options.collapse_recursion = !options.collapse_recursion),
        Command::NextChanges => app.turn_changes(),
        Command::Profiles => chooser::open(app),
        Command::Relative => {
            app.change(|options| options.relative_percentages = !options.relative_percentages);
        }
    }
    Effect::Draw
}

fn turn_beside(app: &mut App) {
    app.is_beside = !app.is_beside;
    if !matches!(app.tab, Tab::Flame | Tab::Top) {
        app.tab = Tab::Flame;
    }
    if app.is_beside && !app.layout().is_split() {
        let columns = crate::layout::WIDE;
        app.say(&format!("the table stands beside the flame graph on screens of {columns} columns"));
    }
}

/// Opens a prompt with what was typed there and given up, or with `text`.
fn ask(app: &mut App, purpose: Purpose, text: String) {
    let draft = app.drafts.iter().position(|(other, _)| *other == purpose);
    let text = draft.map_or(text, |draft| app.drafts.remove(draft).1);
    app.prompt = Some(Prompt::new(purpose, &text));
}

fn step(app: &mut App, by: isize) {
    let count = app.current().map_or(0, |content| tabs::count(&content));
    app.scrolls[app.tab as usize].step(by, count);
}

fn jump(app: &mut App, by: isize) {
    match app.tab {
        Tab::Flame => tabs::flame::jump(app, by),
        _ => step(app, by),
    }
}

fn go_sideways(app: &mut App, by: isize) {
    match app.tab {
        Tab::Flame => tabs::flame::go_sideways(app, by),
        _ => {
            let shift = &mut app.scrolls[app.tab as usize].shift;
            *shift = shift.saturating_add_signed(8 * by).min(10_000);
        }
    }
}

/// Goes to the next match of the search, or with `by` below zero to the one before.
pub(crate) fn next_match(app: &mut App, by: isize) {
    if app.search.is_none() {
        return app.say("search with / first");
    }
    let Some(hits) = app.hits() else { return };
    let selected = tabs::selected_row(app);
    match hits.next(selected, by, |row| row > selected) {
        Some(row) => tabs::select_row(app, row),
        None if hits.is_partial => app.say("the matches are in frames that are summed up: zoom in"),
        None => app.say("no match in this view"),
    }
}
