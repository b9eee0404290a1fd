//! An order of nodes that few edges run against.
//!
//! A depth-first search turns few edges where cycles are few. Where most nodes are on one great cycle, its path
//! winds through all of them: the drawing has as many ranks as the path has nodes, and most edges span hundreds.
//! The order here takes nodes away from both ends instead (Eades, Lin and Smyth: "A fast and effective heuristic
//! for the feedback arc set problem", Information Processing Letters 47, 1993), with weights for degrees.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::graph::{Edge, Graph};
use crate::layers::Part;

/// For each edge of the graph whether it is laid out from its head to its tail, so that no cycle is left in
/// `part`. `local` maps a node to its place in the part.
pub(crate) fn reversed_edges(graph: &Graph, part: &Part, local: &[u32]) -> Vec<bool> {
    let ends = |edge: &Edge| (local[edge.from] as usize, local[edge.to] as usize);
    let calls = part.edges.iter().map(|&edge| {
        let (from, to) = ends(&graph.edges[edge]);
        // An edge without weight is still read the wrong way round.
        (from, to, i64::from(graph.edges[edge].weight.max(1)))
    });
    let place = order(part.nodes.len(), calls);
    let mut reversed = vec![false; graph.edges.len()];
    for &edge in &part.edges {
        let (from, to) = ends(&graph.edges[edge]);
        reversed[edge] = place[from] > place[to];
    }
    reversed
}

/// The place of each node in the order. A call has a caller, a callee and a weight.
fn order(nodes: usize, calls: impl Iterator<Item = (usize, usize, i64)>) -> Vec<usize> {
    let mut rest = Rest::new(nodes, calls);
    let (mut first, mut last) = (0, nodes);
    let mut place = vec![0; nodes];
    while let Some((node, at_end)) = rest.next() {
        if at_end {
            last -= 1;
            place[node] = last;
        } else {
            place[node] = first;
            first += 1;
        }
        rest.take(node);
    }
    place
}

/// The nodes that have no place yet, and what is left of their edges.
struct Rest {
    /// The other ends of the edges of each node, with their weights.
    callees: Vec<Vec<(usize, i64)>>,
    callers: Vec<Vec<(usize, i64)>>,
    open_callees: Vec<usize>,
    open_callers: Vec<usize>,
    /// Weight that leaves each node less that which enters it.
    surplus: Vec<i64>,
    open: Vec<bool>,
    /// Nodes without callees, and nodes without callers, once they are known to be so.
    sinks: Vec<usize>,
    sources: Vec<usize>,
    by_surplus: BTreeSet<(Reverse<i64>, usize)>,
}

impl Rest {
    fn new(nodes: usize, calls: impl Iterator<Item = (usize, usize, i64)>) -> Self {
        let (mut callees, mut callers) = (vec![Vec::new(); nodes], vec![Vec::new(); nodes]);
        let mut surplus = vec![0; nodes];
        for (from, to, weight) in calls {
            callees[from].push((to, weight));
            callers[to].push((from, weight));
            surplus[from] += weight;
            surplus[to] -= weight;
        }
        let open_callees: Vec<usize> = callees.iter().map(Vec::len).collect();
        let open_callers: Vec<usize> = callers.iter().map(Vec::len).collect();
        // The ends of these lists are taken first.
        let empty = |counts: &[usize]| (0..nodes).rev().filter(|&node| counts[node] == 0).collect();
        Self {
            sinks: empty(&open_callees),
            sources: empty(&open_callers),
            by_surplus: surplus.iter().map(|&weight| Reverse(weight)).zip(0..).collect(),
            open: vec![true; nodes],
            callees,
            callers,
            open_callees,
            open_callers,
            surplus,
        }
    }

    /// The node that is placed next, and whether at the end of the free places.
    fn next(&mut self) -> Option<(usize, bool)> {
        for (list, at_end) in [(&mut self.sources, false), (&mut self.sinks, true)] {
            while let Some(node) = list.pop() {
                if self.open[node] {
                    return Some((node, at_end));
                }
            }
        }
        self.by_surplus.first().map(|&(_, node)| (node, false))
    }

    fn take(&mut self, node: usize) {
        self.open[node] = false;
        self.by_surplus.remove(&(Reverse(self.surplus[node]), node));
        for (other, weight) in std::mem::take(&mut self.callees[node]) {
            self.weigh(other, weight);
            self.open_callers[other] -= 1;
            if self.open_callers[other] == 0 {
                self.sources.push(other);
            }
        }
        for (other, weight) in std::mem::take(&mut self.callers[node]) {
            self.weigh(other, -weight);
            self.open_callees[other] -= 1;
            if self.open_callees[other] == 0 {
                self.sinks.push(other);
            }
        }
    }

    fn weigh(&mut self, node: usize, change: i64) {
        if !self.open[node] {
            return;
        }
        self.by_surplus.remove(&(Reverse(self.surplus[node]), node));
        self.surplus[node] += change;
        self.by_surplus.insert((Reverse(self.surplus[node]), node));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack;

    fn check(nodes: usize, edges: &[(usize, usize, u32)], expected: &[bool]) {
        let graph = Graph::weighted(nodes, edges);
        let (parts, local) = pack::parts(&graph);
        let reversed = parts.iter().map(|part| reversed_edges(&graph, part, &local));
        let reversed = reversed.reduce(|a, b| a.iter().zip(b).map(|(a, b)| a | b).collect());
        assert_eq!(reversed.unwrap_or_default(), expected);
    }

    #[test]
    fn nothing_turns_without_cycles() {
        check(0, &[], &[]);
        check(4, &[(3, 2, 1), (2, 1, 0), (1, 0, 1), (3, 0, 1), (2, 2, 1)], &[false; 5]);
    }

    #[test]
    fn the_light_edge_of_a_cycle_turns() {
        check(3, &[(0, 1, 5), (1, 2, 1), (2, 0, 5)], &[false, true, false]);
        check(4, &[(3, 0, 1), (0, 1, 2), (1, 2, 2), (2, 0, 1)], &[false, false, false, true]);
    }
}
