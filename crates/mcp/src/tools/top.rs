//! `top`: the heaviest places.

use hotlist_report::{Shape, Table};
use rmcp::model::CallToolResult;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::about::{About, Basis, ask};
use crate::budget::{Answer, Room, fit, result};
use crate::desk::Desk;
use crate::names::definitions;
use crate::quote::{quoted, shown};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::tool::{FILTERS, Tool, input, output};

pub(crate) const TOOL: Tool = Tool {
    name: "top",
    title: "Heaviest functions",
    description: "The functions (or lines, files) with the most own weight (flat), or with that of what they call \
                  (sort=cum). Heavy own weight is where work is done; tree and callers_and_callees tell why it is done.",
    options: &[FILTERS, &["granularity", "sort", "nodecount"]],
    open_world: false,
    input: input::<Arguments>,
    output: output::<Top>,
    call,
};

/// How many rows there are when clients do not say.
const ROWS: usize = 25;

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Arguments {
    /// Handle from open (default: the one used last)
    profile: Option<String>,
}

/// Places, the heaviest first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Top {
    about: About,
    rows: Vec<Row>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<LeftOut>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Row {
    function: String,
    /// File and first line.
    #[serde(skip_serializing_if = "Option::is_none")]
    defined: Option<String>,
    flat: String,
    flat_percent: f64,
    cum: String,
    cum_percent: f64,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct LeftOut {
    places: usize,
    /// Their own weight.
    flat: String,
    flat_percent: f64,
    /// How to see them.
    how: &'static str,
}

fn call(desk: &Desk, request: &Request) -> Result<CallToolResult, Refusal> {
    let Arguments { profile } = request.own()?;
    let opened = desk.profile(profile.as_deref())?;
    let mut question = request.question(const { &hotlist_report::TEXT }, None)?;
    question.options.skip_inlining = true;
    let (basis, table) = ask(desk, &opened, request, &question, |shape| match shape {
        Shape::Table(table) => Some(table.clone()),
        _ => None,
    })?;
    let most = request.most_rows(ROWS).min(table.rows.len());
    let profile = opened.session.profile();
    let answer = fit(request.max_bytes, most, |room| answer(&basis, &table, profile, room))?;
    result(&answer)
}

fn answer(basis: &Basis, table: &Table, profile: &hotlist_profile::Profile, room: Room) -> Top {
    let values = &basis.values;
    let shown_rows = &table.rows[..room.rows];
    let names =
        shown_rows.iter().filter(|row| row.place.file.is_empty()).map(|row| row.place.function.as_str());
    let defined = definitions(profile, names, room.name);
    let rows = shown_rows
        .iter()
        .map(|row| Row {
            function: shown(&row.place.label, room.name),
            defined: defined.get(row.place.function.as_str()).cloned(),
            flat: values.text(row.flat),
            flat_percent: values.percent(row.flat),
            cum: values.text(row.cum),
            cum_percent: values.percent(row.cum),
        })
        .collect();
    let flat = basis.sum - shown_rows.iter().fold(0i64, |sum, row| sum.wrapping_add(row.flat));
    let places = table.showing.original_nodes + table.showing.dropped_nodes - shown_rows.len();
    let left_out = (places > 0).then(|| LeftOut {
        places,
        flat: values.text(flat),
        flat_percent: values.percent(flat),
        how: "larger nodecount and max_bytes, or focus on a part",
    });
    Top { about: basis.about.clone(), rows, left_out }
}

impl Answer for Top {
    fn text(&self) -> String {
        let mut text = self.about.text();
        text += "flat flat% cum cum% function\n";
        for row in &self.rows {
            let Row { function, defined, flat, flat_percent, cum, cum_percent } = row;
            let defined = defined.as_ref().map(|defined| format!(" {defined}")).unwrap_or_default();
            text += &format!("{flat} {flat_percent} {cum} {cum_percent} {}{defined}\n", quoted(function));
        }
        if let Some(LeftOut { places, flat, flat_percent, how }) = &self.left_out {
            text += &format!(
                "left out: {places} places with {flat} ({flat_percent}%) of their own; to see them: {how}\n"
            );
        }
        text
    }
}
