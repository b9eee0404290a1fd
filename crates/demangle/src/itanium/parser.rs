//! The state of reading a name, and the small rules that others share.

use super::graph::Graph;
use super::node::{List, Many, Node, NodeId, One, ScopeId, Two};
use crate::cursor::Cursor;
use crate::limit::{Parsed, Refused};

/// Reads a name after the grammar of the ABI. Its rules are methods, spread over the files of this folder.
#[derive(Debug)]
pub(super) struct Parser<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) graph: Graph<'a>,
    /// What `S_`, `S0_` and so on refer to.
    pub(super) substitutions: Vec<NodeId>,
    /// The templates whose parameters can be used, outermost first.
    pub(super) scopes: Vec<ScopeId>,
    /// Parameters in the type of a conversion operator, whose template is not known yet.
    pub(super) later: Vec<NodeId>,
    /// Inside the parameters of a lambda: the level that its own template parameters have.
    pub(super) lambda_level: Option<usize>,
    /// Whether this is in a constraint, where template parameters are shown by number.
    pub(super) in_constraint: bool,
    /// How many names were invented for type, value and template parameters of lambdas.
    pub(super) invented: [u32; 3],
}

/// Whether functions have their parameters and what they return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signature {
    /// Both are read.
    Full,
    /// Both are read, and the function is the scope of a name.
    Enclosing,
    /// Reading stops after the name.
    NameOnly,
}

/// A place to come back to when a rule turns out not to apply.
pub(super) struct Mark<'a> {
    cursor: Cursor<'a>,
    substitutions: usize,
    scopes: usize,
    later: usize,
    lambda_level: Option<usize>,
    in_constraint: bool,
    invented: [u32; 3],
    graph: (usize, u32),
}

impl<'a> Parser<'a> {
    /// Reads `mangled`, which stands behind `_Z`.
    pub(super) fn new(mangled: &'a str) -> Self {
        Self {
            cursor: Cursor::new(mangled),
            graph: Graph::new(mangled.len()),
            substitutions: Vec::with_capacity(16),
            scopes: Vec::new(),
            later: Vec::new(),
            lambda_level: None,
            in_constraint: false,
            invented: [0; 3],
        }
    }

