//! Tags: each key, and its values below it.

use hotlist_analyze::TagFilter;
use hotlist_pattern::escape;
use hotlist_report::Tags;

use crate::app::App;
use crate::content::Content;
use crate::tab::Tab;

pub(super) fn texts(tags: &Tags) -> Vec<String> {
    let texts = tags.keys.iter().flat_map(|key| {
        let values = key.values.iter().map(|value| value.value.clone());
        std::iter::once(key.key.clone()).chain(values)
    });
    texts.collect()
}

pub(crate) fn count(tags: &Tags) -> usize {
    tags.keys.iter().map(|key| key.values.len() + 1).sum()
}

/// Key and value of a row; nothing for the row of a key.
fn value_at(tags: &Tags, mut row: usize) -> Option<(String, String)> {
    for key in &tags.keys {
        if row <= key.values.len() {
            let value = key.values.get(row.checked_sub(1)?)?;
            return Some((key.key.clone(), value.value.clone()));
        }
        row -= key.values.len() + 1;
    }
    None
}

/// Keeps only the samples that have the selected value.
pub(super) fn enter(app: &mut App) {
    let content = app.current();
    let Some(Content::Tags(tags)) = content.as_deref() else { return };
    let Some((key, value)) = value_at(tags, app.scrolls[Tab::Tags as usize].selected) else { return };
    app.change(|options| options.tagfocus = TagFilter::parse(&filter_for(&key, &value)).ok());
}

/// A tag filter for exactly the samples with this value.
fn filter_for(key: &str, value: &str) -> String {
    // A number with a unit is compared as such, anything else as text.
    let is_number = value.starts_with(|first: char| first.is_ascii_digit() || first == '-')
        && TagFilter::parse(value).is_ok_and(|filter| filter.is_range());
    if is_number {
        return format!("{key}={value}");
    }
    // The characters at which filters are split into key, patterns and ranges.
    let text = |text: &str| escape(text).replace(',', r"\x2c").replace('=', r"\x3d").replace(':', r"\x3a");
    match key.is_empty() || key.contains('=') {
        // Without a key a filter is for key and value with a colon between.
        true => format!(r"^{}\x3a{}$", text(key), text(value)),
        false => format!("{key}=^{}$", text(value)),
    }
}
