//! The identity of a place as text.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::model::place::NodeInfo;

/// What makes up a place, as far as a view tells it apart: the same in every view, for all filters and values.
///
/// As text it is its parts in the order of the fields with `|` between them, those at the end that are not told apart
/// left out: `main.run`, `main.run|main.go|12`, `main.run|main.go|12||0x401a3c`. In names `|` and `\` have a `\`
/// before them, and control characters are written as `\{1b}`, so that a key can stand anywhere.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct PlaceKey {
    /// Function name; empty when unknown or not told apart, as are the other parts.
    pub function: String,
    /// Source file.
    pub file: String,
    /// Line number.
    pub line: i64,
    /// Column number.
    pub column: i64,
    /// Instruction address.
    pub address: u64,
    /// Object file.
    pub object: String,
}

/// A text that is no [`PlaceKey`].
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("{0} does not identify a place")]
pub struct PlaceKeyError(pub String);

impl NodeInfo {
    /// The identity of the place.
    pub fn key(&self) -> PlaceKey {
        let NodeInfo { name, file, address, line, column, object, start_line: _ } = self.clone();
        PlaceKey { function: name, file, line, column, address, object }
    }
}

impl fmt::Display for PlaceKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |number: i64| if number == 0 { String::new() } else { number.to_string() };
        let parts = [
            escaped(&self.function),
            escaped(&self.file),
            number(self.line),
            number(self.column),
            if self.address == 0 { String::new() } else { format!("{:#x}", self.address) },
            escaped(&self.object),
        ];
        let count = parts.iter().rposition(|part| !part.is_empty()).map_or(0, |last| last + 1);
        out.write_str(&parts[..count].join("|"))
    }
}

fn escaped(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '\\' | '|' => escaped.extend(['\\', character]),
            other if is_control(other) => {
                escaped += &format!("\\{{{:x}}}", u32::from(other));
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// Whether a character must not stand in a key: it moves cursors, turns the direction of text around, or is none that
/// XML takes.
fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
}

impl FromStr for PlaceKey {
    type Err = PlaceKeyError;

    fn from_str(text: &str) -> Result<PlaceKey, PlaceKeyError> {
        let wrong = || PlaceKeyError(text.to_owned());
        let mut parts = vec![String::new()];
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            let part = match character {
                '|' => {
                    parts.push(String::new());
                    continue;
                }
                '\\' => match characters.next().ok_or_else(wrong)? {
                    '{' => {
                        let digits: String = characters.by_ref().take_while(|&digit| digit != '}').collect();
                        u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).ok_or_else(wrong)?
                    }
                    other => other,
                },
                other => other,
            };
            parts.last_mut().ok_or_else(wrong)?.push(part);
        }
        if parts.len() > 6 {
            return Err(wrong());
        }
        parts.resize(6, String::new());
        let number = |part: &str| match part {
            "" => Ok(0),
            digits => digits.parse().map_err(|_| wrong()),
        };
        let address = match parts[4].as_str() {
            "" => 0,
            text => text
                .strip_prefix("0x")
                .and_then(|digits| u64::from_str_radix(digits, 16).ok())
                .ok_or_else(wrong)?,
        };
        let (line, column) = (number(&parts[2])?, number(&parts[3])?);
        let mut name = |row: usize| std::mem::take(&mut parts[row]);
        Ok(PlaceKey { function: name(0), file: name(1), line, column, address, object: name(5) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        let key = PlaceKey { function: "main.run".into(), ..PlaceKey::default() };
        for (key, text) in [
            (PlaceKey::default(), ""),
            (key.clone(), "main.run"),
            (PlaceKey { file: "a.go".into(), line: -1, ..key.clone() }, "main.run|a.go|-1"),
            (
                PlaceKey { file: "a.go".into(), line: 12, address: 0x40, ..key.clone() },
                "main.run|a.go|12||0x40",
            ),
            (PlaceKey { object: "/lib/a|b\\c".into(), ..PlaceKey::default() }, "|||||/lib/a\\|b\\\\c"),
            (PlaceKey { function: "\u{1b}{\n".into(), ..PlaceKey::default() }, "\\{1b}{\\{a}"),
        ] {
            assert_eq!(key.to_string(), text);
            assert_eq!(text.parse(), Ok(key));
        }
        for wrong in ["a|b|c", "a||||40", "a|b|1|2|0x3|c|d", "a\\"] {
            assert!(wrong.parse::<PlaceKey>().is_err(), "{wrong}");
        }
    }
}
