//! The shapes of answers. These, and nothing else, are what `-json` and the web page serve.

use std::borrow::Cow;
use std::ops::Range;

use hotlist_analyze::{Name, NodeInfo, NodeTable, PlaceKey, Threads, View, Weight, object_label};
use hotlist_profile::unit;
use hotlist_profile::{LabelValue, LocationId, Profile, SampleId};
use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use crate::assembly::{Assembly, LineInstruction};
use crate::flamegraph::FlameGraph;
use crate::header::{Header, Showing};

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
    /// [`Shape::Profile`].
    Profile,
}

impl ShapeKind {
    /// Every kind.
    pub const ALL: [ShapeKind; 10] = [
        ShapeKind::Table,
        ShapeKind::Neighbours,
        ShapeKind::Graph,
        ShapeKind::Flame,
        ShapeKind::Stacks,
        ShapeKind::Listing,
        ShapeKind::Assembly,
        ShapeKind::Tags,
        ShapeKind::Notes,
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
            ShapeKind::Profile => "profile",
        }
    }
}

/// A place in a program: a function, a file, a line or an address.
///
/// In JSON it has a `key` beside these fields: [`Place::key`] as text, which is the same in every view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What reports call it.
    pub label: String,
    /// Function name; empty when unknown or not told apart.
    pub function: String,
    /// Source file.
    pub file: String,
    /// Line number.
    pub line: i64,
    /// Column number.
    pub column: i64,
    /// Instruction address.
    pub address: u64,
    /// Object file.
    pub object: String,
}

impl Place {
    /// The identity of the place.
    pub fn key(&self) -> PlaceKey {
        let Place { label: _, function, file, line, column, address, object } = self.clone();
        PlaceKey { function, file, line, column, address, object }
    }

    /// What to call it when neither its function nor its file is known.
    pub fn object_label(&self) -> Cow<'_, str> {
        object_label(&self.object)
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'a> {
            key: String,
            label: &'a str,
            #[serde(skip_serializing_if = "str::is_empty")]
            function: &'a str,
            #[serde(skip_serializing_if = "str::is_empty")]
            file: &'a str,
            #[serde(skip_serializing_if = "is_zero")]
            line: i64,
            #[serde(skip_serializing_if = "is_zero")]
            column: i64,
            #[serde(skip_serializing_if = "is_no_address")]
            address: u64,
            #[serde(skip_serializing_if = "str::is_empty")]
            object: &'a str,
        }
        let Place { label, function, file, line, column, address, object } = self;
        let (line, column, address) = (*line, *column, *address);
        Fields { key: self.key().to_string(), label, function, file, line, column, address, object }
            .serialize(serializer)
    }
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

fn is_no_address(address: &u64) -> bool {
    *address == 0
}

impl From<NodeInfo> for Place {
    fn from(info: NodeInfo) -> Place {
        let label = info.printable_name();
        let NodeInfo { name: function, file, address, line, column, object, .. } = info;
        Place { label, function, file, line, column, address, object }
    }
}

impl From<&Name> for Place {
    fn from(Name { info, printable }: &Name) -> Place {
        let NodeInfo { name: function, file, address, line, column, object, .. } = info.clone();
        Place { label: printable.clone(), function, file, line, column, address, object }
    }
}

/// Places with their weights, in order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// The profile.
    pub header: Header,
    /// How much of it is here.
    pub showing: Showing,
    /// The places.
    pub rows: Vec<TableRow>,
}

/// A row of a [`Table`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableRow {
    /// The place.
    pub place: Place,
    /// Own weight.
    pub flat: i64,
    /// Weight with callees.
    pub cum: i64,
    /// Whether it was inlined.
    #[serde(skip_serializing_if = "InlineMark::is_never")]
    pub inline: InlineMark,
}

/// How often a function was inlined into its callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum InlineMark {
    /// Into none.
    #[default]
    Never,
    /// Into some.
    Partial,
    /// Into all.
    Always,
}

impl InlineMark {
    fn is_never(&self) -> bool {
        *self == InlineMark::Never
    }
}

/// Places with their callers and callees.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Neighbours {
    /// The profile.
    pub header: Header,
    /// How much of it is here.
    pub showing: Showing,
    /// The places, in order.
    pub entries: Vec<NeighboursEntry>,
}

/// A place of [`Neighbours`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NeighboursEntry {
    /// The place.
    pub place: Place,
    /// Own weight.
    pub flat: i64,
    /// Weight with callees.
    pub cum: i64,
    /// Who calls it, the heaviest first.
    pub callers: Vec<Neighbour>,
    /// Whom it calls, the heaviest first.
    pub callees: Vec<Neighbour>,
}

