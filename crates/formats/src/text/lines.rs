//! Lines of a text that is read as it comes.

use std::io::{BufRead, Read};

/// Longer lines are refused.
const LONGEST_LINE: usize = 16 << 20;

/// The lines of an input, one after the other.
pub(super) struct Lines<'i> {
    input: &'i mut dyn BufRead,
    line: Vec<u8>,
    /// The number of the line at hand, from 1.
    pub(super) number: u64,
}

impl<'i> Lines<'i> {
    pub(super) fn new(input: &'i mut dyn BufRead) -> Self {
        Lines { input, line: Vec::new(), number: 0 }
    }

    /// The next line, without its end and the blanks before it.
    ///
    /// # Errors
    /// When the input fails or the line is too long.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, String> {
        Ok(self.next_whole()?.map(<[u8]>::trim_ascii_end))
    }

    /// The next line, of which only the line feed is taken off.
    ///
    /// # Errors
    /// As those of [`next`](Self::next).
    pub(super) fn next_whole(&mut self) -> Result<Option<&[u8]>, String> {
        self.line.clear();
        let limit = LONGEST_LINE as u64;
        let read = Read::take(&mut *self.input, limit).read_until(b'\n', &mut self.line);
        if read.map_err(|error| error.to_string())? == 0 {
            return Ok(None);
        }
        self.number += 1;
        if self.line.len() == LONGEST_LINE {
            return Err(format!("a line of more than {LONGEST_LINE} bytes"));
        }
        Ok(Some(self.line.strip_suffix(b"\n").unwrap_or(&self.line)))
    }
}
