//! `flamegraph`: the call tree, its heaviest frames.

use hotlist_analyze::{FlameSpec, Frame, FrameKind, Growth, Names, NodeId, NodeTable, PlaceKey, Sides};
use hotlist_pattern::Pattern;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::header::Header;
use crate::report::{Argument, Defaults, Report, ReportError, Request};
use crate::shape::{Place, Shape, ShapeKind};

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

/// More frames than anybody looks at in one picture, and a page of less than 2 MB.
const FRAMES: usize = 10_000;

/// Which flame graph is wanted, beside what every report is asked.
#[derive(Debug, Clone, Default)]
pub struct FlameOptions {
    /// Grow from the leaves: callers stand below what they call.
    pub inverted: bool,
    /// The root is drawn at the bottom.
    pub upwards: bool,
    /// The key or label of the place that all stacks are to begin with; empty for none. With it, the tree is one
    /// half of a sandwich: callees of the place, or with `inverted` its callers.
    pub pivot: String,
    /// The way to the frame whose callees are wanted, as [`FlamePlace::id`]s from the root on.
    pub path: Vec<usize>,
    /// Names of places that are looked for: what was summed up tells how much of it they have.
    pub marks: Option<Pattern>,
}

/// The heaviest frames of a call tree. What was left out below a frame is summed up in one frame more.
#[derive(Debug, Clone, PartialEq)]
pub struct FlameGraph {
    /// The profile.
    pub header: Header,
    /// Whether callers stand below what they call.
    pub inverted: bool,
    /// Whether the root is drawn at the bottom.
    pub upwards: bool,
    /// The place that all stacks begin with, empty for none.
    pub pivot: String,
    /// All places that frames refer to.
    pub places: Vec<FlamePlace>,
    /// The frames, each before those below it, the heaviest first among those below one frame. The first
    /// is the root.
    pub frames: Vec<FlameFrame>,
    /// How much of what was summed up goes through a place that was looked for: rows of such frames.
    pub marked: Vec<(usize, Sides)>,
}

/// A place of a [`FlameGraph`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlamePlace {
    /// The number of the place, which is the same in all flame graphs of one view.
    pub id: usize,
    /// The place.
    #[serde(flatten)]
    pub place: Place,
}

/// A frame of a [`FlameGraph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlameFrame {
    /// What it is.
    pub kind: FlameKind,
    /// The row of the frame above; the root's own row for the root.
    pub parent: usize,
    /// How many frames are above.
    pub depth: usize,
    /// Own weight.
    pub flat: Sides,
    /// Weight with what is below.
    pub cum: Sides,
    /// Whether it is inlined into its caller wherever it occurs here.
    pub inline: bool,
}

/// What a [`FlameFrame`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlameKind {
    /// The root, which is no place of the program.
    Root,
    /// A row of the places.
    Place(usize),
    /// The sum of so many lighter frames.
    Others(usize),
}

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
    let flame = table.flame(&FlameSpec {
        marked,
        growth: if options.inverted { Growth::Callers } else { Growth::Callees },
        pivot,
        path: options.path.iter().map_while(|&id| nodes.get(id).copied()).collect(),
        frames: match request.options.node_count {
            0 => usize::MAX,
            count => count,
        },
    });
    let mut places = Places { table: &table, rows: vec![None; nodes.len()], places: Vec::new() };
    let frames = flame.frames.iter().map(|frame| places.frame(frame)).collect();
    Ok(Shape::Flame(FlameGraph {
        header: Header::new(request),
        inverted: options.inverted,
        upwards: options.upwards,
        pivot: options.pivot.clone(),
        places: places.places,
        frames,
        marked: flame.marked,
    }))
}

