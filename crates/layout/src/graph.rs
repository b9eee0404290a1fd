//! What is to be drawn: boxes, edges with labels, and the distances to keep.

use crate::Error;
use crate::geometry::Size;

/// The greatest width, height or separation that is accepted.
pub const MAX_EXTENT: f64 = 1e6;

/// The greatest number of nodes, and of edges, that is accepted.
pub const MAX_ITEMS: usize = 4_000_000;

/// A directed graph; nodes are named by their index.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Graph {
    /// The boxes. Earlier nodes tend to be placed further left where nothing else decides.
    pub nodes: Vec<Node>,
    /// The arrows between them. Loops, parallel edges and cycles are welcome.
    pub edges: Vec<Edge>,
}

/// A box.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Node {
    /// Size with its border and padding.
    pub size: Size,
}

/// An arrow from one box to another, or to itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// Index of the node where the arrow begins.
    pub from: usize,
    /// Index of the node where the arrow head is.
    pub to: usize,
    /// How much the edge wants to be short and straight; 0 means not at all, 1 is usual, more than
    /// 1,000 counts as 1,000.
    pub weight: u32,
    /// How many ranks the edge descends at least; 1 is usual, more than 100 counts as 100.
    pub min_length: u32,
    /// Size of the text at its middle.
    pub label: Option<Size>,
}

impl Edge {
    /// An edge of weight 1 and length 1 without a label.
    #[must_use]
    pub fn new(from: usize, to: usize) -> Self {
        Self { from, to, weight: 1, min_length: 1, label: None }
    }
}

/// Distances to keep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayoutOptions {
    /// Least horizontal distance between two boxes side by side.
    pub node_separation: f64,
    /// Least vertical distance between two ranks of boxes.
    pub rank_separation: f64,
}

impl Default for LayoutOptions {
    /// 18 and 36: what `dot` keeps, in points.
    fn default() -> Self {
        Self { node_separation: 18.0, rank_separation: 36.0 }
    }
}

impl Graph {
    pub(crate) fn validate(&self, options: &LayoutOptions) -> Result<(), Error> {
        let possible = |value: f64| (0.0..=MAX_EXTENT).contains(&value);
        let possible_size = |size: Size| possible(size.width) && possible(size.height);
        if !possible(options.node_separation) || !possible(options.rank_separation) {
            return Err(Error::Separation);
        }
        let nodes = self.nodes.len();
        if nodes > MAX_ITEMS || self.edges.len() > MAX_ITEMS {
            return Err(Error::TooLarge { limit: MAX_ITEMS });
        }
        if let Some(node) = self.nodes.iter().position(|node| !possible_size(node.size)) {
            return Err(Error::NodeSize { node });
        }
        for (index, edge) in self.edges.iter().enumerate() {
            for node in [edge.from, edge.to] {
                if node >= nodes {
                    return Err(Error::NoSuchNode { edge: index, node, nodes });
                }
            }
            if edge.label.is_some_and(|size| !possible_size(size)) {
                return Err(Error::LabelSize { edge: index });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
impl Graph {
    /// A graph of plain nodes, with edges from, to and of a weight.
    pub(crate) fn weighted(nodes: usize, edges: &[(usize, usize, u32)]) -> Self {
        let edge = |&(from, to, weight): &(usize, usize, u32)| Edge { weight, ..Edge::new(from, to) };
        Graph { nodes: vec![Node::default(); nodes], edges: edges.iter().map(edge).collect() }
    }
}
