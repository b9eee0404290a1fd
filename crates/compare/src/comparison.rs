//! What a comparison says, as data.

use serde::Serialize;

use crate::matrix::Side;

/// How two sets of runs differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// What was compared, such as `cpu`.
    pub sample_type: String,
    /// The unit of all values, such as `nanoseconds`.
    pub sample_unit: String,
    /// What runs were measured by.
    pub unit: Unit,
    /// The rate of false discoveries and one less the confidence of each interval.
    pub alpha: f64,
    /// Changes within this part are "the same".
    pub margin: f64,
    /// Rules heed rows that change by this part of the base's total.
    pub at_least: f64,
    /// The runs, in the order of their names.
    pub runs: Runs,
    /// How the two sides lie in time.
    pub order: RunOrder,
    /// The common relative variance between runs; its root is the noise of a machine.
    pub kappa: f64,
    /// Whether the values are of time.
    pub words: Words,
    /// The filters in force, as `name=value`.
    pub filters: Vec<String>,
    /// All functions together.
    pub total: Total,
    /// Flat weights: every function that has enough, the clearest difference first. The last one stands for the rest.
    pub rows: Vec<Row>,
    /// A new function that seems to be one that is gone.
    pub renames: Vec<Rename>,
    /// What the rules say.
    pub rules: Vec<RuleOutcome>,
    /// The exit code that follows from the rules: 1 when one fired.
    pub exit: u8,
    /// What a reader ought to know.
    pub notices: Vec<Notice>,
    /// The most rows of a kind that are drawn for people.
    #[serde(skip)]
    pub most_rows: usize,
}

/// What a run's values are measured by, so that runs can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// What the rows have that did not change.
    #[default]
    Anchored,
    /// The run: each is taken to have done the same.
    Run,
    /// The operation; how many a run did is told from outside.
    Op,
    /// The second of the run.
    Second,
    /// The total of the run.
    Share,
}

/// The runs of both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Runs {
    /// Those compared with.
    pub base: Vec<RunFacts>,
    /// Those judged.
    pub new: Vec<RunFacts>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunFacts {
    /// Its file.
    pub file: String,
    /// When it began, in nanoseconds since 1970; `None` when unknown.
    pub time: Option<i64>,
    /// How long it took, in nanoseconds; `None` when unknown.
    pub duration: Option<i64>,
    /// Effective counts: samples, for a clock.
    pub samples: f64,
    /// The sampling period.
    pub period: i64,
    /// How much the run had to do, 1 on average.
    pub exposure: f64,
    /// Whether it differs from its side in most functions.
    pub outlier: bool,
}

/// How the sides lie in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RunOrder {
    /// Runs of both sides in turn.
    Interleaved,
    /// All runs of one side before the first of the other: a change may be the machine's.
    Blocked,
    /// Some runs do not say when they were.
    Unknown,
}

/// Which words describe a change: slower and faster, or more and less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Words {
    /// Values are of time.
    Time,
    /// Values are of something else, such as memory.
    Amount,
}

/// All functions together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Total {
    /// What a run of the base has, as a geometric mean, in the sample unit.
    pub base: f64,
    /// What a new run has.
    pub new: f64,
    /// New over base.
    pub ratio: f64,
    /// The lower end of the interval of the ratio; `None` with one run a side.
    pub low: Option<f64>,
    /// The upper end; `None` where there is none.
    pub high: Option<f64>,
    /// The probability of such a difference without a change; `None` with one run a side.
    pub p: Option<f64>,
    /// What that means. Never the same or undecided alone where sides were recorded one after the other.
    pub verdict: Verdict,
}

/// One function.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Its name, or what the row stands for.
    pub function: String,
    /// Whether it stands for all functions that have too little to be tested.
    pub is_rest: bool,
    /// What it weighs by itself in a mean run of the base, in the sample unit.
    pub base: f64,
    /// The same in a new run.
    pub new: f64,
    /// The part of the base's total.
    pub base_share: f64,
    /// The part of the new total.
    pub new_share: f64,
    /// Effective counts of all runs of the base together.
    pub base_count: f64,
    /// Of all new runs together.
    pub new_count: f64,
    /// New over base; `None` where the base has none.
    pub ratio: Option<f64>,
    /// The lower end of the interval of the ratio, at confidence `1 - alpha` for this row alone.
    pub low: f64,
    /// The upper end; `None` where there is none.
    pub high: Option<f64>,
    /// The two-sided probability of such a difference without a change.
    pub p: f64,
    /// The rate of false discoveries at which the difference is one.
    pub q: f64,
    /// Degrees of freedom of the noise.
    pub df: f64,
    /// Variance over that of sampling.
    pub noise: f64,
    /// The smallest relative increase that four of five such comparisons would show.
    pub detectable: f64,
    /// What that means.
    pub verdict: Verdict,
    /// The name of a function that is gone and seems to be this one.
    pub renamed_from: Option<String>,
    /// Where the difference comes from: the heaviest ways to the function. Of flagged rows alone.
    pub paths: Vec<CallPath>,
    /// A common caller which weighs the same as before, so that work was moved and not added.
    pub moved_within: Option<String>,
}

