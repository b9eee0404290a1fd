//! aarch64: the decoder and the aliases of `yaxpeax-arm`, with numbers, conditions and targets brought to
//! the text of GNU objdump 2.40.
//!
//! The decoder knows nothing of scalable vectors (SVE) and matrices (SME); these come as `.inst` and say so.

use std::borrow::Cow;

use yaxpeax_arch::{Decoder, U8Reader};
use yaxpeax_arm::armv8::a64::{InstDecoder, Instruction as Decoded, Opcode, Operand};

use crate::{Instruction, Lookup, named_address};

/// Runs through code.
pub(crate) struct Instructions<'c> {
    code: &'c [u8],
    address: u64,
    lookup: &'c Lookup<'c>,
}

impl<'c> Instructions<'c> {
    pub(crate) fn new(code: &'c [u8], address: u64, lookup: &'c Lookup<'c>) -> Self {
        Instructions { code, address, lookup }
    }
}

impl Iterator for Instructions<'_> {
    type Item = Instruction;

    fn next(&mut self) -> Option<Instruction> {
        let address = self.address;
        let Some((word, rest)) = self.code.split_first_chunk::<4>() else {
            let (&byte, rest) = self.code.split_first()?;
            self.code = rest;
            self.address = address.wrapping_add(1);
            return Some(Instruction {
                address,
                length: 1,
                text: format!(".byte\t{byte:#04x}"),
                target: None,
            });
        };
        self.code = rest;
        self.address = address.wrapping_add(4);
        let number = u32::from_le_bytes(*word);
        let (text, target) = match InstDecoder::default().decode(&mut U8Reader::new(word)) {
            Ok(decoded) => text(&decoded, number, address, self.lookup),
            Err(_) if number >> 16 == 0 => (format!("udf\t#{number}"), None),
            Err(_) => (format!(".inst\t{number:#010x} ; {}", unknown(number)), None),
        };
        Some(Instruction { address, length: 4, text, target })
    }
}

/// Why an instruction has no text, by its main group (Arm Architecture Reference Manual, C4.1).
fn unknown(word: u32) -> &'static str {
    match word >> 25 & 0xf {
        0b0000 if word >> 31 == 1 => "scalable matrices (SME) are not decoded",
        0b0010 => "scalable vectors (SVE) are not decoded",
        _ => "undefined",
    }
}

fn text(decoded: &Decoded, word: u32, address: u64, lookup: &Lookup<'_>) -> (String, Option<u64>) {
    if decoded.opcode == Opcode::UDF && word >> 16 != 0 {
        return (format!(".inst\t{word:#010x} ; undefined"), None);
    }
    if let Some(text) = other_alias(word) {
        return (text, None);
    }
    let written = decoded.to_string();
    let (mnemonic, operands) = written.split_once(' ').unwrap_or((&written, ""));
    let mnemonic = if mnemonic == "mov" && is_orr_of_wide_move(word) { "orr" } else { mnemonic };
    let mnemonic = if mnemonic == "mov" && word & 0xbfe0_fc00 == 0x0e00_0400 { "dup" } else { mnemonic };
    let operands = &match mnemonic {
        "orr" if operands.matches(',').count() == 1 => {
            let zero = if word >> 31 == 1 { ", xzr," } else { ", wzr," };
            Cow::Owned(operands.replacen(',', zero, 1))
        }
        _ => Cow::Borrowed(operands),
    };
    let mut comment = String::new();
    let mnemonic = match mnemonic.strip_prefix("b.") {
        None => mnemonic.to_owned(),
        Some(condition) => {
            let condition = condition_name(condition);
            let others: Vec<String> = other_names(condition).iter().map(|name| format!("b.{name}")).collect();
            if !others.is_empty() {
                comment = format!("  // {}", others.join(", "));
            }
            format!("b.{condition}")
        }
    };
    let mut target = None;
    let mut out = String::new();
    let parts = split_operands(operands);
    for (row, part) in parts.iter().enumerate() {
        if row != 0 {
            out.push_str(", ");
        }
        if let Some(offset) = pc_offset(decoded).filter(|_| part.starts_with('$')) {
            let base = if decoded.opcode == Opcode::ADRP { address & !0xfff } else { address };
            let to = base.wrapping_add(offset as u64);
            if !matches!(decoded.opcode, Opcode::ADR | Opcode::ADRP | Opcode::LDR | Opcode::LDRSW) {
                target = Some(to);
            }
            out.push_str(&named_address(to, lookup));
        } else if row + 1 == parts.len() && row > 0 && is_condition(part) {
            let condition = condition_name(part);
            out.push_str(condition);
            let others = other_names(condition);
            if !others.is_empty() {
                comment = format!("\t// {condition} = {}", others.join(", "));
            }
        } else {
            out.push_str(&operand(&mnemonic, part, row, &parts, &mut comment, word));
        }
    }
    let text = if out.is_empty() { mnemonic } else { format!("{mnemonic}\t{out}{comment}") };
    (text, target)
}

