//! In which order nodes and edges stand.

use std::cell::OnceCell;
use std::cmp::{Ordering, Reverse};

use crate::model::graph::{EdgeId, Graph};
use crate::model::node::NodeTable;
use crate::model::node_id::NodeId;
use crate::model::place::NodeInfo;

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
    listed.sort_by_key(|&row| Reverse(scores[row]));
    for equals in listed.chunk_by_mut(|&left, &right| scores[left] == scores[right]) {
        sort_by_names(equals, graph, names, order);
    }
    graph.listed = listed;
}

/// Sorts nodes whose weight says nothing, of which there are often many.
fn sort_by_names(rows: &mut [usize], graph: &Graph, names: &Names<'_, '_, '_>, order: Order) {
    if rows.len() < 2 {
        return;
    }
    let name = |row: usize| names.get(graph.nodes[row].place);
    let second = |row: usize| match order {
        Order::Flat => graph.nodes[row].cum.value.unsigned_abs(),
        Order::Cum | Order::Visual => graph.nodes[row].flat.value.unsigned_abs(),
    };
    // Most names of a program begin alike, so what is compared first is what comes then, a few bytes at once; but
    // addresses come before names.
    let has_addresses = rows.iter().any(|&row| name(row).info.address != 0);
    let start = if has_addresses { 0 } else { common_prefix(rows.iter().map(|&row| &*name(row).printable)) };
    let key = |row: usize| if has_addresses { 0 } else { leading(&name(row).printable.as_bytes()[start..]) };
    let mut keyed: Vec<(u64, usize)> = rows.iter().map(|&row| (key(row), row)).collect();
    keyed.sort_by(|&(left_key, left), &(right_key, right)| {
        left_key
            .cmp(&right_key)
            .then_with(|| compare_names(name(left), name(right)))
            .then_with(|| second(right).cmp(&second(left)))
            .then_with(|| name(left).info.tie_breaker().cmp(&name(right).info.tie_breaker()))
    });
    rows.iter_mut().zip(keyed).for_each(|(row, (_, sorted))| *row = sorted);
}

/// How many bytes all of `texts` begin with alike.
fn common_prefix<'a>(mut texts: impl Iterator<Item = &'a str>) -> usize {
    let first = texts.next().unwrap_or_default().as_bytes();
    texts.fold(first.len(), |length, text| {
        text.bytes().zip(&first[..length]).take_while(|(byte, other)| byte == *other).count()
    })
}

/// The first bytes of `text` as a number. Where the numbers of two texts differ, their order is that of the texts.
fn leading(text: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(text).for_each(|(byte, &first)| *byte = first);
    u64::from_be_bytes(bytes)
}

/// Sorts edges by weight, the heaviest first, then by the names of caller and callee.
pub fn sort_edges(graph: &Graph, names: &Names<'_, '_, '_>, edges: &mut [EdgeId]) {
    let name = |row: usize| names.get(graph.nodes[row].place).printable.as_str();
    edges.sort_by(|&left, &right| {
        let (a, b) = (&graph.edges[left], &graph.edges[right]);
        let size = |edge: &crate::model::graph::Edge| edge.weight.value.unsigned_abs();
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

#[test]
fn leading_bytes_are_in_the_order_of_texts() {
    let texts = ["", "\0", "\0a", "a", "a\0", "abcdefgh", "abcdefghi", "abcdefgi", "b", "\u{e4}"];
    for (one, other) in texts.iter().flat_map(|one| texts.iter().map(move |other| (one, other))) {
        let order = leading(one.as_bytes()).cmp(&leading(other.as_bytes()));
        assert!(order == Ordering::Equal || order == one.cmp(other), "{one:?} {other:?}");
    }
    assert_eq!(common_prefix(["abc", "abd", "ab"].into_iter()), 2);
    assert_eq!(common_prefix(["abc"].into_iter()), 3);
    assert_eq!(common_prefix([].into_iter()), 0);
}
