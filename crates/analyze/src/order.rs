//! In which order nodes and edges stand.

use std::cell::OnceCell;
use std::cmp::Ordering;

use crate::graph::{EdgeId, Graph};
use crate::node::{NodeId, NodeInfo, NodeTable};

/// Orders of nodes; weights descend by size, names ascend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// By own weight.
    #[default]
    Flat,
    /// By weight with callees.
    Cum,
    /// By how much a node tells in a picture; its weight by the entropy of its calls.
    Visual,
}

/// The texts of the nodes of a table, made when first asked for.
#[derive(Debug)]
pub struct Names<'t, 'v, 'p> {
    table: &'t NodeTable<'v, 'p>,
    cache: Vec<OnceCell<Box<Name>>>,
}

/// The texts of one node.
#[derive(Debug, Clone)]
pub struct Name {
    /// The place as text.
    pub info: NodeInfo,
    /// Its parts in one line.
    pub printable: String,
}

impl<'t, 'v, 'p> Names<'t, 'v, 'p> {
    /// No text made yet.
    pub fn new(table: &'t NodeTable<'v, 'p>) -> Self {
        let mut cache = Vec::new();
        cache.resize_with(table.len(), OnceCell::new);
        Names { table, cache }
    }

    /// The texts of `node`.
    pub fn get(&self, node: NodeId) -> &Name {
        self.cache[node.index()].get_or_init(|| {
            let info = self.table.info(node);
            let printable = info.printable_name();
            Box::new(Name { info, printable })
        })
    }
}

fn compare_names(left: &Name, right: &Name) -> Ordering {
    if left.info == right.info {
        return Ordering::Equal;
    }
    let (a, b) = (left.info.address, right.info.address);
    if a != 0 && b != 0 && a != b { a.cmp(&b) } else { left.printable.cmp(&right.printable) }
}

/// Sorts `graph.listed`.
pub(crate) fn sort_nodes(graph: &mut Graph, names: &Names<'_, '_, '_>, order: Order) {
    let mut listed = std::mem::take(&mut graph.listed);
    let score = |row: usize| match order {
        Order::Flat => graph.nodes[row].flat.value.saturating_abs(),
        Order::Cum => graph.nodes[row].cum.value.saturating_abs(),
        // A score that is no number stays negative and so comes last.
        Order::Visual => entropy_score(graph, row).wrapping_abs(),
    };
    let threads = names.table.view().threads();
    let cost = graph.nodes.len() + 20 * graph.edges.len();
    let scores: Vec<i64> =
        threads.split(graph.nodes.len(), cost, |rows| rows.map(score).collect::<Vec<i64>>()).concat();
    listed.sort_by(|&left, &right| {
        let heavier = scores[right].cmp(&scores[left]);
        if heavier != Ordering::Equal {
            return heavier;
        }
        let (a, b) = (&graph.nodes[left], &graph.nodes[right]);
        let (name_a, name_b) = (names.get(a.place), names.get(b.place));
        let second = |node: &crate::graph::Node| match order {
            Order::Flat => node.cum.value.unsigned_abs(),
            Order::Cum | Order::Visual => node.flat.value.unsigned_abs(),
        };
        compare_names(name_a, name_b)
            .then_with(|| second(b).cmp(&second(a)))
            .then_with(|| name_a.info.tie_breaker().cmp(&name_b.info.tie_breaker()))
    });
    graph.listed = listed;
}

/// Sorts edges by weight, the heaviest first, then by the names of caller and callee.
pub fn sort_edges(graph: &Graph, names: &Names<'_, '_, '_>, edges: &mut [EdgeId]) {
    let name = |row: usize| names.get(graph.nodes[row].place).printable.as_str();
    edges.sort_by(|&left, &right| {
        let (a, b) = (&graph.edges[left], &graph.edges[right]);
        let size = |edge: &crate::graph::Edge| edge.weight.value.unsigned_abs();
        size(b)
            .cmp(&size(a))
            .then_with(|| name(a.from).cmp(name(b.from)))
            .then_with(|| name(a.to).cmp(name(b.to)))
    });
}

/// A score as a whole number; what is none, or too large for one, is the smallest of all, as for pprof.
fn whole(score: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&score) { score as i64 } else { i64::MIN }
}

/// How much a node tells in a picture of the graph, as pprof scores it: its weight times the entropy
/// of how its calls spread over callers and callees, plus its own weight. A node that merely passes
/// calls on scores low; one without callers or callees counts one bit for that side.
fn entropy_score(graph: &Graph, row: usize) -> i64 {
    let node = &graph.nodes[row];
    let side = |edges: &[EdgeId], own: i64| {
        if edges.is_empty() {
            1.0
        } else {
            entropy(edges.iter().map(|&id| graph.edges[id].weight.value), own)
        }
    };
    let score = side(&node.incoming, 0) + side(&node.outgoing, node.flat.value);
    whole(score * node.cum.value as f64).wrapping_add(node.flat.value)
}

/// The entropy, in bits, of a weight that is divided into `parts` and `own`.
fn entropy(parts: impl Iterator<Item = i64> + Clone, own: i64) -> f64 {
    let total = own.wrapping_add(parts.clone().filter(|&part| part > 0).sum());
    if total == 0 {
        return 0.0;
    }
    let bits = |part: i64| {
        let share = part.unsigned_abs() as f64 / total as f64;
        -share * share.log2()
    };
    parts.map(bits).sum::<f64>() + if own > 0 { bits(own) } else { 0.0 }
}
