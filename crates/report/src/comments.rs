//! `comments`: the comments of a profile.

use crate::report::{Argument, Defaults, Report, ReportError, Request};
use crate::shape::{Notes, Shape, ShapeKind};

/// The report.
pub const REPORT: Report = Report {
    name: "comments",
    aliases: &[],
    summary: "All comments of the profile",
    argument: Argument::None,
    defaults: Defaults::TRIMMED,
    shape: ShapeKind::Notes,
    build,
};

fn build<'v>(request: &Request<'v>) -> Result<Shape<'v>, ReportError> {
    let profile = request.view.profile();
    let notes = profile.comments.iter().map(|&comment| profile.lossy(comment).into_owned()).collect();
    Ok(Shape::Notes(Notes { notes }))
}
