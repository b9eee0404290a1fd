//! Ranks: which row each node goes to.

use crate::simplex::{self, Arc};

/// An edge as ranks see it: it descends from `upper` to `lower`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Descent {
    pub(crate) upper: u32,
    pub(crate) lower: u32,
    pub(crate) weight: i64,
    pub(crate) length: i64,
}

/// Where a node goes that could be on several ranks at the same cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slack {
    /// To the rank with the fewest nodes.
    Emptiest,
    /// As near to its callers as it may.
    Up,
    /// As near to its callees as it may.
    Down,
}

impl Slack {
    /// All choices, the usual one first.
    pub(crate) const ALL: [Self; 3] = [Self::Emptiest, Self::Up, Self::Down];
}

/// The rank of each of `nodes` nodes, from 0, such that the weighted sum of edge lengths is least.
///
/// `edges` must have no cycle and connect all nodes.
pub(crate) fn ranks(nodes: usize, edges: &[Descent], slack: Slack, budget: u64) -> Vec<i64> {
    let mut ranks = longest_path(nodes, edges);
    let arcs: Vec<Arc> =
        edges.iter().map(|edge| Arc::at_least(edge.upper, edge.lower, edge.length, edge.weight)).collect();
    simplex::minimize(&arcs, &mut ranks, budget);
    let least = ranks.iter().min().copied().unwrap_or(0);
    ranks.iter_mut().for_each(|rank| *rank -= least);
    balance(edges, slack, &mut ranks);
    let least = ranks.iter().min().copied().unwrap_or(0);
    ranks.iter_mut().for_each(|rank| *rank -= least);
    ranks
}

/// Each node as high as its callers allow.
fn longest_path(nodes: usize, edges: &[Descent]) -> Vec<i64> {
    let mut outgoing = vec![Vec::new(); nodes];
    let mut waiting = vec![0u32; nodes];
    for edge in edges {
        outgoing[edge.upper as usize].push((edge.lower, edge.length));
        waiting[edge.lower as usize] += 1;
    }
    let mut ranks = vec![0i64; nodes];
    let mut ready: Vec<u32> = (0..nodes as u32).filter(|&node| waiting[node as usize] == 0).collect();
    while let Some(node) = ready.pop() {
        for &(lower, length) in &outgoing[node as usize] {
            ranks[lower as usize] = ranks[lower as usize].max(ranks[node as usize] + length);
            waiting[lower as usize] -= 1;
            if waiting[lower as usize] == 0 {
                ready.push(lower);
            }
        }
    }
    ranks
}

/// How far a node may be moved to a less crowded rank; it bounds the work.
const WINDOW: i64 = 64;

/// Moves nodes whose place costs the same on several ranks to the one that `slack` chooses.
fn balance(edges: &[Descent], slack: Slack, ranks: &mut [i64]) {
    let last = ranks.iter().max().copied().unwrap_or(0);
    let mut crowd = vec![0u32; last as usize + 1];
    for &rank in ranks.iter() {
        crowd[rank as usize] += 1;
    }
    let (mut highest, mut lowest) = (vec![0i64; ranks.len()], vec![last; ranks.len()]);
    let mut pull = vec![0i64; ranks.len()];
    let mut incident = vec![Vec::new(); ranks.len()];
    for (index, edge) in edges.iter().enumerate() {
        incident[edge.upper as usize].push(index);
        incident[edge.lower as usize].push(index);
        pull[edge.upper as usize] += edge.weight;
        pull[edge.lower as usize] -= edge.weight;
    }
    for node in 0..ranks.len() {
        let here = ranks[node];
        for &index in &incident[node] {
            let edge = edges[index];
            if edge.lower as usize == node {
                highest[node] = highest[node].max(ranks[edge.upper as usize] + edge.length);
            } else {
                lowest[node] = lowest[node].min(ranks[edge.lower as usize] - edge.length);
            }
        }
        if pull[node] != 0 || highest[node] >= lowest[node] {
            continue;
        }
        let range = highest[node].max(here - WINDOW)..=lowest[node].min(here + WINDOW);
        let best = range.min_by_key(|&rank| {
            let others = crowd[rank as usize] - u32::from(rank == here);
            match slack {
                Slack::Emptiest => (i64::from(others), (rank - here).abs()),
                Slack::Up => (rank, 0),
                Slack::Down => (-rank, 0),
            }
        });
        if let Some(best) = best {
            crowd[here as usize] -= 1;
            crowd[best as usize] += 1;
            ranks[node] = best;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(nodes: usize, edges: &[(u32, u32, i64, i64)], expected: &[i64]) {
        let edges: Vec<Descent> = edges
            .iter()
            .map(|&(upper, lower, weight, length)| Descent { upper, lower, weight, length })
            .collect();
        assert_eq!(ranks(nodes, &edges, Slack::Emptiest, 1_000_000), expected);
    }

    #[test]
    fn chains_descend_and_lengths_hold() {
        check(1, &[], &[0]);
        check(3, &[(0, 1, 1, 1), (1, 2, 1, 2)], &[0, 1, 3]);
    }

    #[test]
    fn a_second_source_sits_just_above_its_callee() {
        check(4, &[(0, 1, 1, 1), (1, 2, 1, 1), (3, 2, 1, 1)], &[0, 1, 2, 1]);
    }

    #[test]
    fn the_heavier_edge_is_the_shorter() {
        let long_way = [(0, 1, 1, 1), (1, 2, 1, 1), (2, 3, 1, 1)];
        check(5, &[&long_way[..], &[(0, 4, 1, 1), (4, 3, 7, 1)]].concat(), &[0, 1, 2, 3, 2]);
        check(5, &[&long_way[..], &[(0, 4, 7, 1), (4, 3, 1, 1)]].concat(), &[0, 1, 2, 3, 1]);
    }
}
