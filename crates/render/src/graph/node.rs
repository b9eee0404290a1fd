//! What is written in boxes.

use hotlist_layout::Size;
use hotlist_profile::unit::percentage;
use hotlist_report::{CallGraph, GraphNode, Place};
use serde::Serialize;

use super::name::{Name, shortened, wrap};
use crate::clean::clean;
use crate::dot::{base_name, font_size};
use crate::font::{Fonts, Weight};

/// A line of text in a box.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TextLine {
    /// The text.
    pub text: String,
    /// The left end of its base line.
    pub x: f64,
    /// The height of its base line.
    pub y: f64,
    /// How wide it is.
    pub width: f64,
    /// Its size in points.
    pub size: f64,
    /// Whether its letters are bold.
    pub bold: bool,
}

/// The text of a box, with places relative to its upper left corner.
#[derive(Debug, Clone, Default)]
pub(crate) struct Content {
    pub(crate) lines: Vec<TextLine>,
    pub(crate) size: Size,
}

/// Where the lines of a box stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Middle,
}

/// Collects lines of text.
pub(crate) struct Writer<'f> {
    fonts: &'f Fonts,
    lines: Vec<TextLine>,
    height: f64,
}

/// The height of a line of text, and that of its part above the base line, as shares of its size.
const LINE: f64 = 1.2;
const ASCENT: f64 = 0.95;

impl<'f> Writer<'f> {
    pub(crate) fn new(fonts: &'f Fonts) -> Writer<'f> {
        Writer { fonts, lines: Vec::new(), height: 0.0 }
    }

    pub(crate) fn line(&mut self, text: impl Into<String>, weight: Weight, size: f64) {
        let text = text.into();
        let width = self.fonts.width(&text, weight, size);
        let y = self.height + size * ASCENT;
        self.height += size * LINE;
        self.lines.push(TextLine { text, x: 0.0, y, width, size, bold: weight == Weight::Bold });
    }

    /// The box around the lines.
    pub(crate) fn finish(self, align: Align, padding: Size) -> Content {
        let widest = self.lines.iter().map(|line| line.width).fold(0.0, f64::max);
        let place = |line: TextLine| {
            let x = match align {
                Align::Left => 0.0,
                Align::Middle => (widest - line.width) / 2.0,
            };
            TextLine { x: padding.width + x, y: padding.height + line.y, ..line }
        };
        Content {
            size: Size::new(widest + 2.0 * padding.width, self.height + 2.0 * padding.height),
            lines: self.lines.into_iter().map(place).collect(),
        }
    }
}

/// The widest own name and the widest way to it, in points for text of 10 points.
const WIDEST: f64 = 150.0;

/// Files, objects and addresses of more characters lose their middle.
const LONGEST: usize = 48;

/// Letters grow with the own weight as in drawings of `dot`, but from a size that can be read.
const SMALLEST: f64 = 10.0;
const GROWTH: f64 = 14.0 / 16.0;

/// The text of a node: where it is, its name, and what it weighs.
pub(crate) fn node_content(graph: &CallGraph, node: &GraphNode, max_flat: i64, fonts: &Fonts) -> Content {
    let size = SMALLEST + f64::from(font_size(node.flat, max_flat) - 8) * GROWTH;
    let small = (size * 0.78).max(8.5);
    let mut writer = Writer::new(fonts);
    write_place(&node.place, size, small, &mut writer, fonts);
    for line in weights(graph, node) {
        writer.line(line, Weight::Regular, (size * 0.85).max(8.5));
    }
    writer.finish(Align::Middle, Size::new(4.0 + size * 0.25, 3.0 + size * 0.12))
}

fn write_place(place: &Place, size: f64, small: f64, writer: &mut Writer<'_>, fonts: &Fonts) {
    let Place { function, file, line, column, address, .. } = place;
    if *address != 0 {
        writer.line(format!("{address:016x}"), Weight::Regular, small);
    }
    let file = shortened(&clean(base_name(file)), LONGEST);
    if !function.is_empty() {
        let name = Name::of_function(function);
        // Large letters may take more room, but not as much more as they are larger.
        let widest = WIDEST * (size / 10.0).sqrt();
        let way_width = |text: &str| fonts.width(text, Weight::Regular, small);
        for line in wrap(&name.way, widest, 3, true, way_width) {
            writer.line(line, Weight::Regular, small);
        }
        for line in wrap(&name.own, widest, 3, false, |text| fonts.width(text, Weight::Bold, size)) {
            writer.line(line, Weight::Bold, size);
        }
    }
    let (weight, size) = match function.is_empty() {
        true => (Weight::Bold, size),
        false => (Weight::Regular, small),
    };
    if *line != 0 {
        let column = if *column == 0 { String::new() } else { format!(":{column}") };
        writer.line(format!("{file}:{line}{column}"), weight, size);
    } else if !file.is_empty() {
        writer.line(file, weight, size);
    } else if function.is_empty() {
        writer.line(shortened(&clean(&place.object_label()), LONGEST), weight, size);
    }
}

/// Own weight and weight with callees, each with its share of the total.
fn weights(graph: &CallGraph, node: &GraphNode) -> Vec<String> {
    let GraphNode { flat, cum, .. } = *node;
    let text = |value| {
        let share = percentage(value, graph.header.total);
        format!("{} ({})", graph.header.format.label(value), share.trim())
    };
    match (flat, cum) {
        (0, 0) => vec!["0".to_owned()],
        (0, cum) => vec![format!("0 of {}", text(cum))],
        (flat, cum) if flat == cum => vec![text(flat)],
        (flat, cum) => vec![text(flat), format!("of {}", text(cum))],
    }
}
