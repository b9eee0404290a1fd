//! The tools, a file for each.

mod callers_and_callees;
mod compare;
mod disassembly;
mod open;
mod search;
mod services;
mod source;
mod symbols;
mod tags;
mod timeline;
mod top;
mod tree;

use rmcp::model::JsonObject;

use crate::desk::Desk;
use crate::refusal::Refusal;
use crate::request::Request;
use crate::tool::Tool;

pub(crate) use open::TOOL as OPEN;

/// Every tool, in the order in which clients list them.
pub(crate) const ALL: &[Tool] = &[
    open::TOOL,
    top::TOOL,
    tree::TOOL,
    callers_and_callees::TOOL,
    source::TOOL,
    disassembly::TOOL,
    search::TOOL,
    tags::TOOL,
    compare::TOOL,
    symbols::TOOL,
    services::TOOL,
    timeline::TOOL,
];

/// Works out what clients ask first of the profile that was opened last; it is kept.
pub(crate) fn prepare(desk: &Desk) -> Result<(), Refusal> {
    let request = Request::read(&top::TOOL, JsonObject::new(), &desk.site.options)?;
    (top::TOOL.call)(desk, &request)?;
    tree::prepare(desk, &request)
}
