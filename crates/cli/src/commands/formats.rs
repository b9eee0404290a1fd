//! `hotlist formats`: in which formats profiles are read and written, and what is lost.

use std::io::Write;

use crate::args::Arguments;
use crate::commands::{Command, Takes, Words};
use crate::console::Console;

pub(crate) const COMMAND: Command = Command {
    name: "formats",
    help: "List the formats in which profiles are read and written, and what is lost",
    takes: Takes::only(Words::None),
    run,
};

fn run(_: Arguments, console: &Console) -> anyhow::Result<()> {
    let mut out = console.stdout();
    let width = hotlist_formats::ALL.iter().map(|format| format.name.len()).max().unwrap_or_default();
    for format in hotlist_formats::ALL {
        writeln!(out, "{:width$}  {}", format.name, format.writers)?;
        if !format.lost.is_empty() {
            writeln!(out, "{:width$}  lost: {}", "", format.lost)?;
        }
    }
    writeln!(out, "\nWritten, by hotlist convert:")?;
    for export in hotlist_formats::EXPORTS {
        writeln!(out, "{:width$}  {}", export.name, export.readers)?;
        if !export.lost.is_empty() {
            writeln!(out, "{:width$}  lost: {}", "", export.lost)?;
        }
    }
    Ok(out.flush()?)
}
