//! A call from one node of a graph to another, in one number.

use crate::passes::edges::width::Width;

/// A call from one kept node to another: the callee's slot in the lower half and the caller's in the upper
/// one, and at the top of each half a mark.
///
/// The marks say what an edge is once any of its calls is: residual, and not inlined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call(u64);

impl Call {
    const RESIDUAL: u64 = 1 << 63;
    const NOT_INLINE: u64 = 1 << 31;

    pub(crate) fn new(from: u32, to: u32, is_residual: bool, is_inline: bool) -> Self {
        let marks = u64::from(is_residual) << 63 | u64::from(!is_inline) << 31;
        Call(u64::from(from) << 32 | u64::from(to) | marks)
    }

    /// What stands in a table of edges, as a call.
    pub(crate) fn from_edge<W: Width>(edge: W::Edge) -> Self {
        let edge = W::edge_bits(edge);
        let (from, to) = (edge >> W::BITS, edge & (W::MARK << 1).wrapping_sub(1));
        let marked = |half: u64| half & W::MARK != 0;
        let slot = |half: u64| (half & W::SLOT) as u32;
        Call::new(slot(from), slot(to), marked(from), !marked(to))
    }

    /// The call without its marks.
    #[inline]
    pub(crate) fn edge(self) -> u64 {
        self.0 & !(Call::RESIDUAL | Call::NOT_INLINE)
    }

    pub(crate) fn with_marks_of(self, other: Call) -> Self {
        Call(self.0 | other.0 & (Call::RESIDUAL | Call::NOT_INLINE))
    }

    pub(crate) fn from(self) -> usize {
        (self.edge() >> 32) as usize
    }

    pub(crate) fn to(self) -> usize {
        self.edge() as u32 as usize
    }

    pub(crate) fn is_residual(self) -> bool {
        self.0 & Call::RESIDUAL != 0
    }

    pub(crate) fn is_inline(self) -> bool {
        self.0 & Call::NOT_INLINE == 0
    }
}
