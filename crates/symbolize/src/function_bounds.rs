//! Where functions begin and end by what unwinders and loaders know, for symbols that have no size.
//!
//! Sources: `.eh_frame` of ELF (Linux Standard Base, section 10.6), `.pdata` of PE for x86-64 and aarch64
//! (<https://learn.microsoft.com/en-us/windows/win32/debug/pe-format#the-pdata-section>), `LC_FUNCTION_STARTS` of
//! Mach-O, and `.ARM.exidx` of 32-bit Arm.

use std::ops::Range;

use gimli::{BaseAddresses, CieOrFde, EhFrame, EndianSlice, RunTimeEndian, UnwindSection};
use object::read::macho::MachHeader;

use crate::object_file::{Architecture, Format, ObjectFile};

/// Functions of a file.
#[derive(Debug, Default)]
pub(crate) struct FunctionBounds {
    /// Functions whose ends are known, by their first addresses.
    ranges: Vec<Range<u64>>,
    /// First addresses of functions whose ends are not known.
    starts: Vec<u64>,
}

impl FunctionBounds {
    pub(crate) fn read(file: &ObjectFile) -> FunctionBounds {
        let mut bounds = FunctionBounds::default();
        // What is read before something that makes no sense is good.
        let _ = match file.format {
            Format::Elf => bounds.by_eh_frame(file).and(bounds.by_exidx(file)),
            Format::Pe => bounds.by_pdata(file),
            Format::MachO => bounds.by_function_starts(file),
        };
        bounds.ranges.retain(|range| range.start < range.end);
        bounds.ranges.sort_by_key(|range| range.start);
        bounds.starts.sort_unstable();
        bounds
    }

    /// The function that holds `address`, if its ends are known.
    pub(crate) fn holding(&self, address: u64) -> Option<Range<u64>> {
        let after = self.ranges.partition_point(|range| range.start <= address);
        self.ranges[..after].last().filter(|range| range.end > address).cloned()
    }

    /// Behind which address a function that begins at `start` surely does not go on.
    pub(crate) fn end_of(&self, start: u64) -> u64 {
        if let Some(range) = self.holding(start) {
            return range.end;
        }
        let next_range = self.ranges.partition_point(|range| range.start <= start);
        let next_start = self.starts.partition_point(|&other| other <= start);
        let next =
            [self.ranges.get(next_range).map(|range| range.start), self.starts.get(next_start).copied()];
        next.into_iter().flatten().min().unwrap_or(u64::MAX)
    }

    fn by_eh_frame(&mut self, file: &ObjectFile) -> Option<()> {
        let section = file.section(".eh_frame")?;
        let endian = if file.is_little_endian { RunTimeEndian::Little } else { RunTimeEndian::Big };
        let mut frames = EhFrame::from(EndianSlice::new(file.contents(".eh_frame").ok()?, endian));
        frames.set_address_size(if file.is_64 { 8 } else { 4 });
        let text = file.section(".text").map_or(0, |section| section.address);
        let bases = BaseAddresses::default().set_eh_frame(section.address).set_text(text);
        let mut entries = frames.entries(&bases);
        while let Ok(Some(entry)) = entries.next() {
            let CieOrFde::Fde(partial) = entry else { continue };
            let Ok(function) = partial.parse(EhFrame::cie_from_offset) else { continue };
            let start = function.initial_address();
            self.ranges.push(start..start.saturating_add(function.len()));
        }
        Some(())
    }

    fn by_exidx(&mut self, file: &ObjectFile) -> Option<()> {
        if file.architecture != Architecture::Arm {
            return None;
        }
        let section = file.section(".ARM.exidx")?;
        for (row, entry) in file.contents(".ARM.exidx").ok()?.chunks_exact(8).enumerate() {
            let word = number(&entry[..4], file.is_little_endian);
            // A distance of 31 bits from the entry itself.
            let distance = i64::from((word << 1) as i32 >> 1);
            let at = section.address.wrapping_add(8 * row as u64);
            self.starts.push(at.wrapping_add_signed(distance) & !1);
        }
        Some(())
    }

    fn by_pdata(&mut self, file: &ObjectFile) -> Option<()> {
        let base = object::Object::relative_address_base(&file.view().ok()?);
        let at = |offset: u32| base.wrapping_add(u64::from(offset));
        let table = file.contents(".pdata").ok()?;
        match file.architecture {
            Architecture::X86_64 => {
                for entry in table.chunks_exact(12) {
                    let (start, end) = (number(&entry[..4], true), number(&entry[4..8], true));
                    self.ranges.push(at(start)..at(end));
                }
            }
            Architecture::Aarch64 => {
                for entry in table.chunks_exact(8) {
                    let (start, data) = (number(&entry[..4], true), number(&entry[4..], true));
                    // The lowest bits tell whether the length stands here, in words.
                    if start != 0 && data & 3 != 0 {
                        let length = u64::from(data >> 2 & 0x7ff) * 4;
                        self.ranges.push(at(start)..at(start).saturating_add(length));
                    } else if start != 0 {
                        self.starts.push(at(start));
                    }
                }
            }
            _ => {}
        }
        Some(())
    }

    fn by_function_starts(&mut self, file: &ObjectFile) -> Option<()> {
        let text = file.segments.iter().find(|segment| segment.is_executable)?.address;
        match file.view().ok()? {
            object::File::MachO64(view) => self.add_starts(view.macho_header(), view.endian(), file, text),
            object::File::MachO32(view) => self.add_starts(view.macho_header(), view.endian(), file, text),
            _ => None,
        }
    }

    fn add_starts<Mach: MachHeader<Endian = object::Endianness>>(
        &mut self,
        header: &Mach,
        endian: object::Endianness,
        file: &ObjectFile,
        text: u64,
    ) -> Option<()> {
        let mut commands = header.load_commands(endian, file.data(), 0).ok()?;
        while let Ok(Some(command)) = commands.next() {
            let Ok(object::read::macho::LoadCommandVariant::LinkeditData(data)) = command.variant() else {
                continue;
            };
            if let Ok(starts) = data.function_starts(endian, file.data(), text) {
                self.starts.extend(starts.map_while(Result::ok));
            }
        }
        Some(())
    }
}

fn number(bytes: &[u8], is_little_endian: bool) -> u32 {
    let bytes = bytes.first_chunk::<4>().copied().unwrap_or_default();
    if is_little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_end_where_others_begin_at_the_latest() {
        let bounds = FunctionBounds { ranges: vec![0x10..0x20, 0x28..0x30], starts: vec![0x24, 0x40] };
        for (start, end) in
            [(0x8, 0x10), (0x10, 0x20), (0x18, 0x20), (0x20, 0x24), (0x24, 0x28), (0x30, 0x40)]
        {
            assert_eq!(bounds.end_of(start), end, "{start:#x}");
        }
        assert_eq!(bounds.end_of(0x40), u64::MAX);
        assert_eq!((bounds.holding(0x2f), bounds.holding(0x30)), (Some(0x28..0x30), None));
    }
}
