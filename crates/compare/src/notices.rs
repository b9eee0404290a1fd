//! What a reader ought to know about the runs.

use crate::comparison::{Notice, NoticeCode, RunFacts, RunOrder, Runs};
use crate::effective::Sampling;
use crate::numbers::median;
use crate::study::FEWEST_RUNS;

/// Sides that share less than this may be of two programs.
const LITTLE_IN_COMMON: f64 = 0.5;
/// Durations that differ by this factor are told.
const LONGER: f64 = 1.25;

/// What notices are about, beside the runs.
pub(crate) struct Circumstances {
    pub(crate) order: RunOrder,
    pub(crate) sampling: Sampling,
    /// Whether more rows changed than a ruler can do without.
    pub(crate) exhausted: bool,
    /// The part of a side that is in functions of the other, of the side where it is less.
    pub(crate) in_common: f64,
    /// Whether values are what was in use when a profile was taken.
    pub(crate) in_use: bool,
    /// The noise between runs that is assumed where it cannot be measured.
    pub(crate) run_noise: f64,
}

pub(crate) fn notices(runs: &Runs, circumstances: &Circumstances) -> Vec<Notice> {
    let &Circumstances { order, sampling, exhausted, in_common, in_use, run_noise } = circumstances;
    let mut notices = Vec::new();
    let mut say = |code, text: String| notices.push(Notice { code, text });
    let (base, new) = (runs.base.len(), runs.new.len());
    if base + new == 2 {
        say(
            NoticeCode::AssumedNoise,
            format!(
                "one run a side: a noise of {} % between runs is assumed, not measured",
                run_noise * 100.0
            ),
        );
    } else if base.min(new) < FEWEST_RUNS {
        say(
            NoticeCode::FewRuns,
            format!(
                "{base} and {new} runs: the noise between runs is known badly; take {FEWEST_RUNS} a side or more"
            ),
        );
    }
    if order == RunOrder::Blocked && base + new > 2 {
        say(
            NoticeCode::TwoBlocks,
            "recorded in two blocks: a change of the total may be the machine's".to_owned(),
        );
    }
    let all = || runs.base.iter().chain(&runs.new);
    let periods: Vec<i64> = all().map(|run| run.period).collect();
    if periods.windows(2).any(|pair| pair[0] != pair[1]) {
        say(NoticeCode::Periods, "sampling periods differ between runs".to_owned());
    }
    if let (Some(base), Some(new)) = (middle_duration(&runs.base), middle_duration(&runs.new))
        && (new / base).max(base / new) > LONGER
    {
        say(
            NoticeCode::Durations,
            format!("runs last {:.3} s in the base and {:.3} s now", base / 1e9, new / 1e9),
        );
    }
    for run in all().filter(|run| run.outlier) {
        say(
            NoticeCode::Outlier,
            format!("{} differs from the other runs of its side in most functions", run.file),
        );
    }
    if exhausted {
        say(
            NoticeCode::Anchor,
            "too much has changed to measure runs by what did not; compare with -unit run or share"
                .to_owned(),
        );
    }
    if in_common < LITTLE_IN_COMMON {
        say(
            NoticeCode::LittleInCommon,
            format!(
                "only {:.0} % of one side is in functions that both sides have: are these runs of one program?",
                in_common * 100.0
            ),
        );
    }
    if in_use {
        say(
            NoticeCode::InUse,
            "what is in use depends on when memory was last collected; allocations (alloc_space) vary less"
                .to_owned(),
        );
    }
    if sampling == Sampling::Unknown {
        say(
            NoticeCode::UnknownNoise,
            match base.min(new) < FEWEST_RUNS {
                true => "the noise of such values is known from several runs alone: these are estimates"
                    .to_owned(),
                false => "the noise of such values is measured between runs alone".to_owned(),
            },
        );
    }
    notices
}

fn middle_duration(runs: &[RunFacts]) -> Option<f64> {
    runs.iter()
        .map(|run| run.duration.map(|duration| duration as f64))
        .collect::<Option<Vec<_>>>()
        .map(median)
}
