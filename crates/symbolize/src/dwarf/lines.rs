//! Line programs: the file and line of each address (DWARF 5, section 6.2).
//!
//! Programs are long, and few of their rows matter. So the machine here is our own: it keeps nothing of a row
//! but what an answer needs, and stops as soon as each address has its row.

use gimli::{DwLne, DwLns, IncompleteLineProgram, LineProgramHeader, Reader as _, RunTimeEndian};

use crate::dwarf::Slice;
use crate::dwarf::leb::leb;

/// A place in a source file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// A number of the program's table of files.
    pub(crate) file: u64,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// Runs the line program of a unit once, for the sorted `addresses`. Sequences below `lowest_code` are of
/// code that the linker has thrown away.
pub(crate) fn rows(
    program: &IncompleteLineProgram<Slice<'_>>,
    addresses: &[u64],
    lowest_code: u64,
) -> Vec<Option<Row>> {
    let answers = Answers {
        addresses,
        lowest_code,
        next: 0,
        missing: addresses.len(),
        found: vec![None; addresses.len()],
    };
    let header = program.header();
    let (bytes, little) = (header.raw_program_buf(), header.raw_program_buf().endian());
    let input = Input { rest: bytes.slice(), little: little == RunTimeEndian::Little };
    run(header, input, answers)
}

/// The registers of the machine that matter here, but for the address.
#[derive(Debug, Clone, Copy)]
struct LineState {
    file: u64,
    line: u64,
    column: u64,
}

/// What they are at the beginning of a sequence.
const START: LineState = LineState { file: 1, line: 1, column: 0 };

/// No row begins here: so each row is checked that follows.
const NOWHERE: u64 = u64::MAX;

/// The state machine of section 6.2.2. What cannot be made sense of ends it; what stands in front of it is good.
fn run(
    header: &LineProgramHeader<Slice<'_>>,
    mut input: Input<'_>,
    mut answers: Answers<'_>,
) -> Vec<Option<Row>> {
    let (opcode_base, special) = (header.opcode_base(), special(header));
    // Of processors that pack several operations into an instruction none is known here.
    let unit = u64::from(header.minimum_instruction_length());
    let mut address = 0u64;
    let mut place = START;
    // The row before.
    let (mut start, mut kept) = (NOWHERE, START);
    // The first address that is wanted from there on.
    let mut limit = 0;
    // Whether this part of a sequence is of code that was thrown away.
    let mut dropped = false;
    while let Some(opcode) = input.byte() {
        let is_row = if opcode >= opcode_base {
            let (advance, line) = special[usize::from(opcode)];
            address = address.wrapping_add(advance);
            place.line = place.line.saturating_add_signed(line);
            true
        } else {
            match standard(header, opcode, &mut input) {
                Some(Change::Row) => true,
                Some(Change::Nothing) => false,
                Some(Change::Advance(count)) => {
                    address = address.wrapping_add(count.wrapping_mul(unit));
                    false
                }
                Some(Change::AdvanceBytes(count)) => {
                    address = address.wrapping_add(count);
                    false
                }
                Some(Change::AdvanceSpecial) => {
                    address = address.wrapping_add(special[255].0);
                    false
                }
                Some(Change::Line(count)) => {
                    place.line = place.line.saturating_add_signed(count);
                    false
                }
                Some(Change::File(file)) => {
                    place.file = file;
                    false
                }
                Some(Change::Column(column)) => {
                    place.column = column;
                    false
                }
                Some(Change::Address { new, highest }) => {
                    // Within a sequence addresses grow. Linkers write a low or the highest number where they
                    // have thrown code away.
                    dropped = new < address || new >= highest - 1;
                    if !dropped {
                        address = new;
                    }
                    false
                }
                Some(Change::End) => {
                    if !dropped {
                        answers.row(start, kept, address);
                    }
                    (address, place, start, dropped) = (0, START, NOWHERE, false);
                    false
                }
                None => break,
            }
        };
        if is_row && !dropped {
            // Mostly the next address that is wanted lies further on.
            if address > limit || start > address {
                limit = answers.row(start, kept, address);
                if answers.missing == 0 {
                    break;
                }
            }
            (start, kept) = (address, place);
        }
    }
    answers.found
}

