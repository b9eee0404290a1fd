//! Escapes that stand for one character.

use super::{error_between, next_character};
use crate::error::{Error, ErrorKind};

/// Reads an escape at `start`, which begins with a backslash.
///
/// The character is absent when the escape names a surrogate, which Go accepts although no text holds one.
pub(super) fn parse(start: &str) -> Result<(Option<char>, &str), Error> {
    let (code, rest) = parse_code(start)?;
    Ok((char::from_u32(code), rest))
}

/// As [`parse`], giving the code point as a number for comparisons.
pub(super) fn parse_code(start: &str) -> Result<(u32, &str), Error> {
    let after_backslash = &start[1..];
    if after_backslash.is_empty() {
        return Err(Error::new(ErrorKind::TrailingBackslash, ""));
    }
    let (character, rest) = next_character(after_backslash);
    let code = match character {
        // A single digit would be a back reference.
        '1'..='7' if !rest.starts_with(is_octal) => None,
        '0'..='7' => return Ok(octal(after_backslash)),
        'x' => return hexadecimal(start, rest),
        'a' => Some(0x07),
        'f' => Some(0x0c),
        'n' => Some(0x0a),
        'r' => Some(0x0d),
        't' => Some(0x09),
        'v' => Some(0x0b),
        _ if character.is_ascii() && !character.is_ascii_alphanumeric() => Some(u32::from(character)),
        _ => None,
    };
    match code {
        Some(code) => Ok((code, rest)),
        None => Err(error_between(ErrorKind::InvalidEscape, start, rest)),
    }
}

fn is_octal(character: char) -> bool {
    matches!(character, '0'..='7')
}

/// One to three octal digits.
fn octal(digits: &str) -> (u32, &str) {
    let length = digits.bytes().take(3).take_while(|digit| matches!(digit, b'0'..=b'7')).count();
    let (digits, rest) = digits.split_at(length);
    (digits.bytes().fold(0, |code, digit| code * 8 + u32::from(digit - b'0')), rest)
}

/// Two hexadecimal digits, or any number of them in braces. `digits` is what follows `\x`.
fn hexadecimal<'s>(start: &'s str, digits: &'s str) -> Result<(u32, &'s str), Error> {
    let (first, mut rest) = next_character(digits);
    if first != '{' {
        let (second, rest) = next_character(rest);
        return match (first.to_digit(16), second.to_digit(16)) {
            (Some(high), Some(low)) => Ok((high * 16 + low, rest)),
            _ => Err(error_between(ErrorKind::InvalidEscape, start, rest)),
        };
    }
    let mut code: Option<u32> = None;
    while !rest.is_empty() {
        let (character, after) = next_character(rest);
        rest = after;
        if character == '}'
            && let Some(code) = code
        {
            return Ok((code, rest));
        }
        let Some(digit) = character.to_digit(16) else { break };
        let value = code.unwrap_or(0) * 16 + digit;
        if value > u32::from(char::MAX) {
            break;
        }
        code = Some(value);
    }
    Err(error_between(ErrorKind::InvalidEscape, start, rest))
}
