//! `topproto`: the heaviest places as a small profile, for other tools.

use std::borrow::Cow;

use hotlist_analyze::{Interest, Names};
use hotlist_profile::{Builder, Function, Line, Location, ValueType, unit};

use crate::report::{Argument, Defaults, Report, ReportError, Request};
use crate::shape::{Shape, ShapeKind};

/// The report.
pub const REPORT: Report = Report {
    name: "topproto",
    aliases: &[],
    summary: "The heaviest places in compressed protobuf format",
    argument: Argument::None,
    defaults: Defaults { node_count: 0, ..Defaults::TRIMMED },
    shape: ShapeKind::Profile,
    build,
};

/// A profile with one sample for each place, whose values are cum and flat.
fn build<'v>(request: &Request<'v>) -> Result<Shape<'v>, ReportError> {
    let table = request.places_to_weigh();
    let names = Names::new(&table);
    let (trimmed, header, _) = request.graph(&table, &names, &request.trim(Interest::Nothing));
    let source = request.view.profile();
    let format = &header.format;

    let mut builder = Builder::new(&[("cum", &format.output_unit), ("flat", &format.output_unit)]);
    builder.profile.time_nanos = source.time_nanos;
    builder.profile.duration_nanos = source.duration_nanos;
    builder.profile.period = source.period;
    builder.profile.period_type = ValueType {
        kind: builder.string(source.text(source.period_type.kind)),
        unit: builder.string(source.text(source.period_type.unit)),
    };
    for &row in &trimmed.graph.listed {
        let node = &trimmed.graph.nodes[row];
        let info = &names.get(node.place).info;
        let function = Function {
            name: builder.string(&info.name),
            filename: builder.string(&info.file),
            start_line: info.start_line,
            ..Function::default()
        };
        let function = builder.function(function);
        let location = Location { address: info.address, ..Location::default() };
        let location = builder.location(location, &[Line { function, line: info.line, column: info.column }]);
        let shown = |value: i64| unit::scale(value, &format.sample_unit, &format.output_unit).0 as i64;
        let values = [shown(node.cum.shown()), shown(node.flat.shown())];
        builder.sample(&[location], &[], &values).map_err(|_| hotlist_analyze::ViewError::TooManyFrames)?;
    }
    Ok(Shape::Profile(Cow::Owned(builder.finish())))
}
