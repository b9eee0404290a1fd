//! What the mouse does.

use hotlist_report::Sort;
use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use crate::app::{App, Effect};
use crate::chooser;
use crate::commands::perform;
use crate::content::Content;
use crate::hints;
use crate::keys::Command;
use crate::tab::Tab;
use crate::tabs;
use crate::view::{PROFILES_ABOVE, VERDICTS_ABOVE, sort_columns, verdict_rows_shown};

/// How many rows the wheel moves.
const WHEEL: usize = 3;
/// Reacts to the mouse.
pub(crate) fn event(app: &mut App, event: MouseEvent) -> Effect {
    let at = Position { x: event.column, y: event.row };
    let layout = app.layout();
    match event.kind {
        MouseEventKind::ScrollUp => wheel(app, at, Command::Up),
        MouseEventKind::ScrollDown => wheel(app, at, Command::Down),
        MouseEventKind::ScrollLeft => return perform(app, Command::Left),
        MouseEventKind::ScrollRight => return perform(app, Command::Right),
        MouseEventKind::Down(MouseButton::Right) => return perform(app, Command::Back),
        MouseEventKind::Down(MouseButton::Left) if app.help.is_some() => app.help = None,
        MouseEventKind::Down(MouseButton::Left) if app.chooser.is_some() => choose(app, layout.body, at),
        MouseEventKind::Down(MouseButton::Left) if app.prompt.is_some() => {}
        MouseEventKind::Down(MouseButton::Left) if layout.tabs.contains(at) => {
            let names = layout.tab_names(app.tabs());
            let column = usize::from(at.x);
            let hit = names.iter().find(|(_, start, name)| (*start..start + name.width()).contains(&column));
            if let Some((tab, ..)) = hit {
                return perform(app, Command::Tab(*tab));
            }
        }
        MouseEventKind::Down(MouseButton::Left) if layout.hints.contains(at) => {
            if let Some(command) = hints::command_at(app, layout.hints.width.into(), at.x.into()) {
                app.message = None;
                return perform(app, command);
            }
        }
        MouseEventKind::Down(MouseButton::Left) => {
            if let Some((tab, area)) = layout.panes().find(|(_, area)| area.contains(at)) {
                app.message = None;
                click(app, tab, area, at);
            }
        }
        _ => {}
    }
    Effect::Draw
}

/// Selects what is at a cell; opens it when it is selected already.
fn click(app: &mut App, tab: Tab, area: Rect, at: Position) {
    let is_current = app.tab == tab;
    app.tab = tab;
    let (column, row) = (at.x - area.x, usize::from(at.y - area.y));
    let was_selected = if tab == Tab::Flame {
        tabs::flame::click(app, column.into(), row)
    } else {
        let above = rows_above(tab);
        if tab == Tab::Verdicts && row >= above + usize::from(verdict_rows_shown(area)) {
            return;
        }
        let Some(row) = row.checked_sub(above) else {
            if tab == Tab::Top
                && let Some(sort) = sort_at(app, column)
            {
                app.change(|options| options.sort = sort);
            }
            return;
        };
        let count = app.current().map_or(0, |content| tabs::count(&content));
        let scroll = &mut app.scrolls[tab as usize];
        let row = scroll.top + row;
        if row >= count {
            return;
        }
        let was_selected = scroll.selected == row;
        scroll.selected = row;
        was_selected
    };
    if was_selected && is_current {
        perform(app, Command::Enter);
    }
}

/// Selects the profile at a cell; shows it when it is selected already.
fn choose(app: &mut App, body: Rect, at: Position) {
    let row = at.y.checked_sub(body.y + PROFILES_ABOVE).filter(|_| body.contains(at));
    let count = chooser::count(app);
    let Some(scroll) = &mut app.chooser else { return };
    match row.map(|row| scroll.top + usize::from(row)).filter(|&row| row < count) {
        None => app.chooser = None,
        Some(row) if row == scroll.selected => chooser::show(app, row),
        Some(row) => scroll.selected = row,
    }
}

/// How many rows there are above the list of a view, the names of its columns among them.
fn rows_above(tab: Tab) -> usize {
    match tab {
        Tab::Verdicts => VERDICTS_ABOVE.into(),
        Tab::Top | Tab::Callers => 1,
        Tab::Flame | Tab::Source | Tab::Assembly | Tab::Tags => 0,
    }
}

/// By what a click at the heading of top sorts.
fn sort_at(app: &App, column: u16) -> Option<Sort> {
    let content = app.newest(Tab::Top).0?;
    let Content::Top(table) = &*content else { return None };
    let (flat, cum) = sort_columns(table);
    match column {
        column if column < flat => Some(Sort::Flat),
        column if column < cum => Some(Sort::Cum),
        _ => None,
    }
}

fn wheel(app: &mut App, at: Position, command: Command) {
    let count = chooser::count(app);
    if let Some(scroll) = &mut app.chooser {
        scroll.step(if command == Command::Up { -1 } else { 1 }, count);
        return;
    }
    if let Some(top) = &mut app.help {
        *top = match command {
            Command::Up => top.saturating_sub(WHEEL),
            _ => *top + WHEEL,
        };
        return;
    }
    let pane = app.layout().panes().find(|(_, area)| area.contains(at)).map(|(tab, _)| tab);
    // In flame graphs the wheel moves the picture, not the selection.
    if pane == Some(Tab::Flame) {
        app.flame.top = match command {
            Command::Up => app.flame.top.saturating_sub(WHEEL),
            _ => app.flame.top + WHEEL,
        };
    } else if app.tab != Tab::Flame {
        (0..WHEEL).for_each(|_| {
            perform(app, command);
        });
    }
}
