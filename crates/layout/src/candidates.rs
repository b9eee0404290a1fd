//! Which of many ways to lay a part out in ranks is drawn.
//!
//! Which edges are turned round, and on which rank nodes with slack stand, decides more about crossings than
//! the search for an order can repair. So small parts are laid out in several ways. Each is ordered at a
//! glance; the most promising is ordered with care. Large parts are laid out with short edges.

use crate::acyclic::{self, Roots};
use crate::feedback;
use crate::graph::{Graph, LayoutOptions};
use crate::layers::{Layers, Part};
use crate::order::{self, Care, Order};
use crate::rank::Slack;

/// Larger parts, in cells, are laid out in the usual way or in one with shorter edges.
const MOST_CELLS: usize = 2_000;
/// Larger parts, in cells, are not ordered to see which of two ways has fewer crossings.
const MOST_CELLS_AT_A_GLANCE: usize = 50_000;
/// Larger parts, in cells, have no cycles turned at random.
const MOST_CELLS_AT_RANDOM: usize = 400;
/// How many times cycles are turned at random.
const RANDOM_TURNS: u32 = 12;
/// The number of ways to turn cycles for which all ways to use slack are tried; for the others one is enough.
const WITH_ALL_SLACKS: usize = 3;
/// How many ways are ordered with care.
const FINALISTS: usize = 2;
/// How much more a way may cost at a glance than the best to become a finalist.
const REACH: f64 = 1.1;
/// The number of steps after which no further way is looked at.
const GLANCE_BUDGET: u64 = 900_000;

/// The layers of the part that are drawn, and the order of each rank. `usual` tells which edges ascend as long
/// as nothing better is found.
pub(crate) fn ordered_layers(
    graph: &Graph,
    part: &Part,
    options: &LayoutOptions,
    usual: &[bool],
    local: &[u32],
) -> (Layers, Vec<Vec<u32>>) {
    let lay = |reversed: &[bool], slack| Layers::new(graph, part, options, reversed, slack, local);
    let first = lay(usual, Slack::Emptiest);
    if first.cells.len() > MOST_CELLS {
        let layers = shorter(graph, part, usual, local, first, lay);
        let order = order::order(&layers, Care::Full);
        return (layers, order.ranks);
    }
    let at_random = first.cells.len() <= MOST_CELLS_AT_RANDOM;
    let mut candidates = vec![first];
    for (turn, reversed) in turnings(graph, part, usual, at_random).iter().enumerate() {
        for &slack in if turn < WITH_ALL_SLACKS { &Slack::ALL[..] } else { &Slack::ALL[..1] } {
            let layers = lay(reversed, slack);
            if layers.cells.len() <= MOST_CELLS && !candidates.iter().any(|other| other.is_like(&layers)) {
                candidates.push(layers);
            }
        }
    }
    let (mut layers, others) = finalists(candidates);
    let mut order = order::order(&layers, Care::Full);
    for other in others {
        let other_order = order::order(&other, Care::Full);
        if cost(&other, &other_order) < cost(&layers, &order) {
            (layers, order) = (other, other_order);
        }
    }
    (layers, order.ranks)
}

/// The one that looks best at a glance, and others that are hardly worse.
fn finalists(mut candidates: Vec<Layers>) -> (Layers, Vec<Layers>) {
    if candidates.len() == 1 {
        return (candidates.swap_remove(0), Vec::new());
    }
    let mut work = 0;
    let mut costs = Vec::new();
    for layers in &candidates {
        let glance = order::order(layers, Care::Glance);
        work += glance.work;
        costs.push(cost(layers, &glance));
        if work > GLANCE_BUDGET {
            break;
        }
    }
    candidates.truncate(costs.len());
    let mut judged: Vec<(f64, Layers)> = costs.into_iter().zip(candidates).collect();
    judged.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (least, best) = judged.remove(0);
    let others = judged.into_iter().take(FINALISTS - 1).filter(|(cost, _)| *cost <= least * REACH);
    (best, others.map(|(_, layers)| layers).collect())
}

/// Crossings count most; many cells make a tall drawing with long edges, which must be worth it.
fn cost(layers: &Layers, order: &Order) -> f64 {
    (order.crossings as f64 + 1.0) * (layers.cells.len() as f64).sqrt()
}

/// Different ways to turn the cycles of a part round, the usual one first.
fn turnings(graph: &Graph, part: &Part, usual: &[bool], at_random: bool) -> Vec<Vec<bool>> {
    let bearable = bearable(ascending(graph, part, usual));
    let has_cycles = part.edges.iter().any(|&edge| usual[edge]);
    let random = (1..=RANDOM_TURNS).map(Roots::Shuffled).filter(|_| at_random);
    let mut turnings = vec![usual.to_vec()];
    for roots in Roots::STEADY.into_iter().chain(random).filter(|_| has_cycles) {
        let reversed = acyclic::reversed_edges(graph, roots);
        let is_like = |other: &Vec<bool>| part.edges.iter().all(|&edge| other[edge] == reversed[edge]);
        if ascending(graph, part, &reversed) <= bearable && !turnings.iter().any(is_like) {
            turnings.push(reversed);
        }
    }
    turnings
}

/// Layers with fewer ranks and shorter edges than `first` for a part on whose cycles most nodes are, if they
/// are worth their crossings; else `first`.
fn shorter(
    graph: &Graph,
    part: &Part,
    usual: &[bool],
    local: &[u32],
    first: Layers,
    lay: impl Fn(&[bool], Slack) -> Layers,
) -> Layers {
    let reversed = feedback::reversed_edges(graph, part, local);
    if ascending(graph, part, &reversed) > bearable(ascending(graph, part, usual)) {
        return first;
    }
    let other = lay(&reversed, Slack::Emptiest);
    let (cells, before) = (other.cells.len(), first.cells.len());
    let cost =
        |layers: &Layers| order::order(layers, Care::Glance).crossings as f64 * layers.cells.len() as f64;
    let better = match cells < before {
        // So much shorter that crossings do not matter, or too much to count them.
        true if 2 * cells <= before || before > MOST_CELLS_AT_A_GLANCE => true,
        true => cost(&other) < cost(&first),
        false => false,
    };
    if better { other } else { first }
}

/// The weight of all edges that ascend. They are read against the grain.
fn ascending(graph: &Graph, part: &Part, reversed: &[bool]) -> u64 {
    let turned = part.edges.iter().filter(|&&edge| reversed[edge]);
    turned.map(|&edge| u64::from(graph.edges[edge].weight)).sum()
}

/// How much weight may ascend for the sake of a better drawing where `usual` ascends otherwise.
fn bearable(usual: u64) -> u64 {
    usual + usual / 4
}
