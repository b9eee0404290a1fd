//! `proto`: the selected part of a profile as a profile.

use std::borrow::Cow;

use hotlist_analyze::{Granularity, ViewError};
use hotlist_profile::Profile;

use crate::report::{Argument, Defaults, Report, ReportError, Request};
use crate::shape::{Shape, ShapeKind};

/// The report.
pub const REPORT: Report = Report {
    name: "proto",
    aliases: &[],
    summary: "The profile in compressed protobuf format",
    argument: Argument::None,
    defaults: Defaults {
        trim: false,
        granularity: Some(Granularity::Addresses),
        node_count: 0,
        object_names: true,
    },
    shape: ShapeKind::Profile,
    build,
};

fn build<'v>(request: &Request<'v>) -> Result<Shape<'v>, ReportError> {
    let mut profile = selected(request)?;
    let ratio = request.options.ratio;
    if ratio > 0.0 && ratio != 1.0 {
        profile.to_mut().samples.map_values(|_, value| (value as f64 * ratio) as i64);
    }
    if request.options.timestamps && profile.samples.times().is_some() {
        profile = Cow::Owned(profile.with_timestamps().map_err(|_| ViewError::TooManyFrames)?);
    }
    Ok(Shape::Profile(profile))
}

/// What is in view, as a profile.
pub(crate) fn selected<'v>(request: &Request<'v>) -> Result<Cow<'v, Profile>, ReportError> {
    let detail = request.options.detail;
    Ok(request.view.to_profile(detail.no_inlines, detail.show_columns)?)
}
