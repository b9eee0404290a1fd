//! What groups of places weigh: the lines of a function together, each stack once.

use crate::model::node::NodeTable;
use crate::model::weight::Weight;

/// The group of a place that belongs to none.
pub const NO_GROUP: u32 = u32::MAX;

/// What each of `count` groups weighs wherever one of its places occurs; a stack counts once,
/// however many of the places are on it.
///
/// `group_of` has the group of each place, below `count`, or [`NO_GROUP`].
pub fn weigh_groups(table: &NodeTable<'_, '_>, group_of: &[u32], count: usize) -> Vec<Weight> {
    let (view, stacks) = (table.view(), table.stacks());
    let locations = table.locations(|node| (group_of[node.index()] as usize) < count);
    let cost = view.profile().stacks.frame_count();
    let parts = view.threads().split(stacks.len(), cost, |rows| {
        let mut sums = vec![Weight::default(); count];
        // The last stack that was added to each group, counted from 1.
        let mut last = vec![0u32; count];
        let mut room = Vec::new();
        for (stack, weight) in stacks.active(rows) {
            let stamp = stack.raw() + 1;
            let frames = view.frames(stack);
            let positions = locations.positions(frames, &mut room).iter();
            for node in positions.flat_map(|&position| table.nodes(frames[position as usize])) {
                let group = group_of[node.index()] as usize;
                if group < count && last[group] != stamp {
                    last[group] = stamp;
                    sums[group] += weight;
                }
            }
        }
        sums
    });
    let mut sums = vec![Weight::default(); count];
    for part in parts {
        sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    }
    sums
}
