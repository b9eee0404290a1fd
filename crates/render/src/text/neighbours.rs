//! Places with callers and callees: `tree` and `peek`.

use std::io::{self, Write};

use hotlist_profile::unit::percentage;
use hotlist_report::{Neighbour, Neighbours};

use super::{Lines, paint, write_legend};
use crate::Context;
use crate::clean::clean;
use crate::legend::{Extent, report_lines};

const SEPARATOR: &str = "----------------------------------------------------------+-------------";
const LEGEND: &str = "      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t ";

pub(super) fn draw(neighbours: &Neighbours, out: &mut dyn Write, context: &Context) -> io::Result<()> {
    let (header, total) = (&neighbours.header, neighbours.header.total);
    write_legend(&report_lines(header, &neighbours.showing, Extent::Text, context), out)?;
    writeln!(out, "{SEPARATOR}\n{LEGEND}")?;
    let labels = header.format.labels();
    let mut lines = Lines::to(out);
    let mut sum = 0i64;
    for entry in &neighbours.entries {
        lines.write(format_args!("{SEPARATOR}"))?;
        let side = |others: &[Neighbour], lines: &mut Lines<'_>| {
            others.iter().try_for_each(|other| {
                lines.write(format_args!(
                    "{:>50} {} |   {}{}",
                    labels.label(other.weight),
                    percentage(other.weight, entry.cum),
                    clean(&other.place.label),
                    if other.inline { " (inline)" } else { "" }
                ))
            })
        };
        side(&entry.callers, &mut lines)?;
        sum = sum.wrapping_add(entry.flat);
        lines.write(format_args!(
            "{:>10} {} {} {:>10} {}                | {}",
            labels.label(entry.flat),
            paint(percentage(entry.flat, total), entry.flat, total, context),
            percentage(sum, total),
            labels.label(entry.cum),
            paint(percentage(entry.cum, total), entry.cum, total, context),
            clean(&entry.place.label)
        ))?;
        side(&entry.callees, &mut lines)?;
    }
    if neighbours.showing.nodes > 0 {
        lines.write(format_args!("{SEPARATOR}"))?;
    }
    Ok(())
}
