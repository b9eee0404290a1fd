//! A call graph laid out: boxes with their text, and edges with their curves and labels.

use std::collections::HashMap;

use hotlist_layout::{self as layout, Cubic, Edge, Graph, LayoutOptions, Node, Point, Rect, Size};
use hotlist_report::{CallGraph, GraphEdge};
use serde::{Serialize, Serializer};

use super::legend::{legend_content, place};
use super::node::{Align, Content, Writer, node_content};
use super::tag::tag_content;
use crate::Context;
use crate::font::{Fonts, Weight};
use crate::tag_boxes::{TagBox, tag_boxes};

pub use super::node::TextLine;

/// A laid out call graph. Lengths are points, y grows downwards.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diagram {
    /// The width of the whole.
    pub width: f64,
    /// The height of the whole.
    pub height: f64,
    /// What is known about the profile and the graph; no box if nothing is.
    pub legend: Option<DiagramBox>,
    /// First the nodes in the order of the graph, then the others.
    pub boxes: Vec<DiagramBox>,
    /// First the edges in the order of the graph, then those to tags.
    pub edges: Vec<DiagramEdge>,
}

/// A box with text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiagramBox {
    /// A name that is unique in the diagram.
    pub id: String,
    /// What it is.
    #[serde(flatten)]
    pub kind: DiagramKind,
    /// Its left border.
    pub x: f64,
    /// Its upper border.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
    /// Its text, at places of the diagram.
    pub lines: Vec<TextLine>,
}

/// What a box is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum DiagramKind {
    /// What the graph is.
    Legend,
    /// The node in this row of the graph.
    Node {
        /// The row.
        row: usize,
    },
    /// A tag of the node in this row of the graph.
    Tag {
        /// The row.
        row: usize,
        /// What it weighs.
        weight: i64,
    },
    /// All nodes that are not shown and to which edges lead.
    Hidden,
}

/// An edge.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiagramEdge {
    /// The box where it begins, as a row of the boxes.
    pub from: usize,
    /// The box where its arrow is, as a row of the boxes.
    pub to: usize,
    /// The row of the edge in the graph; none for the edge to a tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
    /// Whether it is drawn dashed.
    pub dashed: bool,
    /// Curves from box to box.
    #[serde(serialize_with = "serialize_path")]
    pub path: Vec<Cubic>,
    /// Its text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub label: Vec<TextLine>,
}

/// One list: x and y of the start, then for each curve those of both control points and of its end.
fn serialize_path<S: Serializer>(path: &[Cubic], serializer: S) -> Result<S::Ok, S::Error> {
    let points = path.first().map(|curve| curve.start).into_iter();
    let points = points.chain(path.iter().flat_map(|curve| [curve.control1, curve.control2, curve.end]));
    serializer.collect_seq(points.flat_map(|point| [rounded(point.x), rounded(point.y)]))
}

fn rounded(length: f64) -> f64 {
    (length * 100.0).round() / 100.0
}

/// The space around everything.
const MARGIN: f64 = 8.0;

