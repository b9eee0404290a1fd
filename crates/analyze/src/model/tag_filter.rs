//! Choosing samples by their tags: `-tagfocus` and `-tagignore`.

use hotlist_pattern::Pattern;
use hotlist_profile::unit::scale;
use hotlist_profile::{Label, LabelValue, Profile};
use thiserror::Error;

use crate::model::number_units::NumberUnits;

/// A condition on the tags of a sample.
#[derive(Clone, Debug)]
pub struct TagFilter {
    /// As it was written.
    text: String,
    /// The only key to look at; all when `None`.
    key: Option<String>,
    condition: Condition,
}

#[derive(Clone, Debug)]
enum Condition {
    /// A number between two bounds, both included.
    Range(Range),
    /// Texts that match. With a key one of the patterns must match a value; without, each of them
    /// must match some `key:value`.
    Patterns(Vec<Pattern>),
}

#[derive(Clone, Debug, PartialEq)]
struct Range {
    unit: String,
    from: Option<f64>,
    to: Option<f64>,
}

impl PartialEq for TagFilter {
    /// Equal texts are equal filters.
    fn eq(&self, other: &TagFilter) -> bool {
        self.text == other.text
    }
}

impl Eq for TagFilter {}

/// Why a tag filter cannot be used.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum TagFilterError {
    /// A number beyond 64 bits.
    #[error("number {0} does not fit in 64 bits")]
    Number(String),
    /// Not a regular expression.
    #[error("{0}")]
    Pattern(String),
}

impl TagFilter {
    /// Reads `[key=]range` or `[key=]regexp[,regexp…]`.
    ///
    /// Ranges are `32kb` (equal), `:64kb` (at most), `4mb:` (at least) and `12kb:64mb`.
    ///
    /// # Errors
    /// For a number that is too large and a regular expression that is none.
    pub fn parse(text: &str) -> Result<TagFilter, TagFilterError> {
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (Some(key).filter(|key| !key.is_empty()), value),
            None => (None, text),
        };
        let condition = match Range::parse(value)? {
            Some(range) => Condition::Range(range),
            None => Condition::Patterns(
                value
                    .split(',')
                    .map(Pattern::new)
                    .collect::<Result<_, _>>()
                    .map_err(|error| TagFilterError::Pattern(error.to_string()))?,
            ),
        };
        Ok(TagFilter { text: text.to_owned(), key: key.map(str::to_owned), condition })
    }

    /// The filter as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the value was read as a range of numbers, which users should be told.
    pub fn is_range(&self) -> bool {
        matches!(self.condition, Condition::Range(_))
    }

    /// The text that was read as a range of numbers; `None` where it was not.
    pub fn range(&self) -> Option<&str> {
        self.is_range().then(|| self.text.split_once('=').map_or(self.text.as_str(), |(_, value)| value))
    }

    /// Whether a sample with these labels fulfils the condition.
    pub(crate) fn matches(&self, profile: &Profile, units: &NumberUnits, labels: &[Label]) -> bool {
        let concerned = labels.iter().filter(|label| match &self.key {
            Some(key) => profile.text(label.key) == key.as_bytes(),
            None => true,
        });
        match &self.condition {
            Condition::Range(range) => concerned.into_iter().any(|label| match label.value {
                LabelValue::Number { value, .. } => range.contains(value, units.get(label.key)),
                LabelValue::Text(_) => false,
            }),
            Condition::Patterns(patterns) => {
                let texts: Vec<Vec<u8>> = concerned
                    .filter_map(|label| match label.value {
                        LabelValue::Text(text) if self.key.is_some() => Some(profile.text(text).to_vec()),
                        LabelValue::Text(text) => {
                            Some([profile.text(label.key), b":", profile.text(text)].concat())
                        }
                        LabelValue::Number { .. } => None,
                    })
                    .collect();
                let found = |pattern: &Pattern| texts.iter().any(|text| pattern.is_match(text));
                if self.key.is_some() { patterns.iter().any(found) } else { patterns.iter().all(found) }
            }
        }
    }
}

