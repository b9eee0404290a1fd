//! `peek`: callers and callees of the places that match a pattern.

use hotlist_analyze::{Interest, Names};

use crate::report::{Argument, Defaults, Report, ReportError, Request};
use crate::shape::{Neighbours, Shape, ShapeKind};
use crate::tree::entry;

/// The report.
pub const REPORT: Report = Report {
    name: "peek",
    aliases: &[],
    summary: "Callers and callees of the functions that match a regexp",
    argument: Argument::Pattern,
    defaults: Defaults { trim: false, granularity: None, node_count: 0, object_names: false },
    shape: ShapeKind::Neighbours,
    build,
};

fn build<'v>(request: &Request<'v>) -> Result<Shape<'v>, ReportError> {
    let table = request.places_to_weigh();
    let names = Names::new(&table);
    let pattern = request.options.pattern.as_ref();
    let matching: Vec<bool> = table
        .ids()
        .map(|node| pattern.is_none_or(|pattern| pattern.is_match(names.get(node).printable.as_bytes())))
        .collect();
    let trim = request.trim(Interest::Touching(matching.clone()));
    let (trimmed, header, showing) = request.graph(&table, &names, &trim);
    let graph = &trimmed.graph;
    let entries: Vec<_> = graph
        .listed
        .iter()
        .filter(|&&row| matching[graph.nodes[row].place.index()])
        .map(|&row| entry(graph, &names, row))
        .collect();
    if let (true, Some(pattern)) = (entries.is_empty(), pattern) {
        return Err(ReportError::NoMatches(pattern.as_str().to_owned()));
    }
    Ok(Shape::Neighbours(Neighbours { header, showing, entries }))
}
