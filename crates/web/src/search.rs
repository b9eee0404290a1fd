//! `/api/v1/search`: what the places that match a pattern weigh together, and which they are.

use hotlist_analyze::{Names, NodeTable};
use hotlist_pattern::Pattern;
use hyper::StatusCode;
use serde_json::json;

use crate::api::{failure, question, texts};
use crate::query::Query;
use crate::response::{Answer, JSON};
use crate::router::Shared;

/// At most so many labels are sent.
const MOST_LABELS: usize = 10_000;

pub(crate) fn answer(shared: &Shared, query: &Query) -> Answer {
    let wrong = |why: &str| Answer::error(StatusCode::BAD_REQUEST, why);
    let Some(text) = query.get("q") else { return wrong("q: a regular expression is needed") };
    // As in many editors: capitals count only when one is typed.
    let folded = if text.chars().any(char::is_uppercase) { text.to_owned() } else { format!("(?i){text}") };
    let pattern = match Pattern::new(&folded) {
        Ok(pattern) => pattern,
        Err(error) => return wrong(&format!("q: {error}")),
    };
    let Some(top) = hotlist_report::find("top") else { return wrong("there is no such report") };
    let question = match question(shared, top, query) {
        Ok(question) => question,
        Err(refusal) => return *refusal,
    };
    let mut notes = Vec::new();
    let found = shared.session.look(&question, &mut notes, |view| {
        let options = &question.options;
        let table = NodeTable::new(view, options.detail, Some(&options.path_trim));
        let names = Names::new(&table);
        let is_match = |label: &str| pattern.is_match(label.as_bytes());
        let chosen: Vec<bool> = table.ids().map(|node| is_match(&names.get(node).printable)).collect();
        let weight = table.weigh_together(&chosen);
        let weights = table.weigh_chosen(&chosen);
        let mut labels: Vec<_> = table
            .ids()
            .filter(|node| chosen[node.index()])
            .filter(|&node| !weights.cum(node).is_zero() || !weights.flat(node).is_zero())
            .map(|node| (weights.cum(node).shown().unsigned_abs(), &names.get(node).printable))
            .collect();
        labels.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        let places = labels.len();
        let labels: Vec<_> = labels.into_iter().take(MOST_LABELS).map(|(_, label)| label).collect();
        let profile = view.profile();
        let unit = profile.lossy(profile.sample_types[view.value().column].unit);
        let format = json!({
            "sample_unit": unit, "output_unit": options.output_unit, "ratio": options.ratio,
        });
        Ok(json!({
            "format": format, "version": 1, "shape": "matches", "flat": weight.flat.shown(), "cum": weight.cum.shown(),
            "total": view.total(), "places": places, "labels": labels,
        })
        .to_string())
    });
    match found {
        Ok(body) => Answer::new(StatusCode::OK, JSON, body).with_notes(&texts(notes)),
        Err(error) => failure(&error),
    }
}
