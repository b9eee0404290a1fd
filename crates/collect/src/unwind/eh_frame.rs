//! The unwind table of a module: finding the entry of an address and running its instructions.
//!
//! Formats: "DWARF Extensions" of the Linux Standard Base (`.eh_frame`, `.eh_frame_hdr`) and DWARF 5,
//! section 6.4.2 (call frame instructions). Only the stack pointer, the frame pointer and the return
//! address are followed, because no frame of interest computes its address from another register.

use super::rule::{Cfa, FrameRule, Rule, Saved};

#[cfg(not(target_arch = "aarch64"))]
mod register {
    pub(super) const FRAME_POINTER: u64 = 6;
    pub(super) const STACK_POINTER: u64 = 7;
    pub(super) const RETURN_ADDRESS: u64 = 16;
}

#[cfg(target_arch = "aarch64")]
mod register {
    pub(super) const FRAME_POINTER: u64 = 29;
    pub(super) const STACK_POINTER: u64 = 31;
    pub(super) const RETURN_ADDRESS: u64 = 30;
}

/// How many `DW_CFA_remember_state` may be open; compilers emit one or two.
const REMEMBERED: usize = 8;

/// Bytes in memory together with their address, which relative pointers refer to.
#[derive(Clone, Copy)]
pub(crate) struct Section<'a> {
    /// Address of the first byte.
    pub(crate) address: u64,
    /// The bytes.
    pub(crate) bytes: &'a [u8],
}

/// The rule for the instruction at `address`, from the table whose `.eh_frame_hdr` is at `header`.
/// `None` when there is no entry or it is damaged.
pub(crate) fn rule(section: Section<'_>, header: u64, address: u64) -> Option<Rule> {
    let entry = find_entry(section, header, address)?;
    run_entry(section, entry, address)
}

/// The address of the frame description entry that may cover `address`.
fn find_entry(section: Section<'_>, header: u64, address: u64) -> Option<u64> {
    const COUNT_AS_U32: u8 = 0x03;
    /// Signed 32-bit offsets relative to the header, which is what linkers write.
    const TABLE_OF_I32_FROM_HEADER: u8 = 0x3b;

    let mut reader = Reader::at(section, header)?;
    let version = reader.u8()?;
    let frame_encoding = reader.u8()?;
    let count_encoding = reader.u8()?;
    let table_encoding = reader.u8()?;
    if version != 1 || count_encoding != COUNT_AS_U32 || table_encoding != TABLE_OF_I32_FROM_HEADER {
        return None;
    }
    reader.encoded(frame_encoding)?;
    let count = reader.u32()? as usize;
    let table = reader.rest().get(..count.checked_mul(8)?)?;

    let row = |index: usize| -> Option<(u64, u64)> {
        let bytes = table.get(index * 8..index * 8 + 8)?;
        let at = |from: usize| {
            let offset = i32::from_le_bytes([bytes[from], bytes[from + 1], bytes[from + 2], bytes[from + 3]]);
            header.wrapping_add(i64::from(offset) as u64)
        };
        Some((at(0), at(4)))
    };
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if row(middle)?.0 <= address {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Some(row(low.checked_sub(1)?)?.1)
}

/// What a common information entry says about its frame descriptions.
struct Common<'a> {
    code_alignment: u64,
    data_alignment: i64,
    pointer_encoding: u8,
    is_signal_frame: bool,
    has_augmentation: bool,
    instructions: Reader<'a>,
}

fn common<'a>(section: Section<'a>, address: u64) -> Option<Common<'a>> {
    let mut reader = entry_at(section, address)?;
    if reader.u32()? != 0 {
        return None;
    }
    let version = reader.u8()?;
    let augmentation = reader.text()?;
    if version == 4 {
        let (address_size, segment_size) = (reader.u8()?, reader.u8()?);
        if address_size != 8 || segment_size != 0 {
            return None;
        }
    }
    let code_alignment = reader.unsigned()?;
    let data_alignment = reader.signed()?;
    let return_register = if version == 1 { u64::from(reader.u8()?) } else { reader.unsigned()? };
    if return_register != register::RETURN_ADDRESS {
        return None;
    }
    let mut common = Common {
        code_alignment,
        data_alignment,
        pointer_encoding: 0,
        is_signal_frame: false,
        has_augmentation: augmentation.first() == Some(&b'z'),
        instructions: reader.clone(),
    };
    if common.has_augmentation {
        let size = usize::try_from(reader.unsigned()?).ok()?;
        let mut data = reader.take(size)?;
        for &letter in &augmentation[1..] {
            match letter {
                b'R' => common.pointer_encoding = data.u8()?,
                b'L' => _ = data.u8()?,
                b'P' => {
                    let encoding = data.u8()?;
                    data.encoded(encoding)?;
                }
                b'S' => common.is_signal_frame = true,
                // Signed return addresses of aarch64; the signature is stripped from all of them.
                b'B' | b'G' => {}
                _ => return None,
            }
        }
        common.instructions = reader;
    } else if !augmentation.is_empty() {
        return None;
    }
    Some(common)
}

