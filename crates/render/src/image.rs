//! `png`, `jpg` and `gif`: pictures as pixels.

use std::io::{self, Write};

use crate::Drawing;
use crate::picture::palette::indexed;
use crate::picture::raster::{Pixels, rasterize};
use crate::picture::{Format, Picture, drawing};

/// The drawing as PNG (<https://www.w3.org/TR/png/>).
pub(crate) const PNG: Drawing = Drawing {
    media_type: "image/png",
    ..drawing::<Png>("png", "The call graph, or a flame graph, as a PNG image")
};

/// The drawing as JPEG.
pub(crate) const JPG: Drawing = Drawing {
    media_type: "image/jpeg",
    ..drawing::<Jpg>("jpg", "The call graph, or a flame graph, as a JPEG image")
};

/// The drawing as GIF.
pub(crate) const GIF: Drawing = Drawing {
    media_type: "image/gif",
    ..drawing::<Gif>("gif", "The call graph, or a flame graph, as a GIF image")
};

struct Png;
struct Jpg;
struct Gif;

impl Format for Png {
    fn write(picture: &Picture, out: &mut dyn Write) -> io::Result<()> {
        write_png(&rasterize(picture)?, out)
    }
}

impl Format for Jpg {
    fn write(picture: &Picture, out: &mut dyn Write) -> io::Result<()> {
        write_jpg(&rasterize(picture)?, out)
    }
}

impl Format for Gif {
    fn write(picture: &Picture, out: &mut dyn Write) -> io::Result<()> {
        write_gif(&rasterize(picture)?, out)
    }
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
