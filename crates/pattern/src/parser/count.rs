//! Counts of repetition: `{n}`, `{n,}` and `{n,m}`.

use crate::piece::{Count, MAXIMUM_REPEAT};

/// Reads a count at the start of `text`.
///
/// Nothing means that this is no count, and the brace stands for itself. Otherwise the text after the count
/// is returned, and a count that is missing is one whose numbers are too high or in the wrong order.
pub(super) fn parse(text: &str) -> Option<(Option<Count>, &str)> {
    let (minimum, rest) = parse_number(text.strip_prefix('{')?)?;
    let (maximum, rest) = match rest.strip_prefix(',') {
        None => (Some(minimum), rest),
        Some(rest) if rest.starts_with('}') => (None, rest),
        Some(rest) => {
            let (maximum, rest) = parse_number(rest)?;
            (Some(maximum), rest)
        }
    };
    let rest = rest.strip_prefix('}')?;
    let valid = minimum <= MAXIMUM_REPEAT
        && maximum.is_none_or(|maximum| maximum <= MAXIMUM_REPEAT && minimum <= maximum);
    let count = (|| {
        Some(Count {
            minimum: u32::try_from(minimum).ok()?,
            maximum: maximum.map(u32::try_from).transpose().ok()?,
            counted: true,
        })
    })();
    Some((count.filter(|_| valid), rest))
}

/// Decimal digits without a leading zero. Numbers beyond all limits are cut short.
fn parse_number(text: &str) -> Option<(u64, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(length);
    if digits.is_empty() || (length > 1 && digits.starts_with('0')) {
        return None;
    }
    let number = digits
        .bytes()
        .fold(0u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    Some((number, rest))
}
