//! Tags: each key, and its values below it.

use hotlist_analyze::TagFilter;
use hotlist_report::Tags;

use crate::app::App;
use crate::content::Content;
use crate::settings::exact;
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
    // A number with a unit is compared as such, anything else as text.
    let is_number = value.starts_with(|first: char| first.is_ascii_digit() || first == '-')
        && TagFilter::parse(&value).is_ok_and(|filter| filter.is_range());
    let wanted = if is_number { value } else { exact(&value) };
    app.change(|options| options.tagfocus = format!("{key}={wanted}"));
}
