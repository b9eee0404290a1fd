//! Which of many ways to lay a part out in ranks is drawn.
//!
//! Which edges are turned round, and on which rank nodes with slack stand, decides more about crossings than
//! the search for an order can repair. So small parts are laid out in several ways. Each is ordered at a
//! glance; the most promising is ordered with care.

use crate::acyclic::{self, Roots};
use crate::graph::{Graph, Options};
use crate::layers::{Layers, Part};
use crate::order::{self, Care, Order};
use crate::rank::Slack;

/// Larger parts, in cells, are laid out in the usual way only.
const MOST_CELLS: usize = 2_000;
/// Larger parts, in cells, have no cycles turned at random.
const MOST_CELLS_AT_RANDOM: usize = 400;
/// How many times cycles are turned at random.
const RANDOM_TURNS: u32 = 12;
/// How many ways are ordered with care.
const FINALISTS: usize = 2;
/// How much more a way may cost at a glance than the best to become a finalist.
const REACH: f64 = 1.1;
/// After so many steps no further way is looked at.
const GLANCE_BUDGET: u64 = 900_000;

/// The layers of the part that are drawn, and the order of each rank. `usual` tells which edges ascend as long
/// as nothing better is found.
pub(crate) fn ordered_layers(
    graph: &Graph,
    part: &Part,
    options: &Options,
    usual: &[bool],
    local: &[u32],
) -> (Layers, Vec<Vec<u32>>) {
    let lay = |reversed: &[bool], slack| Layers::new(graph, part, options, reversed, slack, local);
    let mut candidates = vec![lay(usual, Slack::Emptiest)];
    if candidates[0].cells.len() <= MOST_CELLS {
        let at_random = candidates[0].cells.len() <= MOST_CELLS_AT_RANDOM;
        for (turn, reversed) in turnings(graph, part, usual, at_random).iter().enumerate() {
            // One way to use slack is enough for each of the many random turns.
            let slacks = if turn < Roots::STEADY.len() { &Slack::ALL[..] } else { &Slack::ALL[..1] };
            for &slack in slacks {
                let layers = lay(reversed, slack);
                if !candidates.iter().any(|other| other.is_like(&layers)) {
                    candidates.push(layers);
                }
            }
        }
    }
    if candidates.len() > 1 {
        let mut work = 0;
        let mut glances: Vec<(f64, usize)> = Vec::new();
        for (index, layers) in candidates.iter().enumerate() {
            let glance = order::order(layers, Care::Glance);
            work += glance.work;
            glances.push((cost(layers, &glance), index));
            if work > GLANCE_BUDGET {
                break;
            }
        }
        glances.sort_by(|a, b| a.0.total_cmp(&b.0));
        let within_reach = glances[0].0 * REACH;
        glances.retain(|&(cost, _)| cost <= within_reach);
        let mut finalists: Vec<(f64, Layers, Vec<Vec<u32>>)> = Vec::new();
        let mut candidates: Vec<Option<Layers>> = candidates.into_iter().map(Some).collect();
        for &(_, index) in glances.iter().take(FINALISTS) {
            let Some(layers) = candidates[index].take() else { continue };
            let order = order::order(&layers, Care::Full);
            finalists.push((cost(&layers, &order), layers, order.ranks));
        }
        finalists.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (_, layers, ranks) = finalists.swap_remove(0);
        return (layers, ranks);
    }
    let layers = candidates.swap_remove(0);
    let order = order::order(&layers, Care::Full);
    (layers, order.ranks)
}

/// Crossings count most; many cells make a tall drawing with long edges, which must be worth it.
fn cost(layers: &Layers, order: &Order) -> f64 {
    (order.crossings as f64 + 1.0) * (layers.cells.len() as f64).sqrt()
}

/// Different ways to turn the cycles of a part round, the usual one first.
fn turnings(graph: &Graph, part: &Part, usual: &[bool], at_random: bool) -> Vec<Vec<bool>> {
    let ascending = |reversed: &[bool]| -> u64 {
        part.edges
            .iter()
            .filter(|&&edge| reversed[edge])
            .map(|&edge| u64::from(graph.edges[edge].weight))
            .sum()
    };
    // What ascends is read against the grain.
    let bearable = ascending(usual) + ascending(usual) / 4;
    let has_cycles = part.edges.iter().any(|&edge| usual[edge]);
    let random = (1..=RANDOM_TURNS).map(Roots::Shuffled).filter(|_| at_random);
    let mut turnings = vec![usual.to_vec()];
    for roots in Roots::STEADY.into_iter().chain(random).filter(|_| has_cycles) {
        let reversed = acyclic::reversed_edges(graph, roots);
        let is_like = |other: &Vec<bool>| part.edges.iter().all(|&edge| other[edge] == reversed[edge]);
        if ascending(&reversed) <= bearable && !turnings.iter().any(is_like) {
            turnings.push(reversed);
        }
    }
    turnings
}
