//! `flamegraph`: the call tree, its heaviest frames.

use std::cmp::Reverse;

use hotlist_analyze::{
    FlameSpec, Frame, FrameKind, Growth, Names, NodeId, NodeTable, PlaceKey, SideWeights, Weights, flame,
    weigh, weigh_sides,
};

use crate::report::{Argument, Defaults, Report, ReportError, Request};
use crate::shape::{Compared, FlameFrame, FlameGraph, FlameKind, FlamePlace, Shape, ShapeKind};

/// The report.
pub const REPORT: Report = Report {
    name: "flamegraph",
    aliases: &[],
    summary: "The call tree as a flame graph",
    argument: Argument::None,
    defaults: Defaults { trim: true, granularity: None, node_count: FRAMES, object_names: false },
    shape: ShapeKind::Flame,
    build,
};

/// More frames than one looks at in a picture, and a page of less than 2 MB.
const FRAMES: usize = 10_000;

fn build<'v>(request: &Request<'v>) -> Result<Shape<'v>, ReportError> {
    let options = &request.options.flame;
    let table = request.places();
    let nodes: Vec<NodeId> = table.ids().collect();
    let pivot = match options.pivot.as_str() {
        "" => None,
        name => Some(find(&table, name).ok_or_else(|| ReportError::NoPlace(name.to_owned()))?),
    };
    let marked = options.marks.as_ref().map_or_else(Vec::new, |pattern| {
        let names = Names::new(&table);
        table.ids().map(|node| pattern.is_match(names.get(node).printable.as_bytes())).collect()
    });
    let flame = flame(
        &table,
        &FlameSpec {
            marked,
            growth: if options.inverted { Growth::Callers } else { Growth::Callees },
            collapse: options.collapse,
            pivot,
            path: options.path.iter().map_while(|&id| nodes.get(id).copied()).collect(),
            frames: match request.options.node_count {
                0 => usize::MAX,
                count => count,
            },
        },
    );
    let weights = weigh(&table);
    let is_comparison = flame.frames.first().is_some_and(|root| root.cum.minus != 0);
    let sides = is_comparison.then(|| weigh_sides(&table));
    let mut places = Places {
        table: &table,
        weights: &weights,
        sides: sides.as_ref(),
        rows: vec![None; nodes.len()],
        places: Vec::new(),
    };
    let frames = flame.frames.iter().map(|frame| places.frame(frame)).collect();
    if !options.frames_only {
        places.add_others();
    }
    Ok(Shape::Flame(FlameGraph {
        header: request.header(),
        inverted: options.inverted,
        upwards: options.upwards,
        pivot: options.pivot.clone(),
        places: places.places,
        frames,
        marked: flame.marked,
    }))
}

/// At most this many places are added that no frame refers to.
const MOST_OTHERS: usize = 20_000;

/// The place with this [key](crate::PlaceKey), or else the first with this label.
fn find(table: &NodeTable<'_, '_>, name: &str) -> Option<NodeId> {
    let key: Option<PlaceKey> = name.parse().ok();
    let by_key = || table.ids().find(|&node| Some(table.info(node).key()) == key);
    by_key().or_else(|| table.ids().find(|&node| table.info(node).printable_name() == name))
}

/// The places that frames refer to, in the order in which they turn up.
struct Places<'t, 'v> {
    table: &'t NodeTable<'v, 'v>,
    weights: &'t Weights,
    sides: Option<&'t SideWeights>,
    rows: Vec<Option<usize>>,
    places: Vec<FlamePlace>,
}

impl Places<'_, '_> {
    fn frame(&mut self, frame: &Frame) -> FlameFrame {
        let &Frame { kind, parent, depth, flat, cum, inline } = frame;
        let kind = match kind {
            FrameKind::Root => FlameKind::Root,
            FrameKind::Others(count) => FlameKind::Others(count),
            FrameKind::Place(node) => FlameKind::Place(self.row(node)),
        };
        FlameFrame { kind, parent, depth, flat, cum, inline }
    }

    /// The row of a place, which is added when it is not there yet.
    fn row(&mut self, node: NodeId) -> usize {
        *self.rows[node.index()].get_or_insert_with(|| {
            self.places.push(FlamePlace {
                id: node.index(),
                place: self.table.info(node).into(),
                flat: self.weights.flat(node).value,
                cum: self.weights.cum(node).value,
                compared: self.sides.map(|sides| Compared::of(sides, node)),
            });
            self.places.len() - 1
        })
    }

    /// Adds the places that no frame refers to, the heaviest of them.
    fn add_others(&mut self) {
        let weight = |node: NodeId| self.weights.cum(node).value.unsigned_abs();
        let is_other = |node: &NodeId| self.rows[node.index()].is_none() && weight(*node) != 0;
        let mut others: Vec<NodeId> = self.table.ids().filter(is_other).collect();
        others.sort_by_key(|&node| (Reverse(weight(node)), node));
        for node in others.into_iter().take(MOST_OTHERS) {
            self.row(node);
        }
    }
}
