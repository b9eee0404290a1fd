//! Smooth curves near a line of segments, inside a corridor.
//!
//! After Schneider, "An Algorithm for Automatically Fitting Digitized Curves" (Graphics Gems, 1990): one
//! cubic with given end directions and the lengths of its handles by least squares. Handles shrink until
//! the curve is inside; if that makes it too angular it is cut in two where it is furthest from the line.

use crate::corridor::Corridor;
use crate::geometry::{Cubic, Point};

/// How far a curve may leave the line it follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Freedom {
    /// As few and as long curves as the corridor allows.
    Wide,
    /// A curve for each segment, with long handles.
    Close,
    /// A curve for each segment, hardly more than rounded corners.
    Tight,
    /// None: the line itself.
    None,
}

impl Freedom {
    /// The next narrower freedom, if there is one.
    pub(crate) fn narrower(self) -> Option<Self> {
        match self {
            Self::Wide => Some(Self::Close),
            Self::Close => Some(Self::Tight),
            Self::Tight => Some(Self::None),
            Self::None => None,
        }
    }
}

/// A smooth curve from the first to the last point of `path`, which lies in `corridor` and descends.
pub(crate) fn fit(path: &[Point], corridor: &Corridor, freedom: Freedom) -> Vec<Cubic> {
    let [first, .., last] = path else { return Vec::new() };
    if path.len() == 2 && (freedom != Freedom::Wide || (first.x - last.x).abs() < 0.5) {
        return vec![Cubic::line(*first, *last)];
    }
    let (leave, arrive) = ((path[1] - *first).unit_or(DOWN), (*last - path[path.len() - 2]).unit_or(DOWN));
    if freedom != Freedom::Wide {
        let longest = match freedom {
            Freedom::Wide | Freedom::Close => f64::INFINITY,
            Freedom::Tight => 10.0,
            Freedom::None => 0.0,
        };
        return follow(path, corridor, leave, arrive, longest);
    }
    // Edges flow out of boxes and into them a little steeper than the way they go.
    let steeper = |direction: Point| (direction + Point::new(0.0, STEEPER)).unit_or(DOWN);
    let mut curves = Vec::new();
    let mut waiting = vec![Piece { path, leave: steeper(leave), arrive: steeper(arrive), reach: 1.0 }];
    while let Some(piece) = waiting.pop() {
        match piece.fit(corridor) {
            Ok(curve) => curves.push(curve),
            Err((before, after)) => waiting.extend([after, before]),
        }
    }
    curves
}

const STEEPER: f64 = 0.5;
const DOWN: Point = Point::new(0.0, 1.0);

/// A curve for each segment, with handles of up to a third of it and no longer than `longest`.
fn follow(path: &[Point], corridor: &Corridor, leave: Point, arrive: Point, longest: f64) -> Vec<Cubic> {
    let mut direction = leave;
    let mut curves = Vec::with_capacity(path.len());
    for (index, segment) in path.windows(2).enumerate() {
        let next = match path.get(index + 2) {
            Some(&after) => through(segment[0], segment[1], after),
            None => arrive,
        };
        let third = segment[0].distance(segment[1]) / 3.0;
        let reach = (longest / third.max(1e-9)).min(1.0);
        let piece = Piece { path: segment, leave: direction, arrive: next, reach };
        curves.push(piece.fit(corridor).unwrap_or_else(|_| Cubic::line(segment[0], segment[1])));
        direction = next;
    }
    curves
}

/// The direction in which a curve passes `at` on its way from `before` to `after`.
fn through(before: Point, at: Point, after: Point) -> Point {
    ((at - before).unit_or(DOWN) + (after - at).unit_or(DOWN)).unit_or(DOWN)
}

/// A part of the path with the directions at its ends.
struct Piece<'a> {
    path: &'a [Point],
    leave: Point,
    arrive: Point,
    /// Handles on straight pieces, in thirds of their lengths.
    reach: f64,
}

impl<'a> Piece<'a> {
    /// One curve for the piece, or the two pieces to try instead.
    fn fit(self, corridor: &Corridor) -> Result<Cubic, (Self, Self)> {
        let (start, end) = (self.path[0], self.path[self.path.len() - 1]);
        let (first, second) = self.handles();
        let inner = self.path.len() > 2;
        let factors: &[f64] = if inner { &[1.0, 0.75, 0.55] } else { &[1.0, 0.7, 0.45, 0.25, 0.1, 0.03] };
        let mut last_try = Cubic::line(start, end);
        for factor in factors {
            let curve = Cubic {
                start,
                control1: start + self.leave * (first * factor),
                control2: end - self.arrive * (second * factor),
                end,
            };
            if corridor.holds(&curve) {
                return Ok(curve);
            }
            last_try = curve;
        }
        if !inner {
            return Ok(Cubic::line(start, end));
        }
        let cut = self.furthest(&last_try);
        let (before, at, after) = (self.path[cut - 1], self.path[cut], self.path[cut + 1]);
        let direction = through(before, at, after);
        Err((
            Self { path: &self.path[..=cut], arrive: direction, ..self },
            Self { path: &self.path[cut..], leave: direction, ..self },
        ))
    }

    /// The parameter of each point of the path by its share of the length.
    fn parameters(&self) -> Vec<f64> {
        let mut lengths = Vec::with_capacity(self.path.len());
        let mut total = 0.0;
        lengths.push(0.0);
        for pair in self.path.windows(2) {
            total += pair[0].distance(pair[1]);
            lengths.push(total);
        }
        lengths.iter().map(|length| length / total.max(1e-9)).collect()
    }

    /// Lengths of both handles.
    fn handles(&self) -> (f64, f64) {
        let (start, end) = (self.path[0], self.path[self.path.len() - 1]);
        let third = start.distance(end) / 3.0;
        if self.path.len() == 2 {
            return (third * self.reach, third * self.reach);
        }
        let (mut c00, mut c01, mut c11, mut x0, mut x1) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (point, t) in self.path.iter().zip(self.parameters()) {
            let s = 1.0 - t;
            let (b0, b1, b2, b3) = (s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t);
            let (a0, a1) = (self.leave * b1, self.arrive * -b2);
            let rest = *point - (start * (b0 + b1) + end * (b2 + b3));
            c00 += a0.dot(a0);
            c01 += a0.dot(a1);
            c11 += a1.dot(a1);
            x0 += a0.dot(rest);
            x1 += a1.dot(rest);
        }
        let determinant = c00 * c11 - c01 * c01;
        let (first, second) = if determinant.abs() > 1e-6 {
            ((x0 * c11 - x1 * c01) / determinant, (c00 * x1 - c01 * x0) / determinant)
        } else {
            (third, third)
        };
        (first.clamp(0.3 * third, 2.0 * third), second.clamp(0.3 * third, 2.0 * third))
    }

    /// The inner point of the path that is furthest from the curve.
    fn furthest(&self, curve: &Cubic) -> usize {
        let mut best = (1, -1.0);
        for (index, t) in self.parameters().into_iter().enumerate() {
            if index == 0 || index + 1 == self.path.len() {
                continue;
            }
            let distance = self.path[index].distance(curve.at(t));
            if distance > best.1 {
                best = (index, distance);
            }
        }
        best.0
    }
}