/// A reader of the entry at `address`, which begins with its length.
fn entry_at<'a>(section: Section<'a>, address: u64) -> Option<Reader<'a>> {
    const SIXTY_FOUR_BIT: u32 = 0xffff_ffff;
    let mut reader = Reader::at(section, address)?;
    let length = reader.u32()?;
    if length == SIXTY_FOUR_BIT {
        return None;
    }
    reader.take(length as usize)
}

fn run_entry(section: Section<'_>, entry: u64, address: u64) -> Option<Rule> {
    let mut reader = entry_at(section, entry)?;
    let common_pointer_at = reader.address();
    let distance = reader.u32()?;
    if distance == 0 {
        return None;
    }
    let common = common(section, common_pointer_at.checked_sub(u64::from(distance))?)?;
    let begin = reader.encoded(common.pointer_encoding)?;
    // The size of the range has the format of the pointer, but is never relative.
    let size = reader.encoded(common.pointer_encoding & 0x0f)?;
    if address < begin || address - begin >= size {
        return None;
    }
    if common.has_augmentation {
        let size = usize::try_from(reader.unsigned()?).ok()?;
        reader.take(size)?;
    }
    if common.is_signal_frame {
        return Some(Rule::SignalFrame);
    }

    let mut machine = Machine::new();
    machine.run(common.instructions.clone(), &common, u64::MAX, 0)?;
    machine.initial = machine.row;
    machine.run(reader, &common, address, begin)?;
    machine.row.rule()
}

/// What is known about a row. `None` for a place is what this unwinder cannot follow.
#[derive(Clone, Copy)]
struct Row {
    cfa: Option<Cfa>,
    frame_pointer: Option<Saved>,
    return_address: ReturnAddress,
}

#[derive(Clone, Copy)]
enum ReturnAddress {
    Saved(Saved),
    /// There is no caller.
    Undefined,
    Unknown,
}

impl Row {
    fn rule(self) -> Option<Rule> {
        let return_address = match self.return_address {
            ReturnAddress::Undefined => return Some(Rule::End),
            ReturnAddress::Unknown => return None,
            ReturnAddress::Saved(saved) => saved,
        };
        Some(Rule::Frame(FrameRule { cfa: self.cfa?, frame_pointer: self.frame_pointer?, return_address }))
    }
}

struct Machine {
    row: Row,
    initial: Row,
    remembered: [Row; REMEMBERED],
    depth: usize,
}

impl Machine {
    fn new() -> Self {
        let row = Row {
            cfa: None,
            frame_pointer: Some(Saved::InRegister),
            return_address: ReturnAddress::Saved(Saved::InRegister),
        };
        Machine { row, initial: row, remembered: [row; REMEMBERED], depth: 0 }
    }

    /// Runs instructions until one sets in after `address`. `None` when they are damaged.
    fn run(&mut self, mut code: Reader<'_>, common: &Common<'_>, address: u64, begin: u64) -> Option<()> {
        let mut location = begin;
        while !code.is_empty() {
            let opcode = code.u8()?;
            let operand = u64::from(opcode & 0x3f);
            let advance = match opcode >> 6 {
                1 => Some(operand),
                2 => {
                    let offset = offset(code.unsigned()?, common)?;
                    self.set(operand, Saved::AtCfa(offset));
                    None
                }
                3 => {
                    self.restore(operand);
                    None
                }
                _ => match opcode {
                    0x01 => {
                        location = code.encoded(common.pointer_encoding)?;
                        Some(0)
                    }
                    0x02 => Some(u64::from(code.u8()?)),
                    0x03 => Some(u64::from(code.u16()?)),
                    0x04 => Some(u64::from(code.u32()?)),
                    _ => {
                        self.instruction(opcode, &mut code, common)?;
                        None
                    }
                },
            };
            if let Some(advance) = advance {
                location = location.checked_add(advance.checked_mul(common.code_alignment)?)?;
                if location > address {
                    break;
                }
            }
        }
        Some(())
    }

