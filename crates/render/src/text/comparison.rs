//! Comparisons of sets of runs: what differs, what could not be told, and what the rules say.

use std::io::{self, Write};

use hotlist_report::compare::{CallPath, Comparison, Row, Verdict};

use crate::clean::clean;
use crate::comparison_words::{
    change, counted, headline, is_assumption, others, outcome, rate, row_interval, rule, shares,
    total_change, total_claim, totals, value,
};
use crate::{Context, short_name};

/// Ways are shown that make up at least this part of a change.
const LEAST_PART: f64 = 0.1;
/// More rows than these have but one way each.
const FEW_ROWS: usize = 5;
/// Callers of a way that have room in a line.
const MOST_CALLERS: usize = 4;

pub(super) fn draw(comparison: &Comparison, out: &mut dyn Write, context: &Context) -> io::Result<()> {
    writeln!(out, "{}", clean(&headline(comparison)))?;
    if !comparison.filters.is_empty() {
        writeln!(out, "{}", clean(&comparison.filters.join(" ")))?;
    }
    writeln!(
        out,
        "Total   {}   {}   {}",
        totals(comparison, "->"),
        total_change(&comparison.total),
        total_claim(comparison),
    )?;
    write_flagged(comparison, out, context)?;
    for line in others(comparison) {
        writeln!(out, "{line}")?;
    }
    for notice in comparison.notices.iter().filter(|notice| !is_assumption(notice)) {
        writeln!(out, "{}", clean(&notice.text))?;
    }
    for outcome_of in &comparison.rules {
        let mut line = format!("{}: {}", outcome(comparison, outcome_of), rule(comparison, outcome_of));
        if !outcome_of.by.is_empty() {
            line = format!("{line}: {}", outcome_of.by.join(", "));
        }
        writeln!(out, "{}", clean(&line))?;
    }
    Ok(())
}

fn write_flagged(comparison: &Comparison, out: &mut dyn Write, context: &Context) -> io::Result<()> {
    let flagged: Vec<&Row> = comparison.flagged().collect();
    let shown = &flagged[..flagged.len().min(comparison.most_rows)];
    let cells: Vec<[String; 4]> = shown.iter().map(|row| cells(comparison, row)).collect();
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3)];
    for (row, cells) in shown.iter().zip(&cells) {
        let [verdict, change, share, rate] = cells;
        let verdict = coloured(format!("{verdict:<width$}", width = widths[0]), row.verdict, context);
        writeln!(
            out,
            " {verdict}   {change:<a$}   {share:>b$}   q {rate:<c$}   {}",
            clean(&row.function),
            a = widths[1],
            b = widths[2],
            c = widths[3],
        )?;
        if let Some(caller) = &row.moved_within {
            writeln!(out, "      moved within {}", clean(caller))?;
        }
        let whole = row.new - row.base;
        let tells =
            |path: &&CallPath| path.functions.len() > 1 && (path.new - path.base) / whole >= LEAST_PART;
        let most = if shown.len() > FEW_ROWS { 1 } else { row.paths.len() };
        for path in row.paths.iter().filter(tells).take(most) {
            let callers = &path.functions[1..];
            let names: Vec<String> =
                callers.iter().take(MOST_CALLERS).map(|name| clean(&short_name(name)).into_owned()).collect();
            let more = if path.cut || callers.len() > MOST_CALLERS { " <- ..." } else { "" };
            writeln!(
                out,
                "      {} -> {}   <- {}{more}",
                value(comparison, path.base),
                value(comparison, path.new),
                names.join(" <- "),
            )?;
        }
    }
    if flagged.len() > shown.len() {
        writeln!(out, " {} are not shown (-rows)", counted(flagged.len() - shown.len(), "more row"))?;
    }
    Ok(())
}

fn cells(comparison: &Comparison, row: &Row) -> [String; 4] {
    let change = format!("{} {}", change(row), row_interval(row));
    // Of memory the amount says more than the share; both are told.
    let share = match row.verdict {
        Verdict::More | Verdict::Less => format!(
            "{} -> {}   {}",
            value(comparison, row.base),
            value(comparison, row.new),
            shares(row, "->")
        ),
        _ => shares(row, "->"),
    };
    [row.verdict.name().to_owned(), change.trim_end().to_owned(), share, rate(row.q)]
}

fn coloured(text: String, verdict: Verdict, context: &Context) -> String {
    if !context.colour {
        return text;
    }
    let code = if verdict.is_increase() { "31" } else { "32" };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}
