//! A graph cut into ranks: boxes, and a chain of cells for each edge that leads through ranks.
//!
//! Where labels are, ranks are counted double, so that each edge has a rank between its ends for its
//! label, which takes part in ordering and placing like a box (section 5.3 of the paper).

use std::ops::Range;

use crate::graph::{Graph, LayoutOptions};
use crate::rank::{self, Descent};
use crate::self_loop;

/// No more cells than this for bends of edges; longer edges beyond it are led round the drawing.
const MAX_BENDS: u64 = 600_000;

/// What takes a place in a rank.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) rank: u32,
    pub(crate) kind: CellKind,
    /// Extent to the left of its x.
    pub(crate) left: f64,
    /// Extent to the right of its x.
    pub(crate) right: f64,
    pub(crate) height: f64,
}

/// What a cell stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CellKind {
    /// A node.
    Box,
    /// A place where an edge passes a rank.
    Bend,
    /// A bend with the label of its edge to its right.
    Label,
}

/// A piece of an edge between neighbouring ranks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) upper: u32,
    pub(crate) lower: u32,
    pub(crate) weight: u32,
}

/// How an edge that is not a loop runs.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    /// Index of the edge in the graph.
    pub(crate) edge: usize,
    /// Whether the edge ascends.
    pub(crate) reversed: bool,
    /// Cell of the upper end.
    pub(crate) upper: u32,
    /// Cell of the lower end.
    pub(crate) lower: u32,
    /// Cells of its bends from top to bottom.
    pub(crate) bends: Range<u32>,
    /// Whether it is led round all ranks because it is too long for bends.
    pub(crate) around: bool,
}

/// A connected part of a graph.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) nodes: Vec<usize>,
    /// Edges between different nodes.
    pub(crate) edges: Vec<usize>,
    /// Edges from a node to itself.
    pub(crate) loops: Vec<usize>,
}

/// The ranks of a part. Cells of boxes come first, in the order of the part's nodes.
#[derive(Debug)]
pub(crate) struct Layers {
    pub(crate) cells: Vec<Cell>,
    pub(crate) links: Vec<Link>,
    pub(crate) chains: Vec<Chain>,
    pub(crate) rank_count: usize,
    /// Distance between two ranks of boxes, if nothing is between them.
    rank_separation: f64,
    /// Whether every other rank is for labels.
    labelled: bool,
}

impl Layers {
    /// Ranks the nodes of `part` and cuts its edges. `local` maps a node to its place in the part.
    pub(crate) fn new(
        graph: &Graph,
        part: &Part,
        options: &LayoutOptions,
        reversed: &[bool],
        slack: rank::Slack,
        local: &[u32],
    ) -> Self {
        let mut cells: Vec<Cell> = part
            .nodes
            .iter()
            .map(|&node| {
                let size = graph.nodes[node].size;
                Cell {
                    rank: 0,
                    kind: CellKind::Box,
                    left: size.width / 2.0,
                    right: size.width / 2.0,
                    height: size.height,
                }
            })
            .collect();
        for &edge in &part.loops {
            let cell = &mut cells[local[graph.edges[edge].from] as usize];
            let room = self_loop::room(graph.edges[edge].label);
            cell.right += room.width;
            cell.height = cell.height.max(room.height);
        }
        let descents: Vec<Descent> = part
            .edges
            .iter()
            .map(|&index| {
                let edge = &graph.edges[index];
                let (mut upper, mut lower) = (local[edge.from], local[edge.to]);
                if reversed[index] {
                    std::mem::swap(&mut upper, &mut lower);
                }
                Descent {
                    upper,
                    lower,
                    weight: i64::from(edge.weight.min(1000)),
                    length: i64::from(edge.min_length.clamp(1, 100)),
                }
            })
            .collect();
        let budget = 2_000_000 + 2_000 * (part.nodes.len() + part.edges.len()) as u64;
        let mut ranks = rank::ranks(part.nodes.len(), &descents, slack, budget.min(100_000_000));
        let labelled = part.edges.iter().any(|&edge| graph.edges[edge].label.is_some());
        let double = if labelled { 2 } else { 1 };
        let mut spans: Vec<u64> = spans_of(&descents, &ranks, double);
        if spans.iter().sum::<u64>() > MAX_BENDS {
            close_ranks(&mut ranks);
            spans = spans_of(&descents, &ranks, double);
        }
        let longest = longest_span(spans);
        for (cell, &rank) in cells.iter_mut().zip(&ranks) {
            cell.rank = (rank * double) as u32;
        }
        let rank_count = cells.iter().map(|cell| cell.rank as usize + 1).max().unwrap_or(0);
        let mut layers = Self {
            cells,
            links: Vec::new(),
            chains: Vec::with_capacity(descents.len()),
            rank_count,
            rank_separation: options.rank_separation,
            labelled,
        };
        let mut crowd = vec![0.0; rank_count];
        for (descent, &edge) in descents.iter().zip(&part.edges) {
            layers.cut(graph, options, *descent, edge, reversed[edge], longest, &mut crowd);
        }
        layers
    }

