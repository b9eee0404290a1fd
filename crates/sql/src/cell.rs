//! The value in a row and column of a table.

use std::borrow::Cow;

use rusqlite::types::{ToSqlOutput, ValueRef};

/// The value in a row and column of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Integer(i64),
    Text(Cow<'a, str>),
}

impl<'a> Cell<'a> {
    pub(crate) fn text(text: impl Into<Cow<'a, str>>) -> Cell<'a> {
        Cell::Text(text.into())
    }

    /// Row numbers and counts, which have 32 bits.
    pub(crate) fn count(number: usize) -> Cell<'a> {
        Cell::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }

    /// Addresses; those of the upper half are negative, as SQLite has no integers without a sign.
    pub(crate) fn address(address: u64) -> Cell<'a> {
        Cell::Integer(address.cast_signed())
    }

    pub(crate) fn to_sql(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Borrowed(match self {
            Cell::Null => ValueRef::Null,
            Cell::Integer(number) => ValueRef::Integer(*number),
            Cell::Text(text) => ValueRef::Text(text.as_bytes()),
        })
    }
}
