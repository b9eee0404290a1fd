//! The tools, a file for each.

mod callers_and_callees;
mod compare;
mod disassembly;
mod open;
mod search;
mod source;
mod symbols;
mod tags;
mod top;
mod tree;

use crate::tool::Tool;

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
];
