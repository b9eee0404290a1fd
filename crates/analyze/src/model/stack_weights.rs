//! What each stack of a view weighs.

use hotlist_profile::StackId;

use crate::model::sides::Sides;
use crate::model::view::View;
use crate::model::weight::Weight;

/// The weights of the stacks of a view: samples that share a stack are one from here on.
#[derive(Debug)]
pub(crate) struct StackWeights {
    values: Vec<i64>,
    /// Only where means are asked for.
    divisors: Option<Vec<i64>>,
    /// Stacks with a selected sample that is not zero. Their sum may be zero all the same.
    active: Vec<bool>,
}

impl StackWeights {
    pub(crate) fn of(view: &View<'_>) -> Self {
        let profile = view.profile();
        let count = profile.stacks.len();
        let mut values = vec![0i64; count];
        let mut divisors = view.value().mean.then(|| vec![0i64; count]);
        let mut active = vec![false; count];
        for sample in view.samples() {
            let (value, divisor) = view.weight(sample);
            if value != 0 || divisor != 0 {
                let stack = profile.samples.stack(sample).index();
                values[stack] += value;
                if let Some(divisors) = &mut divisors {
                    divisors[stack] += divisor;
                }
                active[stack] = true;
            }
        }
        StackWeights { values, divisors, active }
    }

    /// The same with the values above zero as values, and the sizes of those below zero as divisors.
    pub(crate) fn by_side(view: &View<'_>) -> Self {
        let sides = stack_sides(view);
        StackWeights {
            active: sides.iter().map(|sides| sides.size() != 0).collect(),
            values: sides.iter().map(|sides| sides.plus).collect(),
            divisors: Some(sides.iter().map(|sides| sides.minus).collect()),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.active.len()
    }

    /// The active stacks among `rows`, with their weights.
    pub(crate) fn active(
        &self,
        rows: std::ops::Range<usize>,
    ) -> impl Iterator<Item = (StackId, Weight)> + '_ {
        rows.filter(|&row| self.active[row]).map(|row| {
            let divisor = self.divisors.as_ref().map_or(0, |divisors| divisors[row]);
            (StackId::new(row), Weight { value: self.values[row], divisor })
        })
    }
}

/// What each stack of a view weighs.
pub(crate) fn stack_sides(view: &View<'_>) -> Vec<Sides> {
    let samples = &view.profile().samples;
    let mut weights = vec![Sides::default(); view.profile().stacks.len()];
    for sample in view.samples() {
        weights[samples.stack(sample).index()] += Sides::of(view.weight(sample).0);
    }
    weights
}
