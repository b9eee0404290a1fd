//! `-json`: any shape but a profile, as one line of JSON.

use std::io::{self, Write};

use hotlist_report::Shape;
use serde::Serialize;
use serde_json::ser::Formatter;

use crate::{Context, Drawing};

/// The drawing.
pub(crate) const DRAWING: Drawing = Drawing {
    name: "json",
    summary: "The report as JSON",
    extension: "json",
    binary: false,
    shapes: &["table", "neighbours", "graph", "flame", "stacks", "listing", "assembly", "tags", "notes"],
    draw,
};

/// Grows when a field changes its meaning or goes; new fields come without notice.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Envelope<'a, T> {
    version: u32,
    shape: &'static str,
    #[serde(flatten)]
    data: &'a T,
}

fn draw(shape: &Shape<'_>, out: &mut dyn Write, _: &Context) -> io::Result<()> {
    let kind = shape.kind();
    match shape {
        Shape::Table(data) => write(kind, data, out),
        Shape::Neighbours(data) => write(kind, data, out),
        Shape::Graph(data) => write(kind, data, out),
        Shape::Flame(data) => write(kind, data, out),
        Shape::Stacks(data) => write(kind, data, out),
        Shape::Listing(data) => write(kind, data, out),
        Shape::Assembly(data) => write(kind, data, out),
        Shape::Tags(data) => write(kind, data, out),
        Shape::Notes(data) => write(kind, data, out),
        Shape::Profile(_) => Ok(()),
    }
}

fn write<T: Serialize>(shape: &'static str, data: &T, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Harmless);
    Envelope { version: VERSION, shape, data }.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// Escapes also the control characters that JSON would allow as they are, since terminals heed them.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some(at) = rest.find(char::is_control) {
            let (before, after) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            let mut characters = after.chars();
            if let Some(control) = characters.next() {
                write!(writer, "\\u{:04x}", u32::from(control))?;
            }
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}
