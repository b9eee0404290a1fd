//! Call graphs.

use hotlist_analyze::Weight;
use serde::Serialize;

use super::place::is_zero;
use super::{Header, Place, Showing};

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
