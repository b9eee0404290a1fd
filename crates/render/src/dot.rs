//! `dot`: call graphs in the language of Graphviz (<https://graphviz.org/doc/info/lang.html>).

use std::io::{self, Write};

use hotlist_profile::unit::percentage;
use hotlist_report::{Amount, CallGraph, GraphEdge, GraphNode, Place, Shape};

use crate::dot_tags::write_tags;
use crate::legend::{Extent, report_lines};
use crate::short_name::short_name;
use crate::{Context, Drawing};

/// The drawing.
pub(crate) const DRAWING: Drawing = Drawing {
    name: "dot",
    summary: "The call graph in the language of Graphviz",
    extension: "dot",
    binary: false,
    shapes: &["graph"],
    draw,
};

fn draw(shape: &Shape<'_>, out: &mut dyn Write, context: &Context) -> io::Result<()> {
    let Shape::Graph(graph) = shape else { return Ok(()) };
    let title = &graph.header.file;
    writeln!(out, "digraph \"{}\" {{", escape(if title.is_empty() { "unnamed" } else { title }))?;
    writeln!(out, "node [style=filled fillcolor=\"#f8f8f8\"]")?;
    write_legend(graph, out, context)?;
    let listed = &graph.nodes[..graph.showing.nodes];
    let max_flat = listed.iter().map(|node| node.flat.saturating_abs()).max().unwrap_or(0);
    let mut has_tags = Vec::with_capacity(listed.len());
    for (row, node) in listed.iter().enumerate() {
        write_node(graph, row, node, max_flat, out)?;
        has_tags.push(write_tags(&graph.header.format, row + 1, node, out)?);
    }
    for edge in &graph.edges {
        write_edge(graph, edge, has_tags[edge.from], out)?;
    }
    writeln!(out, "}}")
}

fn write_legend(graph: &CallGraph, out: &mut dyn Write, context: &Context) -> io::Result<()> {
    let lines: Vec<String> = report_lines(&graph.header, &graph.showing, Extent::Picture, context)
        .iter()
        .map(|line| escape(line))
        .collect();
    let Some(first) = lines.first() else { return Ok(()) };
    write!(
        out,
        "subgraph cluster_L {{ \"{first}\" [shape=box fontsize=16 label=\"{}\\l\"",
        lines.join("\\l")
    )?;
    if !graph.header.file.is_empty() {
        write!(out, " tooltip=\"{}\"", escape(&graph.header.file))?;
    }
    writeln!(out, "] }}")
}

fn write_node(
    graph: &CallGraph,
    row: usize,
    node: &GraphNode,
    max_flat: i64,
    out: &mut dyn Write,
) -> io::Result<()> {
    let GraphNode { flat, cum, .. } = *node;
    let total = graph.header.total;
    let weight = |value| graph.header.format.label(value);
    let share = |value| percentage(value, total).trim().to_owned();
    let mut label = multiline_name(&node.place);
    if flat == 0 {
        label.push('0');
    } else {
        label += &format!("{} ({})", weight(flat), share(flat));
    }
    if cum != flat {
        label.push_str(if flat == 0 { " " } else { "\\n" });
        label += &format!("of {} ({})", weight(cum), share(cum));
    }
    let number = row + 1;
    let score = cum as f64 / total.saturating_abs() as f64;
    writeln!(
        out,
        "N{number} [label=\"{label}\" id=\"node{number}\" fontsize={} shape=box tooltip=\"{} ({})\" color=\"{}\" fillcolor=\"{}\"]",
        font_size(flat, max_flat),
        escape(&node.place.label),
        weight(cum),
        Colour::of(score, Ground::Fore),
        Colour::of(score, Ground::Back),
    )
}

/// From 8 to 24 points, by the root of the own weight, so that differences among the small show.
fn font_size(flat: i64, max_flat: i64) -> u32 {
    const SMALLEST: u32 = 8;
    const GROWTH: f64 = 16.0;
    if flat == 0 || max_flat == 0 {
        return SMALLEST;
    }
    let share = flat.saturating_abs() as f64 / max_flat as f64;
    SMALLEST + (GROWTH * share.sqrt()).ceil() as u32
}

