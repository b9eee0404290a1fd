//! `compare`: which functions really differ between two sets of runs.

use std::sync::Arc;

use hotlist_session::compare::{Comparison, Row, RunFacts, Verdict};
use hotlist_session::{LoadedRun, Note, SetOptions, compare_sets};
use rmcp::model::CallToolResult;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::budget::{Answer, Room, fit, result};
use crate::desk::Desk;
use crate::quote::{quoted, shown};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::shelf::Opened;
use crate::tool::{FILTERS, Tool, input, output};
use crate::values::Values;

pub(crate) const TOOL: Tool = Tool {
    name: "compare",
    title: "Compare runs",
    description: "Which functions changed between base and new runs beyond noise, with the statistics of hotlist diff: several \
                  runs a side tell a change from chance. Own (flat) weights.",
    options: &[FILTERS, &["nodecount"]],
    open_world: true,
    input: input::<Arguments>,
    output: output::<Difference>,
    call,
};

/// How many functions there are when clients do not say.
const ROWS: usize = 15;

/// The most functions that are told of which nothing can be said.
const UNDECIDED: usize = 5;

/// The most callers on the way to a function.
const WAY: usize = 4;

/// The most warnings, and their length in bytes.
const WARNINGS: usize = 6;
const LONGEST_WARNING: usize = 220;

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Arguments {
    /// Handles or files of the runs before
    base: Vec<String>,
    /// Handles or files of the runs after
    new: Vec<String>,
}

/// How two sets of runs differ.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Difference {
    sample_type: String,
    unit: String,
    base: Side,
    new: Side,
    /// The options in force that decide what is summed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    filters: Vec<String>,
    percent_of: &'static str,
    /// All functions together, in a mean run.
    total: Change,
    /// Functions that differ, the largest change of the total first.
    changed: Vec<Changed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<LeftOut>,
    /// How many functions are the same within the margin.
    same: usize,
    /// How many functions nothing can be said of.
    undecided: usize,
    /// The heaviest of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    heaviest_undecided: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Side {
    runs: usize,
    /// The first of them.
    names: Vec<String>,
    /// The samples of all runs.
    samples: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Change {
    verdict: &'static str,
    base: String,
    new: String,
    /// New over base less one; missing where the base has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    change_percent: Option<f64>,
    /// The ends of the 95 % interval of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    low_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    high_percent: Option<f64>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Changed {
    function: String,
    #[serde(flatten)]
    change: Change,
    /// What it weighs, of the total of its side.
    base_percent: f64,
    new_percent: f64,
    /// The share of such findings that are by chance.
    false_rate: f64,
    /// The callers on the way where the difference comes from, the nearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    called_by: Vec<String>,
    /// A caller that weighs the same as before, so that work was moved and not added.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_within: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    renamed_from: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct LeftOut {
    changed: usize,
    /// What they change together, with their signs.
    weight: String,
    /// How to see them.
    how: &'static str,
}

fn call(desk: &Desk, request: &Request) -> Result<CallToolResult, Refusal> {
    let Arguments { base, new } = request.own()?;
    let open = |names: &[String]| -> Result<Vec<Arc<Opened>>, Refusal> {
        names.iter().map(|name| desk.run(name)).collect()
    };
    let (base, new) = (open(&base)?, open(&new)?);
    let runs = |side: &'_ [Arc<Opened>]| -> Vec<(String, Arc<Opened>)> {
        side.iter().map(|opened| (format!("{} {}", opened.handle, opened.name), Arc::clone(opened))).collect()
    };
    let (base, new) = (runs(&base), runs(&new));
    let options = SetOptions {
        view: &request.options.view,
        compare: hotlist_session::compare::Options::default(),
        threads: desk.site.threads,
    };
    let mut notes = Vec::new();
    let comparison = compare_sets(&loaded(&base), &loaded(&new), &options, &mut notes)?;
    let mut changed: Vec<&Row> = comparison.flagged().collect();
    changed.sort_by(|a, b| b.change_of_total().abs().total_cmp(&a.change_of_total().abs()));
    let most = request.most_rows(ROWS).min(changed.len());
    let answer =
        fit(request.max_bytes, most, |room| difference(&comparison, &changed, &notes, &request.told, room))?;
    result(&answer)
}

fn loaded(side: &[(String, Arc<Opened>)]) -> Vec<LoadedRun<'_>> {
    side.iter().map(|(name, opened)| LoadedRun { name, profile: opened.session.profile() }).collect()
}

