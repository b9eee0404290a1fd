//! What a set of places weighs together.

use crate::location_set::LocationSet;
use crate::node::NodeTable;
use crate::weigh::{StackWeights, Weight};

/// The weight of some places together, each stack counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TogetherWeight {
    /// Stacks of which one of the places is the leaf.
    pub flat: Weight,
    /// Stacks on which one of the places is.
    pub cum: Weight,
}

impl NodeTable<'_, '_> {
    /// What the nodes for which `chosen` holds weigh together. Adding up their cum weights would count a
    /// stack once for each of them that is on it.
    ///
    /// # Panics
    /// When `chosen` is shorter than the table.
    pub fn weigh_together(&self, chosen: &[bool]) -> TogetherWeight {
        let view = self.view();
        let stacks = StackWeights::of(view);
        let locations = LocationSet::of_nodes(self, |node| chosen[node.index()]);
        let cost = view.profile().stacks.frame_count();
        let parts = view.threads().split(stacks.len(), cost, |rows| {
            let mut sum = TogetherWeight::default();
            for (stack, weight) in stacks.active(rows) {
                let frames = view.frames(stack);
                if locations.meets(frames) {
                    sum.cum += weight;
                    if self.leaf(frames).is_some_and(|leaf| chosen[leaf.index()]) {
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
}