impl Diagram {
    /// Lays out `graph`.
    ///
    /// # Errors
    /// If the graph has too many nodes or edges.
    pub fn new(graph: &CallGraph, context: &Context) -> Result<Diagram, layout::Error> {
        let fonts = Fonts::new();
        let plan = Plan::new(graph, &fonts);
        let drawing = layout::layout(&plan.graph, &OPTIONS)?;
        let legend = legend_content(graph, context, &fonts);
        let placement = place(legend.size, drawing.size, &obstacles(&plan, &drawing));
        let shift = placement.shift + Point::new(MARGIN, MARGIN);
        let mut boxes = Vec::with_capacity(plan.boxes.len());
        for ((planned, node), &center) in plan.boxes.into_iter().zip(&plan.graph.nodes).zip(&drawing.nodes) {
            let corner = Rect::centered(center, node.size).min + shift;
            boxes.push(placed(planned.id, planned.kind, planned.content, corner));
        }
        let mut edges = Vec::with_capacity(plan.edges.len());
        for ((planned, edge), route) in plan.edges.into_iter().zip(&plan.graph.edges).zip(drawing.edges) {
            let label = match (route.label, edge.label) {
                (Some(center), Some(size)) => {
                    moved(planned.label.lines, Rect::centered(center, size).min + shift)
                }
                _ => Vec::new(),
            };
            edges.push(DiagramEdge {
                from: edge.from,
                to: edge.to,
                row: planned.row,
                dashed: planned.dashed,
                path: route.path.iter().map(|curve| moved_curve(curve, shift)).collect(),
                label,
            });
        }
        let corner = placement.legend + Point::new(MARGIN, MARGIN);
        let has_legend = !legend.lines.is_empty();
        Ok(Diagram {
            width: rounded(placement.size.width + 2.0 * MARGIN),
            height: rounded(placement.size.height + 2.0 * MARGIN),
            legend: has_legend.then(|| placed("legend".to_owned(), DiagramKind::Legend, legend, corner)),
            boxes,
            edges,
        })
    }
}

/// Distances that leave a little more room than boxes of `dot` have.
const OPTIONS: LayoutOptions = LayoutOptions { node_separation: 16.0, rank_separation: 34.0 };

/// What is laid out for `graph`: for comparisons with other ways to lay it out.
pub fn layout_of(graph: &CallGraph) -> (layout::Graph, layout::LayoutOptions) {
    (Plan::new(graph, &Fonts::new()).graph, OPTIONS)
}

fn placed(id: String, kind: DiagramKind, content: Content, corner: Point) -> DiagramBox {
    DiagramBox {
        id,
        kind,
        x: rounded(corner.x),
        y: rounded(corner.y),
        width: rounded(content.size.width),
        height: rounded(content.size.height),
        lines: moved(content.lines, corner),
    }
}

fn moved(lines: Vec<TextLine>, by: Point) -> Vec<TextLine> {
    let shift = |line: TextLine| TextLine {
        x: rounded(line.x + by.x),
        y: rounded(line.y + by.y),
        width: rounded(line.width),
        size: rounded(line.size),
        ..line
    };
    lines.into_iter().map(shift).collect()
}

fn moved_curve(curve: &Cubic, by: Point) -> Cubic {
    let Cubic { start, control1, control2, end } = *curve;
    Cubic { start: start + by, control1: control1 + by, control2: control2 + by, end: end + by }
}

fn obstacles(plan: &Plan, drawing: &layout::GraphDrawing) -> Vec<Rect> {
    let boxes = plan.graph.nodes.iter().zip(&drawing.nodes);
    let labels = plan.graph.edges.iter().zip(&drawing.edges);
    boxes
        .map(|(node, &center)| Rect::centered(center, node.size))
        .chain(labels.filter_map(|(edge, route)| Some(Rect::centered(route.label?, edge.label?))))
        .chain(drawing.edges.iter().flat_map(|route| route.path.iter().map(Cubic::bounds)))
        .collect()
}

/// What is to be laid out, with what is known about each part of it.
struct Plan {
    graph: Graph,
    boxes: Vec<PlannedBox>,
    edges: Vec<PlannedEdge>,
}

struct PlannedBox {
    id: String,
    kind: DiagramKind,
    content: Content,
}

struct PlannedEdge {
    row: Option<usize>,
    dashed: bool,
    label: Content,
}

/// How much edges to tags want to be short and straight.
const TAG_WEIGHT: u32 = 100;

