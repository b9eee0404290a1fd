//! Units of measurement: conversion, the choice of a readable unit, and the text of a value.
//!
//! The families, factors and roundings are those of pprof, whose output they must equal: sizes in
//! powers of 1024, times in decimal steps up to hours, and Google compute units.

use std::borrow::Cow;
use std::fmt::Write;

/// A unit of a family.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Unit {
    /// The text after a value.
    name: &'static str,
    /// Lower-case names by which profiles and people call it, without a plural `s`.
    aliases: &'static [&'static str],
    /// How many base units it has.
    factor: f64,
}

/// Units that convert into each other, in growing order.
#[derive(Debug)]
struct Family {
    units: &'static [Unit],
    /// What a value is shown in when no unit of the family is small enough or asked for.
    default: Unit,
}

const fn unit(name: &'static str, aliases: &'static [&'static str], factor: f64) -> Unit {
    Unit { name, aliases, factor }
}

const FAMILIES: [Family; 3] = [
    Family {
        units: &[
            unit("B", &["b", "byte"], 1.0),
            unit("kB", &["kb", "kbyte", "kilobyte"], 1024.0),
            unit("MB", &["mb", "mbyte", "megabyte"], 1048576.0),
            unit("GB", &["gb", "gbyte", "gigabyte"], 1073741824.0),
            unit("TB", &["tb", "tbyte", "terabyte"], 1099511627776.0),
            unit("PB", &["pb", "pbyte", "petabyte"], 1125899906842624.0),
        ],
        default: unit("B", &[], 1.0),
    },
    Family {
        units: &[
            unit("ns", &["ns", "nanosecond"], 1.0),
            unit("us", &["μs", "us", "microsecond"], 1e3),
            unit("ms", &["ms", "millisecond"], 1e6),
            unit("s", &["s", "sec", "second"], 1e9),
            unit("hrs", &["hour", "hr"], 3600e9),
        ],
        default: unit("s", &[], 1e9),
    },
    Family {
        units: &[
            unit("n*GCU", &["nanogcu"], 1e-9),
            unit("u*GCU", &["microgcu"], 1e-6),
            unit("m*GCU", &["milligcu"], 1e-3),
            unit("GCU", &["gcu"], 1.0),
            unit("k*GCU", &["kilogcu"], 1e3),
            unit("M*GCU", &["megagcu"], 1e6),
            unit("G*GCU", &["gigagcu"], 1e9),
            unit("T*GCU", &["teragcu"], 1e12),
            unit("P*GCU", &["petagcu"], 1e15),
        ],
        default: unit("GCU", &[], 1.0),
    },
];

impl Family {
    fn find(&self, name: &str) -> Option<&'static Unit> {
        let mut name = Cow::Borrowed(name);
        if name.chars().any(|c| c.is_uppercase()) {
            name = Cow::Owned(name.to_lowercase());
        }
        let singular = if name.len() > 2 { name.strip_suffix('s').unwrap_or(&name) } else { &name };
        self.units.iter().find(|unit| unit.aliases.contains(&singular))
    }

    /// The largest unit of which `base` units make at least one.
    fn readable(&self, base: f64) -> &Unit {
        self.units.iter().rev().find(|unit| base / unit.factor >= 1.0).unwrap_or(&self.default)
    }
}

fn family_of(name: &str) -> Option<(&'static Family, &'static Unit)> {
    FAMILIES.iter().find_map(|family| Some((family, family.find(name)?)))
}

/// A conversion of values from one unit into another, for many values.
#[derive(Debug, Clone)]
pub struct Conversion {
    from: Option<(&'static Family, &'static Unit)>,
    to: Target,
}

