//! Go's own tables (`pclntab`), which even stripped programs keep for their stack traces: functions,
//! files, lines and inlined calls.
//!
//! Layouts of Go 1.2, 1.16, 1.18 and 1.20, told apart by a magic number, after the packages `debug/gosym`, `runtime`
//! (`symtab.go`, `symtabinl.go`) and `internal/abi` of Go.

mod header;
mod inline;
mod memory;

use hotlist_profile::Strings;

use crate::object_file::ObjectFile;
use crate::positions::Frame;
use header::{Header, Version};
use inline::InlineTrees;
use memory::Memory;

/// More inlined calls around an address than any compiler makes.
const MOST_CALLS: usize = 200;

/// Tables of values by address that are longer make no sense.
const MOST_STEPS: usize = 1 << 20;

/// The field of a function's record that names its table of files, counted from behind the entry.
const FILES: usize = 4;

/// The same for lines.
const LINES: usize = 5;

/// The number of tables that each function has.
const TABLES: usize = 6;

/// The place of the unit's file numbers, since Go 1.16.
const UNIT: usize = 7;

/// The first line, since Go 1.20.
const START_LINE: usize = 8;

/// The tables of a file.
#[derive(Debug)]
pub(crate) struct GoTable<'a> {
    memory: Memory<'a>,
    header: Header,
    /// All bytes of the table.
    table: &'a [u8],
    inline: Option<InlineTrees>,
}

/// A function of the table.
#[derive(Debug, Clone, Copy)]
struct GoFunction {
    entry: u64,
    /// Where its record is in `table`.
    record: usize,
}

impl<'a> GoTable<'a> {
    /// The tables of `file`, if it is of Go.
    pub(crate) fn open(file: &'a ObjectFile) -> Option<GoTable<'a>> {
        let (table, address) = header::find(file)?;
        let memory = Memory::new(file);
        let header = Header::read(table, address, &memory)?;
        let mut go = GoTable { memory, header, table, inline: None };
        go.inline = InlineTrees::find(&go);
        Some(go)
    }

    /// The number of functions.
    pub(crate) fn len(&self) -> usize {
        self.header.functions
    }

    /// First address, size and name of function number `row`.
    pub(crate) fn function(&self, row: usize) -> Option<(u64, u64, &'a [u8])> {
        let function = self.at_row(row)?;
        // Behind the last function stands where the code ends.
        let end = self.entry(row + 1)?;
        Some((function.entry, end.saturating_sub(function.entry), self.name_of(&function)?))
    }

    /// Adds the frames at `address`, the innermost inlined function first; whether the address is of a
    /// function is the result.
    pub(crate) fn frames(&self, address: u64, strings: &mut Strings, frames: &mut Vec<Frame>) -> bool {
        let Some(function) = self.holding(address) else { return false };
        let before = frames.len();
        let mut address = address;
        for _ in 0..MOST_CALLS {
            let file = self.file(&function, address).unwrap_or_default();
            let line = self.value(&function, LINES, address).unwrap_or(0);
            let call = self.inline.as_ref().and_then(|trees| trees.call(self, &function, address));
            let (name, start_line) = match &call {
                Some(call) => (self.name_at(call.name), call.start_line),
                None => (self.name_of(&function), self.start_line(&function)),
            };
            frames.push(Frame {
                function: strings.intern(name.unwrap_or_default()),
                file: strings.intern(file),
                line: u32::try_from(line).unwrap_or(0),
                column: 0,
                start_line,
            });
            match call {
                Some(call) => address = function.entry.wrapping_add(u64::from(call.parent)),
                None => break,
            }
        }
        frames.len() > before
    }

    /// First address of function number `row`; that behind the last is the end of the code.
    fn entry(&self, row: usize) -> Option<u64> {
        if row > self.header.functions {
            return None;
        }
        let at = row.checked_mul(2 * self.header.entry_size)?.checked_add(self.header.functab)?;
        match self.header.version {
            Version::Go12 | Version::Go116 => self.table_word(at),
            Version::Go118 | Version::Go120 => self.header.text.checked_add(u64::from(self.u32(at)?)),
        }
    }

    fn at_row(&self, row: usize) -> Option<GoFunction> {
        let at = row.checked_mul(2 * self.header.entry_size)?.checked_add(self.header.functab)?;
        let place = at.checked_add(self.header.entry_size)?;
        let offset = match self.header.entry_size {
            4 => u64::from(self.u32(place)?),
            _ => self.table_word(place)?,
        };
        let record = usize::try_from(offset).ok()?.checked_add(self.header.records)?;
        Some(GoFunction { entry: self.entry(row)?, record })
    }

    fn holding(&self, address: u64) -> Option<GoFunction> {
        let (mut low, mut high) = (0, self.header.functions);
        if address < self.entry(0)? || address >= self.entry(high)? {
            return None;
        }
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if self.entry(middle)? <= address {
                low = middle;
            } else {
                high = middle;
            }
        }
        self.at_row(low)
    }

