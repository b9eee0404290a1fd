//! Drawing the state of the screen into a frame of cells.

mod bars;
mod callers;
mod flame;
mod help;
mod numbers;
mod profiles;
mod source;
mod tags;
mod top;
mod verdicts;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

use crate::answer::ASSEMBLY;
use crate::app::{Age, App};
use crate::cells::{fit, plain};
use crate::content::Content;
use crate::layout::SMALLEST;
use crate::tab::Tab;

pub(crate) use profiles::ABOVE as PROFILES_ABOVE;
pub(crate) use top::sort_columns;
pub(crate) use verdicts::{ABOVE as VERDICTS_ABOVE, rows_shown as verdict_rows_shown};

/// Draws `app` into `frame`.
pub fn draw(app: &mut App, frame: &mut Frame<'_>) {
    let area = frame.area();
    let buffer = frame.buffer_mut();
    app.size = (area.width, area.height);
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!("needs {}x{}", SMALLEST.0, SMALLEST.1);
        line(buffer, area, 0, &[(fit(&text, area.width.into()), app.theme.title())]);
        return;
    }
    let layout = app.layout();
    let (current, _) = app.newest(app.tab);
    bars::title(app, current.as_deref().and_then(Content::header), buffer, layout.title);
    bars::tabs(app, &layout, buffer);
    if app.help.is_some() {
        help::draw(app, buffer, layout.body);
    } else if app.chooser.is_some() {
        profiles::draw(app, buffer, layout.body);
    } else {
        for (tab, pane) in layout.panes() {
            let (content, age) = app.newest(tab);
            draw_content(app, tab, content.as_deref(), buffer, pane);
            if age == Age::Old {
                // What is shown is out of date until the answer arrives.
                buffer.set_style(pane, Style::new().add_modifier(Modifier::DIM));
            }
        }
        if layout.is_split() {
            let x = layout.pane(Tab::Flame).x.saturating_sub(1);
            for y in layout.body.y..layout.body.bottom() {
                buffer.set_string(x, y, "│", app.theme.dim());
            }
        }
    }
    bars::status(app, current.as_deref(), buffer, layout.status);
    bars::hints(app, buffer, layout.hints);
}

fn draw_content(app: &mut App, tab: Tab, content: Option<&Content>, buffer: &mut Buffer, area: Rect) {
    match content {
        Some(Content::Flame(graph)) => flame::draw(app, graph, buffer, area),
        Some(Content::Top(rows)) => top::draw(app, rows, buffer, area),
        Some(Content::Callers(neighbours)) => callers::draw(app, neighbours, buffer, area),
        Some(Content::Source(listing)) => source::draw(app, listing, buffer, area),
        Some(Content::Text(lines)) => source::draw_text(app, lines, buffer, area),
        Some(Content::Tags(tags)) => tags::draw(app, tags, buffer, area),
        Some(Content::Verdicts(rows)) => verdicts::draw(app, rows, buffer, area),
        Some(Content::Failed(reason)) => note(app, reason, buffer, area),
        Some(Content::Facts(_) | Content::Matches(_) | Content::Weights { .. }) => {}
        None if tab == Tab::Assembly && hotlist_report::find(ASSEMBLY).is_none() => {
            note(app, "assembly is not available in this version", buffer, area);
        }
        None if app.query(tab).is_none() && !app.is_working() => {
            note(app, "select a place first, in the flame graph or in top", buffer, area);
        }
        None => {
            let text = match app.facts.samples {
                1 => "looking at 1 sample…".to_owned(),
                samples => format!("looking at {} samples…", grouped(samples)),
            };
            put(buffer, area, 2, 1, &text, app.theme.dim());
        }
    }
}

/// What the status line says, piece by piece. Of paths the end is kept where there is no room.
struct Piece {
    text: String,
    style: Style,
    is_path: bool,
}

impl Piece {
    fn new(text: impl Into<String>, style: Style) -> Piece {
        Piece { text: text.into(), style, is_path: false }
    }

