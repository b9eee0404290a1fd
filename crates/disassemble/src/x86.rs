//! x86-64: the decoder and formatters of `iced-x86`, brought to the text of GNU objdump 2.40.

mod prefixes;

use iced_x86::{
    Code, Decoder, DecoderOptions, FormatMnemonicOptions, Formatter, GasFormatter, IntelFormatter,
    MemorySizeOptions, Mnemonic, OpKind, Register,
};

use crate::{Instruction, Lookup, Syntax, columns, named_address};

/// Runs through code.
pub(crate) struct Instructions<'c> {
    code: &'c [u8],
    address: u64,
    decoder: Decoder<'c>,
    formatter: Box<dyn Formatter>,
    syntax: Syntax,
    lookup: &'c Lookup<'c>,
}

impl<'c> Instructions<'c> {
    pub(crate) fn new(code: &'c [u8], address: u64, syntax: Syntax, lookup: &'c Lookup<'c>) -> Self {
        let mut formatter: Box<dyn Formatter> = match syntax {
            Syntax::Att => Box::new(GasFormatter::new()),
            Syntax::Intel => Box::new(IntelFormatter::new()),
        };
        let options = formatter.options_mut();
        options.set_branch_leading_zeros(false);
        options.set_uppercase_hex(false);
        options.set_small_hex_numbers_in_decimal(false);
        options.set_hex_prefix("0x");
        options.set_hex_suffix("");
        options.set_rip_relative_addresses(true);
        if syntax == Syntax::Intel {
            options.set_uppercase_keywords(true);
            options.set_memory_size_options(MemorySizeOptions::Always);
        }
        let decoder = Decoder::with_ip(64, code, address, DecoderOptions::NONE);
        Instructions { code, address, decoder, formatter, syntax, lookup }
    }
}

impl Iterator for Instructions<'_> {
    type Item = Instruction;

    fn next(&mut self) -> Option<Instruction> {
        let start = self.decoder.position();
        if start >= self.code.len() {
            return None;
        }
        let address = self.address.wrapping_add(start as u64);
        let decoded = self.decoder.decode();
        if decoded.code() == Code::INVALID {
            self.decoder.set_position(start + 1).ok()?;
            self.decoder.set_ip(address.wrapping_add(1));
            return Some(Instruction { address, length: 1, text: "(bad)".to_owned(), target: None });
        }
        let length = decoded.len() as u8;
        let bytes = &self.code[start..start + decoded.len()];
        let (text, target) = self.text(&decoded, bytes);
        Some(Instruction { address, length, text, target })
    }
}

impl Instructions<'_> {
    fn text(&mut self, decoded: &iced_x86::Instruction, bytes: &[u8]) -> (String, Option<u64>) {
        let att = self.syntax == Syntax::Att;
        let options = self.formatter.options_mut();
        options.set_always_show_scale(decoded.memory_index() != Register::None);
        options.set_show_zero_displacements(decoded.memory_displ_size() != 0);
        options.set_always_show_segment_register(prefixes::is_string(decoded));
        let mut mnemonic = String::new();
        let only_mnemonic = FormatMnemonicOptions::NO_PREFIXES;
        self.formatter.format_mnemonic_options(decoded, &mut mnemonic, only_mnemonic);
        if att && takes_no_suffix(decoded) && mnemonic.ends_with('q') {
            mnemonic.pop();
        }
        let by_one = att && self.is_shift_by_one(decoded);
        let mut operands = String::new();
        let mut target = None;
        let count = self.formatter.operand_count(decoded);
        for operand in 0..count {
            let own = self.formatter.get_instruction_operand(decoded, operand).ok().flatten();
            if by_one && own.is_some_and(|own| decoded.op_kind(own) == OpKind::Immediate8) {
                continue;
            }
            if !operands.is_empty() {
                operands.push(',');
            }
            match own.map(|own| decoded.op_kind(own)) {
                Some(OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64) => {
                    target = Some(decoded.near_branch_target());
                    operands.push_str(&named_address(decoded.near_branch_target(), self.lookup));
                }
                _ => {
                    // Fails only for an operand number that is too large.
                    let _ = self.formatter.format_operand(decoded, &mut operands, operand);
                }
            }
        }
        if !att {
            operands = intel_memory(decoded, operands);
            if is_wide_move(decoded.code()) {
                "movabs".clone_into(&mut mnemonic);
            }
            if prefixes::is_string(decoded) {
                operands = intel_string(decoded, operands);
                mnemonic.pop();
            }
            if self.is_shift_by_one(decoded) && operands.ends_with(",0x1") {
                operands.replace_range(operands.len() - 3.., "1");
            }
        }
        if let Some(implied) = implied_operands(decoded, &operands, att) {
            operands = implied;
        }
        let mut head = prefixes::unused(decoded, bytes);
        head.push_str(prefixes::encoding(decoded, bytes));
        head.push_str(security_name(decoded).unwrap_or(&mnemonic));
        head.push_str(prefixes::hint(decoded));
        let mut text = columns(&head, &operands);
        if decoded.is_ip_rel_memory_operand() {
            let address = decoded.ip_rel_memory_address();
            text.push_str("        # ");
            text.push_str(&named_address(address, self.lookup));
        }
        (text, target)
    }

    /// Whether this is `shr %eax`, whose one stands in the opcode and not in an operand.
    fn is_shift_by_one(&self, decoded: &iced_x86::Instruction) -> bool {
        use Mnemonic::{Rcl, Rcr, Rol, Ror, Sal, Sar, Shl, Shr};
        matches!(decoded.mnemonic(), Shl | Shr | Sar | Sal | Rol | Ror | Rcl | Rcr)
            && !self.decoder.get_constant_offsets(decoded).has_immediate()
    }
}

