//! The graph of a name while it is read: adding nodes, and replacing what is inside of them.

use super::node::{List, Many, Node, NodeId, One, Part, Reference, ScopeId, Three, Two};
use crate::limit::{Limit, Parsed};

/// What is known about the inside of a node, itself included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inside {
    /// There are template parameters, or `auto` parameters of lambdas.
    pub(super) params: bool,
    /// There is something that [`resolve`](Graph::resolve) replaces.
    pub(super) unresolved: bool,
    /// The scope of every parameter, where they have one in common.
    pub(super) scope: Option<ScopeId>,
}

impl Inside {
    const NOTHING: Self = Self { params: false, unresolved: false, scope: None };

    fn join(&mut self, other: Self) {
        self.unresolved |= other.unresolved;
        if other.params {
            self.scope = if self.params && self.scope != other.scope { None } else { other.scope };
            self.params = true;
        }
    }
}

/// Every node of a name.
#[derive(Debug)]
pub(super) struct Graph<'a> {
    nodes: Vec<Node<'a>>,
    inside: Vec<Inside>,
    /// The children of nodes that have many.
    items: Vec<NodeId>,
    /// The arguments of each template whose parameters are used.
    scopes: Vec<List>,
    /// Lists under construction, one on top of the other.
    scratch: Vec<NodeId>,
    /// What each node became when it was resolved.
    pub(super) resolved: Vec<NodeId>,
    /// What the name may still cost.
    pub(super) limit: Limit,
}

impl<'a> Graph<'a> {
    /// A graph in which nothing is but [`NodeId::NONE`], with room for a name of `length` bytes.
    pub(super) fn new(length: usize) -> Self {
        let room = length.min(1 << 12) + 8;
        let mut nodes = Vec::with_capacity(room);
        let mut inside = Vec::with_capacity(room);
        nodes.push(Node::Nothing);
        inside.push(Inside::NOTHING);
        Self {
            nodes,
            inside,
            items: Vec::with_capacity(room),
            scopes: vec![List::EMPTY],
            scratch: Vec::new(),
            resolved: Vec::new(),
            limit: Limit::new(length),
        }
    }

