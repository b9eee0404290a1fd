//! What comparisons of some runs can show.

use std::io::{self, Write};

use hotlist_report::compare::{Sensitivity, SensitivityRow};

use crate::Context;
use crate::clean::clean;
use crate::comparison_words::{counted, detectable, grouped, part};

pub(super) fn draw(facts: &Sensitivity, out: &mut dyn Write, _: &Context) -> io::Result<()> {
    let samples: f64 = facts.runs.iter().map(|run| run.samples).sum();
    let [base, new] = facts.split_into;
    writeln!(
        out,
        "{}; {}, {} samples; split by lot into {base} and {new}, {} times",
        counted(facts.runs.len(), "run"),
        clean(&facts.sample_type),
        grouped(samples.round()),
        facts.splits,
    )?;
    if !facts.filters.is_empty() {
        writeln!(out, "{}", clean(&facts.filters.join(" ")))?;
    }
    let of_splits = |count: usize| {
        format!("{count} ({})", part((count as f64 / facts.splits as f64 * 1e3).round() / 1e3))
    };
    writeln!(
        out,
        "Splits in which a function seemed to differ: {}; in which -fail-on '{}' fired: {}",
        of_splits(facts.flagged),
        facts.rules.join("' or '"),
        of_splits(facts.failed),
    )?;
    writeln!(out, "Noise between runs, beside that of sampling: {:.1} %", facts.noise * 100.0)?;
    writeln!(out, "The smallest increase that 4 of 5 comparisons would show, by runs a side:")?;
    let heads: Vec<String> = facts.runs_a_side.iter().map(|runs| format!("{runs:>8}")).collect();
    writeln!(out, "{:>8}{}   function", "share", heads.concat())?;
    let columns = |values: &[f64]| {
        values.iter().map(|&change| format!("{:>8}", detectable(change))).collect::<String>()
    };
    writeln!(out, "{:>8}{}   total", "100 %", columns(&facts.total))?;
    let rows: Vec<&SensitivityRow> = facts.rows.iter().filter(|row| !row.is_rest).collect();
    let shown = &rows[..rows.len().min(facts.most_rows)];
    for row in shown {
        writeln!(
            out,
            "{:>8}{}   {}",
            format!("{:.1} %", row.share * 100.0),
            columns(&row.detectable),
            clean(&row.function)
        )?;
    }
    if rows.len() > shown.len() {
        writeln!(out, " {} are not shown (-rows)", counted(rows.len() - shown.len(), "more row"))?;
    }
    for notice in &facts.notices {
        writeln!(out, "{}", clean(&notice.text))?;
    }
    Ok(())
}
