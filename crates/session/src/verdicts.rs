//! What a comparison of sets of runs says of each place, for faces that show places.

use std::collections::HashMap;

use hotlist_analyze::NodeInfo;
use hotlist_compare::{Comparison, Row, RunFacts, function_key};

/// A comparison whose rows can be found by places.
#[derive(Debug)]
pub struct Verdicts {
    comparison: Comparison,
    /// The rows by the keys of their functions; what is too light to be tested has none.
    rows: HashMap<String, usize>,
}

impl Verdicts {
    /// With the pairs of names in `renames` that were taken for one function each: the former name, and the one now.
    pub fn new(comparison: Comparison, renames: &[(String, String)]) -> Verdicts {
        let key = |name: &str| function_key(name).into_owned();
        let mut rows: HashMap<String, usize> = comparison
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| !row.is_rest)
            .map(|(at, row)| (key(&row.function), at))
            .collect();
        for (from, to) in renames {
            if let Some(&row) = rows.get(&key(to)) {
                rows.insert(key(from), row);
            }
        }
        Verdicts { comparison, rows }
    }

    /// All that the comparison says.
    pub fn comparison(&self) -> &Comparison {
        &self.comparison
    }

    /// The row of a place in [`Comparison::rows`]: its own, or that of its function where functions were compared and
    /// the place is a line. `None` for what is too light to be tested.
    pub fn row_of(&self, place: &NodeInfo) -> Option<usize> {
        let row = |name: &str| self.rows.get(function_key(name).as_ref()).copied();
        row(&place.printable_name()).or_else(|| row(&place.name))
    }

    /// The rows that differ, the clearest first.
    pub fn flagged(&self) -> impl Iterator<Item = &Row> {
        self.comparison.flagged()
    }

    /// How much all new runs together had to do, beside the runs of the base.
    pub(crate) fn exposure_ratio(&self) -> f64 {
        let exposure = |runs: &[RunFacts]| runs.iter().map(|run| run.exposure).sum::<f64>();
        let ratio = exposure(&self.comparison.runs.new) / exposure(&self.comparison.runs.base);
        if ratio.is_finite() && ratio > 0.0 { ratio } else { 1.0 }
    }
}