/// A caller or callee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Neighbour {
    /// The place.
    #[serde(flatten)]
    pub place: Place,
    /// The weight of the calls.
    pub weight: i64,
    /// Whether the callee is always inlined here.
    pub inline: bool,
}

/// A call graph.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CallGraph {
    /// The profile.
    pub header: Header,
    /// How much of it is here.
    pub showing: Showing,
    /// The nodes, the most important first. After the first `showing.nodes` of them come those that are
    /// not shown themselves but that an edge leads to.
    pub nodes: Vec<GraphNode>,
    /// The edges, the heaviest first.
    pub edges: Vec<GraphEdge>,
}

/// A node of a [`CallGraph`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GraphNode {
    /// The place.
    pub place: Place,
    /// First line of the function; 0 when unknown.
    pub start_line: i64,
    /// Own weight.
    pub flat: i64,
    /// Weight with callees.
    pub cum: i64,
    /// Nodes with the same number are parts of one function in one context.
    pub function_id: usize,
    /// What the text tags of its samples weigh; all those of a sample are one tag.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<GraphTag>,
    /// What its numeric tags weigh.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<NumberTags>,
    /// Whether the complete graph has calls from here.
    pub has_callees: bool,
}

/// Numeric tags that come with the same text tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NumberTags {
    /// The text tags; empty for none.
    pub with: String,
    /// The numbers.
    pub tags: Vec<GraphTag>,
}

/// A tag at a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GraphTag {
    /// The text shown.
    pub name: String,
    /// Unit of a number.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// The number.
    #[serde(skip_serializing_if = "is_zero")]
    pub value: i64,
    /// Where the node is the leaf.
    pub flat: Amount,
    /// Wherever the node occurs.
    pub cum: Amount,
}

/// A sum, with what it is divided by where means are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Amount {
    /// The sum.
    pub sum: i64,
    /// The divisor, 0 for none.
    pub divisor: i64,
}

impl Amount {
    /// The sum, or the mean where there is a divisor.
    pub fn shown(self) -> i64 {
        Weight { value: self.sum, divisor: self.divisor }.shown()
    }
}

impl From<Weight> for Amount {
    fn from(weight: Weight) -> Amount {
        Amount { sum: weight.value, divisor: weight.divisor }
    }
}

/// An edge of a [`CallGraph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct GraphEdge {
    /// The caller, as a row of the nodes.
    pub from: usize,
    /// The callee, as a row of the nodes.
    pub to: usize,
    /// The weight of the calls.
    pub weight: Amount,
    /// Whether nodes between the two were left out.
    pub residual: bool,
    /// Whether the callee is always inlined here.
    pub inline: bool,
}

/// Source code with weights.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listing {
    /// The profile.
    pub header: Header,
    /// The functions that were asked for.
    pub routines: Vec<Routine>,
    /// Why instructions that were asked for are not here, for each file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// A function of a [`Listing`] in one of its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Routine {
    /// Function name.
    pub name: String,
    /// The file as the profile calls it; `None` when it names none.
    pub file: Option<String>,
    /// Own weight.
    pub flat: i64,
    /// Weight with callees.
    pub cum: i64,
    /// The lines around those with weights.
    pub lines: Vec<ListedLine>,
    /// Why there are no lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Which file was shown, where it is not the one that the profile names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found_at: Option<String>,
    /// What casts doubt on what is shown: a file that is shorter than the profile says, or newer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A line of source code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedLine {
    /// Line number.
    pub number: i64,
    /// Own weight.
    pub flat: i64,
    /// Weight with callees.
    pub cum: i64,
    /// The code.
    pub text: String,
    /// Its instructions, in the order of their addresses; only where they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instructions: Vec<LineInstruction>,
}

/// Tag values with weights.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tags {
    /// The profile.
    pub header: Header,
    /// The keys, in the order of their names.
    pub keys: Vec<TagKey>,
}

/// A key of [`Tags`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagKey {
    /// The key.
    pub key: String,
    /// The weight of the samples that have it.
    pub total: i64,
    /// Its values, the heaviest first.
    pub values: Vec<TagRow>,
}

/// A value of a [`TagKey`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagRow {
    /// The value as text.
    pub value: String,
    /// The weight of the samples that have it.
    pub weight: i64,
}

/// Free text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notes {
    /// One after the other.
    pub notes: Vec<String>,
}

/// Call stacks, one for each sample, read from the view as they are drawn: with a million samples
/// nothing is held a second time.
#[derive(Debug)]
pub struct Stacks<'v> {
    /// The profile.
    pub header: Header,
    /// All places that stacks refer to.
    pub places: Vec<Place>,
    pub(crate) table: NodeTable<'v, 'v>,
    pub(crate) view: &'v View<'v>,
}

