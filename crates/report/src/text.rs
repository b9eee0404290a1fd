//! `top`: the heaviest places, by own or total weight.

use hotlist_analyze::{Graph, Interest, Names};

use crate::report::{Argument, Defaults, Report, ReportError, Request};
use crate::shape::{InlineMark, Shape, ShapeKind, Table, TableRow};

/// The report.
pub const REPORT: Report = Report {
    name: "top",
    aliases: &["text"],
    summary: "The heaviest places, by own (flat) or total (cum) weight",
    argument: Argument::None,
    defaults: Defaults { node_count: 0, ..Defaults::TRIMMED },
    shape: ShapeKind::Table,
    build,
};

fn build<'v>(request: &Request<'v>) -> Result<Shape<'v>, ReportError> {
    let table = request.places_to_weigh();
    let names = Names::new(&table);
    // Edges only tell whether a function was inlined, so the others are not weighed.
    let trim = request.trim(Interest::Inlining);
    let (trimmed, header, showing) = request.graph(&table, &names, &trim);
    let graph = &trimmed.graph;
    let rows = graph
        .listed
        .iter()
        .map(|&row| {
            let node = &graph.nodes[row];
            TableRow {
                place: names.get(node.place).into(),
                flat: node.flat.shown(),
                cum: node.cum.shown(),
                inline: inline_mark(graph, row),
            }
        })
        .collect();
    Ok(Shape::Table(Table { header, showing, rows }))
}

fn inline_mark(graph: &Graph, row: usize) -> InlineMark {
    let inline = |&edge: &usize| graph.edges[edge].inline;
    let incoming = &graph.nodes[row].incoming;
    match (incoming.iter().any(inline), incoming.iter().all(inline)) {
        (false, _) => InlineMark::Never,
        (true, false) => InlineMark::Partial,
        (true, true) => InlineMark::Always,
    }
}
