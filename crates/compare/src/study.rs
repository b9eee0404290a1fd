//! One comparison, step by step.

use rustc_hash::FxHashMap;

use crate::anchor::anchor;
use crate::comparison::{
    Comparison, Notice, NoticeCode, Rename, Row, RuleOutcome, RunFacts, RunOrder, Runs, Total, Unit, Verdict,
    Words,
};
use crate::counts::{Counts, FEWEST_COUNTS};
use crate::dispersion::{Dispersion, PriorTable, WeightKind, learn};
use crate::distribution::{t_quantile, t_two_sided};
use crate::effective::Sampling;
use crate::matrix::{Matrix, Side};
use crate::multiplicity::false_discovery_rates;
use crate::notices::{Circumstances, notices};
use crate::numbers::{mean, sum_of_squares};
use crate::options::{CompareError, Options};
use crate::rename::renames;
use crate::rule::{Evidence, Rule};
use crate::run::{Keys, WeighedRun};
use crate::score::{Exposure, Score, score, statistic};
use crate::sets::{order, outliers};
use crate::trace::{Trace, trace};

/// A common caller has at least this part of a function's weight.
const COMMON: f64 = 0.9;
/// A caller of nearly everything says nothing about where work was moved.
const NEARLY_ALL: f64 = 0.95;
/// What stands for the functions that have too little.
const REST: &str = "(rest)";
/// Sides need this many runs before rules may judge.
pub(crate) const FEWEST_RUNS: usize = 3;
/// Degrees of freedom of noise that is assumed.
const ASSUMED_FREEDOM: f64 = 8.0;
/// Sides of which both have less than this in functions of the other are of different programs: there is nothing to
/// anchor them to.
const IN_COMMON: f64 = 0.5;

/// Everything that is known once the rows are tested.
pub(crate) struct Study<'r, 'v> {
    options: &'r Options,
    runs: Vec<&'r WeighedRun<'v>>,
    sides: Vec<Side>,
    keys: &'r Keys,
    /// The parts of the base and of the new runs that are in functions which both have.
    in_common: [f64; 2],
    /// The keys of the rows of the matrix, without the rest.
    tested: Vec<usize>,
    matrix: Matrix,
    cum: Counts,
    priors: PriorTable,
    exposures: Vec<f64>,
    /// Whether more rows changed than a ruler can do without.
    exhausted: bool,
    dispersion: Dispersion,
    scores: Vec<Score>,
    rates: Vec<f64>,
    /// What a count is worth in the sample unit.
    worth: f64,
}

impl<'r, 'v> Study<'r, 'v> {
    /// Tests all rows of `runs`, of which those of the base come first.
    pub(crate) fn new(
        runs: Vec<&'r WeighedRun<'v>>,
        sides: Vec<Side>,
        keys: &'r Keys,
        options: &'r Options,
    ) -> Result<Self, CompareError> {
        let unit = Counts::unit(&runs);
        let flat = Counts::new(&runs, &sides, keys.len(), unit, |run| &run.flat);
        let cum = Counts::new(&runs, &sides, keys.len(), unit, |run| &run.cum);
        let in_common = flat.in_common();
        let most_in_common = in_common[0].max(in_common[1]);
        if most_in_common == 0.0 || (options.unit == Unit::Anchored && most_in_common < IN_COMMON) {
            let percent = |part: f64| (part * 100.0).round() as u32;
            let (percent, new_percent) = (percent(in_common[0]), percent(in_common[1]));
            return Err(CompareError::DifferentPrograms { percent, new_percent });
        }
        for (from, to) in &options.renames {
            // Both names are one row.
            let is_new = keys.find(to).is_some_and(|row| cum.has(Side::New, row));
            for (side, name, is_there) in [("base", from, keys.was_renamed(from)), ("new", to, is_new)] {
                if !is_there {
                    return Err(CompareError::NoSuchName { side, name: name.clone() });
                }
            }
        }
        let tested = flat.rows_of_at_least(FEWEST_COUNTS.max(options.at_least / 2.0 * flat.total()));
        if tested.is_empty() {
            return Err(CompareError::NothingToTest);
        }
        let matrix = flat.matrix(&tested, true);
        let priors = PriorTable::new(matrix.freedom());
        let values: f64 = runs.iter().map(|run| run.total).sum();
        let mut study = Study {
            options,
            worth: values / flat.total(),
            runs,
            sides,
            keys,
            in_common,
            tested,
            matrix,
            cum,
            priors,
            exposures: Vec::new(),
            exhausted: false,
            dispersion: Dispersion::default(),
            scores: Vec::new(),
            rates: Vec::new(),
        };
        study.measure_exposures()?;
        study.dispersion = study.noise(&study.matrix, &study.exposures, WeightKind::Flat);
        study.scores = score(&study.matrix, &study.exposures, &study.dispersion, options.alpha);
        study.rates = false_discovery_rates(&study.scores.iter().map(|score| score.p).collect::<Vec<_>>());
        Ok(study)
    }

