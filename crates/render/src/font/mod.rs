//! The fonts in the binary: how wide text is, what glyphs look like, and small fonts to embed.
//!
//! Pictures are laid out with the same widths with which they are drawn, so text fits its box on every
//! machine. The fonts have no kerning: a text is as wide as its characters are together.

mod subset;

use std::collections::BTreeSet;

use hotlist_layout::{Cubic, Point};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};

#[cfg(feature = "pdf")]
pub(crate) use subset::Subset;
pub(crate) use subset::subset;

/// How thick letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

impl Weight {
    pub(crate) const ALL: [Weight; 2] = [Weight::Regular, Weight::Bold];
}

/// Both fonts.
pub(crate) struct Fonts {
    regular: Font,
    bold: Font,
}

const REGULAR: &[u8] = include_bytes!("../../fonts/Roboto-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../fonts/Roboto-Bold.ttf");

/// The names and bytes of the fonts, for pages that show call graphs.
pub(crate) const FILES: &[(&str, &[u8])] = &[("Roboto-Regular.ttf", REGULAR), ("Roboto-Bold.ttf", BOLD)];

impl Fonts {
    /// The fonts in the binary.
    pub(crate) fn new() -> Fonts {
        Fonts { regular: Font::new(REGULAR), bold: Font::new(BOLD) }
    }

    pub(crate) fn get(&self, weight: Weight) -> &Font {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    /// How wide `text` is at a size in points.
    pub(crate) fn width(&self, text: &str, weight: Weight, size: f64) -> f64 {
        let font = self.get(weight);
        text.chars().map(|character| font.advance(character)).sum::<f64>() * size
    }
}

/// A font.
pub(crate) struct Font {
    face: FontRef<'static>,
    glyphs: Charmap<'static>,
    advances: GlyphMetrics<'static>,
    units: f64,
    /// The advances of ASCII characters, in ems.
    ascii: [f64; 128],
}

/// The glyph of characters that the font does not have.
pub(crate) const MISSING: u16 = 0;

/// A closed line of a glyph.
pub(crate) type Contour = Vec<Cubic>;

impl Font {
    /// # Panics
    /// If the font is damaged, which those in the binary are not.
    fn new(bytes: &'static [u8]) -> Font {
        let face = FontRef::new(bytes).expect("the fonts in the binary are whole");
        let mut font = Font {
            glyphs: face.charmap(),
            advances: face.glyph_metrics(Size::unscaled(), LocationRef::default()),
            units: f64::from(face.metrics(Size::unscaled(), LocationRef::default()).units_per_em),
            ascii: [0.0; 128],
            face,
        };
        font.ascii = std::array::from_fn(|code| font.look_up_advance(char::from(code as u8)));
        font
    }

    /// How far a character moves on, in ems.
    pub(crate) fn advance(&self, character: char) -> f64 {
        match self.ascii.get(character as usize) {
            Some(&known) => known,
            None => self.look_up_advance(character),
        }
    }

    fn look_up_advance(&self, character: char) -> f64 {
        match self.glyph(character) {
            MISSING => missing_advance(character),
            glyph => self.glyph_advance(glyph),
        }
    }

    /// How far a glyph moves on, in ems.
    pub(crate) fn glyph_advance(&self, glyph: u16) -> f64 {
        f64::from(self.advances.advance_width(GlyphId::from(glyph)).unwrap_or(0.0)) / self.units
    }

    /// The glyph of a character, or [`MISSING`].
    pub(crate) fn glyph(&self, character: char) -> u16 {
        self.glyphs.map(character).map_or(MISSING, |glyph| glyph.to_u32() as u16)
    }

    /// The contours of a glyph in ems, with y growing upwards.
    pub(crate) fn outline(&self, glyph: u16) -> Vec<Contour> {
        let mut outline = Outline { scale: 1.0 / self.units, ..Outline::default() };
        if let Some(glyph) = self.face.outline_glyphs().get(GlyphId::from(glyph)) {
            let settings = DrawSettings::unhinted(Size::unscaled(), LocationRef::default());
            glyph.draw(settings, &mut outline).expect("the fonts in the binary are whole");
        }
        outline.contours.retain(|contour| !contour.is_empty());
        outline.contours
    }

