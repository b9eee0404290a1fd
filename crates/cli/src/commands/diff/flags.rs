//! The flags of `hotlist diff` and what they mean.

use hotlist_report::compare::{Options, Rule, Unit};

use crate::args::{ArgsError, Arguments};
use crate::commands::OwnFlag;

const fn flag(name: &'static str, value_name: &'static str, help: &'static str) -> OwnFlag {
    OwnFlag { name, value_name, help }
}

/// Every flag that other commands do not have.
pub(super) const FLAGS: &[OwnFlag] = &[
    flag("base", "files", "Runs of the base: a file, a folder or a pattern; may be given several times"),
    flag("new", "files", "New runs, in the same way"),
    flag("fail-on", "rule", "Exit with 1 when this holds; may be given several times"),
    flag("fail-on-undecided", "", "Exit with 1 also when more runs could make a rule hold"),
    flag(
        "at-least",
        "share",
        "Changes below this share of the base's total matter to no rule (default 0.5%)",
    ),
    flag("alpha", "rate", "The part that may be chance of what is said to differ (default 0.05)"),
    flag("margin", "share", "What still counts as the same (default 3%)"),
    flag("unit", "unit", "What runs are measured by: anchored, run, op, second or share (default anchored)"),
    flag("ops", "numbers", "Operations of a base run and of a new one, for -unit op: 1000,1000"),
    flag("granularity", "place", "What counts as a row: functions, filefunctions, files, lines or addresses"),
    flag("rename", "names", "A function that has another name now: old=new; may be given several times"),
    flag("run-noise", "share", "Noise between runs to assume where there is one run a side (default 5%)"),
    flag("allow-single", "", "Let rules judge by fewer than 3 runs a side"),
    flag("blocked-ok", "", "Let rules judge the total although one side was recorded before the other"),
    flag("rows", "count", "The most rows of a kind to show (default 20)"),
    flag("markdown", "file", "Write the comparison as a comment of a code review; - for standard output"),
    flag("json", "file", "Write the comparison as JSON; - for standard output"),
    flag("tui", "", "Look at the comparison on the full screen of the terminal"),
    flag("self", "", "Take all runs as one set, and tell what comparisons of such runs could show"),
];

/// How sets are compared, as the flags say.
pub(super) fn compare_options(arguments: &Arguments) -> Result<Options, ArgsError> {
    let mut options = Options::default();
    let set = |field: &mut f64, given: Option<f64>| {
        if let Some(given) = given {
            *field = given;
        }
    };
    set(&mut options.at_least, arguments.value("at-least", share)?);
    set(&mut options.margin, arguments.value("margin", share)?);
    set(&mut options.run_noise, arguments.value("run-noise", share)?);
    set(&mut options.alpha, arguments.value("alpha", rate)?);
    options.unit = arguments.value("unit", unit)?.unwrap_or_default();
    options.operations = arguments.value("ops", operations)?;
    options.renames = arguments.all_values("rename", rename)?;
    options.rules =
        arguments.all_values("fail-on", |text| text.parse::<Rule>().map_err(|error| error.to_string()))?;
    options.fail_on_undecided = arguments.has("fail-on-undecided");
    options.allow_single = arguments.has("allow-single");
    options.blocked_ok = arguments.has("blocked-ok");
    if let Some(rows) = arguments.value("rows", rows)? {
        options.most_rows = rows;
    }
    if options.fail_on_undecided && options.rules.is_empty() {
        return Err(ArgsError::Needs { flag: "fail-on-undecided", needed: "fail-on" });
    }
    if options.unit == Unit::Op && options.operations.is_none() {
        return Err(ArgsError::Needs { flag: "unit op", needed: "ops" });
    }
    if options.operations.is_some() && options.unit != Unit::Op {
        return Err(ArgsError::Needs { flag: "ops", needed: "unit op" });
    }
    Ok(options)
}

/// A share below 1, such as `0.5%`.
fn share(text: &str) -> Result<f64, String> {
    let number = text.trim().strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    number
        .map(|percent| percent / 100.0)
        .filter(|share| (0.0..1.0).contains(share))
        .ok_or_else(|| format!("{text:?} is no share such as 0.5%"))
}

/// A rate between 0 and 1, such as `0.05` or `5%`.
fn rate(text: &str) -> Result<f64, String> {
    let rate = match text.trim().strip_suffix('%') {
        Some(_) => share(text).ok(),
        None => text.trim().parse::<f64>().ok(),
    };
    // From here on quantiles have no meaning left.
    rate.filter(|rate| (1e-6..=0.5).contains(rate))
        .ok_or_else(|| format!("{text:?} is no rate between 0.000001 and 0.5"))
}

fn unit(text: &str) -> Result<Unit, String> {
    match text {
        "anchored" => Ok(Unit::Anchored),
        "run" => Ok(Unit::Run),
        "op" => Ok(Unit::Op),
        "second" => Ok(Unit::Second),
        "share" => Ok(Unit::Share),
        _ => Err(format!("{text:?} is none of anchored, run, op, second, share")),
    }
}

fn operations(text: &str) -> Result<(f64, f64), String> {
    let number =
        |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite() && *number > 0.0);
    text.split_once(',')
        .and_then(|(base, new)| Some((number(base)?, number(new)?)))
        .ok_or_else(|| format!("{text:?} is not two numbers such as 1000,1000"))
}

fn rename(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((from, to)) if !from.is_empty() && !to.is_empty() => Ok((from.to_owned(), to.to_owned())),
        _ => Err(format!("{text:?} is not two names such as main.old=main.new")),
    }
}

fn rows(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{text:?} is no number of rows"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_rates_are_told_apart() {
        for (text, expected) in [("0.5%", 0.005), ("3 %", 0.03), ("0%", 0.0)] {
            assert!((share(text).unwrap() - expected).abs() < 1e-12, "{text}");
        }
        for text in ["0.5", "-1%", "100%", "nan%", "much", "%", ""] {
            assert!(share(text).is_err(), "{text}");
        }
        assert!((rate("5%").unwrap() - rate("0.05").unwrap()).abs() < 1e-12);
        for text in ["0", "1", "-0.1", "nan", "51%", ""] {
            assert!(rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn pairs_are_read() {
        assert_eq!(operations("10, 20"), Ok((10.0, 20.0)));
        assert_eq!(rename("a=b"), Ok(("a".to_owned(), "b".to_owned())));
        for text in ["10", "0,1", "1,inf", "a,b", ""] {
            assert!(operations(text).is_err(), "{text}");
        }
        for text in ["a", "=b", "a=", ""] {
            assert!(rename(text).is_err(), "{text}");
        }
    }
}
