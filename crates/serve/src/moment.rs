//! Times and durations as people write them in addresses, flags and configuration files.

use std::time::Duration;

const NANOS: f64 = 1e9;

/// Units of durations, in seconds; the longer ones of those that begin alike come first.
const UNITS: [(&str, f64); 8] = [
    ("ms", 0.001),
    ("s", 1.0),
    ("min", 60.0),
    ("m", 60.0),
    ("h", 3600.0),
    ("d", 86_400.0),
    ("w", 604_800.0),
    ("y", 31_536_000.0),
];

/// A duration as Prometheus writes it: `30d`, `1h30m`, `500ms`. A number alone is in seconds.
///
/// # Errors
/// In words, when it is none.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no duration such as 10s, 5m or 30d");
    if let Ok(number) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(number).map_err(|_| wrong());
    }
    let mut seconds = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let number: f64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let (unit, behind) =
            UNITS.iter().find_map(|(name, unit)| Some((unit, rest.strip_prefix(name)?))).ok_or_else(wrong)?;
        seconds += number * unit;
        rest = behind;
    }
    if text.is_empty() {
        return Err(wrong());
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

/// A point in time, in nanoseconds since 1970: `now`, `-1h`, `now-1h`, a time of RFC 3339, or a number of seconds,
/// milliseconds or nanoseconds since 1970, which are told apart by their size.
///
/// # Errors
/// In words, when it is none.
pub fn point(text: &str, now: i64) -> Result<i64, String> {
    let wrong =
        || format!("{text:?} is no time such as -1h, now, 2026-11-30T20:00:00Z or seconds since 1970");
    let ago = text.strip_prefix("now").unwrap_or(text);
    if ago.is_empty() && !text.is_empty() {
        return Ok(now);
    }
    if let Some(ago) = ago.strip_prefix('-') {
        let ago = duration(ago).map_err(|_| wrong())?;
        return Ok(now.saturating_sub(i64::try_from(ago.as_nanos()).unwrap_or(i64::MAX)));
    }
    if let Ok(number) = text.parse::<f64>() {
        // Seconds reach ten digits in 2001, milliseconds thirteen.
        let nanos = match number.abs() {
            size if size < 1e11 => number * NANOS,
            size if size < 1e14 => number * 1e6,
            size if size < 1e17 => number * 1e3,
            _ => number,
        };
        // A float has no room for all digits of nanoseconds.
        let exact = text.parse::<i64>().ok().filter(|_| number.abs() >= 1e17);
        return Ok(exact.unwrap_or(nanos as i64));
    }
    let time: jiff::Timestamp = text.parse().map_err(|_| wrong())?;
    i64::try_from(time.as_nanosecond()).map_err(|_| wrong())
}

/// Now, in nanoseconds since 1970.
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let check = |text: &str, millis: Option<u64>| {
            assert_eq!(duration(text).ok(), millis.map(Duration::from_millis), "{text}");
        };
        check("10s", Some(10_000));
        check("500ms", Some(500));
        check("1h30m", Some(5_400_000));
        check("30d", Some(30 * 86_400_000));
        check("2min", Some(120_000));
        check("1.5", Some(1500));
        for wrong in ["", "s", "10x", "-5s", "h1", "1e400", "1s5"] {
            check(wrong, None);
        }
    }

    #[test]
    fn points() {
        const NOW: i64 = 1_800_000_000_000_000_000;
        let check = |text: &str, seconds: Option<i64>| {
            assert_eq!(point(text, NOW).ok(), seconds.map(|seconds| seconds * 1_000_000_000), "{text}");
        };
        check("now", Some(1_800_000_000));
        check("-1h", Some(1_799_996_400));
        check("now-15m", Some(1_799_999_100));
        check("1700000000", Some(1_700_000_000));
        check("1700000000000", Some(1_700_000_000));
        check("1700000000000000000", Some(1_700_000_000));
        check("2023-11-14T22:13:20Z", Some(1_700_000_000));
        check("0", Some(0));
        for wrong in ["", "-", "yesterday", "1h", "now+1h", "2026-13-01"] {
            check(wrong, None);
        }
        assert_eq!(point("1700000000123456789", NOW), Ok(1_700_000_000_123_456_789));
    }
}
