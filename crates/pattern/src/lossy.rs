//! Haystacks that are not UTF-8, read as Go reads them.

use std::ops::Range;

const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// A haystack in which each invalid byte is replaced by an encoded U+FFFD.
pub(crate) struct Lossy {
    pub(crate) text: Vec<u8>,
    /// Where the replacements begin in `text`, in ascending order.
    replacements: Vec<usize>,
}

impl Lossy {
    /// Replaces invalid bytes one by one, which is what `utf8.DecodeRune` does: a sequence that is cut short
    /// yields as many U+FFFD as it has bytes.
    pub(crate) fn new(haystack: &[u8]) -> Lossy {
        let mut lossy = Lossy { text: Vec::with_capacity(haystack.len() + 16), replacements: Vec::new() };
        for chunk in haystack.utf8_chunks() {
            lossy.text.extend_from_slice(chunk.valid().as_bytes());
            for _ in chunk.invalid() {
                lossy.replacements.push(lossy.text.len());
                lossy.text.extend_from_slice(REPLACEMENT);
            }
        }
        lossy
    }

    /// The range of the original haystack that `range` of `text` stands for.
    pub(crate) fn original(&self, range: Range<usize>) -> Range<usize> {
        self.original_offset(range.start)..self.original_offset(range.end)
    }

    fn original_offset(&self, offset: usize) -> usize {
        let before = self.replacements.partition_point(|&start| start < offset);
        offset - before * (REPLACEMENT.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Lossy;

    #[track_caller]
    fn check(haystack: &[u8], text: &str, offsets: &[(usize, usize)]) {
        let lossy = Lossy::new(haystack);
        assert_eq!(String::from_utf8_lossy(&lossy.text), text);
        for &(offset, original) in offsets {
            assert_eq!(lossy.original_offset(offset), original, "offset {offset}");
        }
    }

    #[test]
    fn each_invalid_byte_is_replaced() {
        check(b"ab", "ab", &[(0, 0), (2, 2)]);
        check(b"a\xffb", "a\u{fffd}b", &[(0, 0), (1, 1), (4, 2), (5, 3)]);
        check(b"\xe2\x82", "\u{fffd}\u{fffd}", &[(0, 0), (3, 1), (6, 2)]);
        check(b"\xed\xa0\x80.", "\u{fffd}\u{fffd}\u{fffd}.", &[(9, 3), (10, 4)]);
    }
}
