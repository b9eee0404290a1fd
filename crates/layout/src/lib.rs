//! Layered drawings of directed graphs: places for boxes and labels, and smooth curves for edges.
//!
//! The method is that of Gansner, Koutsofios, North and Vo, "A Technique for Drawing Directed Graphs"
//! (IEEE Transactions on Software Engineering 19:3, 1993), which draws callers above callees: turn edges
//! that close cycles, give nodes ranks, order each rank with few crossings, choose x coordinates, and
//! draw edges as curves through the free space.
//!
//! ```
//! use hotlist_layout::{Edge, Graph, Node, LayoutOptions, Rect, Size, layout};
//!
//! let boxed = |width| Node { size: Size::new(width, 36.0) };
//! let graph = Graph {
//!     nodes: vec![boxed(54.0), boxed(72.0), boxed(90.0)],
//!     edges: vec![
//!         Edge { weight: 60, label: Some(Size::new(30.0, 14.0)), ..Edge::new(0, 1) },
//!         Edge { weight: 40, label: Some(Size::new(30.0, 14.0)), ..Edge::new(0, 2) },
//!         Edge::new(2, 2),
//!     ],
//! };
//! let drawing = layout(&graph, &LayoutOptions::default())?;
//!
//! // Boxes are placed by their centers: callers above callees, nothing overlaps.
//! assert!(drawing.nodes[0].y < drawing.nodes[1].y);
//! let boxes = [0, 1, 2].map(|node| Rect::centered(drawing.nodes[node], graph.nodes[node].size));
//! assert!(!boxes[1].overlaps(&boxes[2]));
//!
//! // An edge is a chain of Bezier curves. Here as the path of an SVG whose arrow head, ten points long,
//! // is drawn apart.
//! let (curves, arrow) = drawing.edges[0].with_arrow(10.0);
//! let mut path = format!("M{},{}", curves[0].start.x, curves[0].start.y);
//! for curve in &curves {
//!     let points = [curve.control1, curve.control2, curve.end];
//!     path += &format!(" C{}", points.map(|point| format!("{:.2},{:.2}", point.x, point.y)).join(" "));
//! }
//! assert!(path.starts_with('M') && path.contains('C'));
//! assert!(arrow.expect("a head").tip.y <= boxes[1].min.y + 1e-6);
//! # Ok::<(), hotlist_layout::Error>(())
//! ```
//!
//! The same graph always gives the same drawing, on every machine: limits of work are counted in steps, not
//! in time. Large graphs are drawn with less care rather than slowly.
//!
//! It knows nothing of fonts, colours or files, and of no other shape than boxes.

mod acyclic;
mod candidates;
mod corridor;
mod curve;
mod drawing;
mod error;
mod feedback;
mod geometry;
mod graph;
mod layers;
mod order;
mod pack;
mod position;
mod rank;
mod route;
mod self_loop;
mod simplex;
mod untangle;

pub use drawing::{Arrow, GraphDrawing, Route, layout};
pub use error::Error;
pub use geometry::{Cubic, Point, Rect, Size};
pub use graph::{Edge, Graph, LayoutOptions, MAX_EXTENT, MAX_ITEMS, Node};
