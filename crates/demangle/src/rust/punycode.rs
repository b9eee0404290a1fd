//! Identifiers that are not ASCII, as RFC 3492 writes them.
//!
//! Rust has `_` where the RFC has `-`, and no capital letters.

use crate::limit::{Parsed, Refused};

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;

/// The longest identifier that is decoded, in characters: each one is inserted, which takes time.
const LONGEST: usize = 512;

/// The identifier that `text` stands for.
pub(super) fn decode(text: &str) -> Parsed<String> {
    let (plain, deltas) = text.rsplit_once('_').unwrap_or(("", text));
    let mut out: Vec<char> = plain.chars().collect();
    if text.len() > LONGEST {
        return Err(Refused);
    }
    let mut deltas = deltas.bytes();
    let (mut code, mut place, mut bias) = (128_u32, 0_u32, 72_u32);
    let mut is_first = true;
    while deltas.len() > 0 {
        let before = place;
        let mut weight = 1_u32;
        for k in (1..).map(|step: u32| step.saturating_mul(BASE)) {
            let digit = match deltas.next().ok_or(Refused)? {
                byte @ b'a'..=b'z' => byte - b'a',
                byte @ b'A'..=b'Z' => byte - b'A',
                byte @ b'0'..=b'9' => byte - b'0' + 26,
                _ => return Err(Refused),
            };
            let digit = u32::from(digit);
            place = digit.checked_mul(weight).and_then(|delta| place.checked_add(delta)).ok_or(Refused)?;
            let threshold = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold).ok_or(Refused)?;
        }
        let length = out.len() as u32 + 1;
        bias = adapt(place - before, length, is_first);
        is_first = false;
        code = code.checked_add(place / length).ok_or(Refused)?;
        place %= length;
        out.insert(place as usize, char::from_u32(code).ok_or(Refused)?);
        place += 1;
    }
    Ok(out.into_iter().collect())
}

fn adapt(delta: u32, length: u32, is_first: bool) -> u32 {
    let mut delta = delta / if is_first { DAMP } else { 2 };
    delta += delta / length;
    let mut k = 0;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + SKEW)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn identifiers() {
        assert_eq!(decode("gdel_5qa"), Ok("gödel".to_string()));
        assert_eq!(decode("fiqs8s"), Ok("中国".to_string()));
        assert_eq!(decode("0"), Err(crate::limit::Refused));
        assert_eq!(decode("99999999999999999999"), Err(crate::limit::Refused));
    }
}
