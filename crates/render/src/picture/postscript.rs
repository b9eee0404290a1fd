//! Pictures as PostScript (level 2), with the conventions for structure that viewers need.
//!
//! Letters are procedures that draw their outlines, each defined once: no printer has our fonts.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Write};

use hotlist_layout::{Cubic, Point};

use super::code_box::with_code_boxes;
use super::outline::{box_outline, glyphs};
use super::{Mark, Picture, Text};
use crate::colour::Colour;
use crate::font::{Contour, Fonts, Weight};

pub(crate) fn write(picture: &Picture, out: &mut dyn Write) -> io::Result<()> {
    let (width, height) = (picture.size.width.ceil(), picture.size.height.ceil());
    // Titles are comments: only letters that cannot end them.
    let title: String =
        picture.title.chars().filter(|letter| (' '..='~').contains(letter)).take(100).collect();
    writeln!(
        out,
        "%!PS-Adobe-3.0\n%%Creator: hotlist\n%%Title: {title}\n%%LanguageLevel: 2\n%%Pages: 1\n\
         %%BoundingBox: 0 0 {width} {height}\n%%EndComments"
    )?;
    writeln!(out, "%%BeginProlog\n/c {{curveto}} bind def /m {{moveto}} bind def /l {{lineto}} bind def")?;
    writeln!(out, "/h {{closepath}} bind def /k {{setrgbcolor}} bind def /w {{setlinewidth}} bind def")?;
    // x y size: the place of a line of text. x: the place of a letter in it.
    writeln!(out, "/t {{gsave 3 1 roll translate dup neg scale}} bind def")?;
    writeln!(out, "/g {{gsave 0 translate load exec fill grestore}} bind def")?;
    let fonts = Fonts::new();
    let picture = &*with_code_boxes(picture, &fonts);
    write_glyphs(picture, &fonts, out)?;
    writeln!(out, "%%EndProlog\n%%Page: 1 1\n<< /PageSize [{width} {height}] >> setpagedevice")?;
    writeln!(out, "gsave 0 {height} translate 1 -1 scale")?;
    for mark in picture.groups.iter().flat_map(|group| &group.marks) {
        write_mark(mark, &fonts, out)?;
    }
    writeln!(out, "grestore showpage\n%%Trailer\n%%EOF")
}

fn glyph_name(weight: Weight, glyph: u16) -> String {
    format!("/{}{glyph}", if weight == Weight::Bold { 'B' } else { 'R' })
}

fn write_glyphs(picture: &Picture, fonts: &Fonts, out: &mut dyn Write) -> io::Result<()> {
    let texts = picture.groups.iter().flat_map(|group| &group.marks).filter_map(|mark| match mark {
        Mark::Text(text) => Some(text),
        _ => None,
    });
    let used: BTreeSet<(Weight, u16)> = texts
        .flat_map(|text| glyphs(text, fonts).into_iter().map(|placed| (text.weight, placed.glyph)))
        .collect();
    for (weight, glyph) in used {
        write!(out, "{} {{", glyph_name(weight, glyph))?;
        for contour in fonts.get(weight).outline(glyph) {
            write_path(&contour, 4, out)?;
            write!(out, "h ")?;
        }
        writeln!(out, "}} def")?;
    }
    Ok(())
}

fn write_mark(mark: &Mark, fonts: &Fonts, out: &mut dyn Write) -> io::Result<()> {
    match mark {
        Mark::Box { rect, radius, fill, border } => {
            write_path(&box_outline(*rect, *radius), 2, out)?;
            write!(out, "h ")?;
            if let Some(fill) = fill {
                write!(out, "gsave {} fill grestore ", Ink(*fill))?;
            }
            match border {
                Some((colour, width)) => writeln!(out, "{} {} w stroke", Ink(*colour), Number(*width, 2)),
                None => writeln!(out, "newpath"),
            }
        }
        Mark::Line { path, colour, width, dashed } => {
            write_path(path, 2, out)?;
            let dash = Number(4.0 + width, 2);
            let on = if *dashed { format!("[{dash} {dash}] 0 setdash ") } else { String::new() };
            let off = if *dashed { " [] 0 setdash" } else { "" };
            writeln!(out, "{on}{} {} w stroke{off}", Ink(*colour), Number(*width, 2))
        }
        Mark::Area { points, fill } => {
            for (index, point) in points.iter().enumerate() {
                write!(out, "{} {} ", At(*point, 2), if index == 0 { 'm' } else { 'l' })?;
            }
            writeln!(out, "h {} fill", Ink(*fill))
        }
        Mark::Text(text) => write_text(text, fonts, out),
    }
}

fn write_text(text: &Text, fonts: &Fonts, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{} {} {} t ", Ink(text.colour), At(text.at, 2), Number(text.size, 2))?;
    for placed in glyphs(text, fonts) {
        let x = (placed.x - text.at.x) / text.size.max(1e-9);
        write!(out, "{} {} g ", glyph_name(text.weight, placed.glyph), Number(x, 4))?;
    }
    writeln!(out, "grestore")
}

fn write_path(path: &Contour, digits: usize, out: &mut dyn Write) -> io::Result<()> {
    let Some(first) = path.first() else { return Ok(()) };
    write!(out, "{} m ", At(first.start, digits))?;
    for Cubic { control1, control2, end, .. } in path {
        write!(out, "{} {} {} c ", At(*control1, digits), At(*control2, digits), At(*end, digits))?;
    }
    Ok(())
}

/// A number, and the most digits after its point.
struct Number(f64, usize);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10f64.powi(self.1 as i32);
        let rounded = (self.0 * unit).round() / unit;
        write!(f, "{}", if rounded == 0.0 { 0.0 } else { rounded })
    }
}

struct At(Point, usize);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", Number(self.0.x, self.1), Number(self.0.y, self.1))
    }
}

struct Ink(Colour);

impl fmt::Display for Ink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |byte: u8| Number(f64::from(byte) / 255.0, 3);
        write!(f, "{} {} {} k", part(self.0.red), part(self.0.green), part(self.0.blue))
    }
}
