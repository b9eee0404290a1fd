//! Profiles of OpenTelemetry, in the four layouts that the protocol has had, and as JSON.
//!
//! Source: opentelemetry-proto, `opentelemetry/proto/profiles/v1development/profiles.proto` and the `v1experimental`
//! one before it, at the releases named in [`Layout`].

mod json;
mod message;
mod model;
mod wire;

use hotlist_profile::Profile;

use crate::error::{Malformed, Position};
use crate::format::{Format, Reader};
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "otlp",
    title: "OTLP",
    writers: "OpenTelemetry's profilers and collector, async-profiler",
    lost: "attributes of resources and scopes, links",
    sniff: Sniff::Bytes(wire::is_claimed),
    reader: Reader::Whole(|data, _| read(data)),
};

pub(crate) const JSON_FORMAT: Format = Format {
    name: "otlp-json",
    title: "OTLP JSON",
    writers: "OpenTelemetry's collector",
    lost: "attributes of resources and scopes, links",
    sniff: Sniff::Keys(&[&["resourceProfiles"]]),
    reader: Reader::Whole(|data, _| model::profile(&json::decode(data)?)),
};

/// Which messages have which fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// 1.4 to 1.6: every profile has its own tables.
    OwnTables,
    /// 1.7: one dictionary; stacks are ranges of a list of locations.
    Ranges,
    /// 1.8 and 1.9: a table of stacks; the values of a sample come before its attributes.
    ValuesFirst,
    /// 1.10 and later: they come after them.
    AttributesFirst,
}

fn read(data: &[u8]) -> Result<Profile, Malformed> {
    let unlike = || Malformed::unlike(Position::Byte(0), "a message is broken");
    let layout = wire::layout(data).map_err(|_| unlike())?;
    let document = message::decode(data, layout).map_err(|_| unlike())?;
    model::profile(&document)
}
