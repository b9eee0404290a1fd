//! Which layout a file has.

use super::Layout;
use crate::protobuf::{Broken, Fields, Value, numbers};

/// Whether a file seems to be one of OpenTelemetry, rather than a `profile.proto`.
///
/// Both begin with field 1. A profile holds a `ValueType` there, of two numbers, and this a `ResourceProfiles`, of
/// messages. A dictionary, field 2, may come first, where a profile has a sample.
pub(super) fn is_claimed(head: &[u8]) -> bool {
    let mut rest = head;
    let Some(key) = crate::protobuf::varint(&mut rest) else { return false };
    let Some(length) = crate::protobuf::varint(&mut rest) else { return false };
    let inner = &rest[..usize::try_from(length).unwrap_or(usize::MAX).min(rest.len())];
    match key {
        0x0a => is_resource_profiles(inner),
        0x12 => is_dictionary(inner),
        _ => false,
    }
}

/// A `Resource` or `ScopeProfiles` first, which holds a message or nothing.
fn is_resource_profiles(inner: &[u8]) -> bool {
    let mut rest = inner;
    let Some(0x0a | 0x12) = crate::protobuf::varint(&mut rest) else { return false };
    crate::protobuf::varint(&mut rest)
        .is_some_and(|length| length == 0 || matches!(rest.first(), None | Some(0x0a | 0x12 | 0x10 | 0x18)))
}

/// Tables of messages, of which the first row is often empty.
fn is_dictionary(inner: &[u8]) -> bool {
    let mut rest = inner;
    let Some(0x0a | 0x12 | 0x1a | 0x22 | 0x2a | 0x32 | 0x3a) = crate::protobuf::varint(&mut rest) else {
        return false;
    };
    // A sample begins with packed numbers, which no message of a table looks like.
    let Some(length) = crate::protobuf::varint(&mut rest) else { return false };
    let Some(row) = usize::try_from(length).ok().and_then(|length| rest.get(..length)) else { return false };
    // What follows has to be another row of a table, too.
    let next = rest.get(row.len()).copied();
    Fields::new(row).all(|field| field.is_ok())
        && matches!(next, None | Some(0x0a | 0x12 | 0x1a | 0x22 | 0x2a | 0x32 | 0x3a))
        && (!row.is_empty() || next.is_some())
}

/// The messages in field `wanted` of `message`.
pub(super) fn messages(message: &[u8], wanted: u32) -> Result<Vec<&[u8]>, Broken> {
    let mut found = Vec::new();
    for field in Fields::new(message) {
        if let (number, Value::Bytes(inner)) = field?
            && number == wanted
        {
            found.push(inner);
        }
    }
    Ok(found)
}

/// All profiles of a file.
pub(super) fn profiles(data: &[u8]) -> Result<Vec<&[u8]>, Broken> {
    let mut profiles = Vec::new();
    for resource in messages(data, 1)? {
        for scope in messages(resource, 2)? {
            profiles.extend(messages(scope, 2)?);
        }
    }
    Ok(profiles)
}

/// The sample type that is shown when none is asked for, which an attribute of a scope names; empty when none does.
pub(super) fn default_sample_type(data: &[u8]) -> Result<Vec<u8>, Broken> {
    for resource in messages(data, 1)? {
        for scope in messages(resource, 2)? {
            for scope in messages(scope, 1)? {
                for attribute in messages(scope, 3)? {
                    if messages(attribute, 1)?.first() == Some(&&b"pprof.scope.default_sample_type"[..])
                        && let Some(value) = messages(attribute, 2)?.first()
                        && let Some(kind) = messages(value, 1)?.first()
                    {
                        return Ok(kind.to_vec());
                    }
                }
            }
        }
    }
    Ok(Vec::new())
}

/// Chooses over the whole file, since the layouts share the name of their package.
pub(super) fn layout(data: &[u8]) -> Result<Layout, Broken> {
    let profiles = profiles(data)?;
    for profile in &profiles {
        for field in Fields::new(profile) {
            match field? {
                // Strings, or locations that are messages.
                (10, Value::Bytes(_)) => return Ok(Layout::OwnTables),
                (4, Value::Bytes(inner)) if !inner.is_empty() => return Ok(Layout::OwnTables),
                _ => {}
            }
        }
    }
    let dictionaries = messages(data, 2)?;
    let has_stacks = dictionaries
        .iter()
        .try_fold(false, |has, dictionary| Ok::<bool, Broken>(has || !messages(dictionary, 7)?.is_empty()))?;
    if !has_stacks {
        for profile in &profiles {
            if Fields::new(profile)
                .flatten()
                .any(|(number, value)| number == 3 && matches!(value, Value::Bytes(_)))
            {
                return Ok(Layout::Ranges);
            }
        }
    }
    let attributes = dictionaries
        .iter()
        .map(|dictionary| messages(dictionary, 6).map(|rows| rows.len()))
        .sum::<Result<usize, Broken>>()?;
    let mut are_second_fields_attributes = true;
    for profile in &profiles {
        for sample in messages(profile, 2)? {
            for field in Fields::new(sample) {
                match field? {
                    (4, Value::Bytes(_)) | (3, Value::Varint(_)) => return Ok(Layout::AttributesFirst),
                    (3, Value::Bytes(_)) | (4, Value::Varint(_)) => return Ok(Layout::ValuesFirst),
                    (2, value) => {
                        let mut all = Vec::new();
                        numbers(value, &mut all)?;
                        are_second_fields_attributes &= all.iter().all(|&number| number < attributes as u64);
                    }
                    _ => {}
                }
            }
        }
    }
    Ok(if are_second_fields_attributes { Layout::AttributesFirst } else { Layout::ValuesFirst })
}
