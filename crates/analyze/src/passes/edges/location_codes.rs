//! What is passed at each location on the way through a stack, as small numbers.

use crate::model::node::NodeTable;
use crate::model::node_id::NodeId;
use crate::passes::edges::width::Width;

/// For each location a row of codes, the outermost first: slots of nodes, some with the top bit set.
///
/// Nearly all locations have one code or two, which stand in the table itself.
pub(crate) struct LocationCodes<W: Width> {
    entries: Vec<[W::Half; 2]>,
    longer: Vec<W::Half>,
    /// Where the rows of `longer` begin, and where the last one ends.
    bounds: Vec<usize>,
}

impl<W: Width> LocationCodes<W> {
    /// Nodes that are left out. Greater than every slot.
    pub(crate) const DROPPED: u64 = W::SLOT;
    /// No slot either: where the way into a stack begins.
    pub(crate) const OUTSIDE: u64 = W::SLOT - 1;
    /// There is nothing more at a location.
    pub(crate) const ABSENT: u64 = W::MARK | Self::DROPPED;
    /// There is a longer row; what comes with it is its number.
    pub(crate) const LONGER: u64 = W::MARK | Self::OUTSIDE;

    /// Room for this many locations.
    pub(crate) fn with_capacity(locations: usize) -> Self {
        LocationCodes { entries: Vec::with_capacity(locations), longer: Vec::new(), bounds: vec![0] }
    }

    /// The slot of each node of `table`, of which those of `kept` have one, in their order. `None` when they are too
    /// many for this width.
    pub(crate) fn slots(table: &NodeTable<'_, '_>, kept: &[NodeId]) -> Option<Vec<u64>> {
        if kept.len() as u64 >= Self::OUTSIDE {
            return None;
        }
        let mut slots = vec![Self::DROPPED; table.len()];
        for (slot, node) in kept.iter().enumerate() {
            slots[node.index()] = slot as u64;
        }
        Some(slots)
    }

    /// Adds the codes of the next location. `None` when there are too many longer rows for this width.
    pub(crate) fn add(&mut self, codes: &[u64]) -> Option<()> {
        match *codes {
            [] => self.add_pair([Self::ABSENT, Self::ABSENT]),
            [only] => self.add_pair([only, Self::ABSENT]),
            [outer, inner] => self.add_pair([outer, inner]),
            _ => return self.add_row(codes),
        }
        Some(())
    }

    /// Adds the two codes of the next location.
    pub(crate) fn add_pair(&mut self, codes: [u64; 2]) {
        self.entries.push(codes.map(W::half));
    }

    /// Adds the codes of the next location as a longer row, as many as they are.
    pub(crate) fn add_row(&mut self, codes: &[u64]) -> Option<()> {
        let row = self.bounds.len() as u64 - 1;
        if row > W::SLOT {
            return None;
        }
        self.longer.extend(codes.iter().map(|&code| W::half(code)));
        self.bounds.push(self.longer.len());
        self.add_pair([Self::LONGER, row]);
        Some(())
    }

    /// The entry of each location: its codes, or [`LONGER`](Self::LONGER) and a row.
    #[inline(always)]
    pub(crate) fn entries(&self) -> &[[W::Half; 2]] {
        &self.entries
    }

    /// The codes of an entry for which there is a longer row.
    #[inline(always)]
    pub(crate) fn longer(&self, entry: [W::Half; 2]) -> Option<&[W::Half]> {
        let [first, row] = entry.map(W::half_bits);
        let row = row as usize;
        (first == Self::LONGER).then(|| &self.longer[self.bounds[row]..self.bounds[row + 1]])
    }

    /// Whether one of the codes of a location is one for which `chosen` holds.
    pub(crate) fn any(&self, location: usize, mut chosen: impl FnMut(u64) -> bool) -> bool {
        let entry = &self.entries[location];
        self.longer(*entry).unwrap_or(entry).iter().any(|&code| chosen(W::half_bits(code)))
    }
}
