//! Source code with weights: `list`.

use std::io::{self, Write};

use hotlist_profile::unit::percentage;
use hotlist_report::Listing;

use super::paint;
use crate::Context;
use crate::clean::clean;

pub(super) fn draw(listing: &Listing, out: &mut dyn Write, context: &Context) -> io::Result<()> {
    let (format, total) = (&listing.header.format, listing.header.total);
    writeln!(out, "Total: {}", format.label(total))?;
    for routine in &listing.routines {
        let Some(file) = &routine.file else {
            writeln!(out, "No source information for {}", clean(&routine.name))?;
            continue;
        };
        writeln!(out, "ROUTINE ======================== {} in {}", clean(&routine.name), clean(file))?;
        writeln!(
            out,
            "{:>10} {:>10} (flat, cum) {} of Total",
            format.label(routine.flat),
            format.label(routine.cum),
            paint(&percentage(routine.cum, total), routine.cum, total, context)
        )?;
        if let Some(error) = &routine.error {
            writeln!(out, " Error: {}", clean(error))?;
            continue;
        }
        for line in &routine.lines {
            let weight = |value: i64| {
                let text = if value == 0 { ".".to_owned() } else { format.label(value) };
                paint(&format!("{text:>10}"), value, total, context)
            };
            let (flat, cum) = (weight(line.flat), weight(line.cum));
            writeln!(out, "{flat} {cum} {:>6}:{}", line.number, clean(&line.text))?;
        }
    }
    Ok(())
}
