//! Flame graphs: the heaviest frames of a call tree.

use hotlist_analyze::Sides;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::{Compared, Header, Place};

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
    /// All places that frames refer to, and then the others, the heaviest first, so that each can be found.
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
    /// Own weight in everything that is looked at, as in `top`, whatever frames are here.
    pub flat: i64,
    /// Weight with callees in everything that is looked at, each stack once.
    pub cum: i64,
    /// The same on each side; only in comparisons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<Compared>,
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
    /// The sum of this many lighter frames.
    Others(usize),
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
