//! Template parameters: what they stand for, and what a substitution makes of them.

use super::graph::Graph;
use super::node::{Many, Node, NodeId, One, ScopeId, Two};
use crate::limit::{Parsed, Refused};

/// Where a substitution stands that refers to something with template parameters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings {
    /// The innermost template, if there is one.
    pub(super) scope: Option<ScopeId>,
    /// Whether it is in the parameters of a lambda.
    pub(super) in_lambda: bool,
    /// Whether it is in a constraint, where parameters are not replaced.
    pub(super) in_constraint: bool,
}

impl<'a> Graph<'a> {
    /// The name with all template parameters replaced by what they stand for, and packs expanded.
    pub(super) fn resolve(&mut self, id: NodeId) -> Parsed<NodeId> {
        self.resolve_for(id, None)
    }

    /// Resolves for all elements of packs (`None`), or for one.
    fn resolve_for(&mut self, id: NodeId, element: Option<u32>) -> Parsed<NodeId> {
        if !self.inside(id).unresolved {
            return Ok(id);
        }
        let place = id.0 as usize;
        if element.is_none() {
            if self.resolved.len() <= place {
                self.resolved.resize(place + 1, NodeId::NONE);
            }
            if self.resolved[place].is_some() {
                return Ok(self.resolved[place]);
            }
            // A parameter can stand for what contains it only in a damaged name; it stays then.
            self.resolved[place] = id;
        }
        self.limit.enter()?;
        let new = match self.node(id) {
            Node::Param { index, scope } => match self.argument(index, scope) {
                None => id,
                Some(argument) => {
                    let argument = match (element, self.node(argument)) {
                        (Some(element), Node::Many(Many::Pack, items)) if element < items.len => {
                            self.item(items, element)
                        }
                        _ => argument,
                    };
                    self.resolve_for(argument, None)?
                }
            },
            Node::One(One::Expansion, pattern) => match self.pack_length(pattern)? {
                None => self.rewrite(id, &mut |graph, child| graph.resolve_for(child, element))?,
                Some(length) => {
                    let mark = self.open_list();
                    for element in 0..length {
                        let one = self.resolve_for(pattern, Some(element))?;
                        self.push(one);
                    }
                    let list = self.close_list(mark);
                    self.many(Many::Expressions, list)?
                }
            },
            Node::One(One::SizeofPack, pattern) => match self.pack_length(pattern)? {
                None => self.rewrite(id, &mut |graph, child| graph.resolve_for(child, element))?,
                Some(length) => self.add(Node::Number(length))?,
            },
            _ => self.rewrite(id, &mut |graph, child| graph.resolve_for(child, element))?,
        };
        self.limit.leave();
        if element.is_none() {
            self.resolved[place] = new;
        }
        Ok(new)
    }

    /// How many elements the pack has that `pattern` is to be repeated for; `None` if it mentions no known pack.
    fn pack_length(&mut self, pattern: NodeId) -> Parsed<Option<u32>> {
        self.limit.step()?;
        if !self.inside(pattern).params {
            return Ok(None);
        }
        let node = self.node(pattern);
        match node {
            Node::Param { index, scope } => {
                let argument = self.argument(index, scope).map(|id| self.node(id));
                return Ok(match argument {
                    Some(Node::Many(Many::Pack, items)) => Some(items.len),
                    _ => None,
                });
            }
            Node::One(One::Expansion, _) | Node::Closure { .. } | Node::DefaultArgument { .. } => {
                return Ok(None);
            }
            _ => {}
        }
        self.limit.enter()?;
        let mut children = Vec::new();
        self.each_child(&node, &mut |id| children.push(id));
        let mut found = None;
        for child in children {
            found = self.pack_length(child)?;
            if found.is_some() {
                break;
            }
        }
        self.limit.leave();
        Ok(found)
    }

    /// What a substitution that refers to `id` stands for in another place: a template parameter is the one of
    /// the same number in the template at hand, or in the lambda.
    pub(super) fn rebind(&mut self, id: NodeId, place: Surroundings) -> Parsed<NodeId> {
        let inside = self.inside(id);
        if !inside.params
            || (!place.in_lambda
                && !place.in_constraint
                && inside.scope.is_some_and(|scope| Some(scope) == place.scope))
        {
            return Ok(id);
        }
        self.limit.enter()?;
        let new = match self.node(id) {
            Node::Param { index, .. } => self.parameter(id, index, place)?,
            Node::Auto(_) if place.in_lambda => id,
            Node::Auto(index) => self.parameter(id, index, place)?,
            Node::Two(Two::Typed, name, _) => {
                let mut inner = place;
                if let Node::Template { args, .. } = self.node(name) {
                    inner = Surroundings { scope: Some(self.add_scope(args)), in_lambda: false, ..place };
                }
                self.rewrite(id, &mut |graph, child| graph.rebind(child, inner))?
            }
            Node::Closure { .. } => {
                let inner = Surroundings { in_lambda: true, ..place };
                self.rewrite(id, &mut |graph, child| graph.rebind(child, inner))?
            }
            _ => self.rewrite(id, &mut |graph, child| graph.rebind(child, place))?,
        };
        self.limit.leave();
        Ok(new)
    }

    /// The parameter of this number in a place.
    fn parameter(&mut self, old: NodeId, index: u32, place: Surroundings) -> Parsed<NodeId> {
        if place.in_constraint {
            return self.add(Node::Invented { prefix: "T", index: index + 1 });
        }
        if place.in_lambda {
            return self.add(Node::Auto(index));
        }
        match place.scope {
            Some(scope) if scope == ScopeId::LATER || index < self.scope(scope).len => {
                self.add(Node::Param { index, scope })
            }
            Some(_) => Err(Refused),
            None => Ok(old),
        }
    }

    /// Whether a part of a list shows nothing, and needs no comma.
    pub(super) fn is_empty(&mut self, id: NodeId) -> Parsed<bool> {
        match self.node(id) {
            Node::Many(Many::Expressions, items) => Ok(items.len == 0),
            Node::Many(Many::Pack, items) => {
                for index in 0..items.len {
                    self.limit.enter()?;
                    let is_empty = self.is_empty(self.item(items, index))?;
                    self.limit.leave();
                    if !is_empty {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}
