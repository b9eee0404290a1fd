//! Source code with weights.

use serde::Serialize;

use super::{Header, LineInstruction};

/// Source code with weights.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listing {
    /// The profile.
    pub header: Header,
    /// The functions that were asked for.
    pub routines: Vec<Routine>,
    /// Why instructions that were asked for are not here, for each file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// A function of a [`Listing`] in one of its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Routine {
    /// Function name.
    pub name: String,
    /// The file as the profile calls it; `None` when it names none.
    pub file: Option<String>,
    /// Own weight.
    pub flat: i64,
    /// Weight with callees.
    pub cum: i64,
    /// The lines with weights and those around them, in the order of their numbers. Unless means are shown, their own
    /// weights sum to that of the function.
    pub lines: Vec<ListedLine>,
    /// Whether machine code is said to be of this function, and of none of its lines: all are before it begins or have
    /// no number. Text leaves them out, as pprof does; a warning says what each weighs.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub misplaced: bool,
    /// Why the lines are without text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Which file was shown, where it is not the one that the profile names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found_at: Option<String>,
    /// What casts doubt on what is shown: a file that is shorter than the profile says, or newer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A line of source code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedLine {
    /// Line number; below 1 where the profile names no line.
    pub number: i64,
    /// What is special about where it is.
    #[serde(skip_serializing_if = "LineMark::is_regular")]
    pub mark: LineMark,
    /// Own weight.
    pub flat: i64,
    /// Weight with callees.
    pub cum: i64,
    /// The code; empty where the file is not at hand or has no such line.
    pub text: String,
    /// Its instructions, in the order of their addresses; only where they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instructions: Vec<LineInstruction>,
}

/// What is special about where a line with a weight is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineMark {
    /// Nothing.
    #[default]
    Regular,
    /// It is in the file before the first line of the function, as initializers of packages are.
    BeforeFunction,
    /// The file has no such line.
    BeyondFile,
    /// Its number is no line number.
    NoLine,
}

impl LineMark {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    fn is_regular(&self) -> bool {
        *self == LineMark::Regular
    }
}
