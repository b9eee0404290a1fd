//! OpenTelemetry's profiles over HTTP: `POST /v1development/profiles`.
//!
//! A request has the profiles of several resources, each with its attributes, and a dictionary that they share. Each
//! resource is a file of its own for the store.
//!
//! Source: `opentelemetry/proto/collector/profiles/v1development/profiles_service.proto` of
//! <https://github.com/open-telemetry/opentelemetry-proto>.

use bytes::Bytes;
use hotlist_web::Answer;
use hyper::Method;
use prost::Message;

use super::Asked;
use crate::failure::Failure;
use crate::intake::{keep, translated};
use crate::messages::Empty;
use crate::server::Shared;

pub(crate) const PATH: &str = "/v1development/profiles";

/// `ExportProfilesServiceRequest`, its parts as they are.
#[derive(Clone, PartialEq, Message)]
struct Export {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    resource_profiles: Vec<Bytes>,
    #[prost(bytes = "bytes", repeated, tag = "2")]
    dictionary: Vec<Bytes>,
}

/// `ResourceProfiles`, as far as it says whose they are.
#[derive(Clone, PartialEq, Message)]
struct Resources {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
}

#[derive(Clone, PartialEq, Message)]
struct Resource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct KeyValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct AnyValue {
    #[prost(string, tag = "1")]
    text: String,
}

pub(crate) fn answer(shared: &Shared, asked: &mut Asked) -> Result<Answer, Failure> {
    asked.must(&Method::POST)?;
    asked.body.unpack(&asked.head.headers, &shared.bodies)?;
    if !matches!(asked.media_type(), "application/x-protobuf" | "application/protobuf" | "application/proto")
    {
        return Err(Failure::Bad("Content-Type: only application/x-protobuf is read".to_owned()));
    }
    let wrong = |error: prost::DecodeError| Failure::Bad(format!("the request cannot be read: {error}"));
    let export = Export::decode(asked.body.bytes.clone()).map_err(wrong)?;
    for resource in &export.resource_profiles {
        let attributes =
            Resources::decode(resource.clone()).map_err(wrong)?.resource.unwrap_or_default().attributes;
        let pairs =
            attributes.into_iter().map(|pair| (label_name(&pair.key), pair.value.unwrap_or_default().text));
        let (labels, kind) = translated(pairs);
        let one = Export { resource_profiles: vec![resource.clone()], dictionary: export.dictionary.clone() };
        keep(shared, &asked.tenant, labels, kind.as_deref(), None, one.encode_to_vec().into())?;
    }
    asked.answer(&Empty {})
}

/// An attribute as the name of a label, which has letters, digits, `_` and `.`.
fn label_name(key: &str) -> String {
    key.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' }).collect()
}