    /// What the font calls itself and how it stands, for those who embed it.
    #[cfg(feature = "pdf")]
    pub(crate) fn extents(&self) -> Extents {
        let metrics = self.face.metrics(Size::unscaled(), LocationRef::default());
        let scaled = |units: f32| f64::from(units) / self.units;
        let bounds = metrics.bounds.unwrap_or_default();
        Extents {
            ascender: scaled(metrics.ascent),
            descender: scaled(metrics.descent),
            cap_height: scaled(metrics.cap_height.unwrap_or(0.0)),
            bounds: [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(scaled),
        }
    }
}

/// Extents of a font in ems, with y growing upwards.
#[cfg(feature = "pdf")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extents {
    pub(crate) ascender: f64,
    pub(crate) descender: f64,
    pub(crate) cap_height: f64,
    /// Least x and y and greatest x and y of all glyphs.
    pub(crate) bounds: [f64; 4],
}

/// A guess at the advance in the font that a viewer will use instead: letters of East Asia are as wide
/// as high, marks that sit on other characters have no width.
fn missing_advance(character: char) -> f64 {
    match u32::from(character) {
        0x0300..=0x036f | 0x200b..=0x200f | 0x20d0..=0x20ff | 0xfe00..=0xfe0f => 0.0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe4f
        | 0xff00..=0xff60
        | 0x1f000..=0x1faff
        | 0x20000..=0x3fffd => 1.0,
        _ => 0.62,
    }
}

/// The characters that a picture uses, by weight.
#[derive(Debug, Default)]
pub(crate) struct Used {
    regular: BTreeSet<char>,
    bold: BTreeSet<char>,
}

impl Used {
    pub(crate) fn note(&mut self, text: &str, weight: Weight) {
        let set = match weight {
            Weight::Regular => &mut self.regular,
            Weight::Bold => &mut self.bold,
        };
        set.extend(text.chars());
    }

    /// The characters in order.
    pub(crate) fn characters(&self, weight: Weight) -> impl Iterator<Item = char> + '_ {
        let set = match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        };
        set.iter().copied()
    }
}

#[derive(Default)]
struct Outline {
    scale: f64,
    contours: Vec<Contour>,
    start: Point,
    at: Point,
}

impl Outline {
    fn point(&self, x: f32, y: f32) -> Point {
        Point::new(f64::from(x) * self.scale, f64::from(y) * self.scale)
    }

    fn push(&mut self, control1: Point, control2: Point, end: Point) {
        let curve = Cubic { start: self.at, control1, control2, end };
        if let Some(contour) = self.contours.last_mut() {
            contour.push(curve);
        }
        self.at = end;
    }
}

impl OutlinePen for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.start = self.point(x, y);
        self.at = self.start;
        self.contours.push(Vec::new());
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let end = self.point(x, y);
        let line = Cubic::line(self.at, end);
        self.push(line.control1, line.control2, end);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (control, end) = (self.point(x1, y1), self.point(x, y));
        let third = |from: Point| from + (control - from) * (2.0 / 3.0);
        self.push(third(self.at), third(end), end);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.push(self.point(x1, y1), self.point(x2, y2), self.point(x, y));
    }

    fn close(&mut self) {
        if self.at.distance(self.start) > 1e-9 {
            let line = Cubic::line(self.at, self.start);
            self.push(line.control1, line.control2, self.start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        let fonts = Fonts::new();
        assert_eq!(fonts.width("", Weight::Regular, 10.0), 0.0);
        // Roboto's letter i is 497 of 2048 units wide, its m 1,797.
        let width = fonts.width("mi", Weight::Regular, 2048.0);
        assert!((width - 2294.0).abs() < 40.0, "{width}");
        assert!(fonts.width("main", Weight::Bold, 10.0) > fonts.width("main", Weight::Regular, 10.0));
        assert!((fonts.width("漢字", Weight::Regular, 10.0) - 20.0).abs() < 1e-9);
    }

    #[test]
    fn all_that_pictures_say_is_there() {
        let fonts = Fonts::new();
        for weight in Weight::ALL {
            for character in (' '..='~').chain("…µéßλЖ€".chars()) {
                assert_ne!(fonts.get(weight).glyph(character), MISSING, "{character}");
            }
            assert_eq!(fonts.get(weight).outline(fonts.get(weight).glyph('i')).len(), 2);
        }
    }
}
