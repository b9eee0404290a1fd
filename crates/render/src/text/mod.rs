//! `text`: every shape as lines of text, equal to those of pprof.

mod assembly;
mod listing;
mod neighbours;
mod raw;
mod stacks;
mod table;
mod tags;

use std::fmt;
use std::io::{self, Write};

use hotlist_profile::unit::percentage;
use hotlist_report::{Header, Shape};

use crate::clean::clean;
use crate::{Context, Drawing};

/// The drawing.
pub(crate) const DRAWING: Drawing = Drawing {
    name: "text",
    summary: "The report as text",
    extension: "txt",
    binary: false,
    shapes: &["table", "neighbours", "stacks", "listing", "assembly", "tags", "notes", "profile"],
    draw,
};

fn draw(shape: &Shape<'_>, out: &mut dyn Write, context: &Context) -> io::Result<()> {
    match shape {
        Shape::Table(table) => table::draw(table, out, context),
        Shape::Neighbours(neighbours) => neighbours::draw(neighbours, out, context),
        Shape::Stacks(stacks) => stacks::draw(stacks, out, context),
        Shape::Listing(listing) => listing::draw(listing, out, context),
        Shape::Assembly(assembly) => assembly::draw(assembly, out, context),
        Shape::Tags(tags) => tags::draw(tags, out),
        Shape::Notes(notes) => notes.notes.iter().try_for_each(|note| writeln!(out, "{}", clean_lines(note))),
        Shape::Profile(profile) => raw::draw(profile, out, context),
        Shape::Graph(_) | Shape::Flame(_) => Ok(()),
    }
}

/// Writes lines, each as a whole, which is faster where there are thousands.
struct Lines<'o> {
    out: &'o mut dyn Write,
    line: String,
}

impl<'o> Lines<'o> {
    fn to(out: &'o mut dyn Write) -> Self {
        Lines { out, line: String::new() }
    }

    fn write(&mut self, line: fmt::Arguments<'_>) -> io::Result<()> {
        self.line.clear();
        // Writing to a string does not fail.
        let _ = fmt::Write::write_fmt(&mut self.line, line);
        self.line.push('\n');
        self.out.write_all(self.line.as_bytes())
    }
}

/// Writes the lines of a legend.
fn write_legend(lines: &[String], out: &mut dyn Write) -> io::Result<()> {
    let lines: Vec<_> = lines.iter().map(|line| clean(line)).collect();
    writeln!(out, "{}", lines.join("\n"))
}

/// Text that may have several lines, without other control characters.
fn clean_lines(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(clean).collect();
    lines.join("\n")
}

/// The line of a function's sums in `list` and `disasm`.
fn write_sums(
    header: &Header,
    flat: i64,
    cum: i64,
    context: &Context,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (flat, whole) = (header.format.label(flat), header.format.label(cum));
    let share = paint(percentage(cum, header.total), cum, header.total, context);
    writeln!(out, "{flat:>10} {whole:>10} (flat, cum) {share} of Total")
}

/// `text` in the colour that its share of the total deserves, when colours are welcome.
fn paint(text: String, value: i64, total: i64, context: &Context) -> String {
    if !context.colour || value == 0 || total == 0 {
        return text;
    }
    let share = (value as f64 / total as f64).abs();
    let code = match () {
        () if value < 0 => "32",
        () if share >= 0.2 => "1;31",
        () if share >= 0.05 => "31",
        () if share >= 0.01 => "33",
        () => return text,
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}
