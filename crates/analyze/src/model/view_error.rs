//! Why a view has no answer.

use thiserror::Error;

/// Why there is no answer.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ViewError {
    /// The profile has no sample types.
    #[error("profile has no samples")]
    NoSampleTypes,
    /// A sample type number that is too high or negative.
    #[error("sample_index {index} is outside the range [0..{last}]")]
    SampleIndexRange {
        /// What was asked for.
        index: String,
        /// The highest number.
        last: usize,
    },
    /// A sample type that the profile does not have.
    #[error("sample_index {index:?} must be one of: [{}]", kinds.join(" "))]
    SampleIndexName {
        /// What was asked for.
        index: String,
        /// What there is.
        kinds: Vec<String>,
    },
    /// The sum of the values needs more than 64 bits.
    #[error("the sum of the {kind} values does not fit in 64 bits")]
    Overflow {
        /// The sample type.
        kind: String,
    },
    /// More frames than 32 bits can number.
    #[error("the stacks have more than 4294967295 frames")]
    TooManyFrames,
}
