//! Pictures: rectangles, curves and text at places, to be written as SVG, PDF, PostScript or pixels.
//!
//! Lengths are points, y grows downwards. Each drawing of a shape as a picture makes one of these, and each
//! format writes it, so both are written once.

mod code_box;
mod outline;
#[cfg(feature = "raster")]
pub(crate) mod palette;
#[cfg(feature = "pdf")]
pub(crate) mod pdf;
pub(crate) mod postscript;
#[cfg(feature = "raster")]
pub(crate) mod raster;
pub(crate) mod svg;

use std::io::{self, Write};

use hotlist_layout::{Cubic, Point, Rect, Size};

use crate::colour::Colour;
use crate::font::{Used, Weight};
use crate::{Drawing, OnTerminal, flame, graph};

/// A format in which pictures are written.
pub(crate) trait Format {
    fn write(picture: &Picture, out: &mut dyn Write) -> io::Result<()>;
}

/// The drawing of everything there are pictures of, in one format.
pub(crate) const fn drawing<F: Format>(name: &'static str, summary: &'static str) -> Drawing {
    Drawing {
        on_terminal: OnTerminal::File,
        graph: Some(|graph, out, context| F::write(&graph::picture(graph, context)?, out)),
        flame: Some(|flame, out, context| F::write(&flame::picture::picture(flame, context), out)),
        ..Drawing::new(name, summary)
    }
}

/// A picture.
#[derive(Debug, Clone, Default)]
pub(crate) struct Picture {
    pub(crate) title: String,
    pub(crate) size: Size,
    /// What is drawn first comes first.
    pub(crate) groups: Vec<Group>,
}

/// Marks that belong together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    /// What it is, as a class of the SVG.
    pub(crate) class: &'static str,
    /// The name of the element of the SVG; empty for none.
    pub(crate) id: String,
    /// More attributes of the SVG, for its script. The values must need no quoting.
    pub(crate) data: Vec<(&'static str, String)>,
    /// What is shown when a pointer rests on it.
    pub(crate) tooltip: String,
    pub(crate) marks: Vec<Mark>,
}

/// Something visible.
#[derive(Debug, Clone)]
pub(crate) enum Mark {
    Box { rect: Rect, radius: f64, fill: Option<Colour>, border: Option<(Colour, f64)> },
    Line { path: Vec<Cubic>, colour: Colour, width: f64, dashed: bool },
    Area { points: Vec<Point>, fill: Colour },
    Text(Text),
}

/// A line of text.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    /// The left end of its base line.
    pub(crate) at: Point,
    /// Its size in points.
    pub(crate) size: f64,
    pub(crate) weight: Weight,
    pub(crate) colour: Colour,
    pub(crate) text: String,
    /// How wide it is.
    pub(crate) width: f64,
}

impl Picture {
    /// The characters that it is written with.
    pub(crate) fn characters(&self) -> Used {
        let mut used = Used::default();
        for mark in self.groups.iter().flat_map(|group| &group.marks) {
            if let Mark::Text(text) = mark {
                used.note(&text.text, text.weight);
            }
        }
        used
    }
}
