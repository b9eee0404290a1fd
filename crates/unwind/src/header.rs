//! `.eh_frame_hdr`: the index of a table, sorted by address ("Linux Standard Base, Core Specification", 10.6).

use crate::architecture::Architecture;
use crate::entry;
use crate::reader::Reader;
use crate::rule::Rule;
use crate::section::{Section, Table};

/// The rule for the instruction at `address`, from the `.eh_frame` whose `.eh_frame_hdr` is at `header`; both are in
/// `section`, which is usually a loaded segment.
///
/// `None` when there is no entry, or it is damaged or of a kind that cannot be followed.
pub fn rule_by_header<A: Architecture>(section: Section<'_>, header: u64, address: u64) -> Option<Rule> {
    let entry = find_entry(section, header, address)?;
    entry::rule::<A>(section, Table::EhFrame, entry, address)
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
