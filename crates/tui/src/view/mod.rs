//! Drawing the state of the screen into a frame of cells.

mod flame;
mod help;
mod source;
mod table;
mod tags;

use hotlist_profile::unit::percentage;
use hotlist_report::Header;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

use crate::answer::{ASSEMBLY, Answer};
use crate::app::{App, Tab, Tone, What};
use crate::cells::{fit, fit_end, plain};
use crate::keys::{self, Command};

pub(crate) use source::{rows as source_rows, texts as source_texts};

/// Rows above the body: the title and the names of the views.
const ABOVE: u16 = 2;
/// Rows below it: what is selected, and hints.
const BELOW: u16 = 2;
/// Smaller windows show no more than a request for room.
const SMALLEST: (u16, u16) = (20, 6);

/// Draws `app` into `frame`.
pub fn draw(app: &mut App, frame: &mut Frame<'_>) {
    let area = frame.area();
    let buffer = frame.buffer_mut();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!("needs {}x{}", SMALLEST.0, SMALLEST.1);
        line(buffer, area, 0, &[(fit(&text, area.width.into()), app.theme.title())]);
        return;
    }
    let body = body(area);
    app.body = (body.width.into(), body.height.into());
    let (answer, is_old) = app.current();
    title(app, answer.as_deref().and_then(Answer::header), buffer, area);
    tabs(app, buffer, Rect { y: area.y + 1, height: 1, ..area });
    if app.help.is_some() {
        help::draw(app, buffer, body);
    } else {
        content(app, answer.as_deref(), buffer, body);
        if is_old {
            // What is shown is out of date until the answer arrives.
            buffer.set_style(body, Style::new().add_modifier(Modifier::DIM));
        }
    }
    status(app, answer.as_deref(), buffer, Rect { y: body.bottom(), height: 1, ..area });
    hints(app, buffer, Rect { y: area.bottom() - 1, height: 1, ..area });
}

fn body(area: Rect) -> Rect {
    Rect { y: area.y + ABOVE, height: area.height - ABOVE - BELOW, ..area }
}

fn content(app: &mut App, answer: Option<&Answer>, buffer: &mut Buffer, area: Rect) {
    match answer {
        Some(Answer::Flame(graph)) => flame::draw(app, graph, buffer, area),
        Some(Answer::Top(rows)) => table::draw_top(app, rows, buffer, area),
        Some(Answer::Callers(neighbours)) => table::draw_callers(app, neighbours, buffer, area),
        Some(Answer::Source(listing)) => source::draw(app, listing, buffer, area),
        Some(Answer::Text(lines)) => source::draw_text(app, lines, buffer, area),
        Some(Answer::Tags(tags)) => tags::draw(app, tags, buffer, area),
        Some(Answer::Failed(reason)) => note(app, reason, buffer, area),
        Some(Answer::Matches(_)) => {}
        None if app.tab == Tab::Assembly && hotlist_report::find(ASSEMBLY).is_none() => {
            note(app, "assembly is not available in this version", buffer, area);
        }
        None if app.ask().is_none() => {
            note(app, "select a place first, in the flame graph or in top", buffer, area);
        }
        None => {
            let text = match app.samples {
                1 => "looking at 1 sample…".to_owned(),
                samples => format!("looking at {} samples…", grouped(samples)),
            };
            put(buffer, area, 2, 1, &text, app.theme.dim());
        }
    }
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
    let text = plain(text);
    let width = usize::from(area.width).saturating_sub(4);
    let mut rest = text.as_str();
    for row in 1..area.height {
        if rest.is_empty() {
            break;
        }
        let end = fit_len(rest, width);
        line(
            buffer,
            area,
            row,
            &[("  ".to_owned(), Style::new()), (rest[..end].to_owned(), app.theme.title())],
        );
        rest = rest[end..].trim_start();
    }
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
    if end == text.len() || end == 0 {
        return text.len().min(end.max(1));
    }
    text[..end].rfind(' ').filter(|&space| space > 0).unwrap_or(end)
}

/// The profile, what is summed, the total, and the filters in force.
fn title(app: &App, header: Option<&Header>, buffer: &mut Buffer, area: Rect) {
    let width = usize::from(area.width);
    let mut right = String::new();
    if app.is_working() {
        right = " working… ".to_owned();
    }
    let mut parts: Vec<(String, Style)> = Vec::new();
    match header {
        Some(header) => {
            let file = if header.file.is_empty() { "hotlist".to_owned() } else { plain(&header.file) };
            parts.push((format!(" {file} "), app.theme.title()));
            parts.push((format!(" {} ", plain(&header.sample_type)), Style::new()));
            parts.push((format!(" {} ", header.format.label(header.total)), app.theme.title()));
            let granularity =
                app.options.granularity.map(|granularity| format!("{granularity:?}").to_lowercase());
            if let Some(granularity) = granularity {
                parts.push((format!(" {granularity} "), app.theme.dim()));
            }
            if app.options.inverted && app.tab == Tab::Flame {
                parts.push((" inverted ".to_owned(), app.theme.dim()));
            }
            let filters: Vec<String> = header.active_filters.iter().map(|filter| plain(filter)).collect();
            if !filters.is_empty() {
                let used: usize = parts.iter().map(|(text, _)| text.width()).sum();
                let room = width.saturating_sub(used + right.width() + 2);
                parts.push((format!(" {}", fit(&filters.join("  "), room)), app.theme.matched()));
            }
        }
        None => parts.push((" hotlist ".to_owned(), app.theme.title())),
    }
    line(buffer, area, 0, &parts);
    let at = width.saturating_sub(right.width());
    put(buffer, area, at, 0, &right, app.theme.working());
}

