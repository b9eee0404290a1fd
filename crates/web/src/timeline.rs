//! `/api/v1/timeline`: what each slice of time weighs, the window of the question left out.

use hotlist_analyze::{Timeline, Window};
use hyper::StatusCode;
use serde_json::json;

use crate::api::{failure, question, texts};
use crate::query::Query;
use crate::response::{Answer, JSON};
use crate::shared::Shared;

/// Slices when the query does not say how many.
const SLICES: usize = 200;
/// The most slices of an answer.
const MOST_SLICES: usize = 10_000;

pub(crate) fn answer(shared: &Shared, query: &Query) -> Answer {
    let wrong = |why: &str| Answer::error(StatusCode::BAD_REQUEST, why);
    let slices = match query.get("bins").map_or(Ok(SLICES), str::parse::<usize>) {
        Ok(count @ 1..=MOST_SLICES) => count,
        _ => return wrong(&format!("bins: must be a number from 1 to {MOST_SLICES}")),
    };
    let (opened, mut question) = match question(shared, const { &hotlist_report::TEXT }, query) {
        Ok(asked) => asked,
        Err(refusal) => return *refusal,
    };
    // All of the time is there, so that the window can be moved.
    question.filters.window = Window::default();
    let mut notes = Vec::new();
    match opened.session.timeline(&question, slices, &mut notes) {
        Ok(line) => {
            let Timeline { start, width, bins } =
                line.unwrap_or(Timeline { start: 0, width: 1, bins: Vec::new() });
            let body = json!({
                "version": 1, "shape": "timeline", "start": start, "width": width, "bins": bins,
            });
            Answer::new(StatusCode::OK, JSON, body.to_string()).with_notes(&texts(notes))
        }
        Err(error) => failure(&error),
    }
}
