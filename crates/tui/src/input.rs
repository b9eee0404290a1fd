//! What the terminal reports: keys, pasted text, the mouse.

use hotlist_pattern::Pattern;
use ratatui::crossterm::event::{Event, KeyEvent, KeyEventKind};

use crate::app::{App, Effect, Tone};
use crate::cells::plain;
use crate::chooser;
use crate::commands::{next_match, perform};
use crate::keys::{self, Command};
use crate::mouse;
use crate::prompt::{Prompt, Purpose, Typed};
use crate::search::Search;
use crate::tabs;

/// Reacts to a key, or to anything else that a terminal reports.
pub fn event(app: &mut App, event: &Event) -> Effect {
    let effect = match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => key_pressed(app, *key),
        Event::Mouse(event) => mouse::event(app, *event),
        Event::Paste(text) => {
            if let Some(prompt) = &mut app.prompt {
                prompt.insert(text);
            }
            Effect::Draw
        }
        Event::Resize(..) => Effect::Redraw,
        _ => Effect::Draw,
    };
    app.settle();
    effect
}

fn key_pressed(app: &mut App, key: KeyEvent) -> Effect {
    if let Some(prompt) = &mut app.prompt {
        return match prompt.key(key) {
            Typed::Edited => Effect::Draw,
            Typed::Done => finish(app),
            Typed::Left => leave(app),
            Typed::Recalled => recall(app),
            Typed::Suspend => Effect::Suspend,
        };
    }
    if app.chooser.is_some() {
        app.message = None;
        return chooser::key_pressed(app, key);
    }
    let Some(command) = keys::command(key) else { return Effect::Draw };
    if let Some(top) = &mut app.help {
        match command {
            Command::Up => *top = top.saturating_sub(1),
            Command::Down => *top += 1,
            Command::PageUp => *top = top.saturating_sub(10),
            Command::PageDown => *top += 10,
            Command::First => *top = 0,
            Command::Last => *top = usize::MAX,
            Command::Suspend => return Effect::Suspend,
            Command::Redraw => return Effect::Redraw,
            _ => app.help = None,
        }
        return Effect::Draw;
    }
    app.message = None;
    let effect = perform(app, command);
    app.flame.follow = true;
    effect
}

/// Gives a prompt up. What was typed is there again when the same one is opened.
fn leave(app: &mut App) -> Effect {
    app.message = None;
    if let Some(prompt) = app.prompt.take()
        && !prompt.text().is_empty()
    {
        app.drafts.push((prompt.purpose, prompt.text()));
    }
    Effect::Draw
}

/// Puts what is in force into the prompt.
fn recall(app: &mut App) -> Effect {
    if let Some(purpose) = app.prompt.as_ref().map(|prompt| prompt.purpose) {
        app.prompt = Some(Prompt::new(purpose, &app.filter_text(purpose)));
    }
    Effect::Draw
}

/// Uses what was typed; a pattern that is wrong stays there to be corrected.
fn finish(app: &mut App) -> Effect {
    app.message = None;
    let Some((purpose, text)) = app.prompt.as_ref().map(|prompt| (prompt.purpose, prompt.text())) else {
        return Effect::Draw;
    };
    let outcome = match purpose {
        Purpose::Search if text.is_empty() => {
            app.search = None;
            Ok(())
        }
        Purpose::Search => Search::new(&text).map(|search| {
            app.search = Some(search);
            app.settle();
            let selected = tabs::selected_row(app);
            if app.hits().is_some_and(|hits| !hits.rows.contains(&selected)) {
                next_match(app, 1);
            }
        }),
        _ if text.is_empty() => {
            app.set_filter(purpose, "");
            Ok(())
        }
        _ => Pattern::new(&text).map(|_| app.set_filter(purpose, &text)),
    };
    match outcome {
        Ok(()) => app.prompt = None,
        Err(error) => app.message = Some((plain(&error.to_string()), Tone::Wrong)),
    }
    Effect::Draw
}
