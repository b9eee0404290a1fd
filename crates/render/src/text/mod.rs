//! `text`: every shape as lines of text, equal to those of pprof.

mod assembly;
mod comparison;
mod listing;
mod neighbours;
mod raw;
mod sensitivity;
mod stacks;
mod table;
mod tags;

use std::fmt;
use std::io::{self, Write};

use hotlist_profile::unit::percentage;
use hotlist_report::{Header, Notes};

use crate::clean::clean;
use crate::{Context, Drawing};

/// The drawing.
pub const DRAWING: Drawing = Drawing {
    extension: "txt",
    table: Some(table::draw),
    neighbours: Some(neighbours::draw),
    stacks: Some(stacks::draw),
    listing: Some(listing::draw),
    assembly: Some(assembly::draw),
    tags: Some(tags::draw),
    notes: Some(notes),
    comparison: Some(comparison::draw),
    sensitivity: Some(sensitivity::draw),
    profile: Some(raw::draw),
    ..Drawing::new("text", "The report as text")
};

fn notes(notes: &Notes, out: &mut dyn Write, _: &Context) -> io::Result<()> {
    notes.notes.iter().try_for_each(|note| writeln!(out, "{}", clean_lines(note)))
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
