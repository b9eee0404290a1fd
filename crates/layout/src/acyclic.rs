//! Which edges to turn round so that no cycle is left.

use crate::graph::Graph;

/// Where the search for cycles begins, and which edges it follows first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Roots {
    /// At nodes without callers, so that what is not called is at the top.
    SourcesFirst,
    /// At the nodes in the order of the graph.
    InputOrder,
    /// At nodes without callers, and of edges that are equally heavy the last is followed first.
    SourcesFirstLastEdges,
    /// At nodes without callers; the others, and all edges, in an order that the seed decides.
    Shuffled(u32),
}

impl Roots {
    /// All ways without chance, the usual one first.
    pub(crate) const STEADY: [Self; 3] = [Self::SourcesFirst, Self::InputOrder, Self::SourcesFirstLastEdges];
}

/// For each edge whether it is laid out from its head to its tail.
///
/// A depth-first search turns the edges that lead back into its own path (section 2.1 of the paper).
/// It follows heavy edges first, so that the heavy path of a call graph keeps its direction.
pub(crate) fn reversed_edges(graph: &Graph, roots: Roots) -> Vec<bool> {
    let nodes = graph.nodes.len();
    let mut outgoing: Vec<Vec<u32>> = vec![Vec::new(); nodes];
    let mut callers = vec![0u32; nodes];
    for (index, edge) in graph.edges.iter().enumerate() {
        if edge.from != edge.to {
            outgoing[edge.from].push(index as u32);
            callers[edge.to] += 1;
        }
    }
    for edges in &mut outgoing {
        if roots == Roots::SourcesFirstLastEdges {
            edges.reverse();
        }
        match roots {
            Roots::Shuffled(seed) => edges.sort_by_key(|&edge| scatter(edge, seed)),
            _ => edges.sort_by_key(|&edge| std::cmp::Reverse(graph.edges[edge as usize].weight)),
        }
    }
    let mut reversed = vec![false; graph.edges.len()];
    let mut state = vec![State::New; nodes];
    let (sources, mut others): (Vec<usize>, Vec<usize>) =
        (0..nodes).partition(|&node| roots != Roots::InputOrder && callers[node] == 0);
    if let Roots::Shuffled(seed) = roots {
        others.sort_by_key(|&node| scatter(node as u32, seed));
    }
    for root in sources.into_iter().chain(others) {
        if state[root] != State::New {
            continue;
        }
        state[root] = State::OnPath;
        let mut path = vec![(root, 0usize)];
        while let Some((node, next)) = path.last_mut() {
            let Some(&edge) = outgoing[*node].get(*next) else {
                state[*node] = State::Done;
                path.pop();
                continue;
            };
            *next += 1;
            let to = graph.edges[edge as usize].to;
            match state[to] {
                State::New => {
                    state[to] = State::OnPath;
                    path.push((to, 0));
                }
                State::OnPath => reversed[edge as usize] = true,
                State::Done => {}
            }
        }
    }
    reversed
}

/// A number that differs for each pair, in no order (the finalizer of MurmurHash3).
fn scatter(number: u32, seed: u32) -> u32 {
    let mut mixed = number ^ seed.wrapping_mul(0x9e37_79b9);
    mixed = (mixed ^ (mixed >> 16)).wrapping_mul(0x85eb_ca6b);
    mixed = (mixed ^ (mixed >> 13)).wrapping_mul(0xc2b2_ae35);
    mixed ^ (mixed >> 16)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    OnPath,
    Done,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(nodes: usize, edges: &[(usize, usize, u32)], expected: &[bool]) {
        let graph = Graph::weighted(nodes, edges);
        assert_eq!(reversed_edges(&graph, Roots::SourcesFirst), expected);
    }

    #[test]
    fn only_edges_that_close_a_cycle_turn() {
        check(0, &[], &[]);
        check(3, &[(0, 1, 1), (1, 2, 1), (0, 2, 1)], &[false, false, false]);
        check(3, &[(0, 1, 1), (1, 2, 1), (2, 0, 1)], &[false, false, true]);
        check(2, &[(0, 1, 1), (1, 0, 1), (1, 1, 1)], &[false, true, false]);
    }

    #[test]
    fn the_heavy_way_keeps_its_direction() {
        // 0 calls both; the heavy call of 2 is followed before the light one of 1.
        check(3, &[(0, 1, 1), (0, 2, 9), (1, 2, 1), (2, 1, 9)], &[false, false, true, false]);
    }
}
