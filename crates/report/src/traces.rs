//! `traces`: every sample with its stack.

use hotlist_analyze::{Detail, NodeTable};

use crate::report::{Argument, Defaults, Report, ReportError, Request};
use crate::shape::{Shape, ShapeKind, Stacks};

/// The report.
pub const REPORT: Report = Report {
    name: "traces",
    aliases: &[],
    summary: "Every sample with its call stack",
    argument: Argument::None,
    defaults: Defaults::TRIMMED,
    shape: ShapeKind::Stacks,
    build,
};

fn build<'v>(request: &Request<'v>) -> Result<Shape<'v>, ReportError> {
    let detail = Detail { object_names: false, ..request.options.detail };
    let table = NodeTable::new(request.view, detail, None);
    let places = table.ids().map(|node| table.info(node).into()).collect();
    Ok(Shape::Stacks(Stacks { header: request.header(), places, table, view: request.view }))
}
