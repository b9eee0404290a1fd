//! `S_` and its like: what was said before, or is said often.

use super::builtin::builtin;
use super::node::{Node, NodeId, ScopeId, Two};
use super::parser::Parser;
use super::resolve::Surroundings;
use crate::limit::{Parsed, Refused};

impl<'a> Parser<'a> {
    /// `<substitution> ::= S [<seq-id>] _ | St | Sa | Sb | Ss | Si | So | Sd`
    ///
    /// In a prefix, a constructor or destructor may follow; it takes the name of the template.
    pub(super) fn substitution(&mut self, in_prefix: bool) -> Parsed<NodeId> {
        self.cursor.expect(b'S')?;
        let code = self.cursor.next()?;
        if code == b'_' {
            return self.earlier(0);
        }
        if code.is_ascii_digit() || code.is_ascii_uppercase() {
            let mut number = digit(code)?;
            while !self.cursor.eat(b'_') {
                let digit = digit(self.cursor.next()?)?;
                number =
                    number.checked_mul(36).and_then(|number| number.checked_add(digit)).ok_or(Refused)?;
            }
            return self.earlier(number.checked_add(1).ok_or(Refused)?);
        }
        let is_followed_by_class_name = in_prefix && matches!(self.cursor.peek(), b'C' | b'D');
        let name = self.standard(code, is_followed_by_class_name)?;
        if self.cursor.peek() == b'B' {
            let tagged = self.tags(name)?;
            self.substitutions.push(tagged);
            return Ok(tagged);
        }
        Ok(name)
    }

    /// What the substitution of this number refers to, with the template parameters of this place.
    fn earlier(&mut self, number: u32) -> Parsed<NodeId> {
        let id = *self.substitutions.get(number as usize).ok_or(Refused)?;
        if !self.graph.inside(id).params {
            return Ok(id);
        }
        let scope = match (self.scopes.last(), self.graph.node(id)) {
            (Some(&scope), _) => Some(scope),
            (None, Node::Template { args, .. }) => Some(self.graph.add_scope(args)),
            (None, _) => None,
        };
        let place =
            Surroundings { scope, in_lambda: self.lambda_level.is_some(), in_constraint: self.in_constraint };
        let nodes = self.graph.len();
        let id = self.graph.rebind(id, place)?;
        if scope == Some(ScopeId::LATER) {
            for new in nodes..self.graph.len() {
                let new = NodeId(new as u32);
                if matches!(self.graph.node(new), Node::Param { scope: ScopeId::LATER, .. }) {
                    self.later.push(new);
                }
            }
        }
        Ok(id)
    }

    /// A name of the standard library. Before the name of its class as that of a constructor, the class is the
    /// template that it is short for.
    fn standard(&mut self, code: u8, in_full: bool) -> Parsed<NodeId> {
        let (short, full) = match code {
            b't' => return self.graph.add(Node::Name("std")),
            b'a' => ("allocator", None),
            b'b' => ("basic_string", None),
            b's' => ("string", Some("basic_string")),
            b'i' => ("istream", Some("basic_istream")),
            b'o' => ("ostream", Some("basic_ostream")),
            b'd' => ("iostream", Some("basic_iostream")),
            _ => return Err(Refused),
        };
        let Some(full) = full.filter(|_| in_full) else { return self.in_std(short) };
        let char = self.graph.add(Node::Builtin(builtin(b'c').ok_or(Refused)?))?;
        let mut arguments = vec![char];
        for name in ["char_traits", "allocator"] {
            if name == "allocator" && code != b's' {
                continue;
            }
            let name = self.in_std(name)?;
            let args = self.graph.add_list(&[char])?;
            arguments.push(self.graph.add(Node::Template { name, args })?);
        }
        let name = self.in_std(full)?;
        let args = self.graph.add_list(&arguments)?;
        self.graph.add(Node::Template { name, args })
    }

    fn in_std(&mut self, name: &'static str) -> Parsed<NodeId> {
        let std = self.graph.add(Node::Name("std"))?;
        let name = self.graph.add(Node::Name(name))?;
        self.graph.two(Two::Qualified, std, name)
    }
}

fn digit(byte: u8) -> Parsed<u32> {
    match byte {
        b'0'..=b'9' => Ok(u32::from(byte - b'0')),
        b'A'..=b'Z' => Ok(u32::from(byte - b'A') + 10),
        _ => Err(Refused),
    }
}
