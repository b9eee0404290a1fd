//! Records that perf compressed: one zstd stream over all of them, which nobody ends.

use std::io::Read;

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::fields::Result;

/// Unpacks a stream that comes in parts. A part may end in the middle of a block.
pub(super) struct Unpacked {
    decoder: Box<FrameDecoder>,
    /// What was not unpacked yet, because the rest of its block was not there.
    waiting: Vec<u8>,
    is_in_frame: bool,
    unpacked: Vec<u8>,
    most: u64,
}

impl std::fmt::Debug for Unpacked {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Unpacked").field("unpacked", &self.unpacked.len()).finish_non_exhaustive()
    }
}

/// The header of a frame has at most so many bytes (RFC 8878, 3.1.1): the magic number, the descriptor, a window, the
/// number of a dictionary, a size.
const LARGEST_HEADER: usize = 4 + 1 + 1 + 4 + 8;

/// An empty block that is the last one of its frame.
const LAST_BLOCK: [u8; 3] = [1, 0, 0];

impl Unpacked {
    pub(super) fn new(most: u64) -> Self {
        Unpacked {
            decoder: Box::new(FrameDecoder::new()),
            waiting: Vec::new(),
            is_in_frame: false,
            unpacked: Vec::new(),
            most,
        }
    }

    /// The next part of the stream.
    pub(super) fn push(&mut self, part: &[u8]) -> Result<()> {
        self.waiting.extend_from_slice(part);
        let waiting = std::mem::take(&mut self.waiting);
        let mut rest = &waiting[..];
        let outcome = self.unpack(&mut rest);
        self.waiting.extend_from_slice(rest);
        outcome
    }

    fn unpack(&mut self, rest: &mut &[u8]) -> Result<()> {
        let damage = |error: &dyn std::fmt::Display| {
            let text = error.to_string();
            format!("compressed records: {}", text.lines().next().unwrap_or_default())
        };
        loop {
            if !self.is_in_frame {
                if rest.len() < LARGEST_HEADER {
                    return Ok(());
                }
                self.decoder.reset(&mut *rest).map_err(|error| damage(&error))?;
                self.is_in_frame = true;
            }
            if block_size(rest).is_none_or(|size| size > rest.len()) {
                return Ok(());
            }
            let strategy = BlockDecodingStrategy::UptoBlocks(1);
            self.decoder.decode_blocks(&mut *rest, strategy).map_err(|error| damage(&error))?;
            self.collect()?;
            self.is_in_frame = !self.decoder.is_finished();
        }
    }

    fn collect(&mut self) -> Result<()> {
        let count = self.decoder.can_collect();
        if (self.unpacked.len() + count) as u64 > self.most {
            return Err(format!(
                "compressed records are larger than {} bytes when unpacked; -max_size raises this limit",
                self.most
            ));
        }
        let start = self.unpacked.len();
        self.unpacked.resize(start + count, 0);
        let read = self.decoder.read(&mut self.unpacked[start..]).map_err(|error| error.to_string())?;
        self.unpacked.truncate(start + read);
        Ok(())
    }

    /// Everything that was unpacked.
    pub(super) fn finish(mut self) -> Result<Vec<u8>> {
        // What is within the window of the compression is kept until its frame ends, which perf leaves open.
        if self.is_in_frame && self.waiting.is_empty() {
            self.unpack(&mut &LAST_BLOCK[..])?;
        }
        Ok(self.unpacked)
    }
}

/// How many bytes the block at the front of `data` has, with its header (RFC 8878, 3.1.1.2).
fn block_size(data: &[u8]) -> Option<usize> {
    const RUN: u32 = 1;
    let &[low, middle, high] = data.first_chunk()?;
    let header = u32::from_le_bytes([low, middle, high, 0]);
    let content = if header >> 1 & 3 == RUN { 1 } else { header >> 3 };
    Some(3 + content as usize)
}
