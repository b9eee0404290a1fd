//! Edges from a node to itself: bows at its right side, with their labels to the right of them.

use crate::geometry::{Cubic, Point, Size};
use crate::layers::LABEL_DISTANCE;

/// How far a bow reaches out of its box.
const REACH: f64 = 24.0;

/// Room after a bow or its label.
const MARGIN: f64 = 4.0;

/// What a loop with such a label needs to the right of its box.
pub(crate) fn room(label: Option<Size>) -> Size {
    let label = label.unwrap_or_default();
    Size::new(REACH + LABEL_DISTANCE + label.width + MARGIN, label.height)
}

/// A bow and where the middle of its label is.
#[derive(Debug)]
pub(crate) struct Bow {
    pub(crate) path: Vec<Cubic>,
    pub(crate) label: Option<Point>,
}

/// The loops of a box of `size` around `center`, from the innermost on.
///
/// Each encloses the one before with its label.
pub(crate) fn bows(center: Point, size: Size, labels: &[Option<Size>]) -> Vec<Bow> {
    let border = center.x + size.width / 2.0;
    let mut reach = 0.0;
    labels
        .iter()
        .enumerate()
        .map(|(index, &label)| {
            reach += REACH;
            // Half the distance between its ends grows, so that bows do not cross.
            let share = (index + 1) as f64 / (labels.len() + 1) as f64;
            let half = size.height * (0.1 + 0.35 * share);
            let tip = Point::new(border + reach, center.y);
            let (start, end) = (Point::new(border, center.y - half), Point::new(border, center.y + half));
            let side = Point::new(reach * 0.6, 0.0);
            let up = Point::new(0.0, half * 0.6);
            let path = vec![
                Cubic { start, control1: start + side, control2: tip - up, end: tip },
                Cubic { start: tip, control1: tip + up, control2: end + side, end },
            ];
            let label = label.map(|label| {
                let center = Point::new(tip.x + LABEL_DISTANCE + label.width / 2.0, center.y);
                reach += LABEL_DISTANCE + label.width;
                center
            });
            reach += MARGIN;
            Bow { path, label }
        })
        .collect()
}