    /// Adds the cells and links of one edge.
    #[allow(clippy::too_many_arguments, reason = "private, and all of them differ in kind")]
    fn cut(
        &mut self,
        graph: &Graph,
        options: &LayoutOptions,
        descent: Descent,
        edge: usize,
        reversed: bool,
        longest: u64,
        crowd: &mut [f64],
    ) {
        let (top, bottom) =
            (self.cells[descent.upper as usize].rank, self.cells[descent.lower as usize].rank);
        let first = self.cells.len() as u32;
        let around = u64::from(bottom - top) > longest;
        if !around {
            let label = graph.edges[edge].label;
            let label_rank = label.map(|size| {
                let rank = label_rank(top, bottom, crowd);
                crowd[rank as usize] += size.width;
                rank
            });
            for rank in top + 1..bottom {
                let mut cell = Cell {
                    rank,
                    kind: CellKind::Bend,
                    left: options.node_separation / 8.0,
                    right: options.node_separation / 8.0,
                    height: 0.0,
                };
                if let (Some(size), true) = (label, Some(rank) == label_rank) {
                    cell.kind = CellKind::Label;
                    cell.right = LABEL_DISTANCE + size.width;
                    cell.height = size.height;
                }
                self.cells.push(cell);
            }
            let weight = descent.weight as u32;
            let bends = first..self.cells.len() as u32;
            let mut upper = descent.upper;
            for lower in bends.chain([descent.lower]) {
                self.links.push(Link { upper, lower, weight });
                upper = lower;
            }
        }
        self.chains.push(Chain {
            edge,
            reversed,
            upper: descent.upper,
            lower: descent.lower,
            bends: first..self.cells.len() as u32,
            around,
        });
    }

    /// Whether the cells are on the same ranks and linked in the same way.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let ends = |link: &Link| (link.upper, link.lower);
        let ranks = |layers: &Self| layers.cells.iter().map(|cell| cell.rank).collect::<Vec<_>>();
        self.links.len() == other.links.len()
            && self.links.iter().map(ends).eq(other.links.iter().map(ends))
            && ranks(self) == ranks(other)
    }

    /// The distance between `rank` and the next.
    ///
    /// Labels are a little nearer to the boxes below them, which leaves more room where edges fan out.
    pub(crate) fn gap_below(&self, rank: usize) -> f64 {
        match (self.labelled, rank % 2) {
            (false, _) => self.rank_separation,
            (true, 0) => self.rank_separation * 0.6,
            (true, _) => self.rank_separation * 0.4,
        }
    }

    /// All cells of a chain from top to bottom.
    pub(crate) fn path(chain: &Chain) -> impl DoubleEndedIterator<Item = u32> + Clone + use<> {
        [chain.upper].into_iter().chain(chain.bends.clone()).chain([chain.lower])
    }
}

/// Distance between an edge and the label to its right.
pub(crate) const LABEL_DISTANCE: f64 = 2.0;

fn spans_of(descents: &[Descent], ranks: &[i64], double: i64) -> Vec<u64> {
    let span = |descent: &Descent| (ranks[descent.lower as usize] - ranks[descent.upper as usize]) * double;
    descents.iter().map(|descent| span(descent) as u64).collect()
}

/// The span up to which all edges together have at most [`MAX_BENDS`] bends.
fn longest_span(mut spans: Vec<u64>) -> u64 {
    spans.sort_unstable();
    let mut total = 0;
    for &span in &spans {
        total += span;
        if total > MAX_BENDS {
            // Neighbouring ranks need no bends but their label; those always run straight.
            return (span - 1).max(2);
        }
    }
    u64::MAX
}

/// Takes away ranks without boxes.
fn close_ranks(ranks: &mut [i64]) {
    let mut used = ranks.to_vec();
    used.sort_unstable();
    used.dedup();
    for rank in ranks {
        *rank = used.partition_point(|&other| other < *rank) as i64;
    }
}

/// The odd rank near the middle of an edge where labels take the least room so far.
fn label_rank(top: u32, bottom: u32, crowd: &[f64]) -> u32 {
    let middle = u32::midpoint(top, bottom);
    let reach = ((bottom - top) / 8).max(1);
    let range = middle.saturating_sub(reach).max(top + 1)..=(middle + reach).min(bottom - 1);
    let mut best = top + 1;
    let mut least = f64::INFINITY;
    for rank in range.filter(|rank| rank % 2 == 1) {
        let cost = crowd[rank as usize] + f64::from(rank.abs_diff(middle)) * 20.0;
        if cost < least {
            (best, least) = (rank, cost);
        }
    }
    best
}
