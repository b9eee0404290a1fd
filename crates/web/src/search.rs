//! `/api/v1/search`: what the places that match a pattern, or one place, weigh together, and which they are.

use hotlist_analyze::{Names, NodeTable, PlaceKey};
use hotlist_pattern::Pattern;
use hyper::StatusCode;
use serde_json::json;

use crate::api::{failure, question, texts};
use crate::query::Query;
use crate::response::{Answer, JSON};
use crate::shared::Shared;

/// The most places that are sent.
const MOST_PLACES: usize = 10_000;

/// What is looked for.
enum Wanted {
    Place(PlaceKey),
    Matches(Pattern),
}

impl Wanted {
    fn of(query: &Query) -> Result<Wanted, String> {
        if let Some(key) = query.get("of") {
            return key.parse().map(Wanted::Place).map_err(|error| format!("of: {error}"));
        }
        let text = query.get("q").ok_or("q: a regular expression is needed")?;
        folded_pattern(text).map(Wanted::Matches).map_err(|error| format!("q: {error}"))
    }
}

/// The pattern of a search. As in many editors, capitals count only when one is typed.
pub(crate) fn folded_pattern(text: &str) -> Result<Pattern, hotlist_pattern::Error> {
    if text.chars().any(char::is_uppercase) {
        Pattern::new(text)
    } else {
        Pattern::new(&format!("(?i){text}"))
    }
}

pub(crate) fn answer(shared: &Shared, query: &Query) -> Answer {
    let wrong = |why: &str| Answer::error(StatusCode::BAD_REQUEST, why);
    let wanted = match Wanted::of(query) {
        Ok(wanted) => wanted,
        Err(why) => return wrong(&why),
    };
    let Some(top) = hotlist_report::find("top") else { return wrong("there is no such report") };
    let (opened, question) = match question(shared, top, query) {
        Ok(asked) => asked,
        Err(refusal) => return *refusal,
    };
    let mut notes = Vec::new();
    let found = opened.session.look(&question, &mut notes, |view| {
        let options = &question.options;
        let table = NodeTable::new(view, options.detail, Some(&options.path_trim));
        let names = Names::new(&table);
        let chosen: Vec<bool> = table
            .ids()
            .map(|node| match &wanted {
                Wanted::Place(key) => table.info(node).key() == *key,
                Wanted::Matches(pattern) => pattern.is_match(names.get(node).printable.as_bytes()),
            })
            .collect();
        let weight = table.weigh_together(&chosen);
        let weights = table.weigh_chosen(&chosen);
        let mut labels: Vec<_> = table
            .ids()
            .filter(|node| chosen[node.index()])
            .filter(|&node| !weights.cum(node).is_zero() || !weights.flat(node).is_zero())
            .map(|node| (weights.cum(node).shown().unsigned_abs(), &names.get(node).printable, node))
            .collect();
        labels.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        let places = labels.len();
        labels.truncate(MOST_PLACES);
        let keys: Vec<_> = labels.iter().map(|&(_, _, node)| table.info(node).key().to_string()).collect();
        let labels: Vec<_> = labels.into_iter().map(|(_, label, _)| label).collect();
        let profile = view.profile();
        let unit = profile.lossy(profile.sample_types[view.value().column].unit);
        let format = json!({
            "sample_unit": unit, "output_unit": options.output_unit, "ratio": options.ratio,
        });
        Ok(json!({
            "format": format, "version": 1, "shape": "matches", "flat": weight.flat.shown(), "cum": weight.cum.shown(),
            "total": view.total(), "places": places, "labels": labels, "keys": keys,
        })
        .to_string())
    });
    match found {
        Ok(body) => Answer::new(StatusCode::OK, JSON, body).with_notes(&texts(notes)),
        Err(error) => failure(&error),
    }
}