/// Whether an instruction has one size only in 64-bit code, so that objdump writes no suffix.
fn takes_no_suffix(decoded: &iced_x86::Instruction) -> bool {
    matches!(
        decoded.mnemonic(),
        Mnemonic::Call | Mnemonic::Jmp | Mnemonic::Push | Mnemonic::Pop | Mnemonic::Ret
    )
}

/// The instructions of VIA's security engine, which objdump writes with a dash.
fn security_name(decoded: &iced_x86::Instruction) -> Option<&'static str> {
    Some(match decoded.mnemonic() {
        Mnemonic::Xstore => "xstore-rng",
        Mnemonic::Xcryptecb => "xcrypt-ecb",
        Mnemonic::Xcryptcbc => "xcrypt-cbc",
        Mnemonic::Xcryptctr => "xcrypt-ctr",
        Mnemonic::Xcryptcfb => "xcrypt-cfb",
        Mnemonic::Xcryptofb => "xcrypt-ofb",
        _ => return None,
    })
}

/// Memory operands of the Intel syntax as objdump writes them: offsets from `rip` without sign, and
/// addresses alone with a segment before them.
fn intel_memory(decoded: &iced_x86::Instruction, written: String) -> String {
    let Some(open) = written.find('[') else { return written };
    let (before, rest) = written.split_at(open);
    let Some((inside, after)) = rest[1..].split_once(']') else { return written };
    if inside.starts_with("rip-") {
        let offset = decoded.memory_displacement64().wrapping_sub(decoded.next_ip());
        return format!("{before}[rip+{offset:#x}]{after}");
    }
    if inside.starts_with("0x") {
        let segment = if before.ends_with(':') { "" } else { "ds:" };
        return format!("{before}{segment}{inside}{after}");
    }
    written
}

/// Operands of instructions on strings, with the register that iced leaves out.
fn intel_string(decoded: &iced_x86::Instruction, written: String) -> String {
    use Mnemonic::*;
    let register = match decoded.mnemonic() {
        Stosb | Lodsb | Scasb => "al",
        Stosw | Lodsw | Scasw => "ax",
        Stosd | Lodsd | Scasd => "eax",
        Stosq | Lodsq | Scasq => "rax",
        _ => return written,
    };
    match decoded.mnemonic() {
        Stosb | Stosw | Stosd | Stosq => format!("{written},{register}"),
        _ => format!("{register},{written}"),
    }
}

/// Whether an instruction on floating-point registers names one of them.
fn has_one_operand(decoded: &iced_x86::Instruction) -> bool {
    matches!(
        decoded.mnemonic(),
        Mnemonic::Fld
            | Mnemonic::Fxch
            | Mnemonic::Fcom
            | Mnemonic::Fcomp
            | Mnemonic::Fucom
            | Mnemonic::Fucomp
    )
}

/// Whether a move has an immediate or an address of eight bytes.
fn is_wide_move(code: Code) -> bool {
    use Code::*;
    matches!(
        code,
        Mov_r64_imm64
            | Mov_AL_moffs8
            | Mov_AX_moffs16
            | Mov_EAX_moffs32
            | Mov_RAX_moffs64
            | Mov_moffs8_AL
            | Mov_moffs16_AX
            | Mov_moffs32_EAX
            | Mov_moffs64_RAX
    )
}

/// Operands as objdump writes them, where iced leaves some out or writes them otherwise.
fn implied_operands(decoded: &iced_x86::Instruction, written: &str, att: bool) -> Option<String> {
    use Mnemonic::*;
    match decoded.mnemonic() {
        // The product of a register and a constant may go into another register, even when it does not.
        Imul if decoded.op_count() == 3 && written.matches(',').count() == 1 => Some(if att {
            let (_, register) = written.split_once(',')?;
            format!("{written},{register}")
        } else {
            let (register, _) = written.split_once(',')?;
            format!("{register},{written}")
        }),
        Faddp | Fmulp | Fsubp | Fsubrp | Fdivp | Fdivrp if written.is_empty() => {
            Some(if att { "%st,%st(1)" } else { "st(1),st" }.to_owned())
        }
        Fxch | Fcom | Fcomp | Fucom | Fucomp if written.is_empty() => {
            Some(if att { "%st(1)" } else { "st(1)" }.to_owned())
        }
        // The top of the stack of floating-point registers goes without saying.
        Fld | Fild | Fbld | Fxch | Fadd | Fmul | Fsub | Fsubr | Fdiv | Fdivr | Fcom | Fcomp | Fucom
        | Fucomp
            if !att && written.starts_with("st,") && (written.contains('[') || has_one_operand(decoded)) =>
        {
            Some(written[3..].to_owned())
        }
        Fstp | Fst if !att => Some(written.strip_suffix(",st")?.to_owned()),
        Fistp | Fist | Fbstp | Fisttp if !att => Some(written.strip_suffix(",st")?.to_owned()),
        Sha256rnds2 if !att => Some(format!("{written},xmm0")),
        // Ports are written like memory.
        Insb | Insw | Insd | Outsb | Outsw | Outsd | In | Out if att && written.contains("%dx") => {
            Some(written.replace("%dx", "(%dx)"))
        }
        _ => None,
    }
}
