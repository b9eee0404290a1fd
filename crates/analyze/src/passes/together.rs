//! What a set of places weighs together.

use crate::model::node::NodeTable;
use crate::model::weight::Weight;

/// The weight of some places together, each stack counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TogetherWeight {
    /// Stacks of which one of the places is the leaf.
    pub flat: Weight,
    /// Stacks on which one of the places is.
    pub cum: Weight,
}

/// What the nodes for which `chosen` holds weigh together. Adding up their cum weights would count a
/// stack once for each of them that is on it.
///
/// # Panics
/// When `chosen` is shorter than the table.
pub fn weigh_together(table: &NodeTable<'_, '_>, chosen: &[bool]) -> TogetherWeight {
    let (view, stacks) = (table.view(), table.stacks());
    let locations = table.locations(|node| chosen[node.index()]);
    let cost = view.profile().stacks.frame_count();
    let parts = view.threads().split(stacks.len(), cost, |rows| {
        let mut sum = TogetherWeight::default();
        for (stack, weight) in stacks.active(rows) {
            let frames = view.frames(stack);
            if locations.meets(frames) {
                sum.cum += weight;
                if table.leaf(frames).is_some_and(|leaf| chosen[leaf.index()]) {
                    sum.flat += weight;
                }
            }
        }
        sum
    });
    parts.into_iter().fold(TogetherWeight::default(), |mut sum, part| {
        sum.flat += part.flat;
        sum.cum += part.cum;
        sum
    })
}
