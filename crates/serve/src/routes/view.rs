//! The page of one merged profile, at `/view/SELECTION/ui/…`, where the selection is an encoded query such as
//! `q=SELECTOR&from=…&to=…`.

use hotlist_web::{Answer, Query};
use hyper::header::{CONTENT_SECURITY_POLICY, HeaderValue, X_FRAME_OPTIONS};
use hyper::{Method, Request};
use percent_encoding::percent_decode_str;

use super::Asked;
use crate::failure::Failure;
use crate::server::Shared;
use crate::viewers::Shown;

/// That of the page of a profile, but for pages of this server that show it.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
);

pub(crate) const PREFIX: &str = "/view/";

pub(crate) fn answer(shared: &Shared, asked: &Asked, rest: &str) -> Result<Answer, Failure> {
    asked.must(&Method::GET)?;
    let nothing = || Failure::Missing("there is nothing here".to_owned());
    let (selection, path) = rest.split_once('/').ok_or_else(nothing)?;
    let selection = percent_decode_str(selection).decode_utf8().map_err(|_| nothing())?;
    let query = Query::parse(&selection).map_err(Failure::Bad)?;
    let selected = super::own::selected(&query, "q", "from", "to", None)?;
    let base = match query.get("base_from").or_else(|| query.get("base_q")) {
        None => None,
        Some(_) => Some(super::own::selected(&query, "base_q", "base_from", "base_to", Some("q"))?),
    };
    let shown = Shown { tenant: asked.tenant.clone(), selected, base };
    let viewer = shared.viewers.open(shared, &shown)?;
    let query = asked.head.uri.query().map_or_else(String::new, |query| format!("?{query}"));
    let mut request = Request::builder().uri(format!("/{path}{query}"));
    if let Some(headers) = request.headers_mut() {
        *headers = asked.head.headers.clone();
    }
    let mut answer = viewer.answer(&request.body(()).map_err(|error| Failure::Bad(error.to_string()))?);
    // The page of the store shows it in a frame.
    answer.headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    answer.headers.entry(CONTENT_SECURITY_POLICY).or_insert(POLICY);
    Ok(answer)
}