    pub(super) fn mark(&self) -> Mark<'a> {
        Mark {
            cursor: self.cursor,
            substitutions: self.substitutions.len(),
            scopes: self.scopes.len(),
            later: self.later.len(),
            lambda_level: self.lambda_level,
            in_constraint: self.in_constraint,
            invented: self.invented,
            graph: self.graph.mark(),
        }
    }

    pub(super) fn go_back(&mut self, mark: &Mark<'a>) {
        self.cursor = mark.cursor;
        self.substitutions.truncate(mark.substitutions);
        self.scopes.truncate(mark.scopes);
        self.later.truncate(mark.later);
        self.lambda_level = mark.lambda_level;
        self.in_constraint = mark.in_constraint;
        self.invented = mark.invented;
        self.graph.go_back(mark.graph);
    }

    /// Adds the name that stands next, with its length before it.
    ///
    /// `<source-name> ::= <(positive length) number> <identifier>`
    pub(super) fn source_name(&mut self) -> Parsed<NodeId> {
        let text = self.source_text()?;
        self.graph.add(Node::Name(text))
    }

    /// The text of a source name. Compilers name anonymous namespaces `_GLOBAL__N_1` and the like.
    pub(super) fn source_text(&mut self) -> Parsed<&'a str> {
        let length = self.cursor.decimal()?;
        if length == 0 {
            return Err(Refused);
        }
        let text = self.cursor.take(length as usize)?;
        let anonymous = text.strip_prefix("_GLOBAL_").is_some_and(|rest| {
            let rest = rest.as_bytes();
            rest.len() > 2 && matches!(rest[0], b'.' | b'_' | b'$') && rest[1] == b'N'
        });
        Ok(if anonymous { "(anonymous namespace)" } else { text })
    }

    /// `<number> ::= [n] <non-negative decimal integer>`
    pub(super) fn number(&mut self) -> Parsed<i32> {
        let negative = self.cursor.eat(b'n');
        let value = i32::try_from(self.cursor.decimal()?).map_err(|_| Refused)?;
        Ok(if negative { -value } else { value })
    }

    /// A number where a missing one is 0 and `0` is 1: `[<number>] _`
    pub(super) fn index(&mut self) -> Parsed<u32> {
        if self.cursor.eat(b'_') {
            return Ok(0);
        }
        let number = self.cursor.decimal()?;
        self.cursor.expect(b'_')?;
        number.checked_add(1).filter(|&number| number < 1 << 30).ok_or(Refused)
    }

    /// The tags of a name.
    ///
    /// `<abi-tags> ::= (B <source-name>)*`
    pub(super) fn tags(&mut self, mut name: NodeId) -> Parsed<NodeId> {
        while self.cursor.eat(b'B') {
            let tag = self.source_name()?;
            name = self.graph.two(Two::Tagged, name, tag)?;
        }
        Ok(name)
    }

    /// `<template-args> ::= I <template-arg>+ E`, after its `I`.
    pub(super) fn template_arguments(&mut self) -> Parsed<List> {
        let mark = self.graph.open_list();
        while !self.cursor.eat(b'E') {
            let argument = self.template_argument(Some(mark))?;
            self.graph.push(argument);
            if self.cursor.peek() == b'Q' {
                // What the template requires of its arguments is not shown.
                self.constraint()?;
                if self.cursor.peek() != b'E' {
                    return Err(Refused);
                }
            }
        }
        Ok(self.graph.close_list(mark))
    }

    /// The template of `name`, if its arguments follow.
    pub(super) fn with_arguments(&mut self, name: NodeId) -> Parsed<NodeId> {
        if !self.cursor.eat(b'I') {
            return Ok(name);
        }
        let args = self.template_arguments()?;
        self.graph.add(Node::Template { name, args })
    }

    /// A template argument; `before` says where the list of those before it began.
    ///
    /// `<template-arg> ::= <type> | X <expression> E | <expr-primary> | J <template-arg>* E`
    /// `| <template-param-decl> <template-arg>`
    pub(super) fn template_argument(&mut self, before: Option<usize>) -> Parsed<NodeId> {
        self.graph.limit.enter()?;
        let argument = match (self.cursor.peek(), self.cursor.peek_at(1)) {
            (b'X', _) => {
                self.cursor.skip(1);
                let expression = self.expression()?;
                self.cursor.expect(b'E')?;
                expression
            }
            (b'L', _) => self.primary()?,
            (b'I' | b'J', _) => {
                self.cursor.skip(1);
                let args = self.template_arguments()?;
                self.graph.many(Many::Pack, args)?
            }
            (b'T', b'y' | b'n' | b't' | b'p' | b'k') => {
                // A declaration can use the arguments before it. It is there to tell overloads apart, and is
                // not shown.
                let args = before.map_or(Ok(List::EMPTY), |mark| self.graph.list_so_far(mark))?;
                let scope = self.graph.add_scope(args);
                self.scopes.push(scope);
                self.template_parameter_declaration()?.ok_or(Refused)?;
                self.scopes.pop();
                self.template_argument(None)?
            }
            _ => self.type_name()?,
        };
        self.graph.limit.leave();
        Ok(argument)
    }

    /// `<template-param> ::= T [L <level> _] [<number>] _`
    pub(super) fn template_parameter(&mut self) -> Parsed<NodeId> {
        let start = self.cursor.position();
        self.cursor.expect(b'T')?;
        let level = if self.cursor.eat(b'L') { self.index()? as usize } else { 0 };
        let index = self.index()?;
        if self.in_constraint {
            let text = self.cursor.since(start);
            return self.graph.add(Node::Name(text.strip_suffix('_').unwrap_or(text)));
        }
        let of_lambda = self.lambda_level == Some(level);
        match self.scopes.get(level) {
            Some(&scope) if scope == ScopeId::LATER => self.parameter_for_later(index),
            Some(&scope) if index < self.graph.scope(scope).len => {
                self.graph.add(Node::Param { index, scope })
            }
            // Parameters of a lambda that are declared `auto` look like template parameters.
            _ if of_lambda => self.graph.add(Node::Auto(index)),
            _ => Err(Refused),
        }
    }

    /// A parameter of a template that is not known yet.
    pub(super) fn parameter_for_later(&mut self, index: u32) -> Parsed<NodeId> {
        let param = self.graph.add(Node::Param { index, scope: ScopeId::LATER })?;
        self.later.push(param);
        Ok(param)
    }

    /// Gives the parameters that wait since `mark` the template they belong to. Without one they are refused.
    pub(super) fn bind_later(&mut self, mark: usize, args: Option<List>) -> Parsed<()> {
        if self.later.len() <= mark {
            return Ok(());
        }
        let args = args.ok_or(Refused)?;
        let scope = self.graph.add_scope(args);
        for param in self.later.drain(mark..) {
            match self.graph.node(param) {
                Node::Param { index, .. } if index < args.len => self.graph.bind(param, scope),
                _ => return Err(Refused),
            }
        }
        Ok(())
    }

    /// A constraint, where template parameters stand for themselves.
    ///
    /// `Q <constraint-expression>`
    pub(super) fn constraint(&mut self) -> Parsed<NodeId> {
        self.cursor.expect(b'Q')?;
        let before = std::mem::replace(&mut self.in_constraint, true);
        let expression = self.expression();
        self.in_constraint = before;
        expression
    }

    /// A constraint, if there is one.
    pub(super) fn optional_constraint(&mut self) -> Parsed<NodeId> {
        if self.cursor.peek() == b'Q' { self.constraint() } else { Ok(NodeId::NONE) }
    }

    /// A type, as a child of a node with one.
    pub(super) fn of_type(&mut self, kind: One) -> Parsed<NodeId> {
        let of = self.type_name()?;
        self.graph.one(kind, of)
    }
}
