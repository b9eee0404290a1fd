//! Call graphs as pictures: what is written in each box, where all boxes and edges go, and their colours.

mod diagram;
mod legend;
mod name;
mod node;
mod paint;
mod tag;

use std::io;

use hotlist_report::CallGraph;

use crate::Context;
use crate::picture::Picture;

pub(crate) use name::{shortened, shorter_names};

pub use diagram::{Diagram, DiagramBox, DiagramEdge, DiagramKind, TextLine, layout_of};

/// The graph as a picture.
pub(crate) fn picture(graph: &CallGraph, context: &Context) -> io::Result<Picture> {
    let diagram = Diagram::new(graph, context).map_err(io::Error::other)?;
    Ok(paint::paint(graph, &diagram))
}
