//! The shapes of answers. These, and nothing else, are what `-json` and the web page serve.

mod assembly;
mod flame;
mod graph;
mod header;
mod listing;
mod neighbours;
mod place;
mod stacks;
mod table;
mod tags;

use std::borrow::Cow;

use hotlist_compare::{Comparison, Sensitivity};
use hotlist_profile::Profile;

pub use assembly::{Assembly, InlinedCall, LineInstruction, MachineRoutine, WeighedInstruction};
pub use flame::{FlameFrame, FlameGraph, FlameKind, FlamePlace};
pub use graph::{Amount, CallGraph, GraphEdge, GraphNode, GraphTag, NumberTags};
pub use header::{Header, Labels, Showing, ValueFormat};
pub use listing::{LineMark, ListedLine, Listing, Routine};
pub use neighbours::{Neighbour, Neighbours, NeighboursEntry};
pub use place::Place;
pub use stacks::{StackRow, Stacks, TagList};
pub use table::{Compared, InlineMark, Table, TableRow};
pub use tags::{Notes, TagKey, TagRow, Tags};

/// The answer of a report.
#[derive(Debug)]
pub enum Shape<'v> {
    /// Places with their weights.
    Table(Table),
    /// Places with their callers and callees.
    Neighbours(Neighbours),
    /// A call graph.
    Graph(CallGraph),
    /// A call tree.
    Flame(FlameGraph),
    /// Call stacks, one for each sample.
    Stacks(Stacks<'v>),
    /// Source code with weights.
    Listing(Listing),
    /// Machine code with weights.
    Assembly(Assembly),
    /// Tag values with weights.
    Tags(Tags),
    /// Free text.
    Notes(Notes),
    /// How two sets of runs differ.
    Comparison(Box<Comparison>),
    /// What comparisons of some runs can show.
    Sensitivity(Box<Sensitivity>),
    /// A profile.
    Profile(Cow<'v, Profile>),
}

impl Shape<'_> {
    /// What kind of shape this is.
    pub fn kind(&self) -> ShapeKind {
        match self {
            Shape::Table(_) => ShapeKind::Table,
            Shape::Neighbours(_) => ShapeKind::Neighbours,
            Shape::Graph(_) => ShapeKind::Graph,
            Shape::Flame(_) => ShapeKind::Flame,
            Shape::Stacks(_) => ShapeKind::Stacks,
            Shape::Listing(_) => ShapeKind::Listing,
            Shape::Assembly(_) => ShapeKind::Assembly,
            Shape::Tags(_) => ShapeKind::Tags,
            Shape::Notes(_) => ShapeKind::Notes,
            Shape::Comparison(_) => ShapeKind::Comparison,
            Shape::Sensitivity(_) => ShapeKind::Sensitivity,
            Shape::Profile(_) => ShapeKind::Profile,
        }
    }
}

/// The kinds of shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShapeKind {
    /// [`Shape::Table`].
    Table,
    /// [`Shape::Neighbours`].
    Neighbours,
    /// [`Shape::Graph`].
    Graph,
    /// [`Shape::Flame`].
    Flame,
    /// [`Shape::Stacks`].
    Stacks,
    /// [`Shape::Listing`].
    Listing,
    /// [`Shape::Assembly`].
    Assembly,
    /// [`Shape::Tags`].
    Tags,
    /// [`Shape::Notes`].
    Notes,
    /// [`Shape::Comparison`].
    Comparison,
    /// [`Shape::Sensitivity`].
    Sensitivity,
    /// [`Shape::Profile`].
    Profile,
}

impl ShapeKind {
    /// Every kind.
    pub const ALL: [ShapeKind; 12] = [
        ShapeKind::Table,
        ShapeKind::Neighbours,
        ShapeKind::Graph,
        ShapeKind::Flame,
        ShapeKind::Stacks,
        ShapeKind::Listing,
        ShapeKind::Assembly,
        ShapeKind::Tags,
        ShapeKind::Notes,
        ShapeKind::Comparison,
        ShapeKind::Sensitivity,
        ShapeKind::Profile,
    ];

    /// What error messages and JSON call it.
    pub fn name(self) -> &'static str {
        match self {
            ShapeKind::Table => "table",
            ShapeKind::Neighbours => "neighbours",
            ShapeKind::Graph => "graph",
            ShapeKind::Flame => "flame",
            ShapeKind::Stacks => "stacks",
            ShapeKind::Listing => "listing",
            ShapeKind::Assembly => "assembly",
            ShapeKind::Tags => "tags",
            ShapeKind::Notes => "notes",
            ShapeKind::Comparison => "comparison",
            ShapeKind::Sensitivity => "sensitivity",
            ShapeKind::Profile => "profile",
        }
    }
}
