//! Reducing a call graph to the part that is worth showing.

use std::collections::VecDeque;

use crate::model::graph::{Edge, EdgeId, Graph, Node, NodeTags};
use crate::model::node::NodeTable;
use crate::model::node_id::NodeId;
use crate::model::place::PlaceIds;
use crate::model::weight::{Weight, Weights};
use crate::passes::edges::weigh_edges::{Interest, Wanted, weigh_edges};
use crate::passes::node_tags::Tagger;
use crate::passes::order::{Names, Order, sort_nodes};
use crate::passes::tree::call_tree;
use crate::passes::weigh::weigh;
use rustc_hash::FxHashMap;

/// How far a graph is reduced.
#[derive(Debug, Clone)]
pub struct Trim {
    /// The most nodes to keep; 0 for all.
    pub node_count: usize,
    /// Nodes whose cum weight is below this share of the total go.
    pub node_fraction: f64,
    /// Edges whose weight is below this share of the total go.
    pub edge_fraction: f64,
    /// Nodes with a negative weight go.
    pub drop_negative: bool,
    /// The order of the nodes, which decides whom `node_count` leaves.
    pub order: Order,
    /// Keep calls from different contexts apart.
    pub call_tree: bool,
    /// Which edges are needed.
    pub interest: Interest,
    /// Sum tags at the nodes, with numbers in this unit.
    pub tags_in: Option<String>,
}

impl Default for Trim {
    /// No reduction and no tags.
    fn default() -> Self {
        Trim {
            node_count: 0,
            node_fraction: 0.0,
            edge_fraction: 0.0,
            drop_negative: false,
            order: Order::Flat,
            call_tree: false,
            interest: Interest::All,
            tags_in: None,
        }
    }
}

/// A reduced graph, and what was left out.
#[derive(Debug)]
pub struct Trimmed {
    /// What is left.
    pub graph: Graph,
    /// How many nodes there were before the limit on their number.
    pub original_nodes: usize,
    /// How many nodes were below the node fraction.
    pub dropped_nodes: usize,
    /// How many edges were below the edge fraction.
    pub dropped_edges: usize,
}

/// The most tag boxes that a drawing shows beside a node.
const MOST_TAGS: usize = 4;

/// Builds the graph of the places in `table` and reduces it.
///
/// Nodes go by two rules: those below a share of the total, then all but the first of the order. Since
/// edges across nodes that went are drawn as well, edges are weighed only when it is known which
/// nodes stay. In a picture ([`Order::Visual`]) the choice depends on edges and tags of the first
/// reduction, and edges that say nothing new are removed at the end.
pub fn trimmed_graph(table: &NodeTable<'_, '_>, names: &Names<'_, '_, '_>, trim: &Trim) -> Trimmed {
    if trim.call_tree { trimmed_tree(table, names, trim) } else { trimmed_by_place(table, names, trim) }
}

