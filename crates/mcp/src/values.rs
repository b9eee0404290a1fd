//! Values with their units, and shares.

use hotlist_analyze::View;
use hotlist_profile::unit::{Conversion, scale};

/// Writes the values of one sample type.
#[derive(Debug)]
pub(crate) struct Values {
    unit: String,
    conversion: Conversion,
    /// What stands behind a value whose unit says nothing, such as `count`.
    kind: String,
    /// What percentages refer to.
    total: i64,
}

impl Values {
    pub(crate) fn of(view: &View<'_>) -> Values {
        let profile = view.profile();
        let sample_type = profile.sample_types[view.value().column];
        let kind = crate::quote::shown(&profile.lossy(sample_type.kind), 40);
        Values::new(&profile.lossy(sample_type.unit), kind, view.total())
    }

    pub(crate) fn new(unit: &str, kind: String, total: i64) -> Values {
        let unit = crate::quote::shown(unit, 40);
        Values { conversion: Conversion::new(&unit, "auto"), unit, kind, total }
    }

    /// The unit of the profile's numbers.
    pub(crate) fn unit(&self) -> &str {
        &self.unit
    }

    /// A value with its unit, the largest one in which it is at least one: `1.25s`, `640kB`, `17 samples`.
    pub(crate) fn text(&self, value: i64) -> String {
        let mut text = self.conversion.label(value);
        if !text.ends_with(|last: char| last.is_ascii_digit()) {
            return text;
        }
        let unit = match scale(value, &self.unit, "auto").1 {
            unit if !unit.is_empty() => return text + &unit,
            _ if matches!(self.unit.as_str(), "" | "count") => &self.kind,
            _ => &self.unit,
        };
        text.push(' ');
        text.push_str(unit);
        text
    }

    /// The share of the total in percent, rounded to hundredths.
    pub(crate) fn percent(&self, value: i64) -> f64 {
        percent_of(value, self.total)
    }

    /// What percentages refer to.
    pub(crate) fn total(&self) -> i64 {
        self.total
    }
}

/// The share of `value` in `total` in percent, rounded to hundredths.
pub(crate) fn percent_of(value: i64, total: i64) -> f64 {
    if total == 0 { 0.0 } else { (value as f64 / total as f64 * 1e4).round() / 100.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_a_unit() {
        let check = |unit: &str, value: i64, expected: &str| {
            assert_eq!(Values::new(unit, "alloc_objects".to_owned(), 1).text(value), expected);
        };
        check("nanoseconds", 1_250_000_000, "1.25s");
        check("nanoseconds", 0, "0s");
        check("bytes", -655_360, "-640kB");
        check("bytes", 0, "0B");
        check("count", 17, "17 alloc_objects");
        check("count", 0, "0 alloc_objects");
        check("widgets", 3, "3 widgets");
        check("", 3, "3 alloc_objects");
    }

    #[test]
    fn shares_have_two_decimals() {
        assert_eq!((percent_of(1, 3), percent_of(-1, 4), percent_of(1, 0)), (33.33, -25.0, 0.0));
    }
}
