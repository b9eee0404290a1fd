//! Edges between the places that a report shows.

use crate::model::node::NodeTable;
use crate::model::node_id::NodeId;
use crate::model::weight::Weight;
use crate::passes::edges::calls_between::CallsBetween;
use crate::passes::edges::calls_into::CallsInto;
use crate::passes::edges::edge_table::{EdgeSum, EdgeTable, merged};
use crate::passes::edges::search::{Finder, Search};
use crate::passes::edges::width::{Narrow, Wide, Width};

/// Which edges a report needs; the others are not computed.
#[derive(Debug, Clone)]
pub enum Interest {
    /// All of them.
    All,
    /// Those that tell whether a node was inlined: all that lead to nodes into which an inlined call
    /// may lead that is not too light to be kept. Whether they are residual is not found out.
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

/// Between which nodes of a table edges are needed, by their rows in it.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    /// All edges.
    All,
    /// Edges into the marked nodes, and not whether they are residual.
    Into(Vec<bool>),
    /// Edges into the marked nodes or out of them.
    Touching(Vec<bool>),
}

/// Weighs the edges between the `kept` nodes.
///
/// Where nodes between two kept ones are left out, the edge across is residual. A stack counts once
/// for each edge, and a node that calls itself has no edge.
pub(crate) fn weigh_edges(table: &NodeTable<'_, '_>, kept: &[bool], wanted: &Wanted) -> Vec<Connection> {
    weigh_edges_by::<Narrow>(table, kept, wanted)
        // There is room for all nodes that a table can have.
        .or_else(|| weigh_edges_by::<Wide>(table, kept, wanted))
        .unwrap_or_default()
}

/// As [`weigh_edges`]; `None` when there are too many nodes for this width.
fn weigh_edges_by<W: Width>(
    table: &NodeTable<'_, '_>,
    kept: &[bool],
    wanted: &Wanted,
) -> Option<Vec<Connection>> {
    Some(match wanted {
        Wanted::All => weigh(table, &CallsBetween::<W>::new(table, kept, None)?),
        Wanted::Touching(marked) => weigh(table, &CallsBetween::<W>::new(table, kept, Some(marked))?),
        Wanted::Into(marked) => weigh(table, &CallsInto::<W>::new(table, kept, marked)?),
    })
}

fn weigh<W: Width>(table: &NodeTable<'_, '_>, search: &impl Search<W>) -> Vec<Connection> {
    let values = weigh_calls(table, search, |weight| weight.value);
    let divisors = table.view().value().mean.then(|| weigh_calls(table, search, |weight| weight.divisor));
    let kept = search.kept();
    let connection = |(row, edge): (usize, &EdgeSum)| Connection {
        from: kept[edge.call.from()],
        to: kept[edge.call.to()],
        weight: Weight {
            value: edge.sum,
            // Both passes see the same calls.
            divisor: divisors.as_ref().map_or(0, |divisors| divisors[row].sum),
        },
        residual: edge.call.is_residual(),
        inline: edge.call.is_inline(),
    };
    values.iter().enumerate().map(connection).collect()
}

