//! Which series a question is about.

use std::str::FromStr;

use hotlist_pattern::Pattern;

use crate::{Error, Labels, ProfileType};

/// A profile type and what labels must be, as Parca and Pyroscope write it:
/// `process_cpu:cpu:nanoseconds:cpu:nanoseconds{service="api",zone=~"z.*"}`.
#[derive(Clone, Debug)]
pub struct Selector {
    /// What is measured.
    pub profile_type: ProfileType,
    /// What all must be true of the labels.
    pub matchers: Vec<Matcher>,
}

/// What must be true of one label.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// The name of the label.
    pub name: String,
    /// What its value must be. A label that is not there has the empty text as its value.
    pub test: Test,
}

/// What the value of a label must be.
#[derive(Clone, Debug)]
pub enum Test {
    /// `=`: this text.
    Is(String),
    /// `!=`: another text.
    IsNot(String),
    /// `=~`: the pattern matches all of it.
    Matches(Pattern),
    /// `!~`: the pattern does not match all of it.
    MatchesNot(Pattern),
}

impl Matcher {
    /// Whether `value` passes.
    pub fn accepts(&self, value: &str) -> bool {
        match &self.test {
            Test::Is(text) => value == text,
            Test::IsNot(text) => value != text,
            Test::Matches(pattern) => pattern.is_match(value.as_bytes()),
            Test::MatchesNot(pattern) => !pattern.is_match(value.as_bytes()),
        }
    }

    /// Whether `labels` pass all of `matchers`.
    pub fn accept_all(matchers: &[Matcher], labels: &Labels) -> bool {
        matchers.iter().all(|matcher| matcher.accepts(labels.get(&matcher.name)))
    }

    /// Reads `{service="api",zone=~"z.*"}`; the braces may be left out, and there may be nothing in them.
    ///
    /// # Errors
    /// When it is something else, or a pattern is none.
    pub fn parse_all(text: &str) -> Result<Vec<Matcher>, Error> {
        let text = text.trim();
        let inner = match text.strip_prefix('{') {
            Some(rest) => {
                rest.strip_suffix('}').ok_or_else(|| unreadable(text, "a } is missing at the end"))?
            }
            None => text,
        };
        let mut rest = inner.trim_start();
        let mut matchers = Vec::new();
        while !rest.is_empty() {
            let (matcher, after) = matcher(rest).map_err(|reason| unreadable(text, &reason))?;
            matchers.push(matcher);
            let after = after.trim_start();
            rest = match after.strip_prefix(',') {
                Some(next) => next.trim_start(),
                None if after.is_empty() => after,
                None => return Err(unreadable(text, "a comma is missing between two labels")),
            };
        }
        Ok(matchers)
    }
}

fn unreadable(text: &str, reason: &str) -> Error {
    Error::Query(format!("cannot read the selector {text}: {reason}"))
}

/// Reads one `name="value"` and returns what comes behind it.
fn matcher(text: &str) -> Result<(Matcher, &str), String> {
    let end = text.find(['=', '!']).ok_or("an = is missing after the name of a label")?;
    let name = text[..end].trim_end();
    if name.is_empty() {
        return Err("the name of a label is missing".to_owned());
    }
    let operators = ["=~", "!~", "!=", "="];
    let operator = operators.into_iter().find(|&operator| text[end..].starts_with(operator));
    let operator = operator.ok_or("between name and value must be =, !=, =~ or !~")?;
    let (value, rest) = quoted(text[end + operator.len()..].trim_start())?;
    let pattern =
        |value: &str| Pattern::new(&format!("^(?s:(?:{value}))$")).map_err(|error| error.to_string());
    let test = match operator {
        "=" => Test::Is(value),
        "!=" => Test::IsNot(value),
        "=~" => Test::Matches(pattern(&value)?),
        _ => Test::MatchesNot(pattern(&value)?),
    };
    Ok((Matcher { name: name.to_owned(), test }, rest))
}

/// Reads a text in double quotes, where a backslash stands before `"`, `\` and as `n` for a line feed, or one in
/// backticks, and returns what comes behind it.
fn quoted(text: &str) -> Result<(String, &str), String> {
    if let Some(raw) = text.strip_prefix('`') {
        let (value, rest) = raw.split_once('`').ok_or("a ` is missing after a value")?;
        return Ok((value.to_owned(), rest));
    }
    let inner = text.strip_prefix('"').ok_or("values are written in double quotes")?;
    let mut value = String::new();
    let mut letters = inner.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((value, &inner[at + 1..])),
            '\\' => match letters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                // As in a pattern such as "a\.b", which people write with one backslash.
                Some((_, other)) => value.extend(['\\', other]),
                None => break,
            },
            other => value.push(other),
        }
    }
    Err("a \" is missing after a value".to_owned())
}

impl Selector {
    /// Reads a selector; what stands in braces may be left out.
    ///
    /// # Errors
    /// When it is something else, or a pattern is none.
    pub fn parse(text: &str) -> Result<Selector, Error> {
        let text = text.trim();
        let brace = text.find('{').unwrap_or(text.len());
        let profile_type = text[..brace].trim_end().parse()?;
        Ok(Selector { profile_type, matchers: Matcher::parse_all(&text[brace..])? })
    }
}

impl FromStr for Selector {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Selector::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_read_and_select() {
        let labels: Labels = [("service", "api"), ("zone", "z1"), ("path", "a\"b\\c")].into_iter().collect();
        let cases = [
            ("", true),
            ("{}", true),
            (r#"{service="api"}"#, true),
            (r#"{ service = "api" , zone =~ "z.*", }"#, true),
            (r#"{zone=~"z"}"#, false),
            (r#"{zone=~"x|z1"}"#, true),
            (r#"{zone!~"z."}"#, false),
            (r#"{other=""}"#, true),
            (r#"{other!=""}"#, false),
            (r#"{path="a\"b\\c"}"#, true),
            (r"{zone=~`z\d`}", true),
            (r#"{zone=~"z\d"}"#, true),
        ];
        for (text, expected) in cases {
            let selector =
                Selector::parse(&format!("process_cpu:cpu:nanoseconds:cpu:nanoseconds{text}")).unwrap();
            assert_eq!(selector.profile_type.sample_type, "cpu");
            assert_eq!(Matcher::accept_all(&selector.matchers, &labels), expected, "{text}");
        }
    }

    #[test]
    fn unreadable_selectors_say_why() {
        let cases = [
            ("cpu", "is not a profile type"),
            ("a:b:c:d:e{x=1}", "double quotes"),
            (r#"a:b:c:d:e{x="1""#, "} is missing"),
            (r#"a:b:c:d:e{x="1}"#, "\" is missing"),
            (r#"a:b:c:d:e{x="1" y="2"}"#, "comma"),
            (r#"a:b:c:d:e{="1"}"#, "name of a label is missing"),
            (r#"a:b:c:d:e{x=~"("}"#, "missing closing )"),
            (r#"a:b:c:d:e{x~"("}"#, "= is missing"),
        ];
        for (text, reason) in cases {
            let error = Selector::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn a_profile_type_is_what_it_was_written_as() {
        for text in [
            "memory:alloc_space:bytes:space:bytes:delta",
            "process_cpu:cpu:nanoseconds:cpu:nanoseconds",
            "a:b:::",
        ] {
            assert_eq!(text.parse::<ProfileType>().unwrap().to_string(), text);
        }
    }
}
