//! Names of functions and objects, and the scopes they are in.

use super::node::{List, Many, Node, NodeId, One, Reference, ScopeId, Two};
use super::operator::Operator;
use super::parser::{Parser, Signature};
use crate::limit::{Parsed, Refused};

/// A name, and what its reading told about the rest.
pub(super) struct Named {
    pub(super) name: NodeId,
    /// The first parameter is the object, and is declared (`this` deduced).
    pub(super) explicit_object: bool,
}

/// A name without its scope.
struct Unqualified {
    name: NodeId,
    /// It is a conversion operator, and the parameters that wait for its template are those from here on.
    conversion: Option<usize>,
}

impl<'a> Parser<'a> {
    /// A whole symbol.
    ///
    /// `<encoding> ::= <function name> <bare-function-type> | <data name> | <special-name>`
    pub(super) fn encoding(&mut self, signature: Signature) -> Parsed<NodeId> {
        self.graph.limit.enter()?;
        let encoding = self.encoding_inside(signature);
        self.graph.limit.leave();
        encoding
    }

    fn encoding_inside(&mut self, signature: Signature) -> Parsed<NodeId> {
        if matches!(self.cursor.peek(), b'G' | b'T') {
            return self.special_name();
        }
        let Named { name: whole, explicit_object } = self.name()?;
        let whole = self.graph.resolve(whole)?;
        if signature != Signature::NameOnly && matches!(self.cursor.peek(), 0 | b'E') {
            return Ok(whole);
        }
        let (name, qualifiers) = self.split_qualifiers(whole)?;
        if signature == Signature::NameOnly {
            return Ok(name);
        }

        let template = self.template_of(whole);
        let lambda_level = self.lambda_level;
        if let Some(args) = template {
            let scope = self.graph.add_scope(args);
            self.scopes.push(scope);
            self.lambda_level = None;
        }
        let conditions =
            if self.cursor.eat_word("Ua9enable_ifI") { self.template_arguments()? } else { List::EMPTY };
        let returns = self.has_return_type(whole);
        let function = self.bare_function_type(returns, explicit_object)?;
        let requires = self.optional_constraint()?;
        if template.is_some() {
            self.scopes.pop();
            self.lambda_level = lambda_level;
        }

        let mut kind = self.graph.resolve(function)?;
        if let (Signature::Enclosing, Node::Function { returns, params, .. }) =
            (signature, self.graph.node(kind))
        {
            kind = self.graph.add(Node::Function { returns, params, local: true })?;
        }
        if let Some((words, reference)) = qualifiers {
            kind = self.graph.add(Node::Method { base: kind, words, reference })?;
        }
        let mut symbol = self.graph.two(Two::Typed, name, kind)?;
        if conditions.len > 0 {
            symbol = self.graph.add(Node::EnableIf { of: symbol, conditions })?;
        }
        if requires.is_some() {
            symbol = self.graph.two(Two::Constraint, symbol, requires)?;
        }
        Ok(symbol)
    }

    /// A name without the qualifiers of the method, and these, which belong behind its parameters.
    fn split_qualifiers(&mut self, name: NodeId) -> Parsed<(NodeId, Option<(List, Reference)>)> {
        match self.graph.node(name) {
            Node::Method { base, words, reference } => Ok((base, Some((words, reference)))),
            Node::Two(Two::Local, function, inner) => {
                let (inner, qualifiers) = match self.graph.node(inner) {
                    Node::DefaultArgument { number, name } => {
                        let (name, qualifiers) = self.split_method(name);
                        (self.graph.add(Node::DefaultArgument { number, name })?, qualifiers)
                    }
                    _ => self.split_method(inner),
                };
                Ok((self.graph.two(Two::Local, function, inner)?, qualifiers))
            }
            _ => Ok((name, None)),
        }
    }

    fn split_method(&self, name: NodeId) -> (NodeId, Option<(List, Reference)>) {
        match self.graph.node(name) {
            Node::Method { base, words, reference } => (base, Some((words, reference))),
            _ => (name, None),
        }
    }

    /// The arguments of the template that the types of a function's parameters can refer to.
    fn template_of(&self, name: NodeId) -> Option<List> {
        match self.graph.node(name) {
            Node::Template { args, .. } => Some(args),
            Node::Two(Two::Local, _, name) => self.template_of(name),
            Node::Two(Two::Qualified, _, name) => match self.graph.node(name) {
                Node::Two(Two::InheritingConstructor, _, base) => self.template_of(base),
                _ => None,
            },
            Node::Two(Two::InheritingConstructor, _, base) => self.template_of(base),
            Node::Method { base, .. } => self.template_of(base),
            _ => None,
        }
    }

