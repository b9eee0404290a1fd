//! The names of functions that were inlined: records of the id stream, some of which belong to a record of
//! the type stream (<https://llvm.org/docs/PDB/TpiStream.html>).

use std::borrow::Cow;

use crate::pdb::MOST_SCOPES;
use crate::pdb::container::Container;
use crate::pdb::cursor::Cursor;

// Kinds of records, as in Microsoft's cvinfo.h.
const LF_CLASS: u16 = 0x1504;
const LF_STRUCTURE: u16 = 0x1505;
const LF_UNION: u16 = 0x1506;
const LF_ENUM: u16 = 0x1507;
const LF_INTERFACE: u16 = 0x1519;
const LF_FUNC_ID: u16 = 0x1601;
const LF_MFUNC_ID: u16 = 0x1602;
const LF_STRING_ID: u16 = 0x1605;

/// Ids and types by number.
#[derive(Debug)]
pub(crate) struct Ids<'a> {
    ids: Table<'a>,
    types: Table<'a>,
}

impl<'a> Ids<'a> {
    /// Records of these streams of `container`, which are read when first asked for.
    pub(crate) fn new(container: &'a Container<'a>, ids: u32, types: u32) -> Ids<'a> {
        Ids { ids: Table::new(container, ids), types: Table::new(container, types) }
    }

    /// The name of the function with this id, with the scopes and types that it is in; empty when unknown.
    pub(crate) fn name(&mut self, id: u32) -> Vec<u8> {
        let mut parts: Vec<Vec<u8>> = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next.take()
            && parts.len() < MOST_SCOPES
        {
            let Some((kind, record)) = self.ids.record(id) else { break };
            let mut cursor = Cursor::new(record);
            let Some(owner) = cursor.u32() else { break };
            match kind {
                LF_FUNC_ID => {
                    cursor.u32();
                    parts.extend(cursor.text().map(<[u8]>::to_vec));
                    next = Some(owner).filter(|&scope| scope != 0);
                }
                LF_MFUNC_ID => {
                    cursor.u32();
                    parts.extend(cursor.text().map(<[u8]>::to_vec));
                    // The name of a type has its scopes.
                    parts.extend(
                        self.types.record(owner).and_then(|(kind, record)| name_of_type(kind, record)),
                    );
                }
                LF_STRING_ID => parts.extend(cursor.text().map(<[u8]>::to_vec)),
                _ => {}
            }
        }
        parts.reverse();
        parts.join(&b"::"[..])
    }
}

fn name_of_type(kind: u16, record: &[u8]) -> Option<Vec<u8>> {
    let mut cursor = Cursor::new(record);
    match kind {
        LF_CLASS | LF_STRUCTURE | LF_INTERFACE => {
            cursor.take(16)?;
            skip_number(&mut cursor)?;
        }
        LF_UNION => {
            cursor.take(8)?;
            skip_number(&mut cursor)?;
        }
        LF_ENUM => drop(cursor.take(12)?),
        _ => return None,
    }
    cursor.text().map(<[u8]>::to_vec)
}

/// A number of two bytes, or its kind in two bytes and then the number.
fn skip_number(cursor: &mut Cursor<'_>) -> Option<()> {
    let size = match cursor.u16()? {
        0..0x8000 => 0,
        0x8000 => 1,
        0x8001 | 0x8002 => 2,
        0x8003 | 0x8004 => 4,
        0x8009 | 0x800a => 8,
        _ => return None,
    };
    cursor.take(size).map(drop)
}

/// The records of a stream.
#[derive(Debug)]
struct Table<'a> {
    container: &'a Container<'a>,
    number: u32,
    opened: Option<Opened<'a>>,
}

/// A stream, and where each record of it begins.
#[derive(Debug, Default)]
struct Opened<'a> {
    stream: Cow<'a, [u8]>,
    places: Vec<u32>,
    /// The number of the first record.
    first: u32,
}

impl<'a> Table<'a> {
    fn new(container: &'a Container<'a>, number: u32) -> Table<'a> {
        Table { container, number, opened: None }
    }

    /// Kind and content of a record.
    fn record(&mut self, number: u32) -> Option<(u16, &[u8])> {
        let Table { container, number: stream, opened } = self;
        let opened = opened.get_or_insert_with(|| {
            let stream = container.stream(*stream).unwrap_or_default();
            let (first, places) = places(&stream).unwrap_or_default();
            Opened { stream, places, first }
        });
        let place = *opened.places.get(number.checked_sub(opened.first)? as usize)?;
        let mut cursor = Cursor::new(opened.stream.get(place as usize..)?);
        let length = usize::from(cursor.u16()?);
        let mut record = Cursor::new(cursor.take(length)?);
        Some((record.u16()?, record.rest()))
    }
}

/// The number of the first record, and where each begins.
fn places(stream: &[u8]) -> Option<(u32, Vec<u32>)> {
    let mut header = Cursor::new(stream);
    let (_version, header_size, first) = (header.u32()?, header.u32()? as usize, header.u32()?);
    let mut places = Vec::new();
    let mut place = header_size;
    while let Some(length) = stream.get(place..).and_then(|rest| Cursor::new(rest).u16()) {
        places.push(u32::try_from(place).ok()?);
        place += 2 + usize::from(length);
    }
    Some((first, places))
}
