//! Sums for the edges of a graph.

use crate::passes::edges::call::Call;
use crate::passes::edges::width::{WAYS, Width};

/// An edge and its sum.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EdgeSum {
    pub(crate) call: Call,
    pub(crate) sum: i64,
}

/// A hash table whose entries are the edges themselves.
///
/// Four entries share a cache line and are compared at once, since which of them it is cannot be foreseen; an
/// edge that finds its line full goes to the next one.
#[derive(Debug)]
pub(crate) struct EdgeTable<W: Width> {
    lines: Vec<Entries<W>>,
    used: usize,
    /// 64 less the number of bits of the number of a line.
    shift: u32,
}

/// Edges with their marks, their sums, and the stacks that were added to them last.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Entries<W: Width> {
    edges: [W::Edge; WAYS],
    last: [u32; WAYS],
    sums: [i64; WAYS],
}

impl<W: Width> Default for EdgeTable<W> {
    fn default() -> Self {
        EdgeTable::with_bits(8)
    }
}

impl<W: Width> EdgeTable<W> {
    fn with_bits(bits: u32) -> Self {
        let free = Entries { edges: [W::edge(u64::MAX); WAYS], last: [0; WAYS], sums: [0; WAYS] };
        EdgeTable { lines: vec![free; 1 << bits], used: 0, shift: 64 - bits }
    }

    /// Adds the weight of a stack to the edges of its `calls`, the outermost first. Stacks come one after the
    /// other, each with its own stamp, which is not zero; an edge counts once a stack.
    #[inline]
    pub(crate) fn add(&mut self, calls: &[W::Edge], weight: i64, stamp: u32) {
        for &edge in calls {
            let edge = W::edge_bits(edge);
            let line = self.home(edge);
            let entries = &mut self.lines[line];
            let way = entries.way_of(edge);
            if way < WAYS {
                entries.add(way, edge, weight, stamp);
            } else {
                self.add_elsewhere(edge, weight, stamp);
            }
        }
    }

    /// The line where the edge is looked for first.
    #[inline]
    fn home(&self, edge: u64) -> usize {
        ((edge & W::EDGE).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }

    /// As [`add`](Self::add) for an edge that is not in its home.
    #[cold]
    #[inline(never)]
    fn add_elsewhere(&mut self, edge: u64, weight: i64, stamp: u32) {
        let mut line = self.home(edge);
        loop {
            let entries = &mut self.lines[line];
            let way = entries.way_of(edge);
            if way < WAYS {
                return entries.add(way, edge, weight, stamp);
            }
            if entries.is_free(WAYS - 1) {
                break;
            }
            line = (line + 1) & (self.lines.len() - 1);
        }
        if self.used * 2 >= self.lines.len() * WAYS {
            self.grow();
        }
        self.insert(edge, weight, stamp);
    }

    /// Adds an edge that is not in the table.
    fn insert(&mut self, edge: u64, sum: i64, last: u32) {
        let mut line = self.home(edge);
        loop {
            let entries = &mut self.lines[line];
            if let Some(way) = (0..WAYS).find(|&way| entries.is_free(way)) {
                entries.edges[way] = W::edge(edge);
                entries.last[way] = last;
                entries.sums[way] = sum;
                self.used += 1;
                return;
            }
            line = (line + 1) & (self.lines.len() - 1);
        }
    }

    fn grow(&mut self) {
        let larger = EdgeTable::with_bits(64 - self.shift + 1);
        let old = std::mem::replace(self, larger);
        for (edge, last, sum) in old.entries() {
            self.insert(edge, sum, last);
        }
    }

    /// All edges with the stacks that were added last and the sums.
    fn entries(&self) -> impl Iterator<Item = (u64, u32, i64)> + '_ {
        self.lines.iter().flat_map(|entries| {
            let ways = (0..WAYS).filter(|&way| !entries.is_free(way));
            ways.map(|way| (W::edge_bits(entries.edges[way]), entries.last[way], entries.sums[way]))
        })
    }