/// The name of a place over several lines, broken where names of Go and C++ have their joints.
fn multiline_name(place: &Place) -> String {
    let name = escape(&short_name(&place.function))
        .replace("::", "\\n")
        // Type parameters of Go, which are no joint.
        .replace("[...]", "[…]")
        .replace('.', "\\n");
    let file = if place.file.is_empty() { String::new() } else { escape(base_name(&place.file)) };
    let mut lines = Vec::new();
    if place.address != 0 {
        lines.push(format!("{:016x}", place.address));
    }
    if !name.is_empty() {
        lines.push(name.clone());
    }
    if place.line != 0 {
        let column = if place.column == 0 { String::new() } else { format!(":{}", place.column) };
        lines.push(format!("{file}:{}{column}", place.line));
    } else if !file.is_empty() {
        lines.push(file);
    } else if name.is_empty() {
        // The object file or nothing known: what the label says in one line.
        let label = match place.address {
            0 => place.label.as_str(),
            _ => place.label.split_once(' ').map_or(place.label.as_str(), |(_, rest)| rest),
        };
        lines.push(escape(label));
    }
    lines.iter().map(|line| format!("{line}\\n")).collect()
}

fn base_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

fn write_edge(
    graph: &CallGraph,
    edge: &GraphEdge,
    from_has_tags: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let total = graph.header.total;
    let weight = edge.weight.shown();
    let text = graph.header.format.label(weight);
    let mut attributes = format!("label=\" {text}{}\"", if edge.inline { "\\n (inline)" } else { "" });
    if total != 0 {
        // In a comparison an edge may weigh more than the total.
        let share = |scale: i64| (i128::from(weight) * i128::from(scale) / i128::from(total)).unsigned_abs();
        let grade = |scale: i64| 1 + share(scale).min(scale as u128);
        if grade(100) > 1 {
            attributes += &format!(" weight={}", grade(100));
        }
        if grade(5) > 1 {
            attributes += &format!(" penwidth={}", grade(5));
        }
        let score = weight as f64 / total.saturating_abs() as f64;
        attributes += &format!(" color=\"{}\"", Colour::of(score, Ground::Fore));
    }
    let arrow = if edge.residual { "..." } else { "->" };
    let name = |row: usize| escape(&graph.nodes[row].place.label);
    let tooltip = format!("\"{} {arrow} {} ({text})\"", name(edge.from), name(edge.to));
    attributes += &format!(" tooltip={tooltip} labeltooltip={tooltip}");
    if edge.residual {
        attributes += " style=\"dotted\"";
    }
    if from_has_tags {
        // Room for the tags.
        attributes += " minlen=2";
    }
    // Nodes that are not shown have no number.
    let number = |row: usize| if row < graph.showing.nodes { row + 1 } else { 0 };
    writeln!(out, "N{} -> N{} [{attributes}]", number(edge.from), number(edge.to))
}

/// Whether something is drawn in a colour or on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ground {
    Fore,
    Back,
}

/// A colour between green (-1), grey (0) and red (1).
pub(crate) struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

impl Colour {
    /// The colour of a share of the total, with the curve of pprof: small shares turn grey, and all
    /// are pushed away from zero to be told apart.
    pub(crate) fn of(score: f64, ground: Ground) -> Colour {
        let (saturation, value) = match ground {
            Ground::Back => (0.1, 0.93),
            Ground::Fore => (1.0, 0.7),
        };
        let score = if score.is_nan() { score } else { score.clamp(-1.0, 1.0) };
        let saturation = if score.abs() < 0.2 { saturation * score.abs() / 0.2 } else { saturation };
        let pushed = score.abs().powf(0.3);
        let faded = value * (1.0 - saturation * pushed);
        let (red, green) = if score < 0.0 { (faded, value) } else { (value, faded) };
        let byte = |part: f64| (part * 255.0) as u8;
        Colour { red: byte(red), green: byte(green), blue: byte(value * (1.0 - saturation)) }
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

/// Text inside quotes, with line ends as breaks to the left.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            '\n' => escaped.push_str("\\l"),
            control if control.is_control() && control != '\t' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The weight that a drawing shows for an amount.
pub(crate) fn shown(amount: Amount) -> i64 {
    amount.shown()
}
