//! `svg`: pictures for browsers and for documents.

use std::io::{self, Write};

use crate::Drawing;
use crate::picture::svg::write;
use crate::picture::{Format, Picture, drawing};

/// The drawing.
pub const DRAWING: Drawing = Drawing {
    media_type: "image/svg+xml",
    ..drawing::<Svg>("svg", "The call graph, or a flame graph, as a picture that pans and zooms in browsers")
};

struct Svg;

impl Format for Svg {
    fn write(picture: &Picture, out: &mut dyn Write) -> io::Result<()> {
        write(picture, out)
    }
}
