//! `proto`: profiles in their own format, compressed.

use std::io::{self, Write};

use hotlist_report::Shape;

use crate::{Context, Drawing};

/// The drawing.
pub(crate) const DRAWING: Drawing = Drawing {
    name: "proto",
    summary: "The profile in compressed protobuf format",
    extension: "pb.gz",
    binary: true,
    shapes: &["profile"],
    draw,
};

fn draw(shape: &Shape<'_>, out: &mut dyn Write, _: &Context) -> io::Result<()> {
    let Shape::Profile(profile) = shape else { return Ok(()) };
    hotlist_formats::write(profile, out)
}
