//! Flame graphs, the root on top.

use hotlist_render::short_name;
use hotlist_report::{FlameFrame, FlameGraph, FlameKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::numbers::Numbers;
use super::{Piece, put};
use crate::app::App;
use crate::cells::{bare, fit, package, plain};
use crate::geometry;

pub(super) fn draw(app: &mut App, graph: &FlameGraph, buffer: &mut Buffer, area: Rect) {
    let height = usize::from(area.height);
    let zoomed = geometry::find(graph, &app.flame.zoom);
    let bars = geometry::bars(graph, zoomed, area.width.into());
    let selected = geometry::find(graph, &app.flame.cursor);
    if std::mem::take(&mut app.flame.follow) {
        // The selected frame stays on the screen, with its callees where there is room.
        let depth = graph.frames.get(selected).map_or(0, |frame| frame.depth);
        let below = depth + 2;
        app.flame.top = app.flame.top.min(depth).max(below.saturating_sub(height));
    }
    let deepest = bars.iter().map(|bar| bar.depth + 1).max().unwrap_or(0);
    app.flame.top = app.flame.top.min(deepest.saturating_sub(height));
    let numbers = Numbers::new(app, &graph.header);
    let chosen = app.chosen.as_ref().map(|chosen| chosen.label.as_str());
    for bar in &bars {
        let Some(row) = bar.depth.checked_sub(app.flame.top).filter(|&row| row < height) else { continue };
        let frame = &graph.frames[bar.frame];
        let mut style = ground(app, graph, frame);
        if let FlameKind::Place(place) = frame.kind {
            let label = graph.places[place].place.label.as_str();
            if graph.is_comparison() && !app.changes.shows(frame.cum.minus, frame.cum.plus) {
                style = app.theme.faint_frame();
            }
            if app.is_match(label) {
                style = app.theme.matched_frame(style);
            }
            if chosen == Some(label) && bar.frame != selected {
                style = app.theme.related_frame(style);
            }
        }
        if bar.frame == selected {
            style = app.theme.selected_frame(style);
        }
        let share = numbers.share(frame.cum.net());
        let text = label(graph, frame, bar.end - bar.start, &share, app.theme.has_colours());
        put(buffer, area, bar.start, u16::try_from(row).unwrap_or(u16::MAX), &text, style);
    }
    let corner = usize::from(area.width).saturating_sub(3);
    if app.flame.top > 0 {
        put(buffer, area, corner, 0, " ▲ ", app.theme.key());
    }
    if deepest > app.flame.top + height {
        put(buffer, area, corner, area.height - 1, " ▼ ", app.theme.key());
    }
}

fn ground(app: &App, graph: &FlameGraph, frame: &FlameFrame) -> Style {
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

/// Screens on which the status line has room for what the place weighs wherever it occurs.
const ROOMY: usize = 100;

/// What the status line says about the selected frame.
pub(super) fn status(app: &App, graph: &FlameGraph, width: usize) -> Vec<Piece> {
    let Some(frame) = graph.frames.get(geometry::find(graph, &app.flame.cursor)) else { return Vec::new() };
    let numbers = Numbers::new(app, &graph.header);
    let mut pieces = vec![
        Piece::new(format!(" {}", numbers.both(frame.cum.net())), app.theme.title()),
        Piece::new(format!("  self {}  ", numbers.both(frame.flat.net())), Style::new()),
    ];
    if graph.is_comparison() {
        let sides = format!("({} − {})  ", numbers.amount(frame.cum.plus), numbers.amount(frame.cum.minus));
        pieces.push(Piece::new(sides, app.theme.dim()));
    }
    pieces.push(Piece::new(plain(&graph.label(frame)), app.theme.title()));
    let FlameKind::Place(place) = frame.kind else { return pieces };
    let count = graph.frames.iter().filter(|other| other.kind == frame.kind).count();
    if let Some((flat, cum)) = app.weights()
        && (flat, cum) != (frame.flat.net(), frame.cum.net())
    {
        let all = match width {
            ROOMY.. if count > 1 => {
                format!("  in {count} places {}  self {}", numbers.both(cum), numbers.both(flat))
            }
            ROOMY.. => format!("  everywhere {}  self {}", numbers.both(cum), numbers.both(flat)),
            _ if cum != frame.cum.net() => format!("  of {}", numbers.weight(cum)),
            _ => String::new(),
        };
        pieces.push(Piece::new(all, Style::new()));
    }
    let place = &graph.places[place].place;
    if !place.file.is_empty() && !place.label.contains(&place.file) {
        pieces.push(Piece::path(format!("  {}", plain(&place.file)), app.theme.dim()));
    }
    pieces
}
