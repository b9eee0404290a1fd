//! `tree`: the heaviest part of the call tree, and a handle for each branch that was summed up.

use rmcp::model::CallToolResult;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::about::About;
use crate::branches::Branch;
use crate::budget::{Answer, fit, result};
use crate::call_tree::{self, CallTree, More, Rows, TreeRow};
use crate::desk::Desk;
use crate::quote::{quoted, shown};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::tool::{FILTERS, Tool, input, output};

pub(crate) const TOOL: Tool = Tool {
    name: "tree",
    title: "Heaviest calls",
    description: "The call tree from its root, its heaviest frames only; below a frame is what it calls (with inverted, \
                  what calls it). What was left out is summed up under a branch handle: call tree with branch to go on \
                  there. Follow the heaviest rows down to where the time stays.",
    options: &[FILTERS, &["granularity", "inverted", "collapse_recursion", "nodecount"]],
    open_world: false,
    input: input::<Arguments>,
    output: output::<Tree>,
    call,
};

/// How many rows there are when clients do not say.
const ROWS: usize = 30;

/// How many names of the way to a branch are told.
const WAY: usize = 6;

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Arguments {
    /// Handle from open
    profile: Option<String>,
    /// Handle of an answer, without other options
    branch: Option<String>,
}

/// Frames, each before those below it, the heaviest first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Tree {
    about: About,
    /// The way from the root to what is shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    from: Vec<String>,
    rows: Vec<TreeRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<More>,
}

fn call(desk: &Desk, request: &Request) -> Result<CallToolResult, Refusal> {
    let Arguments { profile, branch: handle } = request.own()?;
    let (opened, branch) = match &handle {
        Some(handle) => {
            let branch = desk.branches().get(handle)?;
            if let Some(option) = request.given.iter().find(|option| **option != "nodecount") {
                return Err(Refusal::new(format!("branch {handle} has options already: leave out {option}")));
            }
            if profile.is_some_and(|profile| profile != branch.profile) {
                return Err(Refusal::new(format!("branch {handle} is of profile {}", branch.profile)));
            }
            (desk.profile(Some(&branch.profile))?, branch)
        }
        None => {
            let opened = desk.profile(profile.as_deref())?;
            let branch = Branch::whole(&opened.handle, request);
            (opened, branch)
        }
    };
    let most = request.most_rows(ROWS);
    let mut request = request.clone();
    request.told.clone_from(&branch.told);
    let (basis, graph) = call_tree::grow(desk, &opened, &request, &branch, most)?;
    let tree = CallTree::new(&graph, &basis.values, &branch);
    let mut branches = desk.branches();
    let mut summed = Vec::new();
    let answer = fit(request.max_bytes, most.min(tree.len()), |room| {
        let Rows { rows, more, branches: found } = tree.rows(room, |more| branches.handle(more));
        summed = found;
        let skipped = branch.names.len().saturating_sub(WAY);
        let from = branch.names[skipped..].iter().map(|name| shown(name, room.name)).collect();
        Tree { about: basis.about.clone(), from, rows, more }
    })?;
    branches.add(summed);
    result(&answer)
}

/// Lets the tree of the profile that was opened last grow.
pub(crate) fn prepare(desk: &Desk, request: &Request) -> Result<(), Refusal> {
    let opened = desk.profile(None)?;
    let whole = Branch::whole(&opened.handle, request);
    call_tree::grow(desk, &opened, request, &whole, ROWS)?;
    Ok(())
}

impl Answer for Tree {
    fn text(&self) -> String {
        let mut text = self.about.text();
        if !self.from.is_empty() {
            let names: Vec<String> = self.from.iter().map(|name| quoted(name)).collect();
            text += &format!("below {}\n", names.join(" > "));
        }
        text + &call_tree::text(&self.rows, self.more.as_ref())
    }
}
