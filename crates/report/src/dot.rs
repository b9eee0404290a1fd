//! `dot`: the call graph, for pictures.

use hotlist_analyze::{Graph, Interest, Names, Order, Tag, Trim, sort_edges};

use crate::report::{Argument, Defaults, Report, ReportError, Request};
use crate::shape::{CallGraph, GraphEdge, GraphNode, GraphTag, NumberTags, Shape, ShapeKind};
use crate::shape::{Header, Showing};

/// The report.
pub const REPORT: Report = Report {
    name: "dot",
    aliases: &[],
    summary: "The call graph in the language of Graphviz",
    argument: Argument::None,
    defaults: Defaults::TRIMMED,
    shape: ShapeKind::Graph,
    build,
};

fn build<'v>(request: &Request<'v>) -> Result<Shape<'v>, ReportError> {
    let table = request.places_to_weigh();
    let names = Names::new(&table);
    let trim = Trim {
        order: Order::Visual,
        call_tree: request.options.call_tree,
        tags_in: Some(request.options.output_unit.clone()),
        ..request.trim(Interest::All)
    };
    let (trimmed, header, showing) = request.graph(&table, &names, &trim);
    Ok(Shape::Graph(call_graph(&trimmed.graph, &names, header, showing)))
}

/// The listed nodes of `graph` with the edges that begin at them, and the nodes that those lead to.
pub(crate) fn call_graph(
    graph: &Graph,
    names: &Names<'_, '_, '_>,
    header: Header,
    showing: Showing,
) -> CallGraph {
    let mut edges: Vec<usize> =
        graph.listed.iter().flat_map(|&row| graph.nodes[row].outgoing.iter().copied()).collect();
    sort_edges(graph, names, &mut edges);
    let mut rows: Vec<Option<usize>> = vec![None; graph.nodes.len()];
    let mut shown = graph.listed.clone();
    for (position, &row) in graph.listed.iter().enumerate() {
        rows[row] = Some(position);
    }
    let mut position_of = |row: usize| {
        *rows[row].get_or_insert_with(|| {
            shown.push(row);
            shown.len() - 1
        })
    };
    let edges = edges
        .into_iter()
        .map(|edge| {
            let edge = &graph.edges[edge];
            GraphEdge {
                from: position_of(edge.from),
                to: position_of(edge.to),
                weight: edge.weight.into(),
                residual: edge.residual,
                inline: edge.inline,
            }
        })
        .collect();
    let tag = |tag: &Tag| GraphTag {
        name: tag.name.clone(),
        unit: tag.unit.clone(),
        value: tag.value,
        flat: tag.flat.into(),
        cum: tag.cum.into(),
    };
    let nodes = shown
        .iter()
        .map(|&row| {
            let node = &graph.nodes[row];
            let name = names.get(node.place);
            GraphNode {
                place: name.into(),
                start_line: name.info.start_line,
                flat: node.flat.shown(),
                cum: node.cum.shown(),
                function_id: node.function,
                texts: node.tags.texts.iter().map(tag).collect(),
                numbers: node
                    .tags
                    .numbers
                    .iter()
                    .map(|(with, tags)| NumberTags {
                        with: with.clone(),
                        tags: tags.iter().map(tag).collect(),
                    })
                    .collect(),
                has_callees: !node.outgoing.is_empty(),
            }
        })
        .collect();
    CallGraph { header, showing, nodes, edges }
}
