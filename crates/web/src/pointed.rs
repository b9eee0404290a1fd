//! Filters of addresses that name exactly what a user pointed at: a place by its key, a tag by its key and value.
//!
//! Their parameters are never those of options, which are patterns that people type, so neither gets in the way
//! of the other. Each may stand several times; a sample has to pass all.

use std::collections::BTreeSet;

use hotlist_analyze::{ExactFilter, Filters, PlaceKey, Side, TagText};
use hotlist_pattern::Pattern;
use hotlist_profile::Profile;
use hotlist_session::{PRESETS, Question};

use crate::query::Query;

/// The parameters.
pub(crate) const POINTED: [&str; 10] =
    ["only", "without", "hidden", "below", "tag", "nottag", "pkg", "nopkg", "side", "preset"];

/// Adds what a query asks for beside the options: what was pointed at, presets, and all of several focus patterns.
///
/// # Errors
/// In words, when a value names nothing or is no pattern.
pub(crate) fn add_filters(question: &mut Question, query: &Query, profile: &Profile) -> Result<(), String> {
    let pattern = |name: &str, text: &str| Pattern::new(text).map_err(|error| format!("{name}: {error}"));
    for text in query.all("f").skip(1) {
        let focus = Some(pattern("f", text)?);
        question.more_filters.push(Filters { focus, ..Filters::default() });
        question.options.active_filters.push(format!("focus={text}"));
    }
    for name in query.all("preset") {
        let preset = PRESETS.iter().find(|preset| preset.name == name);
        let preset = preset.ok_or_else(|| format!("preset: there is no {name}"))?;
        let hide = Some(pattern("preset", preset.hide)?);
        question.more_filters.push(Filters { hide, ..Filters::default() });
    }
    question.exact = filters(query, profile)?;
    question.options.active_filters.extend(told(query));
    Ok(())
}

/// What was pointed at.
fn filters(query: &Query, profile: &Profile) -> Result<Vec<ExactFilter>, String> {
    let mut filters = Vec::new();
    for (name, filter) in [
        ("only", ExactFilter::Through as fn(PlaceKey) -> ExactFilter),
        ("without", ExactFilter::Without),
        ("hidden", ExactFilter::Hidden),
        ("below", ExactFilter::From),
    ] {
        for text in query.all(name) {
            filters.push(filter(text.parse().map_err(|error| format!("{name}: {error}"))?));
        }
    }
    for (name, filter) in
        [("tag", ExactFilter::Tag as fn(TagText) -> ExactFilter), ("nottag", ExactFilter::NoTag)]
    {
        for text in query.all(name) {
            let tag = tag(text).ok_or_else(|| format!("{name}: must be a key, = and a value"))?;
            filters.push(filter(tag));
        }
    }
    for (name, filter) in [
        ("pkg", ExactFilter::ThroughFunctions as fn(BTreeSet<String>) -> ExactFilter),
        ("nopkg", ExactFilter::HiddenFunctions),
    ] {
        filters.extend(query.all(name).map(|package| filter(functions_of(profile, package))));
    }
    for side in query.all("side") {
        filters.push(ExactFilter::Side(match side {
            "base" => Side::Base,
            "new" => Side::New,
            _ => return Err("side: must be base or new".to_owned()),
        }));
    }
    Ok(filters)
}

/// The filters as reports tell them.
fn told(query: &Query) -> impl Iterator<Item = String> {
    POINTED.into_iter().flat_map(|name| query.all(name).map(move |value| format!("{name}={value}")))
}

/// Reads `key=value`; a `=` or `\\` in the key has a `\\` before it.
fn tag(text: &str) -> Option<TagText> {
    let mut key = String::new();
    let mut rest = text.chars();
    loop {
        match rest.next()? {
            '=' => return Some(TagText { key, value: rest.as_str().to_owned() }),
            '\\' => key.push(rest.next()?),
            character => key.push(character),
        }
    }
}

/// The names of the functions that belong to a package.
fn functions_of(profile: &Profile, package: &str) -> BTreeSet<String> {
    profile
        .functions
        .iter()
        .map(|function| profile.lossy(function.name))
        .filter(|name| hotlist_render::package_of(name) == package)
        .map(std::borrow::Cow::into_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_parameter_is_also_an_option() {
        for (_, key) in crate::query::keys() {
            assert!(!POINTED.contains(&key), "{key}");
        }
    }

    #[test]
    fn tags_are_keys_and_values() {
        for (text, key, value) in
            [("k=v", "k", "v"), ("k=a=b,c", "k", "a=b,c"), ("a\\=b\\\\c=\\x", "a=b\\c", "\\x"), ("=", "", "")]
        {
            assert_eq!(tag(text), Some(TagText { key: key.to_owned(), value: value.to_owned() }), "{text}");
        }
        assert_eq!((tag("k"), tag("k\\="), tag("k\\")), (None, None, None));
    }
}