fn trimmed_by_place(table: &NodeTable<'_, '_>, names: &Names<'_, '_, '_>, trim: &Trim) -> Trimmed {
    let weights = weigh(table);
    let mut candidates: Vec<NodeId> = table
        .ids()
        .filter(|&node| is_listed(weights.flat(node), weights.cum(node), trim.drop_negative))
        .collect();
    let total: i64 = candidates.iter().map(|&node| weights.flat(node).value).sum();
    let cutoffs = Cutoffs::new(total, trim);

    let mut kept = vec![true; table.len()];
    let mut dropped_nodes = 0;
    if cutoffs.node > 0 {
        let before = candidates.len();
        candidates.retain(|&node| weights.cum(node).value.unsigned_abs() >= cutoffs.node);
        dropped_nodes = before - candidates.len();
        if dropped_nodes > 0 {
            kept = mark(table.len(), candidates.iter().map(|node| node.index()));
        }
    }
    let original_nodes = candidates.len();
    let build = |kept: &[bool], interest: &Interest| {
        PlaceGraph { table, weights: &weights, trim, edge_cutoff: cutoffs.edge }.build(kept, interest)
    };

    let visual = trim.order == Order::Visual;
    let limited = trim.node_count > 0;
    // The rows of the first graph are only needed for its order, and in a picture for its edges.
    let mut graph = build(&kept, if visual || !limited { &trim.interest } else { &Interest::Nothing });
    sort_nodes(&mut graph, names, trim.order);
    if limited {
        if visual {
            graph.trim_tags(cutoffs.node);
        }
        let chosen = graph.most_telling(trim.node_count, visual);
        let rebuild = chosen < graph.listed.len();
        if visual && !rebuild {
            graph.trim_edges(cutoffs.edge);
        }
        if rebuild {
            let places = graph.listed[..chosen].iter().map(|&row| graph.nodes[row].place.index());
            kept = mark(table.len(), places);
        }
        if rebuild || !visual {
            graph = build(&kept, &trim.interest);
            sort_nodes(&mut graph, names, trim.order);
        }
    }
    graph.trim_tags(cutoffs.node);
    let dropped_edges = graph.trim_edges(cutoffs.edge);
    if visual {
        graph.remove_redundant_edges(names);
    }
    Trimmed { graph, original_nodes, dropped_nodes, dropped_edges }
}

fn trimmed_tree(table: &NodeTable<'_, '_>, names: &Names<'_, '_, '_>, trim: &Trim) -> Trimmed {
    let tagger = trim.tags_in.as_ref().map(|unit| Tagger::new(table.view(), unit));
    let mut graph = call_tree(table, tagger);
    graph.listed = (0..graph.nodes.len())
        .filter(|&row| is_listed(graph.nodes[row].flat, graph.nodes[row].cum, trim.drop_negative))
        .collect();
    let total: i64 = graph.listed.iter().map(|&row| graph.nodes[row].flat.value).sum();
    let cutoffs = Cutoffs::new(total, trim);
    let mut dropped_nodes = 0;
    if cutoffs.node > 0 {
        let kept: Vec<bool> =
            graph.nodes.iter().map(|node| node.cum.value.unsigned_abs() >= cutoffs.node).collect();
        let before = graph.listed.len();
        graph.trim_tree(&kept);
        dropped_nodes = before - graph.listed.len();
    }
    let original_nodes = graph.listed.len();
    let visual = trim.order == Order::Visual;
    sort_nodes(&mut graph, names, trim.order);
    if trim.node_count > 0 {
        graph.trim_tags(cutoffs.node);
        graph.trim_edges(cutoffs.edge);
        let chosen = graph.most_telling(trim.node_count, visual);
        if chosen < graph.listed.len() {
            let kept = mark(graph.nodes.len(), graph.listed[..chosen].iter().copied());
            graph.trim_tree(&kept);
            sort_nodes(&mut graph, names, trim.order);
        }
    }
    graph.trim_tags(cutoffs.node);
    let dropped_edges = graph.trim_edges(cutoffs.edge);
    if visual {
        graph.remove_redundant_edges(names);
    }
    Trimmed { graph, original_nodes, dropped_nodes, dropped_edges }
}

/// Sizes of weights below which nodes and edges go.
struct Cutoffs {
    node: u64,
    edge: u64,
}

impl Cutoffs {
    fn new(total: i64, trim: &Trim) -> Self {
        let share = |fraction: f64| ((total as f64 * fraction) as i64).unsigned_abs();
        Cutoffs { node: share(trim.node_fraction), edge: share(trim.edge_fraction) }
    }
}

fn is_listed(flat: Weight, cum: Weight, drop_negative: bool) -> bool {
    let is_negative = flat.value < 0 || (flat.value == 0 && cum.value < 0);
    (flat.value != 0 || cum.value != 0) && !(drop_negative && is_negative)
}

