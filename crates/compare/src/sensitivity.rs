//! What a number of runs can show: a set of runs of unchanged code, split into two sides by lot again and again.

use serde::Serialize;

use crate::compare::{sorted, weighed};
use crate::comparison::{Notice, RunFacts, Unit};
use crate::lots::Lots;
use crate::matrix::Side;
use crate::numbers::{mean, median, sum_of_squares};
use crate::options::{CompareError, Options};
use crate::run::{Keys, Run};
use crate::score::{detectable, seen};
use crate::study::Study;

/// How often runs are split.
const SPLITS: usize = 200;
/// With fewer runs a side would have one, and nothing to tell its noise.
const FEWEST_RUNS: usize = 4;
/// The rule that is tried where none is given.
const RULE: &str = ">5%";
/// Runs a side for which it is told what they could show.
const RUNS_A_SIDE: [usize; 4] = [3, 5, 10, 20];

/// What comparisons of runs like these can show, and how often they err.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sensitivity {
    /// What was compared, such as `cpu`.
    pub sample_type: String,
    /// The unit of the values.
    pub sample_unit: String,
    /// What runs were measured by.
    pub unit: Unit,
    /// The rate of false discoveries.
    pub alpha: f64,
    /// The filters in force, as `name=value`.
    pub filters: Vec<String>,
    /// The runs.
    pub runs: Vec<RunFacts>,
    /// How often they were split into two sides.
    pub splits: usize,
    /// How many runs were on each side.
    pub split_into: [usize; 2],
    /// In how many splits some function was said to differ.
    pub flagged: usize,
    /// The rules that were tried.
    pub rules: Vec<String>,
    /// In how many splits one of them fired.
    pub failed: usize,
    /// The relative noise between runs that all functions have in common, beside that of sampling.
    pub noise: f64,
    /// Numbers of runs a side that `detectable` is about.
    pub runs_a_side: Vec<usize>,
    /// For each of these, the smallest increase of the total that four of five comparisons would show.
    pub total: Vec<f64>,
    /// The functions, the heaviest first. The last one stands for the rest.
    pub rows: Vec<SensitivityRow>,
    /// What a reader ought to know about the runs.
    pub notices: Vec<Notice>,
    /// The most rows that are drawn for people.
    #[serde(skip)]
    pub most_rows: usize,
}

/// What can be seen of one function.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SensitivityRow {
    /// Its name, or what the row stands for.
    pub function: String,
    /// Whether it stands for all functions that have too little to be tested.
    pub is_rest: bool,
    /// Its part of the total.
    pub share: f64,
    /// For each number of runs a side, the smallest relative increase that four of five comparisons would show.
    pub detectable: Vec<f64>,
}

/// Splits `runs` of unchanged code by lot, always the same one for the same runs.
///
/// # Errors
/// When there are fewer than four, or they cannot be compared.
pub fn sensitivity(runs: &[Run<'_>], options: &Options) -> Result<Sensitivity, CompareError> {
    if runs.len() < FEWEST_RUNS {
        return Err(CompareError::TooFewToSplit(runs.len()));
    }
    let mut options = options.clone();
    if options.rules.is_empty() {
        options.rules.extend(RULE.parse());
    }
    let mut keys = Keys::new(&[]);
    let weighed = weighed(sorted(runs), &options, &mut keys)?;
    let half = weighed.len() / 2;
    let sides: Vec<Side> =
        (0..weighed.len()).map(|run| if run < half { Side::Base } else { Side::New }).collect();
    let mut lots = Lots::new(1);
    let (mut flagged, mut failed) = (0, 0);
    let mut kappas = Vec::with_capacity(SPLITS);
    // By row: its share, and its noise and the degrees of freedom of what all functions teach, of each split.
    let mut facts: Vec<RowFacts> = Vec::new();
    for _ in 0..SPLITS {
        let chosen = lots.order(weighed.len()).into_iter().map(|run| &weighed[run]).collect();
        let study = Study::new(chosen, sides.clone(), &keys, &options)?;
        let (rows, rules) = study.judged();
        flagged += usize::from(rows.iter().any(|row| row.is_flagged()));
        failed += usize::from(rules.iter().any(|rule| rule.fired));
        kappas.push(study.kappa());
        facts.resize_with(rows.len(), RowFacts::default);
        for (facts, row) in facts.iter_mut().zip(rows) {
            facts.noise.push(row.noise);
            facts.taught.push(row.df - study.freedom() as f64);
            let count = row.base_count + row.new_count;
            (facts.function, facts.is_rest, facts.count) = (row.function, row.is_rest, count);
        }
    }
    let all: f64 = facts.iter().map(|row| row.count).sum();
    let mut rows: Vec<SensitivityRow> =
        facts.into_iter().map(|row| row.seen(weighed.len() as f64, all, options.alpha)).collect();
    rows.sort_by(|a, b| a.is_rest.cmp(&b.is_rest).then(b.share.total_cmp(&a.share)));

    let logs: Vec<f64> = weighed.iter().map(|run| run.total.ln()).collect();
    let variance = sum_of_squares(&logs) / (logs.len() - 1) as f64;
    let of_total = |&runs: &usize| seen(options.alpha, (2 * runs - 2) as f64, variance * 2.0 / runs as f64);
    let whole = Study::new(weighed.iter().collect(), sides, &keys, &options)?;
    let comparison = whole.comparison();
    let mut runs = comparison.runs.base;
    runs.extend(comparison.runs.new);
    Ok(Sensitivity {
        sample_type: comparison.sample_type,
        sample_unit: comparison.sample_unit,
        unit: options.unit,
        alpha: options.alpha,
        filters: options.filters.clone(),
        runs,
        splits: SPLITS,
        split_into: [half, weighed.len() - half],
        flagged,
        rules: options.rules.iter().map(ToString::to_string).collect(),
        failed,
        noise: mean(&kappas).sqrt(),
        runs_a_side: RUNS_A_SIDE.to_vec(),
        total: RUNS_A_SIDE.iter().map(of_total).collect(),
        rows,
        notices: comparison.notices.into_iter().filter(|notice| notice.is_of_runs()).collect(),
        most_rows: options.most_rows,
    })
}

/// What all splits say of one row.
#[derive(Default)]
struct RowFacts {
    function: String,
    is_rest: bool,
    /// Effective counts of all runs.
    count: f64,
    noise: Vec<f64>,
    /// Degrees of freedom beside those of the runs.
    taught: Vec<f64>,
}

impl RowFacts {
    fn seen(self, runs: f64, all: f64, alpha: f64) -> SensitivityRow {
        let (noise, taught) = (median(self.noise), median(self.taught));
        let seen = |&a_side: &usize| {
            let count = self.count / runs * a_side as f64;
            detectable(count, count, noise, taught + (2 * a_side - 2) as f64, alpha)
        };
        SensitivityRow {
            function: self.function,
            is_rest: self.is_rest,
            share: self.count / all,
            detectable: RUNS_A_SIDE.iter().map(seen).collect(),
        }
    }
}
