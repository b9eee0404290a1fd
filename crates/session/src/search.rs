//! Places that are looked for by name or by key, and what they weigh together. It is no report: faces show it in their
//! own ways.

use hotlist_analyze::{Names, NodeTable, PlaceKey, PlaceKeyError, View, weigh_chosen, weigh_together};
use hotlist_pattern::Pattern;

/// What is looked for.
#[derive(Debug, Clone)]
pub enum PlaceSearch {
    /// One place.
    Place(PlaceKey),
    /// Every place whose label matches.
    Matches(Pattern),
}

impl PlaceSearch {
    /// The place with this key.
    ///
    /// # Errors
    /// When the text is no key.
    pub fn place(key: &str) -> Result<PlaceSearch, PlaceKeyError> {
        key.parse().map(PlaceSearch::Place)
    }

    /// The places that match a pattern, in which capitals count only where there is one.
    ///
    /// # Errors
    /// When the text is no pattern.
    pub fn matching(text: &str) -> Result<PlaceSearch, hotlist_pattern::Error> {
        folded_pattern(text).map(PlaceSearch::Matches)
    }
}

/// The pattern of a search. As in many editors, capitals count only when one is typed.
///
/// # Errors
/// When the text is no pattern.
pub fn folded_pattern(text: &str) -> Result<Pattern, hotlist_pattern::Error> {
    if text.chars().any(char::is_uppercase) {
        Pattern::new(text)
    } else {
        Pattern::new(&format!("(?i){text}"))
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPlaces {
    /// The own weight of all places together.
    pub flat: i64,
    /// Their weight with callees, each stack once.
    pub cum: i64,
    /// What percentages refer to.
    pub total: i64,
    /// The places that weigh something, the heaviest first.
    pub places: Vec<FoundPlace>,
}

/// A place that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPlace {
    /// What reports call it.
    pub label: String,
    /// What is the same in every view.
    pub key: PlaceKey,
    /// Own weight.
    pub flat: i64,
    /// Weight with callees.
    pub cum: i64,
}

/// Looks for places in a view.
pub fn find_places(
    view: &View<'_>,
    options: &hotlist_report::ReportOptions,
    wanted: &PlaceSearch,
) -> FoundPlaces {
    let table = NodeTable::new(view, options.detail, Some(&options.path_trim));
    let names = Names::new(&table);
    let chosen: Vec<bool> = table
        .ids()
        .map(|node| match wanted {
            PlaceSearch::Place(key) => table.info(node).key() == *key,
            PlaceSearch::Matches(pattern) => pattern.is_match(names.get(node).printable.as_bytes()),
        })
        .collect();
    let weight = weigh_together(&table, &chosen);
    let weights = weigh_chosen(&table, &chosen);
    let mut places: Vec<FoundPlace> = table
        .ids()
        .filter(|node| chosen[node.index()])
        .filter(|&node| !weights.cum(node).is_zero() || !weights.flat(node).is_zero())
        .map(|node| FoundPlace {
            label: names.get(node).printable.clone(),
            key: table.info(node).key(),
            flat: weights.flat(node).shown(),
            cum: weights.cum(node).shown(),
        })
        .collect();
    places
        .sort_by(|a, b| b.cum.unsigned_abs().cmp(&a.cum.unsigned_abs()).then_with(|| a.label.cmp(&b.label)));
    FoundPlaces { flat: weight.flat.shown(), cum: weight.cum.shown(), total: view.total(), places }
}
