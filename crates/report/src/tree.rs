//! `tree`: the heaviest places, each with its callers and callees.

use hotlist_analyze::{EdgeId, Graph, Interest, Names, sort_edges};

use crate::report::{Argument, Defaults, Report, ReportError, Request};
use crate::shape::{Neighbour, Neighbours, NeighboursEntry, Shape, ShapeKind};

/// The report.
pub const REPORT: Report = Report {
    name: "tree",
    aliases: &[],
    summary: "The call graph as text: each place with its callers and callees",
    argument: Argument::None,
    defaults: Defaults::TRIMMED,
    shape: ShapeKind::Neighbours,
    build,
};

fn build<'v>(request: &Request<'v>) -> Result<Shape<'v>, ReportError> {
    let table = request.places_to_weigh();
    let names = Names::new(&table);
    let (trimmed, header, showing) = request.graph(&table, &names, &request.trim(Interest::All));
    let graph = &trimmed.graph;
    let entries = graph.listed.iter().map(|&row| entry(graph, &names, row)).collect();
    Ok(Shape::Neighbours(Neighbours { header, showing, entries }))
}

/// A node with its neighbours.
pub(crate) fn entry(graph: &Graph, names: &Names<'_, '_, '_>, row: usize) -> NeighboursEntry {
    let node = &graph.nodes[row];
    let sorted = |edges: &[EdgeId]| {
        let mut edges = edges.to_vec();
        sort_edges(graph, names, &mut edges);
        edges.into_iter().map(|edge| graph.edges[edge])
    };
    let neighbour = |row: usize, edge: hotlist_analyze::Edge| Neighbour {
        place: names.get(graph.nodes[row].place).into(),
        weight: edge.weight.value,
        inline: edge.inline,
    };
    NeighboursEntry {
        place: names.get(node.place).into(),
        flat: node.flat.shown(),
        cum: node.cum.shown(),
        callers: sorted(&node.incoming).map(|edge| neighbour(edge.from, edge)).collect(),
        callees: sorted(&node.outgoing).map(|edge| neighbour(edge.to, edge)).collect(),
    }
}
