//! `callers_and_callees`: one place, who calls it and whom it calls, and the trees of both.

use hotlist_analyze::{Names, NodeTable};
use hotlist_report::{Neighbour, NeighboursEntry, Shape};
use rmcp::model::CallToolResult;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::about::{About, Basis, ask};
use crate::branches::Branch;
use crate::budget::{Answer, Room, fit, result};
use crate::call_tree::{self, CallTree, TreeRow};
use crate::desk::Desk;
use crate::names::Asked;
use crate::quote::{quoted, shown};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::shelf::Opened;
use crate::tool::{FILTERS, Tool, input, output};

pub(crate) const TOOL: Tool = Tool {
    name: "callers_and_callees",
    title: "Callers and callees",
    description: "One function: what it weighs, its callers and callees with the weight of the calls, the tree of its \
                  callers up to the root and that of its callees. Use it where a function is called from many places.",
    options: &[FILTERS, &["granularity", "nodecount"]],
    open_world: false,
    input: input::<Arguments>,
    output: output::<Around>,
    call,
};

/// How many rows each list has when clients do not say.
const ROWS: usize = 8;

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

/// A place and what is around it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Around {
    about: About,
    function: String,
    flat: String,
    flat_percent: f64,
    cum: String,
    cum_percent: f64,
    /// Other places that match, the heaviest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_matches: Vec<String>,
    #[serde(skip_serializing_if = "is_zero")]
    more_matches: usize,
    callers: Neighbours,
    callees: Neighbours,
    /// Below a frame are its callers.
    caller_tree: Vec<TreeRow>,
    callee_tree: Vec<TreeRow>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Neighbours {
    rows: Vec<Call>,
    /// Those that have no row.
    #[serde(skip_serializing_if = "is_zero")]
    more: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Call {
    function: String,
    /// The weight of the calls.
    weight: String,
    percent: f64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn call(desk: &Desk, request: &Request) -> Result<CallToolResult, Refusal> {
    let Arguments { profile, function } = request.own()?;
    let opened = desk.profile(profile.as_deref())?;
    let pattern = pattern(&opened, request, &function)?;
    let question = request.question(const { &hotlist_report::PEEK }, Some(&pattern))?;
    let (basis, mut entries) = ask(desk, &opened, request, &question, |shape| match shape {
        Shape::Neighbours(neighbours) => Some(neighbours.entries.clone()),
        _ => None,
    })?;
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.cum.unsigned_abs(), entry.flat.unsigned_abs())));
    let [entry, others @ ..] = entries.as_slice() else {
        return Err(Refusal::new(format!("no function matches {function}: search finds names")));
    };
    let most = request.most_rows(ROWS);
    let half = |inverted: bool| {
        let mut branch =
            Branch { pivot: entry.place.key().to_string(), ..Branch::whole(&opened.handle, request) };
        branch.options.view.inverted = inverted;
        let (_, graph) = call_tree::grow(desk, &opened, request, &branch, 2 * most)?;
        Ok::<_, Refusal>((graph, branch))
    };
    let (callers, callees) = (half(true)?, half(false)?);
    let trees = [&callers, &callees].map(|(graph, branch)| CallTree::new(graph, &basis.values, branch));
    let mut branches = desk.branches();
    let mut summed = Vec::new();
    let answer = fit(request.max_bytes, most, |room| {
        // The place itself is the first row of its trees.
        let tree_room = Room { rows: 1 + 2 * room.rows, ..room };
        let callers = trees[0].rows(tree_room, |more| branches.handle(more));
        let first = callers.branches.len();
        let callees = trees[1].rows(tree_room, |more| branches.handle(first + more));
        let mut around = around(&basis, entry, others, room);
        (around.caller_tree, around.callee_tree) = (callers.rows, callees.rows);
        summed = callers.branches;
        summed.extend(callees.branches);
        around
    })?;
    branches.add(summed);
    result(&answer)
}

/// The pattern of the places that are meant: those that answers call so, or else those that match.
fn pattern(opened: &Opened, request: &Request, function: &str) -> Result<String, Refusal> {
    let asked = Asked::new(function);
    let question = request.question(const { &hotlist_report::TEXT }, None)?;
    let names = opened.session.look(&question, &mut Vec::new(), |view| {
        let table = NodeTable::new(view, question.options.detail, Some(&question.options.path_trim));
        let names = Names::new(&table);
        let labels = table.ids().map(|node| &names.get(node).printable);
        Ok(labels.filter(|label| asked.is(label)).cloned().collect::<Vec<String>>())
    })?;
    Ok(asked.pattern(&names))
}

fn around(basis: &Basis, entry: &NeighboursEntry, others: &[NeighboursEntry], room: Room) -> Around {
    let values = &basis.values;
    let neighbours = |calls: &[Neighbour]| Neighbours {
        rows: calls
            .iter()
            .take(room.rows)
            .map(|call| Call {
                function: shown(&call.place.label, room.name),
                weight: values.text(call.weight),
                percent: values.percent(call.weight),
            })
            .collect(),
        more: calls.len().saturating_sub(room.rows),
    };
    let told = others.len().min(OTHERS).min(room.rows);
    Around {
        about: basis.about.clone(),
        function: shown(&entry.place.label, room.name),
        flat: values.text(entry.flat),
        flat_percent: values.percent(entry.flat),
        cum: values.text(entry.cum),
        cum_percent: values.percent(entry.cum),
        other_matches: others[..told].iter().map(|other| shown(&other.place.label, room.name)).collect(),
        more_matches: others.len() - told,
        callers: neighbours(&entry.callers),
        callees: neighbours(&entry.callees),
        caller_tree: Vec::new(),
        callee_tree: Vec::new(),
    }
}

impl Answer for Around {
    fn text(&self) -> String {
        let Around { function, flat, flat_percent, cum, cum_percent, .. } = self;
        let mut text = self.about.text();
        text += &format!("{}: cum {cum} {cum_percent}%, flat {flat} {flat_percent}%\n", quoted(function));
        if !self.other_matches.is_empty() {
            let names: Vec<String> = self.other_matches.iter().map(|name| quoted(name)).collect();
            let more = if self.more_matches > 0 {
                format!(" and {} more", self.more_matches)
            } else {
                String::new()
            };
            text += &format!("also matching: {}{more}\n", names.join(", "));
        }
        for (title, Neighbours { rows, more }) in [("callers", &self.callers), ("callees", &self.callees)] {
            text += &format!("{title}:\n");
            for Call { function, weight, percent } in rows {
                text += &format!("  {} {weight} {percent}%\n", quoted(function));
            }
            if *more > 0 {
                text += &format!("  ({more} more; a larger nodecount shows them)\n");
            }
        }
        for (title, rows) in [("tree of callers", &self.caller_tree), ("tree of callees", &self.callee_tree)]
        {
            text += &format!("{title}:\n{}", call_tree::text(rows, None));
        }
        text
    }
}
