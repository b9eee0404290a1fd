//! A laid out call graph in colour.

use hotlist_layout::{Point, Rect, Size};
use hotlist_profile::unit::percentage;
use hotlist_report::{CallGraph, GraphNode};

use super::diagram::{Diagram, DiagramBox, DiagramEdge, DiagramKind, TextLine, share};
use super::name::shortened;
use crate::colour::{Colour, Ground};
use crate::font::Weight;
use crate::picture::{Group, Mark, Picture, Text};

/// Names in tooltips of more characters lose their middle.
const LONGEST: usize = 600;

/// Longer keys are left out of pictures, which would grow with them; no page can point at such a node then.
const LONGEST_KEY: usize = 4096;

pub(crate) fn paint(graph: &CallGraph, diagram: &Diagram) -> Picture {
    let mut groups = Vec::with_capacity(diagram.edges.len() + diagram.boxes.len() + 1);
    groups.extend(diagram.legend.as_ref().map(paint_legend));
    // Light edges first, so that the heavy way lies above them.
    let mut edges: Vec<&DiagramEdge> = diagram.edges.iter().collect();
    let size_of = |edge: &DiagramEdge| edge.row.map_or(0.0, |row| share(graph, &graph.edges[row]).abs());
    edges.sort_by(|a, b| size_of(a).total_cmp(&size_of(b)));
    groups.extend(edges.into_iter().map(|edge| paint_edge(graph, diagram, edge)));
    groups.extend(diagram.boxes.iter().map(|one| match one.kind {
        DiagramKind::Node { row } => paint_node(graph, row, one),
        DiagramKind::Tag { .. } | DiagramKind::Hidden | DiagramKind::Legend => paint_tag(graph, one),
    }));
    // The script opens a picture that is too large for its window here.
    if let Some(start) = start(graph, diagram)
        && let Some(group) = groups.iter_mut().find(|group| group.class == "node" && group.id == start.id)
    {
        let (x, y) = (start.x + start.width / 2.0, start.y + start.height / 2.0);
        group.data.push(("start", format!("{x:.0} {y:.0}")));
    }
    Picture { title: title(graph), size: Size::new(diagram.width, diagram.height), groups }
}

fn title(graph: &CallGraph) -> String {
    let title = format!("{} {}", graph.header.file, graph.header.sample_type);
    shortened(title.trim(), LONGEST)
}

/// The heaviest node, the highest of several.
fn start<'d>(graph: &CallGraph, diagram: &'d Diagram) -> Option<&'d DiagramBox> {
    let weight = |one: &DiagramBox| match one.kind {
        DiagramKind::Node { row } => Some(graph.nodes[row].cum.unsigned_abs()),
        _ => None,
    };
    let nodes = diagram.boxes.iter().filter(|one| weight(one).is_some());
    nodes.max_by(|a, b| weight(a).cmp(&weight(b)).then(b.y.total_cmp(&a.y)))
}

fn paint_legend(legend: &DiagramBox) -> Group {
    let mut marks = vec![Mark::Box {
        rect: rect(legend),
        radius: 4.0,
        fill: Some(Colour::grey(0xf8)),
        border: Some((Colour::grey(0xc8), 0.75)),
    }];
    marks.extend(texts(&legend.lines, Colour::grey(0x30)));
    Group { class: "legend", id: legend.id.clone(), marks, ..Group::default() }
}

fn rect(one: &DiagramBox) -> Rect {
    let (min, max) = (Point::new(one.x, one.y), Point::new(one.x + one.width, one.y + one.height));
    Rect { min, max }
}

fn texts(lines: &[TextLine], colour: Colour) -> impl Iterator<Item = Mark> + '_ {
    lines.iter().map(move |line| {
        Mark::Text(Text {
            at: Point::new(line.x, line.y),
            size: line.size,
            weight: if line.bold { Weight::Bold } else { Weight::Regular },
            colour,
            text: line.text.clone(),
            width: line.width,
        })
    })
}