    /// Whether the type of a function begins with what it returns: so it is for templates only, except those
    /// whose name tells it.
    fn has_return_type(&self, name: NodeId) -> bool {
        match self.graph.node(name) {
            Node::Two(Two::Local, _, name) => self.has_return_type(name),
            Node::Template { name, .. } => !self.names_its_type(name),
            Node::Method { base, .. } | Node::Qualified { base, .. } => self.has_return_type(base),
            _ => false,
        }
    }

    fn names_its_type(&self, name: NodeId) -> bool {
        match self.graph.node(name) {
            Node::Two(Two::Qualified | Two::Local, _, name) => self.names_its_type(name),
            Node::One(One::Constructor | One::Destructor | One::Cast, _) => true,
            Node::Two(Two::InheritingConstructor, ..) => true,
            _ => false,
        }
    }

    /// `<name> ::= <nested-name> | <local-name> | <unscoped-name> [<template-args>]`
    pub(super) fn name(&mut self) -> Parsed<Named> {
        self.graph.limit.enter()?;
        let named = match self.cursor.peek() {
            b'N' => self.nested_name(),
            b'Z' => self.local_name(),
            _ => self.unscoped_name().map(|name| Named { name, explicit_object: false }),
        };
        self.graph.limit.leave();
        named
    }

    fn unscoped_name(&mut self) -> Parsed<NodeId> {
        let mut is_candidate = true;
        let unqualified = match (self.cursor.peek(), self.cursor.peek_at(1)) {
            // Lambdas and unnamed types have no template arguments.
            (b'U', _) => {
                let Unqualified { name, conversion } = self.unqualified_name(NodeId::NONE)?;
                debug_assert!(conversion.is_none(), "an operator begins with a small letter");
                return Ok(name);
            }
            (b'S', b't') => {
                self.cursor.skip(2);
                let Unqualified { name, conversion } = self.unqualified_name(NodeId::NONE)?;
                let std = self.graph.add(Node::Name("std"))?;
                Unqualified { name: self.graph.two(Two::Qualified, std, name)?, conversion }
            }
            (b'S', _) => {
                let name = self.substitution(false)?;
                if self.is_module(name) {
                    self.unqualified_name(name)?
                } else {
                    is_candidate = false;
                    Unqualified { name, conversion: None }
                }
            }
            _ => self.unqualified_name(NodeId::NONE)?,
        };
        let Unqualified { mut name, conversion } = unqualified;
        let mut args = None;
        if self.cursor.eat(b'I') {
            if is_candidate {
                self.substitutions.push(name);
            }
            let list = self.template_arguments()?;
            args = Some(list);
            name = self.graph.add(Node::Template { name, args: list })?;
        }
        if let Some(mark) = conversion {
            self.bind_later(mark, args)?;
        }
        Ok(name)
    }

    /// `<nested-name> ::= N [<CV-qualifiers>] [<ref-qualifier>] <prefix> E | N H <prefix> E`
    fn nested_name(&mut self) -> Parsed<Named> {
        self.cursor.expect(b'N')?;
        let explicit_object = self.cursor.eat(b'H');
        let (words, reference) = if explicit_object {
            (List::EMPTY, Reference::None)
        } else {
            (self.qualifier_words()?, self.reference_qualifier())
        };
        let mut name = self.prefix()?;
        if words.len > 0 || reference != Reference::None {
            name = self.graph.add(Node::Method { base: name, words, reference })?;
        }
        Ok(Named { name, explicit_object })
    }

    /// `<ref-qualifier> ::= R | O`
    pub(super) fn reference_qualifier(&mut self) -> Reference {
        if self.cursor.eat(b'R') {
            Reference::Left
        } else if self.cursor.eat(b'O') {
            Reference::Right
        } else {
            Reference::None
        }
    }

