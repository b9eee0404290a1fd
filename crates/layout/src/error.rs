//! What can be wrong with a graph.

/// A graph or options that cannot be laid out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An edge names a node that is not there.
    #[error("edge {edge} names node {node}, but there are only {nodes} nodes")]
    NoSuchNode {
        /// Index of the edge.
        edge: usize,
        /// The node it names.
        node: usize,
        /// Number of nodes of the graph.
        nodes: usize,
    },
    /// A width or height of a node is negative, not a number, or beyond [`crate::MAX_EXTENT`].
    #[error("node {node} has an impossible size")]
    NodeSize {
        /// Index of the node.
        node: usize,
    },
    /// A width or height of an edge label is negative, not a number, or beyond [`crate::MAX_EXTENT`].
    #[error("the label of edge {edge} has an impossible size")]
    LabelSize {
        /// Index of the edge.
        edge: usize,
    },
    /// A separation is negative, not a number, or beyond [`crate::MAX_EXTENT`].
    #[error("a separation is impossible")]
    Separation,
    /// More nodes or edges than [`crate::MAX_ITEMS`].
    #[error("the graph has more than {limit} nodes or edges")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
}