/// A stack with what it weighs.
#[derive(Debug, Clone, Copy)]
pub struct StackRow<'s> {
    /// The weight.
    pub value: i64,
    frames: &'s [LocationId],
    sample: SampleId,
    stacks: &'s Stacks<'s>,
}

/// A tag key with its values as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagList {
    /// The key.
    pub key: String,
    /// The values in the order of the profile.
    pub values: Vec<String>,
}

impl<'v> Stacks<'v> {
    /// Every selected sample that has a frame.
    pub fn rows(&self) -> impl Iterator<Item = StackRow<'_>> {
        self.rows_of(0..self.sample_count())
    }

    /// Those of [`rows`](Self::rows) whose samples have these numbers.
    pub fn rows_of(&self, samples: Range<usize>) -> impl Iterator<Item = StackRow<'_>> {
        samples.map(SampleId::new).filter(|&sample| self.view.selects(sample)).filter_map(|sample| {
            let frames = self.view.frames(self.view.profile().samples.stack(sample));
            let visible = frames.iter().any(|&location| !self.table.nodes(location).is_empty());
            let (value, divisor) = self.view.weight(sample);
            let value = Weight { value, divisor }.shown();
            visible.then_some(StackRow { value, frames, sample, stacks: self })
        })
    }
}

impl Stacks<'_> {
    /// The number of samples of the profile, selected or not.
    pub fn sample_count(&self) -> usize {
        self.view.profile().samples.len()
    }

    /// How many frames a sample of the profile has on average.
    pub fn mean_depth(&self) -> usize {
        let stacks = &self.view.profile().stacks;
        stacks.frame_count() / stacks.len().max(1)
    }

    /// How many threads may work on it.
    pub fn threads(&self) -> Threads {
        self.view.threads()
    }
}

impl<'s> StackRow<'s> {
    /// Calls `take` for each frame, leaf first, with its row in [`Stacks::places`] and whether it was
    /// inlined into the next one.
    #[inline]
    pub fn for_each_frame(&self, mut take: impl FnMut(usize, bool)) {
        for &location in self.frames {
            let nodes = self.stacks.table.nodes(location);
            let outermost = nodes.len().wrapping_sub(1);
            for (position, node) in nodes.iter().enumerate() {
                take(node.index(), position != outermost);
            }
        }
    }

    /// The text tags of the sample by key, then the numeric ones, each sorted by the line they make.
    pub fn tags(&self) -> [Vec<TagList>; 2] {
        let view = self.stacks.view;
        let profile = view.profile();
        let mut lists: [Vec<TagList>; 2] = [Vec::new(), Vec::new()];
        for label in profile.labels.get(profile.samples.labels(self.sample)) {
            if view.is_hidden_key(label.key) {
                continue;
            }
            let key = profile.lossy(label.key);
            let (list, value) = match label.value {
                LabelValue::Text(text) => (&mut lists[0], profile.lossy(text).into_owned()),
                LabelValue::Number { value, .. } => {
                    (&mut lists[1], unit::label(value, view.number_units().get(label.key), "auto"))
                }
            };
            match list.iter_mut().find(|tag| tag.key == key) {
                Some(tag) => tag.values.push(value),
                None => list.push(TagList { key: key.into_owned(), values: vec![value] }),
            }
        }
        lists
    }
}

impl Serialize for Stacks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Rows<'a>(&'a Stacks<'a>);
        impl Serialize for Rows<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut seq = serializer.serialize_seq(None)?;
                for row in self.0.rows() {
                    seq.serialize_element(&row)?;
                }
                seq.end()
            }
        }
        let mut whole = serializer.serialize_struct("Stacks", 3)?;
        whole.serialize_field("header", &self.header)?;
        whole.serialize_field("places", &self.places)?;
        whole.serialize_field("samples", &Rows(self))?;
        whole.end()
    }
}

impl Serialize for StackRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Row {
            value: i64,
            /// Rows of the places, leaf first.
            stack: Vec<usize>,
            #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
            tags: std::collections::BTreeMap<String, Vec<String>>,
        }
        let mut stack = Vec::new();
        self.for_each_frame(|place, _| stack.push(place));
        let mut tags = std::collections::BTreeMap::<String, Vec<String>>::new();
        for tag in self.tags().into_iter().flatten() {
            tags.entry(tag.key).or_default().extend(tag.values);
        }
        Row { value: self.value, stack, tags }.serialize(serializer)
    }
}
