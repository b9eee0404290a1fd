//! `callgrind`: the complete call graph by address, for KCachegrind.

use hotlist_analyze::{Granularity, Interest, Names, Trim};

use crate::dot::call_graph;
use crate::report::{Argument, Defaults, Report, ReportError, Request};
use crate::shape::{Shape, ShapeKind};

/// The report.
pub const REPORT: Report = Report {
    name: "callgrind",
    aliases: &[],
    summary: "The call graph in callgrind format",
    argument: Argument::None,
    defaults: Defaults {
        trim: false,
        granularity: Some(Granularity::Addresses),
        node_count: 0,
        object_names: true,
    },
    shape: ShapeKind::Graph,
    build,
};

fn build<'v>(request: &Request<'v>) -> Result<Shape<'v>, ReportError> {
    let table = request.places_to_weigh();
    let names = Names::new(&table);
    let trim = Trim { call_tree: request.options.call_tree, ..request.trim(Interest::All) };
    let (trimmed, header, showing) = request.graph(&table, &names, &trim);
    Ok(Shape::Graph(call_graph(&trimmed.graph, &names, header, showing)))
}
