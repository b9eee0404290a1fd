//! The flags that `(?ims U)` sets and clears.

use super::{error_between, next_character};
use crate::error::{Error, ErrorKind};

/// The state of the flags at one place in a pattern.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    /// `i`: letters match in either case.
    pub(super) fold_case: bool,
    /// `m`: `^` and `$` match at lines too.
    pub(super) multi_line: bool,
    /// `s`: `.` matches a line feed too.
    pub(super) dot_matches_newline: bool,
    /// `U`: `*` and its kin prefer fewer, `*?` and its kin prefer more.
    pub(super) swap_greed: bool,
}

/// What a `(?flags` construct asks for.
pub(super) struct Change<'s> {
    pub(super) flags: Flags,
    /// It ended in `:`, so the flags hold for a new group rather than for the rest of the present one.
    pub(super) opens_group: bool,
    pub(super) rest: &'s str,
}

/// Reads `(?flags)` or `(?flags:` at `start`.
pub(super) fn parse(start: &str, mut flags: Flags) -> Result<Change<'_>, Error> {
    let mut rest = &start["(?".len()..];
    let mut value = true;
    // A minus must be followed by a flag, but `(?)` and `(?:` are fine.
    let mut complete = true;
    while !rest.is_empty() {
        let (character, after) = next_character(rest);
        rest = after;
        match character {
            'i' => flags.fold_case = value,
            'm' => flags.multi_line = value,
            's' => flags.dot_matches_newline = value,
            'U' => flags.swap_greed = value,
            '-' if value => {
                value = false;
                complete = false;
                continue;
            }
            ':' | ')' if complete => {
                return Ok(Change { flags, opens_group: character == ':', rest });
            }
            _ => break,
        }
        complete = true;
    }
    Err(error_between(ErrorKind::InvalidPerlSyntax, start, rest))
}