impl Plan {
    fn new(graph: &CallGraph, fonts: &Fonts) -> Plan {
        let mut plan = Plan { graph: Graph::default(), boxes: Vec::new(), edges: Vec::new() };
        let listed = &graph.nodes[..graph.showing.nodes];
        let max_flat = listed.iter().map(|node| node.flat.saturating_abs()).max().unwrap_or(0);
        for (row, node) in listed.iter().enumerate() {
            let content = node_content(graph, node, max_flat, fonts);
            plan.add_box(format!("N{}", row + 1), DiagramKind::Node { row }, content);
        }
        let mut hidden = None;
        let tags: Vec<Vec<TagBox>> =
            listed.iter().enumerate().map(|(row, node)| tag_boxes(&format!("N{}", row + 1), node)).collect();
        for (row, edge) in graph.edges.iter().enumerate() {
            let mut end = |node: usize| match node < listed.len() {
                true => node,
                false => *hidden.get_or_insert_with(|| plan.add_hidden(fonts)),
            };
            let (from, to) = (end(edge.from), end(edge.to));
            let has_tags = tags.get(edge.from).is_some_and(|tags| !tags.is_empty());
            let label = edge_label(graph, edge, fonts);
            plan.graph.edges.push(Edge {
                from,
                to,
                weight: edge_weight(graph, edge),
                min_length: if has_tags { 2 } else { 1 },
                label: Some(label.size),
            });
            plan.edges.push(PlannedEdge { row: Some(row), dashed: edge.residual, label });
        }
        for (row, tags) in tags.iter().enumerate() {
            plan.add_tags(graph, row, tags, fonts);
        }
        plan
    }

    fn add_box(&mut self, id: String, kind: DiagramKind, content: Content) -> usize {
        self.graph.nodes.push(Node { size: content.size });
        self.boxes.push(PlannedBox { id, kind, content });
        self.boxes.len() - 1
    }

    /// The box for all nodes that have no box themselves.
    fn add_hidden(&mut self, fonts: &Fonts) -> usize {
        let mut writer = Writer::new(fonts);
        writer.line("not shown", Weight::Regular, 8.0);
        let content = writer.finish(Align::Middle, Size::new(6.0, 4.0));
        self.add_box("N0".to_owned(), DiagramKind::Hidden, content)
    }

    fn add_tags(&mut self, graph: &CallGraph, row: usize, tags: &[TagBox], fonts: &Fonts) {
        let mut rows: HashMap<&str, usize> = HashMap::new();
        for tag in tags {
            let from = rows.get(tag.from.as_str()).copied().unwrap_or(row);
            let content = tag_content(tag, &graph.header.format, fonts);
            let to = self.add_box(tag.id.clone(), DiagramKind::Tag { row, weight: tag.weight }, content);
            rows.insert(&tag.id, to);
            self.graph.edges.push(Edge { weight: TAG_WEIGHT, ..Edge::new(from, to) });
            self.edges.push(PlannedEdge { row: None, dashed: tag.dotted, label: Content::default() });
        }
    }
}

/// From 1 to 101, by the share of the total.
fn edge_weight(graph: &CallGraph, edge: &GraphEdge) -> u32 {
    if graph.header.total == 0 {
        return 1;
    }
    1 + (share(graph, edge).abs() * 100.0).min(100.0) as u32
}

/// The share of the total that an edge has; in a comparison it may be more than all or less than nothing.
pub(crate) fn share(graph: &CallGraph, edge: &GraphEdge) -> f64 {
    match graph.header.total {
        0 => 0.0,
        total => edge.weight.shown() as f64 / total.saturating_abs() as f64,
    }
}

fn edge_label(graph: &CallGraph, edge: &GraphEdge, fonts: &Fonts) -> Content {
    let mut writer = Writer::new(fonts);
    let share = share(graph, edge).abs().min(1.0);
    let weight = if share >= 0.1 { Weight::Bold } else { Weight::Regular };
    writer.line(graph.header.format.label(edge.weight.shown()), weight, (8.5 + 4.0 * share).round());
    if edge.inline {
        writer.line("(inline)", Weight::Regular, 7.5);
    }
    writer.finish(Align::Left, Size::new(3.0, 1.0))
}
