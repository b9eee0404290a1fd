//! The free space an edge may use: at each height the interval between the obstacles beside it.

use crate::geometry::{Cubic, Point};

/// A stretch of heights and the interval that is free there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slab {
    pub(crate) top: f64,
    pub(crate) bottom: f64,
    pub(crate) left: f64,
    pub(crate) right: f64,
}

/// Slabs from top to bottom; between two slabs every x is free.
#[derive(Debug, Default)]
pub(crate) struct Corridor {
    pub(crate) slabs: Vec<Slab>,
}

/// How far a curve may stray over the border of a slab; obstacles are further away than that.
const TOLERANCE: f64 = 0.5;

/// Distance at which curves are looked at.
const SAMPLE: f64 = 4.0;

impl Corridor {
    /// The shortest line from `start` down to `end` through all slabs.
    pub(crate) fn shortest_path(&self, start: Point, end: Point) -> Vec<Point> {
        // Each slab has a gate at its top and one at its bottom.
        let gates: Vec<Slab> = self
            .slabs
            .iter()
            .flat_map(|slab| [Slab { bottom: slab.top, ..*slab }, Slab { top: slab.bottom, ..*slab }])
            .filter(|gate| gate.top > start.y && gate.top < end.y)
            .chain([Slab { top: end.y, bottom: end.y, left: end.x, right: end.x }])
            .collect();
        let mut path = vec![start];
        let mut apex = start;
        let mut first = 0;
        while first < gates.len() {
            // Widen the view from the apex gate by gate until nothing is seen through all of them.
            let (mut least, mut most) = (f64::NEG_INFINITY, f64::INFINITY);
            let (mut least_at, mut most_at) = (first, first);
            let mut corner = None;
            for (index, gate) in gates.iter().enumerate().skip(first) {
                let down = (gate.top - apex.y).max(1e-9);
                let (left, right) = ((gate.left - apex.x) / down, (gate.right - apex.x) / down);
                if left > most {
                    corner = Some((most_at, gates[most_at].right));
                    break;
                }
                if right < least {
                    corner = Some((least_at, gates[least_at].left));
                    break;
                }
                if left >= least {
                    (least, least_at) = (left, index);
                }
                if right <= most {
                    (most, most_at) = (right, index);
                }
            }
            let Some((index, x)) = corner else { break };
            apex = Point::new(x, gates[index].top);
            path.push(apex);
            first = index + 1;
        }
        path.push(end);
        path.dedup_by(|a, b| a.distance(*b) < 1e-6);
        path
    }

    /// Whether `curve` stays inside.
    pub(crate) fn holds(&self, curve: &Cubic) -> bool {
        let (top, bottom) = (curve.start.y.min(curve.end.y), curve.start.y.max(curve.end.y));
        let first = self.slabs.partition_point(|slab| slab.bottom < top);
        let last = self.slabs.partition_point(|slab| slab.top <= bottom);
        if first >= last {
            return true;
        }
        let length = curve.start.distance(curve.end) + curve.control1.distance(curve.control2);
        let steps = (length / SAMPLE).clamp(12.0, 1000.0) as usize;
        let mut slab = first;
        for step in 1..steps {
            let point = curve.at(step as f64 / steps as f64);
            if point.y < top - TOLERANCE || point.y > bottom + TOLERANCE {
                return false;
            }
            while slab + 1 < last && self.slabs[slab].bottom < point.y {
                slab += 1;
            }
            while slab > first && self.slabs[slab - 1].bottom >= point.y {
                slab -= 1;
            }
            let Slab { top, bottom, left, right } = self.slabs[slab];
            let inside = point.y >= top && point.y <= bottom;
            if inside && (point.x < left - TOLERANCE || point.x > right + TOLERANCE) {
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slab(top: f64, bottom: f64, left: f64, right: f64) -> Slab {
        Slab { top, bottom, left, right }
    }

    fn check(slabs: &[Slab], expected: &[(f64, f64)]) {
        let corridor = Corridor { slabs: slabs.to_vec() };
        let path = corridor.shortest_path(Point::new(0.0, 0.0), Point::new(0.0, 100.0));
        let path: Vec<(f64, f64)> = path.iter().map(|point| (point.x, point.y)).collect();
        assert_eq!(path, expected);
        for pair in path.windows(2) {
            let [a, b] = [pair[0], pair[1]].map(|(x, y)| Point::new(x, y));
            assert!(corridor.holds(&Cubic::line(a, b)));
        }
    }

    #[test]
    fn the_shortest_path_bends_at_corners_only() {
        check(&[], &[(0.0, 0.0), (0.0, 100.0)]);
        check(&[slab(20.0, 30.0, -5.0, 5.0)], &[(0.0, 0.0), (0.0, 100.0)]);
        check(&[slab(20.0, 30.0, 5.0, 9.0)], &[(0.0, 0.0), (5.0, 20.0), (5.0, 30.0), (0.0, 100.0)]);
        check(
            &[slab(20.0, 30.0, 5.0, 9.0), slab(60.0, 80.0, -9.0, -5.0)],
            &[(0.0, 0.0), (5.0, 20.0), (5.0, 30.0), (-5.0, 60.0), (-5.0, 80.0), (0.0, 100.0)],
        );
    }

    #[test]
    fn a_curve_through_an_obstacle_is_seen() {
        let corridor = Corridor { slabs: vec![slab(40.0, 60.0, 5.0, 9.0)] };
        assert!(!corridor.holds(&Cubic::line(Point::new(0.0, 0.0), Point::new(0.0, 100.0))));
    }
}
