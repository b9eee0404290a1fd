//! Coordinates: rows for ranks, and x by the network simplex (section 4.2 of the paper).

use crate::layers::{CellKind, Layers};
use crate::simplex::{self, Arc};

/// Where each cell is, and the vertical extent of each rank.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) x: Vec<f64>,
    pub(crate) bands: Vec<Band>,
}

/// The vertical extent of a rank.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Band {
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

impl Band {
    pub(crate) fn middle(self) -> f64 {
        f64::midpoint(self.top, self.bottom)
    }
}

/// Integer steps per unit of length in the simplex.
const SCALE: f64 = 4.0;

/// Places the cells of `layers`, which stand in the order of `ranks`.
pub(crate) fn place(layers: &Layers, ranks: &[Vec<u32>], node_separation: f64) -> Places {
    Places { x: horizontal(layers, ranks, node_separation), bands: bands(layers) }
}

fn bands(layers: &Layers) -> Vec<Band> {
    let mut heights = vec![0.0f64; layers.rank_count];
    for cell in &layers.cells {
        let height = &mut heights[cell.rank as usize];
        *height = height.max(cell.height);
    }
    let mut top = 0.0;
    heights
        .into_iter()
        .enumerate()
        .map(|(rank, height)| {
            let band = Band { top, bottom: top + height };
            top = band.bottom + layers.gap_below(rank);
            band
        })
        .collect()
}

/// Distance to keep between the middle lines of two neighbours in a rank.
fn separation(layers: &Layers, left: u32, right: u32, node_separation: f64) -> i64 {
    let (a, b) = (&layers.cells[left as usize], &layers.cells[right as usize]);
    let room = match (a.kind, b.kind) {
        (CellKind::Box, CellKind::Box) => node_separation,
        (CellKind::Bend, CellKind::Bend) => node_separation / 4.0,
        _ => node_separation / 2.0,
    };
    ((a.right + b.left + room) * SCALE).ceil() as i64
}

fn horizontal(layers: &Layers, ranks: &[Vec<u32>], node_separation: f64) -> Vec<f64> {
    let count = layers.cells.len();
    let mut arcs = Vec::with_capacity(count + layers.links.len());
    let mut gaps = vec![0i64; count];
    for rank in ranks {
        for pair in rank.windows(2) {
            let gap = separation(layers, pair[0], pair[1], node_separation);
            gaps[pair[1] as usize] = gap;
            arcs.push(Arc::at_least(pair[0], pair[1], gap, 0));
        }
    }
    let is_box = |cell: u32| layers.cells[cell as usize].kind == CellKind::Box;
    let mut attractions = Vec::with_capacity(layers.links.len());
    for link in &layers.links {
        // Long edges want to be straight more than short ones: 1, 2 and 8 are the paper's.
        let stiffness = match (is_box(link.upper), is_box(link.lower)) {
            (true, true) => 1,
            (false, false) => 8,
            _ => 2,
        };
        let weight = stiffness * i64::from(link.weight);
        attractions.push((link.upper, link.lower, weight));
        arcs.push(Arc::attract(link.upper, link.lower, 0, weight));
    }
    let mut x = first_guess(ranks, &gaps, &attractions);
    let budget = BUDGET_BASE + BUDGET_PER_ARC * arcs.len() as u64;
    simplex::minimize(&arcs, &mut x, budget.min(BUDGET_MOST));
    x.iter().map(|&x| x as f64 / SCALE).collect()
}

const BUDGET_BASE: u64 = 30_000_000;
const BUDGET_PER_ARC: u64 = 1_000;
const BUDGET_MOST: u64 = 60_000_000;

/// What is linked to each cell, with the weights, in one vector with offsets.
struct Neighbours {
    offsets: Vec<u32>,
    cells: Vec<(u32, i64)>,
}

