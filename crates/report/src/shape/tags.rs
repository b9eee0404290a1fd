//! Tag values with weights, and free text.

use serde::Serialize;

use super::Header;

/// Tag values with weights.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tags {
    /// The profile.
    pub header: Header,
    /// The keys, in the order of their names.
    pub keys: Vec<TagKey>,
}

/// A key of [`Tags`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagKey {
    /// The key.
    pub key: String,
    /// The weight of the samples that have it.
    pub total: i64,
    /// Its values, the heaviest first.
    pub values: Vec<TagRow>,
}

/// A value of a [`TagKey`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagRow {
    /// The value as text.
    pub value: String,
    /// The weight of the samples that have it.
    pub weight: i64,
}

/// Free text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notes {
    /// One after the other.
    pub notes: Vec<String>,
}