    /// The parts of a nested name, from the outermost scope on, and its `E`.
    ///
    /// Each part so far is a candidate for substitution, but the whole name is not: where it is one, whoever
    /// asked for the name says so.
    fn prefix(&mut self) -> Parsed<NodeId> {
        let mut whole = NodeId::NONE;
        let mut last = NodeId::NONE;
        let mut module = NodeId::NONE;
        // The conversion operator whose parameters wait for its template arguments.
        let mut conversion: Option<(usize, NodeId)> = None;
        loop {
            let first = self.cursor.peek();
            let part = match (first, self.cursor.peek_at(1)) {
                (b'0'..=b'9' | b'a'..=b'z' | b'U' | b'L' | b'F' | b'W', _) | (b'D', b'C') => {
                    let part = self.unqualified_name(std::mem::replace(&mut module, NodeId::NONE))?;
                    if let Some(mark) = part.conversion {
                        conversion = Some((mark, part.name));
                    }
                    part.name
                }
                (b'C', _) => self.constructor(last)?,
                (b'D', b'T' | b't') => self.type_name()?,
                (b'D', _) => {
                    self.cursor.skip(1);
                    self.cursor.next()?;
                    let class = self.class_name(last)?;
                    let name = self.graph.one(One::Destructor, class)?;
                    self.tags(name)?
                }
                (b'S', _) => {
                    let part = self.substitution(true)?;
                    if self.is_module(part) {
                        module = part;
                        continue;
                    }
                    part
                }
                // Some versions of clang leave out the letter of template arguments before that of a pack.
                (b'I' | b'J', _) if whole.is_some() => {
                    self.cursor.eat(b'I');
                    let args = self.template_arguments()?;
                    if let Some((mark, _)) = conversion.take() {
                        self.bind_later(mark, Some(args))?;
                    }
                    let name = std::mem::replace(&mut whole, NodeId::NONE);
                    self.graph.add(Node::Template { name, args })?
                }
                (b'T', _) => self.template_parameter()?,
                // A lambda in the initializer of a member: the member is its scope.
                (b'M', _) if whole.is_some() => {
                    self.cursor.skip(1);
                    continue;
                }
                (b'E', _) if whole.is_some() => {
                    self.cursor.skip(1);
                    if let Some((mark, name)) = conversion {
                        let args = self.converted_to_template(name);
                        self.bind_later(mark, args)?;
                    }
                    return Ok(whole);
                }
                _ => return Err(Refused),
            };
            last = part;
            whole = if whole.is_some() { self.graph.two(Two::Qualified, whole, part)? } else { part };
            if first != b'S' && !matches!(self.cursor.peek(), 0 | b'E') {
                self.substitutions.push(whole);
            }
        }
    }

    /// The arguments of the template that a conversion operator converts to.
    fn converted_to_template(&self, conversion: NodeId) -> Option<List> {
        match self.graph.node(conversion) {
            Node::Two(Two::Tagged, name, _) => self.converted_to_template(name),
            Node::One(One::Cast, to) => match self.graph.node(to) {
                Node::Template { args, .. } => Some(args),
                _ => None,
            },
            _ => None,
        }
    }

    /// `C1`, `C2` and so on, or `CI1 <base class type>` for one that is inherited.
    fn constructor(&mut self, last: NodeId) -> Parsed<NodeId> {
        self.cursor.skip(1);
        let is_inherited = self.cursor.eat(b'I');
        self.cursor.next()?;
        let class = self.class_name(last)?;
        let name = if is_inherited {
            let base = self.type_name()?;
            self.graph.two(Two::InheritingConstructor, class, base)?
        } else {
            self.graph.one(One::Constructor, class)?
        };
        self.tags(name)
    }

    /// The name that a class has in the names of its constructors.
    fn class_name(&self, mut class: NodeId) -> Parsed<NodeId> {
        loop {
            class = match self.graph.node(class) {
                Node::Nothing => return Err(Refused),
                Node::Template { name, .. }
                | Node::Two(Two::Qualified | Two::Local, _, name)
                | Node::Two(Two::Tagged, name, _) => name,
                _ => return Ok(class),
            };
        }
    }

    /// A name without its scope, in the module that was named before it.
    ///
    /// `<unqualified-name> ::= [<module-name>] [F] [L] <operator-name> | <source-name> | <unnamed-type-name>`
    /// `| DC <source-name>+ E`, and tags.
    fn unqualified_name(&mut self, module: NodeId) -> Parsed<Unqualified> {
        let module = self.module_name(module)?;
        let is_friend = self.cursor.eat(b'F');
        let mut conversion = None;
        let mut name = match (self.cursor.peek(), self.cursor.peek_at(1)) {
            (b'0'..=b'9', _) => self.source_name()?,
            (b'a'..=b'z', _) => {
                let mark = self.later.len();
                let name = self.operator_name(false)?;
                match self.graph.node(name) {
                    Node::One(One::Cast, _) => {
                        conversion = Some(mark);
                        name
                    }
                    Node::Operator(operator) if operator.is_literal() => {
                        let suffix = self.source_name()?;
                        self.graph.two(Two::Prefix, name, suffix)?
                    }
                    _ => name,
                }
            }
            (b'D', b'C') => {
                self.cursor.skip(2);
                let mark = self.graph.open_list();
                loop {
                    let binding = self.source_name()?;
                    self.graph.push(binding);
                    if self.cursor.eat(b'E') {
                        break;
                    }
                }
                let bindings = self.graph.close_list(mark);
                self.graph.many(Many::Bindings, bindings)?
            }
            (b'L', _) => {
                self.cursor.skip(1);
                let name = self.source_name()?;
                self.discriminator()?;
                name
            }
            (b'U', b'b') => {
                self.cursor.skip(2);
                self.index()?;
                self.graph.add(Node::Name("'block-literal'"))?
            }
            (b'U', b'l') => self.closure()?,
            (b'U', b't') => self.unnamed_type()?,
            _ => return Err(Refused),
        };
        if module.is_some() {
            name = self.graph.two(Two::InModule, name, module)?;
        }
        name = self.tags(name)?;
        if is_friend {
            name = self.graph.one(One::Friend, name)?;
        }
        Ok(Unqualified { name, conversion })
    }

