//! The protobuf messages of other programs' interfaces, as far as they are needed. Each is read and written as
//! protobuf and as the JSON that belongs to it.
//!
//! Sources: `push/v1/push.proto`, `types/v1/types.proto` and `querier/v1/querier.proto` of
//! <https://github.com/grafana/pyroscope>, `parca/profilestore/v1alpha1/profilestore.proto` of
//! <https://github.com/parca-dev/parca>.

use prost::Message;
use serde::{Deserialize, Serialize};

/// 64-bit numbers in JSON are texts; numbers are taken too.
mod whole {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(i64),
        Text(String),
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
        match Either::deserialize(from)? {
            Either::Number(number) => Ok(number),
            Either::Text(text) => text.parse().map_err(|_| D::Error::custom("not a whole number")),
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    pub(super) fn serialize<S: Serializer>(number: &i64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(number)
    }
}

/// Bytes in JSON are base64.
mod base64_bytes {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(from)?;
        BASE64_STANDARD.decode(text).map(Bytes::from).map_err(|_| D::Error::custom("not base64"))
    }

    pub(super) fn serialize<S: Serializer>(bytes: &Bytes, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64_STANDARD.encode(bytes))
    }
}

/// A label and its value: `types.v1.LabelPair`, `parca.profilestore.v1alpha1.Label`.
#[derive(Clone, PartialEq, Eq, Hash, Message, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LabelPair {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) value: String,
}

/// `push.v1.PushRequest`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PushRequest {
    #[prost(message, repeated, tag = "1")]
    pub(crate) series: Vec<RawProfileSeries>,
}

/// `push.v1.RawProfileSeries`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RawProfileSeries {
    #[prost(message, repeated, tag = "1")]
    pub(crate) labels: Vec<LabelPair>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) samples: Vec<RawSample>,
}

/// `push.v1.RawSample`, and Parca's message of the same name.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RawSample {
    /// A profile in profile.proto, gzipped as a rule.
    #[prost(bytes = "bytes", tag = "1")]
    #[serde(with = "base64_bytes")]
    pub(crate) raw_profile: bytes::Bytes,
}

/// `parca.profilestore.v1alpha1.WriteRawRequest`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct WriteRawRequest {
    #[prost(message, repeated, tag = "2")]
    pub(crate) series: Vec<WriteRawSeries>,
    #[prost(bool, tag = "3")]
    pub(crate) normalized: bool,
}

/// `parca.profilestore.v1alpha1.RawProfileSeries`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct WriteRawSeries {
    #[prost(message, optional, tag = "1")]
    pub(crate) labels: Option<LabelSet>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) samples: Vec<RawSample>,
}

/// `parca.profilestore.v1alpha1.LabelSet`; `types.v1.Labels`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LabelSet {
    #[prost(message, repeated, tag = "1")]
    pub(crate) labels: Vec<LabelPair>,
}

/// An answer without anything in it.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Empty {}

/// `querier.v1.ProfileTypesRequest`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ProfileTypesRequest {
    #[prost(int64, tag = "1")]
    #[serde(with = "whole")]
    pub(crate) start: i64,
    #[prost(int64, tag = "2")]
    #[serde(with = "whole")]
    pub(crate) end: i64,
}

/// `querier.v1.ProfileTypesResponse`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ProfileTypesResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) profile_types: Vec<ProfileTypeMessage>,
}

/// `types.v1.ProfileType`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ProfileTypeMessage {
    #[prost(string, tag = "1")]
    #[serde(rename = "ID")]
    pub(crate) id: String,
    #[prost(string, tag = "2")]
    pub(crate) name: String,
    #[prost(string, tag = "4")]
    pub(crate) sample_type: String,
    #[prost(string, tag = "5")]
    pub(crate) sample_unit: String,
    #[prost(string, tag = "6")]
    pub(crate) period_type: String,
    #[prost(string, tag = "7")]
    pub(crate) period_unit: String,
}

/// `types.v1.LabelNamesRequest`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LabelNamesRequest {
    #[prost(string, repeated, tag = "1")]
    pub(crate) matchers: Vec<String>,
    #[prost(int64, tag = "2")]
    #[serde(with = "whole")]
    pub(crate) start: i64,
    #[prost(int64, tag = "3")]
    #[serde(with = "whole")]
    pub(crate) end: i64,
}

/// `types.v1.LabelValuesRequest`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LabelValuesRequest {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, repeated, tag = "2")]
    pub(crate) matchers: Vec<String>,
    #[prost(int64, tag = "3")]
    #[serde(with = "whole")]
    pub(crate) start: i64,
    #[prost(int64, tag = "4")]
    #[serde(with = "whole")]
    pub(crate) end: i64,
}

/// `types.v1.LabelNamesResponse` and `types.v1.LabelValuesResponse`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct NamesResponse {
    #[prost(string, repeated, tag = "1")]
    pub(crate) names: Vec<String>,
}

/// `querier.v1.SeriesRequest`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SeriesRequest {
    #[prost(string, repeated, tag = "1")]
    pub(crate) matchers: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub(crate) label_names: Vec<String>,
    #[prost(int64, tag = "3")]
    #[serde(with = "whole")]
    pub(crate) start: i64,
    #[prost(int64, tag = "4")]
    #[serde(with = "whole")]
    pub(crate) end: i64,
}

/// `querier.v1.SeriesResponse`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SeriesResponse {
    #[prost(message, repeated, tag = "2")]
    pub(crate) labels_set: Vec<LabelSet>,
}

