//! Finding the calls of stacks that lead into some places.

use hotlist_profile::LocationId;

use crate::model::node::NodeTable;
use crate::model::node_id::NodeId;
use crate::passes::edges::location_codes::LocationCodes;
use crate::passes::edges::search::{Finder, Search};
use crate::passes::edges::width::Width;

/// Kept nodes, numbered densely, of which the first few are those into which calls are looked for.
///
/// Other than in [`calls_between`](super::calls_between), nodes that are left out leave no trace, so that nearly every
/// location has two codes: its outermost kept node, with the top bit set unless that was inlined, and its innermost
/// one, which may be the same; both are [`DROPPED`](LocationCodes::DROPPED) where there is none. Only locations with
/// three kept nodes or more have a longer row.
pub(crate) struct CallsInto<W: Width> {
    kept: Vec<NodeId>,
    wanted: u64,
    codes: LocationCodes<W>,
}

impl<W: Width> CallsInto<W> {
    /// The ways into the `wanted` ones among the nodes of `table` that are `kept`. `None` when they, or the locations
    /// with several of them, are too many for this width.
    pub(crate) fn new(table: &NodeTable<'_, '_>, kept: &[bool], wanted: &[bool]) -> Option<Self> {
        let (mut ids, others): (Vec<NodeId>, Vec<NodeId>) =
            table.ids().filter(|node| kept[node.index()]).partition(|node| wanted[node.index()]);
        let wanted = ids.len() as u64;
        ids.extend(others);
        let slots = LocationCodes::<W>::slots(table, &ids)?;
        let locations = &table.view().profile().locations;
        let mut all = LocationCodes::with_capacity(locations.len());
        let mut codes = Vec::new();
        for location in locations.ids() {
            codes.clear();
            for (position, node) in table.nodes(location).iter().rev().enumerate() {
                let slot = slots[node.index()];
                if slot != LocationCodes::<W>::DROPPED {
                    codes.push(if position == 0 { slot | W::MARK } else { slot });
                }
            }
            match *codes {
                [] => all.add_pair([LocationCodes::<W>::DROPPED; 2]),
                [only] => all.add_pair([only, only & W::SLOT]),
                _ => all.add(&codes)?,
            }
        }
        Some(CallsInto { kept: ids, wanted, codes: all })
    }
}

impl<W: Width> Search<W> for CallsInto<W> {
    fn kept(&self) -> &[NodeId] {
        &self.kept
    }

    fn finder(&self) -> impl Finder<W> {
        Entering { calls_into: self, calls: [W::edge(0); ROOM] }
    }
}

/// How many frames of a stack are looked at together.
const MOST: usize = 128;
/// Room for the calls into them and within them; positions are taken modulo it as in
/// [`calls_between`](super::calls_between).
const ROOM: usize = 2 * MOST;

struct Entering<'e, W: Width> {
    calls_into: &'e CallsInto<W>,
    calls: [W::Edge; ROOM],
}

impl<W: Width> Finder<W> for Entering<'_, W> {
    #[inline]
    fn find(&mut self, frames: &[LocationId], mut take: impl FnMut(&[W::Edge])) {
        let CallsInto { wanted, codes, .. } = self.calls_into;
        let mut from = LocationCodes::<W>::OUTSIDE;
        let mut left = frames;
        while let Some((&last, others)) = left.split_last() {
            let entry = codes.entries()[last.index()];
            if let Some(codes) = codes.longer(entry) {
                from = pass::<W>(codes, from, *wanted, &mut take);
                left = others;
                continue;
            }
            let (found, passed) = collect::<W>(left, codes.entries(), *wanted, &mut from, &mut self.calls);
            give::<W>(&self.calls[..found], &mut take);
            left = &left[..left.len() - passed];
        }
    }
}

/// Passes frames, the outermost first, up to a location with a longer row or [`MOST`] of them. How many calls were
/// found and how many frames passed.
///
/// Every candidate is written and then kept or not, since the processor cannot foresee which are. This is its own
/// function so that what it needs stays in registers.
#[inline(never)]
fn collect<W: Width>(
    frames: &[LocationId],
    entries: &[[W::Half; 2]],
    wanted: u64,
    last: &mut u64,
    calls: &mut [W::Edge; ROOM],
) -> (usize, usize) {
    let (mut from, mut found, mut passed) = (*last, 0, 0);
    for &location in frames.iter().rev().take(MOST) {
        let [outer, inner] = entries[location.index()].map(W::half_bits);
        if outer == LocationCodes::<W>::LONGER {
            break;
        }
        passed += 1;
        let callee = outer & W::SLOT;
        calls[found % ROOM] = W::edge(from << W::BITS | outer);
        found += usize::from((callee < wanted) & (callee != from));
        calls[found % ROOM] = W::edge(callee << W::BITS | inner);
        found += usize::from((inner < wanted) & (callee != inner));
        from = if inner == LocationCodes::<W>::DROPPED { from } else { inner };
    }
    *last = from;
    (found, passed)
}

/// Gives calls to `take`, other than the one with which a stack begins.
#[inline(always)]
fn give<W: Width>(calls: &[W::Edge], take: &mut impl FnMut(&[W::Edge])) {
    let is_first = |&call: &W::Edge| W::edge_bits(call) >> W::BITS == LocationCodes::<W>::OUTSIDE;
    take(&calls[usize::from(calls.first().is_some_and(is_first))..]);
}

/// Passes a location with a longer row, coming from one node and ending at another.
#[cold]
fn pass<W: Width>(codes: &[W::Half], mut from: u64, wanted: u64, take: &mut impl FnMut(&[W::Edge])) -> u64 {
    for code in codes.iter().map(|&code| W::half_bits(code)) {
        let callee = code & W::SLOT;
        if callee < wanted && callee != from {
            give::<W>(&[W::edge(from << W::BITS | code)], take);
        }
        from = callee;
    }
    from
}
