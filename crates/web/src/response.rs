//! Answers of the server, with the headers that every one of them has.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderMap, HeaderName, HeaderValue, LOCATION, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use hyper::{Response, StatusCode};

/// Nothing but the own files, no script or style inside pages, no frames, no forms, no plug-ins.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What reports warn about, as a JSON list in ASCII.
const NOTES: HeaderName = HeaderName::from_static("hotlist-notes");

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// Its own headers; [`into_response`](Self::into_response) adds those that all have.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// An answer of this type.
    pub fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Answer { status, headers, body: body.into() }
    }

    /// A failure, as JSON with one field `error`.
    pub fn error(status: StatusCode, why: &str) -> Answer {
        let body = serde_json::json!({ "error": why }).to_string();
        Answer::new(status, JSON, body)
    }

    /// The client is to ask elsewhere; `place` may be relative.
    pub fn redirect(status: StatusCode, place: &str) -> Answer {
        let mut answer = Answer::new(status, TEXT, "");
        match HeaderValue::from_str(place) {
            Ok(value) => {
                answer.headers.insert(LOCATION, value);
                answer
            }
            Err(_) => {
                Answer::error(StatusCode::BAD_REQUEST, "the address has characters that it must not have")
            }
        }
    }

    /// Data that may be kept as long as it is unchanged, `etag` tells.
    pub(crate) fn with_etag(mut self, etag: &str, gzipped: bool) -> Answer {
        if let Ok(value) = HeaderValue::from_str(etag) {
            self.headers.insert(ETAG, value);
        }
        self.headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        self.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if gzipped {
            self.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        self
    }

    /// Something to keep as a file of this name.
    pub fn named(mut self, name: &str) -> Answer {
        if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
            self.headers.insert(CONTENT_DISPOSITION, value);
        }
        self
    }

    /// What people should know about the answer.
    pub(crate) fn with_notes(mut self, notes: &[String]) -> Answer {
        /// More would not fit into the heads that clients take.
        const MOST: usize = 4000;
        let mut list = Vec::new();
        let mut length = 2;
        for note in notes {
            let text = ascii_json(note);
            length += text.len() + 1;
            if length > MOST {
                break;
            }
            list.push(text);
        }
        if let (false, Ok(value)) = (list.is_empty(), HeaderValue::from_str(&format!("[{}]", list.join(","))))
        {
            self.headers.insert(NOTES, value);
        }
        self
    }

    /// The response as it is sent.
    pub fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        let headers = response.headers_mut();
        let mut always = |name: HeaderName, value: &'static str| {
            headers.entry(name).or_insert(HeaderValue::from_static(value));
        };
        always(CONTENT_SECURITY_POLICY, POLICY);
        always(X_CONTENT_TYPE_OPTIONS, "nosniff");
        always(REFERRER_POLICY, "no-referrer");
        always(X_FRAME_OPTIONS, "DENY");
        always(CACHE_CONTROL, "no-store");
        always(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
        always(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
        response
    }
}

/// The content type of JSON.
pub(crate) const JSON: &str = "application/json";
/// The content type of text.
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";

/// A text as JSON without any character beyond ASCII.
fn ascii_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for unit in text.encode_utf16() {
        match char::from_u32(u32::from(unit)) {
            Some(plain @ (' '..='~')) if plain != '"' && plain != '\\' => out.push(plain),
            _ => out.push_str(&format!("\\u{unit:04x}")),
        }
    }
    out.push('"');
    out
}

#[test]
fn notes_are_ascii() {
    let text = "tab\t \"q\" \\ 日本 😀";
    let json = ascii_json(text);
    assert!(json.is_ascii());
    assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
}
