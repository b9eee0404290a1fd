//! Which edges may swing freely and which must keep close to their shortest way.
//!
//! Shortest ways cross as seldom as the order of ranks promises; smooth curves near them may cross more
//! often. So all edges begin with wide curves, and pairs that cross more often than their shortest ways do
//! are drawn narrower until they do not.

use std::collections::HashMap;

use crate::corridor::Corridor;
use crate::curve::{self, Freedom};
use crate::geometry::{Cubic, Point};

/// The shortest way of an edge and the space around it.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) path: Vec<Point>,
    pub(crate) corridor: Corridor,
}

/// No more line pieces than this are compared; beyond it all edges keep close.
const MAX_PIECES: usize = 400_000;

/// Curves along those `ways` that are there, in their order.
pub(crate) fn curves<E>(ways: &[Result<Way, E>]) -> Vec<Vec<Cubic>> {
    let ways: Vec<&Way> = ways.iter().filter_map(|way| way.as_ref().ok()).collect();
    let fit_all = |freedom| -> Vec<Vec<Cubic>> {
        ways.iter().map(|way| curve::fit(&way.path, &way.corridor, freedom)).collect()
    };
    let shortest: Vec<Vec<Point>> = ways.iter().map(|way| way.path.clone()).collect();
    let Some(allowed) = crossing_pairs(&shortest) else { return fit_all(Freedom::Tight) };
    let mut freedoms = vec![Freedom::Wide; ways.len()];
    let mut curves = fit_all(Freedom::Wide);
    // Narrowing one edge can make it cross a third, so this takes more rounds than there are freedoms.
    for _ in 0..ROUNDS {
        let lines: Vec<Vec<Point>> = curves.iter().map(|path| flatten(path)).collect();
        let Some(found) = crossing_pairs(&lines) else { return fit_all(Freedom::Tight) };
        let mut tangled = vec![false; ways.len()];
        for (pair, count) in &found {
            if count > allowed.get(pair).unwrap_or(&0) {
                tangled[pair.0 as usize] = true;
                tangled[pair.1 as usize] = true;
            }
        }
        let mut changed = false;
        for (index, way) in ways.iter().enumerate().filter(|(index, _)| tangled[*index]) {
            if let Some(narrower) = freedoms[index].narrower() {
                freedoms[index] = narrower;
                curves[index] = curve::fit(&way.path, &way.corridor, narrower);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    curves
}

const ROUNDS: usize = 6;

fn flatten(path: &[Cubic]) -> Vec<Point> {
    let mut points: Vec<Point> = path.first().map(|curve| curve.start).into_iter().collect();
    for curve in path {
        let steps = (curve.start.distance(curve.end) / 10.0).clamp(2.0, 24.0) as usize;
        points.extend((1..=steps).map(|step| curve.at(step as f64 / steps as f64)));
    }
    points
}

/// A straight piece of a line.
#[derive(Clone, Copy)]
struct Piece {
    line: u32,
    from: Point,
    to: Point,
}

/// Side of the squares in which pieces are compared.
const SQUARE: f64 = 48.0;

fn square(at: f64) -> i64 {
    (at / SQUARE).floor() as i64
}

/// How often each pair of lines crosses; nothing if there is too much to compare.
fn crossing_pairs(lines: &[Vec<Point>]) -> Option<HashMap<(u32, u32), u32>> {
    let mut pieces: Vec<((i64, i64), Piece)> = Vec::new();
    for (line, points) in lines.iter().enumerate() {
        for pair in points.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let piece = Piece { line: line as u32, from, to };
            for y in square(from.y.min(to.y))..=square(from.y.max(to.y)) {
                // Only the squares that the piece meets in this row of squares.
                let (top, bottom) = (y as f64 * SQUARE, (y + 1) as f64 * SQUARE);
                let (a, b) = (x_at(piece, top), x_at(piece, bottom));
                for x in square(a.min(b))..=square(a.max(b)) {
                    pieces.push(((y, x), piece));
                }
            }
            if pieces.len() > MAX_PIECES {
                return None;
            }
        }
    }
    pieces.sort_by_key(|&(square, _)| square);
    let mut counts = HashMap::new();
    for group in pieces.chunk_by(|a, b| a.0 == b.0) {
        for (index, (home, one)) in group.iter().enumerate() {
            for (_, other) in &group[index + 1..] {
                let Some(at) = crossing(*one, *other) else { continue };
                if (square(at.y), square(at.x)) == *home {
                    let pair = (one.line.min(other.line), one.line.max(other.line));
                    *counts.entry(pair).or_insert(0) += 1;
                }
            }
        }
    }
    Some(counts)
}

/// The x of a piece at height `y`, or at its nearer end.
fn x_at(piece: Piece, y: f64) -> f64 {
    let drop = piece.to.y - piece.from.y;
    if drop.abs() < 1e-9 {
        // A level piece meets the squares between its ends, whichever border is asked for.
        return if y <= piece.from.y { piece.from.x } else { piece.to.x };
    }
    let t = ((y - piece.from.y) / drop).clamp(0.0, 1.0);
    piece.from.x + (piece.to.x - piece.from.x) * t
}

fn crossing(one: Piece, other: Piece) -> Option<Point> {
    if one.line == other.line {
        return None;
    }
    let cross = |p: Point, q: Point| p.x * q.y - p.y * q.x;
    let (r, s, between) = (one.to - one.from, other.to - other.from, other.from - one.from);
    let denominator = cross(r, s);
    if denominator.abs() < 1e-9 {
        return None;
    }
    let (t, u) = (cross(between, s) / denominator, cross(between, r) / denominator);
    ((0.0..1.0).contains(&t) && (0.0..1.0).contains(&u)).then(|| one.from + r * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(points: &[(f64, f64)]) -> Vec<Point> {
        points.iter().map(|&(x, y)| Point::new(x, y)).collect()
    }

    #[test]
    fn each_crossing_of_a_pair_counts_once() {
        let lines = [
            line(&[(0.0, 0.0), (500.0, 400.0), (0.0, 800.0)]),
            line(&[(300.0, 0.0), (290.0, 900.0)]),
            line(&[(-50.0, 3.0), (-60.0, 900.0)]),
        ];
        let pairs = crossing_pairs(&lines).expect("few pieces");
        assert_eq!(pairs, HashMap::from([((0, 1), 2)]));
    }

    #[test]
    fn lines_that_touch_at_their_ends_do_not_cross() {
        let lines = [line(&[(0.0, 0.0), (0.0, 9.0)]), line(&[(5.0, 0.0), (5.0, 9.0)])];
        assert!(crossing_pairs(&lines).expect("few pieces").is_empty());
    }
}
