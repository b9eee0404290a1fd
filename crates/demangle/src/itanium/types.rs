//! Types.

use super::builtin::{builtin, is_void, newer_builtin};
use super::node::{List, Node, NodeId, One, Reference, Two, Word};
use super::parser::Parser;
use crate::limit::{Parsed, Refused};

/// A type without its qualifiers.
struct Unqualified {
    id: NodeId,
    /// Whether a substitution can refer to it.
    is_candidate: bool,
}

impl<'a> Parser<'a> {
    /// A type.
    pub(super) fn type_name(&mut self) -> Parsed<NodeId> {
        self.type_in(false)
    }

    /// A type, which may be that of a conversion operator: template arguments behind it may be the operator's.
    ///
    /// `<type> ::= <CV-qualifiers> <type> | <builtin-type> | <function-type> | <class-enum-type> | <array-type>`
    /// `| <pointer-to-member-type> | <template-param> | <decltype> | <substitution> | (P|R|O|C|G) <type>` and more.
    pub(super) fn type_in(&mut self, in_conversion: bool) -> Parsed<NodeId> {
        self.graph.limit.enter()?;
        let words = self.qualifier_words()?;
        let first = self.cursor.peek();
        let mut id;
        if let Some(builtin) = builtin(first) {
            self.cursor.skip(1);
            id = self.graph.add(Node::Builtin(builtin))?;
        } else {
            let unqualified = self.unqualified_type(in_conversion)?;
            id = unqualified.id;
            // The qualifiers of a function's type are part of it.
            let is_method = words.len > 0 && first == b'F';
            if unqualified.is_candidate && !is_method {
                self.substitutions.push(id);
            }
        }
        if words.len > 0 {
            id = self.graph.add(Node::Qualified { base: id, words })?;
            self.substitutions.push(id);
        }
        self.graph.limit.leave();
        Ok(id)
    }

    fn unqualified_type(&mut self, in_conversion: bool) -> Parsed<Unqualified> {
        let candidate = |id| Ok(Unqualified { id, is_candidate: true });
        match (self.cursor.peek(), self.cursor.peek_at(1)) {
            (b'u', _) => {
                self.cursor.skip(1);
                let name = self.source_name()?;
                if !self.cursor.eat(b'I') {
                    return candidate(name);
                }
                let of = self.type_name()?;
                self.cursor.expect(b'E')?;
                candidate(self.graph.two(Two::Transformed, name, of)?)
            }
            (b'F', _) => candidate(self.function_type()?),
            (b'N' | b'W' | b'Z' | b'0'..=b'9', _) => candidate(self.name()?.name),
            (b'A', _) => {
                self.cursor.skip(1);
                let dimension = self.dimension()?;
                self.cursor.expect(b'_')?;
                let element = self.type_in(in_conversion)?;
                candidate(self.graph.two(Two::Array, dimension, element)?)
            }
            (b'M', _) => {
                self.cursor.skip(1);
                let class = self.type_name()?;
                let member = self.type_in(in_conversion)?;
                candidate(self.graph.two(Two::MemberPointer, class, member)?)
            }
            (b'T', letter @ (b's' | b'u' | b'e')) => {
                self.cursor.skip(2);
                let name = self.name()?.name;
                let word = match letter {
                    b's' => "struct ",
                    b'u' => "union ",
                    _ => "enum ",
                };
                candidate(self.graph.one(One::Elaborated(word), name)?)
            }
            (b'T', _) => {
                let param = self.template_parameter()?;
                if self.cursor.peek() != b'I' {
                    return candidate(param);
                }
                let mark = self.mark();
                self.substitutions.push(param);
                let template = self.arguments_of(param, in_conversion);
                if let Ok(Some(template)) = template {
                    return candidate(template);
                }
                if !in_conversion {
                    return Err(Refused);
                }
                self.go_back(&mark);
                candidate(param)
            }
            (b'S', second) => self.type_of_substitution(second, in_conversion),
            (letter @ (b'P' | b'R' | b'O' | b'C' | b'G'), _) => {
                self.cursor.skip(1);
                let of = self.type_in(in_conversion)?;
                let kind = match letter {
                    b'P' => One::Pointer,
                    b'R' => One::LeftReference,
                    b'O' => One::RightReference,
                    b'C' => One::Complex,
                    _ => One::Imaginary,
                };
                candidate(self.graph.one(kind, of)?)
            }
            (b'U', b'l') => Ok(Unqualified { id: self.closure()?, is_candidate: false }),
            (b'U', b't') => Ok(Unqualified { id: self.unnamed_type()?, is_candidate: false }),
            (b'U', _) => {
                self.cursor.skip(1);
                let name = self.source_name()?;
                let qualifier = self.with_arguments(name)?;
                let of = self.type_in(in_conversion)?;
                candidate(self.graph.two(Two::VendorQualified, qualifier, of)?)
            }
            (b'D', _) => {
                self.cursor.skip(1);
                self.newer_type(in_conversion)
            }
            _ => Err(Refused),
        }
    }

