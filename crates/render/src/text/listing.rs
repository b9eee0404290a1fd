//! Source code with weights: `list`.

use std::collections::BTreeSet;
use std::io::{self, Write};

use hotlist_report::{LineMark, ListedLine, Listing};

use super::{paint, write_sums};
use crate::Context;
use crate::clean::clean;
use crate::code_text::code_text;

pub(super) fn draw(listing: &Listing, out: &mut dyn Write, context: &Context) -> io::Result<()> {
    let (format, total) = (&listing.header.format, listing.header.total);
    writeln!(out, "Total: {}", format.label(total))?;
    let with_file: BTreeSet<&str> = listing
        .routines
        .iter()
        .filter(|routine| routine.file.is_some())
        .map(|routine| routine.name.as_str())
        .collect();
    for routine in &listing.routines {
        let Some(file) = &routine.file else {
            // What a function does outside any file is told here only if it has no file at all.
            if !with_file.contains(routine.name.as_str()) {
                writeln!(out, "No source information for {}", clean(&routine.name))?;
            }
            continue;
        };
        writeln!(out, "ROUTINE ======================== {} in {}", clean(&routine.name), clean(file))?;
        write_sums(&listing.header, routine.flat, routine.cum, context, out)?;
        // As pprof does, this leaves out lines outside the function, unless sums of flat weights would not add up then.
        let is_outside = |line: &&ListedLine| line.mark != LineMark::Regular;
        let adds = |line: &ListedLine| line.flat != 0;
        let shows_outside = !routine.misplaced && routine.lines.iter().filter(is_outside).any(adds);
        let mut lines = routine.lines.iter().filter(|line| shows_outside || !is_outside(line)).peekable();
        if let Some(error) = routine.error.as_ref().filter(|_| lines.peek().is_some()) {
            writeln!(out, " Error: {}", clean(error))?;
            continue;
        }
        for line in lines {
            let weight = |value: i64| {
                let text = if value == 0 { ".".to_owned() } else { format.label(value) };
                paint(format!("{text:>10}"), value, total, context)
            };
            let (flat, cum) = (weight(line.flat), weight(line.cum));
            writeln!(out, "{flat} {cum} {:>6}:{}", line.number, clean(code_text(line)))?;
        }
    }
    Ok(())
}
