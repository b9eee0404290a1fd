//! Where the output is written, after what it may refer to.

use crate::piece::{PIECE, Piece};

/// How far back a match may reach, RFC 1951 section 3.2.5.
pub(super) const HISTORY: usize = 32 << 10;
/// Room for the longest match, some literals before it, and what is written beyond a match.
const MARGIN: usize = 512;
/// History, a piece of output, which stay in the caches, and the margin.
pub(super) const SIZE: usize = HISTORY + PIECE + MARGIN;
/// From here on the window is full.
pub(super) const LIMIT: usize = SIZE - MARGIN;

/// Output with as much of what came before as matches may refer to.
pub(super) struct Window {
    pub(super) buffer: Box<[u8; SIZE]>,
    /// Where the next byte goes, at most the limit and a part of the margin.
    pub(super) end: usize,
    /// The first byte that a match may refer to.
    pub(super) floor: usize,
    /// What has not been passed on begins here.
    start: usize,
}

impl Window {
    pub(super) fn new() -> Self {
        Window { buffer: block(Vec::new()), end: 0, floor: 0, start: 0 }
    }

    /// What has not been passed on.
    pub(super) fn fresh(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// `count` bytes have been passed on, which must be there.
    pub(super) fn pass(&mut self, count: usize) {
        self.start += count;
    }

    /// Passes everything on, in the memory in which it is, and makes room in that of another piece.
    pub(super) fn pass_on(&mut self, piece: &mut Piece) {
        let mut buffer = block(std::mem::take(&mut piece.buffer));
        let from = self.end.saturating_sub(HISTORY);
        buffer[..self.end - from].copy_from_slice(&self.buffer[from..self.end]);
        piece.bytes = self.start..self.end;
        piece.buffer = Vec::from(std::mem::replace(&mut self.buffer, buffer) as Box<[u8]>);
        self.moved(from);
    }

    /// Makes room when everything has been passed on.
    pub(super) fn slide(&mut self) {
        let from = self.end.saturating_sub(HISTORY);
        self.buffer.copy_within(from..self.end, 0);
        self.moved(from);
    }

    /// What was at `from` is at the beginning now.
    fn moved(&mut self, from: usize) {
        self.floor = self.floor.saturating_sub(from);
        self.end -= from;
        self.start = self.end;
    }
}

/// Memory for a window, from that of one if possible.
fn block(used: Vec<u8>) -> Box<[u8; SIZE]> {
    used.into_boxed_slice().try_into().unwrap_or_else(|_| {
        let Ok(new) = vec![0; SIZE].into_boxed_slice().try_into() else {
            unreachable!("the size is the same")
        };
        new
    })
}

/// Copies `length` bytes, at most 258, to `end` from `distance` before it, which is not
/// beyond the start. What comes after them is overwritten as well.
#[inline(always)]
pub(super) fn copy(buffer: &mut [u8; SIZE], end: usize, distance: usize, length: usize) {
    const STEP: usize = 16;
    let from = end - distance;
    if distance >= STEP {
        let mut done = 0;
        loop {
            let (from, to) = (from + done, end + done);
            let step: [u8; STEP] = buffer[from..from + STEP].try_into().unwrap_or([0; STEP]);
            buffer[to..to + STEP].copy_from_slice(&step);
            done += STEP;
            if done >= length {
                return;
            }
        }
    }
    copy_near(buffer, end, distance, length);
}

/// Where source and target overlap soon.
#[inline(never)]
fn copy_near(buffer: &mut [u8; SIZE], end: usize, distance: usize, length: usize) {
    let from = end - distance;
    if distance == 1 {
        let byte = buffer[from];
        buffer[end..end + length].fill(byte);
    } else if distance >= 8 {
        let mut done = 0;
        while done < length {
            let (from, to) = (from + done, end + done);
            let step: [u8; 8] = buffer[from..from + 8].try_into().unwrap_or([0; 8]);
            buffer[to..to + 8].copy_from_slice(&step);
            done += 8;
        }
    } else {
        for done in 0..length {
            buffer[end + done] = buffer[from + done];
        }
    }
}
