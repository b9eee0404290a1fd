//! How comparisons are put into words: changes, intervals, shares, and sentences that claim no more than was found.

use hotlist_profile::unit;
use hotlist_report::compare::{
    Comparison, Notice, NoticeCode, Row, RuleOutcome, RunFacts, RunOrder, Total, Unit, Verdict, Words,
};

/// From here on ratios are told as factors.
const FACTOR: f64 = 10.0;

/// A ratio as a change in percent with its sign, such as `+59` or `-1.4`; a large one as a factor, such as `x13`.
pub fn percent(ratio: f64) -> String {
    if ratio > FACTOR {
        return format!("x{}", grouped(ratio));
    }
    let percent = (ratio - 1.0) * 100.0;
    // What rounds to ten has no decimals either.
    match percent.abs() < 9.95 {
        true => format!("{:+.1}", if percent.abs() < 0.05 { 0.0 } else { percent }),
        false => format!("{percent:+.0}"),
    }
}

/// The same with a percent sign, where it is no factor.
pub(crate) fn with_sign(ratio: f64) -> String {
    let text = percent(ratio);
    if text.starts_with('x') { text } else { format!("{text} %") }
}

/// How much a row changed: `+59 %`, `x13`, `new` or `gone`.
pub fn change(row: &Row) -> String {
    match row.ratio {
        None => "new".to_owned(),
        Some(_) if row.new == 0.0 => "gone".to_owned(),
        Some(ratio) => with_sign(ratio),
    }
}

/// The interval of a change: `[+28, +98]`.
pub fn interval(low: f64, high: Option<f64>) -> String {
    match high {
        Some(high) => format!("[{}, {}]", percent(low), percent(high)),
        None => format!("[{} or more]", with_sign(low)),
    }
}

/// The interval of a row.
pub fn row_interval(row: &Row) -> String {
    // Of something that was not there, no part can be told.
    if row.ratio.is_none() { String::new() } else { interval(row.low, row.high) }
}

/// The shares of a row on both sides: `3.8 -> 5.9 %`.
pub fn shares(row: &Row, arrow: &str) -> String {
    let text = |share: f64| match share * 100.0 {
        0.0 => "0".to_owned(),
        percent if percent < 0.995 => format!("{percent:.2}"),
        percent => format!("{percent:.1}"),
    };
    format!("{} {arrow} {} %", text(row.base_share), text(row.new_share))
}

/// A rate of false discoveries: `0.004`, `2e-10`.
pub fn rate(q: f64) -> String {
    // Rates that decide are told with three decimals.
    if q >= 0.0995 {
        format!("{q:.2}")
    } else if q >= 0.0005 {
        format!("{q:.3}")
    } else if q > 0.0 {
        format!("{q:.0e}")
    } else {
        "0".to_owned()
    }
}

/// A value in its unit: `1.62s`.
pub fn value(comparison: &Comparison, value: f64) -> String {
    // The only part of a label that is not ours.
    let from = comparison.sample_unit.replace(char::is_control, "\u{fffd}");
    if from == "count" { grouped(value) } else { unit::label(value.round() as i64, &from, "minimum") }
}

/// A number with a comma before each three digits: `4,039`.
pub fn grouped(number: f64) -> String {
    if number.abs() < 99.5 && number.fract() != 0.0 {
        return format!("{number:.1}");
    }
    let digits = format!("{:.0}", number.abs());
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0.0 {
        text.push('-');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A part as percent without needless decimals: `0.5 %`.
pub fn part(part: f64) -> String {
    // Six decimals of a percent are more than is ever asked for.
    let rounded = format!("{:.6}", part * 100.0);
    format!("{} %", rounded.trim_end_matches('0').trim_end_matches('.'))
}

/// `1 row`, `2 rows`.
pub fn counted(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number as f64), if number == 1 { "" } else { "s" })
}

/// What was compared, how many runs there were and how they lie in time, and what is assumed where there are few.
pub fn headline(comparison: &Comparison) -> String {
    let Comparison { runs, sample_type, words, unit, sample_unit, .. } = comparison;
    let order = match comparison.order {
        RunOrder::Interleaved => "interleaved",
        RunOrder::Blocked => "one side after the other",
        RunOrder::Unknown => "order unknown",
    };
    let samples = if comparison.notices.iter().any(|notice| notice.code == NoticeCode::UnknownNoise) {
        String::new()
    } else {
        let of = |runs: &[RunFacts]| -> f64 { runs.iter().map(|run| run.samples).sum() };
        format!(", {} and {} samples", grouped(of(&runs.base).round()), grouped(of(&runs.new).round()))
    };
    let what = match words {
        Words::Time => "self time",
        Words::Amount if sample_unit == "bytes" => "self bytes",
        Words::Amount => "self counts",
    };
    let unit = match unit {
        Unit::Anchored => "beside what did not change",
        Unit::Run => "of a run",
        Unit::Op => "of an operation",
        Unit::Second => "of a second",
        Unit::Share => "as a share of the total",
    };
    let mut line = format!(
        "{}, {}, {order}; {sample_type}{samples}; {what} {unit}",
        counted(runs.base.len(), "base run"),
        counted(runs.new.len(), "new run"),
    );
    for notice in comparison.notices.iter().filter(|notice| is_assumption(notice)) {
        line.push_str("; ");
        line.push_str(&notice.text);
    }
    line
}