#[derive(Debug, Clone)]
enum Target {
    /// For each value the unit in which it reads well.
    Readable(&'static Family),
    Unit(&'static Unit),
    /// Values stay as they are, with this text after them.
    Said(String),
}

impl Conversion {
    /// From the unit `from` into the unit `to`, which may be `minimum` or `auto` for a unit in which each value
    /// reads well. A unit that does not belong to the family of `from` gives the family's default. Where `from`
    /// is no known unit values stay as they are; the unit text is then `to`, or empty when `to` says nothing
    /// (`count`, `auto` …).
    pub fn new(from: &str, to: &str) -> Conversion {
        let from = family_of(from);
        let to = match from {
            Some((family, _)) if is_automatic(to) => Target::Readable(family),
            Some((family, _)) => Target::Unit(family.find(to).unwrap_or(&family.default)),
            None if is_automatic(to) || matches!(to, "count" | "sample" | "unit") => {
                Target::Said(String::new())
            }
            None => Target::Said(to.to_owned()),
        };
        Conversion { from, to }
    }

    /// `value` in the other unit, and the text of that unit.
    pub fn scale(&self, value: i64) -> (f64, &str) {
        if value < 0 && value != i64::MIN {
            let (scaled, unit) = self.scale(-value);
            return (-scaled, unit);
        }
        let base = value as f64 * self.from.map_or(1.0, |(_, unit)| unit.factor);
        let unit = match &self.to {
            Target::Readable(family) => family.readable(base),
            Target::Unit(unit) => unit,
            Target::Said(unit) => return (base, unit),
        };
        (base / unit.factor, unit.name)
    }

    /// The text of a value with its unit: at most two decimals, none when they are zero.
    pub fn label(&self, value: i64) -> String {
        let (scaled, unit) = self.scale(value);
        let mut text = String::with_capacity(24);
        push_two_decimals(&mut text, scaled);
        if text.ends_with(".00") {
            text.truncate(text.len() - 3);
        }
        if text == "0" || text == "-0" {
            return "0".to_owned();
        }
        text.push_str(unit);
        text
    }
}

/// Converts one value, as a [`Conversion`] does, and returns it with the text of its unit.
pub fn scale(value: i64, from: &str, to: &str) -> (f64, String) {
    let conversion = Conversion::new(from, to);
    let (scaled, unit) = conversion.scale(value);
    (scaled, unit.to_owned())
}

fn is_automatic(unit: &str) -> bool {
    matches!(unit, "minimum" | "auto")
}

/// Whether values in one unit can be turned into the other: equal names or the same family.
pub fn convertible(one: &str, other: &str) -> bool {
    one == other || FAMILIES.iter().any(|family| family.find(one).is_some() && family.find(other).is_some())
}

/// The text of one value with its unit, as a [`Conversion`] gives it.
///
/// ```
/// use hotlist_profile::unit::label;
/// assert_eq!(label(6_606_028, "bytes", "minimum"), "6.30MB");
/// assert_eq!(label(10, "count", "minimum"), "10");
/// ```
pub fn label(value: i64, from: &str, to: &str) -> String {
    Conversion::new(from, to).label(value)
}

/// The share of `value` in `total` as pprof writes it: six characters wide, at least two digits, `100%`
/// where it rounds to that, `0%` for a total of zero, and no sign.
pub fn percentage(value: i64, total: i64) -> String {
    let ratio = if total == 0 { 0.0 } else { (value as f64 / total as f64).abs() * 100.0 };
    let mut text = String::with_capacity(16);
    if (99.95..=100.05).contains(&ratio) {
        text.push_str("100");
    } else if ratio >= 1.0 {
        push_two_decimals(&mut text, ratio);
    } else {
        push_two_digits(&mut text, ratio);
    }
    const PADDING: &str = "     ";
    text.insert_str(0, &PADDING[text.len().min(PADDING.len())..]);
    text.push('%');
    text
}

/// Adds `value` with two decimals, as `{:.2}` writes it.
///
/// Tables have thousands of these, and the exact way is needed only where rounding is a close call.
fn push_two_decimals(text: &mut String, value: f64) {
    let hundredths = value.abs() * 100.0;
    let whole = hundredths.trunc();
    // The product is off by less than a millionth below this size.
    if hundredths < 1e9 && (hundredths - whole - 0.5).abs() > 1e-6 {
        let rounded = whole as u32 + u32::from(hundredths - whole > 0.5);
        if value.is_sign_negative() {
            text.push('-');
        }
        let (whole, decimals) = (rounded / 100, rounded % 100);
        let first = (0..8).find(|&place| whole < 10u32.pow(place + 1)).unwrap_or(8);
        let digits = (0..=first).rev().map(|place| whole / 10u32.pow(place) % 10);
        text.extend(digits.map(digit).chain(['.', digit(decimals / 10), digit(decimals % 10)]));
    } else {
        // Writing to a string does not fail.
        let _ = write!(text, "{value:.2}");
    }
}

fn digit(value: u32) -> char {
    char::from(b'0' + value as u8)
}

/// Adds a number below one (or rounding to it) with two significant digits, as C's `%.2g` writes it.
fn push_two_digits(text: &mut String, ratio: f64) {
    if ratio == 0.0 {
        text.push('0');
    } else if push_frequent_two_digits(text, ratio).is_none() {
        text.push_str(&exact_two_digits(ratio));
    }
}

/// As [`push_two_digits`] from 0.001 to below one, but for close calls of rounding, where nothing is added.
fn push_frequent_two_digits(text: &mut String, ratio: f64) -> Option<()> {
    let (zeros, digits) = match ratio {
        0.1..1.0 => ("0.", ratio * 100.0),
        0.01..0.1 => ("0.0", ratio * 1_000.0),
        0.001..0.01 => ("0.00", ratio * 10_000.0),
        _ => return None,
    };
    let whole = digits.trunc();
    let rounded = whole as u32 + u32::from(digits - whole > 0.5);
    // A hundred belongs into the row above.
    if (digits - whole - 0.5).abs() < 1e-6 || rounded >= 100 {
        return None;
    }
    text.push_str(zeros);
    text.push(digit(rounded / 10));
    if !rounded.is_multiple_of(10) {
        text.push(digit(rounded % 10));
    }
    Some(())
}

fn exact_two_digits(ratio: f64) -> String {
    let scientific = format!("{ratio:.1e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text.to_owned()
        }
    };
    if exponent < -4 {
        format!("{}e-{:02}", trimmed(digits), -exponent)
    } else {
        trimmed(&format!("{ratio:.*}", (1 - exponent).max(0) as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: i64, from: &str, to: &str, expected: &str) {
        assert_eq!(label(value, from, to), expected, "{value} {from} as {to}");
    }

    #[test]
    fn labels() {
        check(0, "nanoseconds", "auto", "0");
        check(1, "s", "ms", "1000ms");
        check(1536, "kb", "auto", "1.50MB");
        check(-2048, "bytes", "minimum", "-2kB");
        check(i64::MIN, "count", "count", "-9223372036854775808");
        check(90, "Seconds", "auto", "90s");
        check(4, "hours", "auto", "4hrs");
        check(1, "ns", "fortnight", "0");
        check(5, "widgets", "widgets", "5widgets");
        check(5, "widgets", "minimum", "5");
        check(7, "microGCU", "auto", "7u*GCU");
    }

    fn two_decimals(value: f64) -> String {
        let mut text = String::new();
        push_two_decimals(&mut text, value);
        text
    }

    fn two_digits(ratio: f64) -> String {
        let mut text = String::new();
        push_two_digits(&mut text, ratio);
        text
    }

    #[test]
    fn two_decimals_are_the_exact_ones() {
        let mut bits = 1u64;
        for _ in 0..100_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // All sizes up to some billions, and many that end in a five.
            let any = f64::from((bits >> 40) as u32) * 2f64.powi((bits >> 8 & 31) as i32 - 24);
            for value in [any, -any, (any * 200.0).round() / 200.0, (any * 8.0).round() / 8.0] {
                assert_eq!(two_decimals(value), format!("{value:.2}"));
            }
        }
        for value in [0.0, -0.0, 0.005, 0.015, 1e300, f64::INFINITY, f64::NAN, 9_999_999.995] {
            assert_eq!(two_decimals(value), format!("{value:.2}"));
        }
    }

    #[test]
    fn two_digits_are_the_exact_ones() {
        for step in 1..200_000u32 {
            let ratio = f64::from(step) / 200_000.0;
            for ratio in [ratio, ratio.next_up(), ratio.next_down(), ratio * ratio, ratio / 3.0] {
                assert_eq!(two_digits(ratio), exact_two_digits(ratio), "{ratio}");
            }
        }
    }

    #[test]
    fn percentages() {
        for (value, total, expected) in [
            (1, 3, "33.33%"),
            (0, 0, "    0%"),
            (5, 0, "    0%"),
            (9_996, 10_000, "  100%"),
            (-1, 2, "50.00%"),
            (300, 100, "  300%"),
            (1, 1000, "  0.1%"),
            (12, 100_000, "0.012%"),
            (1, 1_000_000_000, "1e-07%"),
            (999, 100_000, "    1%"),
        ] {
            let expected = if value == 300 { "300.00%" } else { expected };
            assert_eq!(percentage(value, total), expected);
        }
    }
}
