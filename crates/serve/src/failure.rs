//! Why a request is not answered, in the words of each interface.

use hotlist_store::{Error, Refused};
use hotlist_web::Answer;
use hyper::StatusCode;
use hyper::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::json;

/// Why a request is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It makes no sense.
    Bad(String),
    /// No token.
    NoToken,
    /// A token that is none, or a place that is not for this client.
    Forbidden(String),
    /// There is no such place.
    Missing(String),
    /// Another method is needed.
    Method(&'static str),
    /// The body did not come in time.
    Slow(String),
    /// A limit is reached.
    Limit(LimitReached),
    /// It is known and not done here.
    Unimplemented(String),
    /// The server failed.
    Internal(String),
}

/// In which words an interface tells of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wording {
    /// JSON of our own.
    Own,
    /// Those of Connect.
    Connect,
    /// Text, for programs that fetch profiles.
    Pprof,
}

/// A limit, by the names under which it can be found and raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LimitReached {
    /// Whether the same may be sent again later.
    pub(crate) passes: bool,
    /// The limit.
    pub(crate) limit: &'static str,
    /// How much it allows.
    pub(crate) value: u64,
    /// The flag that sets it.
    pub(crate) flag: &'static str,
    /// What is wrong, in words.
    pub(crate) words: String,
}

impl Failure {
    /// What is told.
    pub(crate) fn words(&self) -> String {
        match self {
            Failure::Bad(words)
            | Failure::Forbidden(words)
            | Failure::Missing(words)
            | Failure::Slow(words)
            | Failure::Unimplemented(words)
            | Failure::Internal(words) => words.clone(),
            Failure::NoToken => "a token is needed: Authorization: Bearer TOKEN".to_owned(),
            Failure::Method(method) => format!("only {method} is answered here"),
            Failure::Limit(limit) => limit.words.clone(),
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Failure::Bad(_) => StatusCode::BAD_REQUEST,
            Failure::NoToken => StatusCode::UNAUTHORIZED,
            Failure::Forbidden(_) => StatusCode::FORBIDDEN,
            Failure::Missing(_) => StatusCode::NOT_FOUND,
            Failure::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Failure::Slow(_) => StatusCode::REQUEST_TIMEOUT,
            Failure::Limit(limit) if limit.passes => StatusCode::TOO_MANY_REQUESTS,
            Failure::Limit(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Failure::Unimplemented(_) => StatusCode::NOT_IMPLEMENTED,
            Failure::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The answer to a client that expects errors in this wording.
    pub(crate) fn answer(&self, wording: Wording) -> Answer {
        match wording {
            Wording::Own => self.own_answer(),
            Wording::Connect => self.connect_answer(),
            Wording::Pprof => self.pprof_answer(),
        }
    }

    /// As Go's servers of profiles have it: text, with a header by which pprof knows that it is worth showing
    /// (<https://pkg.go.dev/net/http/pprof>).
    fn pprof_answer(&self) -> Answer {
        let mut answer =
            Answer::new(self.status(), "text/plain; charset=utf-8", format!("{}\n", self.words()));
        answer.headers.insert("x-go-pprof", HeaderValue::from_static("1"));
        self.with_headers(answer)
    }

    /// As `{"error"}`, with `limit`, `value` and `flag` where a limit is reached.
    fn own_answer(&self) -> Answer {
        let mut body = json!({ "error": self.words() });
        if let Failure::Limit(LimitReached { limit, value, flag, .. }) = self {
            body["limit"] = json!(limit);
            body["value"] = json!(value);
            body["flag"] = json!(flag);
        }
        self.with_headers(Answer::new(self.status(), "application/json", body.to_string()))
    }

    /// As Connect has it: `{"code", "message"}` (<https://connectrpc.com/docs/protocol/#error-codes>).
    fn connect_answer(&self) -> Answer {
        let code = match self {
            Failure::Bad(_) => "invalid_argument",
            Failure::NoToken => "unauthenticated",
            Failure::Forbidden(_) => "permission_denied",
            Failure::Missing(_) => "not_found",
            Failure::Method(_) | Failure::Unimplemented(_) => "unimplemented",
            Failure::Slow(_) => "deadline_exceeded",
            Failure::Limit(_) => "resource_exhausted",
            Failure::Internal(_) => "internal",
        };
        let body = json!({ "code": code, "message": self.words() });
        self.with_headers(Answer::new(self.status(), "application/json", body.to_string()))
    }

    fn with_headers(&self, mut answer: Answer) -> Answer {
        match self {
            Failure::NoToken => {
                answer.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Failure::Limit(limit) if limit.passes => {
                answer.headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
            }
            _ => {}
        }
        answer
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let words = error.to_string();
        match error {
            Error::Query(_) => Failure::Bad(words),
            Error::Limit { limit, flag, .. } => Failure::Limit(LimitReached {
                passes: false,
                limit: "memory of a query",
                value: limit,
                flag,
                words,
            }),
            _ => Failure::Internal(words),
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Failure {
        let words = refused.to_string();
        let reached = |passes, limit, value, flag| {
            Failure::Limit(LimitReached { passes, limit, value, flag, words: words.clone() })
        };
        match refused {
            Refused::TooLarge { limit, value, flag } => reached(false, limit, value, flag),
            Refused::Busy { limit, value, flag } | Refused::Series { limit, value, flag } => {
                reached(true, limit, value, flag)
            }
            Refused::Storage(error) => error.into(),
            // Unreadable, or of a time that is not kept: sending it again is of no use.
            _ => Failure::Bad(words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_names_itself_and_its_flag() {
        let failure: Failure = Refused::Series { limit: "max-series", value: 3, flag: "-max-series" }.into();
        let answer = failure.answer(Wording::Own);
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(answer.headers.contains_key(RETRY_AFTER));
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(
            (&body["limit"], &body["value"], &body["flag"]),
            (&json!("max-series"), &json!(3), &json!("-max-series"))
        );
    }

    #[test]
    fn connect_has_names_for_errors() {
        let answer = Failure::Bad("no".to_owned()).answer(Wording::Connect);
        assert_eq!(answer.body, r#"{"code":"invalid_argument","message":"no"}"#);
    }
}
