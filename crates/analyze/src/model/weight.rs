//! Sums of samples.

use std::ops::AddAssign;

use crate::model::node_id::NodeId;
use crate::model::sides::Sides;

/// A sum of values, and of the values they are divided by when means are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Sum of values.
    pub value: i64,
    /// Sum of divisors; 0 when there is nothing to divide by.
    pub divisor: i64,
}

impl Weight {
    /// What is shown: the sum, or the mean where there is a divisor.
    pub fn shown(self) -> i64 {
        if self.divisor == 0 { self.value } else { self.value.wrapping_div(self.divisor) }
    }

    /// Whether neither part is other than zero.
    pub fn is_zero(self) -> bool {
        self.value == 0 && self.divisor == 0
    }
}

impl AddAssign for Weight {
    fn add_assign(&mut self, other: Weight) {
        // Only sums over several places can leave 64 bits, since a view refuses larger totals.
        self.value = self.value.saturating_add(other.value);
        self.divisor = self.divisor.saturating_add(other.divisor);
    }
}

/// Flat and cum of every node of a table, for each side of a comparison. Means are not divided.
#[derive(Debug, Clone)]
pub struct SideWeights {
    pub(crate) flat: Vec<Sides>,
    pub(crate) cum: Vec<Sides>,
}

impl SideWeights {
    /// What `node` weighs where it is the leaf.
    pub fn flat(&self, node: NodeId) -> Sides {
        self.flat[node.index()]
    }

    /// What `node` weighs wherever it occurs, each stack once.
    pub fn cum(&self, node: NodeId) -> Sides {
        self.cum[node.index()]
    }
}

/// Flat and cum of every node of a table.
#[derive(Debug, Clone)]
pub struct Weights {
    pub(crate) flat: Vec<Weight>,
    pub(crate) cum: Vec<Weight>,
    /// For each group of the table an upper bound of the weight of all calls within it.
    pub(crate) groups: Vec<u64>,
}

impl Weights {
    /// What `node` weighs where it is the leaf.
    pub fn flat(&self, node: NodeId) -> Weight {
        self.flat[node.index()]
    }

    /// What `node` weighs wherever it occurs, each stack once.
    pub fn cum(&self, node: NodeId) -> Weight {
        self.cum[node.index()]
    }
}

impl Weights {
    /// An upper bound of the weight of all calls within a group of the table.
    pub(crate) fn group(&self, group: usize) -> u64 {
        self.groups[group]
    }
}
