//! A call graph: nodes with weights, and edges from caller to callee.

use crate::model::node_id::NodeId;
use crate::model::weight::Weight;

/// A row of [`Graph::edges`].
pub type EdgeId = usize;

/// A call graph, or with `call_tree` a forest of calls.
///
/// `listed` are the nodes that a report shows, in its order. Others are there because an edge of a
/// listed node leads to them.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// All nodes.
    pub nodes: Vec<Node>,
    /// All edges. Those that were trimmed are in no node's lists any more.
    pub edges: Vec<Edge>,
    /// The rows of `nodes` to show, in order.
    pub listed: Vec<usize>,
}

/// A node of a [`Graph`].
#[derive(Debug, Clone)]
pub struct Node {
    /// Which place this is. In a call tree several nodes may be the same place.
    pub place: NodeId,
    /// Equal for nodes that are parts (lines, addresses) of one function in one context.
    pub function: usize,
    /// Own weight.
    pub flat: Weight,
    /// Weight with callees.
    pub cum: Weight,
    /// Edges from callers.
    pub incoming: Vec<EdgeId>,
    /// Edges to callees.
    pub outgoing: Vec<EdgeId>,
    /// What the tags of its samples weigh.
    pub tags: NodeTags,
}

/// An edge of a [`Graph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// Row of the caller.
    pub from: usize,
    /// Row of the callee.
    pub to: usize,
    /// Weight of the stacks in which one calls the other.
    pub weight: Weight,
    /// Whether nodes between the two were left out.
    pub residual: bool,
    /// Whether the callee was inlined wherever this call occurs.
    pub inline: bool,
}

/// What one value of a tag weighs at a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The text shown.
    pub name: String,
    /// For numbers, the unit; else empty.
    pub unit: String,
    /// For numbers, the first value with this text.
    pub value: i64,
    /// Where the node is the leaf.
    pub flat: Weight,
    /// Wherever the node occurs.
    pub cum: Weight,
}

/// The tags of one node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeTags {
    /// All text tags of a sample together are one tag here.
    pub texts: Vec<Tag>,
    /// Numeric tags, by the text tags that they come with (empty for none).
    pub numbers: Vec<(String, Vec<Tag>)>,
}

impl NodeTags {
    /// Keeps tags whose flat or cum weight is at least `cutoff` in size.
    pub(crate) fn trim(&mut self, cutoff: u64) {
        let keep =
            |tag: &Tag| tag.flat.value.unsigned_abs() >= cutoff || tag.cum.value.unsigned_abs() >= cutoff;
        self.texts.retain(keep);
        for (_, tags) in &mut self.numbers {
            tags.retain(keep);
        }
    }

    /// How many tags have a weight of their own at the node.
    pub(crate) fn count(&self) -> usize {
        let numbers = self.numbers.iter().flat_map(|(_, tags)| tags);
        self.texts.iter().chain(numbers).filter(|tag| tag.flat.value != 0).count()
    }
}

impl Graph {
    /// Sets the edges, filling the lists of the nodes.
    pub(crate) fn set_edges(&mut self, edges: Vec<Edge>) {
        let mut counts = vec![(0, 0); self.nodes.len()];
        for edge in &edges {
            counts[edge.from].0 += 1;
            counts[edge.to].1 += 1;
        }
        for (node, (outgoing, incoming)) in self.nodes.iter_mut().zip(counts) {
            node.outgoing.reserve_exact(outgoing);
            node.incoming.reserve_exact(incoming);
        }
        for (id, edge) in edges.iter().enumerate() {
            self.nodes[edge.from].outgoing.push(id);
            self.nodes[edge.to].incoming.push(id);
        }
        self.edges = edges;
    }

    /// Takes edges for which `remove` is true out of the lists of both their nodes.
    pub(crate) fn remove_edges(&mut self, remove: impl Fn(EdgeId) -> bool) {
        for node in &mut self.nodes {
            node.incoming.retain(|&edge| !remove(edge));
            node.outgoing.retain(|&edge| !remove(edge));
        }
    }
}
