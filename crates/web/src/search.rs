//! `/api/v1/search`: what the places that match a pattern, or one place, weigh together, and which they are.

use hotlist_session::{PlaceSearch, find_places};
use hyper::StatusCode;
use serde_json::json;

use crate::api::{failure, question, texts};
use crate::query::Query;
use crate::response::{Answer, JSON};
use crate::shared::Shared;

/// The most places that are sent.
const MOST_PLACES: usize = 10_000;

/// What a query looks for.
fn wanted(query: &Query) -> Result<PlaceSearch, String> {
    if let Some(key) = query.get("of") {
        return PlaceSearch::place(key).map_err(|error| format!("of: {error}"));
    }
    let text = query.get("q").ok_or("q: a regular expression is needed")?;
    PlaceSearch::matching(text).map_err(|error| format!("q: {error}"))
}

pub(crate) fn answer(shared: &Shared, query: &Query) -> Answer {
    let wrong = |why: &str| Answer::error(StatusCode::BAD_REQUEST, why);
    let wanted = match wanted(query) {
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
        let found = find_places(view, options, &wanted);
        let sent = &found.places[..found.places.len().min(MOST_PLACES)];
        let keys: Vec<String> = sent.iter().map(|place| place.key.to_string()).collect();
        let labels: Vec<&str> = sent.iter().map(|place| place.label.as_str()).collect();
        let profile = view.profile();
        let unit = profile.lossy(profile.sample_types[view.value().column].unit);
        let format = json!({
            "sample_unit": unit, "output_unit": options.output_unit, "ratio": options.ratio,
        });
        Ok(json!({
            "format": format, "version": 1, "shape": "matches", "flat": found.flat, "cum": found.cum,
            "total": found.total, "places": found.places.len(), "labels": labels, "keys": keys,
        })
        .to_string())
    });
    match found {
        Ok(body) => Answer::new(StatusCode::OK, JSON, body).with_notes(&texts(notes)),
        Err(error) => failure(&error),
    }
}
