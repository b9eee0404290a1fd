//! `-json`: any shape, as one line of JSON.

use std::io::{self, Write};

use hotlist_report::ShapeKind;
use serde::Serialize;
use serde_json::ser::Formatter;

use crate::Drawing;
use crate::profile_json::ProfileJson;

/// The drawing.
pub const DRAWING: Drawing = Drawing {
    media_type: "application/json",
    table: Some(|data, out, _| write(ShapeKind::Table, data, out)),
    neighbours: Some(|data, out, _| write(ShapeKind::Neighbours, data, out)),
    graph: Some(|data, out, _| write(ShapeKind::Graph, data, out)),
    flame: Some(|data, out, _| write(ShapeKind::Flame, data, out)),
    stacks: Some(|data, out, _| write(ShapeKind::Stacks, data, out)),
    listing: Some(|data, out, _| write(ShapeKind::Listing, data, out)),
    assembly: Some(|data, out, _| write(ShapeKind::Assembly, data, out)),
    tags: Some(|data, out, _| write(ShapeKind::Tags, data, out)),
    notes: Some(|data, out, _| write(ShapeKind::Notes, data, out)),
    comparison: Some(|data, out, _| write_with_schema("hotlist.diff/1", data, out)),
    sensitivity: Some(|data, out, _| write_with_schema("hotlist.diff-self/1", data, out)),
    profile: Some(|data, out, _| write(ShapeKind::Profile, &ProfileJson(data), out)),
    ..Drawing::new("json", "The report as JSON")
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

/// What programs of other hands keep: its schema is in the documentation, and its name says which one.
#[derive(Serialize)]
struct WithSchema<'a, T> {
    schema: &'static str,
    #[serde(flatten)]
    data: &'a T,
}

fn write<T: Serialize>(kind: ShapeKind, data: &T, out: &mut dyn Write) -> io::Result<()> {
    write_line(&Envelope { version: VERSION, shape: kind.name(), data }, out)
}

fn write_with_schema<T: Serialize>(schema: &'static str, data: &T, out: &mut dyn Write) -> io::Result<()> {
    write_line(&WithSchema { schema, data }, out)
}

fn write_line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Harmless);
    value.serialize(&mut serializer)?;
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
