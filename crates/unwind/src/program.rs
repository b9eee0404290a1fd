//! Call frame instructions: from the bytes of an entry to the rule for an address (DWARF 5, 6.4.2).
//!
//! Only the stack pointer, the frame pointer and the return address are followed, because no frame of interest
//! computes its address from another register.

use core::marker::PhantomData;

use crate::architecture::Architecture;
use crate::entry::Common;
use crate::expression::{cfa_of_expression, place_of_expression};
use crate::reader::Reader;
use crate::rule::{Cfa, FrameRule, Rule, Saved};

/// How many `DW_CFA_remember_state` may be open; compilers emit one or two.
const REMEMBERED: usize = 8;

/// What is known about a row. `None` for a place is what this unwinder cannot follow.
#[derive(Clone, Copy)]
struct Row {
    cfa: FrameAddress,
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

/// Where the frame is. Any register is kept with its offset, although only two can be followed: code that probes a
/// large stack names another one for a moment, and then the stack pointer with the same offset.
#[derive(Clone, Copy)]
enum FrameAddress {
    Unknown,
    From(u64, i32),
    Expression(Cfa),
}

impl FrameAddress {
    fn cfa<A: Architecture>(self) -> Option<Cfa> {
        match self {
            FrameAddress::From(register, offset) if register == A::STACK_POINTER => {
                Some(Cfa::StackPointer(offset))
            }
            FrameAddress::From(register, offset) if register == A::FRAME_POINTER => {
                Some(Cfa::FramePointer(offset))
            }
            FrameAddress::Expression(cfa) => Some(cfa),
            FrameAddress::From(..) | FrameAddress::Unknown => None,
        }
    }
}

impl Row {
    fn rule<A: Architecture>(self) -> Option<Rule> {
        let return_address = match self.return_address {
            ReturnAddress::Undefined => return Some(Rule::End),
            ReturnAddress::Unknown => return None,
            ReturnAddress::Saved(saved) => saved,
        };
        let cfa = self.cfa.cfa::<A>()?;
        Some(Rule::Frame(FrameRule { cfa, frame_pointer: self.frame_pointer?, return_address }))
    }
}

/// Runs instructions.
pub(crate) struct Machine<A> {
    row: Row,
    initial: Row,
    remembered: [Row; REMEMBERED],
    depth: usize,
    architecture: PhantomData<A>,
}

impl<A: Architecture> Machine<A> {
    /// Nothing is known yet but that registers are where they were.
    pub(crate) fn new() -> Self {
        let row = Row {
            cfa: FrameAddress::Unknown,
            frame_pointer: Some(Saved::InRegister),
            return_address: ReturnAddress::Saved(Saved::InRegister),
        };
        Machine { row, initial: row, remembered: [row; REMEMBERED], depth: 0, architecture: PhantomData }
    }

    /// What is known now is what holds at the beginning of the code.
    pub(crate) fn begin(&mut self) {
        self.initial = self.row;
    }

    /// The rule of the row that was reached; `None` when it is of a kind that cannot be followed.
    pub(crate) fn rule(&self) -> Option<Rule> {
        self.row.rule::<A>()
    }

    /// Runs instructions until one sets in after `address`. `None` when they are damaged.
    pub(crate) fn run(
        &mut self,
        mut code: Reader<'_>,
        common: &Common<'_>,
        address: u64,
        begin: u64,
    ) -> Option<()> {
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
            0x07 => {
                let register = code.unsigned()?;
                if register == A::FRAME_POINTER {
                    self.row.frame_pointer = Some(Saved::InRegister);
                } else if register == A::RETURN_ADDRESS {
                    self.row.return_address = ReturnAddress::Undefined;
                }
            }
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
                self.row.cfa = FrameAddress::From(register, offset);
            }
            0x12 => {
                let register = code.unsigned()?;
                let offset = signed_offset(code.signed()?, common)?;
                self.row.cfa = FrameAddress::From(register, offset);
            }
            // def_cfa_register
            0x0d => {
                let register = code.unsigned()?;
                self.row.cfa = match self.row.cfa {
                    FrameAddress::From(_, offset) => FrameAddress::From(register, offset),
                    _ => FrameAddress::Unknown,
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
                let cfa = cfa_of_expression::<A>(code.take(size)?);
                self.row.cfa = cfa.map_or(FrameAddress::Unknown, FrameAddress::Expression);
            }
            // expression: the place of a register
            0x10 => {
                let register = code.unsigned()?;
                let size = usize::try_from(code.unsigned()?).ok()?;
                match place_of_expression::<A>(code.take(size)?) {
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
        if register == A::FRAME_POINTER {
            self.row.frame_pointer = Some(saved);
        } else if register == A::RETURN_ADDRESS {
            self.row.return_address = ReturnAddress::Saved(saved);
        }
    }

    fn lose(&mut self, register: u64) {
        if register == A::FRAME_POINTER {
            self.row.frame_pointer = None;
        } else if register == A::RETURN_ADDRESS {
            self.row.return_address = ReturnAddress::Unknown;
        }
    }

    fn restore(&mut self, register: u64) {
        if register == A::FRAME_POINTER {
            self.row.frame_pointer = self.initial.frame_pointer;
        } else if register == A::RETURN_ADDRESS {
            self.row.return_address = self.initial.return_address;
        }
    }

    fn move_cfa(&mut self, offset: i32) {
        self.row.cfa = match self.row.cfa {
            FrameAddress::From(register, _) => FrameAddress::From(register, offset),
            _ => FrameAddress::Unknown,
        };
    }
}

fn offset(factored: u64, common: &Common<'_>) -> Option<i32> {
    signed_offset(i64::try_from(factored).ok()?, common)
}

fn signed_offset(factored: i64, common: &Common<'_>) -> Option<i32> {
    i32::try_from(factored.checked_mul(common.data_alignment)?).ok()
}
