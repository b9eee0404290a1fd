//! Pictures as PDF: one page as large as the picture, with text that can be searched and copied.
//!
//! Fonts are embedded as subsets, two bytes for each glyph (ISO 32000-1, 9.7.4.2), with a table back to
//! characters (9.10.3).

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use hotlist_layout::{Cubic, Point};
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::code_box::with_code_boxes;
use super::outline::box_outline;
use super::{Mark, Picture, Text};
use crate::clean::clean;
use crate::colour::Colour;
use crate::font::{Contour, Fonts, MISSING, Subset, Weight, subset};

/// The largest side of a page that all readers take (ISO 32000-1, annex C).
const LONGEST_SIDE: f64 = 14_400.0;

/// The objects of the file.
const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PAGE: Ref = Ref::new(3);
const CONTENT: Ref = Ref::new(4);
const INFO: Ref = Ref::new(5);
const FIRST_FONT: i32 = 6;

/// How many objects a font takes: itself, its glyphs, their description, the file, the way to characters.
const OBJECTS_OF_FONT: i32 = 5;

struct Fonted {
    weight: Weight,
    name: &'static [u8],
    subset: Subset,
}

pub(crate) fn write(picture: &Picture, out: &mut dyn Write) -> io::Result<()> {
    let fonts = Fonts::new();
    let picture = &*with_code_boxes(picture, &fonts);
    let used = picture.characters();
    let embedded = Weight::ALL.map(|weight| Fonted {
        weight,
        name: match weight {
            Weight::Regular => b"F1",
            Weight::Bold => b"F2",
        },
        subset: subset(fonts.get(weight), used.characters(weight)),
    });
    let scale = (LONGEST_SIDE / picture.size.width.max(picture.size.height)).min(1.0);
    let (width, height) = ((picture.size.width * scale) as f32, (picture.size.height * scale) as f32);
    let mut pdf = Pdf::new();
    pdf.catalog(CATALOG).pages(PAGES);
    pdf.pages(PAGES).kids([PAGE]).count(1);
    let mut page = pdf.page(PAGE);
    page.media_box(Rect::new(0.0, 0.0, width, height)).parent(PAGES).contents(CONTENT);
    let mut resources = page.resources();
    let mut names = resources.fonts();
    for (index, font) in embedded.iter().enumerate() {
        names.pair(Name(font.name), object(index, 0));
    }
    names.finish();
    resources.finish();
    page.finish();
    pdf.document_info(INFO).title(TextStr(&clean(&picture.title))).creator(TextStr("hotlist"));
    for (index, font) in embedded.iter().enumerate() {
        write_font(&mut pdf, index, font, &fonts)?;
    }
    let content = deflate(&content(picture, scale as f32, height, &fonts, &embedded))?;
    pdf.stream(CONTENT, &content).filter(Filter::FlateDecode);
    out.write_all(&pdf.finish())
}

fn object(font: usize, part: i32) -> Ref {
    Ref::new(FIRST_FONT + font as i32 * OBJECTS_OF_FONT + part)
}