    /// What all of it says.
    pub(crate) fn comparison(&self) -> Comparison {
        let options = self.options;
        let mut rows = self.rows();
        let renames = self.renames(&rows);
        self.explain(&mut rows, &renames);
        for Rename { from, to } in &renames {
            rows.iter_mut()
                .filter(|row| row.function == *to)
                .for_each(|row| row.renamed_from = Some(from.clone()));
        }
        let order = order(&self.times(), &self.sides);
        let total = self.total(order);
        let rules = self.rules(&rows, &total, order);
        let failed = rules.iter().any(|rule| rule.fired || (options.fail_on_undecided && rule.undecided));
        rows.sort_by(|a, b| {
            a.is_rest.cmp(&b.is_rest).then(a.p.total_cmp(&b.p)).then_with(|| a.function.cmp(&b.function))
        });
        let runs = self.run_facts();
        let (sample_type, sample_unit) = self.runs[0].type_names();
        let circumstances = Circumstances {
            order,
            sampling: self.sampling(),
            exhausted: self.exhausted,
            in_common: self.in_common[0].min(self.in_common[1]),
            in_use: sample_type.starts_with("inuse_"),
            run_noise: options.run_noise,
        };
        let mut notices = notices(&runs, &circumstances);
        notices.extend(renames.iter().map(|Rename { from, to }| Notice {
            code: NoticeCode::Renamed,
            text: format!("renamed? {from} -> {to}"),
        }));
        Comparison {
            words: self.words(),
            sample_type,
            sample_unit,
            unit: options.unit,
            alpha: options.alpha,
            margin: options.margin,
            at_least: options.at_least,
            runs,
            order,
            kappa: self.dispersion.kappa,
            filters: options.filters.clone(),
            total,
            rows,
            renames,
            rules,
            exit: u8::from(failed),
            notices,
            most_rows: options.most_rows,
        }
    }

    /// The rows as they were tested, with the rest at the end, and what the rules say of them.
    pub(crate) fn judged(&self) -> (Vec<Row>, Vec<RuleOutcome>) {
        let order = order(&self.times(), &self.sides);
        let rows = self.rows();
        let rules = self.rules(&rows, &self.total(order), order);
        (rows, rules)
    }

    /// The common relative variance between runs.
    pub(crate) fn kappa(&self) -> f64 {
        self.dispersion.kappa
    }

    /// Degrees of freedom between the runs themselves.
    pub(crate) fn freedom(&self) -> usize {
        self.matrix.freedom()
    }

    fn sampling(&self) -> Sampling {
        self.runs[0].sampling()
    }

    fn words(&self) -> Words {
        let (kind, unit) = self.runs[0].type_names();
        match unit.as_str() {
            "nanoseconds" | "microseconds" | "milliseconds" | "seconds" => Words::Time,
            _ if kind == "samples" => Words::Time,
            _ => Words::Amount,
        }
    }

    /// The facts of the runs of both sides.
    pub(crate) fn run_facts(&self) -> Runs {
        let outlying = self.outliers();
        let facts = |side| {
            let of_side = (0..self.runs.len()).filter(|&run| self.sides[run] == side);
            of_side.map(|run| self.facts(run, outlying[run])).collect()
        };
        Runs { base: facts(Side::Base), new: facts(Side::New) }
    }

    fn times(&self) -> Vec<i64> {
        self.runs.iter().map(|run| run.profile().time_nanos).collect()
    }

    /// How noisy each row is, measured between runs where there is more than one on some side.
    fn noise(&self, matrix: &Matrix, exposures: &[f64], kind: WeightKind) -> Dispersion {
        if matrix.freedom() > 0 {
            return learn(matrix, exposures, kind, self.sampling().floor(), &self.priors);
        }
        let kappa = self.options.run_noise.powi(2);
        let (base, new) = (matrix.pooled(Side::Base), matrix.pooled(Side::New));
        let exposure = Exposure::of(matrix, exposures);
        // The mean of what each of the two runs leads to expect of it.
        let mean = |row: usize| {
            f64::midpoint(base[row] / exposure.base * exposures[0], new[row] / exposure.new * exposures[1])
        };
        let noise: Vec<f64> = (0..matrix.rows()).map(|row| 1.0 + kappa * mean(row)).collect();
        Dispersion { freedom: vec![ASSUMED_FREEDOM; noise.len()], noise, kappa }
    }

