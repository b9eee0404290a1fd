//! `search`: the places whose names match.

use hotlist_session::{FoundPlaces, PlaceSearch, find_places};
use rmcp::model::CallToolResult;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::about::{About, Basis};
use crate::budget::{Answer, Room, fit, result};
use crate::desk::Desk;
use crate::quote::{quoted, shown};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::tool::{FILTERS, Tool, input, output};

pub(crate) const TOOL: Tool = Tool {
    name: "search",
    title: "Find functions",
    description: "The functions (or lines, files) whose names match a regexp, and what they weigh together, each stack once.",
    options: &[FILTERS, &["granularity", "nodecount"]],
    open_world: false,
    input: input::<Arguments>,
    output: output::<Matches>,
    call,
};

/// How many rows there are when clients do not say.
const ROWS: usize = 25;

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Arguments {
    /// Handle from open
    profile: Option<String>,
    /// Regexp; capitals count when there is one
    pattern: String,
}

/// Places that match, the heaviest first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Matches {
    about: About,
    /// How many places match.
    places: usize,
    /// What they weigh together.
    flat: String,
    flat_percent: f64,
    cum: String,
    cum_percent: f64,
    rows: Vec<Row>,
    /// Those that have no row.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<LeftOut>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Row {
    function: String,
    flat: String,
    cum: String,
    cum_percent: f64,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct LeftOut {
    places: usize,
    /// Their own weight.
    flat: String,
    /// How to see them.
    how: &'static str,
}

fn call(desk: &Desk, request: &Request) -> Result<CallToolResult, Refusal> {
    let Arguments { profile, pattern } = request.own()?;
    let opened = desk.profile(profile.as_deref())?;
    let wanted =
        PlaceSearch::matching(&pattern).map_err(|error| Refusal::new(format!("pattern: {error}")))?;
    let question = request.question(const { &hotlist_report::TEXT }, None)?;
    let mut notes = Vec::new();
    let (mut basis, found) = opened.session.look(&question, &mut notes, |view| {
        let basis = Basis::new(&opened, request, &question, view);
        Ok((basis, find_places(view, &question.options, &wanted)))
    })?;
    basis.warn(&notes);
    let most = request.most_rows(ROWS).min(found.places.len());
    let answer = fit(request.max_bytes, most, |room| matches(&basis, &found, room))?;
    result(&answer)
}

fn matches(basis: &Basis, found: &FoundPlaces, room: Room) -> Matches {
    let values = &basis.values;
    let (rows, others) = found.places.split_at(room.rows);
    Matches {
        about: basis.about.clone(),
        places: found.places.len(),
        flat: values.text(found.flat),
        flat_percent: values.percent(found.flat),
        cum: values.text(found.cum),
        cum_percent: values.percent(found.cum),
        rows: rows
            .iter()
            .map(|place| Row {
                function: shown(&place.label, room.name),
                flat: values.text(place.flat),
                cum: values.text(place.cum),
                cum_percent: values.percent(place.cum),
            })
            .collect(),
        left_out: (!others.is_empty()).then(|| LeftOut {
            places: others.len(),
            flat: values.text(others.iter().map(|place| place.flat).sum()),
            how: "larger nodecount and max_bytes, or a narrower pattern",
        }),
    }
}

impl Answer for Matches {
    fn text(&self) -> String {
        let Matches { places, flat, flat_percent, cum, cum_percent, .. } = self;
        let mut text = self.about.text();
        text += &format!(
            "{places} places match: together cum {cum} {cum_percent}%, flat {flat} {flat_percent}%\n"
        );
        if !self.rows.is_empty() {
            text += "flat cum cum% function\n";
        }
        for Row { function, flat, cum, cum_percent } in &self.rows {
            text += &format!("{flat} {cum} {cum_percent} {}\n", quoted(function));
        }
        if let Some(LeftOut { places, flat, how }) = &self.left_out {
            text += &format!("left out: {places} places with {flat} of their own; to see them: {how}\n");
        }
        text
    }
}