impl Row {
    /// Whether the row is one of those that differ.
    pub fn is_flagged(&self) -> bool {
        self.verdict.is_change()
    }

    /// The change as a part of the total of the base.
    pub fn change_of_total(&self) -> f64 {
        if self.base_share > 0.0 && self.base > 0.0 {
            return (self.new - self.base) / self.base * self.base_share;
        }
        self.new_share
    }
}

/// What test and interval mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// More time.
    Slower,
    /// Less time.
    Faster,
    /// More of something else.
    More,
    /// Less of something else.
    Less,
    /// The whole interval is within the margin.
    Same,
    /// None of these can be said.
    Undecided,
}

impl Verdict {
    /// That there is more.
    pub(crate) fn increased(words: Words) -> Verdict {
        if words == Words::Time { Verdict::Slower } else { Verdict::More }
    }

    /// That there is less.
    pub(crate) fn decreased(words: Words) -> Verdict {
        if words == Words::Time { Verdict::Faster } else { Verdict::Less }
    }

    /// Whether there is a difference.
    pub fn is_change(self) -> bool {
        self.is_increase() || matches!(self, Verdict::Faster | Verdict::Less)
    }

    /// Whether there is more.
    pub fn is_increase(self) -> bool {
        matches!(self, Verdict::Slower | Verdict::More)
    }

    /// The word for it, as JSON has it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Slower => "slower",
            Verdict::Faster => "faster",
            Verdict::More => "more",
            Verdict::Less => "less",
            Verdict::Same => "same",
            Verdict::Undecided => "undecided",
        }
    }
}

/// A way from the root to a function.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallPath {
    /// The function first, then its caller, and so on.
    pub functions: Vec<String>,
    /// Whether there are further callers.
    pub cut: bool,
    /// What comes this way in a mean run of the base, in the sample unit.
    pub base: f64,
    /// The same in a new run.
    pub new: f64,
}

/// A function that seems to be called otherwise now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rename {
    /// Its name in the base.
    pub from: String,
    /// Its name in the new runs.
    pub to: String,
}

/// What a rule of the gate says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleOutcome {
    /// The rule as it was typed.
    pub expr: String,
    /// Whether it fired.
    pub fired: bool,
    /// Whether more runs could make it fire.
    pub undecided: bool,
    /// The functions that it fired for.
    pub by: Vec<String>,
}

/// Something that a reader ought to know about the runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Notice {
    /// Which kind it is.
    pub code: NoticeCode,
    /// What it says, in a line.
    pub text: String,
}

impl Notice {
    /// Whether it is about the runs themselves, however they are divided into sides.
    pub(crate) fn is_of_runs(&self) -> bool {
        matches!(
            self.code,
            NoticeCode::Periods | NoticeCode::Outlier | NoticeCode::UnknownNoise | NoticeCode::InUse
        )
    }
}

/// The kinds of notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeCode {
    /// Noise between runs was assumed, not measured.
    AssumedNoise,
    /// Few runs a side.
    FewRuns,
    /// One side was recorded before the other.
    TwoBlocks,
    /// Sampling periods differ.
    Periods,
    /// Durations differ.
    Durations,
    /// A run differs from its side.
    Outlier,
    /// Too much changed to measure runs by what did not.
    Anchor,
    /// The sampling noise of such values is not known.
    UnknownNoise,
    /// What is in use depends on collections.
    InUse,
    /// Sides have little in common.
    LittleInCommon,
    /// A function seems to have another name now.
    Renamed,
}

impl Comparison {
    /// The rows that differ, clearest first.
    pub fn flagged(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.is_flagged())
    }

    /// The rows of which nothing can be said, without the rest.
    pub fn undecided(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.verdict == Verdict::Undecided && !row.is_rest)
    }

    /// The rows that are the same within the margin, without the rest.
    pub fn same(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.verdict == Verdict::Same && !row.is_rest)
    }

    /// Whether a rule fired.
    pub fn fired(&self) -> bool {
        self.rules.iter().any(|rule| rule.fired)
    }

    /// The facts of the runs of one side.
    pub fn side(&self, side: Side) -> &[RunFacts] {
        match side {
            Side::Base => &self.runs.base,
            Side::New => &self.runs.new,
        }
    }
}
