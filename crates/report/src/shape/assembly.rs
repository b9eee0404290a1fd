//! Shapes of machine code: assembly, and the instructions of a source line.

use serde::Serialize;

use super::Header;
use super::place::is_zero;

/// Functions as instructions with weights.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Assembly {
    /// The profile.
    pub header: Header,
    /// The functions that were asked for.
    pub routines: Vec<MachineRoutine>,
}

/// A function of an [`Assembly`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MachineRoutine {
    /// Its name.
    pub name: String,
    /// Its other names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// The functions for which it is shown, where they were inlined into it. Then only their instructions
    /// are here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inlined: Vec<String>,
    /// The file that holds it.
    pub object: String,
    /// Weight of the samples that were taken in it.
    pub flat: i64,
    /// Weight of the samples that pass through it, each once.
    pub cum: i64,
    /// Its instructions.
    pub instructions: Vec<WeighedInstruction>,
}

/// An instruction of a [`MachineRoutine`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WeighedInstruction {
    /// Its address in the file.
    pub address: u64,
    /// Weight of the samples that were taken at it.
    pub flat: i64,
    /// Weight of the samples that were taken in what it calls, too.
    pub cum: i64,
    /// Mnemonic and operands.
    pub text: String,
    /// The function it comes from, inlined or not; empty when unknown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub function: String,
    /// The source file it comes from.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The line it comes from.
    #[serde(skip_serializing_if = "is_zero")]
    pub line: i64,
    /// Where in the file it jumps to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<u64>,
}

/// An instruction below a line of source code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineInstruction {
    /// Its address in the file; 0 when the profile tells none.
    pub address: u64,
    /// Weight of the samples that were taken at it.
    pub flat: i64,
    /// Weight of the samples that were taken in what it calls, too.
    pub cum: i64,
    /// Mnemonic and operands; empty when the code is not at hand.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The inlined calls that lead from the line to it, the outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<InlinedCall>,
    /// Whether it does not follow the instruction before it in memory.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub begins_block: bool,
}

/// A place in a function that was inlined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InlinedCall {
    /// The function.
    pub function: String,
    /// Its source file.
    pub file: String,
    /// The line.
    pub line: i64,
    /// The code of that line, where it is at hand.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
}
