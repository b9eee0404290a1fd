//! `dot`: call graphs in the language of Graphviz (<https://graphviz.org/doc/info/lang.html>).

use std::io::{self, Write};

use hotlist_profile::unit::percentage;
use hotlist_report::{CallGraph, GraphEdge, GraphNode, Place};

use crate::colour::{Colour, Ground};
use crate::legend::{Extent, report_lines};
use crate::short_name::short_name;
use crate::tag_boxes::{TagBox, tag_boxes};
use crate::{Context, Drawing};

/// The drawing.
pub(crate) const DRAWING: Drawing = Drawing {
    media_type: "text/vnd.graphviz; charset=utf-8",
    reports: &[&hotlist_report::DOT],
    graph: Some(draw),
    ..Drawing::new("dot", "The call graph in the language of Graphviz")
};

fn draw(graph: &CallGraph, out: &mut dyn Write, context: &Context) -> io::Result<()> {
    let title = &graph.header.file;
    writeln!(out, "digraph \"{}\" {{", escape(if title.is_empty() { "unnamed" } else { title }))?;
    writeln!(out, "node [style=filled fillcolor=\"#f8f8f8\"]")?;
    write_legend(graph, out, context)?;
    let listed = &graph.nodes[..graph.showing.nodes];
    let max_flat = listed.iter().map(|node| node.flat.saturating_abs()).max().unwrap_or(0);
    let mut has_tags = Vec::with_capacity(listed.len());
    for (row, node) in listed.iter().enumerate() {
        write_node(graph, row, node, max_flat, out)?;
        has_tags.push(write_tags(graph, row, node, out)?);
    }
    for edge in &graph.edges {
        write_edge(graph, edge, has_tags[edge.from], out)?;
    }
    writeln!(out, "}}")
}

fn write_legend(graph: &CallGraph, out: &mut dyn Write, context: &Context) -> io::Result<()> {
    let lines: Vec<String> = report_lines(&graph.header, &graph.showing, Extent::Graphviz, context)
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

/// Writes the tags of a node; returns whether there are any.
fn write_tags(graph: &CallGraph, row: usize, node: &GraphNode, out: &mut dyn Write) -> io::Result<bool> {
    let boxes = tag_boxes(&format!("N{}", row + 1), node);
    for TagBox { id, from, text, weight, dotted, number } in &boxes {
        let weight = graph.header.format.label(*weight);
        let text = match number {
            true => escape(text),
            false => text.split('\n').map(escape).collect::<Vec<_>>().join("\\n"),
        };
        writeln!(out, "{id} [label = \"{text}\" id=\"{id}\" fontsize=8 shape=box3d tooltip=\"{weight}\"]")?;
        let style = if *dotted { " style=\"dotted\"" } else { "" };
        writeln!(
            out,
            "{from} -> {id} [label=\" {weight}\" weight=100 tooltip=\"{weight}\" labeltooltip=\"{weight}\"{style}]"
        )?;
    }
    Ok(!boxes.is_empty())
}

/// From 8 to 24 points, by the root of the own weight, so that differences among the small show.
pub(crate) fn font_size(flat: i64, max_flat: i64) -> u32 {
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
        lines.push(escape(&place.object_label()));
    }
    lines.iter().map(|line| format!("{line}\\n")).collect()
}

pub(crate) fn base_name(path: &str) -> &str {
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

/// Text inside quotes, with line ends as breaks to the left.
fn escape(text: &str) -> String {
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