/// What the special opcodes add to address and line. Those of standard opcodes are not used.
fn special(header: &LineProgramHeader<Slice<'_>>) -> [(u64, i64); 256] {
    let mut all = [(0, 0); 256];
    // A range of zero makes no sense; the reader of headers has refused it.
    let range = header.line_range().max(1);
    for opcode in header.opcode_base()..=u8::MAX {
        let adjusted = opcode - header.opcode_base();
        let advance = u64::from(adjusted / range) * u64::from(header.minimum_instruction_length());
        let line = i64::from(header.line_base()) + i64::from(adjusted % range);
        all[usize::from(opcode)] = (advance, line);
    }
    all
}

/// What an opcode does.
enum Change {
    Row,
    Nothing,
    /// Advances by this many instructions of the least length.
    Advance(u64),
    AdvanceBytes(u64),
    AdvanceSpecial,
    Line(i64),
    File(u64),
    Column(u64),
    /// Sets the address; `highest` is the highest number of its size.
    Address {
        new: u64,
        highest: u64,
    },
    End,
}

/// Reads the arguments of an opcode that is not special.
#[inline(always)]
fn standard(header: &LineProgramHeader<Slice<'_>>, opcode: u8, input: &mut Input<'_>) -> Option<Change> {
    Some(match DwLns(opcode) {
        gimli::DW_LNS_copy => Change::Row,
        gimli::DW_LNS_set_column => Change::Column(input.leb()?),
        gimli::DW_LNS_advance_line => Change::Line(input.signed_leb()?),
        gimli::DW_LNS_set_file => Change::File(input.leb()?),
        gimli::DW_LNS_advance_pc => Change::Advance(input.leb()?),
        gimli::DW_LNS_const_add_pc => Change::AdvanceSpecial,
        gimli::DW_LNS_fixed_advance_pc => Change::AdvanceBytes(input.number(2)?),
        gimli::DW_LNS_negate_stmt
        | gimli::DW_LNS_set_basic_block
        | gimli::DW_LNS_set_prologue_end
        | gimli::DW_LNS_set_epilogue_begin => Change::Nothing,
        DwLns(0) => extended(input)?,
        _ => {
            let arguments = header.standard_opcode_lengths().slice();
            for _ in 0..*arguments.get(usize::from(opcode) - 1)? {
                input.leb()?;
            }
            Change::Nothing
        }
    })
}

fn extended(input: &mut Input<'_>) -> Option<Change> {
    let length = usize::try_from(input.leb()?).ok()?;
    let (here, rest) = input.rest.split_at_checked(length)?;
    let mut arguments = Input { rest: here, ..*input };
    let change = match DwLne(arguments.byte()?) {
        gimli::DW_LNE_end_sequence => Change::End,
        gimli::DW_LNE_set_address => {
            let size = arguments.rest.len();
            let new = arguments.number(size)?;
            Change::Address { new, highest: u64::MAX >> (64 - 8 * size.clamp(1, 8)) }
        }
        _ => Change::Nothing,
    };
    input.rest = rest;
    Some(change)
}

/// The addresses that are asked about, and what is known of them.
struct Answers<'w> {
    addresses: &'w [u64],
    lowest_code: u64,
    /// The first address that is not before the present row.
    next: usize,
    /// How many have no row yet.
    missing: usize,
    found: Vec<Option<Row>>,
}

impl Answers<'_> {
    /// Ends the row that began at `start` and was at `place`. The next address that is wanted is the result.
    #[cold]
    #[inline(never)]
    fn row(&mut self, start: u64, place: LineState, here: u64) -> u64 {
        if start > here {
            self.next = self.addresses.partition_point(|&wanted| wanted < here);
        }
        while let Some(&wanted) = self.addresses.get(self.next) {
            if wanted >= here {
                return wanted;
            }
            let found = &mut self.found[self.next];
            if start >= self.lowest_code && found.is_none() {
                *found = Some(Row { file: place.file, line: small(place.line), column: small(place.column) });
                self.missing -= 1;
            }
            self.next += 1;
        }
        u64::MAX
    }
}

/// What is left of the program.
#[derive(Clone, Copy)]
struct Input<'p> {
    rest: &'p [u8],
    little: bool,
}