    /// The instructions that do not change the location; numbers as in DWARF 5, table 7.29.
    fn instruction(&mut self, opcode: u8, code: &mut Reader<'_>, common: &Common<'_>) -> Option<()> {
        match opcode {
            // nop, and the switch between signed and plain return addresses on aarch64
            0x00 | 0x2d => {}
            // offset_extended, offset_extended_sf, GNU_negative_offset_extended
            0x05 => {
                let register = code.unsigned()?;
                let offset = offset(code.unsigned()?, common)?;
                self.set(register, Saved::AtCfa(offset));
            }
            0x11 => {
                let register = code.unsigned()?;
                let offset = signed_offset(code.signed()?, common)?;
                self.set(register, Saved::AtCfa(offset));
            }
            0x2f => {
                let register = code.unsigned()?;
                let offset = offset(code.unsigned()?, common)?.checked_neg()?;
                self.set(register, Saved::AtCfa(offset));
            }
            // restore_extended
            0x06 => {
                let register = code.unsigned()?;
                self.restore(register);
            }
            // undefined
            0x07 => match code.unsigned()? {
                register::FRAME_POINTER => self.row.frame_pointer = Some(Saved::InRegister),
                register::RETURN_ADDRESS => self.row.return_address = ReturnAddress::Undefined,
                _ => {}
            },
            // same_value
            0x08 => {
                let register = code.unsigned()?;
                self.set(register, Saved::InRegister);
            }
            // register: the value is in another register, which is not followed
            0x09 => {
                let register = code.unsigned()?;
                code.unsigned()?;
                self.lose(register);
            }
            // remember_state, restore_state
            0x0a => {
                *self.remembered.get_mut(self.depth)? = self.row;
                self.depth += 1;
            }
            0x0b => {
                self.depth = self.depth.checked_sub(1)?;
                self.row = self.remembered[self.depth];
            }
            // def_cfa, def_cfa_sf
            0x0c => {
                let register = code.unsigned()?;
                let offset = i32::try_from(code.unsigned()?).ok()?;
                self.row.cfa = cfa(register, offset);
            }
            0x12 => {
                let register = code.unsigned()?;
                let offset = signed_offset(code.signed()?, common)?;
                self.row.cfa = cfa(register, offset);
            }
            // def_cfa_register
            0x0d => {
                let register = code.unsigned()?;
                self.row.cfa = match self.row.cfa {
                    Some(Cfa::StackPointer(offset) | Cfa::FramePointer(offset)) => cfa(register, offset),
                    _ => None,
                };
            }
            // def_cfa_offset, def_cfa_offset_sf
            0x0e => {
                let offset = i32::try_from(code.unsigned()?).ok()?;
                self.move_cfa(offset);
            }
            0x13 => {
                let offset = signed_offset(code.signed()?, common)?;
                self.move_cfa(offset);
            }
            // def_cfa_expression
            0x0f => {
                let size = usize::try_from(code.unsigned()?).ok()?;
                self.row.cfa = cfa_of_expression(code.take(size)?);
            }
            // expression: the place of a register
            0x10 => {
                let register = code.unsigned()?;
                let size = usize::try_from(code.unsigned()?).ok()?;
                match place_of_expression(code.take(size)?) {
                    Some(saved) => self.set(register, saved),
                    None => self.lose(register),
                }
            }
            // val_offset, val_offset_sf, val_expression: the value itself, which is not followed
            0x14 | 0x15 => {
                let register = code.unsigned()?;
                code.unsigned()?;
                self.lose(register);
            }
            0x16 => {
                let register = code.unsigned()?;
                let size = usize::try_from(code.unsigned()?).ok()?;
                code.take(size)?;
                self.lose(register);
            }
            // GNU_args_size
            0x2e => _ = code.unsigned()?,
            _ => return None,
        }
        Some(())
    }

    fn set(&mut self, register: u64, saved: Saved) {
        match register {
            register::FRAME_POINTER => self.row.frame_pointer = Some(saved),
            register::RETURN_ADDRESS => self.row.return_address = ReturnAddress::Saved(saved),
            _ => {}
        }
    }

    fn lose(&mut self, register: u64) {
        match register {
            register::FRAME_POINTER => self.row.frame_pointer = None,
            register::RETURN_ADDRESS => self.row.return_address = ReturnAddress::Unknown,
            _ => {}
        }
    }

    fn restore(&mut self, register: u64) {
        match register {
            register::FRAME_POINTER => self.row.frame_pointer = self.initial.frame_pointer,
            register::RETURN_ADDRESS => self.row.return_address = self.initial.return_address,
            _ => {}
        }
    }

    fn move_cfa(&mut self, offset: i32) {
        self.row.cfa = match self.row.cfa {
            Some(Cfa::StackPointer(_)) => Some(Cfa::StackPointer(offset)),
            Some(Cfa::FramePointer(_)) => Some(Cfa::FramePointer(offset)),
            _ => None,
        };
    }
}

