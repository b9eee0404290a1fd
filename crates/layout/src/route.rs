//! Routes of edges: ports at the boxes, the corridor between obstacles, and a smooth curve through it.

use crate::corridor::{Corridor, Slab};
use crate::geometry::{Cubic, Point, Size};
use crate::layers::{CellKind, Chain, LABEL_DISTANCE, Layers};
use crate::position::Places;
use crate::untangle::{self, Way};

/// How an edge runs from its upper to its lower end, and where the middle of its label is.
#[derive(Debug)]
pub(crate) struct Descending {
    pub(crate) path: Vec<Cubic>,
    pub(crate) label: Option<Point>,
}

/// Distance that edges keep from boxes and from each other where they pass them.
const STEP: f64 = 4.0;

/// How far to the left of its place beside the label an edge may run.
const LABEL_PLAY: f64 = 10.0;

/// Routes all chains. `sizes` are those of the boxes, `labels` those of the chains' labels.
pub(crate) fn route(
    layers: &Layers,
    ranks: &[Vec<u32>],
    places: &Places,
    sizes: &[Size],
    labels: &[Option<Size>],
) -> Vec<Descending> {
    let limits = limits(layers, ranks, places);
    let ports = Ports::new(layers, ranks, places, sizes);
    let ways: Vec<Result<Way, (Point, Point)>> = layers
        .chains
        .iter()
        .enumerate()
        .map(|(index, chain)| {
            let start = Point::new(ports.lower_side[index], border(layers, places, sizes, chain.upper, 0.5));
            let end = Point::new(ports.upper_side[index], border(layers, places, sizes, chain.lower, -0.5));
            if chain.around {
                return Err((start, end));
            }
            let corridor = corridor(layers, places, &limits, chain);
            Ok(Way { path: corridor.shortest_path(start, end), corridor })
        })
        .collect();
    let mut lane = right_border(layers, places) + STEP;
    let mut curves = untangle::curves(&ways).into_iter();
    layers
        .chains
        .iter()
        .zip(ways)
        .zip(labels)
        .map(|((chain, way), &label_size)| match way {
            Ok(_) => Descending {
                path: curves.next().unwrap_or_default(),
                label: label(layers, places, chain, label_size),
            },
            Err((start, end)) => around(layers, places, chain, start, end, label_size, &mut lane),
        })
        .collect()
}

/// The y of the lower (`side` 0.5) or upper (-0.5) border of a box.
fn border(layers: &Layers, places: &Places, sizes: &[Size], cell: u32, side: f64) -> f64 {
    places.bands[layers.cells[cell as usize].rank as usize].middle() + side * sizes[cell as usize].height
}

fn right_border(layers: &Layers, places: &Places) -> f64 {
    layers.cells.iter().zip(&places.x).map(|(cell, x)| x + cell.right).fold(0.0, f64::max)
}

fn label(layers: &Layers, places: &Places, chain: &Chain, size: Option<Size>) -> Option<Point> {
    let size = size?;
    let cell = chain.bends.clone().find(|&cell| layers.cells[cell as usize].kind == CellKind::Label)?;
    let y = places.bands[layers.cells[cell as usize].rank as usize].middle();
    Some(Point::new(places.x[cell as usize] + LABEL_DISTANCE + size.width / 2.0, y))
}

/// For each cell the interval in its rank that its edge may use.
///
/// Obstacles are boxes and labels. Edges that pass between the same two keep some distance for each
/// edge nearer to the obstacle, so that they go round its corner side by side.
fn limits(layers: &Layers, ranks: &[Vec<u32>], places: &Places) -> Vec<(f64, f64)> {
    let mut limits = vec![(f64::NEG_INFINITY, f64::INFINITY); layers.cells.len()];
    for rank in ranks {
        let mut left = f64::NEG_INFINITY;
        for &cell in rank {
            let (x, shape) = (places.x[cell as usize], &layers.cells[cell as usize]);
            left = (left + STEP).min(x);
            limits[cell as usize].0 = left;
            if shape.kind != CellKind::Bend {
                left = x + shape.right;
            }
        }
        let mut right = f64::INFINITY;
        for &cell in rank.iter().rev() {
            let (x, shape) = (places.x[cell as usize], &layers.cells[cell as usize]);
            right = (right - STEP).max(x);
            limits[cell as usize].1 = right;
            match shape.kind {
                CellKind::Box => right = x - shape.left,
                CellKind::Label => {
                    limits[cell as usize] = ((x - LABEL_PLAY).max(limits[cell as usize].0), x);
                    right = x - LABEL_PLAY;
                }
                CellKind::Bend => {}
            }
        }
    }
    limits
}

fn corridor(layers: &Layers, places: &Places, limits: &[(f64, f64)], chain: &Chain) -> Corridor {
    let slabs = Layers::path(chain)
        .map(|cell| {
            let band = places.bands[layers.cells[cell as usize].rank as usize];
            let (left, right) = limits[cell as usize];
            Slab { top: band.top, bottom: band.bottom, left, right }
        })
        .collect();
    Corridor { slabs }
}

