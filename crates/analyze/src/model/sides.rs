//! The two sides of a comparison.

use std::ops::AddAssign;

/// A sum of samples, by their sign. Samples below zero come from the base of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sides {
    /// The sum of the values above zero.
    pub plus: i64,
    /// The sum of the values below zero, without their sign.
    pub minus: i64,
}

impl Sides {
    /// One value, on its side.
    #[inline]
    pub(crate) fn of(value: i64) -> Sides {
        Sides { plus: value.max(0), minus: value.min(0).saturating_neg() }
    }

    /// The sum of all values.
    pub fn net(self) -> i64 {
        self.plus - self.minus
    }

    /// The sum of all values without their signs, which is how wide a frame is drawn.
    pub fn size(self) -> i64 {
        self.plus + self.minus
    }
}

impl AddAssign for Sides {
    fn add_assign(&mut self, other: Sides) {
        // A view refuses profiles in which the sum of all absolute values needs more than 64 bits.
        self.plus += other.plus;
        self.minus += other.minus;
    }
}