    /// The name of a module, in the one that was named before it.
    ///
    /// `<module-name> ::= [<module-name>] W [P] <source-name>`
    pub(super) fn module_name(&mut self, mut module: NodeId) -> Parsed<NodeId> {
        while self.cursor.eat(b'W') {
            let kind = if self.cursor.eat(b'P') { Two::ModulePartition } else { Two::ModulePart };
            let name = self.source_name()?;
            module = self.graph.two(kind, module, name)?;
            self.substitutions.push(module);
        }
        Ok(module)
    }

    /// Whether a substitution stands for a module.
    pub(super) fn is_module(&self, id: NodeId) -> bool {
        matches!(self.graph.node(id), Node::Two(Two::ModulePart | Two::ModulePartition, ..))
    }

    /// A name that a module was read for.
    pub(super) fn name_in_module(&mut self, module: NodeId) -> Parsed<NodeId> {
        Ok(self.unqualified_name(module)?.name)
    }

    /// A name in an expression.
    pub(super) fn plain_name(&mut self) -> Parsed<NodeId> {
        self.name_in_module(NodeId::NONE)
    }

    /// `<operator-name> ::= <code> | cv <type> | v <digit> <source-name>`
    pub(super) fn operator_name(&mut self, in_expression: bool) -> Parsed<NodeId> {
        let code = [self.cursor.next()?, self.cursor.next()?];
        match code {
            [b'v', b'0'..=b'9'] => {
                let name = self.source_text()?;
                self.graph.add(Node::VendorOperator(name))
            }
            [b'c', b'v'] if in_expression => self.of_type(One::Cast),
            [b'c', b'v'] => {
                self.scopes.push(ScopeId::LATER);
                let to = self.type_in(true)?;
                self.scopes.pop();
                self.graph.one(One::Cast, to)
            }
            _ => {
                let operator = Operator::of(code).ok_or(Refused)?;
                self.graph.add(Node::Operator(operator))
            }
        }
    }

    /// `<local-name> ::= Z <function encoding> E <entity name> [<discriminator>] | Z <encoding> E s [<discriminator>]`
    /// `| Z <encoding> E d [<number>] _ <entity name>`
    fn local_name(&mut self) -> Parsed<Named> {
        self.cursor.expect(b'Z')?;
        let function = self.encoding(Signature::Enclosing)?;
        self.cursor.expect(b'E')?;
        if self.cursor.eat(b's') {
            let name = self.graph.add(Node::Name("string literal"))?;
            self.discriminator()?;
            return Ok(Named { name: self.graph.two(Two::Local, function, name)?, explicit_object: false });
        }
        let number = if self.cursor.eat(b'd') { Some(self.index()?) } else { None };
        let Named { mut name, explicit_object } = self.name()?;
        self.discriminator()?;
        if let Some(number) = number {
            name = self.graph.add(Node::DefaultArgument { number, name })?;
        }
        Ok(Named { name: self.graph.two(Two::Local, function, name)?, explicit_object })
    }

    /// What tells names of one function apart. It is not shown. At the end of a symbol clang leaves out the
    /// underscore.
    ///
    /// `<discriminator> ::= _ <digit> | __ <number> _`
    pub(super) fn discriminator(&mut self) -> Parsed<()> {
        if !self.cursor.eat(b'_') {
            if self.cursor.rest().bytes().all(|byte| byte.is_ascii_digit()) {
                self.cursor.skip(self.cursor.rest().len());
            }
            return Ok(());
        }
        let is_long = self.cursor.eat(b'_');
        if self.cursor.decimal()? >= 10 && is_long {
            self.cursor.expect(b'_')?;
        }
        Ok(())
    }

    /// `<unnamed-type-name> ::= Ut [<number>] _`
    pub(super) fn unnamed_type(&mut self) -> Parsed<NodeId> {
        self.cursor.skip(2);
        let number = self.index()?;
        let id = self.graph.add(Node::Unnamed(number))?;
        self.substitutions.push(id);
        Ok(id)
    }
}