fn pc_offset(decoded: &Decoded) -> Option<i64> {
    decoded.operands.iter().find_map(|operand| match operand {
        Operand::PCOffset(offset) => Some(*offset),
        _ => None,
    })
}

/// The parts between the commas that are not within brackets or braces. A shift stays with its register.
fn split_operands(operands: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0usize, 0);
    for (at, character) in operands.char_indices() {
        match character {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(operands[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    if !operands.is_empty() {
        parts.push(operands[start..].trim());
    }
    parts
}

/// An operand that is neither target nor condition.
fn operand(
    mnemonic: &str,
    part: &str,
    row: usize,
    parts: &[&str],
    comment: &mut String,
    word: u32,
) -> String {
    let Some(number) = immediate(part) else {
        if mnemonic == "fmov"
            && let Some(number) = part.strip_prefix('#').and_then(|text| text.parse().ok())
        {
            return exponent(number);
        }
        if part.starts_with('{') {
            return register_list(part);
        }
        if row == 2 && parts.len() == 3 || row == 1 && parts.len() == 2 {
            // A word that is extended to the size of the sum, without a shift.
            let extended = word & 0x1f20_fc00 == 0x0b20_4000;
            if extended && part.starts_with('w') && parts[0].starts_with(['x', 's']) {
                return format!("{part}, uxtw");
            }
        }
        // A word that is extended to the size of the sum.
        if let Some(amount) = part.strip_prefix("lsl #")
            && matches!(mnemonic, "add" | "sub" | "adds" | "subs" | "cmp" | "cmn")
            && word & 0x1f20_0000 == 0x0b20_0000
            && parts[row - 1].starts_with('w')
            && parts[0].starts_with(['x', 's'])
        {
            return format!("uxtw #{}", decimal(amount));
        }
        if matches!(mnemonic, "mrs" | "msr")
            && let Some(name) = system_register(part)
        {
            return name.to_owned();
        }
        return in_decimal(part).replace("xtw #0]", "xtw]");
    };
    match mnemonic {
        "mov" if row == 1 && !part.contains('.') => {
            let signed = if parts[0].starts_with('w') { i64::from(number as i32) } else { number };
            *comment = format!("\t// #{signed}");
            format!("#0x{:<20}", format!("{number:x}"))
        }
        "and" | "ands" | "orr" | "eor" | "tst" | "bic" | "movk" | "movz" | "movn" | "add" | "sub"
        | "adds" | "subs" | "cmp" | "cmn" | "ccmp" | "ccmn" | "fccmp" | "fccmpe" | "brk" | "svc" | "hlt"
        | "hvc" | "smc" | "hint" | "movi" | "mvni" | "msr" => format!("#{number:#x}"),
        _ => format!("#{number}"),
    }
}

/// Aliases that the decoder does not know.
fn other_alias(word: u32) -> Option<String> {
    if word & 0xffff_ff3f == 0xd503_241f {
        let which = ["", "\tc", "\tj", "\tjc"][(word >> 6 & 3) as usize];
        return Some(format!("bti{which}"));
    }
    if word & 0xffff_ffe0 == 0xd50b_7420 {
        return Some(format!("dc\tzva, x{}", word & 31));
    }
    // Vectors that are widened and not shifted.
    let half = word >> 16 & 0x7f;
    if word & 0x9f80_fc00 == 0x0f00_a400 && matches!(half, 8 | 16 | 32) {
        let name = if word >> 29 & 1 == 1 { "uxtl" } else { "sxtl" };
        let (wide, narrow) = match (half, word >> 30 & 1) {
            (8, 0) => ("8h", "8b"),
            (8, _) => ("8h", "16b"),
            (16, 0) => ("4s", "4h"),
            (16, _) => ("4s", "8h"),
            (_, 0) => ("2d", "2s"),
            (_, _) => ("2d", "4s"),
        };
        let second = if word >> 30 & 1 == 1 { "2" } else { "" };
        return Some(format!("{name}{second}\tv{}.{wide}, v{}.{narrow}", word & 31, word >> 5 & 31));
    }
    None
}

/// Whether `word` is an `orr` with the zero register of a constant that a wide move could hold as well,
/// which is not called `mov` (the pseudocode `MoveWidePreferred` of the architecture manual).
fn is_orr_of_wide_move(word: u32) -> bool {
    if word & 0x7f80_03e0 != 0x3200_03e0 {
        return false;
    }
    let wide = word >> 31 == 1;
    let (n, rotation, ones) = (word >> 22 & 1, word >> 16 & 63, word >> 10 & 63);
    let width = if wide { 64 } else { 32 };
    if wide != (n == 1) || (!wide && ones >> 5 != 0) {
        return false;
    }
    if ones < 16 {
        return (0u32.wrapping_sub(rotation) & 15) <= 15 - ones;
    }
    ones >= width - 15 && (rotation & 15) <= ones - (width - 15)
}

/// `1.0` as `#1.000000000000000000e+00`.
fn exponent(number: f64) -> String {
    let text = format!("{number:.18e}");
    match text.split_once('e') {
        Some((digits, power)) => {
            let (sign, power) = match power.strip_prefix('-') {
                Some(power) => ('-', power),
                None => ('+', power),
            };
            format!("#{digits}e{sign}{power:0>2}")
        }
        None => format!("#{text}"),
    }
}

/// `{v1.4s, v2.4s, v3.4s}` as `{v1.4s-v3.4s}`: three and more in a row are a range.
fn register_list(part: &str) -> String {
    let Some((inside, after)) = part[1..].split_once('}') else { return part.to_owned() };
    let registers: Vec<&str> = inside.split(", ").collect();
    let number = |text: &str| -> Option<u32> { text[1..].split('.').next()?.parse().ok() };
    let in_row = registers.windows(2).all(
        |two| matches!((number(two[0]), number(two[1])), (Some(first), Some(second)) if first + 1 == second),
    );
    match registers.as_slice() {
        [first, _, .., last] if registers.len() > 2 && in_row => format!("{{{first}-{last}}}{after}"),
        _ => part.to_owned(),
    }
}

/// The name of a register that the decoder knows by number only.
fn system_register(number: &str) -> Option<&'static str> {
    Some(match number {
        "s3_3_c4_c4_0" => "fpcr",
        "s3_3_c4_c4_1" => "fpsr",
        "s3_3_c4_c2_5" | "pstate.0x1a" => "dit",
        "s3_3_c4_c2_0" => "nzcv",
        "s3_3_c0_c0_7" => "dczid_el0",
        "s3_3_c14_c0_2" => "cntvct_el0",
        "s3_3_c14_c0_0" => "cntfrq_el0",
        _ => return None,
    })
}

/// The number that an operand is.
fn immediate(part: &str) -> Option<i64> {
    let digits = part.strip_prefix('#')?;
    let (negative, digits) = match digits.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, digits),
    };
    let number = u64::from_str_radix(digits.strip_prefix("0x")?, 16).ok()? as i64;
    Some(if negative { number.wrapping_neg() } else { number })
}