    /// Template arguments of a parameter that is a template. In the type of a conversion operator, they are its
    /// own unless others follow; then this returns `None` or fails, and they must be read again.
    fn arguments_of(&mut self, param: NodeId, in_conversion: bool) -> Parsed<Option<NodeId>> {
        self.cursor.expect(b'I')?;
        let args = self.template_arguments()?;
        if in_conversion && self.cursor.peek() != b'I' {
            return Ok(None);
        }
        self.graph.add(Node::Template { name: param, args }).map(Some)
    }

    fn type_of_substitution(&mut self, second: u8, in_conversion: bool) -> Parsed<Unqualified> {
        if !(second.is_ascii_digit() || second.is_ascii_uppercase() || second == b'_') {
            let start = self.cursor.position();
            let id = self.name()?.name;
            // `Sa` and its like are no candidates, but what is made of them is.
            let is_abbreviation = second != b't' && self.cursor.position() == start + 2;
            return Ok(Unqualified { id, is_candidate: !is_abbreviation });
        }
        let mut id = self.substitution(false)?;
        if self.is_module(id) {
            id = self.name_in_module(id)?;
            self.substitutions.push(id);
        }
        if self.cursor.peek() != b'I' {
            return Ok(Unqualified { id, is_candidate: false });
        }
        if in_conversion && matches!(self.graph.node(id), Node::Param { .. }) {
            let mark = self.mark();
            if let Ok(Some(template)) = self.arguments_of(id, true) {
                return Ok(Unqualified { id: template, is_candidate: true });
            }
            self.go_back(&mark);
            return Ok(Unqualified { id, is_candidate: false });
        }
        Ok(Unqualified { id: self.with_arguments(id)?, is_candidate: true })
    }

    /// The types whose code begins with `D`, which was read.
    fn newer_type(&mut self, in_conversion: bool) -> Parsed<Unqualified> {
        let code = self.cursor.next()?;
        if let Some(builtin) = newer_builtin(code) {
            return Ok(Unqualified { id: self.graph.add(Node::Builtin(builtin))?, is_candidate: false });
        }
        let is_candidate = matches!(code, b'T' | b't' | b'p' | b'v');
        let id = match code {
            b'T' | b't' => {
                let expression = self.expression()?;
                self.cursor.expect(b'E')?;
                self.graph.one(One::Decltype, expression)?
            }
            b'p' => {
                let pattern = self.type_in(in_conversion)?;
                self.graph.one(One::Expansion, pattern)?
            }
            b'a' => self.graph.add(Node::Name("auto"))?,
            b'c' => self.graph.add(Node::Name("decltype(auto)"))?,
            b'F' => self.float_or_fixed(in_conversion)?,
            b'v' => {
                let dimension = if self.cursor.eat(b'_') {
                    self.expression()?
                } else {
                    let number = self.cursor.decimal()?;
                    self.graph.add(Node::Number(number))?
                };
                self.cursor.expect(b'_')?;
                let element = self.type_in(in_conversion)?;
                self.graph.two(Two::Vector, dimension, element)?
            }
            b'B' | b'U' => {
                let size = if self.cursor.peek().is_ascii_digit() {
                    let bits = self.cursor.decimal()?;
                    self.graph.add(Node::Number(bits))?
                } else {
                    self.expression()?
                };
                self.cursor.expect(b'_')?;
                self.graph.add(Node::BitInt { size, signed: code == b'B' })?
            }
            b'k' => {
                let concept = self.name()?.name;
                self.graph.one(One::ConstrainedAuto, concept)?
            }
            b'K' => {
                let concept = self.name()?.name;
                self.graph.one(One::ConstrainedDecltypeAuto, concept)?
            }
            _ => return Err(Refused),
        };
        Ok(Unqualified { id, is_candidate })
    }

