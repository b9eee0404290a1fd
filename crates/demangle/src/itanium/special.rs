//! Symbols that compilers make for themselves: tables, thunks, guards.

use super::node::{Many, Node, NodeId, One, Two};
use super::parser::{Parser, Signature};
use crate::limit::{Parsed, Refused};

impl<'a> Parser<'a> {
    /// `<special-name> ::= T <...> | G <...>`
    pub(super) fn special_name(&mut self) -> Parsed<NodeId> {
        let code = [self.cursor.next()?, self.cursor.next()?];
        match &code {
            b"TV" => self.of_type(One::Special("vtable for ")),
            b"TT" => self.of_type(One::Special("VTT for ")),
            b"TI" => self.of_type(One::Special("typeinfo for ")),
            b"TS" => self.of_type(One::Special("typeinfo name for ")),
            b"TF" => self.of_type(One::Special("typeinfo fn for ")),
            b"TJ" => self.of_type(One::Special("java Class for ")),
            b"TA" => {
                let argument = self.template_argument(None)?;
                self.graph.one(One::Special("template parameter object for "), argument)
            }
            b"TC" => {
                let class = self.type_name()?;
                if self.number()? < 0 {
                    return Err(Refused);
                }
                self.cursor.expect(b'_')?;
                let base = self.type_name()?;
                self.graph.two(Two::ConstructionVtable, base, class)
            }
            b"Th" => {
                self.call_offset(b'h')?;
                self.of_encoding("non-virtual thunk to ")
            }
            b"Tv" => {
                self.call_offset(b'v')?;
                self.of_encoding("virtual thunk to ")
            }
            b"Tc" => {
                for _ in 0..2 {
                    let kind = self.cursor.next()?;
                    self.call_offset(kind)?;
                }
                self.of_encoding("covariant return thunk to ")
            }
            b"TH" => self.of_name("TLS init function for "),
            b"TW" => self.of_name("TLS wrapper function for "),
            b"GV" => self.of_name("guard variable for "),
            b"GR" => {
                let id = self.of_name("reference temporary for ")?;
                self.cursor.take_while(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
                if !self.cursor.eat(b'_') && !self.cursor.at_end() {
                    return Err(Refused);
                }
                Ok(id)
            }
            b"GA" => self.of_encoding("hidden alias for "),
            b"GT" => {
                let kind = self.cursor.next()?;
                self.of_encoding(if kind == b'n' {
                    "non-transaction clone for "
                } else {
                    "transaction clone for "
                })
            }
            b"GI" => {
                let module = self.module_name(NodeId::NONE)?;
                if !module.is_some() {
                    return Err(Refused);
                }
                self.graph.one(One::Special("initializer for module "), module)
            }
            b"Gr" => self.java_resource(),
            _ => Err(Refused),
        }
    }

    fn of_name(&mut self, words: &'static str) -> Parsed<NodeId> {
        let name = self.name()?.name;
        self.graph.one(One::Special(words), name)
    }

    fn of_encoding(&mut self, words: &'static str) -> Parsed<NodeId> {
        let encoding = self.encoding(Signature::Full)?;
        self.graph.one(One::Special(words), encoding)
    }

    /// How a thunk moves `this`. It is not shown.
    ///
    /// `<call-offset> ::= h <number> _ | v <number> _ <number> _`, after its letter.
    fn call_offset(&mut self, kind: u8) -> Parsed<()> {
        self.number()?;
        self.cursor.expect(b'_')?;
        match kind {
            b'h' => Ok(()),
            b'v' => {
                self.number()?;
                self.cursor.expect(b'_')
            }
            _ => Err(Refused),
        }
    }

    /// `Gr <length> _ <text>`, where `$S` is a slash, `$_` a dot and `$$` a dollar sign.
    fn java_resource(&mut self) -> Parsed<NodeId> {
        let length = self.cursor.decimal()?;
        self.cursor.expect(b'_')?;
        let text =
            self.cursor.take(length.checked_sub(1).filter(|&length| length > 0).ok_or(Refused)? as usize)?;
        let mark = self.graph.open_list();
        let mut pieces = text.split('$');
        let first = self.graph.add(Node::Name(pieces.next().unwrap_or("")))?;
        self.graph.push(first);
        while let Some(piece) = pieces.next() {
            let (escaped, rest) = match piece.as_bytes().first() {
                Some(b'S') => ("/", &piece[1..]),
                Some(b'_') => (".", &piece[1..]),
                // Two dollar signs have nothing between them.
                None => ("$", pieces.next().ok_or(Refused)?),
                _ => return Err(Refused),
            };
            for text in [escaped, rest] {
                let id = self.graph.add(Node::Name(text))?;
                self.graph.push(id);
            }
        }
        let pieces = self.graph.close_list(mark);
        let name = self.graph.many(Many::Joined, pieces)?;
        self.graph.one(One::Special("java resource "), name)
    }
}
