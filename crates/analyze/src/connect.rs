//! Edges between the places that a report shows.

use crate::call::{Narrow, Wide, Width};
use crate::calls::{Calls, Plan, Wanted};
use crate::edges::{Edges, Tally, merged};
use crate::node::{NodeId, NodeTable};
use crate::weigh::{StackWeights, Weight};

/// Which edges a report needs; the others are not computed.
#[derive(Debug, Clone)]
pub enum Interest {
    /// All of them.
    All,
    /// Those that tell whether a node was inlined: all that lead to nodes into which an inlined call
    /// may lead that is not too light to be kept.
    Inlining,
    /// Those that begin or end at nodes marked here.
    Touching(Vec<bool>),
    /// None.
    Nothing,
}

/// An edge between places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connection {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) weight: Weight,
    pub(crate) residual: bool,
    pub(crate) inline: bool,
}

/// Weighs the edges between the `kept` nodes, sorted by caller and callee.
///
/// Where nodes between two kept ones are left out, the edge across is residual. A stack counts once
/// for each edge, and a node that calls itself has no edge.
pub(crate) fn connect(
    table: &NodeTable<'_, '_>,
    stacks: &StackWeights,
    kept: &[bool],
    wanted: &Wanted,
) -> Vec<Connection> {
    match Plan::<Narrow>::new(table, kept, wanted) {
        Some(plan) => connect_by(table, stacks, &plan),
        // A wide plan has room for all nodes that a table can have.
        None => Plan::<Wide>::new(table, kept, wanted)
            .map_or_else(Vec::new, |plan| connect_by(table, stacks, &plan)),
    }
}

fn connect_by<W: Width>(table: &NodeTable<'_, '_>, stacks: &StackWeights, plan: &Plan<W>) -> Vec<Connection> {
    let values = weigh_calls(table, stacks, plan, |weight| weight.value);
    let divisors =
        table.view().value().mean.then(|| weigh_calls(table, stacks, plan, |weight| weight.divisor));
    let connection = |(row, tally): (usize, &Tally)| Connection {
        from: plan.kept()[tally.call.from()],
        to: plan.kept()[tally.call.to()],
        weight: Weight {
            value: tally.sum,
            // Both passes see the same calls.
            divisor: divisors.as_ref().map_or(0, |divisors| divisors[row].sum),
        },
        residual: tally.call.is_residual(),
        inline: tally.call.is_inline(),
    };
    values.iter().enumerate().map(connection).collect()
}

/// Sums one part of the weights for each edge, sorted by edge.
fn weigh_calls<W: Width>(
    table: &NodeTable<'_, '_>,
    stacks: &StackWeights,
    plan: &Plan<W>,
    part: impl Fn(Weight) -> i64 + Sync,
) -> Vec<Tally> {
    let view = table.view();
    let cost = view.profile().stacks.frame_count();
    let begin = || (Edges::<W>::default(), Calls::new(plan));
    let work = |(edges, calls): &mut (Edges<W>, Calls<'_, W>), rows| {
        for (stack, weight) in stacks.active(rows) {
            let weight = part(weight);
            calls.of(view.frames(stack), |calls| edges.add(calls, weight, stack.raw() + 1));
        }
    };
    let lists = view.threads().share(stacks.len(), cost, begin, work, |(edges, _)| edges.sorted());
    lists.into_iter().reduce(merged).unwrap_or_default()
}
