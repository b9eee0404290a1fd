//! `raw`: the whole profile as text.

use crate::proto::selected;
use crate::report::{Argument, Report, ReportError, Request};
use crate::shape::{Shape, ShapeKind};

/// The report.
pub const REPORT: Report = Report {
    name: "raw",
    aliases: &[],
    summary: "Everything in the profile, as text",
    argument: Argument::None,
    defaults: crate::proto::REPORT.defaults,
    shape: ShapeKind::Profile,
    build,
};

fn build<'v>(request: &Request<'v>) -> Result<Shape<'v>, ReportError> {
    Ok(Shape::Profile(selected(request)?))
}
