//! The lines of an inlined call: a program of small steps (`BinaryAnnotationOpcode` in Microsoft's cvinfo.h).

use crate::pdb::cursor::Cursor;
use crate::pdb::lines::{Inlinee, Row};
use crate::pdb::module::Procedure;

/// The row of an inlined call that holds `address`; `None` when the call has no code there.
pub(crate) fn row_at(
    annotations: &[u8],
    procedure: &Procedure<'_>,
    inlinee: Option<Inlinee>,
    address: u64,
) -> Option<Row> {
    let wanted = u32::try_from(address.checked_sub(procedure.range.start)?).ok()?;
    let size = u32::try_from(procedure.range.end - procedure.range.start).ok()?;
    let mut steps = Cursor::new(annotations);
    let (mut base, mut offset) = (0u32, 0u32);
    let (mut file, mut line) = inlinee.map_or((0, 0), |inlinee| (inlinee.file, inlinee.line));
    let mut column = 0;
    // A row is open until its length or the next one is known.
    let mut open: Option<(u32, Row)> = None;
    loop {
        let operation = number(&mut steps).unwrap_or(0);
        // What begins a row: where, and its length where that is known already.
        let mut begins: Option<Option<u32>> = None;
        match operation {
            // The end, or bytes that fill the record.
            0 => break,
            1 => offset = number(&mut steps)?,
            2 => base = number(&mut steps)?,
            3 => {
                offset = offset.wrapping_add(number(&mut steps)?);
                begins = Some(None);
            }
            4 => {
                let length = number(&mut steps)?;
                if let Some((start, row)) = open.take()
                    && holds(start, start.wrapping_add(length), wanted)
                {
                    return Some(row);
                }
                offset = offset.wrapping_add(length);
            }
            5 => file = number(&mut steps)?,
            6 => line = line.wrapping_add_signed(signed(number(&mut steps)?)),
            9 => column = number(&mut steps)?,
            11 => {
                let both = number(&mut steps)?;
                line = line.wrapping_add_signed(signed(both >> 4));
                offset = offset.wrapping_add(both & 0xf);
                begins = Some(None);
            }
            12 => {
                let length = number(&mut steps)?;
                offset = offset.wrapping_add(number(&mut steps)?);
                begins = Some(Some(length));
            }
            // Ends of lines and columns, and whether a row is of an expression.
            7 | 8 | 10 | 13 => drop(number(&mut steps)?),
            _ => return None,
        }
        let Some(length) = begins else { continue };
        let start = base.wrapping_add(offset);
        if let Some((before, row)) = open.take()
            && holds(before, start, wanted)
        {
            return Some(row);
        }
        let row = Row { file, line, column };
        match length {
            Some(length) if holds(start, start.wrapping_add(length), wanted) => return Some(row),
            // The next step begins behind this one's code.
            Some(length) => offset = offset.wrapping_add(length),
            None => open = Some((start, row)),
        }
    }
    open.filter(|&(start, _)| holds(start, size, wanted)).map(|(_, row)| row)
}

fn holds(start: u32, end: u32, wanted: u32) -> bool {
    (start..end).contains(&wanted)
}

/// A number of one, two or four bytes.
fn number(cursor: &mut Cursor<'_>) -> Option<u32> {
    let first = u32::from(cursor.u8()?);
    let mut next = || cursor.u8().map(u32::from);
    match first {
        0..0x80 => Some(first),
        0x80..0xc0 => Some((first & 0x3f) << 8 | next()?),
        0xc0..0xe0 => Some((first & 0x1f) << 24 | next()? << 16 | next()? << 8 | next()?),
        _ => None,
    }
}

/// The lowest bit is the sign.
fn signed(number: u32) -> i32 {
    let half = (number >> 1) as i32;
    if number & 1 == 1 { -half } else { half }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(annotations: &[u8], expected: &[(u64, Option<u32>)]) {
        let procedure = Procedure { range: 0x1000..0x1040, name: b"", sites: Vec::new() };
        let inlinee = Some(Inlinee { id: 0, file: 0, line: 10 });
        for &(offset, line) in expected {
            let row = row_at(annotations, &procedure, inlinee, 0x1000 + offset);
            assert_eq!(row.map(|row| row.line), line, "at {offset}");
        }
    }

    #[test]
    fn steps_make_rows() {
        // Four bytes on, then line +1 three bytes on, and the length of that.
        check(
            &[3, 4, 11, 0x23, 4, 5, 0, 0],
            &[(3, None), (4, Some(10)), (6, Some(10)), (7, Some(11)), (11, Some(11)), (12, None)],
        );
        // Line -1, then five bytes from offset 2.
        check(&[6, 3, 12, 5, 2], &[(1, None), (2, Some(9)), (6, Some(9)), (7, None)]);
        // Without a length the last row goes to the end of the procedure.
        check(&[3, 4], &[(0x3f, Some(10)), (0x40, None)]);
        check(&[3], &[(4, None)]);
        check(&[0xff, 0xff], &[(4, None)]);
    }

    #[test]
    fn numbers_have_three_sizes() {
        let read = |bytes: &[u8]| number(&mut Cursor::new(bytes));
        assert_eq!(read(&[0x7f]), Some(0x7f));
        assert_eq!(read(&[0x81, 0x02]), Some(0x102));
        assert_eq!(read(&[0xc1, 2, 3, 4]), Some(0x0102_0304));
        assert_eq!((read(&[0xe0]), read(&[0x81])), (None, None));
        assert_eq!((signed(6), signed(7)), (3, -3));
    }
}