    /// How much each run had to do, 1 on average.
    fn measure_exposures(&mut self) -> Result<(), CompareError> {
        let mut exposures: Vec<f64> = match self.options.unit {
            Unit::Run => self.per_run(),
            Unit::Op => {
                let (base, new) = self.options.operations.ok_or(CompareError::NoOperations)?;
                let of = |side| if side == Side::Base { base } else { new };
                self.per_run().iter().zip(&self.sides).map(|(exposure, side)| exposure * of(*side)).collect()
            }
            Unit::Second => {
                if let Some(run) = self.runs.iter().find(|run| run.profile().duration_nanos <= 0) {
                    return Err(CompareError::NoDuration(run.run.name.to_owned()));
                }
                let durations = self.runs.iter().map(|run| run.profile().duration_nanos as f64);
                self.per_run().iter().zip(durations).map(|(exposure, duration)| exposure * duration).collect()
            }
            Unit::Share => self.matrix.totals(&vec![true; self.matrix.rows()]),
            Unit::Anchored => {
                let noise = |exposures: &[f64]| self.noise(&self.matrix, exposures, WeightKind::Flat);
                let anchor = anchor(&self.matrix, noise);
                self.exhausted = anchor.exhausted;
                anchor.exposures
            }
        };
        let mean = mean(&exposures);
        exposures.iter_mut().for_each(|exposure| *exposure /= mean);
        self.exposures = exposures;
        Ok(())
    }

    fn rows(&self) -> Vec<Row> {
        let (base, new) = (self.matrix.pooled(Side::Base), self.matrix.pooled(Side::New));
        let base_sum: f64 = self.scores.iter().map(|score| score.base).sum();
        let new_sum: f64 = self.scores.iter().map(|score| score.new).sum();
        let row = |(row, score): (usize, &Score)| Row {
            function: self.tested.get(row).map_or(REST, |&key| self.keys.name(key)).to_owned(),
            is_rest: row == self.tested.len(),
            base: score.base * self.worth,
            new: score.new * self.worth,
            base_share: score.base / base_sum,
            new_share: score.new / new_sum,
            base_count: base[row],
            new_count: new[row],
            ratio: finite(score.ratio),
            low: score.low,
            high: finite(score.high),
            p: score.p,
            q: self.rates[row],
            df: score.freedom,
            noise: score.noise,
            detectable: score.detectable,
            verdict: self.verdict(score, self.rates[row]),
            renamed_from: None,
            paths: Vec::new(),
            moved_within: None,
        };
        self.scores.iter().enumerate().map(row).collect()
    }

    fn verdict(&self, score: &Score, rate: f64) -> Verdict {
        let Options { alpha, margin, .. } = self.options;
        if !self.is_measurable() {
            return Verdict::Undecided;
        }
        match () {
            () if rate <= *alpha && score.z > 0.0 => Verdict::increased(self.words()),
            () if rate <= *alpha => Verdict::decreased(self.words()),
            () if score.low >= 1.0 - margin && score.high <= 1.0 + margin => Verdict::Same,
            () => Verdict::Undecided,
        }
    }

    /// Whether the noise can be known: that of sampling can be computed, or there are runs to measure all of it.
    fn is_measurable(&self) -> bool {
        self.sampling() != Sampling::Unknown || self.has_enough_runs()
    }

    fn has_enough_runs(&self) -> bool {
        let runs_of = |side| self.sides.iter().filter(|other| **other == side).count();
        runs_of(Side::Base).min(runs_of(Side::New)) >= FEWEST_RUNS
    }

