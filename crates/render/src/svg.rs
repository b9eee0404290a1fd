//! `svg`: pictures for browsers and for documents.

use crate::Drawing;
use crate::picture::svg::{Place, write};
use crate::picture::{SHAPES, of_shape};

/// The drawing.
pub(crate) const DRAWING: Drawing = Drawing {
    name: "svg",
    summary: "The call graph, or a flame graph, as a picture that pans and zooms in browsers",
    extension: "svg",
    binary: true,
    shapes: SHAPES,
    draw: |shape, out, context| write(&of_shape(shape, context)?, Place::File, out),
};
