//! `timeline`: what profiles of a store weigh over time.

use std::collections::BTreeMap;

use rmcp::model::CallToolResult;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::budget::{Answer, Room, fit, result};
use crate::desk::Desk;
use crate::quote::{quoted, shown};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::store::Store;
use crate::tool::{Tool, input, output};
use crate::values::{Values, percent_of};

pub(crate) const TOOL: Tool = Tool {
    name: "timeline",
    title: "Weight over time",
    description: "What a query of a store weighs over time, for each value of a label with by; and the address by which \
                  open gets the merged profile. Two of them, of a good and a bad time, go to compare.",
    options: &[],
    open_world: true,
    input: input::<Arguments>,
    output: output::<Timeline>,
    call,
};

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Arguments {
    /// Such as cpu{service="api"}
    query: String,
    from: Option<String>,
    to: Option<String>,
    /// A label
    by: Option<String>,
    store: Option<String>,
}

/// Sums over time.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Timeline {
    store: String,
    query: String,
    from: String,
    to: String,
    /// Of a point, in seconds.
    step: f64,
    total: String,
    profiles: u64,
    lines: Vec<TimeLine>,
    #[serde(skip_serializing_if = "is_zero")]
    more_lines: usize,
    /// The source of the merged profile, for open.
    open: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct TimeLine {
    /// The value of the label.
    value: String,
    total: String,
    percent: f64,
    profiles: u64,
    points: Vec<Point>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Point {
    at: String,
    weight: String,
    profiles: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// What the store answers: times are in milliseconds since 1970.
#[derive(Deserialize)]
struct Sums {
    from: i64,
    to: i64,
    step: f64,
    unit: String,
    series: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    labels: BTreeMap<String, String>,
    points: Vec<(i64, i64, u64)>,
}

impl Line {
    fn total(&self) -> i64 {
        self.points.iter().fold(0, |sum, (_, value, _)| sum.saturating_add(*value))
    }

    fn profiles(&self) -> u64 {
        self.points.iter().map(|(.., profiles)| profiles).sum()
    }
}

/// How many points a line has.
const POINTS: f64 = 24.0;

fn call(desk: &Desk, request: &Request) -> Result<CallToolResult, Refusal> {
    let Arguments { query, from, to, by, store } = request.own()?;
    let store = Store::of(desk, store.as_deref())?;
    let (from, to) = (from.as_deref().unwrap_or("-1h"), to.as_deref().unwrap_or("now"));
    let by = by.unwrap_or_default();
    let mut parameters = vec![("q", &*query), ("from", from), ("to", to)];
    if !by.is_empty() {
        parameters.push(("by", &by));
    }
    // How long the range is, the store tells.
    let first: Sums = store.ask("query_range", &parameters)?;
    let step = ((first.to - first.from) as f64 / 1000.0 / POINTS).ceil().max(10.0).to_string();
    parameters.push(("step", &step));
    let mut sums: Sums = store.ask("query_range", &parameters)?;
    sums.series.sort_by_key(|line| std::cmp::Reverse(line.total().unsigned_abs()));
    let total = sums.series.iter().fold(0i64, |sum, line| sum.saturating_add(line.total()));
    let kind = query.split(['{', ':']).next().unwrap_or_default();
    let values = Values::new(&sums.unit, shown(kind, 40), total);
    let place = store.place("query", &[("q", &query), ("from", &time(sums.from)), ("to", &time(sums.to))])?;
    let answer = fit(request.max_bytes, sums.series.len(), |room: Room| Timeline {
        store: store.address(),
        query: shown(&query, 400),
        from: time(sums.from),
        to: time(sums.to),
        step: sums.step,
        total: values.text(total),
        profiles: sums.series.iter().map(Line::profiles).sum(),
        lines: sums
            .series
            .iter()
            .take(room.rows)
            .map(|line| shown_line(line, total, &values, room))
            .collect(),
        more_lines: sums.series.len().saturating_sub(room.rows),
        open: place.redacted(),
    })?;
    result(&answer)
}

fn shown_line(line: &Line, total: i64, values: &Values, room: Room) -> TimeLine {
    let value: Vec<&str> = line.labels.values().map(String::as_str).collect();
    let point = |&(at, weight, profiles): &(i64, i64, u64)| Point {
        at: time(at),
        weight: values.text(weight),
        profiles,
    };
    TimeLine {
        value: shown(&value.join(" "), room.name),
        total: values.text(line.total()),
        percent: percent_of(line.total(), total),
        profiles: line.profiles(),
        points: line.points.iter().map(point).collect(),
    }
}

/// A time in milliseconds since 1970, by RFC 3339.
fn time(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds).unwrap_or_default().strftime("%FT%TZ").to_string()
}

impl Answer for Timeline {
    fn text(&self) -> String {
        let Timeline { store, query, from, to, step, total, profiles, lines, more_lines, open } = self;
        let mut text =
            format!("{store} {query}, {from} to {to}: {total} in {profiles} profiles, {step} s a point\n");
        if *profiles == 0 {
            text += "nothing was kept of this; services tells what there is\n";
        }
        for TimeLine { value, total, percent, profiles, points } in lines {
            if !value.is_empty() {
                text += &format!("{}: {total} {percent}% in {profiles} profiles\n", quoted(value));
            }
            for Point { at, weight, profiles } in points {
                text += &format!("  {at} {weight} ({profiles})\n");
            }
        }
        if *more_lines > 0 {
            text += &format!("({more_lines} more lines; a larger max_bytes shows them)\n");
        }
        text + &format!("to look into it: open with source {open}\n")
    }
}
