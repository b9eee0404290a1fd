//! Drawings: from a [`Shape`] to bytes.
//!
//! A drawing sees a shape and a writer, never the profile or the options, so each serves every report
//! of the shapes it accepts. Adding one means a file here and a line in [`ALL`].
//!
//! Names come from strangers. What is drawn for people has control characters replaced by their
//! escapes, and each language of output gets its own quoting.

mod callgrind;
mod clean;
mod code_page;
mod colour;
mod csv;
mod dot;
mod flame;
mod folded;
mod font;
pub mod graph;
#[cfg(feature = "raster")]
mod image;
mod json;
mod legend;
pub mod page;
#[cfg(feature = "pdf")]
mod pdf;
mod picture;
mod policy;
mod postscript;
mod proto;
mod short_name;
mod svg;
mod tag_boxes;
mod text;

use std::io::{self, Write};

use hotlist_report::Shape;
use jiff::tz::TimeZone;

pub use clean::clean;
pub use legend::profile_lines;
pub use short_name::short_name;

/// A way to write shapes down.
#[derive(Debug)]
pub struct Drawing {
    /// Its name, which is also its flag.
    pub name: &'static str,
    /// What it is, in a line.
    pub summary: &'static str,
    /// The file name extension of what it writes.
    pub extension: &'static str,
    /// Whether it is for programs only and would spoil a terminal.
    pub binary: bool,
    /// The kinds of shapes it can draw, as [`Shape::kind`] names them.
    pub shapes: &'static [&'static str],
    /// Draws a shape of one of those kinds.
    draw: fn(&Shape<'_>, &mut dyn Write, &Context) -> io::Result<()>,
}

/// Every drawing.
pub const ALL: &[Drawing] = &[
    text::DRAWING,
    json::DRAWING,
    csv::DRAWING,
    folded::DRAWING,
    dot::DRAWING,
    flame::html::DRAWING,
    callgrind::DRAWING,
    proto::DRAWING,
    svg::DRAWING,
    #[cfg(feature = "raster")]
    image::PNG,
    #[cfg(feature = "raster")]
    image::JPG,
    #[cfg(feature = "raster")]
    image::GIF,
    #[cfg(feature = "pdf")]
    pdf::DRAWING,
    postscript::DRAWING,
    code_page::DRAWING,
];

/// Where and for whom a shape is drawn.
#[derive(Debug, Clone)]
pub struct Context {
    /// The zone in which times are written.
    pub time_zone: TimeZone,
    /// Whether colours are welcome.
    pub colour: bool,
}

impl Context {
    /// Times in UTC, no colour.
    pub fn plain() -> Context {
        Context { time_zone: TimeZone::UTC, colour: false }
    }
}

impl Drawing {
    /// Whether this drawing can show `shape`.
    pub fn accepts(&self, shape: &Shape<'_>) -> bool {
        self.shapes.contains(&shape.kind())
    }

    /// Writes `shape` to `out`.
    ///
    /// # Errors
    /// Those of `out`, and [`io::ErrorKind::InvalidInput`] for a shape that is not accepted.
    pub fn draw(&self, shape: &Shape<'_>, out: &mut dyn Write, context: &Context) -> io::Result<()> {
        if !self.accepts(shape) {
            let reason = format!("a {} cannot be written as {}", shape.kind(), self.name);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        (self.draw)(shape, out, context)
    }
}

/// The drawing with this name.
pub fn find(name: &str) -> Option<&'static Drawing> {
    ALL.iter().find(|drawing| drawing.name == name)
}

impl From<hotlist_report::Drawing> for &'static Drawing {
    fn from(own: hotlist_report::Drawing) -> &'static Drawing {
        use hotlist_report::Drawing as Own;
        match own {
            Own::Text => const { &text::DRAWING },
            Own::Dot => const { &dot::DRAWING },
            Own::Callgrind => const { &callgrind::DRAWING },
            Own::Proto => const { &proto::DRAWING },
            Own::Html => const { &flame::html::DRAWING },
            Own::CodePage => const { &code_page::DRAWING },
        }
    }
}
