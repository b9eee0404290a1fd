//! `tags`: what each value of each tag weighs.

use hotlist_analyze::sum_tags;

use crate::report::{Argument, Defaults, Report, ReportError, Request};
use crate::shape::{Shape, ShapeKind, TagKey, TagRow, Tags};

/// The report.
pub const REPORT: Report = Report {
    name: "tags",
    aliases: &[],
    summary: "The weight of each value of each tag",
    argument: Argument::None,
    defaults: Defaults::TRIMMED,
    shape: ShapeKind::Tags,
    build,
};

fn build<'v>(request: &Request<'v>) -> Result<Shape<'v>, ReportError> {
    let keys = sum_tags(request.view, &request.options.output_unit)
        .into_iter()
        .map(|sums| TagKey {
            key: sums.key,
            total: sums.total,
            values: sums
                .values
                .into_iter()
                .map(|value| TagRow { value: value.text, weight: value.weight })
                .collect(),
        })
        .collect();
    Ok(Shape::Tags(Tags { header: request.header(), keys }))
}
