//! The container of a PDB: streams in blocks of a file
//! (<https://llvm.org/docs/PDB/MsfFile.html>).

use std::borrow::Cow;
use std::cell::Cell;

use crate::pdb::cursor::Cursor;

const MAGIC: &[u8; 32] = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0";

/// A stream that is not there has this size.
const NO_STREAM: u32 = u32::MAX;

/// Streams whose blocks are not in one piece are copied; all copies together may have this many times the
/// size of the file. Hostile files name a block more than once.
const MOST_COPIES: u64 = 4;

/// The streams of a file.
#[derive(Debug)]
pub(crate) struct Container<'a> {
    data: &'a [u8],
    block_size: usize,
    /// The size of each stream, and where in `blocks` its numbers begin.
    streams: Vec<(u32, usize)>,
    blocks: Vec<u32>,
    /// Bytes that may still be copied.
    copies: Cell<u64>,
}

impl<'a> Container<'a> {
    /// `None` when the file is no container.
    pub(crate) fn open(data: &'a [u8]) -> Option<Container<'a>> {
        let mut header = Cursor::new(data);
        if header.take(MAGIC.len())? != MAGIC {
            return None;
        }
        let block_size = header.u32()? as usize;
        let (_free_map, _blocks, directory_size) = (header.u32()?, header.u32()?, header.u32()?);
        let (_unknown, map) = (header.u32()?, header.u32()?);
        if !block_size.is_power_of_two() || !(512..=65536).contains(&block_size) {
            return None;
        }
        let copies = Cell::new((data.len() as u64).saturating_mul(MOST_COPIES));
        let mut container = Container { data, block_size, streams: Vec::new(), blocks: Vec::new(), copies };
        // The directory is a stream too; the numbers of its blocks are in blocks from `map` on.
        let count = (directory_size as usize).div_ceil(block_size);
        let numbers = data.get((map as usize).checked_mul(block_size)?..)?.get(..count.checked_mul(4)?)?;
        let numbers: Vec<u32> =
            numbers.chunks_exact(4).filter_map(|bytes| Cursor::new(bytes).u32()).collect();
        let directory = container.join(&numbers, directory_size as usize)?;
        container.read_directory(&directory)?;
        Some(container)
    }

    fn read_directory(&mut self, directory: &[u8]) -> Option<()> {
        let mut cursor = Cursor::new(directory);
        let count = cursor.u32()? as usize;
        let sizes = cursor.take(count.checked_mul(4)?)?;
        let mut place = 0;
        for bytes in sizes.chunks_exact(4) {
            let size = Cursor::new(bytes).u32()?;
            self.streams.push((size, place));
            let blocks = if size == NO_STREAM { 0 } else { (size as usize).div_ceil(self.block_size) };
            place = usize::checked_add(place, blocks)?;
        }
        self.blocks = cursor.rest().chunks_exact(4).filter_map(|bytes| Cursor::new(bytes).u32()).collect();
        Some(())
    }

    /// The bytes of stream `number`; `None` when it is missing or damaged.
    pub(crate) fn stream(&self, number: u32) -> Option<Cow<'a, [u8]>> {
        let &(size, place) = self.streams.get(number as usize)?;
        if size == NO_STREAM {
            return None;
        }
        let count = (size as usize).div_ceil(self.block_size);
        self.join(self.blocks.get(place..place.checked_add(count)?)?, size as usize)
    }

    fn join(&self, blocks: &[u32], size: usize) -> Option<Cow<'a, [u8]>> {
        let start = |block: u32| (block as usize).checked_mul(self.block_size);
        let Some(&first) = blocks.first() else { return Some(Cow::Borrowed(&[])) };
        if blocks.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1])) {
            return self.data.get(start(first)?..)?.get(..size).map(Cow::Borrowed);
        }
        if size > self.data.len() {
            return None;
        }
        self.copies.set(self.copies.get().checked_sub(size as u64)?);
        let mut bytes = Vec::with_capacity(size);
        for &block in blocks {
            let length = (size - bytes.len()).min(self.block_size);
            bytes.extend_from_slice(self.data.get(start(block)?..)?.get(..length)?);
        }
        Some(Cow::Owned(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of five blocks: header, map, directory, and stream 0 in the last and the fourth.
    fn file() -> Vec<u8> {
        let mut file = vec![0; 5 * 512];
        file[..32].copy_from_slice(MAGIC);
        let mut put = |place: usize, numbers: &[u32]| {
            for (row, number) in numbers.iter().enumerate() {
                file[place + 4 * row..place + 4 * row + 4].copy_from_slice(&number.to_le_bytes());
            }
        };
        put(32, &[512, 0, 5, 20, 0, 1]);
        put(512, &[2]);
        put(1024, &[2, 600, NO_STREAM, 4, 3]);
        file[4 * 512..].fill(b'a');
        file[3 * 512..4 * 512].fill(b'b');
        file
    }

    #[test]
    fn streams_are_joined() {
        let file = file();
        let container = Container::open(&file).unwrap();
        let expected = [[b'a'; 512].as_slice(), &[b'b'; 88]].concat();
        assert_eq!(container.stream(0).as_deref(), Some(expected.as_slice()));
        assert_eq!((container.stream(1), container.stream(2)), (None, None));
        // Copies have an end.
        assert!((0..100).any(|_| container.stream(0).is_none()));
    }

    #[test]
    fn damage_is_no_container() {
        let good = file();
        for cut in 0..good.len() {
            if let Some(container) = Container::open(&good[..cut]) {
                container.stream(0);
            }
        }
        let mut bad = good.clone();
        bad[32] = 3;
        assert!(Container::open(&bad).is_none());
    }
}
