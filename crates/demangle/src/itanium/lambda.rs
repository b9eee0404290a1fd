//! Lambdas, and the template parameters that they declare.

use super::node::{Node, NodeId, One, Two};
use super::parser::Parser;
use crate::limit::{Parsed, Refused};

/// A template parameter that was declared.
pub(super) struct Declared {
    /// What is shown.
    pub(super) declaration: NodeId,
    /// What refers to it.
    pub(super) name: NodeId,
}

impl Parser<'_> {
    /// `<closure-type-name> ::= Ul <template-param-decl>* [Q <constraint>] <parameter type>+ [Q <constraint>] E`
    /// `[<number>] _`
    pub(super) fn closure(&mut self) -> Parsed<NodeId> {
        self.cursor.skip(2);
        let outer_level = self.lambda_level.replace(self.scopes.len());
        let mark = self.graph.open_list();
        let mut own = None;
        // The names of its template parameters, which later ones may use.
        let mut names = Vec::new();
        while let Some(declared) = self.template_parameter_declaration()? {
            self.graph.push(declared.declaration);
            names.push(declared.name);
            let args = self.graph.add_list(&names)?;
            match own {
                Some(scope) => self.graph.set_scope(scope, args),
                None => {
                    let scope = self.graph.add_scope(args);
                    self.scopes.push(scope);
                    own = Some(scope);
                }
            }
        }
        let declarations = self.graph.close_list(mark);
        let requires = self.optional_constraint()?;
        let params = self.parameter_types(false)?;
        self.lambda_level = outer_level;
        if own.is_some() {
            self.scopes.pop();
        }
        let head = if declarations.len > 0 || requires.is_some() {
            self.graph.add(Node::ParamList { params: declarations, requires })?
        } else {
            NodeId::NONE
        };
        let requires = self.optional_constraint()?;
        self.cursor.expect(b'E')?;
        let number = self.index()?;
        let signature = self.graph.add(Node::Signature { head, params, requires })?;
        self.graph.add(Node::Closure { signature, number })
    }

    /// The declaration of a template parameter of a lambda, if one is next. Mangled names do not tell its name, so
    /// one is invented.
    ///
    /// `<template-param-decl> ::= Ty | Tk <concept name> | Tn <type> | Tt <template-param-decl>* E`
    /// `| Tp <template-param-decl>`
    pub(super) fn template_parameter_declaration(&mut self) -> Parsed<Option<Declared>> {
        if self.cursor.peek() != b'T' {
            return Ok(None);
        }
        let kind = self.cursor.peek_at(1);
        if !matches!(kind, b'y' | b'k' | b'n' | b't' | b'p') {
            return Ok(None);
        }
        self.cursor.skip(2);
        self.graph.limit.enter()?;
        let declared = match kind {
            b'y' => {
                let name = self.invent(0)?;
                Declared { declaration: self.graph.one(One::TypeParam, name)?, name }
            }
            b'k' => {
                let before = std::mem::replace(&mut self.in_constraint, true);
                let concept = self.name()?.name;
                self.in_constraint = before;
                let name = self.invent(0)?;
                Declared { declaration: self.graph.two(Two::ConstrainedParam, name, concept)?, name }
            }
            b'n' => {
                let name = self.invent(1)?;
                let of = self.type_name()?;
                Declared { declaration: self.graph.two(Two::ValueParam, name, of)?, name }
            }
            b't' => self.template_template_parameter()?,
            _ => {
                let of = self.template_parameter_declaration()?.ok_or(Refused)?;
                Declared { declaration: self.graph.one(One::ParamPack, of.declaration)?, name: of.name }
            }
        };
        self.graph.limit.leave();
        Ok(Some(declared))
    }

    fn template_template_parameter(&mut self) -> Parsed<Declared> {
        let name = self.invent(2)?;
        let mark = self.graph.open_list();
        let mut requires = NodeId::NONE;
        let scopes = self.scopes.len();
        let mut names = Vec::new();
        while !self.cursor.eat(b'E') {
            let declared = self.template_parameter_declaration()?.ok_or(Refused)?;
            self.graph.push(declared.declaration);
            names.push(declared.name);
            self.scopes.truncate(scopes);
            let args = self.graph.add_list(&names)?;
            let scope = self.graph.add_scope(args);
            self.scopes.push(scope);
            if self.cursor.peek() == b'Q' {
                requires = self.constraint()?;
            }
        }
        self.scopes.truncate(scopes);
        let params = self.graph.close_list(mark);
        Ok(Declared { declaration: self.graph.add(Node::TemplateParam { name, params, requires })?, name })
    }

    fn invent(&mut self, kind: usize) -> Parsed<NodeId> {
        let index = self.invented[kind];
        self.invented[kind] += 1;
        self.graph.add(Node::Invented { prefix: ["$T", "$N", "$TT"][kind], index })
    }
}
