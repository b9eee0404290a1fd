//! Pictures as pixels.

use std::io;

use hotlist_layout::{Cubic, Point};
use tiny_skia::{Color, FillRule, LineCap, Paint, Path, PathBuilder, Pixmap, Stroke, StrokeDash, Transform};

use super::code_box::with_code_boxes;
use super::outline::{GlyphCache, box_outline, glyphs};
use super::{Mark, Picture};
use crate::colour::Colour;
use crate::font::{Contour, Fonts};

/// Pixels for a point, so that small letters are sharp.
const SCALE: f64 = 1.5;

/// Larger pictures get fewer pixels for a point: the memory for pixels is four bytes each.
const MOST_PIXELS: f64 = 48e6;

/// What formats take as width and height, and viewers without trouble.
const LONGEST_SIDE: f64 = 32_000.0;

/// Opaque pixels, three bytes each, row by row.
#[derive(Debug)]
pub(crate) struct Pixels {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) rgb: Vec<u8>,
}

/// Draws a picture on white.
///
/// # Errors
/// When there is no memory for it.
pub(crate) fn rasterize(picture: &Picture) -> io::Result<Pixels> {
    let (width, height) = (picture.size.width.max(1.0), picture.size.height.max(1.0));
    let scale = SCALE.min((MOST_PIXELS / (width * height)).sqrt()).min(LONGEST_SIDE / width.max(height));
    let pixels = |length: f64| ((length * scale).ceil() as u32).max(1);
    let (width, height) = (pixels(width), pixels(height));
    let mut canvas = Canvas {
        pixmap: Pixmap::new(width, height).ok_or(io::ErrorKind::OutOfMemory)?,
        transform: Transform::from_scale(scale as f32, scale as f32),
    };
    canvas.pixmap.fill(paper());
    let fonts = Fonts::new();
    let picture = &*with_code_boxes(picture, &fonts);
    let mut cache = GlyphCache::new(&fonts);
    for mark in picture.groups.iter().flat_map(|group| &group.marks) {
        canvas.draw(mark, &fonts, &mut cache);
    }
    // The paper is opaque, so colours are not multiplied by anything.
    let rgb = canvas.pixmap.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    Ok(Pixels { width, height, rgb })
}

struct Canvas {
    pixmap: Pixmap,
    transform: Transform,
}

impl Canvas {
    fn draw(&mut self, mark: &Mark, fonts: &Fonts, cache: &mut GlyphCache<'_, Option<Path>>) {
        match mark {
            Mark::Box { rect, radius, fill, border } => {
                let Some(path) = path(&[box_outline(*rect, *radius)], true) else { return };
                if let Some(fill) = fill {
                    self.fill(&path, *fill, self.transform);
                }
                if let Some((colour, width)) = border {
                    self.stroke(&path, *colour, *width, false);
                }
            }
            Mark::Line { path: curves, colour, width, dashed } => {
                if let Some(path) = path(std::slice::from_ref(curves), false) {
                    self.stroke(&path, *colour, *width, *dashed);
                }
            }
            Mark::Area { points, fill } => {
                let sides = points.windows(2).map(|pair| Cubic::line(pair[0], pair[1])).collect();
                if let Some(path) = path(&[sides], true) {
                    self.fill(&path, *fill, self.transform);
                }
            }
            Mark::Text(text) => {
                for placed in glyphs(text, fonts) {
                    let glyph = cache.get(text.weight, placed.glyph, |contours| path(contours, true));
                    let Some(glyph) = glyph else { continue };
                    let size = text.size as f32;
                    let place = Transform::from_row(size, 0.0, 0.0, -size, placed.x as f32, text.at.y as f32);
                    self.fill(glyph, text.colour, place.post_concat(self.transform));
                }
            }
        }
    }

    fn fill(&mut self, path: &Path, colour: Colour, transform: Transform) {
        self.pixmap.fill_path(path, &paint(colour), FillRule::Winding, transform, None);
    }

    fn stroke(&mut self, path: &Path, colour: Colour, width: f64, dashed: bool) {
        let dash = (4.0 + width) as f32;
        let stroke = Stroke {
            width: width as f32,
            line_cap: LineCap::Butt,
            dash: dashed.then(|| StrokeDash::new(vec![dash, dash], 0.0)).flatten(),
            ..Stroke::default()
        };
        self.pixmap.stroke_path(path, &paint(colour), &stroke, self.transform, None);
    }
}

fn paper() -> Color {
    let Colour { red, green, blue } = Colour::WHITE;
    Color::from_rgba8(red, green, blue, 255)
}

fn paint(colour: Colour) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(colour.red, colour.green, colour.blue, 255);
    paint
}

fn path(contours: &[Contour], closed: bool) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let [x, y]: [fn(Point) -> f32; 2] = [|point| point.x as f32, |point| point.y as f32];
    for contour in contours {
        let Some(first) = contour.first() else { continue };
        builder.move_to(x(first.start), y(first.start));
        for Cubic { control1, control2, end, .. } in contour {
            builder.cubic_to(x(*control1), y(*control1), x(*control2), y(*control2), x(*end), y(*end));
        }
        if closed {
            builder.close();
        }
    }
    builder.finish()
}
