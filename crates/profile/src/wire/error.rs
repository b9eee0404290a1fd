//! What can be wrong with an encoded profile.

use thiserror::Error;

/// What is wrong with the encoding itself.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum WireError {
    /// A field reaches beyond the end of what holds it.
    #[error("the data ends in the middle of a field")]
    Truncated,
    /// A number of more than ten bytes.
    #[error("a number takes more than ten bytes")]
    LongVarint,
    /// A field number that the encoding does not allow.
    #[error("invalid field number {0}")]
    FieldNumber(u64),
    /// A wire type that the encoding does not have, or has no more.
    #[error("unknown wire type {0}")]
    WireType(u8),
    /// A known field whose wire type is not the one of the schema.
    #[error("field {0} has the wrong wire type")]
    Mismatch(u32),
}

/// Why bytes are not a valid profile.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum DecodeError {
    /// No bytes at all.
    #[error("empty input file")]
    Empty,
    /// Broken encoding.
    #[error("invalid protobuf in {message} near byte {offset}: {source}")]
    Wire {
        /// The message that holds the field.
        message: &'static str,
        /// Byte position of the enclosing top-level field in the decompressed input.
        offset: u64,
        /// What is wrong.
        source: WireError,
    },
    /// Two profiles one after the other, which protobuf would silently mix.
    #[error("concatenated profiles detected")]
    Concatenated,
    /// There is no string table, which even a profile without samples has.
    #[error("the string table is missing")]
    NoStrings,
    /// The string table does not begin with the empty string.
    #[error("string table does not begin with the empty string")]
    FirstString,
    /// A string number outside the string table.
    #[error("{table} refers to string {index}, but the string table has {count} entries")]
    String {
        /// What refers to it, with its id.
        table: String,
        /// The string number.
        index: i64,
        /// The size of the string table.
        count: usize,
    },
    /// A row with the reserved id 0.
    #[error("{table} number {row} has the reserved id 0")]
    ZeroId {
        /// `mapping`, `location` or `function`.
        table: &'static str,
        /// Which row, counted from 0.
        row: usize,
    },
    /// Two rows with the same id.
    #[error("two {table}s have the id {id}")]
    RepeatedId {
        /// `mapping`, `location` or `function`.
        table: &'static str,
        /// The id.
        id: u64,
    },
    /// A sample that refers to no location.
    #[error("sample has nil location: no location has the id {id}")]
    NoLocation {
        /// The missing id.
        id: u64,
    },
    /// A line that refers to no function.
    #[error("location {location} has a line with nil function: no function has the id {id}")]
    NoFunction {
        /// The id of the location.
        location: u64,
        /// The missing id.
        id: u64,
    },
    /// A sample whose number of values is not the number of sample types.
    #[error("mismatch: sample {sample} has {values} values, but there are {types} sample types")]
    Values {
        /// Which sample, counted from 0.
        sample: usize,
        /// Its number of values.
        values: usize,
        /// The number of sample types.
        types: usize,
    },
    /// Samples whose values mean nothing.
    #[error("missing sample type information: there are samples but no sample types")]
    NoSampleTypes,
    /// A table with more rows than 32 bits can number.
    #[error("more than 4294967295 {0}")]
    TooMany(&'static str),
    /// The tables would take more memory than was allowed.
    #[error("needs more than {limit} bytes of memory")]
    Memory {
        /// The limit.
        limit: usize,
    },
}
