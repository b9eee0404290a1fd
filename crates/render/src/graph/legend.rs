//! The box that says what a picture shows.

use hotlist_layout::{Point, Rect, Size};
use hotlist_report::CallGraph;

use super::name::shortened;
use super::node::{Align, Content, Writer};
use crate::Context;
use crate::clean::clean;
use crate::font::{Fonts, Weight};
use crate::legend::{Extent, report_lines};

/// Longer lines lose their middle.
const LONGEST: usize = 90;

/// Of more lines only the first are shown: comments of profiles are as many as they like.
const MOST_LINES: usize = 24;

pub(crate) fn legend_content(graph: &CallGraph, context: &Context, fonts: &Fonts) -> Content {
    let mut writer = Writer::new(fonts);
    let lines = report_lines(&graph.header, &graph.showing, Extent::Picture, context);
    for (index, line) in lines.iter().flat_map(|line| line.split('\n')).take(MOST_LINES).enumerate() {
        let weight = if index == 0 { Weight::Bold } else { Weight::Regular };
        writer.line(shortened(&clean(line), LONGEST), weight, 11.0);
    }
    writer.finish(Align::Left, Size::new(9.0, 7.0))
}

/// Where the legend goes and how far the graph is moved for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placement {
    pub(crate) legend: Point,
    pub(crate) shift: Point,
    /// The size of both together.
    pub(crate) size: Size,
}

/// The space between the legend and what is nearest to it.
const GAP: f64 = 24.0;

/// Puts a legend beside the top of a graph, on the left or on the right, or above it, where the picture
/// grows least. `obstacles` are boxes, labels and the bounds of curves.
pub(crate) fn place(legend: Size, graph: Size, obstacles: &[Rect]) -> Placement {
    if legend.height == 0.0 {
        return Placement { legend: Point::default(), shift: Point::default(), size: graph };
    }
    let beside = obstacles.iter().filter(|rect| rect.min.y < legend.height + GAP);
    let (mut left, mut right) = (graph.width, 0.0f64);
    for rect in beside {
        left = left.min(rect.min.x);
        right = right.max(rect.max.x);
    }
    let height = graph.height.max(legend.height);
    let on_left = (legend.width + GAP - left).max(0.0);
    let on_right = (right + GAP).max(graph.width - legend.width);
    let candidates = [
        Placement {
            legend: Point::default(),
            shift: Point::new(on_left, 0.0),
            size: Size::new((graph.width + on_left).max(legend.width), height),
        },
        Placement {
            legend: Point::new(on_right, 0.0),
            shift: Point::default(),
            size: Size::new(graph.width.max(on_right + legend.width), height),
        },
        Placement {
            legend: Point::default(),
            shift: Point::new(((legend.width - graph.width) / 2.0).max(0.0), legend.height + GAP),
            size: Size::new(graph.width.max(legend.width), graph.height + legend.height + GAP),
        },
    ];
    let area = |placement: &Placement| placement.size.width * placement.size.height;
    let [first, others @ ..] = candidates;
    others.into_iter().fold(first, |best, other| if area(&other) < area(&best) - 1.0 { other } else { best })
}

#[test]
fn the_legend_takes_free_space() {
    let graph = Size::new(500.0, 500.0);
    let legend = Size::new(150.0, 80.0);
    let root = Rect::centered(Point::new(400.0, 20.0), Size::new(100.0, 40.0));
    assert_eq!(place(legend, graph, &[root]).size, graph);
    assert_eq!(place(legend, graph, &[root]).legend, Point::default());
    let root = Rect::centered(Point::new(100.0, 20.0), Size::new(100.0, 40.0));
    assert_eq!(place(legend, graph, &[root]).legend, Point::new(350.0, 0.0));
    let root = Rect::centered(Point::new(250.0, 20.0), Size::new(500.0, 40.0));
    assert_eq!(place(legend, graph, &[root]).size, Size::new(500.0, 604.0));
}
