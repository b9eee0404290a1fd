//! What a location stands for.

use crate::model::node_id::NodeId;

/// What a location stands for: one node, none, or a group of them, because of inlining.
///
/// A number: passes look up one for each frame, so it has to be small, and the usual case first. A place
/// takes tens of bytes, so there are always fewer of them than 2^31.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Step(pub(crate) NodeId);

impl Step {
    /// A hidden location, which stands for no node.
    pub(crate) const HIDDEN: Step = Step(NodeId(u32::MAX));
    const GROUP: u32 = 1 << 31;

    pub(crate) fn group(row: usize) -> Step {
        Step(NodeId(Step::GROUP | row as u32))
    }

    #[inline]
    pub(crate) fn raw(self) -> u32 {
        self.0.0
    }

    #[inline]
    pub(crate) fn from_raw(raw: u32) -> Step {
        Step(NodeId(raw))
    }

    /// The node, where there is exactly one.
    #[inline]
    pub(crate) fn node(self) -> Option<usize> {
        (self.0.0 < Step::GROUP).then_some(self.0.index())
    }

    /// The group, where there are several nodes.
    #[inline]
    pub(crate) fn as_group(self) -> Option<usize> {
        (self.0.0 >= Step::GROUP && self != Step::HIDDEN).then_some((self.0.0 & !Step::GROUP) as usize)
    }
}
