//! What the program can do, a file for each.

pub(crate) mod completions;
pub(crate) mod help;
pub(crate) mod http;
pub(crate) mod man;
pub(crate) mod report;
pub(crate) mod symbols;
pub(crate) mod tui;
pub(crate) mod version;
