//! From a name as clients write it to the functions that it means.

use std::collections::HashMap;

use hotlist_pattern::escape;
use hotlist_profile::{FunctionId, Profile};

use crate::quote::{CUT, escaped, shown};

/// The most names that one cut name may stand for.
const MOST: usize = 50;

/// What a client asks for by a name: one that an answer showed, perhaps with its middle left out, or a regular expression.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    text: std::borrow::Cow<'a, str>,
}

impl<'a> Asked<'a> {
    /// Quotes around it are not part of the name.
    pub(crate) fn new(text: &'a str) -> Asked<'a> {
        let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        Asked { text: inner.map_or(text.into(), |inner| inner.replace("\\\"", "\"").into()) }
    }

    /// Whether answers show `name` so.
    pub(crate) fn is(&self, name: &str) -> bool {
        if *self.text == *name {
            return true;
        }
        let name = escaped(name);
        match self.text.split_once(CUT) {
            Some((head, tail)) => {
                name.len() > head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail)
            }
            None => *self.text == *name,
        }
    }

    /// The pattern of the functions of `profile` that are meant: those of this name, or else those that match it.
    pub(crate) fn functions(&self, profile: &Profile) -> String {
        let mut names: Vec<String> = Vec::new();
        for function in &profile.functions {
            let name = profile.lossy(function.name);
            if names.len() < MOST && self.is(&name) && !names.contains(&name.as_ref().to_owned()) {
                names.push(name.into_owned());
            }
        }
        self.pattern(&names)
    }

    /// The pattern of `names`, or of what was typed where there are none.
    pub(crate) fn pattern(&self, names: &[String]) -> String {
        if names.is_empty() {
            return self.text.clone().into_owned();
        }
        let escaped: Vec<String> = names.iter().map(|name| escape(name)).collect();
        format!("^(?:{})$", escaped.join("|"))
    }
}

/// Where functions are defined, for those whose names are asked for: file and first line, as far as the profile tells.
pub(crate) fn definitions<'n>(
    profile: &Profile,
    names: impl Iterator<Item = &'n str>,
    longest: usize,
) -> HashMap<&'n str, String> {
    let mut by_id = HashMap::new();
    for name in names {
        if let Some(id) = profile.strings.find(name.as_bytes()) {
            by_id.insert(id, name);
        }
    }
    let mut found = HashMap::new();
    for row in 0..profile.functions.len() {
        let function = profile.function(FunctionId::new(row));
        let Some(&name) = by_id.get(&function.name).filter(|_| !function.filename.is_empty()) else {
            continue;
        };
        found.entry(name).or_insert_with(|| {
            let file = shown(&profile.lossy(function.filename), longest);
            if function.start_line > 0 { format!("{file}:{}", function.start_line) } else { file }
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use hotlist_pattern::Pattern;
    use hotlist_profile::Builder;

    use super::*;

    #[test]
    fn names_are_taken_as_they_were_shown() {
        let long = format!("std::map<{}>::find", "x".repeat(300));
        let names = ["main.(*T).run", "main.run", "a\nb", &long];
        let mut builder = Builder::new(&[("cpu", "count")]);
        for name in names {
            builder.named_function(name, "a.c");
        }
        let profile = builder.finish();
        let found = |asked: &str| -> Vec<&str> {
            let pattern = Pattern::new(&Asked::new(asked).functions(&profile)).expect("a pattern");
            names.into_iter().filter(|name| pattern.is_match(name.as_bytes())).collect()
        };
        assert_eq!(found("main.(*T).run"), ["main.(*T).run"]);
        assert_eq!(found("\"main.run\""), ["main.run"]);
        assert_eq!(found("a\\nb"), ["a\nb"]);
        assert_eq!(found(&shown(&long, 50)), [&long]);
        assert_eq!(found("run$"), ["main.(*T).run", "main.run"]);
        assert_eq!(found("none"), [""; 0]);
    }
}
