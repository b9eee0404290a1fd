//! The few expressions that compilers and linkers write into tables of frames (DWARF 5, 2.5).

use crate::architecture::Architecture;
use crate::reader::Reader;
use crate::rule::{Cfa, Saved};

const BREG: u8 = 0x70;
const LITERAL: u8 = 0x30;
const DEREFERENCE: u8 = 0x06;

/// The two expressions that compilers and linkers write for a frame address: `*(frame pointer + n)`,
/// and that of a stub of the procedure linkage table.
pub(crate) fn cfa_of_expression<A: Architecture>(mut code: Reader<'_>) -> Option<Cfa> {
    let first = code.u8()?;
    if first == BREG + A::FRAME_POINTER as u8 {
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
pub(crate) fn place_of_expression<A: Architecture>(mut code: Reader<'_>) -> Option<Saved> {
    let is_frame_pointer = code.u8()? == BREG + A::FRAME_POINTER as u8;
    let offset = i32::try_from(code.signed()?).ok()?;
    (is_frame_pointer && code.is_empty()).then_some(Saved::AtFramePointer(offset))
}