    /// Rows that are gone and new ones that seem to be the same function.
    fn renames(&self, rows: &[Row]) -> Vec<Rename> {
        let with = |count: fn(&Row) -> f64| -> Vec<usize> {
            let is_one = |row: &usize| rows[*row].is_flagged() && count(&rows[*row]) == 0.0;
            (0..self.tested.len()).filter(is_one).collect()
        };
        let gone = with(|row| row.new_count);
        let new = with(|row| row.base_count);
        let row_of: FxHashMap<usize, usize> =
            self.tested.iter().enumerate().map(|(row, &key)| (key, row)).collect();
        let exposure = Exposure::of(&self.matrix, &self.exposures);
        let agree = |gone: usize, new: usize| {
            let (gone, new) = (row_of[&gone], row_of[&new]);
            let noise = self.dispersion.noise[gone].max(self.dispersion.noise[new]);
            let freedom = self.dispersion.freedom[gone].min(self.dispersion.freedom[new]);
            let z = statistic(rows[gone].base_count, rows[new].new_count, noise, exposure, 1.0);
            t_two_sided(freedom, z) > self.options.alpha
        };
        let keys = |rows: &[usize]| rows.iter().map(|&row| self.tested[row]).collect::<Vec<_>>();
        renames(&self.runs, &self.sides, &keys(&gone), &keys(&new), agree)
            .into_iter()
            .map(|(from, to)| Rename {
                from: self.keys.name(from).to_owned(),
                to: self.keys.name(to).to_owned(),
            })
            .collect()
    }

    /// The runs that differ from the others of their side, by what they had to do or as a whole.
    fn outliers(&self) -> Vec<bool> {
        let by_unit = outliers(&self.matrix, &self.exposures);
        let as_whole = outliers(&self.matrix, &self.per_run());
        by_unit.into_iter().zip(as_whole).map(|(by_unit, as_whole)| by_unit || as_whole).collect()
    }

