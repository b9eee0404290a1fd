//! `raw`: the whole profile as text.

use crate::proto::selected;
use crate::report::{Argument, Drawing, Report, ReportError, Request};
use crate::shape::Shape;

/// The report.
pub const REPORT: Report = Report {
    name: "raw",
    aliases: &[],
    summary: "Everything in the profile, as text",
    argument: Argument::None,
    defaults: crate::proto::REPORT.defaults,
    drawing: Drawing::Text,
    build,
};

fn build<'v>(request: &Request<'v>) -> Result<Shape<'v>, ReportError> {
    Ok(Shape::Profile(selected(request)?))
}
