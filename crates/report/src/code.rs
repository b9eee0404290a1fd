//! Machine code, asked for by the addresses and mappings of a profile.

use std::ops::Range;
use std::sync::Arc;

use thiserror::Error;

use crate::source::SourceFile;

/// Where machine code comes from. Reports never open files themselves.
///
/// All addresses are those of the profiled process, unless a field says otherwise.
pub trait ObjectCode {
    /// The functions in the file of `mapped` that have a name for which `query` asks, or hold one of its
    /// addresses; in the order of their addresses.
    ///
    /// # Errors
    /// When the file is not found, is not the right one, or cannot be read.
    fn functions(
        &self,
        mapped: &MappedFile,
        query: &FunctionQuery<'_>,
    ) -> Result<Vec<MachineFunction>, CodeError>;

    /// The instructions in `range`, with the source positions of each.
    ///
    /// # Errors
    /// As of [`functions`](Self::functions), and when the code is for an unknown processor.
    fn instructions(
        &self,
        mapped: &MappedFile,
        range: Range<u64>,
        intel_syntax: bool,
    ) -> Result<Vec<MachineInstruction>, CodeError>;

    /// The source file at `path` as the file of `mapped` brings it along; `None` where it does not.
    fn source(&self, mapped: &MappedFile, path: &str) -> Option<Arc<SourceFile>> {
        let _ = (mapped, path);
        None
    }

    /// When the file of `mapped` was last written, in seconds since the Unix epoch; `None` when unknown.
    fn built(&self, mapped: &MappedFile) -> Option<i64> {
        let _ = mapped;
        None
    }
}

/// A file and where it was mapped.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct MappedFile {
    /// Its path, or a name such as `[vdso]`.
    pub path: String,
    /// What identifies its build, in hexadecimal digits; empty when unknown.
    pub build_id: String,
    /// First address.
    pub start: u64,
    /// One past the last address.
    pub limit: u64,
    /// Where in the file the range begins.
    pub offset: u64,
}

/// Which functions are wanted.
pub struct FunctionQuery<'a> {
    /// Those with one of these names, which may be mangled or not.
    pub matches: &'a dyn Fn(&str) -> bool,
    /// Those that hold one of these addresses, in ascending order.
    pub addresses: &'a [u64],
    /// Those that hold this address, of the process or of the file.
    pub either: Option<u64>,
}

/// A function of a symbol table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineFunction {
    /// Its names, the one to show first.
    pub names: Vec<String>,
    /// Whether it is wanted for its own name, or for [`FunctionQuery::either`].
    pub matches: bool,
    /// Its addresses.
    pub range: Range<u64>,
}

/// An instruction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MachineInstruction {
    /// Its first address.
    pub address: u64,
    /// Its first address in the file, which is what reports show.
    pub file_address: u64,
    /// Its number of bytes.
    pub length: u8,
    /// Mnemonic and operands.
    pub text: String,
    /// Where in the file it jumps to.
    pub target: Option<u64>,
    /// The source positions of it, the innermost inlined call first; empty when unknown.
    pub frames: Vec<CodeFrame>,
}

impl MachineInstruction {
    /// The addresses of its bytes.
    pub fn addresses(&self) -> Range<u64> {
        self.address..self.address.saturating_add(u64::from(self.length))
    }
}

/// A function and a place in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CodeFrame {
    /// Its name for people; empty when unknown.
    pub function: String,
    /// Its name for the linker.
    pub system_name: String,
    /// The source file; empty when unknown.
    pub file: String,
    /// The line; 0 when unknown.
    pub line: i64,
}

/// Why there is no code to show.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("{0}")]
pub struct CodeError(pub String);

/// No code at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCode;

impl ObjectCode for NoCode {
    fn functions(&self, file: &MappedFile, _: &FunctionQuery<'_>) -> Result<Vec<MachineFunction>, CodeError> {
        Err(CodeError(format!("{}: not available", file.path)))
    }

    fn instructions(
        &self,
        file: &MappedFile,
        _: Range<u64>,
        _: bool,
    ) -> Result<Vec<MachineInstruction>, CodeError> {
        Err(CodeError(format!("{}: not available", file.path)))
    }
}