    /// How many nodes there are.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The node of this number.
    #[inline]
    pub(super) fn node(&self, id: NodeId) -> Node<'a> {
        self.nodes[id.0 as usize]
    }

    /// What is inside of a node.
    #[inline]
    pub(super) fn inside(&self, id: NodeId) -> Inside {
        self.inside[id.0 as usize]
    }

    /// The nodes of a list.
    #[inline]
    pub(super) fn list(&self, list: List) -> &[NodeId] {
        &self.items[list.start as usize..][..list.len as usize]
    }

    /// One node of a list.
    #[inline]
    pub(super) fn item(&self, list: List, index: u32) -> NodeId {
        self.items[(list.start + index) as usize]
    }

    /// Begins a list; its nodes are [pushed](Graph::push) until it is [closed](Graph::close_list).
    pub(super) fn open_list(&self) -> usize {
        self.scratch.len()
    }

    /// Adds a node to the list that was opened last.
    pub(super) fn push(&mut self, id: NodeId) {
        self.scratch.push(id);
    }

    /// The nodes that were pushed since `mark`, without ending their list.
    pub(super) fn pushed(&self, mark: usize) -> &[NodeId] {
        &self.scratch[mark..]
    }

    /// Turns the list that was opened last around.
    pub(super) fn reverse_pushed(&mut self, mark: usize) {
        self.scratch[mark..].reverse();
    }

    /// Stores the nodes that were pushed since `mark`, without ending their list.
    pub(super) fn list_so_far(&mut self, mark: usize) -> Parsed<List> {
        self.limit.steps(self.scratch.len() - mark)?;
        Ok(self.store_pushed(mark))
    }

    fn store_pushed(&mut self, mark: usize) -> List {
        let start = self.items.len() as u32;
        self.items.extend_from_slice(&self.scratch[mark..]);
        List { start, len: self.items.len() as u32 - start }
    }

    /// Ends the list that was opened last.
    pub(super) fn close_list(&mut self, mark: usize) -> List {
        let list = self.store_pushed(mark);
        self.scratch.truncate(mark);
        list
    }

    /// Stores a list.
    pub(super) fn add_list(&mut self, ids: &[NodeId]) -> Parsed<List> {
        self.limit.steps(ids.len())?;
        let start = self.items.len() as u32;
        self.items.extend_from_slice(ids);
        Ok(List { start, len: ids.len() as u32 })
    }

    /// A state of lists and limits to come back to; nodes may stay.
    pub(super) fn mark(&self) -> (usize, u32) {
        (self.scratch.len(), self.limit.depth())
    }

    /// Gives up the lists that were begun since `mark`.
    pub(super) fn go_back(&mut self, (lists, depth): (usize, u32)) {
        self.scratch.truncate(lists);
        self.limit.set_depth(depth);
    }

    /// Opens a scope: a template whose parameters stand for `args`.
    pub(super) fn add_scope(&mut self, args: List) -> ScopeId {
        self.scopes.push(args);
        ScopeId(self.scopes.len() as u32 - 1)
    }

    /// Replaces the arguments of a scope that is still being read.
    pub(super) fn set_scope(&mut self, scope: ScopeId, args: List) {
        self.scopes[scope.0 as usize] = args;
    }

    /// The arguments that the parameters of a scope stand for.
    pub(super) fn scope(&self, scope: ScopeId) -> List {
        self.scopes[scope.0 as usize]
    }

    /// What a parameter stands for.
    pub(super) fn argument(&self, index: u32, scope: ScopeId) -> Option<NodeId> {
        let args = self.scope(scope);
        (scope != ScopeId::LATER && index < args.len).then(|| self.item(args, index))
    }

    /// Gives a parameter its scope, once it is known.
    pub(super) fn bind(&mut self, param: NodeId, scope: ScopeId) {
        if let Node::Param { index, .. } = self.node(param) {
            self.nodes[param.0 as usize] = Node::Param { index, scope };
        }
    }

    /// Adds a node, in the form in which a declaration would have it: references to references are one
    /// reference, qualifiers of what is qualified are merged, those of an array's elements are the array's.
    pub(super) fn add(&mut self, node: Node<'a>) -> Parsed<NodeId> {
        self.limit.step()?;
        match node {
            Node::One(One::LeftReference, of) => match self.node(of) {
                Node::One(One::LeftReference, _) => return Ok(of),
                Node::One(One::RightReference, inner) => {
                    return Ok(self.store(Node::One(One::LeftReference, inner)));
                }
                _ => {}
            },
            Node::One(One::RightReference, of) => {
                if let Node::One(One::LeftReference | One::RightReference, _) = self.node(of) {
                    return Ok(of);
                }
            }
            Node::Two(Two::Array, dimension, element) => {
                if let Node::Qualified { base, words } = self.node(element) {
                    let base = self.store(Node::Two(Two::Array, dimension, base));
                    return Ok(self.store(Node::Qualified { base, words }));
                }
            }
            Node::Qualified { base, words } => match self.node(base) {
                Node::Function { .. } => {
                    return Ok(self.store(Node::Method { base, words, reference: Reference::None }));
                }
                Node::Qualified { base, words: inner } => {
                    let words = self.merge_words(words, inner);
                    return Ok(self.store(Node::Qualified { base, words }));
                }
                Node::Method { base, words: inner, reference } => {
                    let words = self.merge_words(words, inner);
                    return Ok(self.store(Node::Method { base, words, reference }));
                }
                _ => {}
            },
            Node::Method { base, words, reference } => match self.node(base) {
                Node::Method { base, words: inner, reference: inner_reference } => {
                    let words = self.merge_words(words, inner);
                    let reference = match (reference, inner_reference) {
                        (Reference::None, other) | (other, Reference::None) => other,
                        (Reference::Right, Reference::Right) => Reference::Right,
                        _ => Reference::Left,
                    };
                    return Ok(self.store(Node::Method { base, words, reference }));
                }
                Node::Qualified { base, words: inner } => {
                    let words = self.merge_words(words, inner);
                    return Ok(self.store(Node::Method { base, words, reference }));
                }
                _ => {}
            },
            _ => {}
        }
        Ok(self.store(node))
    }

    fn store(&mut self, node: Node<'a>) -> NodeId {
        let inside = self.look_inside(&node);
        self.nodes.push(node);
        self.inside.push(inside);
        NodeId(self.nodes.len() as u32 - 1)
    }

    /// The words of `first` and then those of `second` that are new.
    fn merge_words(&mut self, first: List, second: List) -> List {
        if first.len == 0 {
            return second;
        }
        let mark = self.open_list();
        for index in 0..first.len {
            self.push(self.item(first, index));
        }
        for index in 0..second.len {
            let id = self.item(second, index);
            let Node::Qualifier(word, operands) = self.node(id) else { continue };
            let known = |&other: &NodeId| self.node(other) == Node::Qualifier(word, List::EMPTY);
            if operands.len > 0 || !self.pushed(mark).iter().any(known) {
                self.push(id);
            }
        }
        self.close_list(mark)
    }

    fn look_inside(&self, node: &Node<'a>) -> Inside {
        let mut inside = Inside::NOTHING;
        match *node {
            Node::Param { scope, .. } => {
                // The scope of a parameter that gets it later changes.
                let scope = (scope != ScopeId::LATER).then_some(scope);
                return Inside { params: true, unresolved: true, scope };
            }
            Node::Auto(_) => return Inside { params: true, unresolved: false, scope: None },
            Node::One(One::Expansion | One::SizeofPack, _) => inside.unresolved = true,
            _ => {}
        }
        self.each_child(node, &mut |id| inside.join(self.inside(id)));
        if let Node::Closure { .. } | Node::Two(Two::Typed, ..) = node {
            // Parameters in these belong to their own scopes.
            inside.scope = None;
        }
        inside
    }

    /// Calls `visit` with each child.
    pub(super) fn each_child(&self, node: &Node<'a>, visit: &mut dyn FnMut(NodeId)) {
        let mut node = *node;
        for part in node.parts() {
            match part {
                Part::Child(id) => visit(*id),
                Part::Children(list) => self.list(*list).iter().for_each(|&id| visit(id)),
            }
        }
    }

    /// A node like `id` whose children are what `change` makes of them; `id` itself if none changes.
    pub(super) fn rewrite(
        &mut self,
        id: NodeId,
        change: &mut dyn FnMut(&mut Self, NodeId) -> Parsed<NodeId>,
    ) -> Parsed<NodeId> {
        let old = self.node(id);
        let mut new = old;
        for part in new.parts() {
            match part {
                Part::Child(id) => *id = change(self, *id)?,
                Part::Children(list) => self.rewrite_list(list, change)?,
            }
        }
        if new == old { Ok(id) } else { self.add(new) }
    }

    fn rewrite_list(
        &mut self,
        list: &mut List,
        change: &mut dyn FnMut(&mut Self, NodeId) -> Parsed<NodeId>,
    ) -> Parsed<()> {
        self.limit.steps(list.len as usize)?;
        let mark = self.open_list();
        let mut changed = false;
        for index in 0..list.len {
            let old = self.item(*list, index);
            let new = change(self, old)?;
            changed |= new != old;
            self.push(new);
        }
        if changed {
            *list = self.close_list(mark);
        } else {
            self.scratch.truncate(mark);
        }
        Ok(())
    }

    /// Adds a node with one child.
    pub(super) fn one(&mut self, kind: One, child: NodeId) -> Parsed<NodeId> {
        self.add(Node::One(kind, child))
    }

    /// Adds a node with two children.
    pub(super) fn two(&mut self, kind: Two, first: NodeId, second: NodeId) -> Parsed<NodeId> {
        self.add(Node::Two(kind, first, second))
    }

    /// Adds a node with three children.
    pub(super) fn three(
        &mut self,
        kind: Three,
        first: NodeId,
        second: NodeId,
        third: NodeId,
    ) -> Parsed<NodeId> {
        self.add(Node::Three(kind, first, second, third))
    }

    /// Adds a node with many children.
    pub(super) fn many(&mut self, kind: Many, children: List) -> Parsed<NodeId> {
        self.add(Node::Many(kind, children))
    }
}