    /// Exposures for runs that did the same: only their sampling differs.
    fn per_run(&self) -> Vec<f64> {
        let of = |run: &&WeighedRun<'_>| match run.sampling() {
            Sampling::Counted { .. } => 1.0 / run.profile().period.max(1) as f64,
            Sampling::Heap { .. } | Sampling::Unknown => 1.0,
        };
        self.runs.iter().map(of).collect()
    }

    /// Adds to the rows that differ where the difference comes from.
    fn explain(&self, rows: &mut [Row], renames: &[Rename]) {
        let flagged: Vec<usize> = (0..self.tested.len()).filter(|&row| rows[row].is_flagged()).collect();
        if flagged.is_empty() {
            return;
        }
        let wanted: Vec<usize> = flagged.iter().map(|&row| self.tested[row]).collect();
        let exposure = Exposure::of(&self.matrix, &self.exposures);
        let scale: Vec<f64> = self
            .sides
            .iter()
            .map(|side| if *side == Side::Base { exposure.base } else { exposure.new })
            .map(|of_side| self.cum.per_value() * self.worth * exposure.mean / of_side)
            .collect();
        let mut traces = trace(&self.runs, &self.sides, &scale, self.keys, &wanted);
        let same = self.unchanged_callers();
        let is_renamed =
            |row: &Row| renames.iter().any(|Rename { from, to }| [from, to].contains(&&row.function));
        for &row in &flagged {
            if is_renamed(&rows[row]) {
                continue;
            }
            rows[row].moved_within = self.moved_within(row, &flagged, rows, &traces, &same);
        }
        for &row in &flagged {
            rows[row].paths = traces.remove(&self.tested[row]).map(Trace::into_paths).unwrap_or_default();
        }
    }

    /// The smallest caller that `row` shares with a row that went the other way, and that weighs the same as before.
    fn moved_within(
        &self,
        row: usize,
        flagged: &[usize],
        rows: &[Row],
        traces: &FxHashMap<usize, Trace>,
        same: &[(usize, f64)],
    ) -> Option<String> {
        let trace = traces.get(&self.tested[row])?;
        let opposite = || {
            flagged
                .iter()
                .filter(|&&other| rows[other].verdict != rows[row].verdict)
                .filter_map(|&other| traces.get(&self.tested[other]))
        };
        let is_common = |key: usize| {
            trace.part_through(key) >= COMMON && opposite().any(|other| other.part_through(key) >= COMMON)
        };
        let (key, _) = same.iter().filter(|(key, _)| is_common(*key)).min_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(self.keys.name(*key).to_owned())
    }

    /// Functions whose weight with callees is the same on both sides, with that weight.
    fn unchanged_callers(&self) -> Vec<(usize, f64)> {
        let most = NEARLY_ALL * self.matrix.totals(&vec![true; self.matrix.rows()]).iter().sum::<f64>();
        let callers = self.cum.rows_of_at_least(FEWEST_COUNTS);
        let matrix = self.cum.matrix(&callers, false);
        let noise = self.noise(&matrix, &self.exposures, WeightKind::Cum);
        score(&matrix, &self.exposures, &noise, self.options.alpha)
            .iter()
            .zip(callers)
            .filter(|(score, _)| self.verdict(score, 1.0) == Verdict::Same)
            .map(|(_, key)| (key, self.cum.pooled(key)))
            .filter(|(_, weight)| *weight < most)
            .collect()
    }

    /// All functions together, by a t test on the logarithms of the runs' totals.
    fn total(&self, order: RunOrder) -> Total {
        let operations = |side: Side| match (self.options.unit, self.options.operations) {
            (Unit::Op, Some((base, new))) => {
                if side == Side::Base {
                    base
                } else {
                    new
                }
            }
            _ => 1.0,
        };
        let logs = |side| -> Vec<f64> {
            let of_side = self.runs.iter().zip(&self.sides).filter(|(_, other)| **other == side);
            of_side.map(|(run, side)| (run.total / operations(*side)).ln()).collect()
        };
        let (base, new) = (logs(Side::Base), logs(Side::New));
        let freedom = (base.len() + new.len()).saturating_sub(2) as f64;
        let difference = mean(&new) - mean(&base);
        let mut total = Total {
            base: mean(&base).exp(),
            new: mean(&new).exp(),
            ratio: difference.exp(),
            low: None,
            high: None,
            p: None,
            verdict: Verdict::Undecided,
        };
        if freedom > 0.0 {
            let within = (sum_of_squares(&base) + sum_of_squares(&new)) / freedom;
            let deviation = (within * (1.0 / base.len() as f64 + 1.0 / new.len() as f64)).sqrt();
            let t = t_quantile(freedom, 1.0 - self.options.alpha / 2.0);
            let end = |t: f64| (difference + t * deviation).exp();
            (total.low, total.high) = (Some(end(-t)), finite(end(t)));
            // Runs without any spread: a difference is certain, none is none.
            let p = match deviation > 0.0 {
                true => t_two_sided(freedom, difference / deviation),
                false => f64::from(u8::from(difference == 0.0)),
            };
            total.p = Some(p);
            let Options { alpha, margin, blocked_ok, .. } = self.options;
            total.verdict = match () {
                () if order == RunOrder::Blocked && !blocked_ok => Verdict::Undecided,
                () if p <= *alpha && difference > 0.0 => Verdict::increased(self.words()),
                () if p <= *alpha => Verdict::decreased(self.words()),
                () if end(-t) >= 1.0 - margin && end(t) <= 1.0 + margin => Verdict::Same,
                () => Verdict::Undecided,
            };
        }
        total
    }

    fn rules(&self, rows: &[Row], total: &Total, order: RunOrder) -> Vec<RuleOutcome> {
        let evidence = Evidence {
            scores: &self.scores,
            rates: &self.rates,
            pooled: &rows.iter().map(|row| (row.base_count, row.new_count)).collect::<Vec<_>>(),
            exposure: Exposure::of(&self.matrix, &self.exposures),
            changes: &rows.iter().map(Row::change_of_total).collect::<Vec<_>>(),
            base_shares: &rows.iter().map(|row| row.base_share).collect::<Vec<_>>(),
            alpha: self.options.alpha,
            at_least: self.options.at_least,
            is_measurable: self.is_measurable(),
            total,
            // The machine may have changed between the blocks.
            total_may_be_machine: order == RunOrder::Blocked && !self.options.blocked_ok,
        };
        let outcome = |rule: &Rule| {
            let finding = rule.judge(&evidence);
            RuleOutcome {
                expr: rule.to_string(),
                fired: finding.fired,
                undecided: finding.undecided,
                by: finding.rows.iter().map(|&row| rows[row].function.clone()).collect(),
            }
        };
        self.options.rules.iter().map(outcome).collect()
    }

    fn facts(&self, run: usize, outlier: bool) -> RunFacts {
        let profile = self.runs[run].profile();
        let known = |number: i64| (number > 0).then_some(number);
        RunFacts {
            file: self.runs[run].run.name.to_owned(),
            time: known(profile.time_nanos),
            duration: known(profile.duration_nanos),
            samples: self.matrix.run(run).iter().sum(),
            period: profile.period,
            exposure: self.exposures[run],
            outlier,
        }
    }
}

fn finite(ratio: f64) -> Option<f64> {
    ratio.is_finite().then_some(ratio)
}
