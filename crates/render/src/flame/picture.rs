//! Flame graphs as pictures: a row of boxes for each depth, as wide as their weights.

use hotlist_layout::{Point, Rect, Size};
use hotlist_profile::unit::percentage;
use hotlist_report::{FlameFrame, FlameGraph, FlameKind, Sides};

use super::colour::{change_colour, other_colour, place_colour};
use crate::Context;
use crate::clean::clean;
use crate::colour::Colour;
use crate::font::{Fonts, Weight};
use crate::graph::{shortened, shorter_names};
use crate::legend::profile_lines;
use crate::picture::{Group, Mark, Picture, Text};

/// The width of the root.
const WIDTH: f64 = 1400.0;
const MARGIN: f64 = 10.0;
const ROW: f64 = 18.0;
const TEXT: f64 = 11.0;
const PADDING: f64 = 4.0;

/// Frames narrower than this are not seen and not drawn.
const NARROWEST: f64 = 0.25;

/// Names longer than this lose their middle in tooltips.
const LONGEST: usize = 600;

/// A frame and where it goes.
struct Placed {
    row: usize,
    left: f64,
    width: f64,
}

/// The graph as a picture, with the root at the top or, upwards, at the bottom.
pub(crate) fn picture(graph: &FlameGraph, context: &Context) -> Picture {
    let fonts = Fonts::new();
    let mut groups = vec![heading(graph, context, &fonts)];
    let top = MARGIN + heading_height(graph, context);
    let mut height = top;
    let places = places(graph);
    let rows = places.iter().map(|placed| graph.frames[placed.row].depth + 1).max().unwrap_or(0);
    for placed in places {
        let frame = &graph.frames[placed.row];
        let row = if graph.upwards { rows - 1 - frame.depth } else { frame.depth };
        let y = top + row as f64 * ROW;
        height = height.max(y + ROW);
        groups.push(paint(graph, frame, &placed, y, &fonts));
    }
    let title = format!("{} {}", graph.header.file, graph.header.sample_type);
    let size = Size::new(WIDTH + 2.0 * MARGIN, height + MARGIN);
    Picture { title: shortened(title.trim(), LONGEST), size, groups }
}

/// The frames that are wide enough to be seen: those below one frame follow each other from its left side.
fn places(graph: &FlameGraph) -> Vec<Placed> {
    let total = graph.total().size().max(1) as f64;
    // Where the next frame below each frame begins; none for frames that are not drawn.
    let mut next: Vec<Option<f64>> = vec![None; graph.frames.len()];
    let mut places = Vec::new();
    for (row, frame) in graph.frames.iter().enumerate() {
        let width = frame.cum.size() as f64 / total * WIDTH;
        let left = match frame.kind {
            FlameKind::Root => Some(MARGIN),
            _ => next[frame.parent],
        };
        let Some(left) = left else { continue };
        if row != frame.parent {
            next[frame.parent] = Some(left + width);
        }
        if width >= NARROWEST {
            next[row] = Some(left);
            places.push(Placed { row, left, width });
        }
    }
    places
}

fn heading_lines(graph: &FlameGraph, context: &Context) -> Vec<String> {
    let mut lines = profile_lines(&graph.header, context);
    let Sides { plus, minus } = graph.total();
    let label = |value| graph.header.format.label(value);
    lines.push(match graph.is_comparison() {
        true => format!("Total: {} (base {}). Red frames grew, blue ones shrank.", label(plus), label(minus)),
        false => format!("Total: {}", label(plus)),
    });
    if graph.inverted {
        lines.push("Callers below callees".to_owned());
    }
    // Comments of profiles are as many as they like.
    lines.truncate(8);
    lines
}

/// Lines in the heading share rows.
const LINES_IN_ROW: usize = 4;

fn heading_height(graph: &FlameGraph, context: &Context) -> f64 {
    heading_lines(graph, context).len().div_ceil(LINES_IN_ROW) as f64 * (TEXT * 1.4) + PADDING
}

fn heading(graph: &FlameGraph, context: &Context, fonts: &Fonts) -> Group {
    let mut marks = Vec::new();
    for (index, lines) in heading_lines(graph, context).chunks(LINES_IN_ROW).enumerate() {
        let lines: Vec<String> = lines.iter().map(|line| shortened(&clean(line), 90)).collect();
        let text = lines.join("   ");
        let width = fonts.width(&text, Weight::Regular, TEXT);
        let at = Point::new(MARGIN, MARGIN + TEXT + index as f64 * TEXT * 1.4);
        let colour = Colour::grey(0x40);
        marks.push(Mark::Text(Text { at, size: TEXT, weight: Weight::Regular, colour, text, width }));
    }
    Group { class: "legend", marks, ..Group::default() }
}

