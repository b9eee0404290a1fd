//! The addresses of an entry: `DW_AT_low_pc` with `DW_AT_high_pc`, or `DW_AT_ranges` (DWARF 5, section 2.17).

use gimli::{AttributeValue, RangeListsOffset, Section};

use crate::dwarf::{Slice, Unit};

/// Of entries with more ranges the rest is left out.
const MOST_RANGES: usize = 1 << 16;

/// What an entry says of its addresses.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Extent<'a> {
    low: Option<u64>,
    high: Option<AttributeValue<Slice<'a>>>,
    list: Option<AttributeValue<Slice<'a>>>,
}

/// Where a unit's addresses and range lists begin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bases {
    pub(crate) low_pc: u64,
    pub(crate) addr_base: gimli::DebugAddrBase<usize>,
    pub(crate) rnglists_base: gimli::DebugRngListsBase<usize>,
}

impl Bases {
    pub(crate) fn of(unit: &Unit<'_>) -> Bases {
        Bases { low_pc: unit.low_pc, addr_base: unit.addr_base, rnglists_base: unit.rnglists_base }
    }
}

/// The address that an attribute of class address holds.
pub(crate) fn address<'a>(
    dwarf: &gimli::Dwarf<Slice<'a>>,
    encoding: gimli::Encoding,
    base: gimli::DebugAddrBase<usize>,
    value: AttributeValue<Slice<'a>>,
) -> Option<u64> {
    match value {
        AttributeValue::Addr(address) => Some(address),
        AttributeValue::DebugAddrIndex(index) => {
            dwarf.debug_addr.get_address(encoding.address_size, base, index).ok()
        }
        _ => None,
    }
}

impl<'a> Extent<'a> {
    /// Takes note of an attribute, if it is about addresses.
    #[inline]
    pub(crate) fn take(
        &mut self,
        attribute: &gimli::Attribute<Slice<'a>>,
        dwarf: &gimli::Dwarf<Slice<'a>>,
        encoding: gimli::Encoding,
        addr_base: gimli::DebugAddrBase<usize>,
    ) {
        match attribute.name() {
            gimli::DW_AT_low_pc => self.low = address(dwarf, encoding, addr_base, attribute.value()),
            gimli::DW_AT_high_pc => {
                self.high = match attribute.value() {
                    AttributeValue::Udata(size) => Some(AttributeValue::Udata(size)),
                    value => address(dwarf, encoding, addr_base, value).map(AttributeValue::Addr),
                };
            }
            gimli::DW_AT_ranges => self.list = Some(attribute.value()),
            _ => {}
        }
    }

    /// The first address, where there is one only.
    pub(crate) fn low(&self) -> Option<u64> {
        self.low
    }

    /// Calls `take` with the begin and end of each range that is not empty.
    #[inline]
    pub(crate) fn each(
        &self,
        dwarf: &gimli::Dwarf<Slice<'a>>,
        encoding: gimli::Encoding,
        bases: Bases,
        mut take: impl FnMut(u64, u64),
    ) {
        if let Some(list) = self.list {
            self.each_of_list(list, dwarf, encoding, bases, &mut take);
            return;
        }
        let Some(low) = self.low else { return };
        let high = match self.high {
            Some(AttributeValue::Udata(size)) => low.saturating_add(size),
            Some(AttributeValue::Addr(high)) => high,
            _ => return,
        };
        if low < high {
            take(low, high);
        }
    }

    fn each_of_list(
        &self,
        list: AttributeValue<Slice<'a>>,
        dwarf: &gimli::Dwarf<Slice<'a>>,
        encoding: gimli::Encoding,
        bases: Bases,
        take: &mut dyn FnMut(u64, u64),
    ) {
        let base = bases.rnglists_base.0;
        let offset = match list {
            // Split units before DWARF 5 count from a place that their skeleton names.
            AttributeValue::RangeListsRef(raw)
                if dwarf.file_type == gimli::DwarfFileType::Dwo && encoding.version < 5 =>
            {
                raw.0.checked_add(base)
            }
            AttributeValue::RangeListsRef(raw) => Some(raw.0),
            AttributeValue::SecOffset(offset) => Some(offset),
            AttributeValue::DebugRngListsIndex(index) => rnglist_offset(dwarf, encoding, base, index.0),
            _ => None,
        };
        let Some(offset) = offset else { return };
        let ranges = dwarf.ranges.ranges(
            RangeListsOffset(offset),
            encoding,
            bases.low_pc,
            &dwarf.debug_addr,
            bases.addr_base,
        );
        let Ok(mut ranges) = ranges else { return };
        for _ in 0..MOST_RANGES {
            match ranges.next() {
                Ok(Some(range)) if range.begin < range.end => take(range.begin, range.end),
                Ok(Some(_)) => {}
                _ => return,
            }
        }
    }
}

/// The place of a range list that is named by its number (DWARF 5, section 7.28).
fn rnglist_offset(
    dwarf: &gimli::Dwarf<Slice<'_>>,
    encoding: gimli::Encoding,
    base: usize,
    index: usize,
) -> Option<usize> {
    let mut table = *dwarf.ranges.debug_rnglists().reader();
    let word = usize::from(encoding.format.word_size());
    let skip = base.checked_add(index.checked_mul(word)?)?;
    gimli::Reader::skip(&mut table, skip).ok()?;
    let offset = gimli::Reader::read_offset(&mut table, encoding.format).ok()?;
    offset.checked_add(base)
}