/// Where the name of each view begins, and what it is called.
fn tab_names(width: usize) -> Vec<(Tab, usize, String)> {
    let mut at = 0;
    let is_narrow = width < 62;
    Tab::ALL
        .into_iter()
        .enumerate()
        .map(|(number, tab)| {
            let number = number + 1;
            let name = if is_narrow { format!(" {number} ") } else { format!(" {number} {} ", tab.title()) };
            let start = at;
            at += name.width();
            (tab, start, name)
        })
        .collect()
}

fn tabs(app: &App, buffer: &mut Buffer, area: Rect) {
    buffer.set_style(area, Style::new().add_modifier(Modifier::UNDERLINED));
    for (tab, start, name) in tab_names(area.width.into()) {
        let style = app.theme.tab(tab == app.tab).add_modifier(Modifier::UNDERLINED);
        put(buffer, area, start, 0, &name, style);
        if area.width < 62 && tab == app.tab {
            put(buffer, area, 20, 0, tab.title(), app.theme.title().add_modifier(Modifier::UNDERLINED));
        }
    }
}

/// The line about what is selected, or what should be known.
fn status(app: &App, answer: Option<&Answer>, buffer: &mut Buffer, area: Rect) {
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
    let mut right = String::new();
    if let (Some(search), Some(header)) = (&app.search, answer.and_then(Answer::header)) {
        right = match app.matches() {
            Some(weight) => format!(
                " /{}: {} {} ",
                fit(&plain(&search.text), 20),
                header.format.label(weight),
                percentage(weight, header.total).trim()
            ),
            None => format!(" /{} ", fit(&plain(&search.text), 20)),
        };
    }
    let room = width.saturating_sub(right.width() + 1);
    let left = match answer {
        Some(Answer::Flame(graph)) => flame::status(app, graph),
        Some(Answer::Top(_) | Answer::Callers(_)) => table::status(app),
        Some(Answer::Source(listing)) => source::status(app, listing),
        _ => Vec::new(),
    };
    // The end of a long name is cut, not the numbers before it.
    let mut used = 0;
    let mut parts = Vec::new();
    for (text, style, is_path) in left {
        let left = room.saturating_sub(used);
        let text = if is_path { fit_end(&text, left) } else { fit(&text, left) };
        used += text.width();
        parts.push((text, style));
    }
    line(buffer, area, 0, &parts);
    put(buffer, area, width.saturating_sub(right.width()), 0, &right, app.theme.matched());
}

