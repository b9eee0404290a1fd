//! Rules of a gate: when a comparison is to fail a build.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::comparison::Total;
use crate::multiplicity::false_discovery_rates;
use crate::score::{Exposure, Score, one_sided};

/// When a comparison fails.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    kind: RuleKind,
    /// The relative increase beyond which it fires.
    over: f64,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RuleKind {
    /// A function increased, and the estimate is beyond.
    Function,
    /// A function increased, and all of it is surely beyond.
    Surely,
    /// The total increased, and the estimate is beyond.
    Total,
}

/// Why a text is no rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is no rule; a rule is '>5%', 'surely>5%' or 'total>3%'")]
pub struct BadRule(String);

impl FromStr for Rule {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Rule, BadRule> {
        let bad = || BadRule(text.to_owned());
        let compact: String = text.chars().filter(|character| !character.is_whitespace()).collect();
        let (word, limit) = compact.split_once('>').ok_or_else(bad)?;
        let kind = match word {
            "" => RuleKind::Function,
            "surely" => RuleKind::Surely,
            "total" => RuleKind::Total,
            _ => return Err(bad()),
        };
        let percent: f64 = limit.strip_suffix('%').ok_or_else(bad)?.parse().map_err(|_| bad())?;
        if !percent.is_finite() || percent < 0.0 {
            return Err(bad());
        }
        Ok(Rule { kind, over: percent / 100.0, text: compact })
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What a rule found: rows by number, and whether more runs could change its mind.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) fired: bool,
    pub(crate) undecided: bool,
    pub(crate) rows: Vec<usize>,
}

impl Finding {
    /// Nothing can be said.
    const UNDECIDED: Finding = Finding { fired: false, undecided: true, rows: Vec::new() };
}

/// What rules look at.
pub(crate) struct Evidence<'a> {
    pub(crate) scores: &'a [Score],
    pub(crate) rates: &'a [f64],
    /// Counts of all runs together, base and new, by row.
    pub(crate) pooled: &'a [(f64, f64)],
    pub(crate) exposure: Exposure,
    /// The change of each row as a part of the base's total.
    pub(crate) changes: &'a [f64],
    /// The part of the base's total that each row has.
    pub(crate) base_shares: &'a [f64],
    pub(crate) alpha: f64,
    pub(crate) at_least: f64,
    /// Whether rows can be judged at all.
    pub(crate) is_measurable: bool,
    pub(crate) total: &'a Total,
    /// Whether a change of the total may be the machine's.
    pub(crate) total_may_be_machine: bool,
}

impl Rule {
    pub(crate) fn judge(&self, evidence: &Evidence<'_>) -> Finding {
        match self.kind {
            RuleKind::Function | RuleKind::Surely if !evidence.is_measurable => Finding::UNDECIDED,
            RuleKind::Function => self.judge_rows(evidence, |row| {
                evidence.rates[row] <= evidence.alpha && evidence.scores[row].ratio > 1.0 + self.over
            }),
            RuleKind::Surely => {
                let ratio = 1.0 + self.over;
                let p: Vec<f64> = (0..evidence.scores.len())
                    .map(|row| {
                        one_sided(&evidence.scores[row], evidence.pooled[row], evidence.exposure, ratio)
                    })
                    .collect();
                let rates = false_discovery_rates(&p);
                self.judge_rows(evidence, |row| rates[row] <= evidence.alpha)
            }
            RuleKind::Total => self.judge_total(evidence),
        }
    }

    fn judge_rows(&self, evidence: &Evidence<'_>, exceeds: impl Fn(usize) -> bool) -> Finding {
        let matters = |row: usize| evidence.changes[row] >= evidence.at_least;
        let rows: Vec<usize> =
            (0..evidence.scores.len()).filter(|&row| exceeds(row) && matters(row)).collect();
        let could_exceed = |row: usize| {
            let high = evidence.scores[row].high;
            high > 1.0 + self.over && evidence.base_shares[row] * (high - 1.0) >= evidence.at_least
        };
        let undecided = rows.is_empty() && (0..evidence.scores.len()).any(could_exceed);
        Finding { fired: !rows.is_empty(), undecided, rows }
    }

    fn judge_total(&self, evidence: &Evidence<'_>) -> Finding {
        let total = evidence.total;
        let Some(low) = total.low.filter(|_| !evidence.total_may_be_machine) else {
            return Finding::UNDECIDED;
        };
        let fired = low > 1.0 && total.ratio > 1.0 + self.over;
        let undecided = !fired && total.high.is_none_or(|high| high > 1.0 + self.over);
        Finding { fired, undecided, rows: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_and_anything_else_is_refused() {
        for text in [">5%", "surely>5%", "total>3%", ">0.5%"] {
            assert_eq!(text.parse::<Rule>().expect(text).to_string(), text);
        }
        assert_eq!("total > 3 %".parse::<Rule>().expect("blanks are allowed").to_string(), "total>3%");
        for text in ["", "5%", ">5", ">-5%", "likely>5%", ">nan%", ">inf%", "<5%"] {
            assert!(text.parse::<Rule>().is_err(), "{text}");
        }
    }
}