fn cfa(register: u64, offset: i32) -> Option<Cfa> {
    match register {
        register::STACK_POINTER => Some(Cfa::StackPointer(offset)),
        register::FRAME_POINTER => Some(Cfa::FramePointer(offset)),
        _ => None,
    }
}

fn offset(factored: u64, common: &Common<'_>) -> Option<i32> {
    signed_offset(i64::try_from(factored).ok()?, common)
}

fn signed_offset(factored: i64, common: &Common<'_>) -> Option<i32> {
    i32::try_from(factored.checked_mul(common.data_alignment)?).ok()
}

const BREG: u8 = 0x70;
const LITERAL: u8 = 0x30;
const DEREFERENCE: u8 = 0x06;

/// The two expressions that compilers and linkers write for a frame address: `*(frame pointer + n)`,
/// and that of a stub of the procedure linkage table.
fn cfa_of_expression(mut code: Reader<'_>) -> Option<Cfa> {
    let first = code.u8()?;
    if first == BREG + register::FRAME_POINTER as u8 {
        let offset = i32::try_from(code.signed()?).ok()?;
        return (code.u8()? == DEREFERENCE && code.is_empty()).then_some(Cfa::AtFramePointer(offset));
    }
    // breg7 8, breg16 0, lit15, and, lit<n>, ge, lit3, shl, plus
    if first == BREG + 7 && code.signed()? == 8 && code.u8()? == BREG + 16 && code.signed()? == 0 {
        let (mask, and, from) = (code.u8()?, code.u8()?, code.u8()?);
        let tail = [code.u8()?, code.u8()?, code.u8()?, code.u8()?];
        let known = mask == LITERAL + 15
            && and == 0x1a
            && (LITERAL..LITERAL + 16).contains(&from)
            && tail == [0x2a, LITERAL + 3, 0x24, 0x22];
        return (known && code.is_empty()).then_some(Cfa::LinkageStub(i32::from(from - LITERAL)));
    }
    None
}

/// `frame pointer + n`, where functions that realign their stack save it.
fn place_of_expression(mut code: Reader<'_>) -> Option<Saved> {
    let is_frame_pointer = code.u8()? == BREG + register::FRAME_POINTER as u8;
    let offset = i32::try_from(code.signed()?).ok()?;
    (is_frame_pointer && code.is_empty()).then_some(Saved::AtFramePointer(offset))
}

/// Reads a section from the front; every read says when the bytes are not there.
#[derive(Clone)]
struct Reader<'a> {
    address: u64,
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn at(section: Section<'a>, address: u64) -> Option<Self> {
        let from = usize::try_from(address.checked_sub(section.address)?).ok()?;
        Some(Reader { address, bytes: section.bytes.get(from..)? })
    }

    fn address(&self) -> u64 {
        self.address
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Splits off a reader of the next `size` bytes.
    fn take(&mut self, size: usize) -> Option<Reader<'a>> {
        let (front, rest) = self.bytes.split_at_checked(size)?;
        let taken = Reader { address: self.address, bytes: front };
        self.address = self.address.wrapping_add(size as u64);
        self.bytes = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.bytes.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        Some(self.array::<1>()?[0])
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// A LEB128 number.
    fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// A signed LEB128 number.
    fn signed(&mut self) -> Option<i64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let unused = 64_u32.saturating_sub(shift + 7);
                return Some(value << unused >> unused);
            }
        }
        None
    }

    /// A text that ends with a zero byte.
    fn text(&mut self) -> Option<&'a [u8]> {
        let size = self.bytes.iter().position(|&byte| byte == 0)?;
        let text = self.take(size)?.bytes;
        self.u8()?;
        Some(text)
    }

    /// A pointer in one of the encodings of `DW_EH_PE`: its format in the low four bits, what it is
    /// relative to in the next three. Indirect pointers are not followed; only personality routines
    /// use them, and those are skipped.
    fn encoded(&mut self, encoding: u8) -> Option<u64> {
        const OMITTED: u8 = 0xff;
        if encoding == OMITTED {
            return Some(0);
        }
        let at = self.address;
        let value = match encoding & 0x0f {
            0x00 | 0x04 | 0x0c => self.u64()?,
            0x01 => self.unsigned()?,
            0x02 => u64::from(self.u16()?),
            0x03 => u64::from(self.u32()?),
            0x09 => self.signed()? as u64,
            0x0a => i64::from(self.u16()? as i16) as u64,
            0x0b => i64::from(self.u32()? as i32) as u64,
            _ => return None,
        };
        match encoding >> 4 & 0x07 {
            0 => Some(value),
            1 => Some(value.wrapping_add(at)),
            _ => None,
        }
    }
}
