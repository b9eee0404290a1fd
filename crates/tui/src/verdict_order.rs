//! In which order the rows of a comparison of sets of runs stand.

use hotlist_session::compare::{Comparison, Row};

/// In which order the rows of a comparison of sets of runs stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum VerdictOrder {
    /// The clearest difference first.
    #[default]
    Clearest,
    /// The largest change of the total first.
    Change,
    /// The heaviest function first.
    Share,
    /// By name.
    Name,
}

impl VerdictOrder {
    /// What the screen calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            VerdictOrder::Clearest => "the clearest first",
            VerdictOrder::Change => "the largest change first",
            VerdictOrder::Share => "the heaviest first",
            VerdictOrder::Name => "by name",
        }
    }

    /// The one behind it, in a circle.
    pub(crate) fn next(self) -> VerdictOrder {
        match self {
            VerdictOrder::Clearest => VerdictOrder::Change,
            VerdictOrder::Change => VerdictOrder::Share,
            VerdictOrder::Share => VerdictOrder::Name,
            VerdictOrder::Name => VerdictOrder::Clearest,
        }
    }

    /// The rows of `comparison` for which `is_wanted` holds, in this order; what stands for the rest comes last.
    pub(crate) fn rows(self, comparison: &Comparison, is_wanted: impl Fn(&Row) -> bool) -> Vec<usize> {
        let all = &comparison.rows;
        let mut rows: Vec<usize> = (0..all.len()).filter(|&row| is_wanted(&all[row])).collect();
        rows.sort_by(|&a, &b| {
            let (a, b) = (&all[a], &all[b]);
            let largest = |value: fn(&Row) -> f64| value(b).total_cmp(&value(a));
            a.is_rest.cmp(&b.is_rest).then_with(|| match self {
                // As the comparison has them, but what differs before all else.
                VerdictOrder::Clearest => b.is_flagged().cmp(&a.is_flagged()).then(a.p.total_cmp(&b.p)),
                VerdictOrder::Change => largest(|row| row.change_of_total().abs()),
                VerdictOrder::Share => largest(|row| row.base_share.max(row.new_share)),
                VerdictOrder::Name => a.function.cmp(&b.function),
            })
        });
        rows
    }
}