    /// All edges, sorted by their nodes, whose order is that of the slots.
    pub(crate) fn sorted(&self) -> Vec<EdgeSum> {
        let mut sums = Vec::with_capacity(self.used);
        let sum_of = |(edge, _, sum)| EdgeSum { call: Call::from_edge::<W>(W::edge(edge)), sum };
        sums.extend(self.entries().map(sum_of));
        sums.sort_unstable_by_key(|sum| sum.call.edge());
        sums
    }
}

impl<W: Width> Entries<W> {
    /// Where an edge is; [`WAYS`] when it is not here.
    #[inline(always)]
    fn way_of(&self, edge: u64) -> usize {
        let ways = W::matching(&self.edges, W::edge(edge)) | 1 << WAYS;
        ways.trailing_zeros() as usize
    }

    #[inline(always)]
    fn is_free(&self, way: usize) -> bool {
        W::edge_bits(self.edges[way]) == W::FREE
    }

    #[inline(always)]
    fn add(&mut self, way: usize, edge: u64, weight: i64, stamp: u32) {
        // No branch: whether a stack has an edge twice cannot be foreseen.
        let is_new = self.last[way] != stamp;
        let marks = edge & !W::EDGE & u64::from(is_new).wrapping_neg();
        self.edges[way] = W::edge(W::edge_bits(self.edges[way]) | marks);
        self.sums[way] += weight & -i64::from(is_new);
        self.last[way] = stamp;
    }
}

/// Two lists of edges, each sorted and without repetitions, as one such list.
pub(crate) fn merged(left: Vec<EdgeSum>, right: Vec<EdgeSum>) -> Vec<EdgeSum> {
    let mut all = Vec::with_capacity(left.len() + right.len());
    let mut right = right.into_iter().peekable();
    for mut edge in left {
        while let Some(lesser) = right.next_if(|other| other.call.edge() < edge.call.edge()) {
            all.push(lesser);
        }
        if let Some(same) = right.next_if(|other| other.call.edge() == edge.call.edge()) {
            edge.sum += same.sum;
            edge.call = edge.call.with_marks_of(same.call);
        }
        all.push(edge);
    }
    all.extend(right);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::edges::width::{Narrow, Wide};

    #[test]
    fn lists_of_edges_are_merged_in_order() {
        let edge = |from, is_residual, sum| EdgeSum { call: Call::new(from, 7, is_residual, false), sum };
        let left = vec![edge(1, false, 10), edge(2, true, 20), edge(5, false, 50)];
        let right = vec![edge(0, false, 1), edge(2, false, 2), edge(5, true, 5), edge(6, false, 6)];
        let all: Vec<_> = merged(left, right)
            .iter()
            .map(|edge| (edge.call.from(), edge.call.is_residual(), edge.sum))
            .collect();
        assert_eq!(all, [(0, false, 1), (1, false, 10), (2, true, 22), (5, true, 55), (6, false, 6)]);
    }

    fn edge_of<W: Width>(call: Call) -> W::Edge {
        let mark = |marked, at: u32| if marked { W::MARK << at } else { 0 };
        let (from, to) = (call.from() as u64, call.to() as u64);
        W::edge(from << W::BITS | to | mark(call.is_residual(), W::BITS) | mark(!call.is_inline(), 0))
    }

    #[test]
    fn the_table_grows_and_forgets_nothing() {
        fn check<W: Width>() {
            let mut edges = EdgeTable::<W>::with_bits(1);
            for round in 1..4 {
                for from in 0..50 {
                    for to in 0..50 {
                        let call = Call::new(from, to, round == 2 && to == 7, round != 3);
                        let again = Call::new(from, to, true, false);
                        let stack = round * 10_000 + from * 50 + to;
                        edges.add(
                            &[edge_of::<W>(call), edge_of::<W>(again)],
                            i64::from(from * 50 + to),
                            stack,
                        );
                    }
                }
            }
            let all = edges.sorted();
            assert_eq!(all.len(), 2500);
            for (row, edge) in all.iter().enumerate() {
                assert_eq!((edge.call.from(), edge.call.to()), (row / 50, row % 50));
                assert_eq!((edge.call.is_residual(), edge.call.is_inline()), (row % 50 == 7, false));
                assert_eq!(edge.sum, 3 * row as i64);
            }
        }
        check::<Narrow>();
        check::<Wide>();
    }
}
