//! `/api/v1/verdicts`: what a comparison of sets of runs says, and which place each of its rows is about.

use hotlist_analyze::NodeTable;
use hotlist_render::comparison_words::{
    change, detectable, headline, rate, row_interval, shares, total_change,
};
use hotlist_report::compare::{Comparison, Row};
use hyper::StatusCode;
use serde_json::{Map, Value, json};

use crate::api::{failure, question, texts};
use crate::query::Query;
use crate::response::{Answer, JSON};
use crate::shared::Shared;

pub(crate) fn answer(shared: &Shared, query: &Query) -> Answer {
    let Some(top) = hotlist_report::find("top") else {
        return Answer::error(StatusCode::NOT_FOUND, "there is no such report");
    };
    let (opened, question) = match question(shared, top, query) {
        Ok(asked) => asked,
        Err(refusal) => return *refusal,
    };
    let Some(verdicts) = &opened.verdicts else {
        return Answer::error(StatusCode::UNPROCESSABLE_ENTITY, "no sets of runs are compared here");
    };
    let comparison = verdicts.comparison();
    let mut notes = Vec::new();
    let places = opened.session.look(&question, &mut notes, |view| {
        let options = &question.options;
        let table = NodeTable::new(view, options.detail, Some(&options.path_trim));
        let places = table.ids().filter_map(|node| {
            let place = table.info(node);
            Some((place.key().to_string(), Value::from(verdicts.row_of(&place)?)))
        });
        Ok(places.collect::<Map<String, Value>>())
    });
    match places {
        Ok(places) => {
            let words: Vec<Value> = comparison.rows.iter().map(words).collect();
            let body = json!({
                "version": 1, "shape": "verdicts", "headline": headline(comparison), "total": total(comparison),
                "comparison": comparison, "words": words, "places": places,
            });
            Answer::new(StatusCode::OK, JSON, body.to_string()).with_notes(&texts(notes))
        }
        Err(error) => failure(&error),
    }
}

fn total(comparison: &Comparison) -> String {
    total_change(&comparison.total)
}

/// What people read of a row, as all faces have it.
fn words(row: &Row) -> Value {
    json!({
        "change": change(row), "interval": row_interval(row), "shares": shares(row, "→"), "q": rate(row.q),
        "detectable": detectable(row.detectable),
    })
}
