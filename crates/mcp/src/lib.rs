//! hotlist for coding assistants: a server of the Model Context Protocol (<https://modelcontextprotocol.io>).
//!
//! ```text
//! request -server-> tool -session-> Shape -tool-> Answer -budget-> structured content and text
//! ```
//!
//! * A tool is a file below `tools/` with a constant `TOOL`, and a line in `tools::ALL`. Its name, descriptions and
//!   schemas, the options of hotlist that it takes, and what it does stand there.
//! * An answer is built from a shape of the session, the heaviest first, and cut down until it fits into the bytes that
//!   the client allows. What was left out is summed up, with how to see it.
//! * Clients open files below the roots alone, and servers that were named when the program was started.
//! * Text from profiles is data: control characters and invisible ones are escaped, names are quoted.
//!
//! Tools read and never change anything. What a client can mend is told as the result of the tool, in one line, since
//! programs show that to their model and hide errors of the protocol.

mod about;
mod access;
mod branches;
mod budget;
mod call_tree;
mod desk;
mod hottest;
mod kept_trees;
mod names;
mod quote;
mod refusal;
mod request;
mod server;
mod shelf;
mod store;
mod tool;
mod tools;
mod values;

pub use access::{Access, AccessError};
pub use desk::McpSite;
pub use server::{McpServer, run};
