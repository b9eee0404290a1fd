//! Why a pattern was refused, in the words of Go's `regexp`.

/// A pattern that could not be compiled.
///
/// The display form is the one that Go's `regexp.Compile` reports, which pprof shows to its users.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("error parsing regexp: {kind}: `{fragment}`")]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// The part of the pattern that is at fault; the whole pattern where no part can be named.
    pub fragment: String,
}

/// The kinds of mistake that Go's `regexp/syntax` tells apart.
///
/// Its "invalid UTF-8" is absent, because patterns are `&str` here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A reversed range such as `[z-a]`, or an unknown class name such as `[[:word1:]]` or `\p{Nope}`.
    #[error("invalid character class range")]
    InvalidClassRange,
    /// A backslash before a letter or digit that has no meaning there.
    #[error("invalid escape sequence")]
    InvalidEscape,
    /// A group name that is empty, unclosed, or not made of ASCII letters, digits and underscores.
    #[error("invalid named capture")]
    InvalidNamedCapture,
    /// An unknown `(?...)` construct, such as look-around.
    #[error("invalid or unsupported Perl syntax")]
    InvalidPerlSyntax,
    /// A repetition of a repetition, such as `a**`.
    #[error("invalid nested repetition operator")]
    InvalidRepeatOperator,
    /// A count above 1000, reversed bounds, or nested counts that multiply to more than 1000.
    #[error("invalid repeat count")]
    InvalidRepeatCount,
    /// A `[` without its `]`.
    #[error("missing closing ]")]
    MissingBracket,
    /// A `(` without its `)`.
    #[error("missing closing )")]
    MissingParenthesis,
    /// A repetition with nothing to repeat.
    #[error("missing argument to repetition operator")]
    MissingRepeatArgument,
    /// A pattern that ends in a lone backslash.
    #[error("trailing backslash at end of expression")]
    TrailingBackslash,
    /// A `)` without its `(`.
    #[error("unexpected )")]
    UnexpectedParenthesis,
    /// Groups and operators nested more than 1000 deep.
    #[error("expression nests too deeply")]
    NestsTooDeeply,
    /// A pattern whose automaton would exceed the size limits of Go or of this crate.
    #[error("expression too large")]
    TooLarge,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, fragment: &str) -> Error {
        Error { kind, fragment: fragment.to_owned() }
    }
}
