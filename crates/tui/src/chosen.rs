//! The place that the views are about.

use hotlist_analyze::PlaceKey;
use hotlist_report::Place;

/// A place that the views are about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Chosen {
    /// What reports call it.
    pub(crate) label: String,
    /// Its function; its file or object file where it has none.
    pub(crate) name: String,
    /// Where its code is.
    pub(crate) location: String,
    /// Exactly which place it is.
    pub(crate) key: PlaceKey,
}

impl Chosen {
    /// A function of which only the name is known.
    pub(crate) fn of_function(name: &str) -> Chosen {
        let key = PlaceKey { function: name.to_owned(), ..PlaceKey::default() };
        Chosen { label: name.to_owned(), name: name.to_owned(), location: String::new(), key }
    }
}

impl From<&Place> for Chosen {
    fn from(place: &Place) -> Chosen {
        let name = [&place.function, &place.file, &place.object].into_iter().find(|name| !name.is_empty());
        let location = match (place.file.as_str(), place.line) {
            ("", _) => place.object.clone(),
            (file, 0) => file.to_owned(),
            (file, line) => format!("{file}:{line}"),
        };
        Chosen {
            label: place.label.clone(),
            name: name.unwrap_or(&place.label).clone(),
            location,
            key: place.key(),
        }
    }
}