impl Input<'_> {
    #[inline(always)]
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    #[inline(always)]
    fn leb(&mut self) -> Option<u64> {
        leb(|| self.byte())
    }

    #[inline(always)]
    fn signed_leb(&mut self) -> Option<i64> {
        let before = self.rest.len();
        let value = self.leb()?;
        let bits = 7 * (before - self.rest.len());
        let unused = 64usize.saturating_sub(bits);
        Some(value.cast_signed() << unused >> unused)
    }

    /// A number of `size` bytes, at most eight.
    fn number(&mut self, size: usize) -> Option<u64> {
        let (bytes, rest) = self.rest.split_at_checked(size).filter(|_| size <= 8)?;
        self.rest = rest;
        let add = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        Some(if self.little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) })
    }
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A unit's line program with these opcodes, for DWARF 4.
    fn program(opcodes: &[u8]) -> Vec<u8> {
        let mut header = vec![2, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
        header.extend(b"\0a.c\0\0\0\0\0");
        let mut body = vec![4, 0];
        body.extend((header.len() as u32).to_le_bytes());
        body.extend(header);
        body.extend(opcodes);
        let mut section = (body.len() as u32).to_le_bytes().to_vec();
        section.extend(body);
        section
    }

    /// The same by the rows that gimli makes.
    fn by_rows(program: &IncompleteLineProgram<Slice<'_>>, addresses: &[u64]) -> Vec<Option<Row>> {
        let mut found = vec![None; addresses.len()];
        let mut rows = program.clone().rows();
        let mut before: Option<(u64, Row)> = None;
        while let Ok(Some((_, row))) = rows.next_row() {
            let address = row.address();
            if let Some((start, place)) = before {
                for (found, &wanted) in found.iter_mut().zip(addresses) {
                    if (start..address).contains(&wanted) && start >= LOWEST {
                        found.get_or_insert(place);
                    }
                }
            }
            before = (!row.end_sequence()).then(|| {
                let column = match row.column() {
                    gimli::ColumnType::LeftEdge => 0,
                    gimli::ColumnType::Column(column) => small(column.get()),
                };
                let line = row.line().map_or(0, |line| small(line.get()));
                (address, Row { file: row.file_index(), line, column })
            });
        }
        found
    }

    const LOWEST: u64 = 0x1000;

    #[test]
    fn every_program_means_what_gimli_takes_it_for() {
        let mut state = 1u64;
        let mut random = move |below: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % below
        };
        let addresses: Vec<u64> = (0..600).map(|step| 0xf00 + step * 5).collect();
        let mut answered = 0;
        for _ in 0..2000 {
            let mut opcodes = Vec::new();
            for _ in 0..1 + random(4) {
                opcodes.extend([0, 9, 2]);
                // Some are of code that was thrown away.
                let address =
                    [0, u64::MAX, 0xf80 + random(0x800), 0x1000 + random(0x900)][random(4) as usize];
                opcodes.extend(address.to_le_bytes());
                for _ in 0..random(40) {
                    match random(12) {
                        0 => opcodes.extend([1]),
                        1 => opcodes.extend([2, random(100) as u8]),
                        2 => opcodes.extend([3, random(128) as u8]),
                        3 => opcodes.extend([3, 0x80 | random(128) as u8, random(128) as u8]),
                        4 => opcodes.extend([4, random(128) as u8]),
                        5 => opcodes.extend([5, 0x80 | random(128) as u8, random(128) as u8]),
                        6 => opcodes.extend([6 + random(3) as u8]),
                        7 => opcodes.extend([9, random(256) as u8, 0]),
                        8 => opcodes.extend([10 + random(2) as u8]),
                        9 => opcodes.extend([0, 2, 4, random(128) as u8]),
                        _ => opcodes.extend([13 + random(243) as u8]),
                    }
                }
                opcodes.extend([0, 1, 1]);
            }
            let section = program(&opcodes);
            let section = gimli::DebugLine::new(&section, RunTimeEndian::Little);
            let program = section.program(gimli::DebugLineOffset(0), 8, None, None).unwrap();
            let (ours, theirs) = (rows(&program, &addresses, LOWEST), by_rows(&program, &addresses));
            answered += theirs.iter().flatten().count();
            let different =
                addresses.iter().zip(ours.iter().zip(&theirs)).find(|(_, (ours, theirs))| ours != theirs);
            assert_eq!(different, None, "{opcodes:x?}");
        }
        assert!(answered > 10_000, "{answered}");
    }
}
