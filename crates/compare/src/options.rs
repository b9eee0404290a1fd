//! What a comparison is asked, and why it may have no answer.

use hotlist_analyze::{Detail, PathTrim};
use thiserror::Error;

use crate::comparison::Unit;
use crate::rule::Rule;

/// How sets are compared.
#[derive(Clone, Debug)]
pub struct Options {
    /// What counts as one function, or line, or file.
    pub detail: Detail,
    /// Prefixes to take off source paths.
    pub path_trim: PathTrim,
    /// What runs are measured by.
    pub unit: Unit,
    /// Operations of a run of the base and of a new run, for [`Unit::Op`].
    pub operations: Option<(f64, f64)>,
    /// The rate of false discoveries.
    pub alpha: f64,
    /// What still counts as the same.
    pub margin: f64,
    /// Changes below this part of the base's total matter to no rule; rows below half of it are not tested.
    pub at_least: f64,
    /// The relative noise between runs that is assumed where there is one run a side.
    pub run_noise: f64,
    /// Names of the base and what they are called now.
    pub renames: Vec<(String, String)>,
    /// When to fail.
    pub rules: Vec<Rule>,
    /// Whether to fail also where more runs could make a rule fire.
    pub fail_on_undecided: bool,
    /// Whether rules may judge by fewer than three runs a side.
    pub allow_single: bool,
    /// Whether rules on totals may judge sides that were recorded one after the other.
    pub blocked_ok: bool,
    /// The filters in force, as `name=value`; they are only told.
    pub filters: Vec<String>,
    /// The most rows of a kind that are drawn for people.
    pub most_rows: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            detail: Detail::default(),
            path_trim: PathTrim::default(),
            unit: Unit::Anchored,
            operations: None,
            alpha: 0.05,
            margin: 0.03,
            at_least: 0.005,
            run_noise: 0.05,
            renames: Vec::new(),
            rules: Vec::new(),
            fail_on_undecided: false,
            allow_single: false,
            blocked_ok: false,
            filters: Vec::new(),
            most_rows: 20,
        }
    }
}

/// Why sets cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CompareError {
    /// A side has no runs.
    #[error("there are no {0} runs")]
    NoRuns(&'static str),
    /// A run has nothing of the sample type.
    #[error("{0}: no samples to compare")]
    Empty(String),
    /// A run has nothing that passes the filters.
    #[error("{name}: no samples are left by {filters}")]
    Filtered {
        /// The run.
        name: String,
        /// The filters as they were typed.
        filters: String,
    },
    /// A function that is said to have another name now is in no run of the base, or its new name in no new run.
    #[error("no function of the {side} runs is called {name}, which is said to be renamed")]
    NoSuchName {
        /// `base` or `new`.
        side: &'static str,
        /// The name.
        name: String,
    },
    /// A run measures something else.
    #[error("{name}: measures {found}, the other runs {expected}")]
    OtherType {
        /// The run.
        name: String,
        /// What it measures.
        found: String,
        /// What the first run measures.
        expected: String,
    },
    /// Sides share no function that could be tested.
    #[error("no function has enough samples to be compared (-at-least tells how many are enough)")]
    NothingToTest,
    /// Sides have nothing in common.
    #[error(
        "functions that both sides have make up {percent} % of the base and {new_percent} % of the new runs; \
         these are profiles of different programs, or the names have changed (-rename)"
    )]
    DifferentPrograms {
        /// What the base has in common with the new runs, in percent.
        percent: u32,
        /// The same of the new runs.
        new_percent: u32,
    },
    /// Runs do not say how long they took.
    #[error("{0}: does not say how long it took, so it cannot be compared by the second")]
    NoDuration(String),
    /// The number of operations is missing.
    #[error("comparing by operations needs their numbers (-ops)")]
    NoOperations,
    /// A side has fewer runs than a rule needs.
    #[error("rules need 3 runs a side; there are {base} and {new} (-allow-single judges by fewer)")]
    TooFewRuns {
        /// Runs of the base.
        base: usize,
        /// New runs.
        new: usize,
    },
    /// There are too few runs to split them.
    #[error("splitting runs into two sides needs 4 of them; there are {0}")]
    TooFewToSplit(usize),
    /// A profile has negative values.
    #[error("{0}: has negative values; compare profiles, not differences of profiles")]
    Negative(String),
}