/// The place with this [key](crate::PlaceKey), or else the first with this label.
fn find(table: &NodeTable<'_, '_>, name: &str) -> Option<NodeId> {
    let key: Option<PlaceKey> = name.parse().ok();
    let by_key = || table.ids().find(|&node| Some(table.info(node).key()) == key);
    by_key().or_else(|| table.ids().find(|&node| table.info(node).printable_name() == name))
}

/// The places that frames refer to, in the order in which they turn up.
struct Places<'t, 'v> {
    table: &'t NodeTable<'v, 'v>,
    rows: Vec<Option<usize>>,
    places: Vec<FlamePlace>,
}

impl Places<'_, '_> {
    fn frame(&mut self, frame: &Frame) -> FlameFrame {
        let &Frame { kind, parent, depth, flat, cum, inline } = frame;
        let kind = match kind {
            FrameKind::Root => FlameKind::Root,
            FrameKind::Others(count) => FlameKind::Others(count),
            FrameKind::Place(node) => FlameKind::Place(*self.rows[node.index()].get_or_insert_with(|| {
                let place = self.table.info(node).into();
                self.places.push(FlamePlace { id: node.index(), place });
                self.places.len() - 1
            })),
        };
        FlameFrame { kind, parent, depth, flat, cum, inline }
    }
}

impl FlameGraph {
    /// The root's weight, which all widths refer to.
    pub fn total(&self) -> Sides {
        self.frames.first().map(|root| root.cum).unwrap_or_default()
    }

    /// Whether there is a second side, that of a base.
    pub fn is_comparison(&self) -> bool {
        self.total().minus != 0
    }

    /// What to call a frame.
    pub fn label(&self, frame: &FlameFrame) -> String {
        match frame.kind {
            FlameKind::Root => "root".to_owned(),
            FlameKind::Place(row) => self.places[row].place.label.clone(),
            FlameKind::Others(count) => format!("({count} others)"),
        }
    }
}

/// Frames as columns, which are a fraction of the size of a list of objects: `place` is the row of the
/// place, -1 for the root and -1 - n for a sum of n frames; `flat` and `cum` are sums of samples above
/// zero; `base_flat` and `base_cum`, those of the samples below zero without their sign, are there in
/// comparisons only; `inline` lists the rows of inlined frames; `marked`, where places are looked for, has rows of
/// sums of frames and how much of them goes through such a place, both sides together.
impl Serialize for FlameGraph {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Columns {
            parent: Vec<usize>,
            place: Vec<i64>,
            flat: Vec<i64>,
            cum: Vec<i64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            base_flat: Option<Vec<i64>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            base_cum: Option<Vec<i64>>,
            inline: Vec<usize>,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            marked: Vec<(usize, i64)>,
        }
        let frames = &self.frames;
        let column = |take: fn(&FlameFrame) -> i64| frames.iter().map(take).collect::<Vec<i64>>();
        let columns = Columns {
            parent: frames.iter().map(|frame| frame.parent).collect(),
            place: column(|frame| match frame.kind {
                FlameKind::Root => -1,
                FlameKind::Place(row) => row as i64,
                FlameKind::Others(count) => -1 - count as i64,
            }),
            flat: column(|frame| frame.flat.plus),
            cum: column(|frame| frame.cum.plus),
            base_flat: self.is_comparison().then(|| column(|frame| frame.flat.minus)),
            base_cum: self.is_comparison().then(|| column(|frame| frame.cum.minus)),
            inline: (0..frames.len()).filter(|&row| frames[row].inline).collect(),
            marked: self.marked.iter().map(|&(row, sides)| (row, sides.size())).collect(),
        };
        let mut whole = serializer.serialize_struct("FlameGraph", 6)?;
        whole.serialize_field("header", &self.header)?;
        whole.serialize_field("inverted", &self.inverted)?;
        whole.serialize_field("upwards", &self.upwards)?;
        whole.serialize_field("pivot", &self.pivot)?;
        whole.serialize_field("places", &self.places)?;
        whole.serialize_field("frames", &columns)?;
        whole.end()
    }
}
