//! Decoding whole files of JSON.

use serde::Deserialize;

use crate::error::{Malformed, Position};

/// Decodes `data`, whose values may be nested 128 deep at most.
pub(crate) fn decode<'d, T: Deserialize<'d>>(data: &'d [u8]) -> Result<T, Malformed> {
    let data = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data);
    serde_json::from_slice(data).map_err(|error| malformed(&error))
}

/// What the library says about a file, with the place apart.
fn malformed(error: &serde_json::Error) -> Malformed {
    let (line, column) = (error.line() as u64, error.column() as u64);
    let text = error.to_string();
    let reason = text.rsplit_once(" at line ").map_or(&*text, |(reason, _)| reason);
    let reason: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    Malformed::new(Position::Column { line, column }, reason)
}

/// The nearest integer; `None` where it does not fit in 64 bits. The largest that do are themselves only near their
/// numbers in JSON, which have 53 bits.
pub(crate) fn integer(number: f64) -> Option<i64> {
    const BOUND: f64 = (1u64 << 63) as f64;
    (number.abs() <= BOUND).then(|| number.round() as i64)
}

/// Something is wrong with what a file of JSON says.
pub(crate) fn wrong(reason: impl Into<String>) -> Malformed {
    Malformed::new(Position::Line(1), reason)
}
