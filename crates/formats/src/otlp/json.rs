//! The JSON form of the newest layouts: keys in camel case, numbers of 64 bits as texts.

use serde::{Deserialize, Deserializer, de};

use super::model::{
    Attribute, AttributeValue, Document, FunctionRow, Key, LineRow, LocationRow, MappingRow, OneProfile,
    SampleRow, Stack, Tables, TypeRow,
};
use crate::error::Malformed;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct File {
    resource_profiles: Vec<ResourceProfiles>,
    dictionary: Dictionary,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ResourceProfiles {
    scope_profiles: Vec<ScopeProfiles>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ScopeProfiles {
    scope: Scope,
    profiles: Vec<JsonProfile>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Scope {
    attributes: Vec<ScopeAttribute>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ScopeAttribute {
    key: String,
    value: JsonValue,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct JsonProfile {
    sample_type: JsonType,
    samples: Vec<JsonSample>,
    time_unix_nano: Number,
    duration_nano: Number,
    period_type: JsonType,
    period: Number,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "camelCase", default)]
struct JsonType {
    type_strindex: u64,
    unit_strindex: u64,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct JsonSample {
    stack_index: u64,
    values: Vec<Number>,
    attribute_indices: Vec<u64>,
    timestamps_unix_nano: Vec<Number>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Dictionary {
    mapping_table: Vec<JsonMapping>,
    location_table: Vec<JsonLocation>,
    function_table: Vec<JsonFunction>,
    string_table: Vec<String>,
    attribute_table: Vec<JsonAttribute>,
    stack_table: Vec<JsonStack>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct JsonMapping {
    memory_start: Number,
    memory_limit: Number,
    file_offset: Number,
    filename_strindex: u64,
    attribute_indices: Vec<u64>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct JsonLocation {
    mapping_index: u64,
    address: Number,
    #[serde(alias = "line")]
    lines: Vec<JsonLine>,
    attribute_indices: Vec<u64>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct JsonLine {
    function_index: u64,
    line: Number,
    column: Number,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct JsonFunction {
    name_strindex: u64,
    system_name_strindex: u64,
    filename_strindex: u64,
    start_line: Number,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct JsonStack {
    location_indices: Vec<u64>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct JsonAttribute {
    key_strindex: u64,
    value: JsonValue,
    unit_strindex: u64,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct JsonValue {
    string_value: Option<String>,
    bool_value: Option<bool>,
    int_value: Option<Number>,
    double_value: Option<f64>,
    array_value: Option<JsonArray>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct JsonArray {
    values: Vec<JsonValue>,
}

impl JsonValue {
    fn read(self) -> AttributeValue {
        match self {
            JsonValue { string_value: Some(text), .. } => AttributeValue::Text(text.into_bytes()),
            JsonValue { int_value: Some(number), .. } => AttributeValue::Number(number.0 as i64),
            JsonValue { bool_value: Some(flag), .. } => AttributeValue::Text(flag.to_string().into_bytes()),
            JsonValue { double_value: Some(number), .. } => {
                AttributeValue::Text(number.to_string().into_bytes())
            }
            JsonValue { array_value: Some(array), .. } => {
                AttributeValue::Several(array.values.into_iter().map(JsonValue::read).collect())
            }
            _ => AttributeValue::None,
        }
    }
}

/// A number of 64 bits, as a number or as text; its bits.
#[derive(Clone, Copy, Default)]
struct Number(u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Number;
            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("a number of 64 bits")
            }
            fn visit_u64<E>(self, value: u64) -> Result<Number, E> {
                Ok(Number(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Number, E> {
                Ok(Number(value as u64))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
                let parsed = text.parse::<u64>().or_else(|_| text.parse::<i64>().map(|value| value as u64));
                parsed.map(Number).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

pub(super) fn decode(data: &[u8]) -> Result<Document, Malformed> {
    let file: File = crate::json::decode(data)?;
    let type_row = |of: JsonType| TypeRow { kind: of.type_strindex, unit: of.unit_strindex };
    let profile = |profile: JsonProfile| OneProfile {
        tables: 0,
        types: vec![type_row(profile.sample_type)],
        samples: profile
            .samples
            .into_iter()
            .map(|sample| SampleRow {
                stack: Stack::Row(sample.stack_index),
                values: sample.values.into_iter().map(|value| value.0 as i64).collect(),
                attributes: sample.attribute_indices,
                timestamps: sample.timestamps_unix_nano.into_iter().map(|time| time.0).collect(),
            })
            .collect(),
        time: profile.time_unix_nano.0,
        duration: profile.duration_nano.0,
        period_type: type_row(profile.period_type),
        period: profile.period.0 as i64,
    };
    let scopes: Vec<ScopeProfiles> =
        file.resource_profiles.into_iter().flat_map(|resource| resource.scope_profiles).collect();
    let mut attributes = scopes.iter().flat_map(|scope| &scope.scope.attributes);
    let default_type = attributes
        .find(|attribute| attribute.key == "pprof.scope.default_sample_type")
        .and_then(|attribute| attribute.value.string_value.clone())
        .unwrap_or_default()
        .into_bytes();
    let profiles = scopes.into_iter().flat_map(|scope| scope.profiles).map(profile).collect();
    Ok(Document { profiles, tables: vec![tables(file.dictionary)], default_type })
}

fn tables(dictionary: Dictionary) -> Tables {
    Tables {
        strings: dictionary.string_table.into_iter().map(String::into_bytes).collect(),
        mappings: dictionary
            .mapping_table
            .into_iter()
            .map(|row| MappingRow {
                start: row.memory_start.0,
                limit: row.memory_limit.0,
                offset: row.file_offset.0,
                filename: row.filename_strindex,
                attributes: row.attribute_indices,
            })
            .collect(),
        locations: dictionary
            .location_table
            .into_iter()
            .map(|row| LocationRow {
                mapping: row.mapping_index,
                address: row.address.0,
                lines: row
                    .lines
                    .into_iter()
                    .map(|line| LineRow {
                        function: line.function_index,
                        line: line.line.0 as i64,
                        column: line.column.0 as i64,
                    })
                    .collect(),
                attributes: row.attribute_indices,
            })
            .collect(),
        functions: dictionary
            .function_table
            .into_iter()
            .map(|row| FunctionRow {
                name: row.name_strindex,
                system_name: row.system_name_strindex,
                filename: row.filename_strindex,
                start_line: row.start_line.0 as i64,
            })
            .collect(),
        attributes: dictionary
            .attribute_table
            .into_iter()
            .map(|row| Attribute {
                key: Key::Row(row.key_strindex),
                value: row.value.read(),
                unit: row.unit_strindex,
            })
            .collect(),
        stacks: dictionary.stack_table.into_iter().map(|stack| stack.location_indices).collect(),
    }
}