fn difference(
    comparison: &Comparison,
    changed: &[&Row],
    notes: &[Note],
    told: &[String],
    room: Room,
) -> Difference {
    let Comparison { sample_type, sample_unit, total, runs, .. } = comparison;
    let values = Values::new(sample_unit, shown(sample_type, 40), total.base.round() as i64);
    let text = |value: f64| values.text(value.round() as i64);
    let (rows, others) = changed.split_at(room.rows);
    let of_verdict =
        |verdict: Verdict| comparison.rows.iter().filter(move |row| row.verdict == verdict && !row.is_rest);
    let mut undecided: Vec<&Row> = of_verdict(Verdict::Undecided).collect();
    undecided.sort_by(|a, b| b.base_share.max(b.new_share).total_cmp(&a.base_share.max(a.new_share)));
    let notices = comparison.notices.iter().map(|notice| notice.text.as_str());
    let noted = notes.iter().filter_map(|note| match note {
        Note::Warning(text) => Some(text.as_str()),
        Note::Info(_) => None,
    });
    let side = |runs: &[RunFacts]| Side {
        runs: runs.len(),
        names: runs.iter().take(room.rows.clamp(1, 4)).map(|run| shown(&run.file, room.name)).collect(),
        samples: runs.iter().map(|run| run.samples).sum::<f64>().round() as u64,
    };
    Difference {
        sample_type: shown(sample_type, 40),
        unit: values.unit().to_owned(),
        base: side(&runs.base),
        new: side(&runs.new),
        filters: told.iter().map(|told| shown(told, 200)).collect(),
        percent_of: "changes: the base value of the row; weights: the total of the side",
        total: Change {
            verdict: total.verdict.name(),
            base: text(total.base),
            new: text(total.new),
            change_percent: Some(percent(total.ratio)),
            low_percent: total.low.map(percent),
            high_percent: total.high.map(percent),
        },
        changed: rows
            .iter()
            .map(|row| Changed {
                function: shown(&row.function, room.name),
                change: Change {
                    verdict: row.verdict.name(),
                    base: text(row.base),
                    new: text(row.new),
                    change_percent: row.ratio.map(percent),
                    low_percent: row.ratio.map(|_| percent(row.low)),
                    high_percent: row.ratio.and(row.high).map(percent),
                },
                base_percent: share(row.base_share),
                new_percent: share(row.new_share),
                false_rate: (row.q * 1e4).round() / 1e4,
                called_by: row.paths.first().map_or_else(Vec::new, |path| {
                    path.functions.iter().skip(1).take(WAY).map(|name| shown(name, room.name)).collect()
                }),
                moved_within: row.moved_within.as_ref().map(|name| shown(name, room.name)),
                renamed_from: row.renamed_from.as_ref().map(|name| shown(name, room.name)),
            })
            .collect(),
        left_out: (!others.is_empty()).then(|| LeftOut {
            changed: others.len(),
            weight: text(others.iter().map(|row| row.new - row.base).sum()),
            how: "larger nodecount and max_bytes",
        }),
        same: of_verdict(Verdict::Same).count(),
        undecided: undecided.len(),
        heaviest_undecided: undecided
            .iter()
            .take(UNDECIDED.min(room.rows.max(1)))
            .map(|row| shown(&row.function, room.name))
            .collect(),
        warnings: notices.chain(noted).take(WARNINGS).map(|text| shown(text, LONGEST_WARNING)).collect(),
    }
}

/// A ratio as a change in percent.
fn percent(ratio: f64) -> f64 {
    ((ratio - 1.0) * 1000.0).round() / 10.0
}

/// A part in percent.
fn share(part: f64) -> f64 {
    (part * 1e4).round() / 100.0
}

impl Change {
    fn text(&self) -> String {
        let Change { verdict, base, new, change_percent, low_percent, high_percent } = self;
        let mut text = format!("{verdict}, {base} -> {new}");
        if let Some(change) = change_percent {
            text += &format!(" ({change:+}%");
            match (low_percent, high_percent) {
                (Some(low), Some(high)) => text += &format!(", 95 % interval {low:+}% to {high:+}%"),
                (Some(low), None) => text += &format!(", 95 % interval from {low:+}% on"),
                _ => {}
            }
            text.push(')');
        }
        text
    }
}

impl Answer for Difference {
    fn text(&self) -> String {
        let Difference { sample_type, base, new, same, undecided, .. } = self;
        let side = |side: &Side| {
            let names: Vec<String> = side.names.iter().map(|name| quoted(name)).collect();
            let runs = if side.runs == 1 { "run" } else { "runs" };
            format!("{} {runs} ({}) with {} samples", side.runs, names.join(", "), side.samples)
        };
        let mut text = format!("{sample_type}: base {}, new {}\n", side(base), side(new));
        if !self.filters.is_empty() {
            text += &format!("filters: {}\n", self.filters.join(" "));
        }
        for warning in &self.warnings {
            text += &format!("warning: {}\n", quoted(warning));
        }
        text += &format!("a mean run: {}\n", self.total.text());
        for row in &self.changed {
            text += &format!(
                "{}: {}; {}% -> {}% of the total; false rate {}",
                quoted(&row.function),
                row.change.text(),
                row.base_percent,
                row.new_percent,
                row.false_rate
            );
            let callers: Vec<String> = row.called_by.iter().map(|name| quoted(name)).collect();
            if !callers.is_empty() {
                text += &format!("; called by {}", callers.join(" < "));
            }
            if let Some(name) = &row.moved_within {
                text += &format!("; moved within {}", quoted(name));
            }
            if let Some(name) = &row.renamed_from {
                text += &format!("; was {}", quoted(name));
            }
            text.push('\n');
        }
        if let Some(LeftOut { changed, weight, how }) = &self.left_out {
            text +=
                &format!("left out: {changed} more that change by {weight} together; to see them: {how}\n");
        }
        text += &format!("{same} functions are the same, of {undecided} nothing can be said");
        let names: Vec<String> = self.heaviest_undecided.iter().map(|name| quoted(name)).collect();
        text +=
            &if names.is_empty() { "\n".to_owned() } else { format!(", {} among them\n", names.join(", ")) };
        text
    }
}
