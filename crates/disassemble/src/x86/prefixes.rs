//! Prefix bytes that have no effect on an instruction, which objdump writes before the mnemonic.

use iced_x86::{Decoder, DecoderOptions, Instruction, Mnemonic, OpKind, Register};

/// The longest instruction.
const LONGEST: usize = 15;

/// The names of the prefixes of `decoded`, whose bytes are `bytes`, that its mnemonic and operands do not
/// tell; each with a space behind it.
pub(super) fn unused(decoded: &Instruction, bytes: &[u8]) -> String {
    let count = bytes.iter().take_while(|&&byte| is_legacy(byte)).count();
    let rex = bytes.get(count).copied().filter(|byte| (0x40..0x50).contains(byte));
    let mut names = String::new();
    if count == 0 && rex.is_none() {
        return names;
    }
    for (row, &byte) in bytes[..count].iter().enumerate() {
        // Of several of a kind the last one counts.
        let last = !bytes[row + 1..count].iter().any(|&later| group(later) == group(byte));
        if let Some(name) = name(decoded, bytes, row, last) {
            names.push_str(name);
            names.push(' ');
        }
    }
    if let Some(rex) = rex
        && is_same(decoded, bytes, count)
    {
        names.push_str("rex");
        if rex & 15 != 0 {
            names.push('.');
            for (bit, letter) in [(8, 'W'), (4, 'R'), (2, 'X'), (1, 'B')] {
                if rex & bit != 0 {
                    names.push(letter);
                }
            }
        }
        names.push(' ');
    }
    names
}

/// Whether this is one of the string instructions that `rep` repeats without a condition.
fn is_string_move(decoded: &Instruction) -> bool {
    use Mnemonic::*;
    is_string(decoded)
        && !matches!(decoded.mnemonic(), Cmpsb | Cmpsw | Cmpsd | Cmpsq | Scasb | Scasw | Scasd | Scasq)
}

/// Whether this is one of the instructions on strings. Some of SSE have the same mnemonics.
pub(super) fn is_string(decoded: &Instruction) -> bool {
    use OpKind::*;
    (0..decoded.op_count()).any(|operand| {
        matches!(
            decoded.op_kind(operand),
            MemorySegSI | MemorySegESI | MemorySegRSI | MemoryESDI | MemoryESEDI | MemoryESRDI
        )
    })
}

/// `{vex}` for instructions of AVX-512 that some processors have in the older encoding too, in which assemblers write
/// them only when told so.
pub(super) fn encoding(decoded: &Instruction, bytes: &[u8]) -> &'static str {
    use Mnemonic::{Vcvtneps2bf16, Vpdpbusd, Vpdpbusds, Vpdpwssd, Vpdpwssds, Vpmadd52huq, Vpmadd52luq};
    let is_both = matches!(
        decoded.mnemonic(),
        Vpmadd52luq | Vpmadd52huq | Vpdpbusd | Vpdpbusds | Vpdpwssd | Vpdpwssds | Vcvtneps2bf16
    );
    let first = bytes.iter().find(|&&byte| !is_legacy(byte));
    if is_both && matches!(first, Some(0xc4 | 0xc5)) { "{vex} " } else { "" }
}

/// Whether this is one of the instructions of VIA's security engine, which are repeated.
fn is_security(decoded: &Instruction) -> bool {
    use Mnemonic::{Montmul, Xcryptcbc, Xcryptcfb, Xcryptctr, Xcryptecb, Xcryptofb, Xsha1, Xsha256, Xstore};
    matches!(
        decoded.mnemonic(),
        Montmul | Xcryptcbc | Xcryptcfb | Xcryptctr | Xcryptecb | Xcryptofb | Xsha1 | Xsha256 | Xstore
    )
}

/// The hint on a conditional jump.
pub(super) fn hint(decoded: &Instruction) -> &'static str {
    match decoded.segment_prefix() {
        Register::CS if is_conditional(decoded) => ",pn",
        Register::DS if is_conditional(decoded) => ",pt",
        _ => "",
    }
}

