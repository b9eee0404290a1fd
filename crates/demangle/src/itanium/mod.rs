//! C++ names, after the Itanium ABI.
//!
//! Source of the grammar: <https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling>. What compilers do
//! beyond it, or against it, is noted where it is read. A name is read into a [graph](graph) of
//! [nodes](node), its template parameters are [replaced](resolve), and the graph is [written](print).

mod builtin;
mod expression;
mod graph;
mod lambda;
mod name;
mod node;
mod operator;
mod parser;
mod pile;
mod print;
mod print_expression;
mod resolve;
mod special;
mod substitution;
mod types;

use crate::Mode;
use crate::limit::{Parsed, Refused};
use node::{Node, NodeId, One, Two};
use parser::{Parser, Signature};
use print::Printer;

/// The readable form of a mangled C++ name.
pub(crate) fn demangle(name: &str, mode: Mode) -> Parsed<String> {
    if let Some(mangled) = name.strip_prefix("_Z") {
        return symbol(mangled, mode, None);
    }
    if let Some(mangled) = name.strip_prefix("___Z") {
        return block(mangled, mode);
    }
    global(name.strip_prefix("_GLOBAL_").ok_or(Refused)?, mode)
}

/// A symbol, with words before it.
fn symbol(mangled: &str, mode: Mode, words: Option<&'static str>) -> Parsed<String> {
    let mut parser = Parser::new(mangled);
    let signature = if mode == Mode::Full { Signature::Full } else { Signature::NameOnly };
    let mut id = parser.encoding(signature)?;
    // What stands behind a symbol (`.part.0`, `.cold`, `.llvm.123`) tells of the compiler's work, and is left out.
    if let Some(words) = words {
        id = parser.graph.one(One::Special(words), id)?;
    }
    finish(parser, id, mode)
}

fn finish(mut parser: Parser<'_>, id: NodeId, mode: Mode) -> Parsed<String> {
    let id = parser.graph.resolve(id)?;
    Printer::text(&mut parser.graph, id, mode)
}

/// What clang makes of a block in a function: `___Z<encoding>_block_invoke[_]<number>`.
fn block(mangled: &str, mode: Mode) -> Parsed<String> {
    let end = mangled.rfind("_block_invoke").ok_or(Refused)?;
    let rest = &mangled[end + "_block_invoke".len()..];
    let rest =
        rest.strip_prefix('_').unwrap_or(rest).trim_start_matches(|digit: char| digit.is_ascii_digit());
    if !(rest.is_empty() || rest.starts_with('.')) {
        return Err(Refused);
    }
    symbol(&mangled[..end], mode, Some("invocation function for block in "))
}

/// What old compilers made of all constructors of a file: `_GLOBAL_[._$][ID]_<name>`. Parameters are part of it.
fn global(name: &str, mode: Mode) -> Parsed<String> {
    let words = match name.as_bytes() {
        [b'.' | b'_' | b'$', b'I', b'_', _, ..] => "global constructors keyed to ",
        [b'.' | b'_' | b'$', b'D', b'_', _, ..] => "global destructors keyed to ",
        _ => return Err(Refused),
    };
    let Some(mangled) = name[3..].strip_prefix("_Z") else {
        return Ok(format!("{words}{}", &name[3..]));
    };
    let mut parser = Parser::new(mangled);
    let mut id = parser.encoding(Signature::Full)?;
    if mode != Mode::Full {
        id = clones(&mut parser, id)?;
    }
    let id = parser.graph.one(One::Special(words), id)?;
    finish(parser, id, mode)
}

/// The suffixes of a function that was cloned, each shown.
fn clones(parser: &mut Parser<'_>, mut id: NodeId) -> Parsed<NodeId> {
    let is_suffix = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    while parser.cursor.peek() == b'.' && is_suffix(parser.cursor.peek_at(1)) {
        let start = parser.cursor.position();
        parser.cursor.skip(1);
        parser.cursor.take_while(is_suffix);
        while parser.cursor.peek() == b'.' && parser.cursor.peek_at(1).is_ascii_digit() {
            parser.cursor.skip(1);
            parser.cursor.take_while(|byte| byte.is_ascii_digit());
        }
        let suffix = parser.graph.add(Node::Name(parser.cursor.since(start)))?;
        id = parser.graph.two(Two::Clone, id, suffix)?;
    }
    if parser.cursor.at_end() { Ok(id) } else { Err(Refused) }
}