impl Range {
    fn parse(text: &str) -> Result<Option<Range>, TagFilterError> {
        let (lower, upper) = match text.split_once(':') {
            None => (Quantity::split(text), None),
            Some(("", upper)) => match Quantity::split(upper) {
                Some(upper) => return Ok(Some(upper.at_most()?)),
                None => return Ok(None),
            },
            Some((lower, "")) => match Quantity::split(lower) {
                Some(lower) => return Ok(Some(lower.at_least()?)),
                None => return Ok(None),
            },
            Some((lower, upper)) => match (Quantity::split(lower), Quantity::split(upper)) {
                (Some(lower), Some(upper)) => (Some(lower), Some(upper)),
                _ => return Ok(None),
            },
        };
        let Some(lower) = lower else { return Ok(None) };
        let (from, unit) = lower.scaled(lower.unit)?;
        let to = match upper {
            None => from,
            Some(upper) => {
                let (to, other) = upper.scaled(&unit)?;
                if other != unit {
                    return Ok(None);
                }
                to
            }
        };
        Ok(Some(Range { unit, from: Some(from), to: Some(to) }))
    }

    fn contains(&self, value: i64, unit: &str) -> bool {
        let (value, unit) = scale(value, unit, &self.unit);
        unit == self.unit
            && self.from.is_none_or(|from| value >= from)
            && self.to.is_none_or(|to| value <= to)
    }
}

/// A whole number and the letters after it.
#[derive(Clone, Copy)]
struct Quantity<'a> {
    number: &'a str,
    unit: &'a str,
}

impl<'a> Quantity<'a> {
    fn split(text: &'a str) -> Option<Quantity<'a>> {
        let digits_from = usize::from(text.starts_with(['+', '-']));
        let digits = text[digits_from..].bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits_from + digits);
        (digits > 0 && unit.bytes().all(|byte| byte.is_ascii_alphabetic()))
            .then_some(Quantity { number, unit })
    }

    fn scaled(&self, to: &str) -> Result<(f64, String), TagFilterError> {
        let number = self.number.parse().map_err(|_| TagFilterError::Number(self.number.to_owned()))?;
        let (value, unit) = scale(number, self.unit, to);
        Ok((value, unit))
    }

    fn at_most(self) -> Result<Range, TagFilterError> {
        let (to, unit) = self.scaled(self.unit)?;
        Ok(Range { unit, from: None, to: Some(to) })
    }

    fn at_least(self) -> Result<Range, TagFilterError> {
        let (from, unit) = self.scaled(self.unit)?;
        Ok(Range { unit, from: Some(from), to: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, inside: &[(i64, &str)], outside: &[(i64, &str)]) {
        let range = Range::parse(text).unwrap().expect("a range");
        for &(value, unit) in inside {
            assert!(range.contains(value, unit), "{value} {unit} in {text}");
        }
        for &(value, unit) in outside {
            assert!(!range.contains(value, unit), "{value} {unit} not in {text}");
        }
    }

    #[test]
    fn ranges() {
        check("32kb", &[(32, "kb"), (32768, "bytes")], &[(33, "kb"), (32, "ms")]);
        check(":64kb", &[(1, "bytes"), (64, "kb")], &[(65, "kb")]);
        check("4mb:", &[(4, "mb"), (1, "gb")], &[(1, "kb")]);
        check("12kb:64mb", &[(12, "kb"), (64, "mb")], &[(11, "kb"), (65, "mb")]);
        check("-5:5", &[(0, ""), (-5, "")], &[(6, ""), (0, "bytes")]);
    }

    #[test]
    fn what_is_no_range_is_a_pattern() {
        for text in ["foo", "12x4", "1:2:3", "1kb:2ms", ":", "", "x12", "é1"] {
            assert_eq!(Range::parse(text), Ok(None), "{text:?}");
        }
    }

    #[test]
    fn numbers_that_are_too_large_are_errors() {
        assert!(TagFilter::parse("99999999999999999999kb").is_err());
        assert!(TagFilter::parse("key=1:99999999999999999999").is_err());
    }
}
