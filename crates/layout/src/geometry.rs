//! Points, sizes, rectangles and cubic Bezier curves, with y growing downwards.

use std::ops::{Add, Mul, Sub};

/// A place or a displacement, in the caller's unit of length; y grows downwards.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// Distance from the left edge of the drawing.
    pub x: f64,
    /// Distance from the top edge of the drawing.
    pub y: f64,
}

impl Point {
    /// The point at `x`, `y`.
    #[must_use]
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// Distance to `other`.
    #[must_use]
    pub fn distance(self, other: Self) -> f64 {
        (self - other).length()
    }

    /// Distance from the origin.
    #[must_use]
    pub fn length(self) -> f64 {
        self.x.hypot(self.y)
    }

    /// The vector of length one in this direction, or `fallback` if this vector has no direction.
    #[must_use]
    pub fn unit_or(self, fallback: Self) -> Self {
        let length = self.length();
        if length > 1e-9 { self * (1.0 / length) } else { fallback }
    }

    pub(crate) fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y
    }
}

impl Add for Point {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Point {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f64> for Point {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Self::new(self.x * factor, self.y * factor)
    }
}

/// Width and height.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Size {
    /// Extent along x.
    pub width: f64,
    /// Extent along y.
    pub height: f64,
}

impl Size {
    /// The size `width` by `height`.
    #[must_use]
    pub const fn new(width: f64, height: f64) -> Self {
        Self { width, height }
    }
}

/// An upright rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// The corner with the least x and y.
    pub min: Point,
    /// The corner with the greatest x and y.
    pub max: Point,
}

impl Rect {
    /// The rectangle of `size` around `center`.
    #[must_use]
    pub fn centered(center: Point, size: Size) -> Self {
        let half = Point::new(size.width / 2.0, size.height / 2.0);
        Self { min: center - half, max: center + half }
    }

    /// Whether the insides of both rectangles meet; a shared border does not count.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.min.x < other.max.x
            && other.min.x < self.max.x
            && self.min.y < other.max.y
            && other.min.y < self.max.y
    }

    /// Whether `point` is inside or on the border.
    #[must_use]
    pub fn contains(&self, point: Point) -> bool {
        self.min.x <= point.x && point.x <= self.max.x && self.min.y <= point.y && point.y <= self.max.y
    }

    /// Extends the rectangle to `point`.
    pub(crate) fn include(&mut self, point: Point) {
        self.min = Point::new(self.min.x.min(point.x), self.min.y.min(point.y));
        self.max = Point::new(self.max.x.max(point.x), self.max.y.max(point.y));
    }

    /// This rectangle with `margin` more on each side, or less if it is negative.
    #[must_use]
    pub fn grown(&self, margin: f64) -> Self {
        let by = Point::new(margin, margin);
        Self { min: self.min - by, max: self.max + by }
    }
}

/// A cubic Bezier curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cubic {
    /// Where the curve begins.
    pub start: Point,
    /// The first control point: the curve leaves `start` towards it.
    pub control1: Point,
    /// The second control point: the curve reaches `end` coming from it.
    pub control2: Point,
    /// Where the curve ends.
    pub end: Point,
}

impl Cubic {
    /// The straight line from `start` to `end`.
    #[must_use]
    pub fn line(start: Point, end: Point) -> Self {
        let third = (end - start) * (1.0 / 3.0);
        Self { start, control1: start + third, control2: end - third, end }
    }

    /// The point at parameter `t`, 0 at the start and 1 at the end.
    #[must_use]
    pub fn at(&self, t: f64) -> Point {
        let s = 1.0 - t;
        self.start * (s * s * s)
            + self.control1 * (3.0 * s * s * t)
            + self.control2 * (3.0 * s * t * t)
            + self.end * (t * t * t)
    }

    /// The parts before and after parameter `t` (de Casteljau).
    #[must_use]
    pub fn split(&self, t: f64) -> (Self, Self) {
        let mix = |a: Point, b: Point| a + (b - a) * t;
        let (ab, bc, cd) =
            (mix(self.start, self.control1), mix(self.control1, self.control2), mix(self.control2, self.end));
        let (abc, bcd) = (mix(ab, bc), mix(bc, cd));
        let middle = mix(abc, bcd);
        (
            Self { start: self.start, control1: ab, control2: abc, end: middle },
            Self { start: middle, control1: bcd, control2: cd, end: self.end },
        )
    }

    /// The least rectangle around the curve.
    #[must_use]
    pub fn bounds(&self) -> Rect {
        let mut rect = Rect { min: self.start, max: self.start };
        rect.include(self.end);
        let axes = [
            [self.start.x, self.control1.x, self.control2.x, self.end.x],
            [self.start.y, self.control1.y, self.control2.y, self.end.y],
        ];
        for [a, b, c, d] in axes {
            // The derivative is 3 (p t^2 + 2 q t + r).
            let (p, q, r) = (d - a + 3.0 * (b - c), a - 2.0 * b + c, b - a);
            let root = (q * q - p * r).max(0.0).sqrt();
            // The stable form of both roots; one of them may be infinite or not a number.
            let w = -(q + root.copysign(q));
            for t in [w / p, r / w] {
                if t > 0.0 && t < 1.0 {
                    rect.include(self.at(t));
                }
            }
        }
        rect
    }

    /// The same curve from end to start.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self { start: self.end, control1: self.control2, control2: self.control1, end: self.start }
    }

    pub(crate) fn shifted(&self, by: Point) -> Self {
        Self {
            start: self.start + by,
            control1: self.control1 + by,
            control2: self.control2 + by,
            end: self.end + by,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_curve_is_the_same_curve() {
        let curve = Cubic {
            start: Point::new(0.0, 0.0),
            control1: Point::new(0.0, 8.0),
            control2: Point::new(4.0, 2.0),
            end: Point::new(9.0, 9.0),
        };
        let (first, second) = curve.split(0.25);
        assert!(first.at(0.5).distance(curve.at(0.125)) < 1e-9);
        assert!(second.at(0.5).distance(curve.at(0.625)) < 1e-9);
        assert!(curve.reversed().at(0.3).distance(curve.at(0.7)) < 1e-9);
    }

    #[test]
    fn bounds_touch_the_curve() {
        let curve = Cubic {
            start: Point::new(0.0, 0.0),
            control1: Point::new(-4.0, 9.0),
            control2: Point::new(12.0, -5.0),
            end: Point::new(6.0, 7.0),
        };
        let bounds = curve.bounds();
        let mut seen = Rect { min: curve.start, max: curve.start };
        (0..=10_000).for_each(|step| seen.include(curve.at(f64::from(step) / 10_000.0)));
        assert!(bounds.min.distance(seen.min) < 1e-3 && bounds.max.distance(seen.max) < 1e-3);
        let line = Cubic::line(Point::new(1.0, 2.0), Point::new(3.0, 1.0)).bounds();
        assert_eq!((line.min, line.max), (Point::new(1.0, 1.0), Point::new(3.0, 2.0)));
    }

    #[test]
    fn touching_rectangles_do_not_overlap() {
        let size = Size::new(2.0, 2.0);
        let rect = Rect::centered(Point::new(0.0, 0.0), size);
        assert!(!rect.overlaps(&Rect::centered(Point::new(2.0, 0.0), size)));
        assert!(rect.overlaps(&Rect::centered(Point::new(1.9, 1.9), size)));
    }
}