    fn name_of(&self, function: &GoFunction) -> Option<&'a [u8]> {
        self.name_at(self.field(function, 0)?)
    }

    fn name_at(&self, offset: u32) -> Option<&'a [u8]> {
        text(self.table, self.header.names.checked_add(offset as usize)?)
    }

    fn start_line(&self, function: &GoFunction) -> u32 {
        match self.header.version {
            Version::Go120 => {
                self.field(function, START_LINE).filter(|line| *line < i32::MAX as u32).unwrap_or(0)
            }
            _ => 0,
        }
    }

    fn file(&self, function: &GoFunction, address: u64) -> Option<&'a [u8]> {
        let number = usize::try_from(self.value(function, FILES, address)?).ok()?;
        match self.header.version {
            Version::Go12 => {
                let place = self.header.files.checked_add(number.checked_mul(4)?)?;
                text(self.table, self.u32(place)? as usize)
            }
            _ => {
                let unit = self.field(function, UNIT)? as usize;
                let place = self.header.units.checked_add(unit.checked_add(number)?.checked_mul(4)?)?;
                let offset = self.u32(place).filter(|&offset| offset != u32::MAX)?;
                text(self.table, self.header.files.checked_add(offset as usize)?)
            }
        }
    }

    /// 32-bit field number `number` of a record; 0 is the one behind the entry.
    fn field(&self, function: &GoFunction, number: usize) -> Option<u32> {
        let first = match self.header.version {
            Version::Go12 | Version::Go116 => self.header.pointer_size,
            Version::Go118 | Version::Go120 => 4,
        };
        self.u32(function.record.checked_add(first + 4 * number)?)
    }

    /// The value that the table which field `table` names has at `address`.
    fn value(&self, function: &GoFunction, table: usize, address: u64) -> Option<i32> {
        self.value_of(self.field(function, table)?, function, address)
    }

    /// Values are differences, each with the number of instructions for which it holds, both as numbers of
    /// seven bits a byte; the first of the differences counts from -1.
    fn value_of(&self, offset: u32, function: &GoFunction, address: u64) -> Option<i32> {
        if offset == 0 {
            return None;
        }
        let mut bytes = self.table.get(self.header.values.checked_add(offset as usize)?..)?;
        let (mut value, mut at) = (-1i32, function.entry);
        for step in 0..MOST_STEPS {
            let difference = varint(&mut bytes)?;
            if difference == 0 && step > 0 {
                return None;
            }
            let signed = (difference >> 1) as i32 ^ -((difference & 1) as i32);
            value = value.wrapping_add(signed);
            at = at.checked_add(u64::from(varint(&mut bytes)?) * self.header.quantum)?;
            if address < at {
                return Some(value);
            }
        }
        None
    }

    fn u32(&self, at: usize) -> Option<u32> {
        self.memory.number(self.table, at, 4).map(|number| number as u32)
    }

    /// A pointer in the table, which the dynamic linker may have to fill in.
    fn table_word(&self, at: usize) -> Option<u64> {
        let plain = self.memory.number(self.table, at, self.header.pointer_size)?;
        Some(self.memory.relocated(self.header.address.wrapping_add(at as u64)).unwrap_or(plain))
    }
}

/// The bytes up to the next zero.
fn text(table: &[u8], at: usize) -> Option<&[u8]> {
    let rest = table.get(at..)?;
    rest.iter().position(|&byte| byte == 0).map(|end| &rest[..end])
}

fn varint(bytes: &mut &[u8]) -> Option<u32> {
    let mut value = 0u32;
    for shift in (0..35).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u32::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}
