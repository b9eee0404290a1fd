//! The lines around the views: title, names of the views, status, hints.

use hotlist_report::Header;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::numbers::Numbers;
use super::{Piece, chosen, flame, line, put, source};
use crate::app::{App, Tone};
use crate::cells::{fit, fit_end, plain};
use crate::changes::Changes;
use crate::content::Content;
use crate::hints;
use crate::layout::Layout;
use crate::tab::Tab;
use crate::tabs;

/// The profile, what is summed, the total, and the filters in force.
pub(super) fn title(app: &App, header: Option<&Header>, buffer: &mut Buffer, area: Rect) {
    let width = usize::from(area.width);
    let right = if app.is_working() { " working… " } else { "" };
    let mut parts: Vec<(String, Style)> = Vec::new();
    let name = fit_end(&plain(&app.facts.name), (width / 3).max(16));
    parts.push((format!(" {name} "), app.theme.title()));
    if let Some(header) = header {
        // The program, unless the file is called after it.
        let program = plain(&header.file);
        if !program.is_empty() && !name.contains(&program) && width >= 100 {
            parts.push((format!(" {} ", fit(&program, 24)), Style::new()));
        }
        parts.push((format!(" {} ", plain(&header.sample_type)), Style::new()));
        parts.push((format!(" {} ", header.format.label(header.total)), app.theme.title()));
        if let Some(granularity) = app.options.granularity {
            parts.push((format!(" {} ", format!("{granularity:?}").to_lowercase()), app.theme.dim()));
        }
        let is_comparison = app.facts.is_comparison && app.changes != Changes::All;
        for (is_so, text) in [
            (app.options.inverted && app.tab == Tab::Flame, "inverted"),
            (app.options.collapse_recursion && app.tab == Tab::Flame, "collapsed"),
            (is_comparison && matches!(app.tab, Tab::Flame | Tab::Top | Tab::Verdicts), app.changes.name()),
        ] {
            if is_so {
                parts.push((format!(" {text} "), app.theme.dim()));
            }
        }
        let preset = app.preset();
        let named = |filter: &String| match preset {
            Some(preset) => plain(filter).replace(&plain(preset.hide), &format!("({})", preset.name)),
            None => plain(filter),
        };
        let filters: Vec<String> = header.active_filters.iter().map(named).collect();
        if !filters.is_empty() {
            let used: usize = parts.iter().map(|(text, _)| text.width()).sum();
            let room = width.saturating_sub(used + right.width() + 2);
            parts.push((format!(" {}", fit(&filters.join("  "), room)), app.theme.matched()));
        }
    }
    line(buffer, area, 0, &parts);
    put(buffer, area, width.saturating_sub(right.width()), 0, right, app.theme.working());
}

/// The names of the views.
pub(super) fn tabs(app: &App, layout: &Layout, buffer: &mut Buffer) {
    let area = layout.tabs;
    buffer.set_style(area, Style::new().add_modifier(Modifier::UNDERLINED));
    let mut end = 0;
    for (tab, start, name) in layout.tab_names(app.tabs()) {
        let is_shown = layout.panes().any(|(other, _)| other == tab);
        let mut style = app.theme.tab(tab == app.tab).add_modifier(Modifier::UNDERLINED);
        if is_shown {
            style = style.add_modifier(Modifier::BOLD);
        }
        put(buffer, area, start, 0, &name, style);
        end = start + name.width();
    }
    if layout.names_are_short(app.tabs()) {
        let style = app.theme.title().add_modifier(Modifier::UNDERLINED);
        put(buffer, area, end + 2, 0, app.tab.title(), style);
    }
}

/// The line about what is selected, or what should be known.
pub(super) fn status(app: &App, content: Option<&Content>, buffer: &mut Buffer, area: Rect) {
    let width = usize::from(area.width);
    if let Some((text, tone)) = &app.message {
        let style = match tone {
            Tone::Plain => app.theme.title(),
            Tone::Warning => app.theme.working(),
            Tone::Wrong => app.theme.error(),
        };
        line(buffer, area, 0, &[(fit(&format!(" {text}"), width), style)]);
        return;
    }
    let right = found(app, content);
    let room = width.saturating_sub(right.width() + 1);
    let left = match content {
        Some(Content::Flame(graph)) => flame::status(app, graph, room),
        Some(Content::Top(_) | Content::Callers(_)) => chosen(app),
        Some(Content::Source(listing)) => source::status(app, listing),
        _ => Vec::new(),
    };
    // The end of a long name is cut, not the numbers before it.
    let mut used = 0;
    for Piece { text, style, is_path } in left {
        let left = room.saturating_sub(used);
        let text = if is_path { fit_end(&text, left) } else { fit(&text, left) };
        put(buffer, area, used, 0, &text, style);
        used += text.width();
    }
    put(buffer, area, width.saturating_sub(right.width()), 0, &right, app.theme.matched());
}

/// What was searched for, which match is selected, and what all of them weigh.
fn found(app: &App, content: Option<&Content>) -> String {
    let Some(search) = &app.search else { return String::new() };
    let mut text = format!(" /{}", fit(&plain(&search.text), 20));
    if let Some(hits) = app.hits() {
        text += &format!(": {}", hits.position(tabs::selected_row(app)));
    }
    if let (Some(header), Some(weight)) = (content.and_then(Content::header), app.matches()) {
        text += &format!("  {}", Numbers::new(app, header).both(weight));
    }
    text + " "
}

/// What can be pressed, or what is being typed.
pub(super) fn hints(app: &App, buffer: &mut Buffer, area: Rect) {
    let width = usize::from(area.width);
    if let Some(prompt) = &app.prompt {
        let title = format!(" {}: ", prompt.purpose.title());
        let before = plain(&prompt.before_cursor());
        let after = plain(&prompt.after_cursor());
        // The cursor stays on the screen.
        let before = fit_end(&before, width.saturating_sub(title.width() + 1));
        let at = title.width() + before.width();
        let under = after.chars().next().unwrap_or(' ').to_string();
        line(buffer, area, 0, &[(title, app.theme.key()), (before, Style::new())]);
        put(buffer, area, at, 0, &under, app.theme.selected());
        if after.len() > under.len() {
            put(buffer, area, at + under.width(), 0, &after[under.len()..], Style::new());
        }
        return;
    }
    for hint in hints::hints(app, width) {
        put(buffer, area, hint.start, 0, &hint.key, app.theme.key());
        put(buffer, area, hint.start + hint.key.width(), 0, &hint.meaning, app.theme.dim());
    }
}
