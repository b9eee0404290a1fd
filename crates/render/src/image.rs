//! `png`, `jpg` and `gif`: pictures as pixels.

use std::io::{self, Write};

use hotlist_report::Shape;

use crate::picture::palette::indexed;
use crate::picture::raster::{Pixels, rasterize};
use crate::picture::{SHAPES, of_shape};
use crate::{Context, Drawing};

/// The drawing as PNG (<https://www.w3.org/TR/png/>).
pub(crate) const PNG: Drawing = Drawing {
    name: "png",
    summary: "The call graph, or a flame graph, as a PNG image",
    extension: "png",
    binary: true,
    shapes: SHAPES,
    draw: |shape, out, context| write_png(&pixels(shape, context)?, out),
};

/// The drawing as JPEG.
pub(crate) const JPG: Drawing = Drawing {
    name: "jpg",
    summary: "The call graph, or a flame graph, as a JPEG image",
    extension: "jpg",
    binary: true,
    shapes: SHAPES,
    draw: |shape, out, context| write_jpg(&pixels(shape, context)?, out),
};

/// The drawing as GIF.
pub(crate) const GIF: Drawing = Drawing {
    name: "gif",
    summary: "The call graph, or a flame graph, as a GIF image",
    extension: "gif",
    binary: true,
    shapes: SHAPES,
    draw: |shape, out, context| write_gif(&pixels(shape, context)?, out),
};

fn pixels(shape: &Shape<'_>, context: &Context) -> io::Result<Pixels> {
    rasterize(&of_shape(shape, context)?)
}

fn write_png(pixels: &Pixels, out: &mut dyn Write) -> io::Result<()> {
    let mut encoder = png::Encoder::new(out, pixels.width, pixels.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header().map_err(io::Error::other)?;
    writer.write_image_data(&pixels.rgb).map_err(io::Error::other)?;
    writer.finish().map_err(io::Error::other)
}

/// The sides are below what the format can say: see [`rasterize`].
fn side(length: u32) -> io::Result<u16> {
    u16::try_from(length).map_err(io::Error::other)
}

fn write_jpg(pixels: &Pixels, out: &mut dyn Write) -> io::Result<()> {
    const QUALITY: u8 = 90;
    let (width, height) = (side(pixels.width)?, side(pixels.height)?);
    jpeg_encoder::Encoder::new(out, QUALITY)
        .encode(&pixels.rgb, width, height, jpeg_encoder::ColorType::Rgb)
        .map_err(io::Error::other)
}

fn write_gif(pixels: &Pixels, out: &mut dyn Write) -> io::Result<()> {
    let (width, height) = (side(pixels.width)?, side(pixels.height)?);
    let picture = indexed(pixels);
    let frame = gif::Frame::from_indexed_pixels(width, height, picture.indices, None);
    let mut encoder = gif::Encoder::new(out, width, height, &picture.palette).map_err(io::Error::other)?;
    encoder.write_frame(&frame).map_err(io::Error::other)
}