fn deflate(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

const SYSTEM: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

fn write_font(pdf: &mut Pdf, index: usize, font: &Fonted, fonts: &Fonts) -> io::Result<()> {
    let [whole, glyphs, descriptor, file, unicode] = [0, 1, 2, 3, 4].map(|part| object(index, part));
    let source = fonts.get(font.weight);
    // Six letters before the name mark a subset (9.6.4).
    let name = Name(match font.weight {
        Weight::Regular => b"HOTLST+Roboto-Regular",
        Weight::Bold => b"HOTLST+Roboto-Bold",
    });
    pdf.type0_font(whole)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(glyphs)
        .to_unicode(unicode);
    // Widths are in thousandths of an em.
    let thousandths = |ems: f64| (ems * 1000.0) as f32;
    let advances = std::iter::once(source.glyph_advance(MISSING))
        .chain(font.subset.characters.iter().map(|&character| source.advance(character)));
    let mut description = pdf.cid_font(glyphs);
    description
        .subtype(CidFontType::Type2)
        .base_font(name)
        .system_info(SYSTEM)
        .font_descriptor(descriptor)
        .cid_to_gid_map_predefined(Name(b"Identity"));
    description.widths().consecutive(0, advances.map(thousandths));
    description.finish();
    let extents = source.extents();
    let [x_min, y_min, x_max, y_max] = extents.bounds.map(thousandths);
    pdf.font_descriptor(descriptor)
        .name(name)
        .flags(FontFlags::NON_SYMBOLIC)
        .bbox(Rect::new(x_min, y_min, x_max, y_max))
        .italic_angle(0.0)
        .ascent(thousandths(extents.ascender))
        .descent(thousandths(extents.descender))
        .cap_height(thousandths(extents.cap_height))
        .stem_v(if font.weight == Weight::Bold { 140.0 } else { 80.0 })
        .font_file2(file);
    let bytes = deflate(&font.subset.bytes)?;
    pdf.stream(file, &bytes)
        .filter(Filter::FlateDecode)
        .pair(Name(b"Length1"), font.subset.bytes.len() as i32);
    let mut map = UnicodeCmap::new(Name(b"Custom"), SYSTEM);
    for &character in &font.subset.characters {
        map.pair(font.subset.glyph(character), character);
    }
    let map = map.finish();
    pdf.cmap(unicode, &map);
    Ok(())
}

fn content(picture: &Picture, scale: f32, height: f32, fonts: &Fonts, embedded: &[Fonted; 2]) -> Vec<u8> {
    let mut content = Content::new();
    // From y that grows downwards to y that grows upwards.
    content.transform([scale, 0.0, 0.0, -scale, 0.0, height]);
    for mark in picture.groups.iter().flat_map(|group| &group.marks) {
        match mark {
            Mark::Box { rect, radius, fill, border } => {
                let outline = box_outline(*rect, *radius);
                if let Some((colour, width)) = border {
                    stroke_with(&mut content, *colour, *width, false);
                }
                if let Some(fill) = fill {
                    fill_with(&mut content, *fill);
                }
                path(&mut content, &outline);
                content.close_path();
                match (fill, border) {
                    (Some(_), Some(_)) => content.fill_nonzero_and_stroke(),
                    (Some(_), None) => content.fill_nonzero(),
                    (None, Some(_)) => content.stroke(),
                    (None, None) => content.end_path(),
                };
            }
            Mark::Line { path: curves, colour, width, dashed } => {
                stroke_with(&mut content, *colour, *width, *dashed);
                path(&mut content, curves);
                content.stroke();
            }
            Mark::Area { points, fill } => {
                fill_with(&mut content, *fill);
                for (index, point) in points.iter().enumerate() {
                    let (x, y) = (point.x as f32, point.y as f32);
                    if index == 0 {
                        content.move_to(x, y)
                    } else {
                        content.line_to(x, y)
                    };
                }
                content.close_path().fill_nonzero();
            }
            Mark::Text(text) => {
                if let Some(font) = embedded.iter().find(|font| font.weight == text.weight) {
                    write_text(&mut content, text, fonts, font);
                }
            }
        }
    }
    content.finish().into_vec()
}

/// Text in runs; a mark without width that the font does not have is left out.
fn write_text(content: &mut Content, text: &Text, fonts: &Fonts, font: &Fonted) {
    fill_with(content, text.colour);
    content.begin_text().set_font(Name(font.name), text.size as f32);
    let mut show = |x: f64, glyphs: &mut Vec<u8>| {
        if !glyphs.is_empty() {
            content.set_text_matrix([1.0, 0.0, 0.0, -1.0, x as f32, text.at.y as f32]);
            content.show(Str(glyphs));
            glyphs.clear();
        }
    };
    let (mut start, mut x) = (text.at.x, text.at.x);
    let mut run: Vec<u8> = Vec::new();
    for character in text.text.chars() {
        let advance = fonts.get(text.weight).advance(character) * text.size;
        let glyph = font.subset.glyph(character);
        if glyph == MISSING {
            show(start, &mut run);
            start = x + advance;
        } else {
            run.extend(glyph.to_be_bytes());
        }
        x += advance;
    }
    show(start, &mut run);
    content.end_text();
}

fn unit(byte: u8) -> f32 {
    f32::from(byte) / 255.0
}

fn fill_with(content: &mut Content, colour: Colour) {
    content.set_fill_rgb(unit(colour.red), unit(colour.green), unit(colour.blue));
}

fn stroke_with(content: &mut Content, colour: Colour, width: f64, dashed: bool) {
    content.set_stroke_rgb(unit(colour.red), unit(colour.green), unit(colour.blue));
    content.set_line_width(width as f32);
    let dash = (4.0 + width) as f32;
    content.set_dash_pattern(if dashed { vec![dash, dash] } else { Vec::new() }, 0.0);
}

fn path(content: &mut Content, curves: &Contour) {
    let [x, y]: [fn(Point) -> f32; 2] = [|point| point.x as f32, |point| point.y as f32];
    let Some(first) = curves.first() else { return };
    content.move_to(x(first.start), y(first.start));
    for Cubic { control1, control2, end, .. } in curves {
        content.cubic_to(x(*control1), y(*control1), x(*control2), y(*control2), x(*end), y(*end));
    }
}