fn mark(count: usize, rows: impl Iterator<Item = usize>) -> Vec<bool> {
    let mut marked = vec![false; count];
    rows.for_each(|row| marked[row] = true);
    marked
}

/// What graphs with one node for each place are made from.
struct PlaceGraph<'a, 'v, 'p> {
    table: &'a NodeTable<'v, 'p>,
    weights: &'a Weights,
    trim: &'a Trim,
    edge_cutoff: u64,
}

impl PlaceGraph<'_, '_, '_> {
    /// The graph of the kept places. Which weight they have does not depend on who else is kept.
    fn build(&self, kept: &[bool], interest: &Interest) -> Graph {
        let table = self.table;
        let mut graph = Graph::default();
        let mut rows = vec![usize::MAX; table.len()];
        let mut functions: FxHashMap<PlaceIds, usize> = FxHashMap::default();
        for place in table.ids().filter(|place| kept[place.index()]) {
            let row = graph.nodes.len();
            rows[place.index()] = row;
            let (flat, cum) = (self.weights.flat(place), self.weights.cum(place));
            if is_listed(flat, cum, self.trim.drop_negative) {
                graph.listed.push(row);
            }
            let next = functions.len();
            let function = if table.has_whole_functions() {
                row
            } else {
                *functions.entry(table.place(place).function()).or_insert(next)
            };
            graph.nodes.push(Node {
                place,
                function,
                flat,
                cum,
                incoming: Vec::new(),
                outgoing: Vec::new(),
                tags: NodeTags::default(),
            });
        }
        let connections = self.wanted(kept, interest).map(|wanted| weigh_edges(table, kept, &wanted));
        let edges = connections
            .into_iter()
            .flatten()
            .map(|connection| Edge {
                from: rows[connection.from.index()],
                to: rows[connection.to.index()],
                weight: connection.weight,
                residual: connection.residual,
                inline: connection.inline,
            })
            .collect();
        graph.set_edges(edges);
        if let Some(unit) = &self.trim.tags_in {
            self.add_tags(&mut graph, &rows, unit);
        }
        graph
    }

    /// The edges that `interest` is about, as marks; `None` for none.
    fn wanted(&self, kept: &[bool], interest: &Interest) -> Option<Wanted> {
        Some(match interest {
            Interest::Nothing => return None,
            Interest::All => Wanted::All,
            Interest::Touching(marked) => Wanted::Touching(marked.clone()),
            Interest::Inlining => {
                let into = self.inlined(kept);
                if !into.contains(&true) {
                    return None;
                }
                Wanted::Into(into)
            }
        })
    }

    /// Which of the kept nodes an edge of an inlined call may lead into that is not too light to be kept.
    ///
    /// Such an edge weighs at most what all groups weigh in which its nodes are neighbours, and all those in
    /// which its callee is kept while nothing around it is: then the caller may be anywhere.
    fn inlined(&self, kept: &[bool]) -> Vec<bool> {
        let table = self.table;
        let mut bounds: FxHashMap<(Option<NodeId>, NodeId), u64> = FxHashMap::default();
        for group in 0..table.group_count() {
            let weight = self.weights.group(group);
            let Some((&outermost, inner)) = table.group(group).split_last() else { continue };
            let mut caller = Some(outermost).filter(|node| kept[node.index()]);
            for &callee in inner.iter().rev().filter(|node| kept[node.index()]) {
                if weight > 0 && caller != Some(callee) {
                    let bound = bounds.entry((caller, callee)).or_default();
                    *bound = bound.saturating_add(weight);
                }
                caller = Some(callee);
            }
        }
        let mut inlined = vec![false; table.len()];
        for (&(caller, callee), &bound) in &bounds {
            let anywhere = match caller {
                None => 0,
                Some(_) => bounds.get(&(None, callee)).copied().unwrap_or(0),
            };
            inlined[callee.index()] |= bound.saturating_add(anywhere) >= self.edge_cutoff;
        }
        inlined
    }

    fn add_tags(&self, graph: &mut Graph, rows: &[usize], unit: &str) {
        let view = self.table.view();
        if view.profile().labels.is_empty() {
            return;
        }
        let mut tagger = Tagger::new(view, unit);
        let mut last = vec![0u32; graph.nodes.len()];
        for sample in view.samples() {
            let (value, divisor) = view.weight(sample);
            let weight = Weight { value, divisor };
            if weight.is_zero() {
                continue;
            }
            let labels = view.profile().samples.labels(sample);
            let mark = sample.raw() + 1;
            let mut leaf = None;
            for &location in view.frames(view.profile().samples.stack(sample)).iter().rev() {
                for node in self.table.nodes(location).iter().rev() {
                    let row = rows[node.index()];
                    leaf = (row != usize::MAX).then_some(row);
                    if leaf.is_some() && last[row] != mark {
                        last[row] = mark;
                        tagger.add(row, labels, weight, false);
                    }
                }
            }
            if let Some(row) = leaf {
                tagger.add(row, labels, weight, true);
            }
        }
        tagger.finish(&mut graph.nodes);
    }
}

