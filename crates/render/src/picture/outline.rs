//! Boxes and text as outlines, for formats that know neither round corners nor our fonts.

#[cfg(feature = "raster")]
use std::collections::HashMap;

use hotlist_layout::{Cubic, Point, Rect};

use super::Text;
#[cfg(feature = "raster")]
use crate::font::Weight;
use crate::font::{Contour, Fonts, MISSING};

/// How far the handles of a curve reach that stands for a quarter of a circle, in radii.
const QUARTER: f64 = 0.552_284_75;

/// The outline of a box, clockwise.
pub(crate) fn box_outline(rect: Rect, radius: f64) -> Contour {
    let (width, height) = (rect.max.x - rect.min.x, rect.max.y - rect.min.y);
    let radius = radius.clamp(0.0, width.min(height).max(0.0) / 2.0);
    let corners = [
        (Point::new(rect.max.x, rect.min.y), Point::new(1.0, 0.0)),
        (rect.max, Point::new(0.0, 1.0)),
        (Point::new(rect.min.x, rect.max.y), Point::new(-1.0, 0.0)),
        (rect.min, Point::new(0.0, -1.0)),
    ];
    let mut outline = Contour::new();
    let mut at = rect.min + Point::new(radius, 0.0);
    for (corner, along) in corners {
        let turned = Point::new(-along.y, along.x);
        let (before, after) = (corner - along * radius, corner + turned * radius);
        outline.push(Cubic::line(at, before));
        if radius > 0.0 {
            let reach = radius * (1.0 - QUARTER);
            let (control1, control2) = (corner - along * reach, corner + turned * reach);
            outline.push(Cubic { start: before, control1, control2, end: after });
        }
        at = after;
    }
    outline
}

/// A glyph and where it begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlacedGlyph {
    pub(crate) glyph: u16,
    pub(crate) x: f64,
}

/// The glyphs of a line of text.
pub(crate) fn glyphs(text: &Text, fonts: &Fonts) -> Vec<PlacedGlyph> {
    let font = fonts.get(text.weight);
    let mut x = text.at.x;
    let mut glyphs = Vec::with_capacity(text.text.len());
    for character in text.text.chars() {
        let advance = font.advance(character) * text.size;
        let glyph = font.glyph(character);
        if glyph != MISSING || advance > 0.0 {
            glyphs.push(PlacedGlyph { glyph, x });
        }
        x += advance;
    }
    glyphs
}

/// Glyphs by weight and number, each made once.
#[cfg(feature = "raster")]
pub(crate) struct GlyphCache<'f, T> {
    fonts: &'f Fonts,
    made: HashMap<(Weight, u16), T>,
}

#[cfg(feature = "raster")]
impl<'f, T> GlyphCache<'f, T> {
    pub(crate) fn new(fonts: &'f Fonts) -> Self {
        GlyphCache { fonts, made: HashMap::new() }
    }

    /// What `make` makes of the contours of a glyph.
    pub(crate) fn get(&mut self, weight: Weight, glyph: u16, make: impl FnOnce(&[Contour]) -> T) -> &T {
        self.made.entry((weight, glyph)).or_insert_with(|| make(&self.fonts.get(weight).outline(glyph)))
    }
}

#[test]
fn boxes_are_closed() {
    let rect = Rect { min: Point::new(1.0, 2.0), max: Point::new(11.0, 7.0) };
    for radius in [0.0, 1.0, 100.0] {
        let outline = box_outline(rect, radius);
        for pair in outline.windows(2) {
            assert_eq!(pair[0].end, pair[1].start);
        }
        let (first, last) = (outline[0].start, outline[outline.len() - 1].end);
        assert!(first.distance(last) < 1e-9);
        assert!(outline.iter().all(|curve| rect.grown(1e-9).contains(curve.at(0.5))));
    }
}
