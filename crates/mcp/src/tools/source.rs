//! `source`: the lines of a function around the hottest ones.

use hotlist_report::{ListedLine, Routine, Shape};
use rmcp::model::CallToolResult;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::about::{About, Basis, ask};
use crate::budget::{Answer, Room, fit, result};
use crate::desk::Desk;
use crate::hottest::around;
use crate::names::Asked;
use crate::quote::{quoted, shown};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::tool::{FILTERS, Tool, input, output};

pub(crate) const TOOL: Tool = Tool {
    name: "source",
    title: "Source lines",
    description: "The source lines of a function with what each weighs, those around the hottest ones. flat is work of the \
                  line itself, cum with what it calls.",
    options: &[FILTERS, &["nodecount"]],
    open_world: false,
    input: input::<Arguments>,
    output: output::<Source>,
    call,
};

/// How many lines are centres when clients do not say.
const ROWS: usize = 12;

/// How many lines stand around each.
const CONTEXT: usize = 2;

/// The longest line of code, in bytes.
const LONGEST: usize = 160;

/// The most names of other functions that match.
const OTHERS: usize = 5;

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Arguments {
    /// Handle from open
    profile: Option<String>,
    /// Name as answers show it, or regexp: the heaviest match is taken
    function: String,
}

/// Lines of a function.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Source {
    about: About,
    function: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The file that is shown, where it is another one than the profile names.
    #[serde(skip_serializing_if = "Option::is_none")]
    shown_from: Option<String>,
    flat: String,
    flat_percent: f64,
    cum: String,
    cum_percent: f64,
    /// Other functions that match, the heaviest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_matches: Vec<String>,
    #[serde(skip_serializing_if = "is_zero")]
    more_matches: usize,
    lines: Vec<Line>,
    /// Lines that have a weight and are not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<LeftOut>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Line {
    line: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    flat: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cum: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cum_percent: Option<f64>,
    code: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct LeftOut {
    lines: usize,
    flat: String,
    /// How to see them.
    how: &'static str,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn call(desk: &Desk, request: &Request) -> Result<CallToolResult, Refusal> {
    let Arguments { profile, function } = request.own()?;
    let opened = desk.profile(profile.as_deref())?;
    let pattern = Asked::new(&function).functions(opened.session.profile());
    let question = request.question(const { &hotlist_report::LIST }, Some(&pattern))?;
    let (mut basis, mut routines) = ask(desk, &opened, request, &question, |shape| match shape {
        Shape::Listing(listing) => Some(listing.routines.clone()),
        _ => None,
    })?;
    routines
        .sort_by_key(|routine| std::cmp::Reverse((routine.cum.unsigned_abs(), routine.flat.unsigned_abs())));
    let [routine, others @ ..] = routines.as_slice() else {
        return Err(Refusal::new(format!("no function matches {function}: search finds names")));
    };
    if let Some(error) = &routine.error {
        basis
            .about
            .warn(&format!("no source: {error}; -source_path at the start of the server names folders"));
    }
    let weights: Vec<(i64, i64)> = routine.lines.iter().map(|line| (line.flat, line.cum)).collect();
    let most = request.most_rows(ROWS).min(weights.iter().filter(|weight| **weight != (0, 0)).count());
    let answer = fit(request.max_bytes, most, |room| {
        listing(&basis, routine, others, &around(&weights, room.rows, CONTEXT), room)
    })?;
    result(&answer)
}

fn listing(basis: &Basis, routine: &Routine, others: &[Routine], rows: &[usize], room: Room) -> Source {
    let values = &basis.values;
    let weight = |value: i64| (value != 0).then(|| values.text(value));
    let lines: Vec<&ListedLine> = rows.iter().map(|&row| &routine.lines[row]).collect();
    let weighs = |line: &&ListedLine| line.flat != 0 || line.cum != 0;
    let missing = routine.lines.iter().filter(weighs).count() - lines.iter().copied().filter(weighs).count();
    let flat = routine.lines.iter().map(|line| line.flat).sum::<i64>()
        - lines.iter().map(|line| line.flat).sum::<i64>();
    let told = others.len().min(OTHERS).min(room.rows);
    Source {
        about: basis.about.clone(),
        function: shown(&routine.name, room.name),
        file: routine.file.as_ref().map(|file| shown(file, room.name)),
        shown_from: routine.found_at.as_ref().map(|file| shown(file, room.name)),
        flat: values.text(routine.flat),
        flat_percent: values.percent(routine.flat),
        cum: values.text(routine.cum),
        cum_percent: values.percent(routine.cum),
        other_matches: others[..told].iter().map(|other| shown(&other.name, room.name)).collect(),
        more_matches: others.len() - told,
        lines: lines
            .into_iter()
            .map(|line| Line {
                line: line.number,
                flat: weight(line.flat),
                cum: weight(line.cum),
                cum_percent: (line.cum != 0).then(|| values.percent(line.cum)),
                code: shown(&line.text, LONGEST.min(room.name)),
            })
            .collect(),
        left_out: (missing > 0).then(|| LeftOut {
            lines: missing,
            flat: values.text(flat),
            how: "larger nodecount and max_bytes",
        }),
    }
}

impl Answer for Source {
    fn text(&self) -> String {
        let Source { function, flat, flat_percent, cum, cum_percent, .. } = self;
        let mut text = self.about.text();
        text += &format!("{}: cum {cum} {cum_percent}%, flat {flat} {flat_percent}%\n", quoted(function));
        if let Some(file) = &self.file {
            text += &format!("file {}", quoted(file));
            if let Some(found) = &self.shown_from {
                text += &format!(", shown from {}", quoted(found));
            }
            text.push('\n');
        }
        if !self.other_matches.is_empty() {
            let names: Vec<String> = self.other_matches.iter().map(|name| quoted(name)).collect();
            let more = if self.more_matches > 0 {
                format!(" and {} more", self.more_matches)
            } else {
                String::new()
            };
            text += &format!("also matching: {}{more}\n", names.join(", "));
        }
        text += "flat cum line | code (data of the file)\n";
        let mut last = None;
        for Line { line, flat, cum, code, .. } in &self.lines {
            if last.is_some_and(|last: i64| last.saturating_add(1) < *line) {
                text += "...\n";
            }
            last = Some(*line);
            let weight = |weight: &Option<String>| weight.clone().unwrap_or_else(|| ".".to_owned());
            text += &format!("{} {} {line} | {code}\n", weight(flat), weight(cum));
        }
        if let Some(LeftOut { lines, flat, how }) = &self.left_out {
            text += &format!("left out: {lines} more lines with {flat} of their own; to see them: {how}\n");
        }
        text
    }
}
