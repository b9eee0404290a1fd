//! Pictures as SVG (<https://www.w3.org/TR/SVG11/>).
//!
//! All that such a file needs is in it: the glyphs it is written with, and a script that pans and zooms. As an image in
//! a page no script runs, and it is just as good.

use std::fmt;
use std::io::{self, Write};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hotlist_layout::{Cubic, Point};

use super::{Group, Mark, Picture, Text};
use crate::clean::clean;
use crate::colour::Colour;
use crate::font::{Fonts, Weight, subset};

/// Pans, zooms and highlights.
const SCRIPT: &str = include_str!("pan_zoom.js");

const STYLE: &str = include_str!("style.css");

/// The family of the fonts that are embedded.
const FAMILY: &str = "hotlist";

pub(crate) fn write(picture: &Picture, out: &mut dyn Write) -> io::Result<()> {
    let (width, height) = (Number(picture.size.width), Number(picture.size.height));
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"hotlist\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"{FAMILY},Roboto,Arial,sans-serif\">"
    )?;
    writeln!(out, "<title>{}</title>", Escaped(&picture.title))?;
    write!(out, "<style>")?;
    write_fonts(picture, out)?;
    writeln!(out, "{STYLE}</style>")?;
    writeln!(out, "<rect class=\"paper\" width=\"100%\" height=\"100%\" fill=\"{}\"/>", Colour::WHITE)?;
    writeln!(out, "<g id=\"view\">")?;
    for group in &picture.groups {
        write_group(group, out)?;
    }
    writeln!(out, "</g>")?;
    writeln!(out, "<script><![CDATA[\n{SCRIPT}]]></script>")?;
    writeln!(out, "</svg>")
}

fn write_fonts(picture: &Picture, out: &mut dyn Write) -> io::Result<()> {
    let (fonts, used) = (Fonts::new(), picture.characters());
    for weight in Weight::ALL {
        let font = subset(fonts.get(weight), used.characters(weight));
        if font.characters.is_empty() {
            continue;
        }
        let name = match weight {
            Weight::Regular => "normal",
            Weight::Bold => "bold",
        };
        writeln!(
            out,
            "@font-face{{font-family:{FAMILY};font-weight:{name};src:url(data:font/ttf;base64,{})}}",
            BASE64_STANDARD.encode(&font.bytes)
        )?;
    }
    Ok(())
}

fn write_group(group: &Group, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<g class=\"{}\"", group.class)?;
    if !group.id.is_empty() {
        write!(out, " id=\"{}\"", group.id)?;
    }
    for (name, value) in &group.data {
        write!(out, " data-{name}=\"{}\"", Escaped(value))?;
    }
    write!(out, ">")?;
    if !group.tooltip.is_empty() {
        write!(out, "<title>{}</title>", Escaped(&group.tooltip))?;
    }
    for mark in &group.marks {
        write_mark(mark, out)?;
    }
    writeln!(out, "</g>")
}

fn write_mark(mark: &Mark, out: &mut dyn Write) -> io::Result<()> {
    match mark {
        Mark::Box { rect, radius, fill, border } => {
            write!(
                out,
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
                Number(rect.min.x),
                Number(rect.min.y),
                Number(rect.max.x - rect.min.x),
                Number(rect.max.y - rect.min.y)
            )?;
            if *radius > 0.0 {
                write!(out, " rx=\"{}\"", Number(*radius))?;
            }
            match fill {
                Some(fill) => write!(out, " fill=\"{fill}\"")?,
                None => write!(out, " fill=\"none\"")?,
            }
            if let Some((colour, width)) = border {
                write!(out, " stroke=\"{colour}\" stroke-width=\"{}\"", Number(*width))?;
            }
            write!(out, "/>")
        }
        Mark::Line { path, colour, width, dashed } => {
            let Some(first) = path.first() else { return Ok(()) };
            write!(out, "<path d=\"M{}", At(first.start))?;
            for Cubic { control1, control2, end, .. } in path {
                write!(out, "C{} {} {}", At(*control1), At(*control2), At(*end))?;
            }
            write!(out, "\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{}\"", Number(*width))?;
            if *dashed {
                let dash = Number(4.0 + width);
                write!(out, " stroke-dasharray=\"{dash} {dash}\"")?;
            }
            write!(out, "/>")
        }
        Mark::Area { points, fill } => {
            write!(out, "<polygon points=\"")?;
            for (index, point) in points.iter().enumerate() {
                write!(out, "{}{}", if index == 0 { "" } else { " " }, At(*point))?;
            }
            write!(out, "\" fill=\"{fill}\"/>")
        }
        Mark::Text(Text { at, size, weight, colour, text, width }) => {
            write!(
                out,
                "<text x=\"{}\" y=\"{}\" font-size=\"{}\" fill=\"{colour}\"",
                Number(at.x),
                Number(at.y),
                Number(*size)
            )?;
            if *weight == Weight::Bold {
                write!(out, " font-weight=\"bold\"")?;
            }
            // Viewers that take another font fit it into the same space.
            write!(out, " textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\"", Number(*width))?;
            write!(out, ">{}</text>", Escaped(text))
        }
    }
}

/// A length with two digits after the point, as short as possible.
struct Number(f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounded = (self.0 * 100.0).round() / 100.0;
        // Not minus zero.
        write!(f, "{}", if rounded == 0.0 { 0.0 } else { rounded })
    }
}

struct At(Point);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", Number(self.0.x), Number(self.0.y))
    }
}

/// Text as XML takes it: neither markup nor the control characters that XML forbids.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.0.split('\n').enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            for character in clean(line).chars() {
                match character {
                    '&' => f.write_str("&amp;")?,
                    '<' => f.write_str("&lt;")?,
                    '>' => f.write_str("&gt;")?,
                    '"' => f.write_str("&quot;")?,
                    '\'' => f.write_str("&#39;")?,
                    '\u{fffe}' | '\u{ffff}' => f.write_str("\u{fffd}")?,
                    other => write!(f, "{other}")?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_write_no_markup() {
        let escaped = Escaped("<script>alert('x')</script>&\"\u{1b}[31m\u{0}\u{ffff}\n]]>").to_string();
        assert_eq!(
            escaped,
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;\\x1b[31m\\x00\u{fffd}\n]]&gt;"
        );
    }

    #[test]
    fn numbers_are_short() {
        let check = |number, expected: &str| assert_eq!(Number(number).to_string(), expected);
        check(-0.001, "0");
        check(12.0, "12");
        check(1.005_01, "1.01");
        check(-3.5, "-3.5");
    }
}