/// Sums one part of the weights for each edge, sorted by the slots of the edges.
fn weigh_calls<W: Width>(
    table: &NodeTable<'_, '_>,
    search: &impl Search<W>,
    part: impl Fn(Weight) -> i64 + Sync,
) -> Vec<EdgeSum> {
    let (view, stacks) = (table.view(), table.stacks());
    let cost = view.profile().stacks.frame_count();
    let lists = view.threads().share(
        stacks.len(),
        cost,
        || (EdgeTable::<W>::default(), search.finder()),
        |(edges, finder), rows| {
            for (stack, weight) in stacks.active(rows) {
                let weight = part(weight);
                finder.find(view.frames(stack), |calls| edges.add(calls, weight, stack.raw() + 1));
            }
        },
        |(edges, _)| edges.sorted(),
    );
    lists.into_iter().reduce(merged).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use hotlist_profile::{Builder, Line, LocationId};

    use super::*;
    use crate::model::granularity::Detail;
    use crate::model::parallel::Threads;
    use crate::model::sample_value::SampleValue;
    use crate::model::view::View;

    type Found = BTreeMap<(usize, usize), (i64, bool, bool)>;

    /// The edges by the rules, one frame after the other.
    fn by_rules(table: &NodeTable<'_, '_>, kept: &[bool], is_wanted: impl Fn(usize, usize) -> bool) -> Found {
        let mut found = Found::new();
        let stacks = table.stacks();
        for (stack, weight) in stacks.active(0..stacks.len()) {
            let mut seen = Vec::new();
            let (mut caller, mut gap) = (None, false);
            for &location in table.view().frames(stack).iter().rev() {
                for (depth, node) in table.nodes(location).iter().rev().map(|node| node.index()).enumerate() {
                    if !kept[node] {
                        gap = true;
                        continue;
                    }
                    let from = caller.replace(node);
                    let edge = from.map(|from| (from, node)).filter(|&(from, to)| from != to);
                    if let Some((from, to)) = edge.filter(|edge| !seen.contains(edge))
                        && is_wanted(from, to)
                    {
                        seen.push((from, to));
                        let (sum, residual, inline) = found.entry((from, to)).or_insert((0, false, true));
                        *sum += weight.value;
                        *residual |= gap;
                        *inline &= depth > 0;
                    }
                    gap = false;
                }
            }
        }
        found
    }

    fn found<W: Width>(table: &NodeTable<'_, '_>, kept: &[bool], wanted: &Wanted) -> Found {
        let edges = weigh_edges_by::<W>(table, kept, wanted).unwrap();
        let ends = |edge: &Connection| (edge.from.index(), edge.to.index());
        edges.iter().map(|edge| (ends(edge), (edge.weight.value, edge.residual, edge.inline))).collect()
    }

    #[test]
    fn all_ways_find_the_calls_of_the_rules() {
        let mut state = 1u64;
        let mut random = move |below: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % below
        };
        for (functions, frames) in [(5, 8), (60, 12), (400, 700)] {
            let mut builder = Builder::new(&[("samples", "count")]);
            let ids: Vec<_> =
                (0..functions).map(|row| builder.named_function(&format!("f{row}"), "")).collect();
            let locations: Vec<LocationId> = (0..functions * 2)
                .map(|_| {
                    let lines = match random(8) {
                        0 => 1 + random(6),
                        // More than are passed at once.
                        1 if random(30) == 0 => 1000,
                        _ => 1,
                    };
                    let line = |function| Line { function, line: 0, column: 0 };
                    let lines: Vec<Line> = (0..lines).map(|_| line(ids[random(functions)])).collect();
                    builder.location(hotlist_profile::Location::default(), &lines)
                })
                .collect();
            for value in 1..200 {
                let stack: Vec<_> = (0..random(frames)).map(|_| locations[random(locations.len())]).collect();
                builder.sample(&stack, &[], &[value]).unwrap();
            }
            let profile = builder.finish();
            let value = SampleValue { column: 0, mean: false };
            let view = View::new(&profile, value, Threads::ONE, &mut Vec::new()).unwrap();
            let table = NodeTable::new(&view, Detail::default(), None);
            for share in [1, 2, 20] {
                let mut choose =
                    |share: usize| (0..table.len()).map(|_| random(share) == 0).collect::<Vec<_>>();
                let (kept, marked) = (choose(share), choose(6));
                let check = |wanted: &Wanted, expected: Found| {
                    assert_eq!(found::<Narrow>(&table, &kept, wanted), expected, "{wanted:?}");
                    assert_eq!(found::<Wide>(&table, &kept, wanted), expected, "{wanted:?}");
                };
                check(&Wanted::All, by_rules(&table, &kept, |_, _| true));
                let mut into = by_rules(&table, &kept, |_, to| marked[to]);
                into.values_mut().for_each(|(_, residual, _)| *residual = false);
                check(&Wanted::Into(marked.clone()), into);
                let touching = by_rules(&table, &kept, |from, to| marked[from] || marked[to]);
                check(&Wanted::Touching(marked.clone()), touching);
            }
        }
    }

    #[test]
    fn too_many_nodes_for_narrow_slots_take_wide_ones() {
        let mut builder = Builder::new(&[("samples", "count")]);
        let frames: Vec<LocationId> = (0..40_000)
            .map(|row| {
                let function = builder.named_function(&format!("f{row}"), "");
                builder.source_location(function, 1)
            })
            .collect();
        builder.sample(&frames, &[], &[1]).unwrap();
        let profile = builder.finish();
        let value = SampleValue { column: 0, mean: false };
        let view = View::new(&profile, value, Threads::ONE, &mut Vec::new()).unwrap();
        let table = NodeTable::new(&view, Detail::default(), None);
        let all = vec![true; table.len()];
        let edges = by_rules(&table, &all, |_, _| true);
        for wanted in [Wanted::All, Wanted::Into(all.clone())] {
            assert!(weigh_edges_by::<Narrow>(&table, &all, &wanted).is_none());
            assert_eq!(found::<Wide>(&table, &all, &wanted), edges);
        }
    }
}
