//! Finding the calls of stacks that lead into few nodes.

use hotlist_profile::LocationId;

use crate::call::Width;
use crate::codes::Codes;
use crate::connect::{Finder, Search};
use crate::node::{NodeId, NodeTable};

/// Kept nodes, numbered densely, of which the first few are those into which calls are looked for.
///
/// Other than in a [`Plan`](crate::calls::Plan), nodes that are left out leave no trace, so that nearly every location
/// has two codes: its outermost kept node, with the top bit set unless that was inlined, and its innermost one, which
/// may be the same; both are [`DROPPED`](Codes::DROPPED) where there is none. Only locations with three kept nodes or
/// more have a row of them. One look for each frame then takes 0.7 of the time of a plan, which has to tell residual
/// calls as well.
pub(crate) struct Entrances<W: Width> {
    kept: Vec<NodeId>,
    wanted: u64,
    codes: Codes<W>,
}

impl<W: Width> Entrances<W> {
    /// The ways into the `wanted` ones among the nodes of `table` that are `kept`. `None` when they, or the locations
    /// with several of them, are too many for this width.
    pub(crate) fn new(table: &NodeTable<'_, '_>, kept: &[bool], wanted: &[bool]) -> Option<Self> {
        let (mut ids, others): (Vec<NodeId>, Vec<NodeId>) =
            table.ids().filter(|node| kept[node.index()]).partition(|node| wanted[node.index()]);
        let wanted = ids.len() as u64;
        ids.extend(others);
        let slots = Codes::<W>::slots(table, &ids)?;
        let locations = &table.view().profile().locations;
        let mut all = Codes::with_capacity(locations.len());
        let mut codes = Vec::new();
        for location in locations.ids() {
            codes.clear();
            for (position, node) in table.nodes(location).iter().rev().enumerate() {
                let slot = slots[node.index()];
                if slot != Codes::<W>::DROPPED {
                    codes.push(if position == 0 { slot | W::MARK } else { slot });
                }
            }
            match *codes {
                [] => all.add_pair([Codes::<W>::DROPPED; 2]),
                [only] => all.add_pair([only, only & W::SLOT]),
                _ => all.add(&codes)?,
            }
        }
        Some(Entrances { kept: ids, wanted, codes: all })
    }
}

impl<W: Width> Search<W> for Entrances<W> {
    fn kept(&self) -> &[NodeId] {
        &self.kept
    }

    fn finder(&self) -> impl Finder<W> {
        Entering { entrances: self, calls: [W::edge(0); ROOM] }
    }
}

/// How many frames of a stack are looked at together.
const MOST: usize = 128;
/// Room for the calls into them and within them.
const ROOM: usize = 2 * MOST;

struct Entering<'e, W: Width> {
    entrances: &'e Entrances<W>,
    calls: [W::Edge; ROOM],
}

impl<W: Width> Finder<W> for Entering<'_, W> {
    #[inline]
    fn find(&mut self, frames: &[LocationId], mut take: impl FnMut(&[W::Edge])) {
        let Entrances { wanted, codes, .. } = self.entrances;
        let mut from = Codes::<W>::OUTSIDE;
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
/// Every candidate is written and then kept or not, since the processor cannot foresee which are. This is a function
/// of its own so that what it needs stays in registers.
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
        if outer == Codes::<W>::LONGER {
            break;
        }
        passed += 1;
        let callee = outer & W::SLOT;
        calls[found % ROOM] = W::edge(from << W::BITS | outer);
        found += usize::from((callee < wanted) & (callee != from));
        calls[found % ROOM] = W::edge(callee << W::BITS | inner);
        found += usize::from((inner < wanted) & (callee != inner));
        from = if inner == Codes::<W>::DROPPED { from } else { inner };
    }
    *last = from;
    (found, passed)
}

/// Gives calls to `take`, other than the one with which a stack begins.
#[inline(always)]
fn give<W: Width>(calls: &[W::Edge], take: &mut impl FnMut(&[W::Edge])) {
    let is_first = |&call: &W::Edge| W::edge_bits(call) >> W::BITS == Codes::<W>::OUTSIDE;
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
