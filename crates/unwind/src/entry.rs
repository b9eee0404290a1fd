//! Entries of a table: which code they are of, and the instructions in them.
//!
//! Formats: "Linux Standard Base, Core Specification", 10.6 (`.eh_frame`) and DWARF 5, 6.4.1 (`.debug_frame`).

use crate::architecture::Architecture;
use crate::program::Machine;
use crate::reader::Reader;
use crate::rule::Rule;
use crate::section::{Section, Table};

/// What a common information entry says about its frame descriptions.
pub(crate) struct Common<'a> {
    pub(crate) code_alignment: u64,
    pub(crate) data_alignment: i64,
    pub(crate) pointer_encoding: u8,
    return_register: u64,
    is_signal_frame: bool,
    has_augmentation: bool,
    instructions: Reader<'a>,
}

/// A frame description entry, with what all of its kind have in common.
pub(crate) struct Description<'a> {
    /// The first address that it is of.
    pub(crate) begin: u64,
    /// How many bytes of code it is of.
    pub(crate) size: u64,
    common: Common<'a>,
    /// What comes behind its range.
    rest: Reader<'a>,
}

/// An entry of either kind.
pub(crate) enum Entry<'a> {
    /// A frame description, with the address of its common information.
    Description {
        common: u64,
        content: Reader<'a>,
    },
    Common(Reader<'a>),
}

/// The entry at the front of `reader`, which goes on behind it; `None` at the end of the table.
pub(crate) fn next<'a>(reader: &mut Reader<'a>, section: Section<'a>, table: Table) -> Option<Entry<'a>> {
    const SIXTY_FOUR_BIT: u32 = 0xffff_ffff;
    let length = reader.u32()?;
    let is_64 = length == SIXTY_FOUR_BIT;
    if is_64 && table == Table::EhFrame {
        return None;
    }
    let length = if is_64 { usize::try_from(reader.u64()?).ok()? } else { length as usize };
    let mut content = reader.take(length)?;
    let pointer_at = content.address();
    let pointer = if is_64 { content.u64()? } else { u64::from(content.u32()?) };
    let common = match table {
        Table::EhFrame if pointer == 0 => None,
        Table::EhFrame => Some(pointer_at.checked_sub(pointer)?),
        Table::DebugFrame if pointer == if is_64 { u64::MAX } else { u64::from(u32::MAX) } => None,
        Table::DebugFrame => Some(section.address.checked_add(pointer)?),
    };
    Some(match common {
        Some(common) => Entry::Description { common, content },
        None => Entry::Common(content),
    })
}

/// The common information at `address`.
fn common<'a>(section: Section<'a>, table: Table, address: u64) -> Option<Common<'a>> {
    let Entry::Common(mut reader) = next(&mut Reader::at(section, address)?, section, table)? else {
        return None;
    };
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
    let mut common = Common {
        code_alignment,
        data_alignment,
        pointer_encoding: 0,
        return_register,
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

/// The frame description whose content is in `reader`.
pub(crate) fn description<'a>(
    section: Section<'a>,
    table: Table,
    common_at: u64,
    mut reader: Reader<'a>,
) -> Option<Description<'a>> {
    let common = common(section, table, common_at)?;
    let begin = reader.encoded(common.pointer_encoding)?;
    // The size of the range has the format of the pointer, but is never relative.
    let size = reader.encoded(common.pointer_encoding & 0x0f)?;
    Some(Description { begin, size, common, rest: reader })
}

/// The rule for the instruction at `address` from the frame description at `entry`.
pub(crate) fn rule<A: Architecture>(
    section: Section<'_>,
    table: Table,
    entry: u64,
    address: u64,
) -> Option<Rule> {
    let Entry::Description { common, content } = next(&mut Reader::at(section, entry)?, section, table)?
    else {
        return None;
    };
    let Description { begin, size, common, rest: mut reader } = description(section, table, common, content)?;
    if address < begin || address - begin >= size || common.return_register != A::RETURN_ADDRESS {
        return None;
    }
    if common.has_augmentation {
        let size = usize::try_from(reader.unsigned()?).ok()?;
        reader.take(size)?;
    }
    if common.is_signal_frame {
        return Some(Rule::SignalFrame);
    }

    let mut machine = Machine::<A>::new();
    machine.run(common.instructions.clone(), &common, u64::MAX, 0)?;
    machine.begin();
    machine.run(reader, &common, address, begin)?;
    machine.rule()
}
