//! Records as they lie in a ring.

use super::sys::RingMemory;

/// Takes records out of a ring.
#[derive(Debug)]
pub(super) struct Ring {
    memory: RingMemory,
    /// A record whose end lies at the start of the ring.
    torn: Vec<u8>,
}

/// The size of the header of a record: its kind, flags and size.
pub(super) const HEADER: usize = 8;

impl Ring {
    pub(super) fn new(memory: RingMemory) -> Ring {
        Ring { memory, torn: Vec::new() }
    }

    /// Hands all records that are there to `take`, with their headers, and gives their memory back. Ends where `take`
    /// says that it has no room for more.
    pub(super) fn read(&mut self, mut take: impl FnMut(&[u8]) -> bool) {
        let head = self.memory.head();
        // Memory is given back in parts, since the kernel waits for it.
        let part = (self.memory.size() / 8) as u64;
        let mut tail = self.memory.tail();
        let mut given_back = tail;
        while head.saturating_sub(tail) >= HEADER as u64 {
            // Records begin at multiples of their header's size, so that no header is torn.
            let (header, _) = self.memory.bytes(tail, tail + HEADER as u64);
            let size = u64::from(u16::from_ne_bytes([header[6], header[7]]));
            if size < HEADER as u64 || size > head - tail {
                // The kernel writes no such record; what follows cannot be found.
                tail = head;
                break;
            }
            let wants_more = match self.memory.bytes(tail, tail + size) {
                (whole, []) => take(whole),
                (start, end) => {
                    self.torn.clear();
                    self.torn.extend_from_slice(start);
                    self.torn.extend_from_slice(end);
                    take(&self.torn)
                }
            };
            tail += size;
            if tail - given_back > part {
                self.memory.set_tail(tail);
                given_back = tail;
            }
            if !wants_more {
                break;
            }
        }
        self.memory.set_tail(tail);
    }
}
