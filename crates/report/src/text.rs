//! `top`: the heaviest places, by own or total weight.

use hotlist_analyze::{Graph, Interest, Names, weigh_sides};

use crate::report::{Argument, Defaults, Report, ReportError, Request};
use crate::shape::{Compared, InlineMark, Shape, ShapeKind, Table, TableRow};

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
    let interest = if request.options.skip_inlining { Interest::Nothing } else { Interest::Inlining };
    let trim = request.trim(interest);
    let (trimmed, header, showing) = request.graph(&table, &names, &trim);
    let graph = &trimmed.graph;
    let view = request.view;
    let sides = (view.has_base() && !view.value().mean).then(|| weigh_sides(&table));
    let rows = graph
        .listed
        .iter()
        .map(|&row| {
            let node = &graph.nodes[row];
            TableRow {
                place: names.get(node.place).into(),
                flat: node.flat.shown(),
                cum: node.cum.shown(),
                compared: sides.as_ref().map(|sides| Compared::of(sides, node.place)),
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

#[cfg(test)]
mod tests {
    use hotlist_profile::{Builder, Label, LabelValue};

    use crate::testing::ask;
    use crate::{Compared, NoCode, NoSource, Shape};

    use super::REPORT;

    #[test]
    fn rows_of_comparisons_tell_both_sides() {
        let mut builder = Builder::new(&[("samples", "count")]);
        let [main, leaf] = ["main", "leaf"].map(|name| {
            let function = builder.named_function(name, "a.c");
            builder.source_location(function, 1)
        });
        let (key, text) = (builder.string("pprof::base"), builder.string("true"));
        let base = [Label { key, value: LabelValue::Text(text) }];
        builder.sample(&[leaf, main], &base, &[-3]).expect("frames are few");
        builder.sample(&[main], &base, &[-1]).expect("frames are few");
        builder.sample(&[leaf, main], &[], &[10]).expect("frames are few");
        let rows = ask(&REPORT, &builder.finish(), ".", (&NoSource, &NoCode), |shape| match shape {
            Shape::Table(table) => table
                .rows
                .iter()
                .map(|row| (row.place.label.clone(), row.flat, row.compared))
                .collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        })
        .expect("there are samples");
        let sides = |before_flat, before_cum, after_flat, after_cum| {
            Some(Compared { before_flat, before_cum, after_flat, after_cum })
        };
        let expected =
            [("leaf".to_owned(), 7, sides(3, 3, 10, 10)), ("main".to_owned(), -1, sides(1, 4, 0, 10))];
        assert_eq!(rows, expected);
    }
}
