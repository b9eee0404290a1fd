//! Which path means what, a file for each interface.

mod connect;
mod ingest;
mod otlp;
mod own;
mod page;
mod parca;
mod view;

use hotlist_store::Tenant;
use hotlist_web::{Answer, Query};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::body::{BodyLimits, Taken};
use crate::failure::{Failure, Wording};
use crate::server::Shared;

/// A request that has been let in.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) head: Parts,
    pub(crate) tenant: Tenant,
    pub(crate) body: Taken,
}

impl Asked {
    pub(crate) fn path(&self) -> &str {
        self.head.uri.path()
    }

    pub(crate) fn query(&self) -> Result<Query, Failure> {
        Query::parse(self.head.uri.query().unwrap_or_default()).map_err(Failure::Bad)
    }

    fn header(&self, name: &str) -> &str {
        self.head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The type of the body, without its parameters.
    fn media_type(&self) -> &str {
        self.header("content-type").split(';').next().unwrap_or_default().trim()
    }

    fn must(&self, method: &Method) -> Result<(), Failure> {
        match (&self.head.method, method) {
            (asked, method) if asked == method => Ok(()),
            (&Method::HEAD, &Method::GET) => Ok(()),
            (_, &Method::POST) => Err(Failure::Method("POST")),
            _ => Err(Failure::Method("GET")),
        }
    }

    /// The body as a message, in protobuf or JSON as its type says.
    fn message<M: Message + Default + DeserializeOwned>(
        &mut self,
        limits: &BodyLimits,
    ) -> Result<M, Failure> {
        self.must(&Method::POST)?;
        self.body.unpack(&self.head.headers, limits)?;
        let wrong =
            |error: &dyn std::fmt::Display| Failure::Bad(format!("the request cannot be read: {error}"));
        match self.media_type() {
            "application/json" => serde_json::from_slice(&self.body.bytes).map_err(|error| wrong(&error)),
            "application/proto" | "application/protobuf" | "application/x-protobuf" => {
                // Profiles in it share the memory of the body.
                M::decode(self.body.bytes.clone()).map_err(|error| wrong(&error))
            }
            other => Err(Failure::Bad(format!(
                "Content-Type {other:?}: send application/proto or application/json (gRPC is not answered)"
            ))),
        }
    }

    /// A message as an answer, in the form that the request has.
    fn answer<M: Message + Serialize>(&self, message: &M) -> Result<Answer, Failure> {
        if self.media_type() == "application/json" {
            let text = serde_json::to_vec(message).map_err(|error| Failure::Internal(error.to_string()))?;
            return Ok(Answer::new(StatusCode::OK, "application/json", text));
        }
        Ok(Answer::new(StatusCode::OK, "application/proto", message.encode_to_vec()))
    }
}

/// In which words this place tells of errors.
pub(crate) fn wording(path: &str) -> Wording {
    match path {
        "/api/v1/query" | "/api/v1/diff" => Wording::Pprof,
        _ if path.split('/').nth(1).is_some_and(|service| service.contains(".v1")) => Wording::Connect,
        _ => Wording::Own,
    }
}

/// Whether no token is needed.
pub(crate) fn is_open(path: &str) -> bool {
    matches!(path, "/-/ready" | "/-/healthy" | "/favicon.ico") || path.starts_with("/assets/")
}

/// Whether this place takes profiles in.
pub(crate) fn is_push(path: &str) -> bool {
    matches!(path, "/api/v1/profiles" | ingest::PATH | otlp::PATH | parca::PATH | connect::PUSH)
}

/// What is to be done to a body before a thread works on it.
pub(crate) async fn take_apart(asked: &mut Asked) -> Result<(), Failure> {
    if asked.path() == ingest::PATH { ingest::take_apart(asked).await } else { Ok(()) }
}

/// Answers. This may take long.
pub(crate) fn answer(shared: &Shared, asked: &mut Asked) -> Result<Answer, Failure> {
    let path = asked.path().to_owned();
    if let Some(rest) = path.strip_prefix("/api/v1/") {
        return own::answer(shared, asked, rest);
    }
    if let Some(method) = path.strip_prefix("/querier.v1.QuerierService/") {
        return connect::answer(shared, asked, method);
    }
    if let Some(rest) = path.strip_prefix(view::PREFIX) {
        return view::answer(shared, asked, rest);
    }
    match path.as_str() {
        connect::PUSH => connect::push(shared, asked),
        ingest::PATH => ingest::answer(shared, asked),
        otlp::PATH => otlp::answer(shared, asked),
        parca::PATH => parca::answer(shared, asked),
        "/-/ready" | "/-/healthy" => Ok(Answer::new(StatusCode::OK, TEXT, "ready\n")),
        "/metrics" => {
            asked.must(&Method::GET)?;
            let text = shared.metrics.text(&shared.store.stats(), shared.bodies.flight.taken());
            Ok(Answer::new(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text))
        }
        path => page::answer(asked, path),
    }
}

const TEXT: &str = "text/plain; charset=utf-8";

/// A JSON answer.
fn json(value: &serde_json::Value) -> Answer {
    Answer::new(StatusCode::OK, "application/json", value.to_string())
}
