//! Machine code as text, the way GNU objdump writes it: `x86-64` in AT&T or Intel syntax, and `aarch64`.
//!
//! The decoders are those of `iced-x86` and `yaxpeax-arm`; the text is ours where theirs differs from
//! objdump's. Code comes as bytes and an address, names come from a closure.
//!
//! ```
//! use hotlist_disassemble::{InstructionSet, Disassembler, Syntax};
//!
//! let disassembler = Disassembler::new(InstructionSet::X86_64, Syntax::Att);
//! let code = [0x55, 0x48, 0x89, 0xe5, 0xe8, 0x06, 0x00, 0x00, 0x00];
//! let lines: Vec<String> =
//!     disassembler.instructions(&code, 0x1000, &|_| None).map(|instruction| instruction.text).collect();
//! assert_eq!(lines, ["push   %rbp", "mov    %rsp,%rbp", "call   100f"]);
//! ```

mod aarch64;
mod x86;

use std::borrow::Cow;

/// An instruction set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstructionSet {
    /// 64-bit x86.
    X86_64,
    /// 64-bit ARM, little endian.
    Aarch64,
}

/// A way to write instructions of x86; the others have one only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Syntax {
    /// Sources before destinations, registers with a percent sign.
    #[default]
    Att,
    /// Destinations first.
    Intel,
}

/// An instruction, or a byte that begins none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// Where it stands.
    pub address: u64,
    /// How many bytes it takes.
    pub length: u8,
    /// Mnemonic and operands as objdump writes them, with names for addresses; `(bad)` or `.inst …`
    /// where the bytes are no instruction.
    pub text: String,
    /// Where it jumps to or what it calls, when that stands in the instruction.
    pub target: Option<u64>,
}

/// A name and the address that has it, for an address at or after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressName<'s> {
    /// The name.
    pub name: Cow<'s, str>,
    /// What it names.
    pub address: u64,
}

/// Names addresses.
pub type Lookup<'s> = dyn Fn(u64) -> Option<AddressName<'s>> + 's;

/// Turns bytes into instructions.
#[derive(Debug, Clone, Copy)]
pub struct Disassembler {
    set: InstructionSet,
    syntax: Syntax,
}

impl Disassembler {
    /// One for this instruction set and syntax.
    pub fn new(set: InstructionSet, syntax: Syntax) -> Disassembler {
        Disassembler { set, syntax }
    }

    /// The instructions of `code`, whose first byte stands at `address`. Addresses in them are named by
    /// `lookup`.
    ///
    /// The lengths of all instructions add up to that of `code`: what is none is passed over byte by byte,
    /// or word by word.
    pub fn instructions<'c>(
        &self,
        code: &'c [u8],
        address: u64,
        lookup: &'c Lookup<'c>,
    ) -> Box<dyn Iterator<Item = Instruction> + 'c> {
        match self.set {
            InstructionSet::X86_64 => Box::new(x86::Instructions::new(code, address, self.syntax, lookup)),
            InstructionSet::Aarch64 => Box::new(aarch64::Instructions::new(code, address, lookup)),
        }
    }
}

/// `1234 <main+0x10>`, or the address alone when it has no name.
fn named_address(address: u64, lookup: &Lookup<'_>) -> String {
    match lookup(address) {
        None => format!("{address:x}"),
        Some(AddressName { name, address: start }) if start == address => format!("{address:x} <{name}>"),
        Some(AddressName { name, address: start }) if start < address => {
            format!("{address:x} <{name}+{:#x}>", address - start)
        }
        Some(AddressName { name, address: start }) => format!("{address:x} <{name}-{:#x}>", start - address),
    }
}

/// `mnemonic operands` with the operands in the column where objdump begins them.
fn columns(mnemonic: &str, operands: &str) -> String {
    if operands.is_empty() { mnemonic.to_owned() } else { format!("{mnemonic:<6} {operands}") }
}
