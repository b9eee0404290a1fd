//! The whole way from a graph to its drawing.

use crate::acyclic::{self, Roots};
use crate::candidates::ordered_layers;
use crate::error::Error;
use crate::geometry::{Cubic, Point, Rect, Size};
use crate::graph::{Graph, LayoutOptions};
use crate::layers::Part;
use crate::{pack, position, route, self_loop};

/// Where everything goes. Indices are those of the graph.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GraphDrawing {
    /// The center of each box.
    pub nodes: Vec<Point>,
    /// The way of each edge.
    pub edges: Vec<Route>,
    /// Size of the whole; nothing is left of or above the origin.
    pub size: Size,
}

/// The way of an edge.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Route {
    /// Curves from the border of the first box to that of the second, each beginning where the one
    /// before ends.
    pub path: Vec<Cubic>,
    /// The center of the label, if the edge has one.
    pub label: Option<Point>,
}

/// An arrow head.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arrow {
    /// The point that touches the box.
    pub tip: Point,
    /// The middle of the opposite side, where the line ends.
    pub base: Point,
}

impl Arrow {
    /// The vector of length one in which the arrow points.
    #[must_use]
    pub fn direction(&self) -> Point {
        (self.tip - self.base).unit_or(Point::new(0.0, 1.0))
    }
}

impl Route {
    /// The curves without the last `length`, and the arrow head that takes its place.
    ///
    /// There is no head if there is no path. A path shorter than the head keeps half of itself.
    #[must_use]
    pub fn with_arrow(&self, length: f64) -> (Vec<Cubic>, Option<Arrow>) {
        let mut path = self.path.clone();
        let (Some(first), Some(last)) = (path.first(), path.last()) else { return (path, None) };
        let tip = last.end;
        let length = length.min(first.start.distance(tip) / 2.0);
        while path.len() > 1 && path[path.len() - 1].start.distance(tip) < length {
            path.pop();
        }
        if let Some(last) = path.last_mut() {
            // The point at `length` from the tip, by bisection.
            let (mut outside, mut inside) = (0.0, 1.0);
            for _ in 0..30 {
                let middle = f64::midpoint(outside, inside);
                if last.at(middle).distance(tip) > length { outside = middle } else { inside = middle }
            }
            *last = last.split(outside).0;
        }
        let base = path.last().map_or(tip, |last| last.end);
        (path, Some(Arrow { tip, base }))
    }
}

/// Draws `graph`.
///
/// # Errors
///
/// If an edge names a node that is not there, or a size or separation is impossible; see [`Error`].
pub fn layout(graph: &Graph, options: &LayoutOptions) -> Result<GraphDrawing, Error> {
    graph.validate(options)?;
    let usual = acyclic::reversed_edges(graph, Roots::SourcesFirst);
    let (parts, local) = pack::parts(graph);
    let mut drawing = GraphDrawing {
        nodes: vec![Point::default(); graph.nodes.len()],
        edges: vec![Route::default(); graph.edges.len()],
        size: Size::default(),
    };
    let sizes: Vec<Size> =
        parts.iter().map(|part| draw_part(graph, part, options, &usual, &local, &mut drawing)).collect();
    let separation = options.node_separation.max(options.rank_separation);
    for (part, (corner, size)) in parts.iter().zip(pack::shelves(&sizes, separation).into_iter().zip(sizes)) {
        shift_part(part, corner, &mut drawing);
        drawing.size.width = drawing.size.width.max(corner.x + size.width);
        drawing.size.height = drawing.size.height.max(corner.y + size.height);
    }
    Ok(drawing)
}

/// Draws one part with its upper left corner at the origin and returns its size.
fn draw_part(
    graph: &Graph,
    part: &Part,
    options: &LayoutOptions,
    usual: &[bool],
    local: &[u32],
    drawing: &mut GraphDrawing,
) -> Size {
    let (layers, ranks) = ordered_layers(graph, part, options, usual, local);
    let places = position::place(&layers, &ranks, options.node_separation);
    let sizes: Vec<Size> = part.nodes.iter().map(|&node| graph.nodes[node].size).collect();
    for (cell, &node) in part.nodes.iter().enumerate() {
        let y = places.bands[layers.cells[cell].rank as usize].middle();
        drawing.nodes[node] = Point::new(places.x[cell], y);
    }
    let labels: Vec<Option<Size>> = layers.chains.iter().map(|chain| graph.edges[chain.edge].label).collect();
    for (chain, routed) in layers.chains.iter().zip(route::route(&layers, &ranks, &places, &sizes, &labels)) {
        let mut path = routed.path;
        if chain.reversed {
            path.reverse();
            path.iter_mut().for_each(|curve| *curve = curve.reversed());
        }
        drawing.edges[chain.edge] = Route { path, label: routed.label };
    }
    draw_loops(graph, part, drawing);
    let bounds = bounds(graph, part, drawing);
    shift_part(part, bounds.min * -1.0, drawing);
    Size::new(bounds.max.x - bounds.min.x, bounds.max.y - bounds.min.y)
}

fn draw_loops(graph: &Graph, part: &Part, drawing: &mut GraphDrawing) {
    let mut loops = part.loops.clone();
    loops.sort_by_key(|&edge| (graph.edges[edge].from, edge));
    for same in loops.chunk_by(|&a, &b| graph.edges[a].from == graph.edges[b].from) {
        let node = graph.edges[same[0]].from;
        let labels: Vec<Option<Size>> = same.iter().map(|&edge| graph.edges[edge].label).collect();
        let bows = self_loop::bows(drawing.nodes[node], graph.nodes[node].size, &labels);
        for (&edge, bow) in same.iter().zip(bows) {
            drawing.edges[edge] = Route { path: bow.path, label: bow.label };
        }
    }
}

fn bounds(graph: &Graph, part: &Part, drawing: &GraphDrawing) -> Rect {
    let far = Point::new(f64::INFINITY, f64::INFINITY);
    let mut bounds = Rect { min: far, max: far * -1.0 };
    let mut include = |rect: Rect| {
        bounds.include(rect.min);
        bounds.include(rect.max);
    };
    for &node in &part.nodes {
        include(Rect::centered(drawing.nodes[node], graph.nodes[node].size));
    }
    for &edge in part.edges.iter().chain(&part.loops) {
        let route = &drawing.edges[edge];
        route.path.iter().for_each(|curve| include(curve.bounds()));
        if let (Some(center), Some(size)) = (route.label, graph.edges[edge].label) {
            include(Rect::centered(center, size));
        }
    }
    bounds
}

fn shift_part(part: &Part, by: Point, drawing: &mut GraphDrawing) {
    for &node in &part.nodes {
        drawing.nodes[node] = drawing.nodes[node] + by;
    }
    for &edge in part.edges.iter().chain(&part.loops) {
        let route = &mut drawing.edges[edge];
        route.path.iter_mut().for_each(|curve| *curve = curve.shifted(by));
        route.label = route.label.map(|label| label + by);
    }
}