impl Neighbours {
    /// Of each link the first cell knows the second.
    fn new(count: usize, links: impl Iterator<Item = (u32, u32, i64)> + Clone) -> Self {
        let mut offsets = vec![0u32; count + 2];
        for (from, _, _) in links.clone() {
            offsets[from as usize + 2] += 1;
        }
        for cell in 2..offsets.len() {
            offsets[cell] += offsets[cell - 1];
        }
        let mut cells = vec![(0, 0); offsets[count + 1] as usize];
        for (from, to, weight) in links {
            let place = &mut offsets[from as usize + 1];
            cells[*place as usize] = (to, weight);
            *place += 1;
        }
        Self { offsets, cells }
    }

    fn of(&self, cell: u32) -> &[(u32, i64)] {
        &self.cells[self.offsets[cell as usize] as usize..self.offsets[cell as usize + 1] as usize]
    }
}

/// A feasible start near the optimum: each rank in turn goes to the mean places of its neighbours,
/// as near as the gaps allow.
fn first_guess(ranks: &[Vec<u32>], gaps: &[i64], attractions: &[(u32, u32, i64)]) -> Vec<i64> {
    let mut x = vec![0i64; gaps.len()];
    for rank in ranks {
        let mut at = 0;
        for (index, &cell) in rank.iter().enumerate() {
            at += if index == 0 { 0 } else { gaps[cell as usize] };
            x[cell as usize] = at;
        }
        for &cell in rank {
            x[cell as usize] -= at / 2;
        }
    }
    let by_upper = Neighbours::new(gaps.len(), attractions.iter().copied());
    let by_lower = Neighbours::new(gaps.len(), attractions.iter().map(|&(u, l, weight)| (l, u, weight)));
    for sweep in 0..8 {
        let downwards = sweep % 2 == 0;
        for step in 0..ranks.len() {
            let rank = if downwards { step } else { ranks.len() - 1 - step };
            let neighbours = |cell: u32| {
                let (ahead, back) = if downwards { (&by_lower, &by_upper) } else { (&by_upper, &by_lower) };
                if ahead.of(cell).is_empty() { back.of(cell) } else { ahead.of(cell) }
            };
            settle(&ranks[rank], gaps, &mut x, neighbours);
        }
    }
    x
}

/// Cells of a rank that stand shoulder to shoulder.
struct Block {
    /// Index in the rank of the first cell.
    first: usize,
    weight: f64,
    /// Wanted place of the first cell, times weight.
    wanted: f64,
    width: i64,
}

impl Block {
    fn at(&self) -> f64 {
        self.wanted / self.weight
    }
}

/// Moves the cells of a rank to the weighted means of their neighbours with the least sum of squares
/// that keeps order and gaps (pool adjacent violators).
fn settle<'a>(rank: &[u32], gaps: &[i64], x: &mut [i64], neighbours: impl Fn(u32) -> &'a [(u32, i64)]) {
    let mut blocks: Vec<Block> = Vec::new();
    for (index, &cell) in rank.iter().enumerate() {
        let near = neighbours(cell);
        let sum: f64 = near.iter().map(|&(_, weight)| weight as f64).sum();
        let (weight, wanted) = if sum > 0.0 {
            let total: f64 =
                near.iter().map(|&(other, weight)| x[other as usize] as f64 * weight as f64).sum();
            (sum, total / sum)
        } else {
            (0.01, x[cell as usize] as f64)
        };
        let mut block = Block { first: index, weight, wanted: wanted * weight, width: 0 };
        while let Some(before) = blocks.last() {
            let gap = gaps[rank[block.first] as usize];
            let offset = before.width + gap;
            if before.at() + offset as f64 <= block.at() {
                break;
            }
            block = Block {
                first: before.first,
                weight: before.weight + block.weight,
                wanted: before.wanted + block.wanted - block.weight * offset as f64,
                width: offset + block.width,
            };
            blocks.pop();
        }
        blocks.push(block);
    }
    let mut end = i64::MIN;
    for (index, block) in blocks.iter().enumerate() {
        let next = blocks.get(index + 1).map_or(rank.len(), |block| block.first);
        let mut at = block.at().round() as i64;
        for &cell in &rank[block.first..next] {
            if end != i64::MIN {
                at = at.max(end + gaps[cell as usize]);
            }
            x[cell as usize] = at;
            end = at;
        }
    }
}