fn is_conditional(decoded: &Instruction) -> bool {
    decoded.op_count() == 1
        && is_near(decoded.op0_kind())
        && !matches!(decoded.mnemonic(), Mnemonic::Call | Mnemonic::Jmp)
}

fn is_near(kind: OpKind) -> bool {
    matches!(kind, OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64)
}

fn is_legacy(byte: u8) -> bool {
    matches!(byte, 0x26 | 0x2e | 0x36 | 0x3e | 0x64 | 0x65 | 0x66 | 0x67 | 0xf0 | 0xf2 | 0xf3)
}

/// Prefixes with the same number exclude each other.
fn group(byte: u8) -> u8 {
    match byte {
        0xf0 => 0,
        0xf2 | 0xf3 => 1,
        0x66 => 2,
        0x67 => 3,
        _ => 4,
    }
}

/// What objdump calls the prefix in `row`, when it stands before the mnemonic.
fn name(decoded: &Instruction, bytes: &[u8], row: usize, last: bool) -> Option<&'static str> {
    let is_direct = decoded.op_count() > 0 && is_near(decoded.op0_kind());
    let is_indirect = matches!(decoded.mnemonic(), Mnemonic::Call | Mnemonic::Jmp) && !is_direct;
    let is_branch = is_direct || is_indirect || decoded.mnemonic() == Mnemonic::Ret;
    Some(match bytes[row] {
        0xf0 => "lock",
        0xf3 if last && is_string_move(decoded) => "rep",
        0xf3 if last && decoded.has_xrelease_prefix() => "xrelease",
        0xf2 if last && decoded.has_xacquire_prefix() => "xacquire",
        0xf2 if last && is_branch => "bnd",
        0xf3 if last && (is_string(decoded) || is_security(decoded)) => "repz",
        0xf2 if last && is_string(decoded) => "repnz",
        0xf3 if !last || is_same(decoded, bytes, row) => "repz",
        0xf2 if !last || is_same(decoded, bytes, row) => "repnz",
        0x66 if !last || is_same(decoded, bytes, row) => "data16",
        0x67 if !last || is_same(decoded, bytes, row) => "addr32",
        0x2e | 0x3e if last && is_direct && is_conditional(decoded) => return None,
        0x2e => "cs",
        0x36 => "ss",
        0x26 => "es",
        0x3e if is_indirect => "notrack",
        0x3e => "ds",
        0x64 if !last || !names_segment(decoded, Register::FS) => "fs",
        0x65 if !last || !names_segment(decoded, Register::GS) => "gs",
        _ => return None,
    })
}

/// Whether an operand of `decoded` is written with this segment.
fn names_segment(decoded: &Instruction, segment: Register) -> bool {
    decoded.segment_prefix() == segment
        && (0..decoded.op_count()).any(|operand| {
            use OpKind::*;
            matches!(decoded.op_kind(operand), Memory | MemorySegSI | MemorySegESI | MemorySegRSI)
        })
        && decoded.mnemonic() != Mnemonic::Lea
        && decoded.mnemonic() != Mnemonic::Nop
}

/// Whether the instruction is the same without the byte in `row` and the prefixes equal to it.
fn is_same(decoded: &Instruction, bytes: &[u8], row: usize) -> bool {
    let mut shorter = [0; LONGEST];
    let mut length = 0;
    for (other, &byte) in bytes.iter().take(LONGEST).enumerate() {
        if other > row || byte != bytes[row] {
            shorter[length] = byte;
            length += 1;
        }
    }
    let removed = bytes.len() - length;
    let address = decoded.ip().wrapping_add(removed as u64);
    let other = Decoder::with_ip(64, &shorter[..length], address, DecoderOptions::NONE).decode();
    other.code() == decoded.code()
        && other.len() == length
        && other.memory_base() == decoded.memory_base()
        && other.memory_index() == decoded.memory_index()
        && (0..other.op_count()).all(|operand| {
            other.op_kind(operand) == decoded.op_kind(operand)
                && other.op_register(operand) == decoded.op_register(operand)
        })
}