/// `text` with its hexadecimal numbers in decimal.
fn in_decimal(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('#') {
        let (before, number) = rest.split_at(at + 1);
        out.push_str(before);
        let end = number.find([',', ']', ' ', '}']).unwrap_or(number.len());
        out.push_str(&decimal(&number[..end]));
        rest = &number[end..];
    }
    out.push_str(rest);
    out
}

fn decimal(number: &str) -> String {
    immediate(&format!("#{number}")).map_or_else(|| number.to_owned(), |number| number.to_string())
}

fn is_condition(part: &str) -> bool {
    matches!(
        part,
        "eq" | "ne"
            | "hs"
            | "lo"
            | "mi"
            | "pl"
            | "vs"
            | "vc"
            | "hi"
            | "ls"
            | "ge"
            | "lt"
            | "gt"
            | "le"
            | "al"
            | "nv"
    )
}

fn condition_name(name: &str) -> &str {
    match name {
        "hs" => "cs",
        "lo" => "cc",
        other => other,
    }
}

/// What else a condition is called.
fn other_names(condition: &str) -> &'static [&'static str] {
    match condition {
        "eq" => &["none"],
        "ne" => &["any"],
        "cs" => &["hs", "nlast"],
        "cc" => &["lo", "ul", "last"],
        "mi" => &["first"],
        "pl" => &["nfrst"],
        "hi" => &["pmore"],
        "ls" => &["plast"],
        "ge" => &["tcont"],
        "lt" => &["tstop"],
        _ => &[],
    }
}
