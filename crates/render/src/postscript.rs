//! `ps`: pictures for printers.

use crate::Drawing;
use crate::picture::{SHAPES, of_shape, postscript};

/// The drawing.
pub(crate) const DRAWING: Drawing = Drawing {
    name: "ps",
    summary: "The call graph, or a flame graph, as a PostScript page",
    extension: "ps",
    binary: true,
    shapes: SHAPES,
    draw: |shape, out, context| postscript::write(&of_shape(shape, context)?, out),
};
