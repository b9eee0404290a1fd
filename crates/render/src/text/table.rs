//! Tables of places: `top`.

use std::io::{self, Write};

use hotlist_profile::unit::percentage;
use hotlist_report::{InlineMark, Table};

use super::{Lines, paint, write_legend};
use crate::Context;
use crate::clean::clean;
use crate::legend::{Extent, report_lines};

pub(super) fn draw(table: &Table, out: &mut dyn Write, context: &Context) -> io::Result<()> {
    let (header, total) = (&table.header, table.header.total);
    write_legend(&report_lines(header, &table.showing, Extent::Text, context), out)?;
    writeln!(out, "{:>10} {:>5}% {:>5}% {:>10} {:>5}%", "flat", "flat", "sum", "cum", "cum")?;
    let labels = header.format.labels();
    let mut lines = Lines::to(out);
    let mut sum = 0i64;
    for row in &table.rows {
        sum = sum.wrapping_add(row.flat);
        let inline = match row.inline {
            InlineMark::Never => "",
            InlineMark::Partial => " (partial-inline)",
            InlineMark::Always => " (inline)",
        };
        lines.write(format_args!(
            "{:>10} {} {} {:>10} {}  {}{inline}",
            labels.label(row.flat),
            paint(percentage(row.flat, total), row.flat, total, context),
            percentage(sum, total),
            labels.label(row.cum),
            paint(percentage(row.cum, total), row.cum, total, context),
            clean(&row.place.label),
        ))?;
    }
    Ok(())
}