impl Graph {
    fn trim_tags(&mut self, cutoff: u64) {
        for &row in &self.listed {
            self.nodes[row].tags.trim(cutoff);
        }
    }

    /// Removes edges into listed nodes whose weight is below `cutoff`; returns how many.
    fn trim_edges(&mut self, cutoff: u64) -> usize {
        let mut removed = vec![false; self.edges.len()];
        let mut count = 0;
        for &row in &self.listed {
            for &edge in &self.nodes[row].incoming {
                if self.edges[edge].weight.value.unsigned_abs() < cutoff {
                    removed[edge] = true;
                    count += 1;
                }
            }
        }
        if count > 0 {
            self.remove_edges(|edge| removed[edge]);
        }
        count
    }

    /// How many of the listed nodes to take for `limit` boxes. In a picture tags take boxes too.
    fn most_telling(&self, limit: usize, visual: bool) -> usize {
        let mut limit = limit;
        if visual {
            let mut boxes = 0;
            for (position, &row) in self.listed.iter().enumerate() {
                boxes += self.nodes[row].tags.count().min(MOST_TAGS) + 1;
                if boxes >= limit {
                    limit = position + 1;
                    break;
                }
            }
        }
        limit.min(self.listed.len())
    }

    /// Removes residual edges between nodes that are connected by other edges as well, the lightest
    /// first, but none that is heavier than a direct edge into the same node.
    fn remove_redundant_edges(&mut self, names: &Names<'_, '_, '_>) {
        for position in (0..self.listed.len()).rev() {
            let mut incoming = self.nodes[self.listed[position]].incoming.clone();
            crate::passes::order::sort_edges(self, names, &mut incoming);
            for &edge in incoming.iter().rev() {
                if !self.edges[edge].residual {
                    break;
                }
                if self.is_redundant(edge) {
                    let Edge { from, to, .. } = self.edges[edge];
                    self.nodes[from].outgoing.retain(|&other| other != edge);
                    self.nodes[to].incoming.retain(|&other| other != edge);
                }
            }
        }
    }

    /// Whether the callee of `edge` can be reached from its caller without it.
    fn is_redundant(&self, edge: EdgeId) -> bool {
        let Edge { from, to, .. } = self.edges[edge];
        let mut seen = vec![false; self.nodes.len()];
        seen[to] = true;
        let mut queue = VecDeque::from([to]);
        while let Some(row) = queue.pop_front() {
            for &other in &self.nodes[row].incoming {
                let caller = self.edges[other].from;
                if other == edge || seen[caller] {
                    continue;
                }
                if caller == from {
                    return true;
                }
                seen[caller] = true;
                queue.push_back(caller);
            }
        }
        false
    }
}