    fn path(text: impl Into<String>, style: Style) -> Piece {
        Piece { text: text.into(), style, is_path: true }
    }
}

/// The chosen place, for the status line.
fn chosen(app: &App) -> Vec<Piece> {
    let Some(chosen) = &app.chosen else { return Vec::new() };
    let mut pieces = vec![Piece::new(format!(" {}", plain(&chosen.label)), app.theme.title())];
    if !chosen.location.is_empty() && !chosen.label.contains(&chosen.location) {
        pieces.push(Piece::path(format!("  {}", plain(&chosen.location)), app.theme.dim()));
    }
    pieces
}

/// A number with a comma before each group of three digits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A sentence in place of a view.
fn note(app: &App, text: &str, buffer: &mut Buffer, area: Rect) {
    let width = usize::from(area.width).saturating_sub(4);
    for (row, text) in (1..area.height).zip(wrapped(&plain(text), width)) {
        put(buffer, area, 2, row, &text, app.theme.title());
    }
}

/// A text in lines of `width` cells, whole words where possible.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = fit_len(rest, width);
        lines.push(rest[..end].trim_end().to_owned());
        rest = rest[end..].trim_start();
    }
    lines
}

/// How many bytes of `text` fit, whole words where possible.
fn fit_len(text: &str, width: usize) -> usize {
    let mut taken = 0;
    let mut end = text.len();
    for (at, character) in text.char_indices() {
        taken += character.to_string().width();
        if taken > width {
            end = at;
            break;
        }
    }
    if end == text.len() || (end > 0 && text[end..].starts_with(' ')) {
        return end;
    }
    if end == 0 {
        // At least one character, so that there is an end to it.
        return text.chars().next().map_or(0, char::len_utf8);
    }
    text[..end].rfind(' ').filter(|&space| space > 0).unwrap_or(end)
}

/// Writes pieces of text one after the other into a row of `area`.
fn line(buffer: &mut Buffer, area: Rect, row: u16, parts: &[(String, Style)]) {
    let mut at = 0;
    for (text, style) in parts {
        put(buffer, area, at, row, text, *style);
        at += text.width();
    }
}

/// Writes text at a column and row of `area`, as far as there is room.
fn put(buffer: &mut Buffer, area: Rect, column: usize, row: u16, text: &str, style: Style) {
    let room = usize::from(area.width).saturating_sub(column);
    if row < area.height && room > 0 {
        let x = area.x + u16::try_from(column).unwrap_or(u16::MAX);
        buffer.set_stringn(x, area.y + row, text, room, style);
    }
}

/// Marks a row of `area` as selected.
fn select(app: &App, buffer: &mut Buffer, area: Rect, row: u16) {
    buffer.set_style(Rect { y: area.y + row, height: 1, ..area }, app.theme.selected());
}

/// Draws a scroll mark at the right where there is more than fits.
fn more(app: &App, buffer: &mut Buffer, area: Rect, top: usize, count: usize) {
    let at = usize::from(area.width).saturating_sub(1);
    if top > 0 {
        put(buffer, area, at, 0, "▲", app.theme.key());
    }
    if count > top + usize::from(area.height) && area.height > 0 {
        put(buffer, area, at, area.height - 1, "▼", app.theme.key());
    }
}

/// Scrolls a list so that its selected row is on the screen, and returns the rows that are, each with
/// where it is drawn.
fn visible(app: &mut App, tab: Tab, count: usize, area: Rect) -> impl Iterator<Item = (usize, u16)> + use<> {
    let height = usize::from(area.height);
    let scroll = &mut app.scrolls[tab as usize];
    scroll.follow(height, count);
    (scroll.top..count.min(scroll.top + height)).zip(0..)
}

/// An area without its first row, which has the names of columns.
fn below_heading(area: Rect) -> Rect {
    Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_whole_where_possible() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("日本語", 1), ["日", "本", "語"]);
        assert_eq!(grouped(1234567), "1,234,567");
    }
}