/// `querier.v1.SelectSeriesRequest`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SelectSeriesRequest {
    #[prost(string, tag = "1")]
    #[serde(rename = "profileTypeID", alias = "profile_typeID")]
    pub(crate) profile_type: String,
    #[prost(string, tag = "2")]
    pub(crate) label_selector: String,
    #[prost(int64, tag = "3")]
    #[serde(with = "whole")]
    pub(crate) start: i64,
    #[prost(int64, tag = "4")]
    #[serde(with = "whole")]
    pub(crate) end: i64,
    #[prost(string, repeated, tag = "5")]
    pub(crate) group_by: Vec<String>,
    /// In seconds.
    #[prost(double, tag = "6")]
    pub(crate) step: f64,
    /// The most series; 0 for all.
    #[prost(int64, optional, tag = "9")]
    pub(crate) limit: Option<i64>,
}

/// `querier.v1.SelectSeriesResponse`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SelectSeriesResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) series: Vec<SeriesMessage>,
}

/// `types.v1.Series`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SeriesMessage {
    #[prost(message, repeated, tag = "1")]
    pub(crate) labels: Vec<LabelPair>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) points: Vec<Point>,
}

/// `types.v1.Point`.
#[derive(Clone, Copy, PartialEq, Message, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Point {
    #[prost(double, tag = "1")]
    pub(crate) value: f64,
    /// In milliseconds since 1970.
    #[prost(int64, tag = "2")]
    #[serde(with = "whole")]
    pub(crate) timestamp: i64,
}

/// `querier.v1.SelectMergeStacktracesRequest` and `querier.v1.SelectMergeProfileRequest`, whose fields are the first ones
/// of it.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SelectMergeRequest {
    #[prost(string, tag = "1")]
    #[serde(rename = "profileTypeID", alias = "profile_typeID")]
    pub(crate) profile_type: String,
    #[prost(string, tag = "2")]
    pub(crate) label_selector: String,
    #[prost(int64, tag = "3")]
    #[serde(with = "whole")]
    pub(crate) start: i64,
    #[prost(int64, tag = "4")]
    #[serde(with = "whole")]
    pub(crate) end: i64,
    #[prost(int64, optional, tag = "5")]
    pub(crate) max_nodes: Option<i64>,
}

/// `querier.v1.SelectMergeStacktracesResponse`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SelectMergeStacktracesResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) flamegraph: Option<FlameGraph>,
}

/// `querier.v1.FlameGraph`: the tree in levels from the root on, four numbers a node. They are the distance to the node
/// before in units of the value, its total, its own value, and the row of its name.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct FlameGraph {
    #[prost(string, repeated, tag = "1")]
    pub(crate) names: Vec<String>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) levels: Vec<Level>,
    #[prost(int64, tag = "3")]
    #[serde(with = "whole")]
    pub(crate) total: i64,
    #[prost(int64, tag = "4")]
    #[serde(with = "whole")]
    pub(crate) max_self: i64,
}

/// `querier.v1.Level`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Level {
    #[prost(int64, repeated, tag = "1")]
    pub(crate) values: Vec<i64>,
}

/// `querier.v1.DiffRequest`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DiffRequest {
    #[prost(message, optional, tag = "1")]
    pub(crate) left: Option<SelectMergeRequest>,
    #[prost(message, optional, tag = "2")]
    pub(crate) right: Option<SelectMergeRequest>,
}

/// `querier.v1.DiffResponse`.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DiffResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) flamegraph: Option<FlameGraphDiff>,
}

/// `querier.v1.FlameGraphDiff`: as [`FlameGraph`], with seven numbers a node. The first three are those of the left side,
/// the next three those of the right.
#[derive(Clone, PartialEq, Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct FlameGraphDiff {
    #[prost(string, repeated, tag = "1")]
    pub(crate) names: Vec<String>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) levels: Vec<Level>,
    #[prost(int64, tag = "3")]
    #[serde(with = "whole")]
    pub(crate) total: i64,
    #[prost(int64, tag = "4")]
    #[serde(with = "whole")]
    pub(crate) max_self: i64,
    #[prost(int64, tag = "5")]
    #[serde(with = "whole")]
    pub(crate) left_ticks: i64,
    #[prost(int64, tag = "6")]
    #[serde(with = "whole")]
    pub(crate) right_ticks: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_is_the_same_as_protobuf_and_as_json() {
        let request = PushRequest {
            series: vec![RawProfileSeries {
                labels: vec![LabelPair { name: "service_name".to_owned(), value: "api".to_owned() }],
                samples: vec![RawSample { raw_profile: vec![1, 2, 3].into() }],
            }],
        };
        // By hand: field 1 of the request, in it field 1 (a label) and field 2 (a sample).
        let mut label = vec![0x0a, 12];
        label.extend(b"service_name");
        label.extend([0x12, 3]);
        label.extend(b"api");
        let mut series = vec![0x0a, label.len() as u8];
        series.extend(label);
        series.extend([0x12, 5, 0x0a, 3, 1, 2, 3]);
        let mut bytes = vec![0x0a, series.len() as u8];
        bytes.extend(series);
        assert_eq!(request.encode_to_vec(), bytes);
        let json = r#"{"series":[{"labels":[{"name":"service_name","value":"api"}],"samples":[{"rawProfile":"AQID","ID":"x"}]}]}"#;
        assert_eq!(serde_json::from_str::<PushRequest>(json).unwrap(), request);
    }

    #[test]
    fn numbers_of_64_bits_are_texts_in_json() {
        let request: SelectSeriesRequest = serde_json::from_str(
            r#"{"profileTypeID":"p","labelSelector":"{}","start":"1","end":2,"groupBy":["pod"],"step":15}"#,
        )
        .unwrap();
        assert_eq!((request.start, request.end, request.step), (1, 2, 15.0));
        let point = Point { value: 0.5, timestamp: 7 };
        assert_eq!(serde_json::to_string(&point).unwrap(), r#"{"value":0.5,"timestamp":"7"}"#);
    }
}
