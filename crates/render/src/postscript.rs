//! `ps`: pictures for printers.

use std::io::{self, Write};

use crate::Drawing;
use crate::picture::{Format, Picture, drawing, postscript};

/// The drawing.
pub(crate) const DRAWING: Drawing = Drawing {
    media_type: "application/postscript",
    ..drawing::<PostScript>("ps", "The call graph, or a flame graph, as a PostScript page")
};

struct PostScript;

impl Format for PostScript {
    fn write(picture: &Picture, out: &mut dyn Write) -> io::Result<()> {
        postscript::write(picture, out)
    }
}
