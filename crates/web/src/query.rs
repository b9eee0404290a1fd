//! From the query of an address to options. The names are the URL keys of the options table, which are those
//! of pprof where it has one.

use std::borrow::Cow;
use std::fmt::Display;

use hotlist_session::{ALL, OptionSpec, Options, Scope, ValueType, ViewOptions};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::pointed::POINTED;

/// The longest query, in bytes.
const LONGEST_QUERY: usize = 32 << 10;
/// The longest value of a parameter, in bytes. Regular expressions of pages are made from one name.
const LONGEST_VALUE: usize = 8 << 10;
/// The longest regular expression and such, in bytes.
const LONGEST_PATTERN: usize = 4 << 10;
/// The most parameters.
const MOST_PARAMETERS: usize = 64;

/// The parameters of an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Takes a query apart.
    ///
    /// # Errors
    /// In words, when it is too long, has too many parameters, or is not UTF-8.
    pub fn parse(text: &str) -> Result<Query, String> {
        if text.len() > LONGEST_QUERY {
            return Err(format!("the address is longer than {LONGEST_QUERY} bytes"));
        }
        let parts = text.split('&').filter(|part| !part.is_empty());
        if parts.clone().count() > MOST_PARAMETERS {
            return Err(format!("more than {MOST_PARAMETERS} parameters"));
        }
        let mut pairs = Vec::new();
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if value.len() > LONGEST_VALUE {
                return Err(format!("{name}: longer than {LONGEST_VALUE} bytes"));
            }
            pairs.push((name, value));
        }
        Ok(Query { pairs })
    }

    /// The first value of a parameter, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.pairs.iter().find(|(other, _)| other == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// All values of a parameter that may stand several times.
    pub fn all<'q>(&'q self, name: &'q str) -> impl Iterator<Item = &'q str> {
        let values =
            self.pairs.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str());
        values.filter(|value| !value.is_empty())
    }

    /// The parameters whose names begin with `prefix`, without it.
    pub fn with_prefix<'q>(&'q self, prefix: &'q str) -> impl Iterator<Item = (&'q str, &'q str)> {
        self.pairs.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }

    /// The parameters but those with these names, as they stand in an address.
    pub fn without(&self, names: &[&str]) -> String {
        let pairs = self.pairs.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        pairs.map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
    }

    /// `base` with what the parameters say about view options. Parameters that are no options belong to
    /// the page and are passed over.
    ///
    /// # Errors
    /// In words, for values that make no sense or are too long.
    pub(crate) fn apply(&self, base: &ViewOptions) -> Result<ViewOptions, String> {
        let mut options = Options { view: base.clone(), ..Options::default() };
        for (option, key) in keys() {
            let Some(value) = self.get(key) else { continue };
            if value.len() > LONGEST_PATTERN {
                return Err(format!("{}: longer than {LONGEST_PATTERN} bytes", option.name));
            }
            option.set(&mut options, value).map_err(|why| format!("{}: {why}", option.name))?;
        }
        Ok(options.view)
    }

    /// The parameters that decide an answer, in one text that is equal for equal questions.
    pub(crate) fn canonical(&self, own: &[&str]) -> String {
        let mut text = String::new();
        for key in keys().map(|(_, key)| key).chain(own.iter().copied()) {
            if let Some(value) = self.get(key) {
                text += &format!("&{key}={}", encode(value));
            }
        }
        for value in self.all("f").skip(1) {
            text += &format!("&f={}", encode(value));
        }
        for key in POINTED {
            text.extend(self.all(key).map(|value| format!("&{key}={}", encode(value))));
        }
        text
    }
}

/// The options that addresses can name, with their keys.
pub(crate) fn keys() -> impl Iterator<Item = (&'static OptionSpec, &'static str)> {
    ALL.iter()
        .filter(|option| option.scope() == Scope::View)
        .filter_map(|option| option.url_key.map(|key| (option, key)))
}

/// The query that stands for `view`: what differs from the defaults.
pub(crate) fn of_options(view: &ViewOptions) -> String {
    parameters(view)
        .iter()
        .map(|(key, value)| format!("{key}={}", encode(value)))
        .collect::<Vec<_>>()
        .join("&")
}

/// The parameters that stand for `view`, switches in pprof's short form.
pub(crate) fn parameters(view: &ViewOptions) -> Vec<(&'static str, String)> {
    let options = Options { view: view.clone(), ..Options::default() };
    let defaults = Options::default();
    keys()
        .filter_map(|(option, key)| {
            let mut value = option.get(&options);
            if value == option.get(&defaults) {
                return None;
            }
            if option.value == ValueType::Switch {
                value.truncate(1);
            }
            Some((key, value))
        })
        .collect()
}

/// As browsers read it: a percent sign without two hexadecimal digits stands for itself.
fn decode(text: &str) -> Result<String, String> {
    let text = text.replace('+', " ");
    let text = percent_decode_str(&text).decode_utf8();
    text.map(Cow::into_owned).map_err(|_| "the address is not UTF-8".to_owned())
}

/// Percent-encodes all but letters, digits and a few marks.
pub(crate) fn encode(text: &str) -> impl Display {
    const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, ESCAPED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_survive_the_address() {
        let query = Query::parse("f=a%2Bb+c&g=lines&calltree=t&n=5&page_only=x&si=").unwrap();
        let view = query.apply(&ViewOptions::default()).unwrap();
        assert_eq!(view.focus.as_ref().map(|pattern| pattern.as_str()), Some("a+b c"));
        assert_eq!((view.nodecount, view.call_tree), (5, true));
        assert_eq!(of_options(&view), "f=a%2Bb%20c&g=lines&n=5&calltree=t");
        let again = Query::parse(&of_options(&view)).unwrap().apply(&ViewOptions::default()).unwrap();
        assert_eq!(again, view);
        assert_eq!(Query::parse("f=100%").unwrap().get("f"), Some("100%"));
    }

    #[test]
    fn equal_questions_have_equal_keys() {
        let key = |text: &str| Query::parse(text).unwrap().canonical(&["q"]);
        assert_eq!(key("f=a&i=b&q=c&other=1"), key("q=c&i=b&f=%61"));
        // Several patterns add up.
        assert_ne!(key("f=a"), key("f=a&f=later"));
        assert_ne!(key("f=a%26i=b"), key("f=a&i=b"));
    }

    #[test]
    fn what_is_too_much_is_refused() {
        let long = "x".repeat(LONGEST_PATTERN + 1);
        let apply = |text: &str| Query::parse(text)?.apply(&ViewOptions::default());
        for bad in [
            format!("f={long}"),
            format!("q={long}{long}"),
            "a=1&".repeat(65),
            "f=%ff".to_owned(),
            "n=99999999999999999999".to_owned(),
            "g=inches".to_owned(),
            "f=(".to_owned(),
            format!("a={}", "&".repeat(40_000)),
        ] {
            assert!(apply(&bad).is_err(), "{}", &bad[..bad.len().min(40)]);
        }
    }

    #[test]
    fn addresses_cannot_name_folders() {
        let view = Query::parse("source_path=/etc&trim_path=/&o=/tmp/x&base=y")
            .unwrap()
            .apply(&ViewOptions::default());
        assert_eq!(view, Ok(ViewOptions::default()));
    }
}