/// Where edges meet the borders of boxes: x for each chain.
struct Ports {
    /// At the lower side of the upper box.
    lower_side: Vec<f64>,
    /// At the upper side of the lower box.
    upper_side: Vec<f64>,
}

/// An end of an edge, to be placed at the side of a box.
struct EdgeEnd {
    chain: usize,
    /// Place in its rank of the next cell of the chain.
    place: u32,
    x: f64,
    weight: f64,
}

impl Ports {
    fn new(layers: &Layers, ranks: &[Vec<u32>], places: &Places, sizes: &[Size]) -> Self {
        let mut place_of = vec![0u32; layers.cells.len()];
        for rank in ranks {
            for (place, &cell) in rank.iter().enumerate() {
                place_of[cell as usize] = place as u32;
            }
        }
        let mut weights = vec![1.0; layers.chains.len()];
        let mut links = layers.links.iter();
        for (chain, weight) in layers.chains.iter().zip(&mut weights) {
            if !chain.around {
                let count = chain.bends.len() + 1;
                *weight = links.next().map_or(1.0, |link| f64::from(link.weight) + 1.0);
                links = links.as_slice()[count - 1..].iter();
            }
        }
        let side = |lower_side: bool| {
            let mut ends: Vec<Vec<EdgeEnd>> = sizes.iter().map(|_| Vec::new()).collect();
            for (index, chain) in layers.chains.iter().enumerate() {
                let mut cells = Layers::path(chain);
                let (at, next) = if lower_side {
                    (cells.next(), cells.next())
                } else {
                    (cells.next_back(), cells.next_back())
                };
                let (Some(at), Some(next)) = (at, next) else { continue };
                let (place, x) = if chain.around {
                    (u32::MAX, f64::from(u32::MAX))
                } else {
                    (place_of[next as usize], places.x[next as usize])
                };
                ends[at as usize].push(EdgeEnd { chain: index, place, x, weight: weights[index] });
            }
            let mut ports = vec![0.0; layers.chains.len()];
            for (cell, ends) in ends.iter_mut().enumerate() {
                spread(places.x[cell], sizes[cell].width, ends, &mut ports);
            }
            ports
        };
        Self { lower_side: side(true), upper_side: side(false) }
    }
}

/// Gives the edges at one side of a box places in the order in which they arrive, near the middle but
/// drawn to where they go, and apart from each other as far as there is room.
fn spread(center: f64, width: f64, ends: &mut [EdgeEnd], ports: &mut [f64]) {
    const APART: f64 = 16.0;
    ends.sort_by_key(|end| (end.place, end.chain));
    let usable = (width - 8.0).max(width * 0.5);
    let apart = APART.min(usable / ends.len().max(2) as f64);
    let reach = 0.4 * usable;
    // Least squares under the order: pool neighbours that are too near.
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (index, end) in ends.iter().enumerate() {
        let away = end.x - center;
        let wanted = if reach > 0.0 { away / (1.0 + away.abs() / reach) } else { 0.0 };
        let mut pool = (wanted - index as f64 * apart, end.weight, 1);
        while let Some(&(value, weight, count)) = pools.last() {
            if value <= pool.0 {
                break;
            }
            pool = ((value * weight + pool.0 * pool.1) / (weight + pool.1), weight + pool.1, count + pool.2);
            pools.pop();
        }
        pools.push(pool);
    }
    let values = pools.iter().flat_map(|&(value, _, count)| std::iter::repeat_n(value, count));
    let half = usable / 2.0;
    let last = ends.len().saturating_sub(1);
    for ((index, end), value) in ends.iter().enumerate().zip(values) {
        let least = -half + index as f64 * apart;
        let most = half - (last - index) as f64 * apart;
        ports[end.chain] = center + (value + index as f64 * apart).clamp(least, most.max(least));
    }
}

/// Leads an edge through the gaps between ranks and down a lane to the right of everything.
fn around(
    layers: &Layers,
    places: &Places,
    chain: &Chain,
    start: Point,
    end: Point,
    label: Option<Size>,
    lane: &mut f64,
) -> Descending {
    let rank = |cell: u32| layers.cells[cell as usize].rank as usize;
    let (upper, lower) = (rank(chain.upper), rank(chain.lower));
    let below = places.bands[upper].bottom + layers.gap_below(upper) / 2.0;
    let above = places.bands[lower].top - layers.gap_below(lower - 1) / 2.0;
    let corners = [
        start,
        Point::new(start.x, below),
        Point::new(*lane, below),
        Point::new(*lane, above),
        Point::new(end.x, above),
        end,
    ];
    let label_at =
        label.map(|size| Point::new(*lane + LABEL_DISTANCE + size.width / 2.0, f64::midpoint(below, above)));
    *lane += 2.0 * STEP + label.map_or(0.0, |size| size.width + LABEL_DISTANCE);
    Descending {
        path: corners.windows(2).map(|pair| Cubic::line(pair[0], pair[1])).collect(),
        label: label_at,
    }
}
