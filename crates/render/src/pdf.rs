//! `pdf`: pictures for paper and for mail.

use std::io::{self, Write};

use crate::Drawing;
use crate::picture::{Format, Picture, drawing, pdf};

/// The drawing.
pub(crate) const DRAWING: Drawing = Drawing {
    media_type: "application/pdf",
    ..drawing::<Pdf>("pdf", "The call graph, or a flame graph, as a PDF page")
};

struct Pdf;

impl Format for Pdf {
    fn write(picture: &Picture, out: &mut dyn Write) -> io::Result<()> {
        pdf::write(picture, out)
    }
}