/// Whether a notice is told in the first line, since all else depends on it.
pub fn is_assumption(notice: &Notice) -> bool {
    matches!(notice.code, NoticeCode::AssumedNoise | NoticeCode::FewRuns)
}

/// The total of both sides: `1.62s -> 1.64s a run`.
pub fn totals(comparison: &Comparison, arrow: &str) -> String {
    let Total { base, new, .. } = comparison.total;
    let per = if comparison.unit == Unit::Op { "an operation" } else { "a run" };
    format!("{} {arrow} {} {per}", value(comparison, base), value(comparison, new))
}

/// How the total changed, with its interval: `+1.3 % [-1.4, +4.1]`.
pub fn total_change(total: &Total) -> String {
    let change = with_sign(total.ratio);
    match total.low {
        Some(low) => format!("{change} {}", interval(low, total.high)),
        None => change,
    }
}

/// What can be said of the total. Never that nothing changed.
pub fn total_claim(comparison: &Comparison) -> String {
    let total = &comparison.total;
    match total.verdict {
        Verdict::Undecided => {
            let Some(low) = total.low else { return "not judged with one run a side".to_owned() };
            if comparison.notices.iter().any(|notice| notice.code == NoticeCode::TwoBlocks)
                && !(low <= 1.0 && total.high.is_none_or(|high| high >= 1.0))
            {
                return "may be the machine's: recorded in two blocks".to_owned();
            }
            let most = match total.high {
                Some(high) if high > 1.0 => with_sign(high),
                Some(_) => with_sign(low),
                None => "any increase".to_owned(),
            };
            format!("no evidence of a change; {most} cannot be ruled out")
        }
        Verdict::Same => format!("no change larger than {}", part(comparison.margin)),
        change => change.name().to_owned(),
    }
}

/// A rule as a reader sees it: `>5 % and at least 0.5 % of the program`.
pub fn rule(comparison: &Comparison, rule: &RuleOutcome) -> String {
    let text = rule.expr.replace('>', " >").replace('%', " %");
    let text = text.trim();
    if text.starts_with("total") {
        return text.to_owned();
    }
    format!("{text} and at least {} of the program", part(comparison.at_least))
}

/// What a rule led to.
pub fn outcome(comparison: &Comparison, rule: &RuleOutcome) -> &'static str {
    match () {
        () if rule.fired => "Failed",
        // Then it was asked for.
        () if rule.undecided && comparison.exit != 0 && !comparison.fired() => "Failed as undecided",
        () if rule.undecided => "Passed, but more runs could show more",
        () => "Passed",
    }
}

/// How many rows are not among those that differ, and what could have been seen in them.
pub fn others(comparison: &Comparison) -> Vec<String> {
    let undecided: Vec<&Row> =
        comparison.rows.iter().filter(|row| row.verdict == Verdict::Undecided).collect();
    let same = comparison.rows.iter().filter(|row| row.verdict == Verdict::Same).count();
    let flagged = comparison.flagged().count();
    let other = if flagged > 0 { "other row" } else { "row" };
    let mut lines = Vec::new();
    if flagged == 0 {
        lines.push("No evidence of a change in any function.".to_owned());
    }
    if same > 0 {
        let within = part(comparison.margin);
        lines.push(format!("{}: no change larger than {within}.", counted(same, other)));
    }
    if let Some(least) = undecided.iter().map(|row| row.detectable).min_by(f64::total_cmp) {
        lines.push(format!(
            "{} undecided; the smallest change that could be seen in any is {}.",
            counted(undecided.len(), other),
            detectable(least),
        ));
    }
    lines
}

/// The smallest change that could be seen: `17 %`.
pub fn detectable(change: f64) -> String {
    match change * 100.0 {
        percent if percent < 9.95 => format!("{percent:.1} %"),
        percent if percent < 1000.0 => format!("{percent:.0} %"),
        _ => format!("x{}", grouped((change + 1.0).round())),
    }
}

#[test]
fn numbers_read_well() {
    for (ratio, expected) in [
        (1.594, "+59"),
        (0.986, "-1.4"),
        (1.0, "+0.0"),
        (0.9999, "+0.0"),
        (0.0, "-100"),
        (13.2, "x13.2"),
        (1310.4, "x1,310"),
    ] {
        assert_eq!(percent(ratio), expected);
    }
    for (q, expected) in [(0.0044, "0.004"), (0.2, "0.20"), (2.4e-10, "2e-10"), (0.0, "0")] {
        assert_eq!(rate(q), expected);
    }
    assert_eq!(interval(1.28, Some(1.98)), "[+28, +98]");
    assert_eq!(interval(1.28, None), "[+28 % or more]");
    assert_eq!([0.005, 0.03, 0.05].map(part), ["0.5 %", "3 %", "5 %"]);
    assert_eq!([4039.0, 12.0, 1_234_567.0, 999.0].map(grouped), ["4,039", "12", "1,234,567", "999"]);
    assert_eq!([0.171, 0.0312, 12.0].map(detectable), ["17 %", "3.1 %", "x13"]);
}