/// What can be pressed, or what is being typed.
fn hints(app: &App, buffer: &mut Buffer, area: Rect) {
    let width = usize::from(area.width);
    if let Some(typing) = &app.typing {
        let prompt = match typing.what {
            What::Search => " search: ",
            What::Focus => " focus: ",
        };
        let room = width.saturating_sub(prompt.width() + 1);
        let text = fit_end(&plain(&typing.text), room);
        let at = prompt.width() + text.width();
        line(buffer, area, 0, &[(prompt.to_owned(), app.theme.key()), (text, Style::new())]);
        put(buffer, area, at, 0, " ", app.theme.selected());
        return;
    }
    let hint = |binding: &keys::Binding| {
        let names = binding.name.split(", ");
        // Arrows and the like say more than the letters that do the same, but Backspace takes long.
        let key = names.min_by_key(|name| name.len() > 5).unwrap_or_default();
        [(format!(" {key}"), app.theme.key()), (format!(" {} ", binding.hint), app.theme.dim())]
    };
    let length = |parts: &[(String, Style)]| parts.iter().map(|(text, _)| text.width()).sum::<usize>();
    let hinted = keys::ALL.iter().filter(|binding| {
        !binding.hint.is_empty() && (binding.tabs.is_empty() || binding.tabs.contains(&app.tab))
    });
    // How to get help and how to leave is always there; the others as far as there is room, those that
    // belong to this view first.
    let (always, mut others): (Vec<&keys::Binding>, Vec<_>) =
        hinted.partition(|binding| binding.group == keys::Group::Program);
    others.sort_by_key(|binding| binding.tabs.is_empty() && binding.group != keys::Group::Searching);
    let last: Vec<_> = always.into_iter().flat_map(hint).collect();
    let room = width.saturating_sub(length(&last));
    let mut parts: Vec<(String, Style)> = Vec::new();
    for binding in others {
        let next = hint(binding);
        if length(&parts) + length(&next) > room {
            break;
        }
        parts.extend(next);
    }
    line(buffer, area, 0, &parts);
    let last_area = Rect { x: area.x + room as u16, width: area.width - room as u16, ..area };
    line(buffer, last_area, 0, &last);
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

/// Reacts to the mouse.
pub(crate) fn mouse(app: &mut App, event: MouseEvent) {
    let (column, row) = (usize::from(event.column), usize::from(event.row));
    match event.kind {
        MouseEventKind::ScrollUp => (0..3).for_each(|_| scroll(app, Command::Up)),
        MouseEventKind::ScrollDown => (0..3).for_each(|_| scroll(app, Command::Down)),
        MouseEventKind::Down(MouseButton::Right) => {
            app.command(Command::Back);
        }
        MouseEventKind::Down(MouseButton::Left) if app.help.is_some() => app.help = None,
        MouseEventKind::Down(MouseButton::Left) if row == 1 => {
            let names = tab_names(app.body.0);
            let hit = names.iter().find(|(_, start, name)| (*start..start + name.width()).contains(&column));
            if let Some((tab, ..)) = hit {
                app.command(Command::Tab(*tab));
            }
        }
        MouseEventKind::Down(MouseButton::Left) => {
            let Some(row) = row.checked_sub(ABOVE.into()).filter(|&row| row < app.body.1) else { return };
            app.message = None;
            match app.tab {
                Tab::Flame => flame::click(app, column, row),
                _ => table::click(app, column, row),
            }
        }
        _ => {}
    }
}

fn scroll(app: &mut App, command: Command) {
    match (app.tab, command, &mut app.help) {
        (_, Command::Up, Some(top)) => *top = top.saturating_sub(1),
        (_, _, Some(top)) => *top += 1,
        // In flame graphs the wheel moves the picture, not the selection.
        (Tab::Flame, Command::Up, None) => app.flame_top = app.flame_top.saturating_sub(1),
        (Tab::Flame, _, None) => app.flame_top += 1,
        _ => {
            app.command(command);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::Arc;

    use hotlist_profile::Builder;
    use hotlist_report::NoSource;
    use hotlist_session::{Session, ViewOptions};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ratatui::crossterm::event::{Event, KeyEvent, KeyModifiers};

    use super::*;
    use crate::answer::answer;
    use crate::theme::{Colours, Theme};

    /// Answers everything that the screen wants to know.
    fn settle(app: &mut App, session: &Session) {
        while let Some(ask) = app.wanted() {
            let (found, notes) = answer(session, &NoSource, &ask);
            app.take(ask, found, &notes);
        }
    }

    #[test]
    fn every_key_and_click_at_every_size() {
        let mut builder = Builder::new(&[("samples", "count"), ("cpu", "nanoseconds")]);
        let functions: Vec<_> =
            (0..9).map(|n| builder.named_function(&format!("pkg{}.f{n}", n % 3), "日本.go")).collect();
        let places: Vec<_> = functions.iter().map(|&f| builder.source_location(f, 7)).collect();
        for row in 0..60usize {
            let stack: Vec<_> = (0..row % 7).map(|depth| places[(row * depth + depth) % 9]).collect();
            let value = if row % 5 == 0 { -3 } else { row as i64 };
            builder.sample(&stack, &[], &[1, value]).expect("a few samples fit");
        }
        let session = Arc::new(Session::new(builder.finish(), NonZeroUsize::MIN));
        for colours in [Colours::None, Colours::Sixteen, Colours::Many] {
            for size in [(80, 24), (200, 50), (20, 6), (21, 7), (10, 3), (1, 1), (300, 5)] {
                let backend = TestBackend::new(size.0, size.1);
                let mut terminal = Terminal::new(backend).expect("memory is a terminal");
                let mut app = App::new(session.profile(), ViewOptions::default(), Theme::new(colours));
                for binding in keys::ALL {
                    for &(code, is_control) in binding.keys {
                        let modifiers = if is_control { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
                        app.event(&Event::Key(KeyEvent::new(code, modifiers)));
                        // Drawn once while the answer is on its way, and once with it.
                        terminal.draw(|frame| draw(&mut app, frame)).expect("memory takes everything");
                        settle(&mut app, &session);
                        terminal.draw(|frame| draw(&mut app, frame)).expect("memory takes everything");
                        for (column, row) in
                            [(0, 1), (size.0 / 2, 4), (3, 3), (3, 3), (size.0 - 1, size.1 - 1)]
                        {
                            let kind = MouseEventKind::Down(MouseButton::Left);
                            app.event(&Event::Mouse(MouseEvent { kind, column, row, modifiers }));
                        }
                        settle(&mut app, &session);
                        terminal.draw(|frame| draw(&mut app, frame)).expect("memory takes everything");
                        // Leave what is typed, so that the next key is a key.
                        app.typing = None;
                    }
                }
            }
        }
    }
}
