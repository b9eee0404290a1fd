//! Writing types inside out.
//!
//! A C++ declaration reads from the inside: in `int (*(*)(char))[3]` what is written around the first star are,
//! outwards, a pointer, a function, a pointer and an array. So a type that stands around another is not written
//! when it is met, but kept in a pile, and the type in its middle writes the pile where it belongs: a function
//! before and behind its parameters, an array before its dimension, and the others behind themselves.

use super::node::{List, Node, NodeId, One, Reference, Two};
use super::print::Printer;
use crate::Mode;
use crate::limit::Parsed;

impl Printer<'_, '_> {
    /// Whether there is something around the type at hand that was not written yet.
    pub(super) fn has_pile(&self) -> bool {
        self.pile.len() > self.floor
    }

    /// Writes `base` with `id` around it.
    pub(super) fn print_around(&mut self, id: NodeId, base: NodeId) -> Parsed<()> {
        self.pile.push(id);
        self.print(base)?;
        if self.has_pile() {
            self.print_top()?;
        }
        Ok(())
    }

    /// Writes all that stands around the type at hand.
    pub(super) fn print_pile(&mut self) -> Parsed<()> {
        while self.has_pile() {
            self.print_top()?;
        }
        Ok(())
    }

    /// Writes what stands nearest around the type at hand.
    pub(super) fn print_top(&mut self) -> Parsed<()> {
        let Some(id) = self.pile.pop() else { return Ok(()) };
        self.graph.limit.enter()?;
        match self.graph.node(id) {
            Node::One(One::Pointer, _) => self.write("*"),
            Node::One(One::LeftReference, _) => self.write("&"),
            Node::One(One::RightReference, _) => self.write("&&"),
            Node::One(One::Complex, _) => self.write(" _Complex"),
            Node::One(One::Imaginary, _) => self.write(" _Imaginary"),
            Node::One(One::ConstrainedAuto, _) => self.write(" auto"),
            Node::One(One::ConstrainedDecltypeAuto, _) => self.write(" decltype(auto)"),
            Node::One(One::ParamPack, of) => {
                self.write("...");
                if let Node::Two(Two::ValueParam, name, _) = self.graph.node(of) {
                    self.print(name)?;
                }
            }
            Node::Qualified { words, .. } => self.print_words(words)?,
            Node::Method { words, reference, .. } => {
                self.print_words(words)?;
                self.write(match reference {
                    Reference::None => "",
                    Reference::Left => " &",
                    Reference::Right => " &&",
                });
            }
            Node::Function { .. } => self.print_parameters(id)?,
            Node::Two(Two::Typed | Two::ValueParam | Two::ConstrainedParam, name, _) => {
                self.print_apart(name)?;
            }
            Node::Two(Two::Array, dimension, _) => self.print_dimension(dimension)?,
            Node::Two(Two::MemberPointer, class, _) => {
                if !self.ends_with(b'(') {
                    self.write(" ");
                }
                self.print_apart(class)?;
                self.write("::*");
            }
            Node::Two(Two::Vector, dimension, _) => {
                self.write(" __vector");
                self.print_in_parentheses(dimension)?;
            }
            Node::Two(Two::VendorQualified, qualifier, _) => {
                self.write(" ");
                self.print_apart(qualifier)?;
            }
            _ => self.print_apart(id)?,
        }
        self.graph.limit.leave();
        Ok(())
    }

    pub(super) fn print_words(&mut self, words: List) -> Parsed<()> {
        for index in 0..words.len {
            self.write(" ");
            self.print_apart(self.graph.item(words, index))?;
        }
        Ok(())
    }

    /// Writes the parameters of a function behind its name or what else stands around it.
    pub(super) fn print_parameters(&mut self, function: NodeId) -> Parsed<()> {
        let Node::Function { params, local, .. } = self.graph.node(function) else { return Ok(()) };
        // Pointers to functions and their like are in parentheses.
        let mut nearest = self.pile[self.floor..].iter().rev().filter_map(|&id| match self.graph.node(id) {
            Node::One(One::Pointer | One::LeftReference | One::RightReference, _) => Some(false),
            Node::One(One::Complex | One::Imaginary, _)
            | Node::Two(Two::MemberPointer, ..)
            | Node::Qualified { .. } => Some(true),
            _ => None,
        });
        let parentheses = nearest.next();
        if let Some(needs_space) = parentheses {
            let needs_space = needs_space || !(self.ends_with(b'(') || self.ends_with(b'*'));
            self.write(if needs_space && !self.ends_with(b' ') { " (" } else { "(" });
        }
        // The qualifiers of a method stand behind its parameters.
        let mut methods = Vec::new();
        while let Some(&id) = self.pile[self.floor..].last() {
            if let Node::Method { .. } = self.graph.node(id) {
                methods.push(id);
                self.pile.pop();
            } else {
                self.print_top()?;
            }
        }
        self.write(if parentheses.is_some() { ")(" } else { "(" });
        if !local || self.mode == Mode::Full {
            self.print_list(params)?;
        }
        self.write(")");
        self.pile.extend(methods);
        self.print_pile()
    }

    /// Writes the dimension of an array behind what stands around the array.
    pub(super) fn print_dimension(&mut self, dimension: NodeId) -> Parsed<()> {
        let mut space = " ";
        while let Some(&top) = self.pile[self.floor..].last() {
            let is_array = |id| matches!(self.graph.node(id), Node::Two(Two::Array, ..));
            let is_qualified_array =
                matches!(self.graph.node(top), Node::Qualified { base, .. } if is_array(base));
            if is_array(top) {
                // Of an array of arrays: one dimension behind the other.
                space = "";
                self.print_top()?;
            } else if is_qualified_array {
                self.print_top()?;
            } else {
                self.write(" (");
                self.print_pile()?;
                self.write(")");
            }
        }
        self.write(space);
        self.write("[");
        self.print_apart(dimension)?;
        self.write("]");
        Ok(())
    }
}