fn paint_node(graph: &CallGraph, row: usize, one: &DiagramBox) -> Group {
    let node = &graph.nodes[row];
    let score = node.cum as f64 / graph.header.total.saturating_abs() as f64;
    let (fore, back) = (Colour::of(score, Ground::Fore), Colour::of(score, Ground::Back));
    let mut marks =
        vec![Mark::Box { rect: rect(one), radius: 3.0, fill: Some(back), border: Some((fore, 1.0)) }];
    marks.extend(texts(&one.lines, Colour::BLACK));
    Group {
        class: "node",
        id: one.id.clone(),
        data: Some(node.place.key().to_string())
            .filter(|key| key.len() <= LONGEST_KEY)
            .map(|key| ("key", key))
            .into_iter()
            .collect(),
        tooltip: node_tooltip(graph, node),
        marks,
    }
}

fn node_tooltip(graph: &CallGraph, node: &GraphNode) -> String {
    let weight = |value| {
        let share = percentage(value, graph.header.total);
        format!("{} ({})", graph.header.format.label(value), share.trim())
    };
    format!("{}\nflat {}\ncum {}", shortened(&node.place.label, LONGEST), weight(node.flat), weight(node.cum))
}

fn paint_tag(graph: &CallGraph, one: &DiagramBox) -> Group {
    let mut marks = vec![Mark::Box {
        rect: rect(one),
        radius: one.height.min(16.0) / 2.0,
        fill: Some(Colour::new(0xf4, 0xf6, 0xfb)),
        border: Some((Colour::new(0x9a, 0xa5, 0xbd), 0.75)),
    }];
    marks.extend(texts(&one.lines, Colour::grey(0x30)));
    let tooltip = match one.kind {
        DiagramKind::Tag { weight, .. } => graph.header.format.label(weight),
        _ => String::new(),
    };
    Group { class: "tag", id: one.id.clone(), tooltip, marks, ..Group::default() }
}

fn paint_edge(graph: &CallGraph, diagram: &Diagram, edge: &DiagramEdge) -> Group {
    let (width, colour, tooltip) = match edge.row {
        None => (0.75, Colour::new(0x9a, 0xa5, 0xbd), String::new()),
        Some(row) => {
            let share = share(graph, &graph.edges[row]);
            (1.0 + 5.0 * share.abs().min(1.0), Colour::of(share, Ground::Fore), edge_tooltip(graph, row))
        }
    };
    let route = hotlist_layout::Route { path: edge.path.clone(), label: None };
    let (path, arrow) = match edge.row {
        None => (route.path, None),
        Some(_) => route.with_arrow(6.0 + 1.5 * width),
    };
    let mut marks = vec![Mark::Line { path, colour, width, dashed: edge.dashed }];
    if let Some(arrow) = arrow {
        let along = arrow.direction();
        let side = Point::new(-along.y, along.x) * (2.5 + 0.9 * width);
        marks
            .push(Mark::Area { points: vec![arrow.base + side, arrow.tip, arrow.base - side], fill: colour });
    }
    marks.extend(texts(&edge.label, colour.mixed(Colour::BLACK, 0.55)));
    let id = |row: usize| diagram.boxes[row].id.clone();
    Group {
        class: "edge",
        data: vec![("from", id(edge.from)), ("to", id(edge.to))],
        tooltip,
        marks,
        ..Group::default()
    }
}

fn edge_tooltip(graph: &CallGraph, row: usize) -> String {
    let edge = &graph.edges[row];
    let name = |row: usize| shortened(&graph.nodes[row].place.label, LONGEST);
    let arrow = if edge.residual { "..." } else { "->" };
    let weight = graph.header.format.label(edge.weight.shown());
    let inline = if edge.inline { " inline" } else { "" };
    format!("{} {arrow} {} ({weight}){inline}", name(edge.from), name(edge.to))
}
