//! Flame graphs, the root on top.

use hotlist_profile::unit::percentage;
use hotlist_render::short_name;
use hotlist_report::{FlameFrame, FlameGraph, FlameKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::put;
use crate::app::App;
use crate::cells::{bare, fit, package, plain};
use crate::flame::{self, Bar};
use crate::keys::Command;

pub(super) fn draw(app: &mut App, graph: &FlameGraph, buffer: &mut Buffer, area: Rect) {
    let height = usize::from(area.height);
    let zoomed = flame::find(graph, &app.zoom);
    let bars = flame::bars(graph, zoomed, area.width.into());
    let selected = flame::find(graph, &app.cursor);
    if std::mem::take(&mut app.follow) {
        // The selected frame stays on the screen, with its callees where there is room.
        let depth = graph.frames.get(selected).map_or(0, |frame| frame.depth);
        let below = depth + 2;
        app.flame_top = app.flame_top.min(depth).max(below.saturating_sub(height));
    }
    let deepest = bars.iter().map(|bar| bar.depth + 1).max().unwrap_or(0);
    app.flame_top = app.flame_top.min(deepest.saturating_sub(height));
    let total = graph.total();
    for bar in &bars {
        let Some(row) = bar.depth.checked_sub(app.flame_top).filter(|&row| row < height) else { continue };
        let frame = &graph.frames[bar.frame];
        let mut style = base_style(app, graph, frame);
        if matches!(frame.kind, FlameKind::Place(place) if app.is_match(&graph.places[place].place.label)) {
            style = app.theme.matched_frame(style);
        }
        if bar.frame == selected {
            style = app.theme.selected_frame(style);
        }
        let share = percentage(frame.cum.size(), total.size());
        let text = label(graph, frame, bar.end - bar.start, share.trim(), app.theme.has_colours());
        put(buffer, area, bar.start, u16::try_from(row).unwrap_or(u16::MAX), &text, style);
    }
    if app.flame_top > 0 {
        put(buffer, area, usize::from(area.width).saturating_sub(3), 0, " ▲ ", app.theme.key());
    }
    if deepest > app.flame_top + height {
        let at = usize::from(area.width).saturating_sub(3);
        put(buffer, area, at, area.height - 1, " ▼ ", app.theme.key());
    }
}

fn base_style(app: &App, graph: &FlameGraph, frame: &FlameFrame) -> Style {
    let FlameKind::Place(place) = frame.kind else { return app.theme.quiet_frame() };
    let name = &graph.places[place].place.label;
    let growth = graph.is_comparison().then(|| {
        let size = frame.cum.size();
        if size == 0 { 0.0 } else { frame.cum.net() as f64 / size as f64 }
    });
    app.theme.frame(package(name), name, growth)
}

/// The text of a frame, as wide as the frame: an edge, as much of the name as fits, and its share where
/// there is room.
fn label(graph: &FlameGraph, frame: &FlameFrame, width: usize, share: &str, has_ground: bool) -> String {
    let edge = if has_ground { "▏" } else { "│" };
    if width < 3 {
        return edge.to_owned() + &" ".repeat(width - 1);
    }
    let room = width - 1;
    let mut name = plain(&graph.label(frame));
    if name.width() > room {
        name = plain(&short_name(&name));
    }
    if name.width() > room {
        // In a narrow frame the package says less, and the colour tells it.
        name = bare(&name).to_owned();
    }
    if frame.inline && name.width() + 4 <= room {
        name.push_str(" (i)");
    }
    let name = fit(&name, room);
    let gap = room - name.width();
    if gap >= share.width() + 3 {
        let spaces = gap - share.width() - 1;
        return format!("{edge}{name}{}{share} ", " ".repeat(spaces));
    }
    format!("{edge}{name}{}", " ".repeat(gap))
}

/// What the status line says about the selected frame.
pub(super) fn status(app: &App, graph: &FlameGraph) -> Vec<(String, Style, bool)> {
    let Some(frame) = graph.frames.get(flame::find(graph, &app.cursor)) else { return Vec::new() };
    let (total, format) = (graph.header.total, &graph.header.format);
    let number = |weight: i64| format!("{} {}", format.label(weight), percentage(weight, total).trim());
    let mut parts = vec![
        (format!(" {}", number(frame.cum.net())), app.theme.title(), false),
        (format!("  self {}  ", number(frame.flat.net())), Style::new(), false),
    ];
    if graph.is_comparison() {
        let sides = format!("({} − {})  ", format.label(frame.cum.plus), format.label(frame.cum.minus));
        parts.push((sides, app.theme.dim(), false));
    }
    let name = plain(&graph.label(frame));
    parts.push((name, app.theme.title(), false));
    if let FlameKind::Place(place) = frame.kind {
        let place = &graph.places[place].place;
        let is_in_label = place.label.contains(&place.file);
        if !place.file.is_empty() && !is_in_label {
            parts.push((format!("  {}", plain(&place.file)), app.theme.dim(), true));
        }
    }
    parts.iter_mut().for_each(|(_, style, _)| *style = style.remove_modifier(Modifier::UNDERLINED));
    parts
}

/// Selects the frame at a cell; zooms to it when it is selected already.
pub(super) fn click(app: &mut App, column: usize, row: usize) {
    let Some((answer, bars)) = app.flame_bars() else { return };
    let crate::answer::Answer::Flame(graph) = &*answer else { return };
    let depth = row + app.flame_top;
    let is_here = |bar: &&Bar| bar.depth == depth && (bar.start..bar.end).contains(&column);
    let Some(bar) = bars.iter().find(is_here) else { return };
    let path = flame::path(graph, bar.frame);
    if app.cursor == path {
        app.command(Command::Enter);
    } else {
        app.cursor = path;
    }
}