    /// `DF <bits> _` and the fixed-point types `DF [<bits>] <type> [<bits>] (s | n)`, after `DF`.
    fn float_or_fixed(&mut self, in_conversion: bool) -> Parsed<NodeId> {
        let accumulator = self.cursor.peek().is_ascii_digit();
        let bits = if accumulator { self.cursor.decimal()? } else { 0 };
        if self.cursor.eat(b'_') {
            return if bits == 0 { Err(Refused) } else { self.graph.add(Node::BinaryFloat(bits)) };
        }
        let base = self.type_in(in_conversion)?;
        self.cursor.take_while(|byte| byte.is_ascii_digit());
        let saturated = !self.cursor.at_end() && self.cursor.next()? == b's';
        self.graph.add(Node::Fixed { base, accumulator, saturated })
    }

    /// The dimension of an array: digits, an expression, or nothing.
    fn dimension(&mut self) -> Parsed<NodeId> {
        match self.cursor.peek() {
            b'_' => self.graph.add(Node::Name("")),
            b'0'..=b'9' => {
                let digits = self.cursor.take_while(|byte| byte.is_ascii_digit());
                self.graph.add(Node::Name(digits))
            }
            _ => self.expression(),
        }
    }

    /// `<CV-qualifiers> ::= [r] [V] [K]`, and those of functions: `Do`, `DO <expression> E`, `Dw <type>+ E`, `Dx`.
    ///
    /// They are shown in the opposite order.
    pub(super) fn qualifier_words(&mut self) -> Parsed<List> {
        let mark = self.graph.open_list();
        loop {
            let (length, word) = match (self.cursor.peek(), self.cursor.peek_at(1)) {
                (b'r', _) => (1, Word::Restrict),
                (b'V', _) => (1, Word::Volatile),
                (b'K', _) => (1, Word::Const),
                (b'D', b'x') => (2, Word::TransactionSafe),
                (b'D', b'o' | b'O') => (2, Word::Noexcept),
                (b'D', b'w') => (2, Word::Throw),
                _ => break,
            };
            let has_operand = matches!(self.cursor.peek_at(1), b'O' | b'w') && length == 2;
            self.cursor.skip(length);
            let operands = match word {
                Word::Throw => {
                    let types = self.parameter_types(false)?;
                    self.cursor.expect(b'E')?;
                    types
                }
                Word::Noexcept if has_operand => {
                    let expression = self.expression()?;
                    self.cursor.expect(b'E')?;
                    self.graph.add_list(&[expression])?
                }
                _ => List::EMPTY,
            };
            let word = self.graph.add(Node::Qualifier(word, operands))?;
            self.graph.push(word);
        }
        self.graph.reverse_pushed(mark);
        Ok(self.graph.close_list(mark))
    }

    /// `<function-type> ::= F [Y] <bare-function-type> [<ref-qualifier>] E`
    fn function_type(&mut self) -> Parsed<NodeId> {
        self.cursor.expect(b'F')?;
        // C linkage is not shown.
        self.cursor.eat(b'Y');
        let function = self.bare_function_type(true, false)?;
        let reference = self.reference_qualifier();
        self.cursor.expect(b'E')?;
        if reference == Reference::None {
            return Ok(function);
        }
        self.graph.add(Node::Method { base: function, words: List::EMPTY, reference })
    }

    /// `<bare-function-type> ::= [J] <type>+`
    pub(super) fn bare_function_type(
        &mut self,
        has_return_type: bool,
        explicit_object: bool,
    ) -> Parsed<NodeId> {
        let has_return_type = self.cursor.eat(b'J') || has_return_type;
        let returns = if has_return_type { self.type_name()? } else { NodeId::NONE };
        let params = self.parameter_types(explicit_object)?;
        self.graph.add(Node::Function { returns, params, local: false })
    }

    /// The types of parameters, of which there is at least one: a function without any has `void`.
    pub(super) fn parameter_types(&mut self, explicit_object: bool) -> Parsed<List> {
        let mark = self.graph.open_list();
        loop {
            match (self.cursor.peek(), self.cursor.peek_at(1)) {
                (0 | b'E' | b'.' | b'Q', _) | (b'R' | b'O', b'E') => break,
                _ => {}
            }
            let mut id = self.type_name()?;
            if explicit_object && self.graph.pushed(mark).is_empty() {
                id = self.graph.one(One::ExplicitObject, id)?;
            }
            self.graph.push(id);
        }
        match *self.graph.pushed(mark) {
            [] => return Err(Refused),
            [only] if matches!(self.graph.node(only), Node::Builtin(builtin) if is_void(builtin)) => {
                self.graph.close_list(mark);
                return Ok(List::EMPTY);
            }
            _ => {}
        }
        Ok(self.graph.close_list(mark))
    }
}
