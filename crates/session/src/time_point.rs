//! A point in time as people write it: an offset from the start or the end of a profile, or a time on the clock.

use std::ffi::OsStr;

use hotlist_analyze::PointInTime;

use crate::option_value::{OptionValue, ValueType};

/// A point in time; none for the start or the end of everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimePoint(pub Option<PointInTime>);

/// Units of offsets in nanoseconds; the longer ones of those that begin alike come first.
const UNITS: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("ms", 1e6),
    ("min", 6e10),
    ("s", 1e9),
    ("m", 6e10),
    ("h", 3.6e12),
];

impl OptionValue for TimePoint {
    const TYPE: ValueType = ValueType::Text;
    const NAME: &'static str = "time";

    fn set(&mut self, text: &OsStr) -> Result<(), String> {
        let text = text.to_str().ok_or_else(|| format!("{text:?} is not UTF-8"))?.trim();
        self.0 = if text.is_empty() {
            None
        } else if let Some(nanos) = text.strip_prefix('-').and_then(offset) {
            Some(PointInTime::BeforeEnd(nanos))
        } else if let Some(nanos) = offset(text.strip_prefix('+').unwrap_or(text)) {
            Some(PointInTime::AfterStart(nanos))
        } else if let Some(nanos) = clock(text) {
            Some(PointInTime::Clock(nanos))
        } else {
            return Err(format!(
                "{text:?} is neither an offset such as 1.5s or -10s nor a time such as 2026-11-30T20:00:00Z"
            ));
        };
        Ok(())
    }

    fn get(&self) -> String {
        match self.0 {
            None => String::new(),
            Some(PointInTime::AfterStart(nanos)) => offset_text(nanos),
            Some(PointInTime::BeforeEnd(nanos)) => format!("-{}", offset_text(nanos)),
            Some(PointInTime::Clock(nanos)) => jiff::Timestamp::from_nanosecond(nanos.into())
                .map_or_else(|_| format!("{nanos}ns"), |time| time.to_string()),
        }
    }
}

/// A number of nanoseconds in the largest unit of which it is a whole number.
fn offset_text(nanos: i64) -> String {
    match nanos {
        nanos if nanos % 1_000_000_000 == 0 => format!("{}s", nanos / 1_000_000_000),
        nanos if nanos % 1_000_000 == 0 => format!("{}ms", nanos / 1_000_000),
        nanos if nanos % 1_000 == 0 => format!("{}us", nanos / 1_000),
        nanos => format!("{nanos}ns"),
    }
}

/// Nanoseconds in numbers with units, such as `2m30.5s`. A number alone is in seconds.
fn offset(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut nanos = 0.0;
    let mut exact = Some(0i64);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, behind) = rest.split_at(digits);
        let value: f64 = number.parse().ok()?;
        let (unit, behind) =
            match UNITS.iter().find_map(|(name, unit)| Some((unit, behind.strip_prefix(name)?))) {
                Some((unit, behind)) => (*unit, behind),
                None if behind.is_empty() && rest == text => (1e9, behind),
                None => return None,
            };
        nanos += value * unit;
        // Whole numbers stay what they are, however large.
        exact = exact.and_then(|sum| {
            let whole: i64 = number.parse().ok()?;
            sum.checked_add(whole.checked_mul(unit as i64)?)
        });
        rest = behind;
    }
    if text.is_empty() || !(0.0..9.2e18).contains(&nanos) {
        return None;
    }
    Some(exact.unwrap_or(nanos.round() as i64))
}

/// Nanoseconds since the Unix epoch of a time with a zone, or of one in UTC without.
fn clock(text: &str) -> Option<i64> {
    let time = match text.parse::<jiff::Timestamp>() {
        Ok(time) => time,
        Err(_) => jiff::tz::TimeZone::UTC.to_timestamp(text.parse().ok()?).ok()?,
    };
    i64::try_from(time.as_nanosecond()).ok()
}

#[test]
fn points_in_time_are_read_and_written() {
    let check = |text: &str, expected: Option<PointInTime>, written: &str| {
        let mut point = TimePoint::default();
        assert_eq!(point.set(OsStr::new(text)), Ok(()), "{text}");
        assert_eq!((point.0, point.get().as_str()), (expected, written), "{text}");
        let mut again = TimePoint::default();
        again.set(OsStr::new(written)).unwrap();
        assert_eq!(again, point);
    };
    let after = |nanos| Some(PointInTime::AfterStart(nanos));
    check("", None, "");
    check("1.5s", after(1_500_000_000), "1500ms");
    check("+3", after(3_000_000_000), "3s");
    check("2m30s", after(150_000_000_000), "150s");
    check("250µs", after(250_000), "250us");
    check("9007199254740993ns", after(9_007_199_254_740_993), "9007199254740993ns");
    check("-10ms", Some(PointInTime::BeforeEnd(10_000_000)), "-10ms");
    let clock = Some(PointInTime::Clock(1_796_068_800_000_000_000));
    check("2026-11-30T20:00:00Z", clock, "2026-11-30T20:00:00Z");
    check("2026-11-30T22:00:00+02:00", clock, "2026-11-30T20:00:00Z");
    check("2026-11-30 20:00:00", clock, "2026-11-30T20:00:00Z");
    for text in ["soon", "1.2.3s", "5 parsecs", "s", "1s2", "-", "2026-13-01T00:00:00Z"] {
        assert!(TimePoint::default().set(OsStr::new(text)).is_err(), "{text}");
    }
}
