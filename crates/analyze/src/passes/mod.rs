//! From the places of a view to sums, edges, trees and tags.
//!
//! Each pass is a function, most over a [`NodeTable`](crate::NodeTable), and most go through all stacks once, shared
//! among threads by [`Threads`](crate::Threads).

pub(crate) mod edges;
pub(crate) mod expansion;
pub(crate) mod flame;
pub(crate) mod groups;
pub(crate) mod materialize;
pub(crate) mod node_tags;
pub(crate) mod order;
pub(crate) mod tags;
pub(crate) mod timeline;
pub(crate) mod together;
pub(crate) mod tree;
pub(crate) mod trim;
pub(crate) mod weigh;