fn paint(graph: &FlameGraph, frame: &FlameFrame, placed: &Placed, y: f64, fonts: &Fonts) -> Group {
    let fill = match frame.kind {
        _ if graph.is_comparison() => change_colour(frame.cum.minus, frame.cum.plus),
        FlameKind::Place(row) => place_colour(&graph.places[row].place),
        FlameKind::Root | FlameKind::Others(_) => other_colour(),
    };
    // A gap between neighbours, as far as there is room.
    let gap = (placed.width * 0.1).min(0.6);
    let rect = Rect {
        min: Point::new(placed.left, y),
        max: Point::new(placed.left + placed.width - gap, y + ROW - 1.0),
    };
    let radius = if placed.width > 6.0 { 1.5 } else { 0.0 };
    let mut marks = vec![Mark::Box { rect, radius, fill: Some(fill), border: None }];
    if frame.inline && placed.width > 3.0 {
        // Inlined frames stand on a broken line.
        let [left, right] = [rect.min.x + 1.0, rect.max.x - 1.0].map(|x| Point::new(x, rect.max.y - 0.75));
        let path = vec![hotlist_layout::Cubic::line(left, right)];
        let colour = fill.mixed(Colour::BLACK, 0.5);
        marks.push(Mark::Line { path, colour, width: 0.8, dashed: true });
    }
    let room = placed.width - 2.0 * PADDING;
    if let Some(text) = fitting(&names(graph, frame), room, fonts) {
        let width = fonts.width(&text, Weight::Regular, TEXT);
        let at = Point::new(placed.left + PADDING, y + ROW * 0.71);
        let (size, weight, colour) = (TEXT, Weight::Regular, Colour::grey(0x18));
        marks.push(Mark::Text(Text { at, size, weight, colour, text, width }));
    }
    Group { class: "frame", tooltip: tooltip(graph, frame), marks, ..Group::default() }
}

/// Ever shorter ways to name a frame.
fn names(graph: &FlameGraph, frame: &FlameFrame) -> Vec<String> {
    match frame.kind {
        FlameKind::Place(row) if !graph.places[row].place.function.is_empty() => {
            let place = &graph.places[row].place;
            let at = match place.line {
                0 => String::new(),
                line => format!(" :{line}"),
            };
            shorter_names(&place.function).into_iter().map(|name| name + &at).collect()
        }
        _ => vec![clean(&graph.label(frame)).into_owned()],
    }
}

/// The first of `names` for which there is room, or the beginning of the last; nothing if that is too little to be
/// of use.
fn fitting(names: &[String], room: f64, fonts: &Fonts) -> Option<String> {
    if room < TEXT {
        return None;
    }
    let fits = |name: &&String| longest_part(name, room, fonts).len() == name.len();
    names.iter().find(fits).cloned().or_else(|| beginning(names.last()?, room, fonts))
}

/// The beginning of `text` and an ellipsis.
fn beginning(text: &str, room: f64, fonts: &Fonts) -> Option<String> {
    const LEAST: usize = 3;
    let ellipsis = fonts.get(Weight::Regular).advance('…') * TEXT;
    let head = longest_part(text, room - ellipsis, fonts);
    (head.chars().count() >= LEAST).then(|| format!("{head}…"))
}

/// The characters of `text` that there is room for.
fn longest_part<'t>(text: &'t str, room: f64, fonts: &Fonts) -> &'t str {
    let font = fonts.get(Weight::Regular);
    let mut width = 0.0;
    let end = text.char_indices().find(|&(_, character)| {
        width += font.advance(character) * TEXT;
        width > room
    });
    &text[..end.map_or(text.len(), |(index, _)| index)]
}

fn tooltip(graph: &FlameGraph, frame: &FlameFrame) -> String {
    let total = graph.total();
    let label = |value| graph.header.format.label(value);
    let share = |value, total| percentage(value, total).trim().to_owned();
    let name = shortened(&graph.label(frame), LONGEST);
    let inline = if frame.inline { " (inline)" } else { "" };
    let line = |what: &str, sides: Sides| match graph.is_comparison() {
        false => format!("\n{what} {} ({})", label(sides.plus), share(sides.plus, total.plus)),
        true => format!("\n{what} {} from {}, {}", label(sides.plus), label(sides.minus), change(sides)),
    };
    format!("{name}{inline}{}{}", line("flat", frame.flat), line("cum", frame.cum))
}

/// The change relative to the base.
fn change(sides: Sides) -> String {
    match sides {
        Sides { minus: 0, plus: 0 } => "no change".to_owned(),
        Sides { minus: 0, .. } => "new".to_owned(),
        Sides { minus, plus } => {
            let change = (plus as f64 - minus as f64) / minus as f64 * 100.0;
            format!("{change:+.1}%")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_to_the_room_there_is() {
        let fonts = Fonts::new();
        let names = ["runtime.mallocgc", "mallocgc"].map(str::to_owned);
        let width = |text: &str| fonts.width(text, Weight::Regular, TEXT);
        let fit = |room| fitting(&names, room, &fonts);
        assert_eq!(fit(width("runtime.mallocgc") + 0.1).as_deref(), Some("runtime.mallocgc"));
        assert_eq!(fit(width("runtime.mallocgc") - 0.1).as_deref(), Some("mallocgc"));
        assert_eq!(fit(width("mallo…") + 0.1).as_deref(), Some("mallo…"));
        assert_eq!(fit(12.0), None);
    }

    #[test]
    fn changes_are_relative_to_the_base() {
        assert_eq!(change(Sides { minus: 100, plus: 150 }), "+50.0%");
        assert_eq!(change(Sides { minus: 0, plus: 1 }), "new");
        assert_eq!(change(Sides { minus: 4, plus: 0 }), "-100.0%");
    }
}
