//! `pdf`: pictures for paper and for mail.

use crate::Drawing;
use crate::picture::{SHAPES, of_shape, pdf};

/// The drawing.
pub(crate) const DRAWING: Drawing = Drawing {
    name: "pdf",
    summary: "The call graph, or a flame graph, as a PDF page",
    extension: "pdf",
    binary: true,
    shapes: SHAPES,
    draw: |shape, out, context| pdf::write(&of_shape(shape, context)?, out),
};
